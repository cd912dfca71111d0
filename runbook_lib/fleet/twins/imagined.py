"""Imagine one warehouse behind both environments: what each grants in it is then a matter of their parameter files alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.documents.keys import key_policy
from runbook_lib.exports.render import Offline
from runbook_lib.model import Inventory
from runbook_lib.policy.canonical import canonical
from runbook_lib.resources.files import TodayAsked
from runbook_lib.resources.kms import KeyAnswer, KeyAsked
from runbook_lib.resources.symbols import symbols_in
from runbook_lib.resources.warehouse import (
    RelationAnswer,
    RelationsAsked,
    SchemaAnswer,
    SchemasAsked,
    SessionAnswer,
    SessionAsked,
    UsersAsked,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runbook_lib.model import Change, Question, Resource
    from runbook_lib.parameters import Environment
    from runbook_lib.ports import Observation
    from runbook_lib.resources.rights import Permission

OWNER, TABLE = "somebody_else", "any_table"


class Imagined:
    """Answer as an account does that holds the adopted keys alone, and as one warehouse.

    Its schemas exist on both sides and belong to somebody else.
    """

    def __init__(self, environment: Environment, names: Sequence[str], today: str) -> None:
        self._environment, self._names, self._today = environment, tuple(names), today
        self._offline = Offline(environment)

    def ask(self, questions: Sequence[Question]) -> Inventory:
        """Answer each question without asking anybody."""
        own = {each: answer for each in questions if (answer := self._answer(each)) is not None}
        return self._offline.ask([each for each in questions if each not in own]).merged(Inventory(own))

    def observe(self, wanted: Sequence[Resource]) -> Mapping[str, Observation]:
        """See nothing."""
        return self._offline.observe(wanted)

    def write(self, changes: Sequence[Change]) -> None:
        """Refuse: nothing is written by comparing."""
        self._offline.write(changes)

    def permissions(self, use: Question | Resource | Change) -> tuple[Permission, ...]:
        """Declare what a use takes."""
        return self._offline.permissions(use)

    def _answer(self, question: Question) -> Any:
        match question:
            case TodayAsked():
                return self._today
            case SessionAsked(side=side):
                return self._session(side)
            case SchemasAsked():
                return tuple(SchemaAnswer(name=each, owner=OWNER, kind="local") for each in self._names)
            case RelationsAsked():
                return tuple(RelationAnswer(schema_name=each, name=TABLE, owner=OWNER, kind="table") for each in self._names)
            case UsersAsked():
                return ((OWNER, False),)
            case KeyAsked(key=key) if not symbols_in(key):
                return self._key(key)
        return None

    def _key(self, key: str) -> KeyAnswer:
        """Take a key that somebody else made for one that can be used, with the policy that keys begin with."""
        env = self._environment
        arn = key if key.startswith("arn:") else env.arn("kms", f"key/{key}")
        return KeyAnswer(
            arn=arn, key_id=arn.rpartition("/")[2], account=env.aws.account, region=env.aws.region, state="Enabled", manager="CUSTOMER",
            spec="SYMMETRIC_DEFAULT", usage="ENCRYPT_DECRYPT", policy=canonical(key_policy(env)), rotation=True,
        )  # fmt: skip

    def _session(self, side: str) -> SessionAnswer:
        one = self._environment.side(side)
        is_there = side == "source" or not self._environment.destination.create_database
        return SessionAnswer(
            user=one.admin.user, is_superuser=True, database=one.database, namespace=f"{side} of one", version="",
            databases=(one.database,) if is_there else (), tls=True, host=one.host,
        )  # fmt: skip
