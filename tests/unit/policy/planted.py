"""Documents with one planted defect each, beside the same document without it, and whole documents that are clean."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runbook_lib.policy.lint import Kind

ACCOUNT = "111122223333"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
BUCKET, OBJECTS = "arn:aws:s3:::tonic-src", "arn:aws:s3:::tonic-src/*"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:tonic-*"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/tonic-lambda"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-1111-1111-1111-111111111111"
OURS = {"StringEquals": {"aws:ResourceAccount": ACCOUNT}}
FROM_US = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
TO_LAMBDA = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
VIA_S3 = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
OF_OURS = {"ArnLike": {"lambda:FunctionArn": "arn:aws:lambda:*:*:function:tonic-*"}}
ANY_PREFIX = {"StringLike": {"s3:prefix": ["*"]}}
LAMBDA = {"Service": "lambda.amazonaws.com"}
S3 = {"Service": "s3.amazonaws.com"}

S3_FOR_ANYBODY = "lets s3.amazonaws.com in for anybody: somebody else's resources use the service too"


def policy(*statements: Any, **elements: Any) -> dict[str, Any]:
    """Build a document."""
    return {"Version": "2012-10-17", "Statement": list(statements), **elements}


def allow(action: Any, resource: Any = None, condition: Any = None, **elements: Any) -> dict[str, Any]:
    """Build an Allow; what is None is left out."""
    optional = {"Resource": resource, "Condition": condition}
    return {"Effect": "Allow", "Action": action, **{key: value for key, value in optional.items() if value is not None}, **elements}


@dataclass(frozen=True)
class Planted:
    """Hold a defect: in which kind of document, what the linter has to say, and the control that it has to leave alone."""

    kind: Kind
    document: Any
    control: Any
    rule: str
    severity: str
    statement: str
    what: str


READ = allow("s3:GetObject", OBJECTS)
ACCOUNT_STATEMENT = allow("kms:*", "*", Sid="Account", Principal={"AWS": ROOT})
FILLED = allow("s3:GetObject", "arn:aws:s3:::tonic-src/${aws:PrincipalTag/team, 'none'}/${*}")
TRUST = {"Effect": "Allow", "Principal": LAMBDA, "Action": "sts:AssumeRole"}
LONG = [f"arn:aws:s3:::tonic-{number:040}/*" for number in range(200)]

DEFECTS = {
    "not JSON": Planted(
        "identity", "{'Version': 1}", json.dumps(policy(READ)),
        "json", "error", "document", "is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
    ),
    "an unquoted placeholder": Planted(
        "identity", '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:GetRole","Resource":[<ARN>]}]}',
        policy(allow("iam:GetRole", [ROLE])),
        "json", "error", "document", "is not JSON: Expecting value: line 1 column 91 (char 90)",
    ),
    "an element twice": Planted(
        "identity", '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}',
        policy({**READ, "Effect": "Deny"}),
        "json", "error", "document", "says Effect twice in one object; only the last one counts",
    ),
    "a list": Planted("identity", "[]", policy(READ), "json", "error", "document", "is not a JSON object"),
    "too long for a role": Planted(
        "identity", policy(allow("s3:GetObject", LONG)), policy(allow("s3:GetObject", LONG[:100])),
        "size", "error", "document", "has 12,894 characters, 10,240 are what a role's inline policies hold together, whitespace apart",
    ),
    "too long for a queue": Planted(
        "queue", policy(allow("sqs:SendMessage", LONG, Principal={"AWS": ROOT})),
        policy(allow("sqs:SendMessage", QUEUE, Principal={"AWS": ROOT})),
        "size", "error", "document", "has 12,950 characters, 8,192 are what a queue policy holds",
    ),
    "no statement": Planted("identity", {"Version": "2012-10-17"}, policy(READ), "elements", "error", "document", "has no statement"),
    "a bare statement": Planted(
        "identity", READ, policy(READ), "elements", "error", "document", "is a statement, not a document"
    ),
    "no effect": Planted(
        "identity", policy({"Action": "s3:GetObject", "Resource": OBJECTS}), policy(READ),
        "elements", "error", "statement 1", "has no Effect of Allow or Deny",
    ),
    "no resource": Planted(
        "identity", policy(allow("s3:GetObject")), policy(READ), "elements", "error", "statement 1", "has neither Resource nor NotResource"
    ),
    "both actions": Planted(
        "identity", policy({**READ, "NotAction": "s3:PutObject"}), policy(READ),
        "elements", "error", "statement 1", "has both Action and NotAction",
    ),
    "a principal in a role's policy": Planted(
        "identity", policy({**READ, "Principal": {"AWS": ROOT}}), policy(READ),
        "elements", "error", "statement 1", "has Principal, which this kind of document may not",
    ),
    "no principal in a trust": Planted(
        "trust", policy(allow("sts:AssumeRole")), policy(TRUST),
        "elements", "error", "statement 1", "has neither Principal nor NotPrincipal",
    ),
    "a misspelt element": Planted(
        "identity", policy({**READ, "Conditions": OURS}), policy({**READ, "Condition": OURS}),
        "elements", "error", "statement 1", "has the unknown element Conditions",
    ),
    "a misspelt operator": Planted(
        "identity", policy({**READ, "Condition": {"StringEqual": {"aws:ResourceAccount": ACCOUNT}}}), policy({**READ, "Condition": OURS}),
        "elements", "error", "statement 1", "has the unknown operator StringEqual",
    ),
    "an action that is a number": Planted(
        "identity", policy(allow([1], OBJECTS)), policy(READ),
        "elements", "error", "statement 1", "has Action that is neither a text nor a list of texts",
    ),
    "no version": Planted(
        "identity", {"Statement": [READ]}, policy(READ),
        "version", "warning", "document", "says no version, which means 2008-10-17: policy variables stay literal",
    ),
    "the day of writing as version": Planted(
        "identity", policy(READ, Version="2026-01-31"), policy(READ), "version", "error", "document", "says a version that IAM has not"
    ),
    "a Sid with spaces": Planted(
        "identity", policy({**READ, "Sid": "Read files"}), policy({**READ, "Sid": "ReadFiles"}),
        "sid", "error", "Read files", "has a Sid with other characters than letters and digits",
    ),
    "a Sid twice": Planted(
        "key", policy(ACCOUNT_STATEMENT, {**ACCOUNT_STATEMENT, "Effect": "Deny", "Action": "kms:DeleteAlias"}),
        policy(ACCOUNT_STATEMENT, {**ACCOUNT_STATEMENT, "Sid": "Not this one", "Effect": "Deny", "Action": "kms:DeleteAlias"}),
        "sid", "error", "Account", "is the Sid of 2 statements",
    ),
    "a placeholder of the vendor's page": Planted(
        "identity", policy(allow("iam:GetRole", "<ARN to Structural Lambda Role>")), policy(allow("iam:GetRole", ROLE)),
        "placeholder", "error", "statement 1", "still holds <ARN to Structural Lambda Role>",
    ),
    "variables that nothing fills": Planted(
        "identity", policy(allow("logs:StartQuery", "arn:aws:logs:${region}:${account_id}:log-group:/aws/lambda/tonic-*")), policy(FILLED),
        "placeholder", "error", "statement 1", "still holds ${region}, ${account_id}",
    ),
    "a name instead of an ARN": Planted(
        "identity", policy(allow("iam:GetRole", "tonic-lambda")), policy(allow("iam:GetRole", ROLE)),
        "arn", "error", "statement 1", "names tonic-lambda, which is no ARN",
    ),
    "an action that S3 has not": Planted(
        "identity", policy(allow("s3:ListBuckets", BUCKET)), policy(allow("s3:ListBucket", BUCKET)),
        "unknown-action", "error", "statement 1", "names s3:ListBuckets, which AWS has not",
    ),
    "a service that AWS has not": Planted(
        "identity", policy(allow("sq:SendMessage", QUEUE)), policy(allow("SQS:sendmessage", QUEUE)),
        "unknown-action", "error", "statement 1", "names sq:SendMessage, which AWS has not",
    ),
    "a wildcard that matches nothing": Planted(
        "identity", policy(allow("s3:Fetch*", OBJECTS)), policy(allow("s3:GetObject*", OBJECTS)),
        "unknown-action", "error", "statement 1", "names s3:Fetch*, which AWS has not",
    ),
    "a service outside the slice": Planted(
        "identity", policy(allow("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:111122223333:table/x")), policy(READ),
        "not-checked", "note", "statement 1", "names dynamodb:GetItem, of a service that the reference here does not hold",
    ),
    "an action of S3 in a key policy": Planted(
        "key", policy(ACCOUNT_STATEMENT, allow("s3:GetObject", "*", Principal={"AWS": ROLE})),
        policy(ACCOUNT_STATEMENT, allow("kms:Decrypt", "*", VIA_S3, Principal={"AWS": ROLE})),
        "foreign-action", "error", "statement 2", "names s3:GetObject, which it never decides",
    ),
    "an object's action on a bucket": Planted(
        "identity", policy(allow(["s3:ListBucket", "s3:PutObject"], BUCKET)),
        policy(allow(["s3:ListBucket", "s3:PutObject"], [BUCKET, OBJECTS])),
        "no-matching-resource", "error", "statement 1", "never grants s3:PutObject: no resource beside it is of a fitting type",
    ),
    "a bucket's refusal on objects": Planted(
        "bucket", policy({"Effect": "Deny", "Principal": "*", "Action": "s3:ListBucket", "Resource": OBJECTS}),
        policy({"Effect": "Deny", "Principal": "*", "Action": "s3:ListBucket", "Resource": BUCKET}),
        "no-matching-resource", "error", "statement 1", "never refuses s3:ListBucket: no resource beside it is of a fitting type",
    ),
    "an alias where a key is meant": Planted(
        "identity", policy(allow("kms:Decrypt", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/tonic")), policy(allow("kms:Decrypt", KEY)),
        "no-matching-resource", "error", "statement 1", "never grants kms:Decrypt: no resource beside it is of a fitting type",
    ),
    "an action that no ARN narrows": Planted(
        "identity", policy(allow("logs:StopQuery", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/tonic-*")),
        policy(allow("logs:StopQuery", "*")),
        "needs-star", "error", "statement 1", "never grants logs:StopQuery, which no ARN narrows",
    ),
    "a key that the action does not know": Planted(
        "identity", policy({**READ, "Condition": {"StringLike": {"s3:prefix": "input/*"}}}),
        policy(allow("s3:ListBucket", BUCKET, {"StringLike": {"s3:prefix": "input/*"}})),
        "condition-key", "error", "statement 1", "asks for s3:prefix, which no request for s3:GetObject carries",
    ),
    "a key that one of two actions knows": Planted(
        "identity", policy(allow(["s3:ListBucket", "s3:GetObject"], [BUCKET, OBJECTS], {"StringLike": {"s3:prefix": "input/*"}})),
        policy(READ),
        "condition-key", "warning", "statement 1", "asks for s3:prefix, which no request for s3:GetObject carries",
    ),
    "a misspelt global key": Planted(
        "identity", policy({**READ, "Condition": {"StringEquals": {"aws:ResourceAcount": ACCOUNT}}}), policy({**READ, "Condition": OURS}),
        "condition-key", "error", "statement 1", "asks for aws:ResourceAcount, which no request for s3:GetObject carries",
    ),
    "what takes ARNs on a star": Planted(
        "identity", policy(allow(["ecr:ListImages", "lambda:ListFunctions"], "*")),
        policy(allow("lambda:ListFunctions", "*"), allow("ecr:ListImages", f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/*")),
        "scopable-on-star", "warning", "statement 1", "allows ecr:ListImages on every resource",
    ),
    "a star on a star": Planted(
        "identity", policy(allow("*", "*")), policy(allow("lambda:ListFunctions", "*")),
        "scopable-on-star", "warning", "statement 1", "allows every action on every resource",
    ),
    "what is about the resource on a star": Planted(
        "identity", policy(allow("lambda:GetEventSourceMapping", "*", OF_OURS)),
        policy(allow("lambda:GetEventSourceMapping", f"arn:aws:lambda:us-east-1:{ACCOUNT}:event-source-mapping:*")),
        "scopable-on-star", "note", "statement 1", "allows lambda:GetEventSourceMapping on every resource",
    ),
    "all but": Planted(
        "identity", policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": OBJECTS}),
        policy({"Effect": "Deny", "NotAction": "iam:*", "Resource": OBJECTS}),
        "not-action", "warning", "statement 1", "allows everything but what NotAction names, also what AWS adds later",
    ),
    "a role for any service": Planted(
        "identity", policy(allow("iam:PassRole", ROLE)), policy(allow("iam:PassRole", ROLE, TO_LAMBDA)),
        "pass-role", "warning", "statement 1", "lets the role be passed to any service",
    ),
    "a role for any service by a wildcard": Planted(
        "identity", policy(allow("iam:Pass*", ROLE, {"StringLike": {"iam:PassedToService": "*"}})),
        policy(allow("iam:Pass*", ROLE, TO_LAMBDA)),
        "pass-role", "warning", "statement 1", "lets the role be passed to any service",
    ),
    "strangers' buckets": Planted(
        "identity", policy(allow("s3:PutObject", "arn:aws:s3:::tonic-*/*")), policy(allow("s3:PutObject", "arn:aws:s3:::tonic-*/*", OURS)),
        "resource-account", "warning", "statement 1", "reaches buckets of every account by arn:aws:s3:::tonic-*/*",
    ),
    "everybody's buckets but ours": Planted(
        "identity", policy(allow("s3:PutObject", "arn:aws:s3:::tonic-*/*", {"StringNotEquals": {"aws:ResourceAccount": ACCOUNT}})),
        policy(allow("s3:PutObject", OBJECTS, {"StringNotEquals": {"aws:PrincipalTag/team": "web"}})),
        "resource-account", "warning", "statement 1", "reaches buckets of every account by arn:aws:s3:::tonic-*/*",
    ),
    "a key for everybody's buckets": Planted(
        "key", policy(ACCOUNT_STATEMENT, allow("kms:GenerateDataKey", "*", Principal=S3, Sid="S3 events")),
        policy(ACCOUNT_STATEMENT, allow("kms:GenerateDataKey", "*", FROM_US, Principal=S3, Sid="S3 events")),
        "service-principal", "warning", "S3 events", S3_FOR_ANYBODY,
    ),
    "a queue for everybody's buckets": Planted(
        "queue", policy(allow("sqs:SendMessage", QUEUE, Principal=S3)), policy(allow("sqs:SendMessage", QUEUE, FROM_US, Principal=S3)),
        "service-principal", "warning", "statement 1", S3_FOR_ANYBODY,
    ),
    "a trust for everybody's trails": Planted(
        "trust", policy({**TRUST, "Principal": {"Service": "cloudtrail.amazonaws.com"}}),
        policy({**TRUST, "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Condition": FROM_US}),
        "service-principal", "warning", "statement 1",
        "lets cloudtrail.amazonaws.com in for anybody: somebody else's resources use the service too",
    ),
    "everybody": Planted(
        "bucket", policy(allow("s3:GetObject", OBJECTS, Principal="*")), policy(allow("s3:GetObject", OBJECTS, Principal={"AWS": ROLE})),
        "public", "error", "statement 1", "allows everybody",
    ),
    "everybody but one": Planted(
        "queue", policy({"Effect": "Allow", "NotPrincipal": {"AWS": ROLE}, "Action": "sqs:SendMessage", "Resource": QUEUE}),
        policy({"Effect": "Deny", "NotPrincipal": {"AWS": ROLE}, "Action": "sqs:SendMessage", "Resource": QUEUE}),
        "public", "error", "statement 1", "allows everybody but those whom NotPrincipal names",
    ),
    "a key that nobody manages": Planted(
        "key", policy(allow("kms:Decrypt", "*", Principal={"AWS": ROLE})),
        policy(ACCOUNT_STATEMENT, {"Effect": "Deny", "Principal": {"AWS": ROLE}, "Action": "kms:Decrypt", "Resource": "*"}),
        "key-lockout", "error", "document", "lets nobody change the key's policy",
    ),
    "a grant that another covers": Planted(
        "identity", policy(allow("s3:List*", [BUCKET, f"{BUCKET}-2"]), allow("s3:ListBucket", BUCKET, ANY_PREFIX)),
        policy(allow("s3:List*", BUCKET), allow("s3:ListBucket", f"{BUCKET}-2", ANY_PREFIX)),
        "duplicate-grant", "warning", "statement 2", "repeats s3:ListBucket, which statement 1 grants",
    ),
    "the same grant in two statements": Planted(
        "identity", policy({**READ, "Sid": "One"}, {**READ, "Sid": "Two"}),
        policy({**READ, "Sid": "One"}, {**READ, "Sid": "Two", "Effect": "Deny"}),
        "duplicate-grant", "warning", "Two", "repeats s3:GetObject, which One grants",
    ),
    "an action that another of its statement names": Planted(
        "identity", policy(allow(["s3:GetObject*", "s3:getobject"], OBJECTS)), policy(allow(["s3:GetObject*", "s3:PutObject"], OBJECTS)),
        "duplicate-grant", "warning", "statement 1", "repeats s3:getobject, which this statement itself grants",
    ),
}  # fmt: skip

CLEAN: dict[str, tuple[Kind, dict[str, Any]]] = {
    "identity": (
        "identity",
        policy(
            allow("s3:ListBucket", [BUCKET, "arn:aws:s3:::tonic-dst"], {**OURS, "StringLike": {"s3:prefix": ["input/*"]}}, Sid="List"),
            allow(["s3:GetObject", "s3:PutObject"], OBJECTS, OURS, Sid="Move"),
            allow(["sqs:ListQueues", "lambda:ListFunctions", "logs:StopQuery", "sts:GetCallerIdentity"], "*", Sid="NoResourceLevel"),
            allow("iam:PassRole", ROLE, TO_LAMBDA, Sid="Pass"),
            allow(
                ["kms:Decrypt", "kms:GenerateDataKey"], KEY, {"StringEquals": {"kms:ViaService": "sqs.us-east-1.amazonaws.com"}}, Sid="Key"
            ),
            allow("kms:CreateKey", "*", {"StringEquals": {"aws:RequestTag/tonic-runbook:environment": "staging"}}, Sid="Tagged"),
        ),
    ),
    "boundary": ("boundary", policy(allow(["s3:GetObject", "s3:ListBucket"], [BUCKET, OBJECTS]), allow("kms:*", KEY))),
    "trust": ("trust", policy({**TRUST, "Principal": {"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"]}})),
    "trust of a service account": (
        "trust",
        policy(
            {
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/A1"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {"oidc.eks.us-east-1.amazonaws.com/id/A1:sub": "system:serviceaccount:tonic:worker"}},
            }
        ),
    ),
    "key": (
        "key",
        policy(
            ACCOUNT_STATEMENT,
            allow(
                ["kms:Decrypt", "kms:GenerateDataKey"],
                "*",
                {**FROM_US, "ArnLike": {"aws:SourceArn": [BUCKET]}},
                Sid="Allow access for Amazon S3 Event Notifications to Amazon SQS",
                Principal=S3,
            ),
        ),
    ),
    "bucket": (
        "bucket",
        policy(
            {
                "Sid": "DenyInsecureTransport",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [BUCKET, OBJECTS],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ),
    ),
    "queue": ("queue", policy(allow("sqs:SendMessage", QUEUE, {"ArnEquals": {"aws:SourceArn": BUCKET}}, Principal=S3))),
}
"""Documents as a careful engineer writes them."""
