"""The caller's own rights are put to IAM's simulator by resource and condition, and what is refused is told in the question's words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from runbook_lib.adapters.aws.identity import refused_permissions
from runbook_lib.resources.rights import Permission, RefusedAsked

ROLE = "arn:aws:iam::111122223333:role/acme/tonic"
PASSED = (("iam:PassedToService", "ec2.amazonaws.com"),)


class Simulator:
    """Answer as IAM does for a role with a path, which refuses some actions."""

    def __init__(self, *refused: str) -> None:
        self.refused, self.asked = refused, list[dict[str, Any]]()
        self.session = SimpleNamespace(identity=lambda: SimpleNamespace(arn="arn:aws:sts::111122223333:assumed-role/tonic/me"))

    def read(self, *_words: str, **_parameters: str) -> Any:
        """Look the role up."""
        return {"Role": {"Arn": ROLE}}

    def pages(self, _service: str, _operation: str, _key: str, **parameters: Any) -> list[dict[str, str]]:
        """Decide each action."""
        self.asked.append(parameters)
        decisions = {each: "implicitDeny" if each in self.refused else "allowed" for each in parameters["ActionNames"]}
        return [{"EvalActionName": action, "EvalDecision": decision} for action, decision in decisions.items()]


def test_refusals_are_told_in_order_with_their_conditions() -> None:
    """Actions with one resource and condition are asked about at once, the condition as a context entry, as the role itself."""
    create, read = Permission(action="iam:CreateRole", resource=ROLE), Permission(action="iam:GetRole", resource=ROLE)
    passing = Permission(action="iam:PassRole", resource=ROLE, context=PASSED)
    simulator = Simulator("iam:PassRole", "iam:GetRole")

    refused = refused_permissions(RefusedAsked(permissions=(passing, create, read)), cast("Any", simulator))

    assert (passing, read) == refused
    assert {ROLE} == {each["PolicySourceArn"] for each in simulator.asked}
    assert [["iam:CreateRole", "iam:GetRole"], ["iam:PassRole"]] == sorted(each["ActionNames"] for each in simulator.asked)
    entry = {"ContextKeyName": "iam:PassedToService", "ContextKeyType": "string", "ContextKeyValues": ["ec2.amazonaws.com"]}
    assert [[], [entry]] == sorted((each["ContextEntries"] for each in simulator.asked), key=len)


def test_many_actions_are_asked_about_in_several_calls() -> None:
    """No call names more than fifty."""
    several = tuple(Permission(action=f"s3:Get{number}", resource="arn:aws:s3:::b") for number in range(120))
    simulator = Simulator("s3:Get7", "s3:Get119")

    refused = refused_permissions(RefusedAsked(permissions=several), cast("Any", simulator))

    assert (several[7], several[119]) == refused
    assert [20, 50, 50] == sorted(len(each["ActionNames"]) for each in simulator.asked)
