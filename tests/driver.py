"""Drive whole runs in this process: the notebooks' own line of calls without a kernel, so that many scenarios are cheap."""

from __future__ import annotations

import asyncio
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runbook_lib import evidence, headless
from runbook_lib.adapters.target import connect
from runbook_lib.errors import RunbookError
from runbook_lib.evidence.record import RunVerb
from runbook_lib.exports.render import Offline
from runbook_lib.model import Finding, Stage
from runbook_lib.parameters import Environment
from runbook_lib.resources.rights import Need, RightsAnswer
from runbook_lib.runbook import open_stage
from runbook_lib.sandbox.files import write_parameters
from runbook_lib.sandbox.state import State
from runbook_lib.sandbox.supervisor import environment
from runbook_lib.stages import all_stages
from runbook_lib.stages._rights import forward

HERE = Path(__file__).resolve().parents[1]


def step_through(stage: Stage, record: evidence.Record, values: dict[str, Any]) -> headless.Executed:
    """Take the steps of a notebook's cells, in their order."""
    begun = time.monotonic()
    error = message = ""
    try:
        run = open_stage(stage.slug, values)
        run.form()
        run.preflight()
        run.desired()
        plan = run.plan()
        gate = run.gate(plan)
        asyncio.run(run.apply(plan, gate))
        run.verify()
        run.close()
    except RunbookError as failure:
        error, message = type(failure).__name__, str(failure)
    return headless.Executed(
        stage, time.monotonic() - begun, record.folder / "notebooks" / f"{stage.number}_{stage.slug}.ipynb", error, message
    )


@dataclass(frozen=True)
class Driver:
    """Carry out verbs on one parameter file against one sandbox, with a record store of its own."""

    file: Path

    def __call__(self, verb: RunVerb, **options: Any) -> headless.Run:
        """Carry out a verb; whoever names a digest acknowledges every risk in it."""
        return headless.carry_out(self.file, verb, **{"execute": step_through, "acknowledge": ("*",), **options})


def driver(state: State, sandbox_folder: Path, folder: Path, template: str = "sandbox") -> Driver:
    """Make a driver for a running sandbox: its variables are set, the parameter file points to it."""
    os.environ.update(environment(sandbox_folder))
    file = folder / f"{template}.yaml"
    write_parameters(HERE / "parameters" / f"{template}.yaml", file, state)
    file.write_text(file.read_text("utf-8").replace("records: runs", f"records: {folder}/runs"), "utf-8")
    return Driver(file)


def not_kept(run: headless.Run) -> list[tuple[str, str, str]]:
    """List (verdict, address or claim, detail) of everything that is not kept."""
    return [(each.verdict, each.address or each.claim, each.detail) for each in run.findings if each.verdict != "kept"]


def named(findings: tuple[Finding, ...], verdict: str) -> set[str]:
    """Collect the addresses of findings with a verdict."""
    return {each.address for each in findings if each.verdict == verdict and each.address}


def offline_needs(environment: Environment) -> tuple[Need, ...]:
    """List what setting up an environment in an empty account takes, without asking anybody."""
    question = forward(environment)
    world = Offline(environment, all_stages(), connect(environment).permissions)
    answer: RightsAnswer = world.ask((question,))[question]
    return answer.needs


def example(name: str, state: State, sandbox_folder: Path, folder: Path) -> Driver:
    """Point an example file at a running sandbox: endpoint, hosts, ports and account (and TLS, which loopback has not)."""
    known = environment(sandbox_folder)
    os.environ.update(known, REDSHIFT_ADMIN_PASSWORD=known["RUNBOOK_SANDBOX_ADMIN_PASSWORD"])
    text = (HERE / "parameters" / f"{name}.yaml").read_text("utf-8")
    text = re.sub(r"\n  host: \S+", "\n  host: 127.0.0.1\n  sslmode: disable", text)
    text = text.replace("port: 5439", f"port: {state.redshift_port}").replace("111122223333", state.account)
    text = text.replace("\naws:\n", f"\naws:\n  endpoint: http://127.0.0.1:{state.aws_port}\n")
    file = folder / f"{name}.yaml"
    file.write_text(text.replace("records: runs", f"records: {folder}/runs"), "utf-8")
    return Driver(file)
