"""No edit of a record goes unnoticed: not of a byte, a line or a file, neither in a signed record nor in one whose digest is known."""

from __future__ import annotations

import base64
import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import approving, records


@dataclass(frozen=True)
class Case:
    """Hold a record, and what it is held against."""

    record: Path
    public: Path | None
    digest: str

    def found(self, record: Path) -> list[str]:
        """List the flaws of a copy."""
        return records.flaws(record, self.public, self.digest)


@pytest.fixture(scope="module", params=["signed", "digest known"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Make a record of each kind."""
    house = records.house(tmp_path_factory.mktemp("house"), signs=request.param == "signed")
    record = house.applied()
    digest = sha256((record / "statement.json").read_bytes()).hexdigest()
    return Case(record, house.public, "") if request.param == "signed" else Case(record, None, digest)


def names(record: Path) -> list[str]:
    """List a record's files."""
    return sorted(path.relative_to(record).as_posix() for path in record.rglob("*") if path.is_file())


def change_byte(record: Path, data: st.DataObject) -> None:
    """Change one byte of a file."""
    path = record / data.draw(st.sampled_from([each for each in names(record) if (record / each).stat().st_size]))
    octets = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(octets) - 1))
    octets[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(octets)


def add_bytes(record: Path, data: st.DataObject) -> None:
    """Add bytes anywhere in a file."""
    path = record / data.draw(st.sampled_from(names(record)))
    octets = path.read_bytes()
    place = data.draw(st.integers(0, len(octets)))
    added = data.draw(st.sampled_from([b" ", b"\n", b"0", b"\0", b"{}", b"\xff"]))
    path.write_bytes(octets[:place] + added + octets[place:])


def truncate(record: Path, data: st.DataObject) -> None:
    """Cut a file off."""
    path = record / data.draw(st.sampled_from([each for each in names(record) if (record / each).stat().st_size]))
    octets = path.read_bytes()
    path.write_bytes(octets[: data.draw(st.integers(0, len(octets) - 1))])


def delete(record: Path, data: st.DataObject) -> None:
    """Delete a file."""
    (record / data.draw(st.sampled_from(names(record)))).unlink()


def add_file(record: Path, data: st.DataObject) -> None:
    """Add a file, also one that looks like ours."""
    name = data.draw(st.sampled_from(["more.txt", ".hidden", "stages/other.json", "statement.1.json", "plan.json.bak", "a\nb", "é"]))
    (record / name).write_bytes(data.draw(st.binary(max_size=5)))


def exchange(record: Path, data: st.DataObject) -> None:
    """Exchange two files that differ."""
    one, other = data.draw(st.lists(st.sampled_from(names(record)), min_size=2, max_size=2, unique=True))
    first, second = (record / one).read_bytes(), (record / other).read_bytes()
    (record / one).write_bytes(second if second != first else second + b"\n")
    (record / other).write_bytes(first)


def change_lines(record: Path, data: st.DataObject) -> None:
    """Take a line of the journal away, move it, repeat it or change it; the chain is not made anew."""
    path = record / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    place, other = data.draw(st.lists(st.integers(0, len(lines) - 1), min_size=2, max_size=2, unique=True))
    match data.draw(st.sampled_from(["take away", "move", "repeat", "change"])):
        case "take away":
            del lines[place]
        case "move":
            lines[place], lines[other] = lines[other], lines[place]
        case "repeat":
            lines.insert(place, lines[other])
        case "change":
            lines[place] = lines[place].replace(b'"at":"20', b'"at":"19')
    path.write_bytes(b"".join(lines))


def link(record: Path, data: st.DataObject) -> None:
    """Put a symbolic link in the place of a file, to the same bytes."""
    path = record / data.draw(st.sampled_from(names(record)))
    elsewhere = record.parent / "elsewhere"
    shutil.copy(path, elsewhere)
    path.unlink()
    path.symlink_to(elsewhere)


def restate(record: Path, _data: st.DataObject) -> None:
    """Change a file, and state all files anew."""
    with (record / "findings.json").open("a", encoding="utf-8") as file:
        file.write(" ")
    records.restate(record)


def change_payload(record: Path, data: st.DataObject) -> None:
    """Change the statement within its envelope, in canonical form."""
    path = record / "statement.json"
    envelope = json.loads(path.read_text("utf-8"))
    said = base64.b64decode(envelope["payload"])
    old, new = data.draw(
        st.sampled_from([(b'"verb":"apply"', b'"verb":"plan"'), (b"-plan-", b"-elan-"), (b"staging", b"stagong"), (b"T", b"U")])
    )
    envelope["payload"] = base64.b64encode(said.replace(old, new)).decode()
    path.write_text(json.dumps(envelope, sort_keys=True, separators=(",", ":")), "utf-8")


EDITS: tuple[Callable[[Path, st.DataObject], None], ...] = (
    change_byte, add_bytes, truncate, delete, add_file, exchange, change_lines, link, restate, change_payload,
)  # fmt: skip


def test_an_untouched_record_is_whole(case: Case) -> None:
    """Nothing is found where nothing was done, neither in place nor in a copy."""
    with tempfile.TemporaryDirectory() as folder:
        assert [] == case.found(case.record)
        assert [] == case.found(records.copied(case.record, Path(folder)))


@given(data=st.data(), how=st.sampled_from(EDITS))
def test_every_edit_is_found(case: Case, data: st.DataObject, how: Callable[[Path, st.DataObject], None]) -> None:
    """Whatever is changed, deleted, moved, cut off or added: something is broken, and nothing is raised."""
    with tempfile.TemporaryDirectory() as folder:
        record = records.copied(case.record, Path(folder))
        how(record, data)

        assert [each for each in case.found(record) if each.startswith("broken")]


@pytest.fixture(scope="module")
def approved(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Make the record of a plan that an approver signed after it was stated."""
    house = approving.approved_house(tmp_path_factory.mktemp("house") / "here")
    record = house.run("plan").record.folder
    approving.approve(house, record)
    return Case(record, house.public, "")


def test_an_approved_plan_is_whole(approved: Case) -> None:
    """What an approver added later is no flaw."""
    assert [] == approved.found(approved.record)


@given(data=st.data())
def test_every_edit_of_an_approval_is_found(approved: Case, data: st.DataObject) -> None:
    """An approval that came later is covered by its own signature: each byte that is changed, added or cut off is found."""
    with tempfile.TemporaryDirectory() as folder:
        record = records.copied(approved.record, Path(folder))
        path = record / "approval.json"
        octets = path.read_bytes()
        place = data.draw(st.integers(0, len(octets) - 1))
        edits = (octets[:place] + bytes([octets[place] ^ data.draw(st.integers(1, 255))]) + octets[place + 1 :], octets[:place],
                 octets[:place] + b" " + octets[place:])  # fmt: skip
        path.write_bytes(data.draw(st.sampled_from(edits)))

        assert [each for each in approved.found(record) if each.startswith("broken: approval.json")]
