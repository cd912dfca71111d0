"""Ask a person for secrets by the kernel's own hidden input, and hold them in this process alone.

Nothing here stores what was typed, not in a variable either, which every child would inherit. Where the file says that it is to be kept,
a planned and approved change keeps it.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterable

from runbook_lib.errors import Rejected, Unresolved
from runbook_lib.secrets.masked import Masked
from runbook_lib.secrets.passwords import broken_password_rules

AGAIN = "run the cell again and type the password"
_HELD: dict[str, Masked] = {}

HiddenInput = Callable[[str], str]


def ask(names: Iterable[str], hidden_input: HiddenInput | None = None) -> None:
    """Ask for each secret; no answer leaves what was given before. Raises Unresolved where nothing was given at all."""
    for name in dict.fromkeys(names):
        if answer := _typed(f"Password of {name}", name, f"prompt:{name}", hidden_input):
            _HELD[name] = Masked(answer)


def ask_new(reference: str, hidden_input: HiddenInput | None = None) -> None:
    """Ask for a password that is to be kept, twice, since nobody sees what he types; no answer leaves what was given before.

    Raises Unresolved where nothing was given, or not the same twice, and Rejected for what Redshift would not take.
    """
    answer = _typed(f"New password, kept as {reference}", reference, reference, hidden_input)
    if not answer:
        return
    if answer != _asked("Once more", hidden_input):
        raise Unresolved(reference, "two different passwords were typed", AGAIN)
    value = Masked(answer)
    if broken := broken_password_rules(value):
        raise Rejected(reference, f"a password must have: {'; '.join(broken)}", AGAIN)
    _HELD[reference] = value


def held(name: str) -> Masked | None:
    """Give what was typed, told anew to whoever listens for secrets by now; None when nobody was asked."""
    return Masked(_HELD[name].reveal()) if name in _HELD else None


def _typed(words: str, name: str, reference: str, hidden_input: HiddenInput | None) -> str:
    again = " (empty: as before)" if name in _HELD else ""
    answer = _asked(f"{words}{again}", hidden_input)
    if not (answer or name in _HELD):
        raise Unresolved(reference, "nothing was typed", AGAIN)
    return answer


def _asked(words: str, hidden_input: HiddenInput | None) -> str:
    # A kernel puts its own input in the module's place while a cell runs.
    return (hidden_input or getpass.getpass)(f"{words}: ")
