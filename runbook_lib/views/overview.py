"""Say what an environment's set-up is made of, from its parameters, and in which state each part is, from what the records say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.documents import policies
from runbook_lib.views.board import STATES
from runbook_lib.views.joins import arrows
from runbook_lib.views.picture import Piece, SetUp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook_lib.parameters import Environment
    from runbook_lib.parameters.schema import KeyChoice
    from runbook_lib.views.board import StageState, State


def overview(environment: Environment, stages: Sequence[StageState]) -> SetUp:
    """List the parts and what joins them."""
    known = {each.slug: each for each in stages}
    pieces = tuple(_pieces(environment, known))
    there = {each.id for each in pieces}
    joins = tuple(each for each in arrows(environment) if {each.start, each.end} <= there)
    return SetUp(environment.environment, pieces, joins)


def _pieces(environment: Environment, known: dict[str, StageState]) -> Iterator[Piece]:
    """Place the parts: sources on the left, what is written on the right, the server between them, AWS below."""
    source, destination, buckets = environment.source, environment.destination, environment.buckets
    users = source.user.name, destination.user.name
    yield Piece("source", "Source database", source.database, 0, 0, _plain(known, "source_database"))
    yield Piece("server", "Product's server", environment.server.instance_id or "container", 1.35, 0, _plain(known, "preflight"))
    yield Piece("destination", "Destination database", destination.database, 2.7, 0, _plain(known, "destination_database"))
    yield Piece("reader", "User that reads", users[0], 0, 1, _state(known, "source_database", users[0]))
    yield Piece("role", "Server role", _role(environment), 1.35, 1, _state(known, "server_role", _role(environment)))
    yield Piece("writer", "User that writes", users[1], 2.7, 1, _state(known, "destination_database", users[1]))
    yield Piece("from", "Source bucket", buckets.source.name, 0, 2, _state(known, "storage", buckets.source.name))
    yield Piece("to", "Destination bucket", buckets.destination.name, 2.7, 2, _state(known, "storage", buckets.destination.name))
    for name, what, choice, column in _keys(environment):
        yield Piece(name, what, choice.adopt.rpartition("/")[2] or choice.create, column, 3, _state(known, "encryption", choice.create))
    if environment.is_legacy:
        role = environment.lambda_role
        yield Piece("queue", "Queues", "tonic-*, made by jobs", 0.9, 2, _plain(known, "worker_settings"))
        yield Piece("function", "Function", "tonic-*, made by jobs", 1.8, 2, _plain(known, "worker_settings"))
        yield Piece("execution", "Lambda role", role, 1.8, 3, _state(known, "lambda_role", role))
    if environment.extra_statements:
        name, row = policies.EXTRA, 4 if environment.is_legacy else 2
        yield Piece("extra", "Additional statements", name, 1.35, row, _state(known, "server_role", _role(environment)))


def _keys(environment: Environment) -> Iterator[tuple[str, str, KeyChoice, float]]:
    keys = environment.kms.bucket_keys
    for name, what, choice, column in (
        ("key-from", "Key of the source bucket", keys.source, 0.0),
        ("key-queue", "Key of the queues", environment.kms.queue_key if environment.is_legacy else None, 0.9),
        ("key-to", "Key of the destination bucket", keys.destination, 2.7),
    ):
        if choice is not None:
            yield name, what, choice, column


def _role(environment: Environment) -> str:
    return environment.server.role_arn.rpartition("/")[2] or environment.server_role


def _plain(known: dict[str, StageState], slug: str) -> State:
    return known[slug].state if slug in known else "not planned"


def _state(known: dict[str, StageState], slug: str, name: str) -> State:
    """Give the worst state of the addresses that hold a name; where the records tell of none, its stage's."""
    parts = known[slug].parts if slug in known else ()
    found = {state for address, state in parts if name and name in address.split("/")}
    return next((state for state in STATES if state in found), _plain(known, slug))
