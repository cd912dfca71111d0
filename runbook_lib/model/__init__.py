"""The values that pass through the runbook: resource, question, change, plan, approval, receipt, finding, stage.

All are frozen and have one canonical JSON form; nothing here reads a clock, a file or a network.
"""

from runbook_lib.model.findings import Finding, Grade, Inventory, Judgement, Reading, Unanswered, Verdict
from runbook_lib.model.kinds import AnyResource, Kinded, Question, Resource, Unwanted, Value, canonical
from runbook_lib.model.plans import (
    Approval,
    Change,
    Contested,
    Entry,
    EnvironmentPlan,
    Outcome,
    Owed,
    Plan,
    Receipt,
    Rejection,
    Verb,
    Written,
)
from runbook_lib.model.stages import Check, Judge, Part, Stage

__all__ = [
    "AnyResource",
    "Approval",
    "Change",
    "Check",
    "Contested",
    "Entry",
    "EnvironmentPlan",
    "Finding",
    "Grade",
    "Inventory",
    "Judge",
    "Judgement",
    "Kinded",
    "Outcome",
    "Owed",
    "Part",
    "Plan",
    "Question",
    "Reading",
    "Receipt",
    "Rejection",
    "Resource",
    "Stage",
    "Unanswered",
    "Unwanted",
    "Value",
    "Verb",
    "Verdict",
    "Written",
    "canonical",
]
