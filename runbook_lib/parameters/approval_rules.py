"""Rules about who approves: automatically on loopback only, and where approvers are named, enough of them that differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from unicodedata import normalize
from urllib.parse import urlsplit

from runbook_lib.parameters.broken import Broken, Rule, is_loopback, sides

if TYPE_CHECKING:
    from runbook_lib.parameters.schema import Environment


def automatic(env: Environment) -> Iterator[Broken]:
    """Accept automatic approval only where nothing real is reached."""
    if env.approval != "automatic":
        return
    if not is_loopback_only(env):
        yield Broken(("approval",), "automatic is for loopback endpoints only", "write manual and approve the digest")
    for key in ("protected", "approvers"):
        if getattr(env, key):
            yield Broken((key,), "contradicts approval: automatic", "write approval: manual")


def is_loopback_only(env: Environment) -> bool:
    """Tell whether both ends are this machine: AWS's endpoint, and both databases."""
    ends = [urlsplit(env.aws.endpoint).hostname or "", *(side.connect_to or side.host for _, side in sides(env))]
    return all(is_loopback(end) for end in ends)


def number(env: Environment) -> Iterator[Broken]:
    """Ask for approvers where the environment is protected, and for no more approvals than there are approvers."""
    if env.protected and not env.approvers and env.approval == "manual":
        yield Broken(("protected",), "asks for approvals that are signed, and nobody may sign", "list who may under approvers")
    if env.approvals_required > max(len(env.approvers), 1):
        what = f"is {env.approvals_required}, and approvers lists {len(env.approvers)}"
        yield Broken(("approvals_required",), what, "list more approvers, or require fewer")


def apart(env: Environment) -> Iterator[Broken]:
    """Hold approvers to names and keys of their own: one person who counts twice is one person."""
    for field in ("name", "key"):
        seen: dict[str, int] = {}
        for index, each in enumerate(env.approvers):
            value = person(each.name) if field == "name" else each.key
            if (first := seen.setdefault(value, index)) != index:
                what = f"is that of approver {first + 1} too"
                yield Broken(("approvers", index, field), what, "give each approver a name and a key of his own")


def person(name: str) -> str:
    """Give a name in the form in which two are compared: who writes himself with other capitals or spaces is the same person."""
    return " ".join(normalize("NFKC", name).casefold().split())


RULES: tuple[Rule, ...] = (automatic, number, apart)
