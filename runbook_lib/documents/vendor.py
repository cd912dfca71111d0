"""The vendor's page and its documents as data, with the placeholders filled for an environment."""

from __future__ import annotations

import itertools
import json
import re
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal, get_args

from runbook_lib.model import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Name = Literal["server-role-v2", "server-role-legacy", "lambda-role", "lambda-role-trust", "kms-role-addition", "kms-key-statement"]
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def page() -> str:
    """Give the vendor's page as published, order and all."""
    return files(__package__).joinpath("vendor_page.txt").read_text(encoding="utf-8")


def digest() -> str:
    """Hash the vendor's page and all its documents."""
    texts = {name: _text(name) for name in get_args(Name)}
    return sha256(canonical({"page": page(), **texts}).encode()).hexdigest()


@cache
def _text(name: Name) -> str:
    return files(__package__).joinpath("documented", f"{name}.json").read_text(encoding="utf-8")


def documented(name: Name, partition: str, values: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """Fill a vendor document: ARNs get the partition, a placeholder becomes one string per value.

    Raises KeyError for a placeholder without a value, so that none can reach a service.
    """
    document: dict[str, Any] = _filled(json.loads(_text(name)), partition, values)
    return document


def _filled(node: Any, partition: str, values: Mapping[str, tuple[str, ...]]) -> Any:
    match node:
        case dict():
            return {key: _filled(value, partition, values) for key, value in node.items()}
        case list():
            return [text for each in node for text in _spread(each, partition, values)]
        case str():
            texts = list(_strings(node, partition, values))
            return texts[0] if len(texts) == 1 else texts
        case _:
            return node


def _spread(node: Any, partition: str, values: Mapping[str, tuple[str, ...]]) -> Iterator[Any]:
    """Give the elements that stand in a list in place of one."""
    if isinstance(node, str):
        yield from _strings(node, partition, values)
    else:
        yield _filled(node, partition, values)


def _strings(text: str, partition: str, values: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Give one string for each combination of the placeholders' values."""
    names = tuple(dict.fromkeys(_PLACEHOLDER.findall(text)))
    placed = _in_partition(text, partition)
    for combination in itertools.product(*(values[name] for name in names)):
        yield _placed(placed, dict(zip(names, combination, strict=True)))


def _placed(text: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: values[match[1]], text)


def _in_partition(text: str, partition: str) -> str:
    head, separator, rest = text.partition("arn:aws:")
    return f"arn:{partition}:{rest}" if separator and not head else text
