"""Say which permission joins the parts of a set-up: what a role is allowed is read from its documents, as they will be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.documents import keys, policies
from runbook_lib.documents.granted import granted
from runbook_lib.policy.canonical import canonical
from runbook_lib.views.picture import Arrow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.documents.policies import Named
    from runbook_lib.parameters import Environment

FIRST = ("s3:PutObject", "kms:Decrypt", "sqs:CreateQueue", "lambda:CreateFunction", "iam:PassRole")
"""What the picture names of a service's actions; the table names all."""
MOST = 2
"""Services that an arrow names."""
SERVER, LAMBDA = "role", "execution"
SIDES = {"from": "source", "to": "destination"}


def arrows(environment: Environment) -> Iterator[Arrow]:
    """Join every part that an environment may have."""
    yield from _databases(environment)
    yield from _server(environment)
    yield from _function(environment)
    yield Arrow("key-from", "from", "encrypts", "encrypts what lies there; whoever reads or writes it has to be allowed to use the key")
    yield Arrow("key-to", "to", "encrypts", "encrypts what lies there; whoever reads or writes it has to be allowed to use the key")
    statement = (("", canonical({"Statement": [keys.key_statement(environment)]})),)
    for_s3 = ", ".join(granted(statement, "kms"))
    yield Arrow("key-queue", "queue", "encrypts", f"encrypts the messages; s3.amazonaws.com is allowed {for_s3} by the key's own policy")


def _databases(environment: Environment) -> Iterator[Arrow]:
    source, destination = environment.source, environment.destination
    yield Arrow("server", "reader", "logs in", f"logs in to {source.host}:{source.port} with the password that is stored")
    yield Arrow("server", "writer", "logs in", f"logs in to {destination.host}:{destination.port} with the password that is stored")
    yield Arrow("reader", "source", "USAGE, SELECT", "USAGE on every included schema, SELECT on its tables and on svv_table_info")
    rights = "superuser" if destination.preserve_ownership else "CREATE, TEMPORARY"
    full = (
        "superuser, who owns all schemas and tables" if rights == "superuser" else "CREATE and TEMPORARY on the database, DROP where needed"
    )
    yield Arrow("writer", "destination", rights, full)
    yield Arrow("reader", "from", "UNLOAD", "UNLOAD with the credentials of the server role")
    yield Arrow("to", "writer", "COPY", "COPY with the credentials of the server role")


def _server(environment: Environment) -> Iterator[Arrow]:
    """Join the server and its role with what the role's policies let it do."""
    every = policies.server_role_policies(environment)
    documents = tuple(each for each in every if each[0] != policies.EXTRA)
    yield Arrow("server", SERVER, "sts:AssumeRole", "sts:AssumeRole, through the instance profile or the container's own identity")
    for end, side in SIDES.items():
        yield _allowed(SERVER, SERVER, end, (*granted(documents, "s3"), *_key(documents, keys.bucket_key(environment, side))))
    if environment.is_legacy:
        yield _allowed(SERVER, SERVER, "queue", (*granted(documents, "sqs"), *_queue_key(environment, documents)))
        yield _allowed(SERVER, SERVER, "function", granted(documents, "lambda", "iam", "ecr", "logs"), " with its role, image and log")
        yield Arrow("from", "queue", "notifies", "s3.amazonaws.com sends events, as the queue's own policy allows; jobs write it")
    extra = dict(every).get(policies.EXTRA)
    if extra is not None:
        yield _allowed(SERVER, SERVER, "extra", granted(((policies.EXTRA, extra),)))


def _function(environment: Environment) -> Iterator[Arrow]:
    """Join the function with what the policies of the role that it assumes let it do."""
    documents = policies.lambda_role_policies(environment)
    if not documents:
        return
    consumed = (*granted(documents, "sqs"), *_queue_key(environment, documents))
    yield _allowed(LAMBDA, "queue", "function", consumed, ", through an event source mapping", "events")
    for end, side in SIDES.items():
        found = (*granted(documents, "s3"), *_key(documents, keys.bucket_key(environment, side)))
        yield _allowed(LAMBDA, "function", end, found, short="s3:GetObject" if end == "from" else "s3:PutObject", is_under=end == "from")
    logged = granted(documents, "logs")
    yield _allowed(
        LAMBDA, "function", LAMBDA, logged, " for its log; lambda.amazonaws.com may assume the role, as its trust says", "assumes"
    )


def _key(documents: Named, key: str) -> tuple[str, ...]:
    return granted(documents, "kms", on=key) if key else ()


def _queue_key(environment: Environment, documents: Named) -> tuple[str, ...]:
    return tuple(action for key in keys.queue_keys(environment) for action in _key(documents, key))


def _allowed(
    role: str, start: str, end: str, actions: tuple[str, ...], words: str = "", short: str = "", *, is_under: bool = False
) -> Arrow:
    return Arrow(start, end, short or _short(actions), f"{', '.join(actions)}{words}", role, actions, is_under)


def _short(actions: tuple[str, ...]) -> str:
    """Name the most telling action of the first services, and count the rest."""
    services = dict.fromkeys(each.partition(":")[0] for each in actions)
    of = {service: [each for each in actions if each.startswith(f"{service}:")] for service in services}
    named = [next((each for each in FIRST if each in among), among[0]) for among in of.values()][:MOST]
    rest = len(actions) - len(named)
    return "\n".join((*named, *((f"and {rest} more",) if rest else ())))
