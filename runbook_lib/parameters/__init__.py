"""Parameter files: schema, reading, rules."""

from runbook_lib.parameters.schema import OWNER_TAG, Environment

__all__ = ["OWNER_TAG", "Environment"]
