"""What a notebook holds: open a stage, plan it, apply what was approved, verify it, keep the evidence.

This is the composition root: the one place that binds ports to adapters.
"""

from runbook_lib.runbook.open import open_stage, open_start

__all__ = ["open_stage", "open_start"]
