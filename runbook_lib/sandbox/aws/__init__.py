"""The embedded AWS endpoint: moto in a process of its own, behind a front that refuses as AWS does.

    python -m runbook_lib.sandbox.aws --port P --account A --region R --partition PART --id ID --folder DIR --ready-file F [--no-sample]

The operator's secret key is read from the variable that `--secret-key-env` names. It ends on SIGTERM and when its standard input ends.
`docs/sandbox.md` tells what it models and where it differs from AWS.
"""
