"""Play what the legacy process sets up for a job: a queue that S3 notifies, a function, their mapping; a message taken, a log searched.

The mapping is made disabled and the function is never started: what arrives in the queue is read with the Lambda role's own rights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.adapters.rehearsal import cleanup, functions, logs, queues

if TYPE_CHECKING:
    from runbook_lib.adapters.rehearsal.job import Job


def play(job: Job) -> None:
    """Play the whole process; whatever fails, what was made is removed in the end."""
    cleanup.sweep(job)
    queue = queues.queue(job)
    notified = queues.notifications(job, queue)
    function = functions.function(job, functions.image(job))
    mapping = functions.mapping(job, queue, function)
    queues.message(job, queue if notified else None)
    logs.play(job)
    cleanup.remove(job, queue, mapping, notified=notified is not None)
