"""How statements are put together."""

from __future__ import annotations

from typing import Any

VERSION = "2012-10-17"
Condition = dict[str, dict[str, Any]]


def statement(sid: str, actions: list[str], resources: str | list[str], condition: Condition | None = None) -> dict[str, Any]:
    """Build one Allow statement of an identity policy."""
    body: dict[str, Any] = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
    return body | ({"Condition": condition} if condition else {})


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    """Build a policy document."""
    return {"Version": VERSION, "Statement": list(statements)}


def dns_suffix(partition: str) -> str:
    """Give the domain of a partition's endpoints and of its regional service names."""
    return "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
