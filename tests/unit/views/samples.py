"""Values to draw: a plan with every kind of change, what became of it, and what was found."""

from __future__ import annotations

from pathlib import Path

from runbook_lib.documents.proof.ledger import Call, Probe
from runbook_lib.documents.proof.matrix import Line, Matrix
from runbook_lib.model import Approval, Change, Contested, Entry, EnvironmentPlan, Finding, Owed, Plan, Receipt, Stage
from runbook_lib.parameters.questions import QUESTIONS
from runbook_lib.policy import canonical
from runbook_lib.policy.verdict import Cited
from runbook_lib.resources.iam import Role, RolePolicy
from runbook_lib.resources.kms import Key
from runbook_lib.resources.s3 import Bucket, BucketSetting
from runbook_lib.resources.warehouse import DatabaseUser, Grants, Ownership
from runbook_lib.views.board import Board, FileLine, Files, RunLine, Runs, StageState
from runbook_lib.views.page import RunPage, StageLine
from runbook_lib.views.picture import Arrow, Piece, SetUp
from runbook_lib.views.shown import (
    Closing,
    Creation,
    DesiredResources,
    Findings,
    Gate,
    ParameterForm,
    Sheet,
    StageBanner,
    Sufficiency,
    Table,
)
from runbook_lib.views.since import Since, Turned
from runbook_lib.views.writes import Write

HOSTILE = "<script>alert('x')</script>\"&|`*"


def document(**statement: object) -> str:
    """Write a policy document of one statement."""
    return canonical({"Statement": [{"Effect": "Allow", **statement}], "Version": "2012-10-17"})


TRUST = document(Action="sts:AssumeRole", Principal={"Service": "ec2.amazonaws.com"})
LESS = document(Sid="Objects", Action=["s3:GetObject", "s3:PutObject"], Resource="arn:aws:s3:::tonic-*/*")
MORE = document(Sid="Objects", Action=["s3:DeleteObject", "s3:GetObject"], Resource="arn:aws:s3:::tonic-*/*")

ROLE = Role(name="tonic-server", trust=TRUST, tags=(("team", "privacy"),))
NARROW = RolePolicy(role="tonic-server", name="s3", document=LESS)
WIDE = RolePolicy(role="tonic-server", name="s3", document=MORE)
BUCKET = Bucket(name="tonic-source", region="us-east-1")
USER = DatabaseUser(side="source", name="tonic_user", password="env:SOURCE_PASSWORD")


def grants(*names: str) -> Grants:
    """Grant SELECT on tables of one schema."""
    return Grants(side="source", grantee="tonic_user", privilege="SELECT", on="table", objects=tuple(("sales", name) for name in names))


CHANGES = (
    Change(before=None, after=ROLE),
    Change(before=NARROW, after=WIDE),
    Change(before=grants("a", "b"), after=grants("b", "c", "d")),
    Change(before=BUCKET, after=None, reason="exclusive_policies"),
)
PLAN = Plan(
    stage="server_role",
    environment="staging",
    scope=(("account", "111122223333"), ("endpoint", "")),
    changes=CHANGES,
    kept=(USER,),
    owed=(Owed(address="kms_alias/queue", by="security", reason="may not be read", way_out="ask security"),),
    contested=(Contested(address="iam_role/other", reason="exists", way_out="adopt it"),),
)
EMPTY = Plan(stage="handover", environment="staging", scope=())
WHOLE = EnvironmentPlan(environment="staging", plans=(PLAN, EMPTY))
APPROVAL = Approval(digest=PLAN.digest, by="ada", at="2026-06-30T10:00:00Z")
RECEIPT = Receipt(
    stage="server_role",
    digest=PLAN.digest,
    approvals=(APPROVAL,),
    entries=(
        Entry(change=CHANGES[0], outcome="applied", at="2026-06-30T10:00:01Z"),
        Entry(change=CHANGES[1], outcome="failed", detail="throttled", at="2026-06-30T10:00:02Z"),
        Entry(change=CHANGES[2], outcome="rolled back", at="2026-06-30T10:00:02Z"),
        Entry(change=CHANGES[3], outcome="owed", by="security", at="2026-06-30T10:00:03Z"),
    ),
)
WITHHELD = Receipt(stage="server_role", digest=PLAN.digest, entries=(Entry(change=CHANGES[0], outcome="withheld"),))
FINDINGS = (
    Finding(stage="server_role", rows=("B1",), claim="the policy is as wanted", verdict="kept", grade="read back"),
    Finding(stage="server_role", rows=("A3",), claim="the server runs as the role", verdict="kept", grade="on the word of", by="Ada"),
    Finding(
        stage="server_role",
        rows=("A5",),
        claim="nothing else is attached",
        verdict="broken",
        detail="AdministratorAccess is attached",
        way_out="aws iam detach-role-policy",
        grade="read back",
    ),
    Finding(stage="storage", rows=("A4",), claim="the bucket is ours", verdict="unknown", detail="may not be read", way_out="allow it"),
    Finding(stage="storage", rows=("A4",), claim="the bucket is empty", verdict="owed", by="security", way_out="empty it"),
    Finding(stage="storage", rows=(), claim="versions are off", verdict="kept", detail="they are on", way_out="turn off", warning=True),
)
STAGE = Stage(number=50, slug="server_role", title="Server role", rows=("A3",), summary="Gives the server its policies.")
BANNER = StageBanner(STAGE, (("Environment", "staging"), ("Account", "111122223333")))
DESIRED = DesiredResources((ROLE, WIDE, BUCKET), {"role.json": '{"a": "<b>"}\n'})
GATE = Gate(plan=PLAN, approved=PLAN)
CLOSING = Closing("20260630T100000Z-apply-abc123", "server_role", ("artefacts/server_role/role.json",))
SHEET = Sheet("Source connection", (("server", "warehouse.example"), ("port", "5439")))
TABLE = Table("Environments", ("file", "state"), (("staging.yaml", "valid"), ("broken.yaml", "line 3: aws is missing")))


def call(action: str, need: str = "needed", **fields: object) -> Call:
    """Describe a call of the server."""
    words = {"on": "queue", "why": "drains it", "source": "reading", "rows": ("C2",), "need": need}
    return Call.model_validate({"action": action, **words, **fields})


def side(first: str) -> Matrix:
    """Put six calls and three probes to policies; only the first one's end differs between the styles."""
    by = (Cited("tonic-server-role-legacy", "statement 3"),)
    probe = Probe(action="sqs:PurgeQueue", on="queue", says="empties it unread")
    calls = (
        Line("server, legacy", "server", call("sqs:ReceiveMessage"), (), first, by if first == "allowed" else ()),  # type: ignore[arg-type]
        Line("server, legacy", "server", call("sqs:DeleteQueue"), (), "refused", (Cited("a-boundary", "Freeze"),)),
        Line("server, legacy", "server", call("sqs:SendMessage", "listed"), (), "allowed", by),
        Line("server, legacy", "server", call("ecr:SetRepositoryPolicy", "if", case="image"), (), "refused"),
        Line("server, legacy", "server", call("sqs:GetQueueUrl"), (), "undetermined"),
        Line("S3 notifications", "s3.amazonaws.com", call("sqs:SendMessage"), (), "elsewhere", reason="the queue's own policy"),
    )
    states = (("refused", ()), ("allowed", by), ("undetermined", ()))
    probes = tuple(Line("server, legacy", "server", probe, (), state, cited) for state, cited in states)  # type: ignore[arg-type]
    return Matrix(calls, probes)


SUFFICIENCY = Sufficiency("documented", (("documented", side("refused")), ("scoped", side("allowed"))))
FORM = ParameterForm(
    "Storage",
    "staging.yaml",
    ("buckets", "adopt", "confirmations", "pipeline"),
    {"buckets": {"source": {"name": HOSTILE}, "create": True}, "confirmations": [{"row": "A1", "who": HOSTILE, "date": "2026-01-15"}]},
)
FILES = Files(
    "Parameter files",
    (
        FileLine("staging.yaml", "staging", "111122223333", "us-east-1", pipeline="v2"),
        FileLine("production.yaml", "production", "111122223333", "us-east-1", pipeline="both", is_protected=True),
        FileLine("broken.yaml", problems=("line 3: aws.account is missing",)),
    ),
)
BOARD = Board(
    "staging",
    (
        StageState(20, "storage", "Storage", "Buckets.", "cloud engineer", "converged", verified="2026-06-30T10:00:00.000Z", by="ada"),
        StageState(50, "server_role", "Server role", "The role.", "cloud engineer", "drifted", detail="nothing else is attached: broken"),
    ),
    (RunLine("20260630T100000Z-apply-abc123", "apply", "2026-06-30T10:00:00.000Z", "fine", 0),),
    "staging",
    "records",
)
SET_UP = SetUp(
    "staging",
    (Piece("server", "Product's server", "i-0a1b", 0, 0, "converged"), Piece("role", "Server role", "tonic-staging-server", 0, 1)),
    (Arrow("server", "role", "sts:AssumeRole", "sts:AssumeRole by ec2.amazonaws.com"),),
)
VALUES = (
    PLAN,
    EMPTY,
    WHOLE,
    CHANGES[0],
    APPROVAL,
    RECEIPT,
    WITHHELD,
    Receipt(stage="handover", digest=EMPTY.digest),
    FINDINGS[0],
    FINDINGS,
    Findings(FINDINGS, "Verify"),
    Findings((), "Verify", "nothing was applied"),
    Findings(FINDINGS[:2], "Verify", pending=5),
    BANNER,
    StageBanner(STAGE, (), "pipeline: v2 uses no Lambda function"),
    DESIRED,
    DesiredResources((), {}, "nothing"),
    GATE,
    Gate(plan=EMPTY, approved=EMPTY),
    Gate(plan=PLAN, approved=PLAN, approvals=(APPROVAL,)),
    CLOSING,
    SHEET,
    TABLE,
    SUFFICIENCY,
    DesiredResources((), {}, tables=(SUFFICIENCY,)),
    FORM,
    FILES,
    BOARD,
    Runs(BOARD),
    SET_UP,
    Creation(Path("parameters"), QUESTIONS),
    ParameterForm("Teardown", "staging.yaml", (), {}),
)
IDLE = "pipeline: v2 uses no Lambda function"


def at(second: str) -> str:
    """Give a moment of the sample run."""
    return f"2026-06-30T10:00:{second}Z"


WRITES = (
    Write(
        "server_role",
        "create",
        CHANGES[0].address,
        "2026-06-30T10:00:03.000Z",
        "2026-06-30T10:00:03.250Z",
        "applied",
        "arn:aws:iam::1:user/ada",
    ),
    Write("server_role", "update", CHANGES[1].address, at("04.000"), at("05.000"), "failed"),
    Write("server_role", "update", CHANGES[2].address, at("05.500")),
)
SINCE = Since(
    record="20260629T100000Z-apply-def456",
    verb="apply",
    started="2026-06-29T10:00:00.000Z",
    stages=("storage", "server_role"),
    verdicts=(Turned("server_role", "nothing else is attached", ("kept",), ("broken",)),),
    planned=((CHANGES[0].address, "kept", "create"),),
    parameters=('policy_style was "scoped", is "documented"',),
    versions=(("boto3", "1.44.7", "1.44.8"),),
)
PAGE = RunPage(
    environment="staging",
    verb="apply",
    started="2026-06-30T10:00:00.000Z",
    finished="2026-06-30T10:00:41.500Z",
    exit_code=1,
    exit_meaning="failed",
    account="111122223333",
    region="us-east-1",
    endpoint="",
    plan=WHOLE,
    approvals=(APPROVAL,),
    receipts=(RECEIPT,),
    findings=FINDINGS,
    stages=(
        StageLine(
            "storage",
            20,
            "Storage",
            "done",
            2.0,
            "notebooks/20_storage.ipynb",
            "notebooks/20_storage.html",
            waiting=1.5,
            started="2026-06-30T10:00:00.500Z",
        ),
        StageLine(
            "lambda_role",
            40,
            "Lambda role",
            "idle",
            0.5,
            message="pipeline: v2 uses no Lambda function",
            started="2026-06-30T10:00:02.500Z",
        ),
        StageLine("server_role", 50, "Server role", "failed", 4.0, message="throttled", started="2026-06-30T10:00:03.000Z"),
        StageLine("handover", 95, "Hand-over", "not reached"),
    ),
    artefacts=(("role.json", "artefacts/server_role/role.json"),),
    versions=(("python", "3.11.2"),),
    record="runs/staging/20260630T100000Z-apply-abc123",
    target="staging",
    command=f"runbook apply staging --approve {WHOLE.digest}",
    packages=(("boto3", "1.44.8"), ("pydantic", "2.14.4")),
    writes=WRITES,
    since=SINCE,
)


def hostile() -> tuple[object, ...]:
    """Give one value of each kind with a hostile name in every place that the world can fill."""
    role = Role(name=HOSTILE, trust=TRUST, tags=((HOSTILE, HOSTILE),))
    key = Key(name=HOSTILE, policy=TRUST)
    setting = BucketSetting(bucket=HOSTILE, setting="tags", value='{"a":"</pre><script>alert(1)</script>"}')
    owners = Ownership(side="destination", on="table", owners=(((HOSTILE, HOSTILE), HOSTILE),))
    wanted = (role, key, setting, owners, grants(HOSTILE), DatabaseUser(side="source", name=HOSTILE, password="env:X"))
    changes = tuple(Change(before=None, after=each, reason=HOSTILE) for each in wanted)
    owed = Owed(address=HOSTILE, by=HOSTILE, reason=HOSTILE, way_out=HOSTILE)
    contested = Contested(address=HOSTILE, reason=HOSTILE, way_out=HOSTILE)
    plan = Plan(
        stage=HOSTILE, environment=HOSTILE, scope=((HOSTILE, HOSTILE),), changes=changes, kept=wanted, owed=(owed,), contested=(contested,)
    )
    finding = Finding(stage=HOSTILE, rows=(HOSTILE,), claim=HOSTILE, verdict="owed", detail=HOSTILE, way_out=HOSTILE, by=HOSTILE)
    entries = tuple(Entry(change=each, outcome="failed", detail=HOSTILE, by=HOSTILE, at=HOSTILE) for each in changes)
    approval = Approval(digest=HOSTILE, by=HOSTILE, at=HOSTILE)
    state = StageState(10, "preflight", HOSTILE, HOSTILE, HOSTILE, detail=HOSTILE, verified=HOSTILE, by=HOSTILE)
    board = Board(HOSTILE, (state,), (RunLine("20260630T100000Z-apply-abc123", HOSTILE, HOSTILE, HOSTILE, 0),), "staging", "records")
    return (
        plan,
        EnvironmentPlan(environment=HOSTILE, plans=(plan,)),
        approval,
        Receipt(stage=HOSTILE, digest=HOSTILE, approvals=(approval,), entries=entries),
        Findings((finding,), HOSTILE, HOSTILE),
        Findings((), HOSTILE, HOSTILE),
        Gate(plan=plan, approved=plan),
        Gate(plan=plan, approved=plan, approvals=(approval,)),
        DesiredResources(wanted, {HOSTILE: HOSTILE}),
        StageBanner(STAGE, ((HOSTILE, HOSTILE),), HOSTILE),
        Closing(HOSTILE, HOSTILE, (HOSTILE,)),
        Table(HOSTILE, (HOSTILE,), ((HOSTILE,),)),
        Sheet(HOSTILE, ((HOSTILE, HOSTILE),)),
        Files(HOSTILE, (FileLine(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, problems=(HOSTILE,)),)),
        board,
        Runs(board),
        SetUp(
            HOSTILE, (Piece("one", HOSTILE, HOSTILE, 0, 0), Piece("two", HOSTILE, HOSTILE, 1, 1)), (Arrow("one", "two", HOSTILE, HOSTILE),)
        ),
    )
