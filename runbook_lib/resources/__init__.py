"""Say in one canonical form what exists or should exist, and what may be asked, service by service.

A value that only a service can name (a new key's ARN) is written as a symbol: `@(kms_key/NAME)`. Adapters put the
real value in before they write and the symbol back in after they read, so that a digest never depends on it.
"""

from runbook_lib.resources import (
    ec2,
    files,
    iam,
    kms,
    records,
    rehearsals,
    rights,
    s3,
    secretsmanager,
    simulation,
    warehouse,
)

__all__ = ["ec2", "files", "iam", "kms", "records", "rehearsals", "rights", "s3", "secretsmanager", "simulation", "warehouse"]
