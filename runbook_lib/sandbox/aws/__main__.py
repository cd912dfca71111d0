"""Start the endpoint from the command line; it stops on SIGTERM, or when its standard input ends."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"


def main() -> int:
    """Read the settings, start moto behind the front, load the sample account, and serve."""
    parser = argparse.ArgumentParser(prog="python -m runbook_lib.sandbox.aws", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--account", default="123456789012")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--id", required=True, help="random id that the health page tells")
    parser.add_argument("--redshift-port", type=int, default=5439, help="where the sample cluster says it listens")
    parser.add_argument("--credentials", type=Path, required=True, help="file that takes temporary database passwords")
    parser.add_argument("--ready-file", type=Path, required=True, help="written when calls are answered: JSON with port, pid and id")
    parser.add_argument("--no-sample", action="store_true", help="an empty account")
    given = parser.parse_args()
    _prepare(given)
    server = _server(given)
    if not given.no_sample:
        threading.Thread(target=_load, args=(given, server.server_port), daemon=True).start()
    else:
        _tell(given, server.server_port)
    threading.Thread(target=_until_input_ends, daemon=True).start()
    server.serve_forever()
    return 0


def _prepare(given: argparse.Namespace) -> None:
    """Take nothing from the caller's AWS settings, and name the account before moto is imported."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "MOTO_"))]:
        del os.environ[name]
    os.environ |= {"MOTO_ACCOUNT_ID": given.account, "MOTO_LAMBDA_STUB_ECR": "false", "AWS_EC2_METADATA_DISABLED": "true"}
    os.environ |= {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_DEFAULT_REGION": given.region}
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    if sys.platform.startswith("linux"):
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _server(given: argparse.Namespace) -> Any:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    from runbook_lib.sandbox.aws.front import Front
    from runbook_lib.sandbox.aws.gaps import gaps

    class Handler(MotoRequestHandler):  # type: ignore[misc]
        """Answer without a line a request on standard error."""

        protocol_version = "HTTP/1.1"

        def log_request(self, *_: object) -> None:
            """Stay silent: the front keeps the log."""

    filled = gaps(given.credentials, given.account, given.region, given.redshift_port)
    front = Front(DomainDispatcherApplication(create_backend_app), {"id": given.id, "pid": os.getpid()}, filled)
    server = make_server(LOOPBACK, given.port, front, threaded=True, request_handler=Handler)
    server.daemon_threads = True  # type: ignore[attr-defined]
    return server


def _load(given: argparse.Namespace, port: int) -> None:
    from runbook_lib.sandbox.aws.gaps import partition
    from runbook_lib.sandbox.aws.sample import load

    load(f"http://{LOOPBACK}:{port}", given.account, given.region, partition(given.region), given.redshift_port)
    _tell(given, port)


def _tell(given: argparse.Namespace, port: int) -> None:
    partial = given.ready_file.with_suffix(".partial")
    partial.write_text(json.dumps({"port": port, "pid": os.getpid(), "id": given.id}) + "\n", "utf-8")
    partial.rename(given.ready_file)


def _until_input_ends() -> None:
    while os.read(0, 4096):
        continue
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
