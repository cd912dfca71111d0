"""Fill policy variables: `${aws:username}`, with a default `${aws:PrincipalTag/team, 'none'}`, and `${*}`, `${?}`, `${$}`.

Only documents of version 2012-10-17 have variables; in older ones the letters stand for themselves. What a variable is filled with is
taken letter by letter, also an asterisk. Source: IAM user guide, "IAM policy elements: Variables and tags".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.policy.truth import Unknown
from runbook_lib.policy.wildcards import ANY, ONE, Part

if TYPE_CHECKING:
    from runbook_lib.policy.request import Request

VERSION = "2012-10-17"
_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_KEY = re.compile(r"\s*([^\s:,']+:[^\s,']+)\s*(?:,\s*'([^']*)'\s*)?\Z")
_OPEN = "${"
_LETTERS = frozenset((ANY, ONE, "$"))


@dataclass(frozen=True)
class Variable:
    """Name the key, in lower case, with which a place is filled; without a value `default` is taken where there is one."""

    key: str
    default: str | None


@dataclass(frozen=True)
class Template:
    """Hold a text whose variables are found: pieces to take as they are, and variables."""

    pieces: tuple[Part | Variable, ...]

    @property
    def variables(self) -> tuple[Variable, ...]:
        """List the variables."""
        return tuple(each for each in self.pieces if isinstance(each, Variable))


def template(text: str, version: str) -> Template | Unknown:
    """Find the variables of a text; what looks like one and is none is not modelled."""
    if version != VERSION or _OPEN not in text:
        return Template(((text, True),))
    pieces: list[Part | Variable] = []
    end = 0
    for match in _VARIABLE.finditer(text):
        pieces.append((text[end : match.start()], True))
        end = match.end()
        inner = match[1]
        if inner in _LETTERS:
            pieces.append((inner, False))
        elif named := _KEY.match(inner):
            pieces.append(Variable(named[1].lower(), named[2]))
        else:
            return Unknown(f"{match[0]} is no policy variable that is modelled")
    pieces.append((text[end:], True))
    if any(isinstance(each, tuple) and each[1] and _OPEN in each[0] for each in pieces):
        return Unknown(f"{text} has a policy variable without an end")
    return Template(tuple(pieces))


def filled(template: Template, request: Request) -> tuple[Part, ...] | Unknown | None:
    """Fill the variables; None when one has neither a value nor a default."""
    parts: list[Part] = []
    for piece in template.pieces:
        if isinstance(piece, tuple):
            parts.append(piece)
            continue
        values = request.values(piece.key)
        if isinstance(values, Unknown):
            return values
        if len(values) > 1:
            return Unknown(f"{piece.key} has several values and fills no variable")
        value = values[0] if values else piece.default
        if value is None:
            return None
        parts.append((value, False))
    return tuple(parts)
