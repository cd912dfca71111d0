"""The `runbook` command: parse, call, print; no logic.

Every command knows `--json`; exit codes: 0 fine, 1 failed, 2 bad usage or parameters, 3 approval refused, 4 broken or drifted,
5 guard refused, 6 unknown or owed, 7 changes pending (plan --detailed-exitcode).
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from runbook_lib.errors import InvalidParameters, Problem, RunbookError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from runbook_lib.headless import Run

_UNLOCKED = (
    "took away the lock of {}\nits journal tells what that run was about to write, and live state decides what became of it: plan again"
)
Answer = tuple[int, dict[str, Any], str]
"""Exit code, the answer as JSON, the answer as text."""


class Parser(argparse.ArgumentParser):
    """Raise what is wrong with the words of a command, so that it is answered as everything else is."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **options})

    def error(self, message: str) -> NoReturn:
        """Refuse the command line."""
        raise InvalidParameters("command line", [Problem(0, "", message, f"see `{self.prog} --help`")])


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    words = sys.argv[1:] if argv is None else argv
    is_json = "--json" in words
    code, answer, text = _answer(words)
    shown = json.dumps({"exit_code": code, **answer}, indent=1, ensure_ascii=False) if is_json else text
    print(shown, file=sys.stdout if is_json or code != InvalidParameters.exit_code else sys.stderr)
    return code


def _answer(words: Sequence[str]) -> Answer:
    """Carry out a command; whatever it foresees becomes an answer."""
    try:
        arguments = parser().parse_args(words)
        command: Callable[[argparse.Namespace], Answer] = arguments.command
        return command(arguments)
    except InvalidParameters as error:
        problems = [{"line": each.line, "field": each.field, "what": each.what, "way_out": each.way_out} for each in error.problems]
        return error.exit_code, {"file": error.source, "problems": problems}, str(error)
    except RunbookError as error:
        return _failed(error, type(error).__name__)
    except OSError as error:
        # A full disk, a folder that is closed or a file where one should be: the system says which.
        place, what = str(error.filename or "this machine"), error.strerror or str(error)
        return _failed(RunbookError(place, what, "mend it and give the same command again"), type(error).__name__)
    except KeyboardInterrupt:
        return _failed(RunbookError("runbook", "was stopped", "the same command goes on, under the same approval"), "Stopped")


def _failed(error: RunbookError, name: str) -> Answer:
    return error.exit_code, {"error": name, "where": error.where, "what": error.what, "way_out": error.way_out}, str(error)


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    top = Parser(prog="runbook", description="Prepare AWS and Amazon Redshift for Tonic Structural.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    check = _command(commands, "check", _check, "validate parameter files; no network")
    check.add_argument("files", nargs="+", metavar="FILE")
    for verb, text in (
        ("plan", "plan every stage, write a record, print the digest; writes nothing to AWS or the databases"),
        ("apply", "apply exactly the approved plan, then verify"),
        ("verify", "read-only: drift and proof"),
        ("destroy", "plan the reverse of the receipts; apply it when approved"),
    ):
        one = _command(commands, verb, _run, text)
        one.set_defaults(verb=verb)
        one.add_argument("environment", metavar="ENV", help="a parameter file, or its stem in parameters/")
        if verb in {"plan", "apply", "verify"}:
            one.add_argument("--stage", action="append", default=[], help="only this stage (repeatable)")
        if verb in {"apply", "destroy"}:
            one.add_argument("--approve", default="", metavar="DIGEST", help="the digest of the plan to apply")
            one.add_argument("--by", default="", metavar="NAME", help="who approves")
        if verb == "plan":
            one.add_argument("--detailed-exitcode", action="store_true", help="exit 7 when changes are pending")
    render = _command(commands, "render", _render, "offline: policies, commands, SQL and settings for someone else to apply")
    render.add_argument("environment", metavar="ENV")
    render.add_argument("--out", default="", metavar="DIR", help="folder to write to (default: rendered/ENV)")
    _record_commands(commands)
    _audit_commands(commands)
    demo = _command(commands, "demo", _demo, "start the sandbox and set up its environment from end to end")
    demo.add_argument("--ports", choices=("fixed", "auto"), default="fixed", help="auto: take free ports")
    _sandbox_commands(commands)
    return top


def _record_commands(commands: Any) -> None:
    unlock = _command(commands, "unlock", _unlock, "take away the lock that a run on another machine left behind")
    unlock.add_argument("environment", metavar="ENV")
    archive = _command(commands, "archive", _archive, "store records that are not whole in their bucket yet, and read back those that are")
    archive.add_argument("environment", metavar="ENV")


def _audit_commands(commands: Any) -> None:
    text = "check a record, offline"
    actions = commands.add_parser("audit", help=text, description=text).add_subparsers(required=True, metavar="ACTION", dest="action")
    verify = _command(actions, "verify", _audit, "digests, journal, signature, agreement and replay of a record")
    verify.add_argument("record", metavar="DIR", help="the record's folder")
    verify.add_argument("--key", default="", metavar="PUBLIC", help="PEM file of the public key that signed it")
    verify.add_argument("--digest", default="", metavar="HEX", help="the digest that it had: the SHA-256 of its statement.json")
    trail = _command(actions, "cloudtrail", _audit, "hold the journal's calls against an exported trail")
    trail.add_argument("record", metavar="DIR", help="the record's folder")
    trail.add_argument("export", metavar="EXPORT", help="a JSON file of CloudTrail's (.gz too), or a folder of them")


def _sandbox_commands(commands: Any) -> None:
    text = "the embedded AWS and Redshift"
    actions = commands.add_parser("sandbox", help=text, description=text).add_subparsers(required=True, metavar="ACTION", dest="action")
    up = _command(actions, "up", _sandbox, "start it, or find the one that runs")
    up.add_argument("--ports", nargs=2, metavar=("auto", "FILE"), help="take free ports and write a parameter file for them")
    _command(actions, "status", _sandbox, "tell what runs where")
    _command(actions, "down", _sandbox, "stop it and delete what it left")
    fault = _command(actions, "fault", _fault, "make it go wrong from now on, in the place of what was set before")
    fault.add_argument(
        "kind", metavar="KIND", help="latency, drop, 'drop after', throttle, deny, expired, lag or error; none: all is well again"
    )
    fault.add_argument("--on", choices=("aws", "redshift"), default="", help="only there")
    fault.add_argument("--match", default="", metavar="REGEX", help="only AWS calls (service:Operation) or SQL statements that match")
    fault.add_argument("--ms", type=float, default=0.0, help="milliseconds of latency or lag")
    fault.add_argument("--times", type=int, default=1, metavar="N", help="how many meet it (of latency and lag: all)")


def _command(commands: Any, name: str, run: Callable[[argparse.Namespace], Answer], text: str) -> argparse.ArgumentParser:
    one: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    one.add_argument("--json", action="store_true", help="answer in JSON")
    one.set_defaults(command=run)
    return one


def _check(arguments: argparse.Namespace) -> Answer:
    from runbook_lib import place
    from runbook_lib.parameters.load import load

    problems: list[dict[str, Any]] = []
    lines: list[str] = []
    for name in arguments.files:
        try:
            path = place.parameter_file(name)
            lines.append(f"{name}: {load(path).environment} is valid")
        except InvalidParameters as error:
            lines.append(str(error))
            problems += [
                {"file": error.source, "line": e.line, "field": e.field, "what": e.what, "way_out": e.way_out} for e in error.problems
            ]
    return (2 if problems else 0), {"problems": problems}, "\n".join(lines)


def _run(arguments: argparse.Namespace) -> Answer:
    from runbook_lib import headless, place, terminal

    file = place.parameter_file(arguments.environment)
    _enter_sandbox(file)
    done = headless.carry_out(
        file,
        arguments.verb,
        stages=tuple(getattr(arguments, "stage", ())),
        approve=getattr(arguments, "approve", ""),
        by=getattr(arguments, "by", ""),
        detailed=getattr(arguments, "detailed_exitcode", False),
        progress=terminal.progress(is_quiet=arguments.json),
    )
    return _told(done)


def _enter_sandbox(file: Path) -> None:
    """Where a file reaches loopback only, take the running sandbox's variables, so that nobody has to copy them."""
    from runbook_lib.parameters.load import load
    from runbook_lib.parameters.rules import is_loopback_only

    environment = load(file)
    if is_loopback_only(environment):
        from runbook_lib.sandbox import command

        command.enter(environment)


def _told(done: Run) -> Answer:
    from runbook_lib import headless

    verdicts: dict[str, int] = {}
    for finding in done.findings:
        verdicts[finding.verdict] = verdicts.get(finding.verdict, 0) + 1
    answer = {
        "meaning": headless.MEANINGS[done.exit_code],
        "record": str(done.record.folder),
        "record_digest": done.record_digest,
        "digest": done.plan.digest,
        "changes": sum(len(plan.changes) for plan in done.plan.plans),
        "verdicts": verdicts,
        "findings": [finding.model_dump(mode="json") for finding in done.findings if finding.verdict != "kept"],
        "errors": [{"stage": each.stage.slug, "error": each.error, "message": each.message} for each in done.executed if each.error],
    }
    check = f"check it: runbook audit verify {shlex.quote(str(done.record.folder))} --digest {done.record_digest}"
    return done.exit_code, answer, f"{(done.record.folder / 'summary.txt').read_text('utf-8').rstrip()}\n{check}"


def _render(arguments: argparse.Namespace) -> Answer:
    from pathlib import Path

    from runbook_lib import place
    from runbook_lib.adapters.target import connect
    from runbook_lib.exports import render
    from runbook_lib.parameters.load import load
    from runbook_lib.runbook.start import all_stages

    environment = load(place.parameter_file(arguments.environment))
    folder = Path(arguments.out or f"rendered/{environment.environment}")
    names = render(environment, all_stages(), folder, connect(environment).permissions)
    return 0, {"folder": str(folder), "files": list(names)}, "\n".join(str(folder / name) for name in names)


def _audit(arguments: argparse.Namespace) -> Answer:
    from runbook_lib.evidence import audit

    found = audit.carry_out(**{name: value for name, value in vars(arguments).items() if name in {"record", "key", "digest", "export"}})
    return found.exit_code, found.as_json(), found.as_text()


def _unlock(arguments: argparse.Namespace) -> Answer:
    from runbook_lib import headless, place

    file = place.parameter_file(arguments.environment)
    _enter_sandbox(file)
    owner = headless.unlock(file)
    return 0, {"taken_away": owner}, _UNLOCKED.format(owner) if owner else "there was no lock"


def _archive(arguments: argparse.Namespace) -> Answer:
    from runbook_lib import headless, place

    file = place.parameter_file(arguments.environment)
    _enter_sandbox(file)
    stored, checked = headless.archive(file)
    lines = [*(f"stored {name}" for name in stored), f"{len(checked)} records in the bucket are as they were sealed"]
    return 0, {"stored": list(stored), "checked": list(checked)}, "\n".join(lines)


def _demo(arguments: argparse.Namespace) -> Answer:
    from runbook_lib import terminal
    from runbook_lib.sandbox import command

    return _told(command.demo(arguments.ports, terminal.progress(is_quiet=arguments.json)))


def _sandbox(arguments: argparse.Namespace) -> Answer:
    from runbook_lib.sandbox import command

    how, file = getattr(arguments, "ports", None) or ("auto", "")
    if how != "auto":
        raise InvalidParameters("--ports", [Problem(0, "", f"{how!r} is not known", "say: --ports auto FILE")])
    answer, text = command.carry_out(arguments.action, file)
    return 0, answer, text


def _fault(arguments: argparse.Namespace) -> Answer:
    from runbook_lib.sandbox import command

    answer, text = command.inject(arguments.kind, arguments.on, arguments.match, arguments.ms, arguments.times)
    return 0, answer, text


if __name__ == "__main__":
    sys.exit(main())
