"""What the record store knows: the findings of a run, and what undoing all receipts would still change."""

from __future__ import annotations

from typing import ClassVar

from runbook_lib.model import AnyResource, Change, Question, Value


class FindingsAsked(Question):
    """Ask for the findings of the other stages in this run; answered with a tuple of `Finding` in stage order.

    One that was skipped or left halfway is `unknown` among them; the answer is empty where no other stage was looked at.
    """

    kind: ClassVar[str] = "ask_findings"


class ReverseAsked(Question):
    """Ask what undoing every receipt of the environment would still do; answered with `ReverseAnswer`."""

    kind: ClassVar[str] = "ask_reverse"


class ReverseAnswer(Value):
    """State the changes that would still be made, and the resources that lie in a waiting state the service imposes.

    `owed` are the addresses among the changes that this run left to somebody else, `elsewhere` those of what was made in another
    account, region or database under this environment's name.
    """

    changes: tuple[Change, ...] = ()
    waiting: tuple[AnyResource, ...] = ()
    owed: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()


class StoreAsked(Question):
    """Ask for the bucket of the record store; answered with None when it is not there, else with whether it has Object Lock.

    Objects whose keys begin with `prefix` are ours; `is_held` asks for Object Lock, which they are to be held by.
    """

    kind: ClassVar[str] = "ask_store"
    bucket: str
    prefix: str
    is_held: bool = False
