"""The `runbook` command: parse, call, print; no logic.

Every command knows `--json`; exit codes: 0 fine, 1 failed, 2 bad usage or parameters, 3 approval refused, 4 broken or drifted,
5 guard refused, 6 unknown or owed, 7 changes pending (plan --detailed-exitcode).
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from runbook_lib import commands, interrupts, place
from runbook_lib.errors import InvalidParameters, Problem, RunbookError, Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runbook_lib.commands import Answer


class Parser(argparse.ArgumentParser):
    """Raise what is wrong with the words of a command, so that it is answered as everything else is."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **options})

    def error(self, message: str) -> NoReturn:
        """Refuse the command line."""
        raise InvalidParameters("command line", [Problem(0, "", message, f"see `{self.prog} --help`")])


def main(argv: Sequence[str] | None = None, answered: Callable[[], None] = lambda: None) -> int:
    """Run one command and give its exit code; `answered` is called once there is an answer, before it is printed."""
    # Typed into a notebook's cell, it would hand on whose notebook that is; but nobody looks at the kernels that it starts.
    os.environ.pop(place.FRONT_END, None)
    words = sys.argv[1:] if argv is None else argv
    with interrupts.until_answered():
        answer = _answer(words)
        answered()
        return _told(*answer, is_json="--json" in words)


def stopped() -> int:
    """Say that the command of this process was stopped before it began, and give its exit code."""
    return _told(*_stopped(), is_json="--json" in sys.argv[1:])


def _told(code: int, answer: dict[str, Any], text: str, *, is_json: bool) -> int:
    """Print an answer; give its exit code."""
    shown = json.dumps({"exit_code": code, **answer}, indent=1, ensure_ascii=False) if is_json else text
    try:
        is_refused = code == InvalidParameters.exit_code and "problems" in answer
        print(shown, file=sys.stderr if is_refused and not is_json else sys.stdout, flush=True)
    except BrokenPipeError:
        # Whoever reads has seen enough, as `head` has; what is left is written nowhere, also not by Python's end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _answer(words: Sequence[str]) -> Answer:
    """Carry out a command; whatever it foresees becomes an answer."""
    try:
        arguments = _parsed(words)
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
        return _stopped()


def _stopped() -> Answer:
    return _failed(Stopped("runbook", "was stopped before a run began", "give the same command again"), Stopped.__name__)


def _failed(error: RunbookError, name: str) -> Answer:
    return error.exit_code, {"error": name, "where": error.where, "what": error.what, "way_out": error.way_out}, str(error)


def _parsed(words: Sequence[str]) -> argparse.Namespace:
    """Read a command's words; what it does not know is told by itself, for it knows where its help is. Raises InvalidParameters."""
    arguments, unknown = parser().parse_known_args(words)
    if unknown:
        arguments.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    return arguments


def _slug(text: str) -> str:
    """Read a stage's name, with the number that its notebook has or without."""
    number, _, slug = text.partition("_")
    return slug if number.isdecimal() and slug else text


@functools.cache
def parser() -> argparse.ArgumentParser:
    """Describe the command line, once for all commands of a process."""
    top = Parser(prog="runbook", description="Prepare AWS and Amazon Redshift for Tonic Structural.")
    names = top.add_subparsers(required=True, metavar="COMMAND")
    check = _command(names, "check", commands.check, "validate parameter files; no network")
    check.add_argument("files", nargs="+", metavar="FILE")
    _verbs(names)
    render = _command(names, "render", commands.render, "offline: policies, commands, SQL and settings for someone else to apply")
    render.add_argument("environment", metavar="ENV")
    render.add_argument("--out", default="", metavar="DIR", help="folder to write to (default: rendered/ENV)")
    _fleet_commands(names)
    _approval_commands(names)
    _record_commands(names)
    _audit_commands(names)
    _lab_commands(names)
    demo = _command(names, "demo", commands.demo, "start the sandbox and set up its environment from end to end")
    demo.add_argument("--ports", choices=("fixed", "auto"), default="fixed", help="auto: take free ports")
    _sandbox_commands(names)
    return top


def _verbs(names: Any) -> None:
    for verb, text in (
        ("plan", "plan every stage, write a record, print the digest; writes nothing to AWS or the databases"),
        ("apply", "apply exactly the approved plan, then verify"),
        ("verify", "read-only: drift and proof"),
        ("destroy", "plan the reverse of the receipts; apply it when approved"),
    ):
        one = _command(names, verb, commands.run, text)
        one.set_defaults(verb=verb)
        one.add_argument("environment", metavar="ENV", help="a parameter file, or its stem in parameters/")
        if verb in {"plan", "apply", "verify"}:
            one.add_argument("--stage", action="append", default=[], type=_slug, help="only this stage (repeatable)")
        if verb in {"apply", "destroy"}:
            digest = one.add_mutually_exclusive_group()
            digest.add_argument("--approve", default="", metavar="DIGEST", help="the digest of the plan to apply")
            if verb == "apply":
                digest.add_argument(
                    "--approved", nargs="?", const=commands.NEWEST, default="", metavar="DIGEST",
                    help="apply this plan, else the newest, under what `runbook approve` stored and nothing else",
                )  # fmt: skip
            one.add_argument(
                "--acknowledge", action="append", default=[], metavar="ADDRESS", help="approve this risky change too (* for any)"
            )
        one.add_argument("--by", default="", metavar="NAME", help="who gives the command (default: the log-in name)")
        _progress(one)
        if verb == "plan":
            one.add_argument("--detailed-exitcode", action="store_true", help="exit 7 when changes are pending")


def _fleet_commands(names: Any) -> None:
    batch = _command(names, "batch", commands.batch, "plan, apply or verify many environments, each in a process of its own")
    batch.add_argument("files", nargs="+", metavar="FILE", help="parameter files, or their stems in parameters/")
    batch.add_argument("--verb", required=True, choices=("plan", "apply", "verify"), help="apply: under stored approvals only")
    batch.add_argument("--stage", action="append", default=[], type=_slug, help="only this stage (repeatable)")
    _limits(batch, "three for each processor")
    _report(batch)
    batch.add_argument("--by", default="", metavar="NAME", help="who gives the command (default: the log-in name)")
    _progress(batch)
    diff = _command(names, "diff", commands.diff, "offline: what differs between two environments in more than their names")
    diff.add_argument("one", metavar="ENV1")
    diff.add_argument("other", metavar="ENV2")


def _approval_commands(names: Any) -> None:
    approve = _command(names, "approve", commands.approve, "approve the plans of records, signed where the file names approvers")
    approve.add_argument("--acknowledge", action="append", default=[], metavar="ADDRESS", help="approve this risky change too (* for any)")
    approve.add_argument("--expires", default="", metavar="TIME", help="how long it counts, such as 8h or 2d (default: approval_days)")
    status = _command(names, "status", commands.status, "tell whether a plan is approved, and what became of it; exit 3 while it is not")
    status.add_argument("environment", metavar="ENV")
    status.add_argument("--digest", default="", metavar="DIGEST", help="of that plan (default: the newest)")
    reject = _command(names, "reject", commands.reject, "reject the plans of records: they are not applied until they are planned again")
    reject.add_argument("--reason", required=True, metavar="TEXT", help="what has to be mended")
    for one in (approve, reject):
        one.add_argument(
            "records", nargs="+", metavar="RECORD",
            help="a plan: its record's folder, ENV/NAME of it in the record store, or ENV/DIGEST; or a batch's folder",
        )  # fmt: skip
        one.add_argument("--by", default="", metavar="NAME", help="who it is, as approvers names him")
        one.add_argument("--key", default="", metavar="PRIVATE", help="PEM file of his Ed25519 private key, or the ARN of a key of KMS")


def _record_commands(names: Any) -> None:
    resume = _command(names, "resume", commands.resume, "go on from where an approved run stopped, under the same approval")
    resume.add_argument("run", metavar="RUN", help="the record of that run: its folder, or its name; or a batch's folder")
    resume.add_argument(
        "environment", metavar="ENV", nargs="?", default="", help="its parameter file, where RUN is a name; of a batch, all go on"
    )
    _limits(resume, "that of the batch, as the other limits")
    _report(resume)
    _progress(resume)
    for name, run, text in (
        ("unlock", commands.unlock, "take away the lock that a run on another machine left behind"),
        ("archive", commands.archive, "store records that are not whole in their bucket yet, and read back those that are"),
    ):
        _command(names, name, run, text).add_argument("environment", metavar="ENV")


def _audit_commands(names: Any) -> None:
    actions = _group(names, "audit", "check a record, offline")
    verify = _command(actions, "verify", commands.audit, "digests, journal, signature, agreement and replay of a record")
    verify.add_argument("record", metavar="DIR", help="the record's folder")
    verify.add_argument("--key", default="", metavar="PUBLIC", help="PEM file of the public key that signed it")
    verify.add_argument("--digest", default="", metavar="HEX", help="the digest that it had: the SHA-256 of its statement.json")
    trail = _command(actions, "cloudtrail", commands.audit, "hold the journal's calls against an exported trail")
    trail.add_argument("record", metavar="DIR", help="the record's folder")
    trail.add_argument("export", metavar="EXPORT", help="a JSON file of CloudTrail's (.gz too), or a folder of them")


def _lab_commands(names: Any) -> None:
    actions = _group(names, "record", "the record of what you do step by step in JupyterLab")
    close = _command(actions, "close", commands.close_record, "keep the executed notebooks, file the record and sign it")
    close.add_argument("environment", metavar="ENV")
    close.add_argument(
        "--unfinished", action="store_true", help="also where a notebook wrote and was not run to its end: the journal tells"
    )
    lab = _command(names, "lab", commands.lab, "open the notebooks in JupyterLab, on working copies")
    lab.add_argument("environment", metavar="ENV", nargs="?", default="", help="default: the one chosen last, else the sandbox, started")
    lab.add_argument("--port", type=int, default=0, help="default: 8888, or the next one that is free")
    lab.add_argument("--no-browser", action="store_true", help="open no browser")


def _sandbox_commands(names: Any) -> None:
    actions = _group(names, "sandbox", "the embedded AWS and Redshift")
    up = _command(actions, "up", commands.sandbox, "start it, or find the one that runs")
    up.add_argument("--ports", nargs="+", metavar=("auto", "FILE"), help="those that FILE names, else free ones, set in each FILE")
    _command(actions, "status", commands.sandbox, "tell what runs where")
    _command(actions, "down", commands.sandbox, "stop it and delete what it left")
    fault = _command(actions, "fault", commands.fault, "make it go wrong from now on, in the place of what was set before")
    fault.add_argument("kind", metavar="KIND", help="latency, drop, 'drop after', throttle, deny, expired, lag or error; none: all is well")
    fault.add_argument("--on", choices=("aws", "redshift"), default="", help="only there")
    fault.add_argument("--match", default="", metavar="REGEX", help="only AWS calls (service:Operation) or SQL statements that match")
    fault.add_argument("--ms", type=float, default=0.0, help="milliseconds of latency or lag")
    fault.add_argument("--times", type=int, default=1, metavar="N", help="how many meet it (of latency and lag: all)")


def _limits(one: argparse.ArgumentParser, jobs: str) -> None:
    one.add_argument("--jobs", type=int, metavar="N", help=f"environments at once (default: {jobs})")
    one.add_argument("--per-account", type=int, metavar="N", help="environments of one account at once")
    one.add_argument("--max-failures", type=int, metavar="N", help="begin no more once N have failed")
    one.add_argument("--waves", default="", metavar="SIZES", help="1,25%%: the first, then a quarter, then the rest, while none fails")


def _report(one: argparse.ArgumentParser) -> None:
    one.add_argument("--junit", default="", metavar="FILE", help="write a batch's report for CI here too; its record holds it")


def _progress(one: argparse.ArgumentParser) -> None:
    one.add_argument("--progress", action="store_true", help="say on standard error how far it is, with --json too")


def _group(names: Any, name: str, text: str) -> Any:
    return names.add_parser(name, help=text, description=text).add_subparsers(required=True, metavar="ACTION", dest="action")


def _command(names: Any, name: str, run: Callable[[argparse.Namespace], Answer], text: str) -> argparse.ArgumentParser:
    one: argparse.ArgumentParser = names.add_parser(name, help=text, description=text)
    one.add_argument("--json", action="store_true", help="answer in JSON")
    one.set_defaults(command=run, parser=one)
    return one


if __name__ == "__main__":
    sys.exit(main())
