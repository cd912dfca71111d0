"""Ask a person for secrets by the kernel's own hidden input, and hold them in this process alone.

Nothing stores what was typed: not a variable, which every child would inherit, and no service, for a write is planned and approved first.
Whoever wants it kept names where it is kept, or has one made by `generate:`.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterable

from runbook_lib.errors import Unresolved
from runbook_lib.secrets.masked import Masked

_HELD: dict[str, Masked] = {}


def ask(names: Iterable[str], hidden_input: Callable[[str], str] | None = None) -> None:
    """Ask for each secret; no answer leaves what was given before. Raises Unresolved where nothing was given at all."""
    # A kernel puts its own input in the module's place while a cell runs.
    typed = hidden_input or getpass.getpass
    for name in dict.fromkeys(names):
        again = " (empty: as before)" if name in _HELD else ""
        if answer := typed(f"Password of {name}{again}: "):
            _HELD[name] = Masked(answer)
        elif name not in _HELD:
            raise Unresolved(f"prompt:{name}", "nothing was typed", "run the cell again and type the password")


def held(name: str) -> Masked | None:
    """Give what was typed, told anew to whoever listens for secrets by now; None when nobody was asked."""
    return Masked(_HELD[name].reveal()) if name in _HELD else None
