"""Draw the call ledger as it is published: what each principal calls, what each must be refused, and on whose word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.documents.proof.ledger import ledger
from runbook_lib.views import as_markdown
from runbook_lib.views.blocks import Code, Grid, Heading, Link, Note
from runbook_lib.views.sufficiency import need, word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.documents.proof.ledger import Asked, Call, Ledger, Probe
    from runbook_lib.views.blocks import Block, Cell

_WHAT = """Written from runbook_lib/documents/proof/calls.json by make notebooks. This is the yardstick of the rehearsal: policies are
sufficient when they allow every call that is needed, and hold no more than that when they refuse every call that must be refused, and
nothing can be taken away from them without a change in either."""
_WHENCE = """The product is closed. What it calls is read from the vendor's pages and from what AWS documents for each step; where neither
says it, it is inferred, and marked so. A first job, seen in CloudTrail, is the better witness."""
_HOW = """A word in braces stands for the environment's own. A call on a bucket is put once for each bucket, one on a log once for each
region."""
_LIMITS = """Not seen by the evaluation: policies of the organisation and of VPC endpoints, grants of KMS, S3's access control lists and
blocks of public access. What depends on where a request comes from, or on tags, is undecided, never taken as allowed."""


def page() -> str:
    """Write the page."""
    return as_markdown.view(call_ledger(ledger())) + "\n"


def call_ledger(value: Ledger) -> Iterator[Block]:
    """Draw the whole ledger."""
    yield Heading("Call ledger", 1)
    yield from (_paragraph(each) for each in (_WHAT, _WHENCE, _HOW))
    for actor in value.principals:
        yield Heading(actor.title, 2)
        yield Grid("Calls", ("call", "carries", "why", "need", "on whose word", "rows"), tuple(_call(each) for each in actor.calls))
        yield Grid("Must be refused", ("call", "carries", "it would mean that it"), tuple(_probe(each) for each in actor.probes))
    yield Heading("Places", 2)
    yield Grid("What `on` stands for", ("on", "ARN"), tuple(((name,), (Code(arn),)) for name, arn in value.places.items()))
    yield Heading("Sources", 2)
    rows = tuple(((each.kind,), (Link(each.title, each.address) if each.address else each.title,)) for each in value.sources.values())
    yield Grid("On whose word", ("who", "page"), rows)
    yield Heading("Limits", 2)
    yield _paragraph(_LIMITS)


def _paragraph(text: str) -> Note:
    return Note((" ".join(text.split()),))


def _call(call: Call) -> tuple[Cell, ...]:
    elsewhere = (f"decided by {call.elsewhere}",) if call.elsewhere else ()
    return ((call.said,), _carries(call), (call.why, *elsewhere), (need(call),), (word(call),), (" ".join(call.rows),))


def _probe(probe: Probe) -> tuple[Cell, ...]:
    return ((probe.said,), _carries(probe), (probe.says,))


def _carries(asked: Asked) -> Cell:
    return tuple(Code(f"{key} {value}") for key, value in asked.context.items())
