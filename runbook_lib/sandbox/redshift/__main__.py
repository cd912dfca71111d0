"""Start the stand-in from the command line; it stops on SIGTERM, SIGINT, or when its standard input ends."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from runbook_lib.sandbox.redshift.objects import Storage
from runbook_lib.sandbox.redshift.server import Settings, run


def main() -> int:
    """Read the settings and run."""
    parser = argparse.ArgumentParser(prog="python -m runbook_lib.sandbox.redshift", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--listen", type=int, metavar="FD", help="an inherited socket that listens already, instead of a port")
    parser.add_argument("--folder", type=Path, required=True, help="data folder; made when it is not there")
    parser.add_argument("--ready-file", type=Path, required=True, help="written when clients may log in: JSON with port, pid and id")
    parser.add_argument("--id", required=True, help="the cluster's namespace id, told by current_namespace")
    parser.add_argument("--admin-password-env", required=True, metavar="NAME", help="environment variable with awsuser's password")
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    parser.add_argument("--no-sample", action="store_true", help="no sample warehouse")
    parser.add_argument("--aws-ready", type=Path, metavar="FILE", help="ready file of the AWS endpoint in whose S3 UNLOAD and COPY work")
    parser.add_argument("--region", default="us-east-1", help="region of the cluster")
    given = parser.parse_args()
    tls = (given.tls[0], given.tls[1]) if given.tls else None
    password = os.environ.pop(given.admin_password_env)
    storage = Storage(given.aws_ready, given.region)
    return run(Settings(given.port, given.folder, given.ready_file, given.id, password, tls, not given.no_sample, given.listen, storage))


if __name__ == "__main__":
    sys.exit(main())
