"""Turn the ledger's templates into requests of an environment's principals."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.documents.buckets import bucket_names
from runbook_lib.documents.keys import bucket_keys, queue_keys
from runbook_lib.documents.proof.ledger import Probe, ledger
from runbook_lib.documents.statements import dns_suffix
from runbook_lib.documents.trusts import ec2_principal
from runbook_lib.policy.request import Principal, Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runbook_lib.documents.proof.carried import Carried, Carrier
    from runbook_lib.documents.proof.ledger import Actor, Asked
    from runbook_lib.parameters import Environment

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_STRANGER = ("999999999999", "888888888888")
_REGIONS = ("us-west-2", "eu-central-1")
UNKNOWN_KEYS = frozenset(
    (
        *("aws:SourceIp", "aws:SourceVpc", "aws:SourceVpce", "aws:VpcSourceIp", "aws:UserAgent"),
        *("aws:PrincipalTag/", "aws:ResourceTag/", "s3:ExistingObjectTag/", "s3:RequestObjectTag/"),
        *("s3:x-amz-acl", "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id"),
        *("kms:EncryptionContext:aws:s3:arn", "kms:EncryptionContext:aws:sqs:arn", "kms:EncryptionContextKeys"),
    )
)
"""What a real request of the product may carry and nobody can tell from here: where it comes from, tags, headers."""


@dataclass(frozen=True)
class Names:
    """Hold the values of the templates' placeholders; one without a value makes no request."""

    values: Mapping[str, tuple[str, ...]]

    def fill(self, *templates: str) -> Iterator[tuple[str, ...]]:
        """Fill templates together, once for each combination of values."""
        text = "\n".join(templates)
        used = tuple(dict.fromkeys(_PLACEHOLDER.findall(text)))
        for combination in itertools.product(*(self.values[name] for name in used)):
            placed = dict(zip(used, combination, strict=True))
            yield tuple(_PLACEHOLDER.sub(lambda match, placed=placed: placed[match[1]], text).split("\n"))  # type: ignore[misc]


def names(env: Environment, carried: Carried) -> Names:
    """Collect what the templates name: the environment's own things, a stranger's account and another region."""
    aws = env.aws
    sides = (env.buckets.source, env.buckets.destination)
    paths = {bucket.name: bucket.path.strip("/") for bucket in reversed(sides)}
    return Names(
        {
            "account": (aws.account,),
            "partition": (aws.partition,),
            "region": (aws.region,),
            "suffix": (dns_suffix(aws.partition),),
            "other_account": (next(each for each in _STRANGER if each != aws.account),),
            "other_region": (next(each for each in _REGIONS if each != aws.region),),
            "bucket": tuple(bucket_names(env)),
            "object": tuple(f"{name}/{paths[name]}/part-0000".replace("//", "/") for name in bucket_names(env)),
            "prefix": tuple(dict.fromkeys(f"{path}/".removeprefix("/") for path in paths.values())),
            "log_region": env.worker_settings.log_regions or (aws.region,),
            "server_role": (carried.server.arn,),
            "lambda_role": (carried.function.arn,) if carried.function else (),
            "queue_key": tuple(carried.arn_of(each) for each in queue_keys(env)),
            "bucket_key": tuple(carried.arn_of(each) for each in bucket_keys(env)),
        }
    )


def principal(env: Environment, actor: Actor, carried: Carried) -> Principal:
    """Name the principal: a session of one of the two roles, or a service."""
    match actor.acts_as:
        case "server":
            return _session(env, carried.server, env.server.instance_id or "server")
        case "lambda" if carried.function is not None:
            return _session(env, carried.function, "tonic-worker")
        case "ec2":
            return Principal(service=ec2_principal(env.aws.partition))
        case service:
            return Principal(service=service)


def _session(env: Environment, role: Carrier, session: str) -> Principal:
    return Principal(arn=env.arn("sts", f"assumed-role/{role.name}/{session}", region=""), role_arn=role.arn)


def requests(env: Environment, who: Principal, asked: Asked, names: Names) -> tuple[Request, ...]:
    """Make the requests of one line of the ledger; none where what it is about does not exist here."""
    base = {"aws:RequestedRegion": env.aws.region, "aws:SecureTransport": "true"}
    owner = names.values["other_account"][0] if isinstance(asked, Probe) and asked.owner == "other" else env.aws.account
    keys = tuple(asked.context)
    return tuple(
        Request(
            principal=who,
            action=asked.action,
            resource=resource,
            resource_account=owner,
            context={**base, **dict(zip(keys, values, strict=True))},
            unknown_keys=UNKNOWN_KEYS,
        )
        for resource, *values in names.fill(ledger().places[asked.on], *asked.context.values())
    )
