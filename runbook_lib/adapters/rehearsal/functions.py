"""Play how the server finds an image, makes a function of it, and maps the queue to the function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.adapters.rehearsal import cleanup
from runbook_lib.adapters.rehearsal.steps import Undecided
from runbook_lib.errors import Rejected

if TYPE_CHECKING:
    from runbook_lib.adapters.rehearsal.job import Job

POLLS = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
"""What Lambda asks of the function's role before it maps a queue."""


def image(job: Job) -> str | None:
    """Find an image for the function, as the server does: one of a repository that is named after the product."""
    session, name = job.server.session, job.server.name
    repositories: list[dict[str, Any]] | None = job.played.do(
        "find the image's repository",
        name,
        ("ecr:DescribeRepositories on *",),
        lambda: session.pages("ecr", "describe_repositories", "repositories"),
    )
    ours = sorted((each for each in repositories or () if "tonic" in each["repositoryName"]), key=lambda each: str(each["repositoryName"]))

    def first() -> str:
        for each in ours:
            images = session.pages("ecr", "list_images", "imageIds", repositoryName=each["repositoryName"])
            if tags := [image["imageTag"] for image in images if "imageTag" in image]:
                return f"{each['repositoryUri']}:{max(tags)}"
        raise Undecided("ecr", "no repository that is named after the product holds an image", "push the product's image first")

    found = None if repositories is None else ours
    return job.played.do("find an image", name, ("ecr:ListImages on the repository",), first, after=found)


def function(job: Job, image: str | None) -> str | None:
    """Make the function, wait until it is ready, and bring its settings up to date; give its ARN when it is ready."""
    env, arn = job.env, job.arn("lambda", f"function:{job.name}")
    settings = {"Timeout": env.worker_settings.timeout, "MemorySize": env.worker_settings.memory_size}
    job.as_server("list functions", ("lambda:ListFunctions on *",), "lambda.list_functions")
    job.played.take_back(f"function {job.name}", lambda: cleanup.delete_function(job))
    made = job.as_server(
        "make the function from an image",
        (f"lambda:CreateFunction on {arn}", f"iam:PassRole on {env.role_arn(env.lambda_role)}"),
        "lambda.create_function",
        after=image,
        FunctionName=job.name,
        PackageType="Image",
        Code={"ImageUri": image},
        Role=env.role_arn(env.lambda_role),
        **settings,
    )
    is_ready = _ready(job, arn, made)
    permissions = (f"lambda:UpdateFunctionConfiguration on {arn}",)
    call = "lambda.update_function_configuration"
    job.as_server("bring its settings up to date", permissions, call, after=is_ready, FunctionName=job.name, **settings)
    return arn if is_ready else None


def _ready(job: Job, arn: str, made: object) -> bool | None:
    def active() -> bool | None:
        found = job.server.session.read("lambda", "get_function_configuration", FunctionName=job.name)
        if found.get("State") == "Failed":
            raise Rejected(arn, str(found.get("StateReason", "the function failed")), "see what its image lacks")
        return True if found.get("State", "Active") in {"Active", "Inactive"} else None

    return job.played.do(
        "wait until the function is ready",
        job.server.name,
        (f"lambda:GetFunctionConfiguration on {arn}",),
        lambda: job.played.until(active, "the function was not ready"),
        after=made,
    )


def mapping(job: Job, queue: str | None, arn: str | None) -> str | None:
    """Map the queue to the function without starting it; give the mapping's id."""
    on = job.arn("sqs", job.name)
    made = job.as_server(
        "map the queue to the function, disabled",
        ("lambda:CreateEventSourceMapping on *", *(f"sqs:{each} on {on} (the function's role)" for each in POLLS)),
        "lambda.create_event_source_mapping",
        after=arn if queue is not None else None,
        EventSourceArn=on,
        FunctionName=job.name,
        Enabled=False,
    )
    if made is None:
        return None
    identifier = str(made["UUID"])
    job.played.take_back(f"mapping {identifier}", lambda: cleanup.delete_mapping(job, identifier))

    def settled() -> bool | None:
        state = job.server.session.read("lambda", "get_event_source_mapping", UUID=identifier)["State"]
        return None if state in {"Creating", "Enabling", "Disabling", "Updating"} else True

    job.played.do(
        "wait until the mapping is settled",
        job.server.name,
        ("lambda:GetEventSourceMapping on the mapping",),
        lambda: job.played.until(settled, "the mapping was not settled"),
    )
    return identifier
