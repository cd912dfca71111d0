"""What `runbook batch` and `runbook resume BATCH` call, and how their answer reads as JSON and as text."""

from __future__ import annotations

import os
import shlex
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib import place
from runbook_lib.errors import PRECEDENCE, ApprovalRefused, InvalidParameters, Problem, RunbookError
from runbook_lib.evidence.batches import FACTS, BatchRecord
from runbook_lib.fleet import batch, twins
from runbook_lib.fleet.going_on import files_of
from runbook_lib.fleet.progress import FleetLines
from runbook_lib.fleet.waves import sizes
from runbook_lib.headless.outcome import MEANINGS
from runbook_lib.headless.verbs import unknown_stages
from runbook_lib.model.fleets import Limits
from runbook_lib.parameters.load import load
from runbook_lib.runbook.world import now
from runbook_lib.views import as_text
from runbook_lib.views.checking import check_command
from runbook_lib.views.fleet import batch_text
from runbook_lib.views.junit import junit
from runbook_lib.views.twins import twins as drawn

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from runbook_lib.fleet.filing import Filed
    from runbook_lib.views.fleet import BatchPage

Answer = tuple[int, dict[str, Any], str]
AT_ONCE = 3 * (os.cpu_count() or 1)
"""Environments that run at once where nobody says how many: three for each processor, as they wait for answers most of the time."""
MOST = 64
"""Environments that may run at once: each takes a few processes."""
LIMITS = ("jobs", "per_account", "max_failures", "waves")


def carry_out(arguments: argparse.Namespace) -> Answer:
    """Run a verb over many files."""
    limits = Limits(**{"jobs": AT_ONCE, **_limits(arguments, *_others(arguments))})
    options = batch.Options(arguments.verb, tuple(arguments.stage), arguments.by, limits)
    return _told(batch.begin(arguments.files, options, _progress(arguments)), arguments.junit)


def is_batch(run: str) -> bool:
    """Tell whether what somebody names is the folder of a batch."""
    return (Path(run) / FACTS).is_file()


def plans_of(run: str) -> tuple[str, ...]:
    """Name the records of a batch whose plans can be approved. Raises ApprovalRefused where there is none, or where it planned nothing."""
    record = BatchRecord(Path(run))
    if (facts := record.facts).verb != "plan":
        what = f"is a batch of {facts.verb}, and holds no plan that could be approved"
        again = facts.model_copy(update={"files": files_of(facts)})
        raise ApprovalRefused(run, what, f"name the batch of the plan, or make one: {again.anew('plan')}")
    found = tuple(row.folder for row in record.rows() if row.folder and row.changes and row.is_done)
    if not found:
        raise ApprovalRefused(run, "holds no plan that could be approved", "name the batch of a plan, in which something is to be changed")
    return found


def resume(arguments: argparse.Namespace) -> Answer:
    """Run the rest of an earlier batch."""
    facts = BatchRecord(Path(arguments.run)).facts
    limits = _limits(arguments, *_alone(arguments, facts.verb), *_unwritable(arguments.junit))
    return _told(batch.go_on(Path(arguments.run).resolve(), _progress(arguments), **limits), arguments.junit)


def diff(arguments: argparse.Namespace) -> Answer:
    """Compare two environments, offline."""
    one, other = (load(place.parameter_file(each), is_attended=True) for each in (arguments.one, arguments.other))
    found = twins.compared(one, other, now()[:10])
    if found.one == found.other:
        found = replace(found, one=arguments.one, other=arguments.other)
    answer = {
        "environments": [found.one, found.other],
        "parameters": [asdict(each) for each in found.keys],
        "resources": [
            {"stage": each.stage, "address": each.address, "in": each.sides, "lines": [as_text.line(line) for line in each.lines]}
            for each in found.resources
        ],
        "permissions": [asdict(each) for each in found.calls],
        "not_compared": list(found.unknown),
    }
    return found.exit_code, answer, as_text.view(drawn(found))


def _progress(arguments: argparse.Namespace) -> batch.Told:
    return batch.silent if arguments.json and not arguments.progress else FleetLines


def refuse_limits(arguments: argparse.Namespace) -> None:
    """Refuse limits and a report where one environment is meant. Raises InvalidParameters."""
    named = {f"--{name.replace('_', '-')}": "limits" for name in LIMITS if getattr(arguments, name) not in {None, ""}}
    named |= {"--junit": "reports"} if arguments.junit else {}
    if named:
        problems = [Problem(0, option, f"{does} a batch", "name the folder of one") for option, does in named.items()]
        raise InvalidParameters("command line", problems)


def _limits(arguments: argparse.Namespace, *others: Problem) -> dict[str, Any]:
    """Read the limits that a command gives. Raises InvalidParameters with all that is wrong with them, and the others."""
    given = {name: value for name in LIMITS if (value := getattr(arguments, name)) not in {None, ""}}
    problems = [*others, *(problem for name, value in given.items() if name != "waves" for problem in _wrong(name, value))]
    try:
        given |= {"waves": sizes(given["waves"])} if "waves" in given else {}
    except InvalidParameters as error:
        problems += error.problems
    if problems:
        raise InvalidParameters("command line", problems)
    return given


def _wrong(name: str, value: int) -> Iterator[Problem]:
    option = f"--{name.replace('_', '-')}"
    if value < 1:
        yield Problem(0, "", f"{option} is {value}", "give a number from 1 on")
    if name == "jobs" and value > MOST:
        yield Problem(0, "", f"{option} is {value}", f"give at most {MOST}")


def _others(arguments: argparse.Namespace) -> Iterator[Problem]:
    """List what else is wrong with the words of a batch."""
    yield from unknown_stages(arguments.verb, arguments.stage)
    yield from _unwritable(arguments.junit)


def _unwritable(report: str) -> Iterator[Problem]:
    """Say before anything begins that a report cannot be written where it is wanted."""
    path = Path(report)
    if report and not path.parent.is_dir():
        yield Problem(0, "", f"--junit is {report}", "name a file in a folder that is there")
    elif report and path.is_dir():
        yield Problem(0, "", f"--junit is {report}, a folder", "name a file in it")
    elif report and not os.access(path if path.exists() else path.parent, os.W_OK):
        yield Problem(0, "", f"--junit is {report}, where nothing can be written", "name a file that can be written")


def _alone(arguments: argparse.Namespace, verb: str) -> Iterator[Problem]:
    """Say that a batch goes on as a whole, where one environment of it is named."""
    if each := arguments.environment:
        alone = f"runbook {verb} {shlex.quote(each)}{' --approved' if verb == 'apply' else ''}"
        way_out = f"leave {each} out, or run it by itself: {alone}, or runbook resume with its own record"
        yield Problem(0, "", f"{each} is named beside a batch, which goes on in every environment that is left", way_out)


def _reported(page: BatchPage, report: str) -> tuple[int, tuple[str, ...]]:
    """Write the report for CI; give the exit code, and what is to say where the report was not written: the matrix is told all the same."""
    code = page.end.exit_code
    try:
        if report:
            Path(report).write_text(junit(page), "utf-8")
    except OSError as error:
        code = next(each for each in PRECEDENCE if each in {code, RunbookError.exit_code})
        what = f"{report} was not written ({error.strerror or error}), so this command ends with {code}"
        return code, (f"{what}; the record holds the report: {page.record}/junit.xml",)
    return code, ()


def _told(done: Filed, report: str) -> Answer:
    page = done.page
    code, remarks = _reported(page, report)
    remarks = (*done.remarks, *remarks)
    answer = {
        "meaning": MEANINGS[code],
        "verb": page.facts.verb,
        "record": page.record,
        "record_digest": done.digest,
        "halted": page.end.halted,
        "remarks": list(remarks),
        "environments": [row.model_dump(mode="json") for row in page.rows],
    }
    check = f"check it: {check_command(page.record, done.digest, done.signer)}"
    return code, answer, "\n\n".join((batch_text(page, check), *(f"note: {each}" for each in remarks)))
