"""Keep what a run did: the journal of its writes, the record that people and auditors read, and the lock that lets one run write."""

from runbook_lib.evidence.journal import FileJournal, history
from runbook_lib.evidence.lock import Lock
from runbook_lib.evidence.record import Record, RunFacts, StageResult

__all__ = ["FileJournal", "Lock", "Record", "RunFacts", "StageResult", "history"]
