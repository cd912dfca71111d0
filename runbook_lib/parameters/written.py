"""Write an environment as a parameter file again: what the file says and nothing else, no comments, every text quoted."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from runbook_lib.parameters.load import as_parameters
from runbook_lib.parameters.scalars import ambiguity, meaning

if TYPE_CHECKING:
    from runbook_lib.parameters.schema import Environment

WIDE = 1_000_000
"""Characters of a line, so that no text is folded."""


def as_yaml(environment: Environment) -> str:
    """Write what was validated, so that `load` reads the same environment from it."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.width = WIDE
    text = io.StringIO()
    yaml.dump(_quoted(as_parameters(environment)), text)
    return text.getvalue()


def _quoted(value: Any) -> Any:
    """Quote texts, for two versions of YAML read some plain ones differently."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    match value:
        case dict():
            return {_key(key): _quoted(each) for key, each in value.items()}
        case list():
            return [_quoted(each) for each in value]
        case str():
            return DoubleQuotedScalarString(value)
    return value


def _key(key: str) -> str:
    """Leave a plain word as it is; keys of tags and of policies may be anything."""
    is_plain = key.isidentifier() and not ambiguity(key) and meaning(key) == key
    quoted: str = key if is_plain else _quoted(key)
    return quoted
