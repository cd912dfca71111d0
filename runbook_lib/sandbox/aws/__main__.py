"""Start the endpoint from the command line; it stops on SIGTERM, or when its standard input ends."""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runbook_lib.sandbox import endings
from runbook_lib.sandbox.state import ACCESS_KEY, SECRET_KEY

LOOPBACK = "127.0.0.1"
PARENT_DIED = 1


def main() -> int:
    """Read the settings, start moto behind the front, load the sample account, and serve."""
    given = _parser().parse_args()
    password, secret = (os.environ.pop(name, "") for name in (given.admin_password_env, given.secret_key_env))
    if not secret:
        sys.stderr.write(f"{given.secret_key_env} holds no secret key for the operator\n")
        return 2
    # moto and boto3 load models of several hundred thousand parts that stay: nothing is gained by searching them for garbage as they grow.
    gc.disable()
    _prepare(given)
    server, clear = _server(given, secret)
    threading.Thread(target=_until_input_ends, daemon=True).start()
    threading.Thread(target=_load, args=(given, server.server_port, (password, secret), clear), daemon=True).start()
    server.serve_forever()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m runbook_lib.sandbox.aws", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one, told in the ready file")
    parser.add_argument("--account", default="123456789012")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--partition", default="", help="must be the region's; found from it when left out")
    parser.add_argument("--id", required=True, help="random id that the health page tells")
    parser.add_argument("--folder", type=Path, help="where temporary database passwords go; default: the ready file's folder")
    parser.add_argument("--credentials", type=Path, help="file for temporary database passwords; default: FOLDER/credentials.json")
    parser.add_argument("--ready-file", type=Path, required=True, help="written when calls are answered: JSON with port, pid and id")
    parser.add_argument("--access-key", default=ACCESS_KEY, help="access key id of the operator")
    parser.add_argument("--secret-key-env", default=SECRET_KEY, metavar="NAME", help="variable with the operator's secret access key")
    parser.add_argument("--redshift-port", type=int, default=5439, help="where the stand-in listens")
    parser.add_argument("--redshift-id", default="", help="namespace id of the stand-in; default: the endpoint's id")
    parser.add_argument("--admin-password-env", default="", metavar="NAME", help="variable with awsuser's password, for its managed secret")
    parser.add_argument("--no-sample", action="store_true", help="an account that holds nothing but the operator and the cluster")
    return parser


def _prepare(given: argparse.Namespace) -> None:
    """Take nothing from the caller's AWS settings, and let moto take the account for its default one."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "MOTO_"))]:
        del os.environ[name]
    os.environ |= {"MOTO_ACCOUNT_ID": given.account, "MOTO_LAMBDA_STUB_ECR": "false", "AWS_EC2_METADATA_DISABLED": "true"}
    os.environ |= {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_DEFAULT_REGION": given.region}
    os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "S3_IGNORE_SUBDOMAIN_BUCKETNAME": "true"}
    import moto.core  # noqa: F401 - reads its default account once, here

    # While the variable stands, moto takes every call for this account; without it the front says whose each call is.
    del os.environ["MOTO_ACCOUNT_ID"]
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    signal.signal(signal.SIGTERM, lambda *_: _end("it was told to stop"))
    if sys.platform.startswith("linux"):
        import ctypes

        ctypes.CDLL(None).prctl(PARENT_DIED, signal.SIGTERM)


def _server(given: argparse.Namespace, secret: str) -> tuple[Any, Callable[[], None]]:
    """Make the server, and what empties its log."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    from runbook_lib.sandbox.aws.callers import finding
    from runbook_lib.sandbox.aws.front import Front
    from runbook_lib.sandbox.aws.rules import all_rules
    from runbook_lib.sandbox.aws.serving import server

    identity = {"id": given.id, "pid": os.getpid(), "account": given.account, "region": given.region}
    find = finding(secret)
    front = Front(DomainDispatcherApplication(create_backend_app), identity, all_rules(given, find), find)
    return server(LOOPBACK, given.port, front), front.forget


def _load(given: argparse.Namespace, port: int, secrets: tuple[str, str], clear: Callable[[], None]) -> None:
    from moto.utilities.utils import get_partition

    from runbook_lib.sandbox.aws import sample
    from runbook_lib.sandbox.aws.rules import warehouse

    partition = get_partition(given.region)
    if given.partition not in {"", partition}:
        sys.stderr.write(f"{given.region} lies in the partition {partition}, not in {given.partition}\n")
        os._exit(2)
    password, secret = secrets
    try:
        account = sample.Account(f"http://{LOOPBACK}:{port}", given.account, given.region, partition, given.access_key, secret)
        sample.make_operator(account)
        sample.make_cluster(account, warehouse(given), password)
        if not given.no_sample:
            sample.load(account)
    except BaseException:
        logging.getLogger(__name__).exception("the sample account cannot be made")
        os._exit(1)
    clear()
    gc.collect()
    gc.freeze()
    gc.enable()
    partial = given.ready_file.with_suffix(".partial")
    partial.write_text(json.dumps({"port": port, "pid": os.getpid(), "id": given.id}) + "\n", "utf-8")
    partial.rename(given.ready_file)


def _until_input_ends() -> None:
    """End when whoever started us is gone, also after kill -9."""
    while os.read(0, 4096):
        continue
    _end("whoever started it is gone")


def _end(why: str) -> None:
    endings.write(why)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
