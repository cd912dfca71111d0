"""Lay out the record of a batch: `<records>/_batches/<UTC time>-batch-<id>/`, which names the record of each environment by its digest."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from pydantic import ValidationError

from runbook_lib.errors import PRECEDENCE, InvalidParameters, Problem, RunbookError
from runbook_lib.evidence import statement
from runbook_lib.evidence.record import WriteOnce, new_folder
from runbook_lib.evidence.seal import digest_of
from runbook_lib.model import Value
from runbook_lib.model.fleets import BatchEnd, BatchFacts, FleetVerb, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from runbook_lib.ports import SigningKey

FOLDER = "_batches"
"""No environment has this name: it begins with no letter."""
FACTS, END, ROWS = "batch.json", "end.json", "environments"
SCHEMA = "urn:redshift-runbook:batch:1"
ANEW = "start a new batch"


class BatchPredicate(Value):
    """State what the in-toto statement says of a batch: the verb, when it began, and the key that signs."""

    batch: str
    verb: FleetVerb
    started: str
    signer: str


def exit_code(rows: Iterable[Row]) -> int:
    """Give the first code of the order 5, 2, 3, 1, 4, 6, 7 that an environment has; one that never began counts as failed."""
    held = {RunbookError.exit_code if row.exit_code is None else row.exit_code for row in rows}
    return next((code for code in PRECEDENCE if code in held), 0)


def _beside(store: Path) -> Iterator[tuple[str, BatchFacts]]:
    """Read what the batches in a folder are, as far as this version can, by their names."""
    for path in store.glob(f"*/{FACTS}"):
        with contextlib.suppress(InvalidParameters):
            yield path.parent.name, BatchRecord(path.parent).facts


class BatchRecord(WriteOnce):
    """One batch's folder."""

    @classmethod
    def create(cls, store: Path, facts: BatchFacts) -> BatchRecord:
        """Make a new folder whose name sorts by time, and write what the batch is."""
        record = cls(new_folder(store / FOLDER, facts.started, "batch"))
        record.write(FACTS, record.named(facts).model_dump_json(indent=1))
        return record

    def named(self, facts: BatchFacts) -> BatchFacts:
        """Put the folder's own name, and the form of what lies in it, into the facts."""
        return facts.model_copy(update={"batch": self.folder.name, "batch_schema": SCHEMA})

    @property
    def facts(self) -> BatchFacts:
        """Read what the batch is. Raises InvalidParameters."""
        try:
            return BatchFacts.model_validate_json((self.folder / FACTS).read_text("utf-8"))
        except (OSError, ValidationError):
            way_out = "name the folder of a batch"
            raise InvalidParameters(str(self.folder), [Problem(0, FACTS, "cannot be read as a batch of this version", way_out)]) from None

    def keep(self, row: Row) -> None:
        """Keep what came of one environment."""
        self.write(f"{ROWS}/{row.number}.json", row.model_dump_json(indent=1))

    def rows(self) -> tuple[Row, ...]:
        """Read what came of the environments, as far as it was kept, in the order of the files."""
        try:
            found = [Row.model_validate_json(path.read_text("utf-8")) for path in self.folder.glob(f"{ROWS}/*.json")]
        except ValidationError:
            raise InvalidParameters(str(self.folder), [Problem(0, ROWS, "cannot be read as those of this version", ANEW)]) from None
        return tuple(sorted(found, key=lambda each: each.number))

    def line(self) -> tuple[BatchRecord, ...]:
        """List the batches that go on from each other, this one among them, the oldest first; of two that go on from one, the later.

        Raises InvalidParameters.
        """
        known = {self.folder.name: self.facts, **dict(_beside(self.folder.parent))}
        names = [self.folder.name]
        while (before := known[names[0]].resumes) in known and before not in names:
            names.insert(0, before)
        while later := [name for name, facts in known.items() if facts.resumes == names[-1] and name not in names]:
            names.append(max(later, key=lambda name: known[name].started))
        return tuple(BatchRecord(self.folder.parent / name) for name in names)

    def ended(self, end: BatchEnd) -> BatchEnd:
        """Keep how the batch ended, and give it; what was kept before stays. Raises InvalidParameters where that cannot be read."""
        with contextlib.suppress(FileExistsError):
            self.write(END, end.model_dump_json(indent=1))
        try:
            return BatchEnd.model_validate_json((self.folder / END).read_text("utf-8"))
        except ValidationError:
            raise InvalidParameters(str(self.folder), [Problem(0, END, "cannot be read as that of this version", ANEW)]) from None

    @property
    def lacks_its_end(self) -> bool:
        """Tell whether all of its environments have their rows, and nobody stated the batch. Raises InvalidParameters."""
        return statement.newest(self.folder) is None and len(self.rows()) == len(self.facts.files)

    def close(self, end: BatchEnd, key: SigningKey | None) -> str:
        """Keep how the batch ended, state all of it, and give its digest. Raises RunbookError when a key is named and does not sign."""
        self.ended(end)
        facts = self.facts
        return statement.state(
            self, key, SCHEMA, lambda signer: BatchPredicate(batch=facts.batch, verb=facts.verb, started=facts.started, signer=signer)
        )

    def origin(self) -> tuple[str, str]:
        """Name the batch by its statement's digest, else by that of what it began with: whoever goes on from it holds on to that."""
        closed = statement.newest(self.folder)
        return self.folder.name, digest_of(closed if closed is not None else self.folder / FACTS)
