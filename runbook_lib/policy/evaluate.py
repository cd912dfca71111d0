"""Decide one request by all policies that apply to it, as AWS does, or say what stands in the way of deciding.

Not seen, and never taken for granted: resource control policies, VPC endpoint policies, KMS grants, S3's access control lists and its
blocks of public access. A verdict holds as far as none of them speaks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from runbook_lib.policy.layers import NOTHING, SILENT, Weighed, WeighedResource, weigh, weigh_resource
from runbook_lib.policy.sides import UNSIGNED, Sides
from runbook_lib.policy.truth import Unknown
from runbook_lib.policy.verdict import Cited, Layer, Verdict

if TYPE_CHECKING:
    from runbook_lib.policy.request import Request
    from runbook_lib.policy.statements import Policy

ResourceKind: TypeAlias = Literal["bucket", "queue", "key", "trust", "secret", "repository", "function", "other"]
_RULING = frozenset(("key", "trust"))
_NOUNS = {"key": "the key policy", "trust": "the role's trust policy", "other": "the resource's policy"}
_FREE = "sts:getcalleridentity"
_ASSUMING = "sts:assumerole"
_SERVICE_LINKED = ":role/aws-service-role/"


@dataclass(frozen=True)
class Attached:
    """Hold the policy of a resource, and what the resource is: keys and roles (`trust`) decide by their own policy."""

    policy: Policy
    kind: ResourceKind = "other"


def evaluate(
    request: Request,
    *,
    identity: Sequence[Policy] = (),
    boundary: Policy | None = None,
    session: Sequence[Policy] = (),
    scps: Sequence[Sequence[Policy]] = (),
    resource: Attached | None = None,
) -> Verdict:
    """Decide a request.

    `session` holds the session policies together, `scps` one group for each level from the organisation's root to the account. Without
    `resource` the resource has no policy; only for a key or a role, which always have one, it is then unknown.
    """
    if request.lowered == _FREE:
        return Verdict("allowed", "sts:GetCallerIdentity needs no permission, and nothing can deny it")
    if request.lowered == _ASSUMING and request.principal.kind == "root":
        return Verdict("denied implicitly", "the root user of an account may not assume roles")
    sides = _sides(request, identity, boundary, session, scps, resource)
    layers = sides.layers
    denying = [(layer, each.denying) for layer, each in layers if each.denying]
    if denying:
        return _denied(request, denying)
    allowed = sides.allowed
    if allowed is False:
        return _lacking(sides)
    doubts = [allowed] if isinstance(allowed, Unknown) else []
    doubts += [each.may_deny for _, each in layers if each.may_deny is not None]
    if doubts:
        return _undetermined(sides, doubts[0])
    cited = sides.allowing
    if not cited:
        return Verdict("allowed", "the root user may do everything in its account")
    layer: Layer = "identity" if sides.identity.allowing else "resource" if sides.resource.allowing else "none"
    return Verdict("allowed", f"{_named(cited)} allow{_plural(cited)} {request.action} on {request.resource}", cited, layer)


def _sides(
    request: Request,
    identity: Sequence[Policy],
    boundary: Policy | None,
    session: Sequence[Policy],
    scps: Sequence[Sequence[Policy]],
    resource: Attached | None,
) -> Sides:
    kind = request.principal.kind
    rules, noun, weighed = _of_resource(request, resource, has_boundary=boundary is not None)
    if kind in UNSIGNED:
        return Sides(request, resource=weighed, rules=True, noun=noun)
    return Sides(
        request,
        NOTHING if kind == "root" else weigh(identity, request),
        None if boundary is None or kind == "root" else weigh((boundary,), request),
        # A federated user has what his session policy and the user's policies both allow: without one, nothing.
        weigh(session, request) if session or kind == "federated user" else None,
        () if _SERVICE_LINKED in request.principal.role else tuple(weigh(level, request) for level in scps),
        weighed,
        rules,
        noun,
    )


def _of_resource(request: Request, resource: Attached | None, *, has_boundary: bool) -> tuple[bool, str, WeighedResource]:
    """Weigh the resource's policy, and say whether it rules and how it is called."""
    if resource is not None:
        noun = _NOUNS.get(resource.kind, f"the {resource.kind}'s policy")
        return resource.kind in _RULING, noun, weigh_resource(resource.policy, request, has_boundary=has_boundary)
    kind = _ruled(request)
    if not kind:
        return False, _NOUNS["other"], SILENT
    unknown = Unknown(f"{_NOUNS[kind]} of {request.resource} is not known, and without it nothing is allowed")
    return True, _NOUNS[kind], WeighedResource(Weighed(may_deny=unknown, may_allow=unknown))


def _ruled(request: Request) -> str:
    if request.service == "kms" and ":key/" in request.resource:
        return "key"
    return "trust" if request.service == "sts" and ":role/" in request.resource else ""


def _denied(request: Request, denying: list[tuple[Layer, tuple[Cited, ...]]]) -> Verdict:
    cited = tuple(each for _, statements in denying for each in statements)
    sentence = f"{_named(cited)} den{'y' if len(cited) > 1 else 'ies'} {request.action} on {request.resource}"
    return Verdict("denied explicitly", sentence, cited, denying[0][0])


def _undetermined(sides: Sides, doubt: Unknown) -> Verdict:
    cited = sides.doubtful
    return Verdict("undetermined", f"{_named(cited)}: {doubt.reason}" if cited else doubt.reason, cited)


def _lacking(sides: Sides) -> Verdict:
    lacks = list(sides.lacks)
    return Verdict("denied implicitly", "; ".join(sentence for _, sentence in lacks), layer=lacks[0][0])


def _named(cited: Sequence[Cited]) -> str:
    return ", ".join(f"{each.document} ({each.statement})" for each in cited)


def _plural(cited: Sequence[Cited]) -> str:
    return "" if len(cited) > 1 else "s"
