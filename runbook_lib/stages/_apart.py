"""Whether source and destination are two databases: asked of both, else told by names that cannot deceive, else vouched for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runbook_lib.model import Judgement, Unanswered
from runbook_lib.resources.warehouse import SessionAnswer, SessionAsked
from runbook_lib.stages._confirmations import asks_today, vouched
from runbook_lib.stages._judging import kept

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model import Inventory, Judge, Question
    from runbook_lib.parameters import Environment
    from runbook_lib.parameters.schema import Warehouse

ROW = "H1"
SESSIONS = (SessionAsked(side="source"), SessionAsked(side="destination"))
WAY_OUT = (
    "let both administrators log in (admin:), or name both clusters by their own hosts with sslmode: verify-full and no tunnel, "
    f"or look and confirm row {ROW}"
)
# A cluster or workgroup has one such name; an endpoint that Redshift manages in a VPC is another name for it.
_OWN_HOST = re.compile(r"(?!\S*-endpoint-)[a-z0-9-]+\.[a-z0-9]+\.[a-z0-9-]+\.redshift(?:-serverless)?\.amazonaws\.com(?:\.cn)?")


def asks(env: Environment) -> tuple[Question, ...]:
    """Ask for both administrators' sessions, and for the date that a person's word expires by."""
    return (*SESSIONS, *asks_today(env))


def refuse_one(env: Environment, inventory: Inventory) -> None:
    """Want nothing on either side when both are one database. Raises Unanswered (broken); a side that cannot be asked leaves it open."""
    if _unanswered(inventory) is None and _is_one(env, inventory):
        session: SessionAnswer = inventory[SESSIONS[0]]
        raise Unanswered(
            f"source and destination are one database: {session.database} of cluster {session.namespace}",
            verdict="broken",
            by="warehouse admin",
            way_out="name another destination: a job could drop what it reads",
        )


def refuse_undecided(env: Environment, inventory: Inventory) -> None:
    """Want nothing in the destination before it is certain that it is not the source. Raises Unanswered."""
    _ = inventory[SESSIONS[1]]
    refuse_one(env, inventory)
    _refuse_open(env, inventory)


def unless_open(judge: Judge) -> Judge:
    """Call nothing broken that waits for the question whether it may be the source: then that is what is said."""

    def judged(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
        try:
            found = tuple(judge(env, inventory))
        except Unanswered as refusal:
            if refusal.verdict == "broken":
                _refuse_open(env, inventory)
            raise
        if any(each.verdict == "broken" for each in found):
            _refuse_open(env, inventory)
        yield from found

    return judged


def judge(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Compare cluster id and database of both sides; where one cannot be asked, say what else tells them apart."""
    refuse_one(env, inventory)
    found = _without_sessions(env, inventory)
    if found is not None:
        yield found
        return
    source, destination = (inventory[each] for each in SESSIONS)
    yield kept(f"{source.namespace}/{source.database} is read, {destination.namespace}/{env.destination.database} is written")


def are_told_apart(env: Environment) -> bool:
    """Tell whether the file alone proves two databases: two names in one place, or two clusters by the names that TLS verifies."""
    source, destination = env.source, env.destination
    if _place(source) == _place(destination):
        return source.database.lower() != destination.database.lower()
    return source.host.lower() != destination.host.lower() and all(map(_is_verified, (source, destination)))


def _refuse_open(env: Environment, inventory: Inventory) -> None:
    found = _without_sessions(env, inventory)
    if found is not None and found.verdict != "kept":
        raise Unanswered(found.detail, verdict=found.verdict, by=found.by, way_out=found.way_out)


def _is_one(env: Environment, inventory: Inventory) -> bool:
    source, destination = (inventory[each] for each in SESSIONS)
    is_there = env.destination.database in destination.databases
    return is_there and (source.namespace, source.database) == (destination.namespace, destination.database)


def _unanswered(inventory: Inventory) -> Unanswered | None:
    try:
        tuple(inventory[each] for each in SESSIONS)
    except Unanswered as refusal:
        return refusal
    return None


def _without_sessions(env: Environment, inventory: Inventory) -> Judgement | None:
    """Judge without asking both sides; None when both were asked."""
    refusal = _unanswered(inventory)
    if refusal is None:
        return None
    if are_told_apart(env):
        names = " and ".join(f"{side.database} on {side.host}:{side.port}" for side in (env.source, env.destination))
        return kept(f"{names} are told apart by name", grade="evaluated offline")
    is_owed = refusal.verdict == "owed"
    detail = f"whether source and destination are one database is not known: {refusal.reason}"
    open_ = Judgement(verdict="owed" if is_owed else "unknown", detail=detail, way_out=WAY_OUT, by=refusal.by if is_owed else "", grade="")
    return vouched(env, inventory, ROW, open_)


def _place(side: Warehouse) -> tuple[str, str, int]:
    return side.host.lower(), side.connect_to, side.port


def _is_verified(side: Warehouse) -> bool:
    """Tell whether the server proves that it is the cluster of its name; what a tunnel leads to passes a wildcard certificate as well."""
    return side.sslmode == "verify-full" and not side.connect_to and _OWN_HOST.fullmatch(side.host.lower()) is not None
