"""Rotate a generated password: keep the new one as pending, set it in the database, make it current.

Stopped after any step, the same three go on with the same password: the pending version is found, setting it again changes nothing, and
only the last step makes the rotation done. In between, log-ins with the current version fail, as in a rotation by Secrets Manager itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.adapters.aws.secretsmanager import prepare, promote
from runbook_lib.secrets import md5_literal

if TYPE_CHECKING:
    from runbook_lib.adapters.connections import Connections
    from runbook_lib.resources.secretsmanager import Rotation


def rotate(before: str, rotation: Rotation, connections: Connections) -> None:
    """Rotate from the version that is current. Raises TargetError."""
    session = connections.session()
    password = prepare(rotation, session)
    connections.warehouse().set_password(rotation.side, rotation.user, md5_literal(password, rotation.user))
    promote(rotation, before, session)
