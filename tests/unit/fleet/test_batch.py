"""A batch: many processes within limits, one row for each environment whatever becomes of it, and a record of all."""

from __future__ import annotations

import errno
import os
import signal
import threading
from pathlib import Path

import pytest

from runbook_lib.errors import ApprovalRefused, InvalidParameters, RunbookError
from runbook_lib.evidence import audit
from runbook_lib.evidence.batches import BatchRecord
from runbook_lib.fleet import batch
from runbook_lib.fleet.progress import FleetProgress
from runbook_lib.model.fleets import Row
from tests.fake_runbook import FAKE
from tests.unit.fleet.fleets import Yard, by_name

BROKEN = {"owed": 6, "drift": 4, "fail": 1, "refuse": 3, "guard": 5, "pending": 7, "killed": 1, "dead": 1}


def test_whatever_becomes_of_some_all_others_are_done(yard: Yard) -> None:
    """Of fifty environments some end in every way there is, and one file is not valid: each has its row, and all others are fine."""
    files = [yard.file(f"fine-{number}") for number in range(41)]
    files[5:5] = [yard.file(f"bad-{does}", does) for does in BROKEN]
    files.insert(20, yard.spoil("spoilt"))

    done = yard.run(files, jobs=4)

    rows = by_name(done)
    assert 50 == len(rows)
    assert {"ended"} == {row.state for name, row in rows.items() if name != "bad-killed"}
    assert {0} == {row.exit_code for name, row in rows.items() if name.startswith("fine")}
    assert {f"bad-{does}": code for does, code in BROKEN.items()} == {name: rows[name].exit_code for name in rows if name.startswith("bad")}
    assert (2, 5) == (rows[files[20]].exit_code, done.page.end.exit_code)
    assert "was ended by SIGKILL" == rows["bad-killed"].said
    assert "ended without an answer: Traceback: everything went wrong" == rows["bad-dead"].said


def test_the_way_on_from_what_was_killed_is_that_of_the_batch(yard: Yard) -> None:
    """What it told of its progress is no reason, and its command is none that anybody gave."""
    done = yard.run([yard.file("one", "killed")])

    [row] = done.page.rows
    assert ("was ended by SIGKILL", f"runbook resume {done.record.folder}") == (row.said, row.way_out)


def test_environments_run_side_by_side_and_no_more_than_that(yard: Yard) -> None:
    """Each of four waits until two run; never are there more than two."""
    done = yard.run([yard.file(f"env-{number}", "meets 2" if number < 2 else "") for number in range(6)], jobs=2)

    assert 2 == max(len(each) for each in yard.at_once())
    assert 0 == done.page.end.exit_code


@pytest.mark.parametrize(("given", "jobs", "each"), [("", 1, 4), ("", 2, 2), ("", 9, 1), ("3", 9, 3)])
def test_environments_share_the_processors(yard: Yard, monkeypatch: pytest.MonkeyPatch, given: str, jobs: int, each: int) -> None:
    """The more run at once, the fewer notebooks each has at a time, unless somebody says how many; there are no more than files."""
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setenv("RUNBOOK_NOTEBOOKS", given)

    yard.run([yard.file(f"env-{number}", "shares") for number in range(min(jobs, 4))], jobs=jobs)

    assert {str(each)} == {words[2] for words in yard.log if words[0] == "shares"}


def test_one_account_is_not_asked_by_more_than_it_may(yard: Yard) -> None:
    """Of one account one runs at a time, while another account's goes on."""
    accounts = {f"env-{number}": "111122223333" if number < 4 else "444455556666" for number in range(6)}
    files = [yard.file(name, aws={"account": account}) for name, account in accounts.items()]

    yard.run(files, jobs=4, per_account=1)

    for running in yard.at_once():
        named = [accounts[each] for each in running]
        assert len(set(named)) == len(named)


def test_no_more_begin_once_enough_have_failed(yard: Yard) -> None:
    """After the second failure nothing begins; what was not begun counts as failed, and is said."""
    files = [yard.file(f"env-{number}", "fail" if number in {1, 2} else "") for number in range(6)]

    done = yard.run(files, jobs=1, max_failures=2)

    assert ["env-0", "env-1", "env-2"] == yard.began
    assert ["not started"] * 3 == [row.state for row in done.page.rows[3:]]
    assert (1, "no more began after 2 failures") == (done.page.end.exit_code, done.page.end.halted)


def test_a_file_that_cannot_be_used_has_failed_before_anything_begins(yard: Yard) -> None:
    """Wherever it stands, it counts as a failure first, and takes no place beside what runs."""
    files = [yard.file("one"), yard.file("other"), yard.spoil("spoilt"), "nowhere"]

    done = yard.run(files, jobs=1, max_failures=2)

    assert [] == yard.began
    assert [None, None, 2, 2] == [row.exit_code for row in done.page.rows]
    assert "no more began after 2 failures" == done.page.end.halted

    yard.run(files, jobs=1, max_failures=3)

    assert ["one", "other"] == yard.began


def test_a_wave_with_a_file_that_cannot_be_used_is_the_last(yard: Yard) -> None:
    """What else is of its wave runs; where nothing is, no environment begins."""
    alone = yard.run([yard.spoil("spoilt"), yard.file("one")], waves=("1",))
    assert [] == yard.began

    done = yard.run([yard.spoil("spoilt"), yard.file("canary"), yard.file("late")], waves=("2",))

    assert ["canary"] == yard.began
    assert ["wave 1 ended with 1 failure"] * 2 == [each.page.end.halted for each in (alone, done)]


@pytest.mark.parametrize(("does", "number"), [("", 5), ("owed", 5), ("drift", 1)])
def test_the_canary_goes_first(yard: Yard, does: str, number: int) -> None:
    """The others begin when it has ended without a failure; what somebody else owes is none."""
    done = yard.run([yard.file("canary", does), *(yard.file(f"env-{place}") for place in range(4))], jobs=3, waves=("1",))

    assert [{"canary"}, set()] == list(yard.at_once())[:2]
    assert number == len(yard.began)
    assert ("wave 1 ended with 1 failure" if number == 1 else "") == done.page.end.halted


def test_two_files_of_one_environment_are_refused(yard: Yard) -> None:
    """So is one file that is named twice, whatever the way to it; everything is said at once, and nothing begins."""
    one, other = yard.file("one"), yard.file("other")
    copy = Path(yard.home / "copy.yaml")
    copy.write_text(Path(other).read_text("utf-8"), "utf-8")

    with pytest.raises(InvalidParameters) as refusal:
        yard.run([one, other, "one", str(copy)])

    said = str(refusal.value)
    assert f"one is the file that {one} names too" in said
    assert f"{copy} is of other, as {other} is" in said
    assert [] == yard.log


@pytest.mark.parametrize("beside", [[], ["fine"]])
def test_a_signing_key_that_is_not_there_is_the_row_of_its_environment(yard: Yard, beside: list[str]) -> None:
    """Whether it is the only one or not: the batch is filed all the same, without a signature."""
    files = [yard.file("keyless", "fail", signing={"key": "nowhere.pem"}), *map(yard.file, beside)]

    done = yard.run(files)

    assert ["keyless", *beside] == sorted(yard.began, reverse=True)
    assert (1, "") == (by_name(done)["keyless"].exit_code, done.signer)


def test_each_environment_is_a_command_of_its_own(yard: Yard) -> None:
    """An apply is one under stored approvals; verify and plan need none."""
    file = yard.file("one")
    yard.run([file], "apply")

    [words] = [each[2:] for each in yard.log if each[0] == "begin"]

    assert ["apply", file, "--approved", "--by"] == words[:4]
    assert ["--json", "--progress"] == words[-2:]


def test_what_a_process_says_at_length_is_passed_over(yard: Yard) -> None:
    """A line without an end stops nobody."""
    assert 0 == yard.run([yard.file("one", "chatty")]).page.end.exit_code


@pytest.mark.usefixtures("heeding")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopped_by_hand_it_ends_cleanly(yard: Yard, number: signal.Signals) -> None:
    """No more begin, what runs ends its own record, and the batch's record says so."""
    files = [yard.file(f"env-{place}", "waits" if place else "") for place in range(4)]
    stopping = threading.Thread(target=_stop, args=(yard, number))
    stopping.start()

    done = yard.run(files, jobs=2)

    stopping.join()
    states = [row.state for row in done.page.rows]
    assert ["ended", "stopped", "stopped", "not started"] == states
    assert (1, f"somebody stopped it ({number.name})") == (done.page.end.exit_code, done.page.end.halted)
    assert ["end"] * 3 == [what for what, *_ in yard.log if what == "end"]


def _stop(yard: Yard, number: signal.Signals) -> None:
    """Stop this process as somebody does who has seen three begin."""
    pause = threading.Event()
    while len(yard.began) < 3 or ["end", "env-0"] not in yard.log:
        pause.wait(0.01)
    os.kill(os.getpid(), number)


class StopsLate(FleetProgress):
    """Press Ctrl-C when the last environment has ended, and again before the record is filed."""

    def ends(self, row: Row) -> None:
        """Press it."""
        del row
        os.kill(os.getpid(), signal.SIGINT)

    def over(self) -> None:
        """Press it again."""
        os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.usefixtures("heeding")
def test_an_interrupt_after_the_last_end_waits_for_the_record(yard: Yard) -> None:
    """Filing is short: the record is whole, and nothing of it says that something was stopped."""
    done = batch.begin([yard.file("one")], batch.Options("verify"), lambda _total: StopsLate(), FAKE)

    assert (0, "") == (done.page.end.exit_code, done.page.end.halted)
    assert 0 == audit.verify(done.record.folder).exit_code


def unended(folder: Path) -> None:
    """Take away what a batch writes last."""
    for name in ("summary.txt", "end.json", "statement.json"):
        (folder / name).unlink()


def test_a_batch_that_lacks_nothing_but_its_end_is_closed(yard: Yard) -> None:
    """Whoever goes on from it is told so, and nothing runs; its record is whole then."""
    folder = yard.run([yard.file("one"), yard.file("other")]).record.folder
    unended(folder)

    done = batch.go_on(folder, program=FAKE)

    assert (folder, 0, 2) == (done.record.folder, done.page.end.exit_code, len(yard.began))
    assert (f"{folder.name} lacked nothing but its end, which is filed now, with its statement",) == done.remarks
    assert 0 == audit.verify(folder).exit_code
    with pytest.raises(ApprovalRefused, match="there is nothing to resume"):
        batch.go_on(folder, program=FAKE)


def test_it_is_closed_before_what_failed_in_it_runs_again(yard: Yard) -> None:
    """The later batch names it by its statement; why it began no more, nobody knows."""
    folder = yard.run([yard.file("bad", "fail"), yard.file("late")], jobs=1, max_failures=1).record.folder
    unended(folder)
    yard.file("bad")

    done = batch.go_on(folder, program=FAKE)

    assert (0, 1) == (done.page.end.exit_code, len(done.remarks))
    assert [0, 0] == [audit.verify(each).exit_code for each in (folder, done.record.folder)]
    assert "it was ended before it could say why" in (folder / "end.json").read_text("utf-8")


def test_what_was_stopped_goes_on(yard: Yard) -> None:
    """The rest runs as a batch of its own that names the first; what was done stays as it was."""
    files = [yard.file(f"env-{place}", "fail" if place == 1 else "") for place in range(4)]
    first = yard.run(files, jobs=1, max_failures=1)
    yard.file("env-1")

    done = batch.go_on(first.record.folder, program=FAKE)

    assert ["env-0", "env-1", "env-1", "env-2", "env-3"] == yard.began
    assert (0, first.record.folder.name) == (done.page.end.exit_code, done.page.facts.resumes)
    assert [first.record.folder.name, "", "", ""] == [row.batch for row in done.page.rows]
    with pytest.raises(ApprovalRefused, match="there is nothing to resume"):
        batch.go_on(done.record.folder, program=FAKE)


def test_whoever_goes_on_twice_goes_on_from_the_newest(yard: Yard) -> None:
    """Naming the first batch again runs what its last successor left, and where that left nothing, it says so and runs nothing."""
    files = [yard.file("fine"), yard.file("bad", "fail"), yard.file("late", "fail")]
    folder = yard.run(files).record.folder
    yard.file("bad")
    second = batch.go_on(folder, program=FAKE).record.folder
    yard.file("late")

    third = batch.go_on(folder, program=FAKE)

    assert (second.name, [folder.name, second.name, ""]) == (third.page.facts.resumes, [row.batch for row in third.page.rows])
    with pytest.raises(ApprovalRefused, match=third.record.folder.name):
        batch.go_on(folder, program=FAKE)
    assert 6 == len(yard.began)


def test_batches_that_go_on_from_each_other_lie_beside_each_other(yard: Yard) -> None:
    """Also where a file that was mended keeps its records elsewhere by now: whichever is named, the newest counts."""
    folder = yard.run([yard.file("fine"), yard.file("bad", "fail")]).record.folder
    yard.file("bad", records=str(yard.home / "elsewhere"))

    second = batch.go_on(folder, program=FAKE)

    assert folder.parent == second.record.folder.parent
    with pytest.raises(ApprovalRefused, match=second.record.folder.name):
        batch.go_on(folder, program=FAKE)


def test_what_was_done_stays_done_where_the_newest_has_not_noted_it(yard: Yard) -> None:
    """One that was killed at its beginning has no row at all: what those before it did is taken over from them."""
    folder = yard.run([yard.file("fine"), yard.file("bad", "fail")]).record.folder
    second = batch.go_on(folder, program=FAKE).record.folder
    for path in (*(second / "environments").iterdir(), second / "end.json", second / "statement.json"):
        path.unlink()

    third = batch.go_on(folder, program=FAKE)

    assert ["fine", "bad", "bad", "bad"] == sorted(yard.began, key=["fine", "bad"].index)
    assert [folder.name, ""] == [row.batch for row in third.page.rows]


def test_what_goes_on_may_have_other_limits(yard: Yard) -> None:
    """A first file that stays broken halts it no more, once more failures are let through; its record says so."""
    files = [yard.file(f"env-{place}", "fail" if not place else "") for place in range(3)]
    folder = yard.run(files, jobs=1, max_failures=1).record.folder

    done = batch.go_on(folder, program=FAKE, max_failures=2)

    assert ["env-0", "env-0", "env-1", "env-2"] == yard.began
    assert (1, 2) == (done.page.facts.limits.jobs, done.page.facts.limits.max_failures)
    assert f"runbook resume {folder} --jobs 1 --max-failures 2" == done.page.facts.command


def test_a_closed_terminal_stops_nothing_that_was_begun_for_that(yard: Yard) -> None:
    """Under nohup the signal is ignored, and stays so."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        done = batch.begin([yard.file("one"), yard.file("other")], batch.Options("verify"), lambda _total: HangsUp(), FAKE)
    finally:
        signal.signal(signal.SIGHUP, before)

    assert (0, "") == (done.page.end.exit_code, done.page.end.halted)


class HangsUp(FleetProgress):
    """Close the terminal with every word."""

    def begins(self, row: Row) -> None:
        """Send what the system sends then."""
        del row
        os.kill(os.getpid(), signal.SIGHUP)


def test_a_disk_that_is_full_names_the_batch_and_how_to_go_on(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was kept is kept; the way on is the batch's, once there is room."""
    keep = BatchRecord.keep

    def refused(record: BatchRecord, row: Row) -> None:
        if row.number > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        keep(record, row)

    monkeypatch.setattr(BatchRecord, "keep", refused)
    with pytest.raises(RunbookError) as full:
        yard.run([yard.file(f"env-{place}") for place in range(3)], jobs=1)
    monkeypatch.undo()

    [folder] = (yard.home / "runs" / "_batches").iterdir()
    assert f"{folder}: No space left on device; mend it, then runbook resume {folder}" == str(full.value)
