"""Tell who signed a call, from moto's users and sessions: his secret, his policies, and what IAM's conditions know of him."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runbook_lib.policy import Principal
from runbook_lib.sandbox.aws import held
from runbook_lib.sandbox.aws.held import Document

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT = re.compile(r"\d{12}")


@dataclass(frozen=True)
class Caller:
    """State a caller: principal, secret and token of his key, since and until when a session's holds, and the policies that bind him."""

    principal: Principal
    secret: str
    token: str = ""
    issued: dt.datetime | None = None
    until: dt.datetime | None = None
    identity: tuple[Document, ...] = ()
    boundary: Document | None = None
    session: tuple[Document, ...] = ()
    context: dict[str, str] = field(default_factory=dict)

    @property
    def account(self) -> str:
        """Give his account."""
        return self.principal.account


def finding(secret: str) -> Callable[[str, str], Caller | None]:
    """Look callers up by key and partition; a key of twelve digits is that account's root user, with this secret."""

    def find(key: str, partition: str) -> Caller | None:
        if ACCOUNT.fullmatch(key):
            root = Principal(f"arn:{partition}:iam::{key}:root")
            return Caller(root, secret, context={"aws:userid": key})
        from moto.iam.models import iam_backends

        for account, backends in list(iam_backends.items()):
            known = backends[partition].access_keys.get(key)
            if known is not None:
                return _session(account, partition, key) if known.role_arn else _user(backends[partition], known)
        return None

    return find


def _user(backend: Any, key: Any) -> Caller | None:
    user = next((each for each in list(backend.users.values()) if key in each.access_keys or each.name == key.user_name), None)
    if user is None or key.status != "Active":
        return None
    groups = [each for each in list(backend.groups.values()) if user in each.users]
    documents = held.documents_of(user, "user") + tuple(found for each in groups for found in held.documents_of(each, "group"))
    principal = Principal(user.arn, tags=tuple(held.user_tags(backend, user.name).items()))
    context = {"aws:userid": user.id}
    return Caller(principal, key.secret_access_key, identity=documents, context=context)


def _session(account: str, partition: str, key: str) -> Caller | None:
    from moto.sts.models import sts_backends

    session: Any = sts_backends[account][partition].get_assumed_role_from_access_key(key)
    role = held.role_of(session.role_arn) if session is not None else None
    if session is None or role is None:
        return None
    tags = held.tagged(role.tags) | getattr(session, "tags", {})
    boundary = held.managed(account, partition, role.permissions_boundary_arn) if role.permissions_boundary_arn else None
    arn = f"arn:{partition}:sts::{account}:assumed-role/{role.name}/{session.session_name}"
    return Caller(
        Principal(arn, role.arn, tags=tuple(tags.items())),
        session.secret_access_key,
        session.session_token,
        session.access_key.create_date.replace(tzinfo=dt.UTC),
        session.expiration.replace(tzinfo=dt.UTC),
        held.documents_of(role, "role"),
        boundary._replace(name=f"boundary {boundary.name}") if boundary else None,
        _session_policies(session),
        {"aws:userid": session.user_id},
    )


def _session_policies(session: Any) -> tuple[Document, ...]:
    attached = [held.managed(session.account_id, session.partition, arn) for arn in getattr(session, "policy_arns", ())]
    inline = [Document("session policy", session.policy)] if session.policy else []
    return (*inline, *(each._replace(name=f"session {each.name}") for each in attached if each is not None))
