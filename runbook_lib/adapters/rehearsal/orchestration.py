"""Play what the legacy process sets up for a job: a queue that S3 notifies, a function, their mapping; a message taken, a log searched.

The mapping is made disabled and the function is never started: what arrives in the queue is read with the Lambda role's own rights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.adapters.rehearsal import cleanup, functions, logs, queues

if TYPE_CHECKING:
    from runbook_lib.adapters.rehearsal.job import Job


@dataclass(frozen=True)
class Orchestration:
    """Play the whole process; whatever fails, what was made is removed in the end."""

    job: Job

    def found(self) -> list[str]:
        """Name the queue, function, notification and objects that are there already."""
        return cleanup.found(self.job)

    def clear(self) -> None:
        """Remove them, and the log group."""
        cleanup.clear(self.job)

    def play(self) -> None:
        """Carry out the steps. Raises Unresolved, before anything is made, when there is no image."""
        job = self.job
        image = functions.image(job)
        queue = queues.queue(job)
        notified = queues.notifications(job, queue)
        function = functions.function(job, image)
        mapping = functions.mapping(job, queue, function)
        queues.message(job, queue if notified else None)
        logs.play(job)
        cleanup.remove(job, queue, mapping, notified=notified is not None)
