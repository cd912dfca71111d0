"""Read botocore's descriptions of services, megabytes of JSON, once for all sessions of a process."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from botocore.exceptions import UnknownServiceError
from botocore.loaders import JSONFileLoader, Loader
from pydantic_core import from_json

SERVICES = ("accessanalyzer", "ec2", "iam", "kms", "redshift", "s3", "secretsmanager", "sts")
"""What an environment's stages ask; others are few, and read when they are needed."""
KINDS = ("service-2", "endpoint-rule-set-1", "paginators-1")
COMMON = ("endpoints", "partitions", "sdk-default-configuration")


class Undocumented(JSONFileLoader):
    """Read a file as botocore does, in half of its time, and keep of a service's model no words for people: they are half of its memory."""

    def _load_file(self, full_path: str, open_method: Callable[..., IO[bytes]]) -> Any:
        if not Path(full_path).is_file():
            return None
        with open_method(full_path, "rb") as file:
            content = from_json(file.read())
        for each in _documented(content):
            each.pop("documentation", None)
        return content


@functools.cache
def loader() -> Loader:
    """Give the one loader; it holds what it has read, and nothing of any session."""
    return Loader(file_loader=Undocumented())


def read() -> None:
    """Read what stages need of all services and of each, as botocore asks for it."""
    for name in COMMON:
        loader().load_data_with_path(name)
    for service in SERVICES:
        for kind in KINDS:
            # Not every service has pages.
            with contextlib.suppress(UnknownServiceError):
                loader().load_service_model(service, kind, api_version=None)


def _documented(content: Any) -> Iterator[dict[str, Any]]:
    """List what words for people stand at: a model, its operations and shapes, and the members of these. A setting's botocore asks for."""
    if not isinstance(content, dict) or "shapes" not in content:
        return
    yield content
    yield from content.get("operations", {}).values()
    for shape in content["shapes"].values():
        yield shape
        yield from shape.get("members", {}).values()
        yield from (shape[each] for each in ("member", "key", "value") if each in shape)
