"""What is shown while somebody looks: the form gives way to what became of it, progress tells what happens, nothing is left behind."""

from __future__ import annotations

import asyncio
import re
import sys
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from runbook_lib.errors import ApprovalRefused
from runbook_lib.model import Change, Entry
from runbook_lib.resources.s3 import Bucket
from runbook_lib.runbook import asking
from runbook_lib.runbook.applying import in_thread
from runbook_lib.views import as_text, live
from runbook_lib.views.acknowledging import PAGE
from runbook_lib.views.live import gate, place, progress
from runbook_lib.views.shown import Asking, Gate
from runbook_lib.views.watching import Watch
from tests.unit.views.samples import APPROVAL, CHANGES, PLAN

APPROVED = Gate(plan=PLAN, approved=PLAN, approvals=(APPROVAL,))


class Output:
    """Stand for an output of a cell, and remember what it showed."""

    made: list[Output]

    def __init__(self, shown: dict[str, Any] | None = None) -> None:
        self.shown: list[Any] = [shown]
        Output.made.append(self)

    def put(self, shown: dict[str, Any]) -> None:
        """Show something else."""
        self.shown.append(shown["text/plain"])

    def show(self, widget: Any) -> None:
        """Show a widget."""
        self.shown.append(widget)

    def clear(self) -> None:
        """Show nothing."""
        self.shown.append("")


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch) -> list[Output]:
    """Collect the outputs of a cell."""
    Output.made = []
    for module in (gate, progress):
        monkeypatch.setattr(module, "Place", Output)
    return Output.made


class Answers:
    """Take what is answered at a gate."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, tuple[str, ...]]] = []

    def __call__(self, typed: str, ticked: tuple[str, ...]) -> Gate:
        """Refuse whoever does not type the name."""
        self.heard.append((typed, ticked))
        if typed != "staging":
            raise ApprovalRefused("server_role", "staging is protected", "type its name")
        return APPROVED


TWO = (("a/1", "widens access"), ("a/2", "deletes"))


def form(answers: Answers, name: str = "staging", grave: tuple[tuple[str, str], ...] = TWO) -> gate.Form:
    """Show a gate with a box for each grave change."""
    asking = Asking(facts=(), name=name, acknowledge=grave, approve=answers)
    static: Any = Output()
    shown = gate.Form(asking, static)
    shown.show()
    return shown


@pytest.mark.parametrize(("variable", "modules", "expected"), [("nb", True, True), ("nb", False, False), ("", True, False)])
def test_somebody_looks_where_jupyter_names_a_session(
    monkeypatch: pytest.MonkeyPatch, variable: str, modules: bool, expected: bool
) -> None:
    """Only a kernel that Jupyter's server started has a session's name."""
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    loaded = {name: module for name, module in sys.modules.items() if name != "ipykernel"}
    monkeypatch.setattr(sys, "modules", {**loaded, "ipykernel": object()} if modules else loaded)
    if variable:
        monkeypatch.setenv("JPY_SESSION_NAME", variable)

    assert expected is live.has_front_end()


def test_form_hands_over_what_was_typed_and_ticked(outputs: list[Output]) -> None:
    """A press hands over the name without the blanks around it, and the ticked addresses; then the static twin says who approved."""
    answers = Answers()
    shown = form(answers)
    shown.name.value = " staging "
    shown.boxes.shown["a/2"].value = True
    shown.button.click()

    assert [("staging", ("a/2",))] == answers.heard
    assert "Approved by ada." in outputs[0].shown[-1]
    assert "" == outputs[1].shown[-1]


def test_form_approves_once(outputs: list[Output]) -> None:
    """A second press, sent before the first was answered, asks for nothing."""
    answers = Answers()
    shown = form(answers)
    shown.name.value = "staging"
    shown.button.click()
    shown.button.click()

    assert 1 == len(answers.heard)


def test_a_second_tab_says_who_approved(outputs: list[Output]) -> None:
    """A tab that keeps the form shows what is so, and a button that cannot be pressed."""
    shown = form(Answers())
    shown.name.value = "staging"
    shown.button.click()

    assert "Approved already by ada" in shown.said.value
    assert shown.button.disabled


def test_what_was_not_acknowledged_is_listed(outputs: list[Output]) -> None:
    """Each address stands on a line of its own, ready to be looked for."""

    def refuse(_typed: str, ticked: tuple[str, ...]) -> Gate:
        asking.refuse_incomplete("server_role", "", ("a/1", "a/2", "a/3"), "", ticked)
        raise AssertionError

    static: Any = Output()
    shown = gate.Form(Asking(facts=(), name="", acknowledge=TWO, approve=refuse), static)
    shown.show()
    shown.boxes.shown["a/2"].value = True
    shown.button.click()

    assert "Not approved: not acknowledged:<br><code>a/1</code><br><code>a/3</code>" in shown.said.value


def test_form_says_why_it_was_refused_and_stays(outputs: list[Output]) -> None:
    """A refusal stands below the button with its way out; the button can be pressed again, and the static twin is as it was."""
    shown = form(Answers())
    shown.button.click()

    assert "staging is protected" in shown.said.value
    assert "type its name" in shown.said.value
    assert not shown.button.disabled
    assert [None] == outputs[0].shown


def test_every_control_says_what_it_is_for(outputs: list[Output]) -> None:
    """A box is labelled by its risk and address, the field by the name to type, and no field stands where none is needed."""
    shown, unprotected = form(Answers()), form(Answers(), name="")

    assert ["widens access: a/1", "deletes: a/2"] == [each.description for each in shown.boxes.shown.values()]
    assert "Type staging to approve" == shown.name.description
    assert shown.name in outputs[1].shown[-1].children
    assert unprotected.name not in outputs[3].shown[-1].children


MANY = tuple((f"grants/source/u/{number:03}", "deletes" if number % 50 == 0 else "widens access") for number in range(150))


def test_any_number_is_acknowledged_one_by_one(outputs: list[Output]) -> None:
    """Each of 150 has a box of its own on some page; what was ticked stays when pages are turned, and is handed over in its order."""
    shown = form(answers := Answers(), grave=MANY)
    boxes = shown.boxes
    seen: list[str] = []
    while True:
        assert len(boxes.shown) <= PAGE
        seen += boxes.shown
        for box in boxes.shown.values():
            box.value = True
        if boxes.on.disabled:
            break
        boxes.on.click()
    assert [address for address, _ in MANY] == seen
    assert "141 to 150 of 150 shown, 150 of 150 acknowledged" in boxes.count.value
    boxes.back.click()
    next(iter(boxes.shown.values())).value = False
    assert "149 of 150 acknowledged" in boxes.count.value
    shown.name.value = "staging"
    shown.button.click()

    assert [("staging", tuple(each for each in seen if each != seen[120]))] == answers.heard


def test_grave_changes_are_found_by_words(outputs: list[Output]) -> None:
    """Every word has to be in address or risks; what is found begins on its first page, and what was ticked before stays so."""
    boxes = form(Answers(), grave=MANY).boxes
    boxes.shown["grants/source/u/000"].value = True
    boxes.on.click()
    boxes.words.value = "DELETES source"

    assert ["grants/source/u/000", "grants/source/u/050", "grants/source/u/100"] == list(boxes.shown)
    assert ("1 to 3 of 3 shown, 1 of 150 acknowledged", True) == (
        re.sub("<[^>]+>", "", boxes.count.value), boxes.shown["grants/source/u/000"].value,
    )  # fmt: skip
    boxes.words.value = "nowhere"
    assert "none of these words, 1 of 150 acknowledged" in boxes.count.value


def test_a_box_is_of_one_change_as_long_as_it_lives(outputs: list[Output]) -> None:
    """A click that comes when the page was turned already ticks the box that was seen, or nothing."""
    boxes = form(Answers(), grave=MANY).boxes
    seen = boxes.shown["grants/source/u/003"]
    boxes.on.click()
    seen.value = True

    assert set(boxes.ticked) <= {"grants/source/u/003"}
    assert seen not in boxes.shown.values()


def test_few_boxes_stand_alone(outputs: list[Output]) -> None:
    """Where all fit on a page there is nothing to find and nothing to turn; where nothing is grave there is no box."""
    few, none = form(Answers()), form(Answers(), grave=())

    assert 1 == len(few.boxes.widget.children)
    assert none.boxes.widget not in outputs[-1].shown[-1].children


def test_nothing_is_shown_where_nobody_looks(outputs: list[Output], monkeypatch: pytest.MonkeyPatch) -> None:
    """Headlessly an apply has no progress, and no widget library is loaded for it."""
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)

    with live.progress_of(Watch(CHANGES), Run(), is_shown=True) as look:
        look()

    assert [] == outputs


class Run:
    """Be something that can be stopped."""

    def __init__(self) -> None:
        self.is_stopped = False

    def stop(self) -> None:
        """Remember that somebody asked."""
        self.is_stopped = True


def test_stop_button_sets_the_flag_and_says_that_it_was_heard(outputs: list[Output]) -> None:
    """The handler only sets the flag; the next look disables the button, and at the end the times stand there."""
    run, watch = Run(), Watch(CHANGES)
    shown = progress.Progress(watch, run)
    watch.begins(CHANGES[0])
    shown.button.click()
    assert run.is_stopped
    assert not shown.button.disabled

    shown.refresh()
    shown.end()

    assert (True, "Stopping after this write") == (shown.button.disabled, shown.button.description)
    assert "1 change sent in" in outputs[0].shown[-1]


def test_watch_tells_time_and_tries() -> None:
    """A refusal that is tried again is waiting; once it worked, the tries are told."""
    times = iter(range(0, 1000, 2))
    watch = Watch(CHANGES, clock=lambda: float(next(times)))
    watch.begins(CHANGES[0])
    watch.sends({"status": 400})
    running = as_text.view(watch.now())
    watch.sends({"status": 200})
    watch.ends(Entry(change=CHANGES[0], outcome="applied"))

    assert "0 of 4 changes done" in running
    assert "refused for now (HTTP 400)" in running
    assert "1 of 4 changes done" in as_text.view(watch.now())
    assert "tried 2 times" in as_text.view(watch.whole())


def test_of_what_is_written_at_the_same_time_no_other_s_refusals_are_told() -> None:
    """A request names no change: while two buckets are written, neither is said to have been refused."""
    pair = tuple(Change(before=None, after=Bucket(name=name, region="us-east-1")) for name in ("tonic-one", "tonic-other"))
    watch = Watch(pair)
    watch.begins(*pair)
    watch.sends({"status": 409})
    watch.ends(*(Entry(change=each, outcome="applied") for each in pair))

    assert "tried" not in as_text.view(watch.whole())


def test_what_was_not_sent_is_not_in_the_times() -> None:
    """Where everything was in place there is nothing to time."""
    watch = Watch(CHANGES)
    watch.ends(Entry(change=CHANGES[0], outcome="applied"))

    assert () == tuple(watch.whole())


def test_interrupting_stops_between_two_writes_and_gives_the_receipt() -> None:
    """A kernel's interrupt asks the apply to stop, and waits for what is being written."""
    begun, stopped = threading.Event(), threading.Event()

    def work() -> str:
        begun.set()
        stopped.wait()
        return "written to its end"

    async def interrupted() -> str:
        task = asyncio.ensure_future(in_thread(work, lambda: None, stopped.set))
        await asyncio.to_thread(begun.wait)
        task.cancel()
        return await task

    assert "written to its end" == asyncio.run(interrupted())


def test_place_is_filled_again() -> None:
    """An output that is updated keeps its identity."""
    shown = place.Place()

    assert shown._handle.display_id


def test_what_a_cell_shows_waits_for_a_slow_server() -> None:
    """The channel to the page has no limit beyond which it drops messages; it is set in the thread that sends them."""
    limits: list[int] = []
    channel = SimpleNamespace(socket=SimpleNamespace(set_hwm=limits.append), schedule=lambda work: work())
    live._drop_nothing(SimpleNamespace(kernel=SimpleNamespace(iopub_socket=SimpleNamespace(io_thread=channel))))

    assert [0] == limits
