"""The embedded AWS endpoint: moto in a process of its own, behind a front that refuses what it does not model.

    python -m runbook_lib.sandbox.aws --port P --account A --region R --partition PART --id ID --folder DIR --ready-file F [--no-sample]

It ends on SIGTERM and when its standard input ends. `docs/sandbox-aws.md` tells where it differs from AWS.
"""
