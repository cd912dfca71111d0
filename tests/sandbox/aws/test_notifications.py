"""A bucket's notifications are kept whole, and two that one object's event falls under are refused, as S3 does."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.sandbox.aws.account import Workplace, refused, told

AMBIGUOUS = "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping"
SHARED = "Configurations on the same bucket cannot share a common event type."
CREATED, PUT, REMOVED = "s3:ObjectCreated:*", "s3:ObjectCreated:Put", "s3:ObjectRemoved:*"


def rule(workplace: Workplace, event: str, prefix: str = "", suffix: str = "") -> dict[str, Any]:
    """Tell the queue of an event, of all objects or of some."""
    given = {"prefix": prefix, "suffix": suffix}
    filters = [{"Name": name, "Value": value} for name, value in given.items() if value]
    told_of = {"QueueArn": workplace.names["queue_arn"], "Events": [event]}
    return told_of | ({"Filter": {"Key": {"FilterRules": filters}}} if filters else {})


def put(workplace: Workplace, *rules: dict[str, Any], **more: Any) -> Any:
    """Put the bucket's notifications."""
    given = {"QueueConfigurations": list(rules), **more}
    return workplace.client("s3").put_bucket_notification_configuration(Bucket=workplace.names["bucket"], NotificationConfiguration=given)


@pytest.mark.parametrize(("one", "other", "words"), [
    ((CREATED,), (CREATED,), SHARED),
    ((CREATED,), (PUT,), SHARED),
    ((PUT, "images/"), (CREATED,), AMBIGUOUS),
    ((PUT, "images/"), (PUT, "images/old/"), AMBIGUOUS),
    ((PUT, "", ".jpg"), (PUT, "images/"), AMBIGUOUS),
    ((PUT, "a", ".jpg"), (PUT, "", "g"), AMBIGUOUS),
])  # fmt: skip
def test_rules_that_overlap_are_refused(workplace: Workplace, one: Any, other: Any, words: str) -> None:
    """The same event, prefixes of which one begins the other, suffixes of which one ends the other: S3 would not know whom to tell."""
    refused("InvalidArgument", words, partial(put, workplace, rule(workplace, *one), rule(workplace, *other)))


@pytest.mark.parametrize(("one", "other"), [
    ((CREATED,), (REMOVED,)),
    ((PUT, "images/"), (PUT, "logs/")),
    ((PUT, "images/", ".jpg"), (PUT, "images/", ".png")),
])  # fmt: skip
def test_rules_apart_are_kept(workplace: Workplace, one: Any, other: Any) -> None:
    """Other events, and prefixes or suffixes that no key has both of, stand side by side."""
    assert told(partial(put, workplace, rule(workplace, *one), rule(workplace, *other))) == ""
    put(workplace)


@pytest.mark.parametrize("event", [(), (CREATED,)])
def test_eventbridge_is_read_back(workplace: Workplace, event: tuple[str, ...]) -> None:
    """Who puts notifications back as they were finds EventBridge among them, alone or beside queues, and can take it out."""
    put(workplace, *(rule(workplace, each) for each in event), EventBridgeConfiguration={})
    bucket = {"Bucket": workplace.names["bucket"]}
    found = workplace.client("s3").get_bucket_notification_configuration(**bucket)
    assert ({}, len(event)) == (found["EventBridgeConfiguration"], len(found.get("QueueConfigurations", [])))
    put(workplace)
    assert "EventBridgeConfiguration" not in workplace.client("s3").get_bucket_notification_configuration(**bucket)
