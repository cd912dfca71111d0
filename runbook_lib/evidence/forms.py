"""What is written into a record without a model of its own, as the published schema describes it: the journal's lines, the envelope."""

from __future__ import annotations

from typing import Literal

from runbook_lib.model import Change, Outcome, Value, Verb


class Begin(Value):
    """State a change before it is sent: `scope` is where its plan was made for, `by` who sends it from where."""

    at: str
    stage: str
    begin: Change
    address: str
    verb: Verb
    undo: bool
    scope: dict[str, str]
    by: dict[str, str]
    previous: str


class SentCall(Value):
    """State a request to AWS: `status` is HTTP's, 0 when no answer came; a text that is empty is left out."""

    service: str
    operation: str
    request_id: str = ""
    status: int
    attempts: int
    milliseconds: float


class SentStatement(Value):
    """State a statement as sent, everything secret masked: `session` is the server's process id, `error` the SQLSTATE or a name."""

    service: str
    database: str = ""
    user: str = ""
    session: int
    sql: str
    error: str = ""
    milliseconds: float


class Sent(Value):
    """State what was sent for the changes that have begun."""

    at: str
    sent: SentCall | SentStatement
    previous: str


class End(Value):
    """State what became of a change; what is withheld is never begun."""

    at: str
    stage: str
    end: Outcome
    address: str
    detail: str
    previous: str


Line = Begin | Sent | End


class Signature(Value):
    """Hold a signature and the name of its key."""

    keyid: str
    sig: str


class Envelope(Value):
    """Be a DSSE envelope; the payload is an in-toto statement in base64."""

    payload: str
    payloadType: Literal["application/vnd.in-toto+json"]  # noqa: N815 - DSSE calls it so
    signatures: tuple[Signature, ...]
