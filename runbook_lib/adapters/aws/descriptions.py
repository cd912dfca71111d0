"""Read botocore's descriptions of services, megabytes of JSON, once for all sessions of a process."""

from __future__ import annotations

import contextlib
import functools

from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader, create_loader

SERVICES = ("accessanalyzer", "ec2", "iam", "kms", "redshift", "s3", "secretsmanager", "sts")
"""What an environment's stages ask; others are few, and read when they are needed."""
KINDS = ("service-2", "endpoint-rule-set-1", "paginators-1")
COMMON = ("endpoints", "partitions", "sdk-default-configuration")


@functools.cache
def loader() -> Loader:
    """Give the one loader; it holds what it has read, and nothing of any session."""
    return create_loader()


def read() -> None:
    """Read what stages need of all services and of each, as botocore asks for it."""
    for name in COMMON:
        loader().load_data_with_path(name)
    for service in SERVICES:
        for kind in KINDS:
            # Not every service has pages.
            with contextlib.suppress(UnknownServiceError):
                loader().load_service_model(service, kind, api_version=None)
