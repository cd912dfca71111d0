"""Put what a value is in the place of how it is named, so that two environments that differ in names alone read alike."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.parameters import Environment

Names = dict[str, str]
"""What is put in the place of each value."""
NAME = "{environment}"
INSTANCE = "{server.instance_id}"


def own(env: Environment) -> Names:
    """Name the environment by itself, as it stands in names of every kind, and where it is, as that stands in every ARN."""
    name = env.environment.replace("-", "_")
    found = {env.environment: NAME, name: NAME, name.upper(): NAME}
    return {**found, env.aws.account: "{aws.account}", env.aws.region: "{aws.region}", f"arn:{env.aws.partition}": "arn:{aws.partition}"}


def instance(env: Environment) -> Names:
    """Name the server's instance, whose name stands in addresses."""
    return {env.server.instance_id: INSTANCE} if env.server.instance_id else {}


def given(env: Environment) -> Names:
    """Name what the file names, each by its key."""
    return {value: f"{{{key}}}" for key, value in reversed(naming(env).items()) if value} | own(env)


def naming(env: Environment) -> dict[str, str]:
    """Give the keys that say which account, roles, buckets, keys, hosts, databases and users are meant, with what they say."""
    return {
        "aws.account": env.aws.account, "aws.region": env.aws.region, "server.instance_id": env.server.instance_id,
        "server.role_arn": env.server.role_arn, "roles.server": env.server_role, "roles.lambda": env.lambda_role,
        **dict(_buckets(env)), **dict(_keys(env)), **dict(_databases(env)),
    }  # fmt: skip


def _buckets(env: Environment) -> Iterator[tuple[str, str]]:
    for side in ("source", "destination"):
        yield f"buckets.{side}.name", getattr(env.buckets, side).name


def _keys(env: Environment) -> Iterator[tuple[str, str]]:
    keys = {
        "kms.queue_key": env.kms.queue_key,
        "kms.bucket_keys.source": env.kms.bucket_keys.source,
        "kms.bucket_keys.destination": env.kms.bucket_keys.destination,
    }
    for name, key in keys.items():
        if key is not None:
            yield f"{name}.adopt", key.adopt
            yield f"{name}.create", key.create


def _databases(env: Environment) -> Iterator[tuple[str, str]]:
    for side in ("source", "destination"):
        one = env.side(side)
        for key in ("host", "cluster", "workgroup", "database"):
            yield f"{side}.{key}", getattr(one, key)
        yield f"{side}.user.name", one.user.name
        yield f"{side}.admin.user", one.admin.user


def folding(names: Names, kept: frozenset[str] = frozenset()) -> Callable[[Any], Any]:
    """Give what folds a JSON value, also within texts that are JSON; a text of `kept` stays as it is.

    The longest name wins, and one counts only where no letter or digit goes on with it.
    """
    longest = sorted(names, key=len, reverse=True)
    # An alternative of nothing would be found everywhere.
    pattern = re.compile(r"(?!)") if not names else re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, longest))})(?![A-Za-z0-9])")

    def folded(value: Any) -> Any:
        match value:
            case str() if value in kept:
                return value
            case str():
                inner = _json(value)
                return pattern.sub(lambda match: names[match[0]], value) if inner is None else json.dumps(folded(inner))
            case dict():
                return {key: folded(each) for key, each in value.items()}
            case list():
                return [folded(each) for each in value]
        return value

    return folded


def texts(value: Any) -> Iterator[str]:
    """List every text in a JSON value but names of fields, also in texts that are JSON."""
    match value:
        case str():
            inner = _json(value)
            yield from (value,) if inner is None else texts(inner)
        case dict():
            for each in value.values():
                yield from texts(each)
        case list():
            for each in value:
                yield from texts(each)


def _json(text: str) -> Any:
    """Read an object or a list that a text holds; None for any other text."""
    if not text.startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None
