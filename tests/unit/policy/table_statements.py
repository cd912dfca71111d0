"""Cases about one statement: its action, resource, principal and variables."""

from __future__ import annotations

from typing import Any

from tests.unit.policy.derived import (
    ALICE,
    BOB,
    BUCKET,
    FEDERATED,
    IAM,
    LAMBDA,
    NOBODY,
    OBJECT,
    OTHER,
    OWN,
    PROVIDER,
    QUEUE,
    ROLE,
    S3,
    SESSION,
    TARGET,
    Derived,
    allow,
    deny,
    trust,
)

ACTION = f"{IAM}/reference_policies_elements_action.html"
NOT_ACTION = f"{IAM}/reference_policies_elements_notaction.html"
RESOURCE = f"{IAM}/reference_policies_elements_resource.html"
NOT_RESOURCE = f"{IAM}/reference_policies_elements_notresource.html"
IDENTIFIERS = f"{IAM}/reference_identifiers.html"
VARIABLES = f"{IAM}/reference_policies_variables.html"
VERSION = f"{IAM}/reference_policies_elements_version.html"
PRINCIPAL = f"{IAM}/reference_policies_elements_principal.html"
NOT_PRINCIPAL = f"{IAM}/reference_policies_elements_notprincipal.html"
EFFECT = f"{IAM}/reference_policies_elements_effect.html"
PASS_ROLE = f"{IAM}/id_roles_use_passrole.html"

ACTIONS = (
    Derived("by default everything is denied", EFFECT, "denied implicitly"),
    Derived("an allow that matches allows", EFFECT, "allowed", identity=[allow("s3:GetObject", OBJECT)]),
    Derived("a deny overrides an allow", EFFECT, "denied explicitly", identity=[allow(), deny("s3:GetObject")]),
    Derived("a deny alone denies explicitly", EFFECT, "denied explicitly", identity=[deny("s3:*")]),
    Derived("prefix and name have no case", ACTION, "allowed", identity=[allow("S3:getobject")]),
    Derived("the request's action has no case", ACTION, "allowed", action="S3:GETOBJECT", identity=[allow("s3:GetObject")]),
    Derived("an asterisk stands for any letters", ACTION, "allowed", identity=[allow("s3:Get*")]),
    Derived("an asterisk stands within a name", ACTION, "allowed", identity=[allow("s3:*Obj*")]),
    Derived("a question mark stands for one letter", ACTION, "allowed", identity=[allow("s3:?etObject")]),
    Derived("a question mark does not stand for none", ACTION, "denied implicitly", identity=[allow("s3:GetObject?")]),
    Derived("a list names several actions", ACTION, "allowed", identity=[allow(["s3:PutObject", "s3:GetObject"])]),
    Derived("another service's wildcard does not match", ACTION, "denied implicitly", identity=[allow("sqs:*")]),
    Derived("an asterisk alone is every action", ACTION, "allowed", identity=[allow("*")]),
    Derived(
        "NotAction allows all but what it lists",
        NOT_ACTION,
        "allowed",
        identity=[{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
    ),
    Derived(
        "NotAction with Allow does not allow what it lists",
        NOT_ACTION,
        "denied implicitly",
        action="iam:PassRole",
        on=TARGET,
        identity=[{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
    ),
    Derived(
        "NotAction with Deny denies all but what it lists",
        NOT_ACTION,
        "denied explicitly",
        identity=[allow(), {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}],
    ),
    Derived(
        "NotAction with Deny leaves alone what it lists",
        NOT_ACTION,
        "allowed",
        identity=[allow(), {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}],
    ),
)
RESOURCES = (
    Derived("an ARN matches itself", RESOURCE, "allowed", action="sqs:SendMessage", on=QUEUE, identity=[allow("sqs:*", QUEUE)]),
    Derived("another ARN does not match", RESOURCE, "denied implicitly", identity=[allow("s3:*", f"{BUCKET}/other")]),
    Derived("an asterisk runs over slashes", RESOURCE, "allowed", identity=[allow("s3:*", f"{BUCKET}/*")]),
    Derived(
        "an asterisk runs over several levels",
        RESOURCE,
        "allowed",
        on=f"{BUCKET}/1/2/test/3/o",
        identity=[allow("*", f"{BUCKET}/*/test/*")],
    ),
    Derived("an asterisk may stand for nothing", RESOURCE, "allowed", on=f"{BUCKET}//test/o", identity=[allow("*", f"{BUCKET}/*/test/*")]),
    Derived(
        "letters around an asterisk must be there",
        RESOURCE,
        "denied implicitly",
        on=f"{BUCKET}/1-test/o",
        identity=[allow("*", f"{BUCKET}/*/test/*")],
    ),
    Derived("names of resources have case", RESOURCE, "denied implicitly", identity=[allow("*", f"{BUCKET}/INPUT/*")]),
    Derived("a bucket's ARN is not that of its objects", RESOURCE, "denied implicitly", identity=[allow("s3:*", BUCKET)]),
    Derived(
        "objects' ARNs are not that of their bucket",
        RESOURCE,
        "denied implicitly",
        action="s3:ListBucket",
        on=BUCKET,
        identity=[allow("s3:*", f"{BUCKET}/*")],
    ),
    Derived(
        "an asterisk at a segment's end runs over colons",
        RESOURCE,
        "allowed",
        action="sqs:SendMessage",
        on=QUEUE,
        identity=[allow("*", "arn:aws:sqs:*")],
    ),
    Derived(
        "a region and an account may be asterisks",
        RESOURCE,
        "allowed",
        action="sqs:SendMessage",
        on=QUEUE,
        identity=[allow("*", "arn:aws:sqs:*:*:tonic-*")],
    ),
    Derived("a question mark stands for one letter of a name", RESOURCE, "allowed", on=f"{BUCKET}/b", identity=[allow("*", f"{BUCKET}/?")]),
    Derived(
        "an incomplete ARN is completed by asterisks",
        IDENTIFIERS,
        "allowed",
        action="sqs:SendMessage",
        on=QUEUE,
        identity=[allow("*", "arn:aws:sqs")],
    ),
    Derived("a list names several resources", RESOURCE, "allowed", identity=[allow("*", [QUEUE, OBJECT])]),
    Derived(
        "an action without resources needs an asterisk", RESOURCE, "allowed", action="sqs:ListQueues", on="*", identity=[allow("sqs:*")]
    ),
    Derived(
        "an ARN does not grant an action without resources",
        RESOURCE,
        "denied implicitly",
        action="sqs:ListQueues",
        on="*",
        identity=[allow("sqs:*", QUEUE)],
    ),
    Derived(
        "NotResource with Deny denies everything else",
        NOT_RESOURCE,
        "denied explicitly",
        identity=[allow(), {"Effect": "Deny", "Action": "s3:*", "NotResource": [BUCKET, f"{BUCKET}/output/*"]}],
    ),
    Derived(
        "NotResource with Deny leaves alone what it lists",
        NOT_RESOURCE,
        "allowed",
        identity=[allow(), {"Effect": "Deny", "Action": "s3:*", "NotResource": [BUCKET, f"{BUCKET}/*"]}],
    ),
    Derived(
        "NotResource with Allow allows everything else",
        NOT_RESOURCE,
        "allowed",
        identity=[{"Effect": "Allow", "Action": "s3:*", "NotResource": f"{BUCKET}/secret/*"}],
    ),
    Derived(
        "NotResource with Allow does not allow what it lists",
        NOT_RESOURCE,
        "denied implicitly",
        identity=[{"Effect": "Allow", "Action": "s3:*", "NotResource": f"{BUCKET}/*"}],
    ),
)
HOME = [allow("s3:*", f"{BUCKET}/${{aws:username}}/*")]
FILLED = (
    Derived("a user's name fills a resource", VARIABLES, "allowed", on=f"{BUCKET}/alice/a", identity=HOME),
    Derived("another's name does not", VARIABLES, "denied implicitly", on=f"{BUCKET}/bob/a", identity=HOME),
    Derived(
        "without a version the variable is its letters",
        VERSION,
        "denied implicitly",
        on=f"{BUCKET}/alice/a",
        identity=HOME,
        version="2008-10-17",
    ),
    Derived(
        "in the old version the letters match themselves",
        VERSION,
        "allowed",
        on=f"{BUCKET}/${{aws:username}}/a",
        identity=HOME,
        version="2008-10-17",
    ),
    Derived("a session has no user name", VARIABLES, "denied implicitly", who=SESSION, on=f"{BUCKET}/tonic/a", identity=HOME),
    Derived(
        "a tag fills a resource", VARIABLES, "allowed", on=f"{BUCKET}/red", identity=[allow("s3:*", f"{BUCKET}/${{aws:PrincipalTag/team}}")]
    ),
    Derived(
        "a key's name has no case", VARIABLES, "allowed", on=f"{BUCKET}/alice", identity=[allow("s3:*", f"{BUCKET}/${{AWS:UserName}}")]
    ),
    Derived(
        "a default stands in for no value",
        VARIABLES,
        "allowed",
        on=f"{BUCKET}/any",
        identity=[allow("s3:*", f"{BUCKET}/${{aws:PrincipalTag/none, 'any'}}")],
    ),
    Derived(
        "a value goes before the default",
        VARIABLES,
        "allowed",
        on=f"{BUCKET}/red",
        identity=[allow("s3:*", f"{BUCKET}/${{aws:PrincipalTag/team, 'any'}}")],
    ),
    Derived("${*} is an asterisk", VARIABLES, "allowed", on=f"{BUCKET}/*", identity=[allow("s3:*", f"{BUCKET}/${{*}}")]),
    Derived("${*} is no wildcard", VARIABLES, "denied implicitly", identity=[allow("s3:*", f"{BUCKET}/${{*}}")]),
    Derived("${?} is a question mark", VARIABLES, "denied implicitly", on=f"{BUCKET}/b", identity=[allow("s3:*", f"{BUCKET}/${{?}}")]),
    Derived("${$} is a dollar sign", VARIABLES, "allowed", on=f"{BUCKET}/$", identity=[allow("s3:*", f"{BUCKET}/${{$}}")]),
    Derived(
        "a variable fills a string condition",
        VARIABLES,
        "allowed",
        context={"s3:prefix": "alice/x"},
        identity=[allow(Condition={"StringLike": {"s3:prefix": "${aws:username}/*"}})],
    ),
    Derived(
        "a variable before the fifth colon is not supported",
        VARIABLES,
        "undetermined",
        identity=[allow("*", "arn:aws:${aws:username}:::*")],
    ),
    Derived(
        "a placeholder is no variable",
        VARIABLES,
        "undetermined",
        action="sqs:SendMessage",
        on=QUEUE,
        identity=[allow("*", "arn:aws:sqs:eu-west-1:1:${region}")],
    ),
    Derived(
        "a variable of several values fills nothing",
        VARIABLES,
        "undetermined",
        context={"aws:TagKeys": ["a", "b"]},
        identity=[allow("*", f"{BUCKET}/${{aws:TagKeys}}")],
    ),
    Derived(
        "NotResource whose variable nothing fills is not decided",
        VARIABLES,
        "undetermined",
        who=SESSION,
        identity=[allow(), {"Effect": "Deny", "Action": "*", "NotResource": f"{BUCKET}/${{aws:username}}"}],
    ),
)


def _from(principal: object, **elements: Any) -> list[dict[str, object]]:
    return [allow(Principal=principal, **elements)]


PRINCIPALS = (
    Derived("everyone is everyone", PRINCIPAL, "allowed", resource=_from("*")),
    Derived("everyone is also nobody known", PRINCIPAL, "allowed", who=NOBODY, resource=_from("*")),
    Derived("AWS: * is everyone", PRINCIPAL, "allowed", who=NOBODY, resource=_from({"AWS": "*"})),
    Derived("a user by ARN", PRINCIPAL, "allowed", resource=_from({"AWS": ALICE.arn})),
    Derived("another user is not named", PRINCIPAL, "denied implicitly", resource=_from({"AWS": f"{ALICE.arn}2"})),
    Derived("a list names several", PRINCIPAL, "allowed", resource=_from({"AWS": [BOB.arn, ALICE.arn]})),
    Derived("a session by its role's ARN", PRINCIPAL, "allowed", who=SESSION, resource=_from({"AWS": ROLE})),
    Derived("a session by its own ARN", PRINCIPAL, "allowed", who=SESSION, resource=_from({"AWS": SESSION.arn})),
    Derived("another session is not named", PRINCIPAL, "denied implicitly", who=SESSION, resource=_from({"AWS": f"{SESSION.arn}2"})),
    Derived("an account delegates, and does not grant", PRINCIPAL, "denied implicitly", resource=_from({"AWS": OWN})),
    Derived("an account and its root are the same", PRINCIPAL, "denied implicitly", resource=_from({"AWS": f"arn:aws:iam::{OWN}:root"})),
    Derived(
        "a wildcard within a principal is not supported", PRINCIPAL, "undetermined", resource=_from({"AWS": f"arn:aws:iam::{OWN}:user/a*"})
    ),
    Derived("a removed user's identifier names nobody", PRINCIPAL, "denied implicitly", resource=_from({"AWS": "AIDAEXAMPLEEXAMPLE12"})),
    Derived(
        "a service by its name",
        PRINCIPAL,
        "allowed",
        who=S3,
        action="sqs:SendMessage",
        on=QUEUE,
        kind="queue",
        resource=_from({"Service": "s3.amazonaws.com"}),
    ),
    Derived(
        "another service is not named",
        PRINCIPAL,
        "denied implicitly",
        who=LAMBDA,
        action="sqs:SendMessage",
        on=QUEUE,
        kind="queue",
        resource=_from({"Service": "s3.amazonaws.com"}),
    ),
    Derived("a user is no service", PRINCIPAL, "denied implicitly", resource=_from({"Service": "s3.amazonaws.com"})),
    Derived("a federated user by its ARN", PRINCIPAL, "allowed", who=FEDERATED, resource=_from({"AWS": FEDERATED.arn})),
    Derived(
        "a provider's identity by its provider",
        PRINCIPAL,
        "allowed",
        who=PROVIDER,
        action="sts:AssumeRoleWithWebIdentity",
        on=TARGET,
        kind="trust",
        resource=[trust({"Federated": PROVIDER.arn}, "sts:AssumeRoleWithWebIdentity")],
    ),
    Derived("a canonical user is not resolved", PRINCIPAL, "undetermined", resource=_from({"CanonicalUser": "79a59df900b949e5"})),
    Derived("a statement about another account", PRINCIPAL, "denied implicitly", resource=_from({"AWS": OTHER})),
)


def _not(principal: object) -> list[dict[str, object]]:
    return [{"Effect": "Deny", "NotPrincipal": principal, "Action": "*", "Resource": "*"}]


ACCOUNT = f"arn:aws:iam::{OWN}:root"
EXCLUDED = (
    Derived("who is not listed is denied", NOT_PRINCIPAL, "denied explicitly", who=BOB, resource=_not({"AWS": [ALICE.arn, ACCOUNT]})),
    Derived(
        "a user listed with its account is spared",
        NOT_PRINCIPAL,
        "allowed",
        identity=[allow()],
        resource=_not({"AWS": [ALICE.arn, ACCOUNT]}),
    ),
    Derived(
        "a user listed without its account may be denied",
        NOT_PRINCIPAL,
        "undetermined",
        identity=[allow()],
        resource=_not({"AWS": ALICE.arn}),
    ),
    Derived(
        "an account alone spares no user of it", NOT_PRINCIPAL, "denied explicitly", identity=[allow()], resource=_not({"AWS": ACCOUNT})
    ),
    Derived(
        "a role listed with its account is spared",
        NOT_PRINCIPAL,
        "allowed",
        who=SESSION,
        identity=[allow()],
        resource=_not({"AWS": [ROLE, ACCOUNT]}),
    ),
    Derived(
        "who has a boundary is never spared",
        NOT_PRINCIPAL,
        "denied explicitly",
        identity=[allow()],
        boundary=[allow()],
        resource=_not({"AWS": [ALICE.arn, ACCOUNT]}),
    ),
    Derived(
        "NotPrincipal with Allow is not supported",
        NOT_PRINCIPAL,
        "undetermined",
        resource=[{**_not({"AWS": BOB.arn})[0], "Effect": "Allow"}],
    ),
)
PASSED = [allow("iam:PassRole", TARGET, Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}})]
PASSING = (
    Derived(
        "a role is passed to the service that is named",
        PASS_ROLE,
        "allowed",
        action="iam:PassRole",
        on=TARGET,
        context={"iam:PassedToService": "lambda.amazonaws.com"},
        identity=PASSED,
    ),
    Derived(
        "not to another service",
        PASS_ROLE,
        "denied implicitly",
        action="iam:PassRole",
        on=TARGET,
        context={"iam:PassedToService": "ec2.amazonaws.com"},
        identity=PASSED,
    ),
    Derived(
        "not another role",
        PASS_ROLE,
        "denied implicitly",
        action="iam:PassRole",
        on=ROLE,
        context={"iam:PassedToService": "lambda.amazonaws.com"},
        identity=PASSED,
    ),
    Derived("to whom is not known", PASS_ROLE, "undetermined", action="iam:PassRole", on=TARGET, identity=PASSED),
)
ALL = (*ACTIONS, *RESOURCES, *FILLED, *PRINCIPALS, *EXCLUDED, *PASSING)
