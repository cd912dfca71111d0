"""Run one environment's notebooks through papermill, several at a time, and leave a record of the run.

Every executed notebook is kept, also one that failed. Nothing starts before the parameter file is valid.
"""

from runbook_lib.headless.outcome import MEANINGS, Executed, Run, exit_code
from runbook_lib.headless.verbs import archive, carry_out, unlock

__all__ = ["MEANINGS", "Executed", "Run", "archive", "carry_out", "exit_code", "unlock"]
