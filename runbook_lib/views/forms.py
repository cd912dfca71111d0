"""Draw the keys of a parameter file that a stage goes by: a table of what they are set to, for whoever cannot or need not change them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from runbook_lib import place
from runbook_lib.parameters.fields import fields, found
from runbook_lib.views.blocks import Beside, Code, Fold, Grid, Line, Link, Note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.parameters.fields import Field
    from runbook_lib.views.blocks import Block, Cell, Inline
    from runbook_lib.views.shown import Creation, ParameterForm

LONGEST = 80
REMARK = "a remark at the head of the file"


def form(value: ParameterForm) -> Iterator[Block]:
    """Draw a row a key: what it is set to, or its default, what it means, and the ledger's rows that it answers."""
    asked = fields(value.keys)
    if not asked:
        yield Note((f"{value.title} goes by nothing of the parameter file.",))
        return
    rows = tuple(_row(each, found(value.values, each.path)) for each in asked)
    yield Grid(f"{value.title}: what {value.source} says", ("key", "value", "means", "ledger"), rows)


def creation(value: Creation) -> Iterator[Block]:
    """Draw what is asked, and which keys the answers become."""
    rows = tuple(((each.label,), (each.words,), (", ".join(each.keys) or REMARK,)) for each in value.questions)
    yield Grid("Asked for a new parameter file", ("question", "in other words", "becomes"), rows)


def _row(field: Field, given: Any) -> tuple[Cell, ...]:
    return ((".".join(field.path),), (_value(field, given),), (field.means,), (_ledger(field.rows),))


def _ledger(rows: tuple[str, ...]) -> Inline:
    """Lead to the rows of the ledger, where its page is beside the notebook."""
    page = place.page(place.LEDGER)
    return Beside(tuple(Link(each, f"{page}#{each}") for each in rows)) if page else ", ".join(rows)


def _value(field: Field, given: Any) -> Inline:
    if given is None:
        standing = "not set" if field.default in (None, "", [], {}) else f"default: {_text(field.default)}"
        return "missing" if field.is_required else standing
    text = _text(given)
    if len(text) <= LONGEST:
        return Code(text)
    return Fold(f"{len(given)} entries", tuple(Line(each) for each in json.dumps(given, indent=2, ensure_ascii=False).splitlines()))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
