"""What policies lack, allow too much of, or hold without use: under the documented style these are the vendor's gaps.

A gap comes with what closes it: statements of the scoped policies.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runbook_lib.documents.policies import EXTRA
from runbook_lib.documents.proof.ablation import ablations
from runbook_lib.documents.proof.carried import wanted
from runbook_lib.documents.proof.deciding import OF_RESOURCES, STAND_INS
from runbook_lib.documents.proof.ledger import Call
from runbook_lib.documents.proof.matrix import matrix
from runbook_lib.policy.canonical import statements
from runbook_lib.policy.verdict import Cited

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runbook_lib.documents.proof.matrix import Line, Matrix
    from runbook_lib.parameters import Environment

Kind = Literal["miss", "leak", "use not shown", "without effect"]


@dataclass(frozen=True)
class Gap:
    """Name what is amiss: `who` lacks or has it, by which statement of which document (a miss has none).

    `what` lists it, `lines` are the lines of the matrix behind it, `closing` the statements that close it, as JSON.
    """

    kind: Kind
    who: str
    document: str
    statement: str
    what: tuple[str, ...]
    rows: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()

    @property
    def place(self) -> str:
        """Say where it is."""
        return f"{self.who}: {self.document}, {self.statement}" if self.document else self.who


def gaps(env: Environment) -> tuple[Gap, ...]:
    """List the gaps of the policies that the environment's style installs."""
    found = matrix(env, wanted(env))
    return (*missed(env, found), *leaked(env, found), *idle(env, found))


def missed(env: Environment, found: Matrix) -> tuple[Gap, ...]:
    """List what the product needs and nothing allows: one gap for a principal's action on a place."""
    together: dict[tuple[str, str, str], list[Line]] = {}
    for line in found.misses:
        together.setdefault((line.acts_as, line.asked.action, line.asked.on), []).append(line)
    return tuple(
        Gap("miss", who(acts_as), "", "", _said(lines), _rows(lines), closing(env, acts_as, lines), tuple(lines))
        for (acts_as, _, _), lines in together.items()
    )


def leaked(env: Environment, found: Matrix) -> tuple[Gap, ...]:
    """List what is let through: one gap for each statement that does."""
    together: dict[tuple[str, Cited], list[Line]] = {}
    for line in found.leaks:
        for cause in causes(line):
            together.setdefault((line.acts_as, cause), []).append(line)
    return tuple(
        Gap("leak", who(acts_as), *cause, _said(lines), _rows_of(found, acts_as, cause), closing(env, acts_as, lines), tuple(lines))
        for (acts_as, cause), lines in together.items()
    )


def idle(env: Environment, found: Matrix) -> tuple[Gap, ...]:
    """List what could go without breaking a needed call or letting a probe through; additions are the environment's own affair."""
    carried = wanted(env)
    together: dict[tuple[Kind, str, Cited], dict[str, None]] = {}
    for each in ablations(env, carried, found):
        document = each.mutant.document
        if each.is_needed or document.name == EXTRA or (each.is_use_not_shown and each.mutant.part != "action"):
            continue
        kind: Kind = "use not shown" if each.is_use_not_shown else "without effect"
        place = (kind, carried.acting(document.holder), Cited(document.name, each.mutant.statement))
        together.setdefault(place, {})[each.mutant.what] = None
    return tuple(
        Gap(kind, who(acts_as), *cause, tuple(what), _rows_of(found, acts_as, cause)) for (kind, acts_as, cause), what in together.items()
    )


def who(acts_as: str) -> str:
    """Name whose policy decides: a role of ours, or a service that a resource's policy lets in."""
    return {"server": "server role", "lambda": "Lambda role"}.get(acts_as, acts_as)


def causes(line: Line) -> tuple[Cited, ...]:
    """List the statements that let a line through and are ours to word: of a role's own documents, for a service of the resource's."""
    of_resources = tuple(each for each in line.by if each.document.startswith(OF_RESOURCES))
    of_roles = tuple(each for each in line.by if each.document not in STAND_INS and each not in of_resources)
    return of_roles or of_resources


def closing(env: Environment, acts_as: str, lines: Iterable[Line]) -> tuple[str, ...]:
    """Give the scoped statements over the lines' actions, each cut down to them."""
    narrow = wanted(env.model_copy(update={"policy_style": "scoped", "extra_statements": ()}))
    role = {"server": narrow.server, "lambda": narrow.function}.get(acts_as)
    texts = [text for _, text in role.identity] if role is not None else [key.policy for key in narrow.keys]
    wide = {each.asked.action for each in lines}
    cut = [(each, [action for action in each["Action"] if action in wide]) for text in texts for each in statements(text)]
    return tuple(json.dumps({**each, "Action": shared}, ensure_ascii=False) for each, shared in cut if shared)


def _rows_of(found: Matrix, acts_as: str, cause: Cited) -> tuple[str, ...]:
    """List the ledger's rows whose calls a statement allows."""
    return _rows(each for each in found.calls if each.acts_as == acts_as and cause in each.by)


def _rows(lines: Iterable[Line]) -> tuple[str, ...]:
    return tuple(sorted({row for each in lines if isinstance(each.asked, Call) for row in each.asked.rows}))


def _said(lines: Iterable[Line]) -> tuple[str, ...]:
    """Say each line's action with why it is called, or what a probe does with it."""
    pairs = ((each.asked.action, each.asked.why if isinstance(each.asked, Call) else each.asked.says) for each in lines)
    return tuple(dict.fromkeys(f"{action}: {words}" for action, words in pairs))
