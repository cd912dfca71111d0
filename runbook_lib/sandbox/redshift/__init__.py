"""A stand-in for Amazon Redshift: PostgreSQL behind a wire proxy that speaks Redshift's dialect and refuses what it refuses.

`python -m runbook_lib.sandbox.redshift --help` starts it. Where it differs from Redshift it says `not modelled`, never guesses.
"""
