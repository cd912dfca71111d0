"""Whether the server really runs as the role, and whether the role lets it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runbook_lib.documents.commands import associate_command
from runbook_lib.documents.trusts import ASSUME, WITH_WEB_IDENTITY, ec2_principal, trusted
from runbook_lib.stages._confirmations import owed as unconfirmed
from runbook_lib.stages._confirmations import vouched
from runbook_lib.stages._judging import broken, kept, owed
from runbook_lib.stages._server import identity, instance, server_role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model import Inventory, Judgement
    from runbook_lib.parameters import Environment
    from runbook_lib.resources.ec2 import InstanceAnswer
    from runbook_lib.stages._server import Identity

OPERATOR = "Structural operator"
CONTAINER_SERVICES = {"Service:ecs-tasks.amazonaws.com", "Service:pods.eks.amazonaws.com"}
EKS_ISSUER = re.compile(r"Federated:arn:[a-z-]+:iam::\d{12}:oidc-provider/oidc[.-]eks\.[a-z0-9-]+\.[a-z.]+/id/[A-Za-z0-9]+")
"""An EKS cluster's issuer of tokens for service accounts."""


def judge_identity(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Hold the instance to the role; a container's identity cannot be seen from here."""
    server = identity(env, inventory)
    if not env.server.instance_id:
        detail = f"tasks and pods that run as {server.role} cannot be seen from here"
        yield vouched(env, inventory, "A3", unconfirmed("A3", detail, OPERATOR))
    else:
        yield _judge_instance(env, instance(env, inventory), server)


def _judge_instance(env: Environment, found: InstanceAnswer, server: Identity) -> Judgement:
    address = f"ec2_profile_association/{found.instance_id}"
    if found.role == server.role and found.role:
        return kept(f"{found.instance_id} carries profile {found.profile} with role {found.role}", address=address)
    if found.profile and found.profile != env.server_role:
        command = f"aws iam add-role-to-instance-profile --instance-profile-name {found.profile} --role-name {server.role}"
        return owed(
            f"{found.instance_id} carries profile {found.profile}, which holds no role",
            command,
            "cloud engineer",
            address=address,
        )
    if found.profile:
        return broken(f"profile {found.profile} holds no role", "apply this stage", address=address)
    if env.server.attach_profile:
        return broken(f"{found.instance_id} carries no profile", "apply this stage: it attaches the profile", address=address)
    command = associate_command(env, found.instance_id, env.server_role)
    detail = f"{found.instance_id} carries no profile, and the file does not ask to attach one"
    return owed(detail, f"{command}, or set server.attach_profile: true", "cloud engineer", address=address)


def judge_trust(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Show who may take the role; an existing role's trust is checked and never changed."""
    is_made_here, role = identity(env, inventory).is_made_here, server_role(env, inventory)
    shown = f"{role.name} may be taken by {', '.join(trusted(role.trust)) or 'nobody'}"
    if env.server.role_arn and any(map(_is_other_issuer, trusted(role.trust, WITH_WEB_IDENTITY))) and not _lets_in(env, role.trust):
        detail = f"{shown}; whether the server's pods come with tokens of that issuer cannot be seen from here"
        yield vouched(env, inventory, "A3", unconfirmed("A3", detail, "cloud engineer"))
    elif not _lets_in(env, role.trust):
        way_out = "apply this stage" if is_made_here else "let the role's owner add the server's principal to its trust"
        yield broken(shown, way_out)
    elif env.aws.partition == "aws-cn" and is_made_here:
        detail = f"{shown}; the principal's regional name in China is unconfirmed"
        yield vouched(env, inventory, "A3", unconfirmed("A3", detail, "cloud engineer"))
    else:
        yield kept(shown)


def _lets_in(env: Environment, trust: str) -> bool:
    """Tell whether a trust lets in what the server runs on: people's identity providers are nobody's container."""
    services = set(trusted(trust, ASSUME))
    if env.server.role_arn:
        return bool(services & CONTAINER_SERVICES) or any(map(EKS_ISSUER.fullmatch, trusted(trust, WITH_WEB_IDENTITY)))
    regional = f"Service:{ec2_principal(env.aws.partition)}"
    return bool(services & ({regional, "Service:ec2.amazonaws.com"} if env.server.instance_id else {regional}))


def _is_other_issuer(principal: str) -> bool:
    return principal.startswith("Federated:") and ":oidc-provider/" in principal
