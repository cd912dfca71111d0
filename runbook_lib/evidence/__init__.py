"""Keep what a run did: the journal of its writes and the record that people and auditors read."""

from runbook_lib.evidence.journal import FileJournal, history
from runbook_lib.evidence.record import Record, RunFacts, StageResult

__all__ = ["FileJournal", "Record", "RunFacts", "StageResult", "history"]
