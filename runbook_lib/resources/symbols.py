"""Write and recognise symbols: names for values that only a service can give."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SYMBOL = re.compile(r"@\(([a-z0-9_]+/[^()\"]+)\)")


def symbol(address: str) -> str:
    """Stand for the ARN of the object at an address."""
    return f"@({address})"


def symbols_in(text: str) -> tuple[str, ...]:
    """List the addresses that a text refers to, sorted, each once."""
    return tuple(sorted(set(SYMBOL.findall(text))))


def filled(text: str, names: Mapping[str, str]) -> str:
    """Put the real values in; an address without a value stays a symbol."""
    return SYMBOL.sub(lambda match: names.get(match[1], match[0]), text)


def symbolised(text: str, names: Mapping[str, str]) -> str:
    """Put the symbols back in, longest value first so that no value hides in another."""
    for address, value in sorted(names.items(), key=lambda pair: -len(pair[1])):
        text = text.replace(value, symbol(address))
    return text
