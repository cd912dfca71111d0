"""Write the pools of parameter files as JSON, for `airflow pools import`."""

from __future__ import annotations

import argparse
import json
import sys

from runbook_lib.fleet.airflow.pools import pools


def main() -> int:
    """Print the pools."""
    parser = argparse.ArgumentParser(prog="python -m runbook_lib.fleet.airflow", description=__doc__)
    parser.add_argument("files", nargs="+", metavar="FILE", help="a parameter file, or a pattern")
    parser.add_argument("--slots", type=int, default=4, metavar="N", help="how many commands may run at once in one account (default: 4)")
    arguments = parser.parse_args()
    # Airflow takes such a pool, and would never run what waits for it; -1 is without a limit there.
    if arguments.slots < 1:
        parser.error(f"--slots is {arguments.slots}; give a number from 1 on")
    try:
        sys.stdout.write(json.dumps(pools(arguments.files, arguments.slots), indent=1) + "\n")
    except ValueError as error:
        parser.error(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
