"""An AWS endpoint on loopback: moto in a process of its own, behind a front that fills gaps, injects faults and keeps a call log.

`python -m runbook_lib.sandbox.aws --help` starts it. What is not modelled is refused in the service's own error format.
"""
