"""Check a record offline: nothing is needed but its folder, and the public key or the digest that it is held against."""

from runbook_lib.evidence.audit.cloudtrail import join
from runbook_lib.evidence.audit.command import carry_out
from runbook_lib.evidence.audit.flaws import Audit, Flaw
from runbook_lib.evidence.audit.verify import verify

__all__ = ["Audit", "Flaw", "carry_out", "join", "verify"]
