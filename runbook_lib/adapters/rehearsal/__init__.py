"""Play the product's flows as its own principals, and remove again whatever that made."""

from runbook_lib.adapters.rehearsal.playing import exercise

__all__ = ["exercise"]
