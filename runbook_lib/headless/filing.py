"""File a finished run in its record: plan, receipts and findings as JSON, and the pages for people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from runbook_lib.evidence import approvals, steps
from runbook_lib.evidence.comparing import since
from runbook_lib.evidence.record import RunEnd
from runbook_lib.evidence.secrecy import cleaned
from runbook_lib.evidence.statement import close
from runbook_lib.evidence.writes import writes
from runbook_lib.headless.outcome import MEANINGS, Executed, Run, exit_code
from runbook_lib.runbook.world import now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook_lib import evidence
    from runbook_lib.model import Value
    from runbook_lib.parameters import Environment
    from runbook_lib.ports import SigningKey
    from runbook_lib.secrets import Known
    from runbook_lib.views.run_page import RunPage, StageLine


def filed(
    record: evidence.Record,
    executed: tuple[Executed, ...],
    environment: Environment,
    known: Known,
    key: SigningKey | None,
    *,
    detailed: bool,
) -> Run:
    """Write what the run came to, state all of it under a key where one is named, and give it. Raises RunbookError when that fails.

    What its kernels wrote is searched for secrets first, and what is made of that before it is stated.
    """
    done = _judged(Run(record, executed, leaks=cleaned(record.folder, known)), detailed=detailed)
    record.write("plan.json", done.plan.model_dump_json(indent=1))
    record.write("receipt.json", _json([result.receipt for result in done.results.values() if result.receipt]))
    record.write("findings.json", _json(done.findings))
    end = RunEnd(finished=now(), exit_code=done.exit_code, meaning=MEANINGS[done.exit_code])
    way_on = _pages(done, environment, end)
    if late := cleaned(record.folder, known):
        done = _judged(replace(done, leaks=(*done.leaks, *late)), detailed=detailed)
        end = RunEnd(finished=end.finished, exit_code=done.exit_code, meaning=MEANINGS[done.exit_code])
    record.write("end.json", end.model_dump_json(indent=1))
    return replace(done, record_digest=close(record, key), signer=key.name if key is not None else "", way_on=way_on)


def _judged(run: Run, *, detailed: bool) -> Run:
    """Read the stages' results in the order of the run, and say which exit code follows."""
    results = run.record.results()
    ordered = {each.stage.slug: results[each.stage.slug] for each in run.executed if each.stage.slug in results}
    done = replace(run, results=ordered)
    return replace(done, exit_code=exit_code(done, detailed=detailed))


def _json(values: Sequence[Value]) -> str:
    from pydantic_core import to_json

    return to_json(values, indent=1).decode()


def _pages(done: Run, environment: Environment, end: RunEnd) -> str:
    """Write the pages for people; give what they say is to be typed next."""
    from runbook_lib.views.notebook_page import notebook_html
    from runbook_lib.views.page import index_page
    from runbook_lib.views.run_page import next_step
    from runbook_lib.views.summary import summary_text

    page = page_of(done, environment, end)
    for each in done.executed:
        if each.notebook.exists():
            done.record.write(f"notebooks/{each.notebook.stem}.html", notebook_html(each.notebook))
    done.record.write("index.html", index_page(page))
    done.record.write("summary.txt", summary_text(page))
    return next_step(page)


def page_of(done: Run, environment: Environment, end: RunEnd) -> RunPage:
    """Collect what the run's page and its summary show."""
    from runbook_lib.views.run_page import RunPage

    facts = done.record.facts
    results = done.results.values()
    return RunPage(
        environment=facts.environment,
        verb=facts.verb,
        started=facts.started, finished=end.finished,
        exit_code=end.exit_code,
        exit_meaning=end.meaning,
        account=environment.aws.account,
        region=environment.aws.region,
        endpoint=environment.aws.endpoint or "AWS",
        plan=done.plan,
        approvals=(*approvals.given(done.record, environment), *steps.approvals(done.record)),
        receipts=tuple(each for each in steps.receipts(done.record) if each.entries),
        findings=done.findings,
        stages=tuple(_line(done, each) for each in done.executed),
        artefacts=tuple((Path(name).name, name) for result in results for name in result.artefacts),
        versions=facts.versions,
        facts=next((result.banner for result in results), ()),
        record=str(done.record.folder),
        target=facts.target,
        command=facts.command,
        packages=facts.packages,
        writes=writes(done.record.folder),
        since=since(done.record, environment),
        resumes=facts.resumes.record if facts.resumes is not None else "",
        has_approvers=bool(environment.approvers),
        readings=tuple(each for result in results for each in result.readings),
    )  # fmt: skip


def _line(done: Run, each: Executed) -> StageLine:
    from runbook_lib.views.run_page import StageLine

    result = done.results.get(each.stage.slug)
    idle = result.idle if result else ""
    return StageLine(
        slug=each.stage.slug,
        number=each.stage.number,
        title=each.stage.title,
        state="failed" if each.error else "not finished" if result is None else "idle" if idle else "done",
        seconds=each.seconds,
        notebook=f"notebooks/{each.notebook.name}",
        html=f"notebooks/{each.notebook.stem}.html",
        message=each.message or idle,
        waiting=result.adapter_seconds if result else 0.0,
        started=each.started,
        ended=each.ended,
    )
