"""File a batch: its pages, the report for CI, and its end, all of it stated; the exit code is the first that holds in any environment."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runbook_lib.evidence.batches import exit_code
from runbook_lib.headless.outcome import MEANINGS
from runbook_lib.model.fleets import BatchEnd
from runbook_lib.runbook.world import now
from runbook_lib.views.fleet import BatchPage, batch_html, batch_text
from runbook_lib.views.junit import junit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from runbook_lib.evidence.batches import BatchRecord
    from runbook_lib.model.fleets import Row
    from runbook_lib.ports import SigningKey


@dataclass(frozen=True)
class Filed:
    """Hold a batch that is over: its record, what its page shows, the record's digest, the key that signed it, and what else is to say."""

    record: BatchRecord
    page: BatchPage
    digest: str
    signer: str = ""
    remarks: tuple[str, ...] = ()


def filed(record: BatchRecord, rows: Sequence[Row], halted: str, key: SigningKey | None) -> Filed:
    """Write how a batch ended, for people and for CI, as far as it is not written; raises RunbookError when a key does not sign."""
    code = exit_code(rows)
    end = record.ended(BatchEnd(finished=now(), exit_code=code, meaning=MEANINGS[code], halted=halted))
    page = BatchPage(record.facts, tuple(rows), end, str(record.folder), dict(_links(record, rows)))
    for name, drawn in {"index.html": batch_html, "junit.xml": junit, "summary.txt": batch_text}.items():
        with contextlib.suppress(FileExistsError):
            record.write(name, drawn(page))
    return Filed(record, page, record.close(end, key), signer=key.name if key is not None else "")


def _links(record: BatchRecord, rows: Iterable[Row]) -> Iterator[tuple[int, str]]:
    """Lead to the pages of the environments' records, where those lie in the same store."""
    for row in rows:
        if row.record and record.folder.parent.parent / row.environment / row.record == Path(row.folder):
            yield row.number, f"../../{row.environment}/{row.record}/index.html"
