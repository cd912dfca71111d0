"""Play what becomes of a function's log: the function writes it, the server searches it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from runbook_lib.adapters.rehearsal import cleanup
from runbook_lib.errors import Conflict, Rejected

if TYPE_CHECKING:
    from runbook_lib.adapters.rehearsal.job import Job

STREAM = "rehearsal"
QUERY = "fields @message | limit 1"


def play(job: Job) -> None:
    """Write a log as the function, then find, read and query it as the server."""
    group = job.log_group
    written = _write(job, group)
    on = job.arn("logs", f"log-group:{group}")
    for what, action, operation, given in (
        ("find the log's streams", "DescribeLogStreams", "describe_log_streams", {"logGroupName": group}),
        ("search the log", "FilterLogEvents", "filter_log_events", {"logGroupName": group}),
        ("read the log", "GetLogEvents", "get_log_events", {"logGroupName": group, "logStreamName": STREAM}),
    ):
        job.as_server(what, (f"logs:{action} on {on}",), f"logs.{operation}", after=written, **given)
    asked = {"logGroupName": group, "startTime": 0, "endTime": int(time.time()), "queryString": QUERY}
    query = job.as_server("query the log", (f"logs:StartQuery on {on}",), "logs.start_query", after=written, **asked)
    number = query["queryId"] if query else None
    job.as_server("read what the query found", (f"logs:GetQueryResults on {on}",), "logs.get_query_results", after=number, queryId=number)
    second = job.as_server("query the log again", (f"logs:StartQuery on {on}",), "logs.start_query", after=written, **asked)
    number = second["queryId"] if second else None
    job.played.do("stop that query", job.server.name, ("logs:StopQuery on *",), lambda: _stop(job, number), after=number)


def _write(job: Job, group: str) -> object | None:
    session, name = job.function.session, job.function.name
    on = job.arn("logs", f"log-group:{group}")
    job.played.take_back(f"log group {group}", lambda: cleanup.delete_logs(job))

    def make() -> bool:
        try:
            session.write("logs", "create_log_group", logGroupName=group)
        except Conflict:
            return True
        return True

    made = job.played.do("make the function's log group", name, (f"logs:CreateLogGroup on {on}",), make)
    stream = job.played.do(
        "make a log stream",
        name,
        (f"logs:CreateLogStream on {on}",),
        lambda: session.write("logs", "create_log_stream", logGroupName=group, logStreamName=STREAM),
        after=made,
    )
    events = [{"timestamp": _now(), "message": "rehearsal"}]
    return job.played.do(
        "write to the log",
        name,
        (f"logs:PutLogEvents on {on}",),
        lambda: session.write("logs", "put_log_events", logGroupName=group, logStreamName=STREAM, logEvents=events),
        after=stream,
    )


def _stop(job: Job, number: str | None) -> bool:
    """Stop a query; one that has ended already says so, to who may stop it."""
    try:
        job.server.session.write("logs", "stop_query", queryId=number)
    except Rejected as error:
        if "InvalidParameterException" not in error.what:
            raise
    return True


def _now() -> int:
    """Give the time in milliseconds, as CloudWatch Logs counts."""
    return int(time.time() * 1000)
