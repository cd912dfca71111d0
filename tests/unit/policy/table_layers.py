"""Cases about several policies: accounts, boundaries, sessions and organisations."""

from __future__ import annotations

from tests.unit.policy.derived import (
    ALICE,
    BOB,
    FEDERATED,
    IAM,
    NOBODY,
    OTHER,
    QUEUE,
    ROLE,
    ROOT,
    S3,
    SESSION,
    Derived,
    allow,
    deny,
    granting,
)

LOGIC = f"{IAM}/reference_policies_evaluation-logic_policy-eval-basics.html"
CODE = f"{IAM}/reference_policies_evaluation-logic_policy-eval-denyallow.html"
CROSSING = f"{IAM}/reference_policies_evaluation-logic-cross-account.html"
BOUNDARIES = f"{IAM}/access_policies_boundaries.html"
SESSIONS = f"{IAM}/access_policies.html"
PRINCIPAL = f"{IAM}/reference_policies_elements_principal.html"
FEDERATION = f"{IAM}/id_credentials_temp_control-access_getfederationtoken.html"
SCPS = "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html"
SCP_EXEMPT = "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html"
IDENTITY = "https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"
GETS = allow("s3:GetObject")
ACCOUNTS = (
    Derived("the identity policy is enough in one account", LOGIC, "allowed", identity=[GETS]),
    Derived("the resource's policy is enough in one account", LOGIC, "allowed", resource=granting({"AWS": ALICE.arn})),
    Derived("neither is not enough", LOGIC, "denied implicitly", resource=granting({"AWS": BOB.arn})),
    Derived("a deny of the resource's policy wins", CODE, "denied explicitly", identity=[GETS], resource=[deny("s3:*", Principal="*")]),
    Derived("across accounts both allow", CROSSING, "allowed", who=BOB, identity=[GETS], resource=granting({"AWS": BOB.arn})),
    Derived("across accounts the account may be named", CROSSING, "allowed", who=BOB, identity=[GETS], resource=granting({"AWS": OTHER})),
    Derived("across accounts the caller's side is not enough", CROSSING, "denied implicitly", who=BOB, identity=[GETS]),
    Derived(
        "across accounts the resource's side is not enough", CROSSING, "denied implicitly", who=BOB, resource=granting({"AWS": BOB.arn})
    ),
    Derived("across accounts everyone is not enough", CROSSING, "denied implicitly", who=BOB, resource=granting("*")),
    Derived(
        "across accounts the boundary limits",
        CROSSING,
        "denied implicitly",
        who=BOB,
        identity=[GETS],
        boundary=[allow("sqs:*")],
        resource=granting({"AWS": BOB.arn}),
    ),
    Derived("the root user may do everything", CODE, "allowed", who=ROOT),
    Derived(
        "a resource's policy may deny the root user",
        CODE,
        "denied explicitly",
        who=ROOT,
        resource=[deny("s3:*", Principal={"AWS": ROOT.arn})],
    ),
    Derived("nobody known needs the resource's policy", CODE, "denied implicitly", who=NOBODY, identity=[allow()]),
    Derived("whose a bucket is may not be known", CROSSING, "undetermined", owner="", identity=[GETS]),
    Derived("where nothing allows, it does not matter whose it is", CROSSING, "denied implicitly", owner=""),
    Derived(
        "where both sides allow, it does not matter whose it is",
        CROSSING,
        "allowed",
        owner="",
        identity=[GETS],
        resource=granting({"AWS": ALICE.arn}),
    ),
    Derived("nothing can deny GetCallerIdentity", IDENTITY, "allowed", action="sts:GetCallerIdentity", on="*", identity=[deny()]),
)
LIMITED = (
    Derived("policy and boundary both allow", BOUNDARIES, "allowed", identity=[GETS], boundary=[allow("s3:*")]),
    Derived("a boundary limits", BOUNDARIES, "denied implicitly", identity=[GETS], boundary=[allow("sqs:*")]),
    Derived("a boundary alone grants nothing", BOUNDARIES, "denied implicitly", boundary=[allow()]),
    Derived("a boundary may deny", BOUNDARIES, "denied explicitly", identity=[GETS], boundary=[allow(), deny("s3:*")]),
    Derived(
        "a grant to a user's ARN passes the boundary",
        BOUNDARIES,
        "allowed",
        boundary=[allow("sqs:*")],
        resource=granting({"AWS": ALICE.arn}),
    ),
    Derived(
        "a grant to a role's ARN does not",
        BOUNDARIES,
        "denied implicitly",
        who=SESSION,
        boundary=[allow("sqs:*")],
        resource=granting({"AWS": ROLE}),
    ),
    Derived(
        "a grant to a role's ARN is enough within the boundary",
        BOUNDARIES,
        "allowed",
        who=SESSION,
        boundary=[GETS],
        resource=granting({"AWS": ROLE}),
    ),
    Derived(
        "a grant to a session's ARN passes the boundary",
        BOUNDARIES,
        "allowed",
        who=SESSION,
        boundary=[allow("sqs:*")],
        resource=granting({"AWS": SESSION.arn}),
    ),
    Derived(
        "a grant to everyone that asks for the role passes the boundary",
        PRINCIPAL,
        "allowed",
        who=SESSION,
        boundary=[allow("sqs:*")],
        resource=granting("*", Condition={"ArnEquals": {"aws:PrincipalArn": ROLE}}),
    ),
    Derived(
        "a deny of the boundary stops a grant to a user",
        BOUNDARIES,
        "denied explicitly",
        boundary=[deny()],
        resource=granting({"AWS": ALICE.arn}),
    ),
    Derived("policy and session policy both allow", SESSIONS, "allowed", who=SESSION, identity=[GETS], session=[allow("s3:*")]),
    Derived("a session policy limits", SESSIONS, "denied implicitly", who=SESSION, identity=[GETS], session=[allow("sqs:*")]),
    Derived("a session policy alone grants nothing", SESSIONS, "denied implicitly", who=SESSION, session=[allow()]),
    Derived("a session policy may deny", SESSIONS, "denied explicitly", who=SESSION, identity=[GETS], session=[allow(), deny("s3:*")]),
    Derived(
        "a grant to the role is limited by the session policy",
        SESSIONS,
        "denied implicitly",
        who=SESSION,
        session=[allow("sqs:*")],
        resource=granting({"AWS": ROLE}),
    ),
    Derived("a grant to the role is enough within it", SESSIONS, "allowed", who=SESSION, session=[GETS], resource=granting({"AWS": ROLE})),
    Derived(
        "a grant to the session passes the session policy",
        SESSIONS,
        "allowed",
        who=SESSION,
        session=[allow("sqs:*")],
        resource=granting({"AWS": SESSION.arn}),
    ),
    Derived(
        "policy, boundary and session policy all allow", SESSIONS, "allowed", who=SESSION, identity=[GETS], boundary=[GETS], session=[GETS]
    ),
    Derived("a federated user needs a session policy", FEDERATION, "denied implicitly", who=FEDERATED, identity=[GETS]),
    Derived("a federated user has what both allow", FEDERATION, "allowed", who=FEDERATED, identity=[GETS], session=[GETS]),
    Derived("a grant to the federated user is enough", FEDERATION, "allowed", who=FEDERATED, resource=granting({"AWS": FEDERATED.arn})),
    Derived(
        "a grant to the user who federated is limited",
        BOUNDARIES,
        "denied implicitly",
        who=FEDERATED,
        resource=granting({"AWS": ALICE.arn}),
    ),
    Derived(
        "a grant to him is enough within the session policy",
        BOUNDARIES,
        "allowed",
        who=FEDERATED,
        session=[GETS],
        resource=granting({"AWS": ALICE.arn}),
    ),
)
ORGANISED = (
    Derived("each level allows", SCPS, "allowed", identity=[GETS], scps=[[allow()], [allow("s3:*")]]),
    Derived(
        "a level that does not allow is enough to deny", SCPS, "denied implicitly", identity=[GETS], scps=[[allow()], [allow("sqs:*")]]
    ),
    Derived("a service control policy grants nothing", SCPS, "denied implicitly", scps=[[allow()]]),
    Derived("a service control policy may deny", SCPS, "denied explicitly", identity=[GETS], scps=[[allow(), deny("s3:*")]]),
    Derived(
        "it limits what a resource's policy grants",
        CODE,
        "denied implicitly",
        scps=[[allow("sqs:*")]],
        resource=granting({"AWS": ALICE.arn}),
    ),
    Derived("it limits the root user", SCP_EXEMPT, "denied explicitly", who=ROOT, scps=[[allow(), deny("s3:*")]]),
    Derived(
        "it does not limit a service's call",
        SCP_EXEMPT,
        "allowed",
        who=S3,
        action="sqs:SendMessage",
        on=QUEUE,
        scps=[[deny()]],
        resource=granting({"Service": "s3.amazonaws.com"}, "sqs:SendMessage"),
        kind="queue",
    ),
)
ALL = (*ACCOUNTS, *LIMITED, *ORGANISED)
