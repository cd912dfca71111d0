"""What may be asked about policies before and beside what they decide: AWS's simulators, and its reading of a document."""

from __future__ import annotations

from typing import ClassVar, Literal

from runbook_lib.model import Question, Value

Decision = Literal["", "allowed", "explicitDeny", "implicitDeny"]
"""How a simulated call ends; empty where the answer does not tell of it."""
PolicyType = Literal["IDENTITY_POLICY", "RESOURCE_POLICY"]
FindingType = Literal["ERROR", "SECURITY_WARNING", "WARNING", "SUGGESTION"]


class SimulatedCall(Value):
    """Describe a call to simulate: an action on an ARN (or `*`), and what the request carries, sorted by key."""

    action: str
    resource: str
    context: tuple[tuple[str, tuple[str, ...]], ...] = ()


class SimulationAsked(Question):
    """Ask how calls would end; answered with one `Simulated` for each of `calls`, in their order.

    Either under what a user, group or role carries (`principal`, an ARN), or, where that is empty, under `documents` and `boundary`.
    """

    kind: ClassVar[str] = "ask_simulation"
    is_optional: ClassVar[bool] = True
    principal: str = ""
    documents: tuple[str, ...] = ()
    boundary: tuple[str, ...] = ()
    calls: tuple[SimulatedCall, ...]


class Simulated(Value):
    """State how a call ends: the policies whose statements decide, the context keys that were missed, and who else refuses it.

    With missing keys the decision is that of a request without them, which no real request may be.
    """

    decision: Decision
    sources: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    by_organisation: bool = False
    by_boundary: bool = False


class ValidationAsked(Question):
    """Ask what Access Analyzer finds in a document; answered with `Validated` findings. `resource_type` is CloudFormation's name."""

    kind: ClassVar[str] = "ask_validation"
    is_optional: ClassVar[bool] = True
    document: str
    policy_type: PolicyType
    resource_type: str = ""


class Validated(Value):
    """State one finding: its weight, its code, what it says, where it is explained, and where in the document it is."""

    type: FindingType
    code: str
    details: str
    link: str = ""
    places: tuple[str, ...] = ()
