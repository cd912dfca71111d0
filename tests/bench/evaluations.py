"""Decide the calls of the product on the server's role under the vendor's two policies, as often as one core can."""

from __future__ import annotations

from runbook_lib.documents.vendor import documented
from runbook_lib.policy import Principal, Request, compiled, evaluate
from tests.bench.figures import Figure, best, timed

ROUNDS, GOAL = 500, 50_000
ACCOUNT, REGION = "111122223333", "eu-west-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/tonic-lambda"
SERVER = Principal(f"arn:aws:sts::{ACCOUNT}:assumed-role/tonic-server/i-0123456789", f"arn:aws:iam::{ACCOUNT}:role/tonic-server")
BUCKET = "arn:aws:s3:::tonic-source"
CALLS = {
    BUCKET: "s3:ListBucket s3:GetBucketNotification s3:PutBucketNotification s3:GetBucketLocation",
    f"{BUCKET}/input/part-0001.csv": "s3:PutObject s3:GetObject s3:DeleteObject s3:AbortMultipartUpload s3:GetObjectVersion",
    "*": "sqs:ListQueues lambda:ListFunctions lambda:CreateEventSourceMapping logs:StopQuery",
    f"arn:aws:sqs:{REGION}:{ACCOUNT}:tonic-jobs": "sqs:CreateQueue sqs:GetQueueUrl sqs:GetQueueAttributes sqs:SetQueueAttributes "
    "sqs:ReceiveMessage sqs:DeleteMessage sqs:SendMessage sqs:TagQueue sqs:PurgeQueue sqs:DeleteQueue",
    f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:tonic-1": "lambda:CreateFunction lambda:GetFunctionConfiguration "
    "lambda:UpdateFunctionConfiguration lambda:UpdateFunctionCode lambda:DeleteFunction",
    f"arn:aws:lambda:{REGION}:{ACCOUNT}:event-source-mapping:1": "lambda:GetEventSourceMapping lambda:DeleteEventSourceMapping",
    f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/tonic": "ecr:DescribeRepositories ecr:ListImages ecr:GetRepositoryPolicy",
    f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/tonic-1:log-stream:": "logs:DescribeLogStreams logs:FilterLogEvents "
    "logs:StartQuery logs:GetQueryResults logs:GetLogEvents",
    ROLE: "iam:PassRole",
    f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/tonic": "kms:GenerateDataKey kms:Decrypt",
}
"""The calls of both pipelines by what they are made on, those that nothing in the policies allows included."""


def measure() -> Figure:
    """Time the evaluations; the remark tells how many a second of processor time holds, and how many calls are allowed."""
    values = {"account_id": (ACCOUNT,), "region": (REGION,), "lambda_role_arn": (ROLE,)}
    policies = [compiled(documented(name, "aws", values), name) for name in ("server-role-v2", "server-role-legacy")]
    requests = [Request(SERVER, action, on, ACCOUNT) for on, actions in CALLS.items() for action in actions.split()]

    def all_rounds() -> str:
        for _ in range(ROUNDS):
            verdicts = [evaluate(each, identity=policies) for each in requests]
        return f"{sum(each.is_allowed for each in verdicts)} of {len(requests)} calls allowed"

    figure = best(timed("(g) evaluate the product's calls", all_rounds) for _ in range(5))
    a_second = ROUNDS * len(requests) / figure.cpu
    return Figure(figure.name, figure.wall, figure.cpu, f"{a_second:,.0f} evaluations a second; {figure.remark}")


def rate(figure: Figure) -> float:
    """Read from the remark how many evaluations a second of processor time holds."""
    return float(figure.remark.split()[0].replace(",", ""))
