"""What a rehearsal makes and removes again is called, where it lies, and what it proves."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from runbook_lib.documents.proof.carried import wanted
from runbook_lib.documents.proof.matrix import matrix
from runbook_lib.model import canonical
from runbook_lib.resources.rehearsals import Rehearsal

if TYPE_CHECKING:
    from runbook_lib.parameters import Environment
    from runbook_lib.resources.rehearsals import Flow

FOLDER = "tonic-runbook-rehearsal"
SCHEMA = "tonic_runbook_rehearsal"
GRANTED, OTHERS = f"{SCHEMA}_granted", f"{SCHEMA}_others"
"""Schemas that the administrator makes, with DROP granted and with nothing granted."""
TWIN = "-twin"
LONGEST_ROLE = 64


@dataclass(frozen=True)
class Place:
    """Name where the rehearsal's objects lie in a bucket, and whether a customer managed key encrypts them."""

    bucket: str
    prefix: str
    is_on_key: bool

    @property
    def file(self) -> str:
        """Name the key of the one object."""
        return f"{self.prefix}part-0000"

    @property
    def url(self) -> str:
        """Name the place as UNLOAD and COPY do."""
        return f"s3://{self.bucket}/{self.prefix}"

    def permissions(self, *actions: str, key_action: str = "") -> tuple[str, ...]:
        """Name what a step on the objects takes."""
        return (*(f"{action} on {self.url}" for action in actions), *((f"{key_action} on the bucket's key",) if self.is_on_key else ()))


def places(env: Environment) -> tuple[Place, Place]:
    """Give the rehearsal's places in the source bucket and in the destination bucket."""
    keys, buckets = env.kms.bucket_keys, env.buckets
    return (
        Place(buckets.source.name, _prefix(buckets.source.path, "in"), keys.source is not None),
        Place(buckets.destination.name, _prefix(buckets.destination.path, "out"), keys.destination is not None),
    )


def _prefix(path: str, side: str) -> str:
    return f"{path.strip('/')}/{FOLDER}-{side}/".removeprefix("/")


def job_name(env: Environment) -> str:
    """Name queue and function of the legacy rehearsal alike, in the range that the policies allow."""
    return f"tonic-{env.environment}-rehearsal"


def twin_name(role: str) -> str:
    """Name the twin of a role."""
    return f"{role[: LONGEST_ROLE - len(TWIN)]}{TWIN}"


def of_server(env: Environment, flow: Flow, role: str) -> Rehearsal:
    """Describe a flow that is played as the server's role, and as what else it takes."""
    acts_as = {
        "orchestration": (role, env.lambda_role),
        "unload_and_copy": (role, f"source/{env.source.user.name}", f"destination/{env.destination.user.name}"),
    }.get(flow, (role,))
    objects = tuple(place.url for place in places(env))
    twins = tuple(f"role {twin_name(each)}" for each in acts_as if "/" not in each and is_twin(env, each, role))
    made = {"orchestration": _job(env), "unload_and_copy": (f"schema {SCHEMA} (destination)",)}.get(flow, ())
    misses = matrix(env, wanted(env)).misses
    return Rehearsal(
        flow=flow,
        acts_as=acts_as,
        touches=(*objects, *made, *twins),
        proves=_digest({"policies": asdict(wanted(env)), "worker": env.worker_settings.model_dump(mode="json")}),
        gaps=tuple(sorted({each.asked.action for each in misses if each.acts_as in {"server", "lambda"}})),
    )


def of_user(env: Environment, flow: Flow) -> Rehearsal:
    """Describe what is played as one of the two database users."""
    side = "source" if flow == "source_user" else "destination"
    user = env.side(side).user.name
    schemas = (SCHEMA, GRANTED, OTHERS) if side == "destination" else ()
    return Rehearsal(
        flow=flow,
        acts_as=(f"{side}/{user}",),
        touches=("a temporary table", *(f"schema {each}" for each in schemas)),
        proves=_digest({"user": user, "superuser": side == "destination" and env.destination.preserve_ownership}),
    )


def is_twin(env: Environment, role: str, server: str) -> bool:
    """Tell whether a role is played through a twin: the server only where its instance cannot be asked."""
    return env.roles.twins and not (role == server and env.server.metadata)


def _job(env: Environment) -> tuple[str, ...]:
    name = job_name(env)
    return (
        f"queue {name}",
        f"function {name}",
        f"a mapping of {name}",
        f"a notification of {env.buckets.source.name}",
        f"log group /aws/lambda/{name}",
    )


def _digest(of: object) -> str:
    return sha256(canonical(of).encode()).hexdigest()[:16]
