"""What a rehearsal makes and removes again is called, where it lies, and what it proves."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from runbook_lib.documents.proof.carried import wanted
from runbook_lib.documents.proof.ledger import Call
from runbook_lib.documents.proof.matrix import matrix
from runbook_lib.model import canonical
from runbook_lib.resources.rehearsals import Rehearsal

if TYPE_CHECKING:
    from runbook_lib.parameters import Environment
    from runbook_lib.resources.rehearsals import Flow

ROWS = "tonic_runbook_probe"
"""The temporary table of one row that is unloaded."""


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
    sides = (env.buckets.source, env.kms.bucket_keys.source, "in"), (env.buckets.destination, env.kms.bucket_keys.destination, "out")
    source, destination = (Place(bucket.name, _prefix(env, bucket.path, side), key is not None) for bucket, key, side in sides)
    return source, destination


def _prefix(env: Environment, path: str, side: str) -> str:
    return f"{path.strip('/')}/{name_of(env)}-{side}/".removeprefix("/")


def name_of(env: Environment) -> str:
    """Begin the names of what a rehearsal makes with product and environment, in the range that the policies allow."""
    return f"tonic-{env.environment}-rehearsal"


def schemas(env: Environment) -> tuple[str, str, str]:
    """Name the schemas: the user's own, and the administrator's two, with DROP granted and with nothing granted."""
    own = name_of(env).replace("-", "_")
    return own, f"{own}_granted", f"{own}_others"


def twin_name(env: Environment, role: str) -> str:
    """Name the twin of a role: the Lambda role's, or the server's, whatever that is called."""
    return f"tonic-{env.environment}-{'lambda' if role == env.lambda_role else 'server'}-twin"


def of_server(env: Environment, flow: Flow, role: str) -> Rehearsal:
    """Describe a flow that is played as the server's role, and as what else it takes."""
    acts_as = {
        "orchestration": (role, env.lambda_role),
        "unload_and_copy": (role, f"source/{env.source.user.name}", f"destination/{env.destination.user.name}"),
    }.get(flow, (role,))
    objects = tuple(place.url for place in places(env))
    twins = tuple(f"role {twin_name(env, each)}" for each in acts_as if "/" not in each and is_twin(env, each, role))
    made = {"orchestration": _job(env), "unload_and_copy": (f"schema {schemas(env)[0]} (destination)",)}.get(flow, ())
    misses = matrix(env, wanted(env), lambda line: isinstance(line.asked, Call) and line.acts_as in {"server", "lambda"}).misses
    return Rehearsal(
        flow=flow,
        acts_as=acts_as,
        touches=(*objects, *made, *twins),
        proves=_digest({"policies": asdict(wanted(env)), "worker": env.worker_settings.model_dump(mode="json")}),
        gaps=tuple(sorted({each.asked.action for each in misses})),
    )


def of_user(env: Environment, flow: Flow) -> Rehearsal:
    """Describe what is played as one of the two database users."""
    side = "source" if flow == "source_user" else "destination"
    user = env.side(side).user.name
    made = schemas(env) if side == "destination" else ()
    return Rehearsal(
        flow=flow,
        acts_as=(f"{side}/{user}",),
        touches=("a temporary table", *(f"schema {each}" for each in made)),
        proves=_digest({"user": user, "superuser": side == "destination" and env.destination.preserve_ownership}),
    )


def is_twin(env: Environment, role: str, server: str) -> bool:
    """Tell whether a role is played through a twin: the server only where its instance cannot be asked."""
    return env.roles.twins and not (role == server and env.server.metadata)


def _job(env: Environment) -> tuple[str, ...]:
    name = name_of(env)
    return (
        f"queue {name}",
        f"function {name}",
        f"a mapping of {name}",
        f"a notification of {env.buckets.source.name} (whoever else is notified of its objects is told of the rehearsal's too)",
        f"log group /aws/lambda/{name}",
    )


def _digest(of: object) -> str:
    return sha256(canonical(of).encode()).hexdigest()[:16]
