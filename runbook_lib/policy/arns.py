"""Match ARNs against the patterns of policies.

Three readings (IAM user guide): in `Resource` an asterisk may run over slashes, and at the end of a segment also over colons ("Resource");
an ARN of less than six fields is completed by asterisks ("IAM identifiers"); the ARN operators compare the six fields one by one
("Condition operators"). Where two readings that the guide allows disagree, nothing is decided.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from runbook_lib.policy.truth import Truth, Unknown
from runbook_lib.policy.variables import Template, filled
from runbook_lib.policy.wildcards import ANY, Part, Pattern, pattern_of

if TYPE_CHECKING:
    from runbook_lib.policy.request import Request

FIELDS = 6
_PREFIX = "arn:"
# Within the first five fields: an asterisk that does not end its field, or a question mark, which might stand for a colon.
_WITHIN = re.compile(r"\*[^*:]|\?")


@dataclass(frozen=True)
class ArnPattern:
    """Hold a pattern in both readings, as one text and field by field; `is_plain` where the two agree as far as the guide tells."""

    text: str
    whole: Pattern
    fields: tuple[Pattern, ...]
    is_plain: bool

    def covers(self, resource: str) -> Truth:
        """Tell whether the pattern, written in `Resource`, covers a resource; `*` alone covers a request without one."""
        as_text = self.whole.matches(resource)
        if self.is_plain:
            return as_text
        if self.matches(resource):
            return True
        return Unknown(f"whether a wildcard of {self.text} reaches beyond its field of the ARN is not documented") if as_text else False

    def matches(self, arn: str) -> bool:
        """Tell whether an ARN matches field by field."""
        parts = arn.split(":", FIELDS - 1)
        return len(parts) == FIELDS and all(pattern.matches(part) for pattern, part in zip(self.fields, parts, strict=True))


def is_arn(text: str) -> bool:
    """Tell whether a text has an ARN's six fields."""
    return text.startswith(_PREFIX) and text.count(":") >= FIELDS - 1


@lru_cache(maxsize=1024)
def arn_pattern(parts: tuple[Part, ...]) -> ArnPattern:
    """Compile a pattern from pieces of which some are to be taken letter by letter; missing fields become asterisks."""
    fields: list[list[Part]] = [[]]
    for part, has_wildcards in parts:
        first, *others = part.split(":", FIELDS - len(fields))
        fields[-1].append((first, has_wildcards))
        fields += [[(each, has_wildcards)] for each in others]
    text = "".join(part for part, _ in parts)
    before = ":".join("".join(part for part, has_wildcards in field if has_wildcards) for field in fields[:-1])
    is_plain = text == ANY or (len(fields) == FIELDS and not _WITHIN.search(before))
    completed = [pattern_of(tuple(each)) for each in fields] + [pattern_of(((ANY, True),))] * (FIELDS - len(fields))
    return ArnPattern(text, pattern_of(parts, text), tuple(completed), is_plain)


@dataclass(frozen=True)
class ResourcePattern:
    """Hold one entry of `Resource` or `NotResource`: compiled where it has no variables, else filled anew for each request."""

    text: str
    fixed: ArnPattern | None
    template: Template | Unknown

    def covers(self, request: Request, unfilled: Truth) -> Truth:
        """Tell whether the entry covers the request's resource; `unfilled` is what holds when nothing fills a variable."""
        if self.fixed is not None:
            return self.fixed.covers(request.resource)
        if isinstance(self.template, Unknown):
            return self.template
        parts = filled(self.template, request)
        if parts is None:
            return unfilled
        return parts if isinstance(parts, Unknown) else arn_pattern(parts).covers(request.resource)


def resource_pattern(text: str, found: Template | Unknown) -> ResourcePattern:
    """Compile an entry of `Resource`; what is no ARN, or has a variable before the fifth colon, is not modelled."""
    if text != ANY and not text.startswith(_PREFIX):
        return ResourcePattern(text, None, Unknown(f"the resource {text} is neither * nor an ARN"))
    if isinstance(found, Unknown) or not found.variables:
        return ResourcePattern(text, None if isinstance(found, Unknown) else _fixed(found), found)
    first = found.pieces[0]
    if not isinstance(first, tuple) or first[0].count(":") < FIELDS - 1:
        return ResourcePattern(text, None, Unknown(f"{text} has a policy variable before the fifth colon"))
    return ResourcePattern(text, None, found)


def _fixed(found: Template) -> ArnPattern:
    return arn_pattern(tuple(each for each in found.pieces if isinstance(each, tuple)))
