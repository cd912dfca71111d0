"""Declare which permissions each call of the adapters takes, service by service, beside the modules that make the calls.

Pure: nothing here loads an SDK or asks anybody. `table` is the one way in; a contract test holds it to what is really asked for.
Not declared is what only an unexpected answer leads to: `EXCEPTIONAL`.
"""

from runbook_lib.adapters.aws.rights.table import EXCEPTIONAL, permissions_of

__all__ = ["EXCEPTIONAL", "permissions_of"]
