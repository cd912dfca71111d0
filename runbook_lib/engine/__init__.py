"""Plan by difference, apply what was approved, reverse what was applied, verify what is there.

The engine knows resources and targets; it knows no service, no stage and no notebook. Only `risk` reads what a resource means.
"""

from runbook_lib.engine.apply import Journal, apply
from runbook_lib.engine.asked import readings
from runbook_lib.engine.consent import consent, drift
from runbook_lib.engine.history import History, claimed, elsewhere
from runbook_lib.engine.inventory import inventory_of
from runbook_lib.engine.order import foundations, turns
from runbook_lib.engine.plan import plan
from runbook_lib.engine.reverse import reverse
from runbook_lib.engine.rights import WAY_BACK, needs, needs_of_reverse, setting_up
from runbook_lib.engine.risk import RISKS, Risk, made_by, needs_acknowledgement, rank, risks, to_acknowledge
from runbook_lib.engine.verify import check, state, verify

__all__ = [
    "RISKS",
    "WAY_BACK",
    "History",
    "Journal",
    "Risk",
    "apply",
    "check",
    "claimed",
    "consent",
    "drift",
    "elsewhere",
    "foundations",
    "inventory_of",
    "made_by",
    "needs",
    "needs_acknowledgement",
    "needs_of_reverse",
    "plan",
    "rank",
    "readings",
    "reverse",
    "risks",
    "setting_up",
    "state",
    "to_acknowledge",
    "turns",
    "verify",
]
