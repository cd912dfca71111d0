"""What each command calls, and how its answer reads as JSON and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib import place
from runbook_lib.errors import InvalidParameters, Problem

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from runbook_lib.headless import Run

_UNLOCKED = (
    "took away the lock of {}\nits journal tells what that run was about to write, and live state decides what became of it: plan again"
)
_SANDBOX = "sandbox"
NEWEST = "newest"
"""What `apply --approved` stands for without a digest."""
Answer = tuple[int, dict[str, Any], str]
"""Exit code, the answer as JSON, the answer as text."""


def check(arguments: argparse.Namespace) -> Answer:
    """Validate parameter files."""
    from runbook_lib.parameters.load import load
    from runbook_lib.parameters.reading import dotted
    from runbook_lib.parameters.remarks import namesaked, remarks

    problems: list[dict[str, Any]] = []
    notes: list[dict[str, str]] = []
    lines: list[str] = []
    for name in arguments.files:
        try:
            path = place.parameter_file(name)
            environment = load(path)
            lines.append(f"{name}: {environment.environment} is valid")
            left = (*remarks(environment), *namesaked(path, environment))
            found = [{"file": name, "field": dotted(each.path), "what": each.what, "way_out": each.way_out} for each in left]
            lines += [f"{name}: note: {each['field']} {each['what']}, {each['way_out']}" for each in found]
            notes += found
        except InvalidParameters as error:
            lines.append(str(error))
            problems += [
                {"file": error.source, "line": e.line, "field": e.field, "what": e.what, "way_out": e.way_out} for e in error.problems
            ]
    return (2 if problems else 0), {"problems": problems, "notes": notes}, "\n".join(lines)


def run(arguments: argparse.Namespace) -> Answer:
    """Carry out one of the four verbs."""
    file = _file_of(arguments, is_running=True)
    from runbook_lib import headless, terminal

    stored = getattr(arguments, "approved", "")
    done = headless.carry_out(
        file,
        arguments.verb,
        stages=tuple(getattr(arguments, "stage", ())),
        approve=getattr(arguments, "approve", "") or ("" if stored == NEWEST else stored),
        by=arguments.by,
        acknowledge=tuple(getattr(arguments, "acknowledge", ())),
        is_stored=bool(stored),
        detailed=getattr(arguments, "detailed_exitcode", False),
        progress=terminal.progress(is_quiet=arguments.json and not arguments.progress),
    )
    return _told(done)


def resume(arguments: argparse.Namespace) -> Answer:
    """Go on from where a run stopped."""
    from runbook_lib import terminal
    from runbook_lib.fleet import command
    from runbook_lib.headless import resuming

    if command.is_batch(arguments.run):
        return command.resume(arguments)
    command.refuse_limits(arguments)
    name, file = resuming.named(arguments.run, arguments.environment)
    _enter_sandbox(file, is_running=True)
    return _told(resuming.resume(name, file, progress=terminal.progress(is_quiet=arguments.json and not arguments.progress)))


def batch(arguments: argparse.Namespace) -> Answer:
    """Carry out a verb over many environments."""
    from runbook_lib.fleet import command

    return command.carry_out(arguments)


def diff(arguments: argparse.Namespace) -> Answer:
    """Compare two environments."""
    from runbook_lib.fleet import command

    return command.diff(arguments)


def _file_of(arguments: argparse.Namespace, *, is_running: bool = False) -> Path:
    """Find the parameter file that a command names, and enter its sandbox where it is of one."""
    file = place.parameter_file(arguments.environment)
    _enter_sandbox(file, is_running=is_running)
    return file


def _enter_sandbox(file: Path, *, is_running: bool = False) -> None:
    """Where a file reaches loopback only, take the running sandbox's variables, so that nobody has to copy them.

    For a run with a valid file, what kernels are forked from begins to make itself ready. Raises SandboxError when nothing listens for
    it, and InvalidParameters where somebody asks for no number of kernels.
    """
    if is_running:
        from runbook_lib.kernels import at_once, cycles, fork_server

        cycles.leave_alone()
    from runbook_lib.parameters.approval_rules import is_loopback_only
    from runbook_lib.parameters.load import load

    environment = load(file, is_attended=not is_running)
    if is_running:
        at_once.notebooks()
        fork_server.warmed(debugs=False)
    if is_loopback_only(environment):
        from runbook_lib.sandbox import command

        if is_running:
            command.refuse_absent(file, environment)
        command.enter(environment)


def _entered(names: Sequence[str]) -> list[str]:
    """Name the records that are meant, those of a batch one by one, and enter the sandbox for them, for they may lie in its bucket."""
    from runbook_lib.fleet import command
    from runbook_lib.headless import approving

    records = [each for name in names for each in (command.plans_of(name) if command.is_batch(name) else (name,))]
    for each in records:
        _enter_sandbox(approving.file_of(each))
    return records


def _told(done: Run) -> Answer:
    from runbook_lib.headless.answer import told

    return told(done)


def close_record(arguments: argparse.Namespace) -> Answer:
    """Close the record of what somebody did step by step."""
    from runbook_lib.headless import steps
    from runbook_lib.headless.answer import closed

    file = _file_of(arguments)
    former = steps.close_former(file)
    return closed(steps.close(file, is_unfinished=arguments.unfinished), former)


def render(arguments: argparse.Namespace) -> Answer:
    """Write what somebody else applies."""
    from pathlib import Path

    from runbook_lib.adapters.target import connect
    from runbook_lib.exports import render
    from runbook_lib.parameters.load import load
    from runbook_lib.stages import all_stages

    environment = load(place.parameter_file(arguments.environment), is_attended=True)
    folder = Path(arguments.out or f"rendered/{environment.environment}")
    names = render(environment, all_stages(), folder, connect(environment).permissions)
    return 0, {"folder": str(folder), "files": list(names)}, "\n".join(str(folder / name) for name in names)


def audit(arguments: argparse.Namespace) -> Answer:
    """Check a record offline."""
    from runbook_lib.evidence import audit

    found = audit.carry_out(**{name: value for name, value in vars(arguments).items() if name in {"record", "key", "digest", "export"}})
    return found.exit_code, found.as_json(), found.as_text()


def approve(arguments: argparse.Namespace) -> Answer:
    """Approve the plans of records."""
    from runbook_lib.headless import approving

    records = _entered(arguments.records)
    made = approving.approve(records, by=arguments.by, key=arguments.key, acknowledge=arguments.acknowledge, expires=arguments.expires)
    lines: list[str] = []
    for record, (_, each) in zip(records, made, strict=True):
        lines += (
            f"{each.environment}: {each.digest} is approved by {each.by} until {each.expires}",
            f"next    {approving.way_on(record, each)}",
        )
    return 0, {"approvals": [{"file": str(path), **each.model_dump(mode="json")} for path, each in made]}, "\n".join(lines)


def reject(arguments: argparse.Namespace) -> Answer:
    """Reject the plans of records."""
    from runbook_lib.headless import approving

    made = approving.reject(_entered(arguments.records), reason=arguments.reason, by=arguments.by, key=arguments.key)
    lines = [f"{each.environment}: {each.digest} is rejected by {each.by}; a new plan takes that back" for _, each in made]
    return 0, {"rejections": [{"file": str(path), **each.model_dump(mode="json")} for path, each in made]}, "\n".join(lines)


def status(arguments: argparse.Namespace) -> Answer:
    """Say how a plan stands."""
    from runbook_lib.evidence.standing import OPEN
    from runbook_lib.headless import standing

    stands, way_on = standing.status(_file_of(arguments), arguments.digest)
    approvals = [{"by": each.by, "at": each.at, "expires": each.expires} for each in stands.approvals]
    lines = [
        f"{arguments.environment}: {stands.digest} is {stands.state}" + (f": {stands.reason}" if stands.reason else ""),
        *(f"approved by {each['by']} at {each['at']}" + (f" until {each['expires']}" if each["expires"] else "") for each in approvals),
        f"next    {way_on}",
    ]
    answer = {"digest": stands.digest, "record": stands.record, "state": stands.state, "reason": stands.reason}
    return (3 if stands.state in OPEN else 0), {**answer, "approvals": approvals, "run": stands.run, "next": way_on}, "\n".join(lines)


def unlock(arguments: argparse.Namespace) -> Answer:
    """Take away a lock that another machine left."""
    from runbook_lib import headless

    owner = headless.unlock(_file_of(arguments))
    return 0, {"taken_away": owner}, _UNLOCKED.format(owner) if owner else "there was no lock"


def archive(arguments: argparse.Namespace) -> Answer:
    """Store records in their bucket and read them back."""
    from runbook_lib import headless

    stored, checked = headless.archive(_file_of(arguments))
    lines = [*(f"stored {name}" for name in stored), f"{len(checked)} records in the bucket are as they were sealed"]
    return 0, {"stored": list(stored), "checked": list(checked)}, "\n".join(lines)


def lab(arguments: argparse.Namespace) -> Answer:
    """Serve the notebooks in JupyterLab until somebody stops it."""
    from runbook_lib.lab import open_lab
    from runbook_lib.parameters.load import load

    file = place.parameter_file(arguments.environment) if arguments.environment else _last_chosen() or place.parameter_file(_SANDBOX)
    if file.resolve() == place.home() / "parameters" / f"{_SANDBOX}.yaml":
        from runbook_lib.sandbox import command

        command.up()
    environment = load(file, is_attended=True)
    name = environment.environment
    opened = open_lab(file, environment, _variables, arguments.port, has_browser=not arguments.no_browser)
    moved = [f"{each.name} is newer than what was run: that lies in {each}" for each in opened.aside]
    said = "JupyterLab has ended; the working copies are kept"
    if opened.elsewhere:
        choose = "" if _last_chosen() == file.resolve() else f"\nchoose {name} on its start page"
        said = f"JupyterLab is open already: {opened.elsewhere}{choose}"
    answer = {"environment": name, "folder": str(opened.folder), "open_at": opened.elsewhere, "aside": [str(each) for each in opened.aside]}
    return 0, answer, "\n".join([*moved, said])


def _variables(file: Path, environ: Mapping[str, str]) -> Mapping[str, str]:
    """Give the variables of a kernel: those of whoever opened the lab, and for the running sandbox its own."""
    from runbook_lib.parameters.load import load
    from runbook_lib.sandbox import command

    try:
        return command.entered(load(file, is_attended=True), environ)
    except (InvalidParameters, OSError):
        return environ


def _last_chosen() -> Path | None:
    """Give the parameter file that was chosen last, if it is still there."""
    try:
        return place.parameter_file(str(place.chosen()))
    except InvalidParameters:
        return None


def demo(arguments: argparse.Namespace) -> Answer:
    """Set up the sandbox's environment."""
    from runbook_lib import terminal
    from runbook_lib.sandbox import command

    return _told(command.demo(arguments.ports, terminal.progress(is_quiet=arguments.json)))


def sandbox(arguments: argparse.Namespace) -> Answer:
    """Start, find or stop the sandbox."""
    from runbook_lib.sandbox import command

    given = getattr(arguments, "ports", None) or ()
    if given and given[0] != "auto":
        raise InvalidParameters("--ports", [Problem(0, "", f"{given[0]!r} is not known", "say: --ports auto FILE")])
    if len(given) == 1:
        raise InvalidParameters("--ports", [Problem(0, "", "names no parameter file", "say: --ports auto FILE")])
    answer, text = command.carry_out(arguments.action, given[1:])
    return 0, answer, text


def fault(arguments: argparse.Namespace) -> Answer:
    """Set what the sandbox does wrong."""
    from runbook_lib.sandbox import command

    return 0, *command.inject(arguments.kind, arguments.on, arguments.match, arguments.ms, arguments.times)
