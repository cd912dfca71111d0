"""The sections of a parameter file that are about people and proof: who vouches, what is accepted, who signs, how long records stay."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from runbook_lib.parameters.public_keys import fingerprint
from runbook_lib.parameters.texts import Date, LaterDate, LedgerRow, LintRule, Person, Reason, Text


class Section(BaseModel):
    """Be frozen and refuse unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Confirmation(Section):
    """What a person vouches for."""

    row: LedgerRow = Field(description="row of the ledger that is vouched for")
    who: Person = Field(description="who vouches")
    date: Date = Field(description="day on which it was said")
    expires: LaterDate = Field("", description="day from which it no longer counts; empty: never")
    note: Text = Field("", description="what was seen or decided")


class LintWaiver(Section):
    """What the policy linter finds and somebody accepts, until a day."""

    rule: LintRule = Field(description="rule whose finding is accepted, as the finding names it")
    document: Text = Field("", description="document that the finding is about, as it names it; empty: any")
    statement: Text = Field("", description="Sid, or place such as statement 2; empty: any of the document")
    reason: Reason = Field(description="why it is accepted")
    expires: Date = Field(description="last day on which it counts")


class Retention(Section):
    """How long Object Lock keeps records in a bucket from being deleted or replaced."""

    mode: Literal["governance", "compliance"] = Field(
        "governance", description="governance: who has s3:BypassGovernanceRetention may end it; compliance: nobody may"
    )
    days: Annotated[int, Field(ge=1, le=36500)] = Field(description="days that each object is kept, from its upload on")


class Signing(Section):
    """Which key signs the statement over a record's files."""

    key: Text = Field(
        min_length=1,
        description="file of an Ed25519 private key (PEM, not encrypted), relative to the checkout; or ARN of an ECC_NIST_P256 key of KMS",
    )


class Approver(Section):
    """Who may approve a plan, and the public key that proves it."""

    name: Person = Field(description="who signs; nobody approves what was planned under his own name")
    key: Text = Field(
        min_length=1, description="Ed25519 or P-256 public key: PEM file relative to the checkout, PEM text, or the base64 of its DER form"
    )

    @property
    def fingerprint(self) -> str:
        """Name the key by the SHA-256 of its DER form."""
        return fingerprint(self.key)
