"""Do what Terraform's AWS provider has no resource for: `python -m tests.bench.provisioned profile|databases FILE`, as its provisioner.

The profile of an instance that Terraform did not make, and users and grants of the databases: by the straight script's own statements.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any, cast

import boto3
import yaml

from tests.bench import straight


def main() -> None:
    """Do one of the two for the environment of a parameter file."""
    what, file = sys.argv[1:]
    environment = yaml.safe_load(Path(file).read_text("utf-8"))
    session = cast("Any", boto3.Session(region_name=environment["aws"]["region"]))
    client = partial(session.client, endpoint_url=environment["aws"]["endpoint"])
    if what == "profile":
        straight.carry_profile(client("ec2"), environment)
    else:
        straight.set_up_databases(environment, client("secretsmanager"), straight.listed(environment))


if __name__ == "__main__":
    main()
