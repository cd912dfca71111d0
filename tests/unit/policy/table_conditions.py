"""Cases about conditions: each operator, what it does without its key, and with several values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from runbook_lib.policy import Outcome
from tests.unit.policy.derived import IAM, SESSION, Derived, allow, deny, when

OPERATORS = f"{IAM}/reference_policies_elements_condition_operators.html"
SETS = f"{IAM}/reference_policies_condition-single-vs-multi-valued-context-keys.html"
LOGIC = f"{IAM}/reference_policies_condition-logic-multiple-context-keys-or-values.html"
KEYS = f"{IAM}/reference_policies_condition-keys.html"
ELEMENT = f"{IAM}/reference_policies_elements_condition.html"

Context = Mapping[str, str | Sequence[str]]


def asked(claim: str, expected: bool | None, operator: str, key: str, value: object, context: Context, page: str = OPERATORS) -> Derived:
    """Write a case in which one condition stands between the caller and everything; None is undetermined."""
    outcome: Outcome = "undetermined" if expected is None else "allowed" if expected else "denied implicitly"
    return Derived(claim, page, outcome, context=context, identity=when(operator, key, value))


PREFIX: Context = {"s3:prefix": "input/"}
STRINGS = (
    asked("StringEquals is exact", True, "StringEquals", "s3:prefix", "input/", PREFIX),
    asked("StringEquals has case", False, "StringEquals", "s3:prefix", "INPUT/", PREFIX),
    asked("StringEquals knows no wildcard", False, "StringEquals", "s3:prefix", "in*", PREFIX),
    asked("StringNotEquals is its opposite", True, "StringNotEquals", "s3:prefix", "output/", PREFIX),
    asked("StringNotEquals fails on equals", False, "StringNotEquals", "s3:prefix", "input/", PREFIX),
    asked("StringEqualsIgnoreCase has no case", True, "StringEqualsIgnoreCase", "s3:prefix", "INPUT/", PREFIX),
    asked("StringNotEqualsIgnoreCase is its opposite", False, "StringNotEqualsIgnoreCase", "s3:prefix", "INPUT/", PREFIX),
    asked("StringLike knows an asterisk", True, "StringLike", "s3:prefix", "in*", PREFIX),
    asked("StringLike knows a question mark", True, "StringLike", "s3:prefix", "input?", PREFIX),
    asked("StringLike has case", False, "StringLike", "s3:prefix", "IN*", PREFIX),
    asked("StringNotLike is its opposite", False, "StringNotLike", "s3:prefix", "in*", PREFIX),
    asked("a condition key has no case", True, "StringEquals", "S3:Prefix", "input/", PREFIX, ELEMENT),
)
NUMBERS = (
    asked("NumericEquals compares numbers, not letters", True, "NumericEquals", "s3:max-keys", "10", {"s3:max-keys": "10.0"}),
    asked("NumericNotEquals is its opposite", False, "NumericNotEquals", "s3:max-keys", "10", {"s3:max-keys": "10"}),
    asked("NumericLessThan compares by size", True, "NumericLessThan", "s3:max-keys", "10", {"s3:max-keys": "9"}),
    asked("NumericLessThan excludes the limit", False, "NumericLessThan", "s3:max-keys", 10, {"s3:max-keys": "10"}),
    asked("NumericLessThanEquals includes the limit", True, "NumericLessThanEquals", "s3:max-keys", "10", {"s3:max-keys": "10"}),
    asked("NumericGreaterThan excludes the limit", False, "NumericGreaterThan", "s3:max-keys", "10", {"s3:max-keys": "10"}),
    asked("NumericGreaterThanEquals includes the limit", True, "NumericGreaterThanEquals", "s3:max-keys", "10", {"s3:max-keys": "10"}),
    asked("what is no number is not compared", None, "NumericEquals", "s3:max-keys", "ten", {"s3:max-keys": "10"}),
)
NOON: Context = {"aws:CurrentTime": "2026-06-01T12:00:00Z"}
DATES = (
    asked("DateGreaterThan compares times", True, "DateGreaterThan", "aws:CurrentTime", "2026-01-01T00:00:00Z", NOON),
    asked("DateLessThan compares times", False, "DateLessThan", "aws:CurrentTime", "2026-01-01T00:00:00Z", NOON),
    asked("DateEquals knows time zones", True, "DateEquals", "aws:CurrentTime", "2026-06-01T14:00:00+02:00", NOON),
    asked("DateNotEquals is its opposite", False, "DateNotEquals", "aws:CurrentTime", "2026-06-01T12:00:00Z", NOON),
    asked("DateLessThanEquals includes the limit", True, "DateLessThanEquals", "aws:CurrentTime", "2026-06-01T12:00:00Z", NOON),
    asked("DateGreaterThanEquals includes the limit", True, "DateGreaterThanEquals", "aws:CurrentTime", "2026-06-01T12:00:00Z", NOON),
    asked("a date may be written as seconds", True, "DateLessThan", "aws:EpochTime", "2026-01-01", {"aws:EpochTime": "1700000000"}),
)
OTHERS = (
    asked("Bool compares truth", True, "Bool", "aws:SecureTransport", "true", {"aws:SecureTransport": "true"}),
    asked("Bool takes JSON's true", True, "Bool", "aws:SecureTransport", True, {"aws:SecureTransport": "true"}),
    asked("Bool fails on the opposite", False, "Bool", "aws:SecureTransport", "true", {"aws:SecureTransport": "false"}),
    asked("IpAddress knows ranges", True, "IpAddress", "aws:SourceIp", "203.0.113.0/24", {"aws:SourceIp": "203.0.113.9"}),
    asked("IpAddress fails outside", False, "IpAddress", "aws:SourceIp", "203.0.113.0/24", {"aws:SourceIp": "198.51.100.1"}),
    asked("an address without a range is itself", True, "IpAddress", "aws:SourceIp", "203.0.113.9", {"aws:SourceIp": "203.0.113.9"}),
    asked("IpAddress knows IPv6", True, "IpAddress", "aws:SourceIp", "2001:DB8::/32", {"aws:SourceIp": "2001:db8::1"}),
    asked("NotIpAddress is its opposite", False, "NotIpAddress", "aws:SourceIp", "203.0.113.0/24", {"aws:SourceIp": "203.0.113.9"}),
    asked("BinaryEquals compares bytes", True, "BinaryEquals", "s3:x-amz-acl", "QmluYXJ5", {"s3:x-amz-acl": "QmluYXJ5"}),
    asked("an operator that is none is not modelled", None, "StringSounds", "s3:prefix", "input/", PREFIX),
    asked("a key that is none is not modelled", None, "StringEquals", "s3:Mood", "good", {}, KEYS),
    asked("a key that every request has is unknown when nobody states it", None, "StringNotEquals", "aws:RequestedRegion", "x", {}, KEYS),
)
TOPIC = "arn:aws:sns:eu-west-1:111122223333:jobs"
STORE = "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"
ARNS = (
    asked("ArnEquals is exact", True, "ArnEquals", "aws:SourceArn", TOPIC, {"aws:SourceArn": TOPIC}),
    asked(
        "ArnEquals knows wildcards, as ArnLike does", True, "ArnEquals", "aws:SourceArn", "arn:aws:sns:*:*:j?bs", {"aws:SourceArn": TOPIC}
    ),
    asked(
        "ArnLike compares field by field",
        False,
        "ArnLike",
        "aws:SourceArn",
        "arn:aws:someservice:*:111122223333:finance/*",
        {"aws:SourceArn": STORE},
    ),
    asked(
        "StringLike runs over fields",
        True,
        "StringLike",
        "aws:SourceArn",
        "arn:aws:someservice:*:111122223333:finance/*",
        {"aws:SourceArn": STORE},
    ),
    asked("ArnNotEquals is the opposite", False, "ArnNotEquals", "aws:SourceArn", TOPIC, {"aws:SourceArn": TOPIC}),
    asked("ArnNotLike is the opposite", True, "ArnNotLike", "aws:SourceArn", "arn:aws:sns:us-*:*:*", {"aws:SourceArn": TOPIC}),
    Derived(
        "aws:PrincipalArn of a session is its role's",
        KEYS,
        "allowed",
        who=SESSION,
        identity=when("ArnEquals", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/app/tonic"),
    ),
)
ABSENT = (
    asked("without its key a condition fails", False, "StringEquals", "s3:prefix", "input/", {}),
    asked("without its key a negated condition holds", True, "StringNotEquals", "s3:prefix", "input/", {}),
    asked("without its key ArnNotLike holds", True, "ArnNotLike", "aws:SourceArn", TOPIC, {}),
    asked("without its key Bool fails", False, "Bool", "aws:SecureTransport", "false", {"aws:SecureTransport": ()}),
    asked("IfExists holds without the key", True, "StringEqualsIfExists", "s3:prefix", "input/", {}),
    asked("IfExists compares where the key is", False, "StringEqualsIfExists", "s3:prefix", "output/", PREFIX),
    asked("a negated IfExists holds without the key", True, "StringNotEqualsIfExists", "s3:prefix", "input/", {}),
    asked("Null: true asks that the key is absent", True, "Null", "s3:prefix", "true", {}),
    asked("Null: true fails where it is", False, "Null", "s3:prefix", "true", PREFIX),
    asked("Null: false asks that the key is there", True, "Null", "s3:prefix", "false", PREFIX),
    asked("Null: false fails where it is not", False, "Null", "s3:prefix", False, {}),
    asked("Null takes no IfExists", None, "NullIfExists", "s3:prefix", "true", {}),
)
ONE: Context = {"aws:TagKeys": ("team",)}
TWO: Context = {"aws:TagKeys": ("team", "cost")}
MULTIPLE = (
    asked(
        "ForAllValues: each value is among those of the policy",
        True,
        "ForAllValues:StringEquals",
        "aws:TagKeys",
        ["team", "cost"],
        TWO,
        SETS,
    ),
    asked("ForAllValues fails by one value", False, "ForAllValues:StringEquals", "aws:TagKeys", ["team"], TWO, SETS),
    asked("ForAllValues holds without the key", True, "ForAllValues:StringEquals", "aws:TagKeys", ["team"], {}, SETS),
    asked("ForAllValues holds for an empty text", True, "ForAllValues:StringEquals", "aws:TagKeys", ["team"], {"aws:TagKeys": ("",)}, SETS),
    asked("ForAnyValue: one value is among those of the policy", True, "ForAnyValue:StringEquals", "aws:TagKeys", ["team"], TWO, SETS),
    asked("ForAnyValue fails when none is", False, "ForAnyValue:StringEquals", "aws:TagKeys", ["other"], TWO, SETS),
    asked("ForAnyValue fails without the key", False, "ForAnyValue:StringEquals", "aws:TagKeys", ["team"], {}, SETS),
    asked(
        "ForAnyValue with a negated operator fails without the key, too",
        False,
        "ForAnyValue:StringNotEquals",
        "aws:TagKeys",
        ["team"],
        {},
        SETS,
    ),
    asked(
        "ForAnyValue with a negated operator: one value is not among them",
        True,
        "ForAnyValue:StringNotEquals",
        "aws:TagKeys",
        ["team"],
        TWO,
        SETS,
    ),
    asked(
        "ForAllValues with a negated operator: none is among them",
        False,
        "ForAllValues:StringNotEquals",
        "aws:TagKeys",
        ["team"],
        TWO,
        SETS,
    ),
    asked("ForAnyValue knows wildcards by StringLike", True, "ForAnyValue:StringLike", "aws:TagKeys", ["te*"], TWO, SETS),
    asked("several values need a set operator", None, "StringEquals", "aws:TagKeys", ["team", "cost"], TWO, SETS),
    asked("one value needs none", True, "StringEquals", "aws:TagKeys", ["team", "cost"], ONE, SETS),
)
BOTH: Context = {"s3:prefix": "input/", "s3:max-keys": "10"}
COMBINED = (
    asked("values of one key are alternatives", True, "StringEquals", "s3:prefix", ["output/", "input/"], PREFIX, LOGIC),
    asked("values of a negated operator exclude each", False, "StringNotEquals", "s3:prefix", ["output/", "input/"], PREFIX, LOGIC),
    Derived(
        "keys under one operator must all match",
        LOGIC,
        "denied implicitly",
        context=BOTH,
        identity=[allow(Condition={"StringEquals": {"s3:prefix": "input/", "s3:x-amz-acl": "private"}})],
    ),
    Derived(
        "operators must all match",
        LOGIC,
        "allowed",
        context=BOTH,
        identity=[allow(Condition={"StringEquals": {"s3:prefix": "input/"}, "NumericLessThan": {"s3:max-keys": "11"}})],
    ),
    Derived(
        "one operator that fails is enough",
        LOGIC,
        "denied implicitly",
        context=BOTH,
        identity=[allow(Condition={"StringEquals": {"s3:prefix": "input/"}, "NumericLessThan": {"s3:max-keys": "10"}})],
    ),
    Derived(
        "a deny whose condition fails does not deny",
        ELEMENT,
        "allowed",
        context={"aws:SecureTransport": "true"},
        identity=[allow(), deny(Condition={"Bool": {"aws:SecureTransport": "false"}})],
    ),
    Derived(
        "a deny whose condition holds denies",
        ELEMENT,
        "denied explicitly",
        context={"aws:SecureTransport": "false"},
        identity=[allow(), deny(Condition={"Bool": {"aws:SecureTransport": "false"}})],
    ),
)
ALL = (*STRINGS, *NUMBERS, *DATES, *OTHERS, *ARNS, *ABSENT, *MULTIPLE, *COMBINED)
