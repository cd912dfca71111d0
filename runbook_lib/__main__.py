"""Be the `runbook` command from its first line to its last: Ctrl-C is answered in words, and takes no answer back."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command of this process, and give its exit code."""
    code = None
    try:
        # Most of the time before a command begins goes into this.
        from runbook_lib import cli

        code = cli.main(answered=_heed_no_more)
        _heed_no_more()
    except KeyboardInterrupt:
        _heed_no_more()
        if code is None:
            from runbook_lib import cli

            code = cli.stopped()
    return code


def _heed_no_more() -> None:
    """Let Ctrl-C pass: what is left is to print the answer and to end, with its exit code."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main())
