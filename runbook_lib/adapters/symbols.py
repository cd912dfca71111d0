"""Put the real names of what symbols stand for into values, put the symbols back in, and refuse what stays open."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, TypeVar

from runbook_lib.errors import Rejected
from runbook_lib.model import Kinded
from runbook_lib.policy import canonical, canonical_statement
from runbook_lib.resources.symbols import SYMBOL, filled, symbolised, symbols_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runbook_lib.model import Change, Resource

    Names = Mapping[str, str]

K = TypeVar("K", bound=Kinded)

_DOCUMENTS = {"trust", "document", "policy"}
_STATEMENTS = {"statement"}
_IAM_VARIABLE = re.compile(r"\$\{(?:[a-z][a-z0-9-]*:[^}]*|[*?$])\}")
_PLACEHOLDER = re.compile(r"<[^<>\n]*>|\$\{[^}]*\}|\{[A-Za-z_][A-Za-z0-9_ .-]*\}")


def symbols_of(value: Kinded) -> tuple[str, ...]:
    """List the addresses that a value refers to by symbol."""
    return symbols_in(value.model_dump_json())


def with_names(value: K, names: Names) -> K:
    """Put the real names in; policies keep their canonical form."""
    return _rewritten(value, lambda text: filled(text, names))


def with_symbols(seen: K, wanted: K, names: Names) -> K:
    """Put the symbols back into what was seen: as the wanted value writes them where it says the same."""
    asked = with_names(wanted, names)
    mirrored = {name: getattr(wanted, name) for name, text in seen if getattr(asked, name) == text}
    return _rewritten(seen, lambda text: symbolised(text, names)).model_copy(update=mirrored)


def filled_change(change: Change, names: Names) -> Change:
    """Put the real names into both sides of a change."""
    sides = {"before": change.before, "after": change.after}
    return change.model_copy(update={side: with_names(value, names) for side, value in sides.items() if value is not None})


def refuse_placeholders(resource: Resource) -> None:
    """Raise Rejected when a symbol or a placeholder that nothing fills is left in any text of a resource."""
    for name, value in resource:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        left = SYMBOL.search(text) or _PLACEHOLDER.search(_IAM_VARIABLE.sub("", text))
        if left is not None:
            way_out = "nothing was sent; apply what it stands for first, or correct the parameter file"
            raise Rejected(resource.address, f"{name} still holds {left[0]}, which nothing fills", way_out)


def _rewritten(value: K, rewrite: Callable[[str], str]) -> K:
    texts = {name: text for name, text in value if isinstance(text, str)}
    changed = {name: _formed(name, rewrite(text)) for name, text in texts.items() if rewrite(text) != text}
    return value.model_copy(update=changed) if changed else value


def _formed(name: str, text: str) -> str:
    if name in _DOCUMENTS:
        return canonical(text)
    return canonical_statement(text) if name in _STATEMENTS else text
