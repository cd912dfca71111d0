"""The picture of a run and the table of its writes."""

from __future__ import annotations

import dataclasses
import re

from runbook_lib.views import as_html, as_text
from runbook_lib.views.timeline import timeline
from runbook_lib.views.writes import seconds, writes
from tests.unit.views.samples import HOSTILE, PAGE, WRITES


def left(picture: str, kind: str) -> list[float]:
    """List where the bars of a kind begin."""
    return [float(each) for each in re.findall(rf'<rect x="([\d.]+)" [^>]*class="{kind}"', picture)]


def test_bars_stand_where_they_stand_in_time() -> None:
    """A stage that began later stands further to the right, to scale, and the pause before it is seen."""
    picture = str(timeline(PAGE.stages, PAGE.writes, PAGE.started))
    first, third = left(picture, "bd")[0], left(picture, "bf")[0]
    idle = left(picture, "bi")[0]

    assert first < idle < third
    # 0.5 s, 2.5 s and 3.0 s after the run began.
    assert abs((idle - first) / (third - first) - 2.0 / 2.5) < 0.01


def test_each_write_is_a_tick_in_its_stage() -> None:
    """A tick for each change, by its end, with words for whoever points at it."""
    picture = str(timeline(PAGE.stages, PAGE.writes, PAGE.started))

    assert [1, 1, 1] == [len(left(picture, kind)) for kind in ("ta", "tf", "to")]
    assert f"3.0 s: create {WRITES[0].address}, applied" in picture
    assert f"5.5 s: update {WRITES[2].address}, nobody knows its end" in picture


def test_without_times_there_is_no_picture() -> None:
    """Where a notebook stood in time is not guessed."""
    stages = tuple(dataclasses.replace(each, started="") for each in PAGE.stages)

    assert "" == timeline(stages, PAGE.writes, PAGE.started)


def test_who_pauses_between_cells_sees_them_in_the_picture() -> None:
    """The bar of a notebook that somebody stepped through reaches from its opening to its end, and each write is a tick below it."""
    cells = dataclasses.replace(PAGE.stages[2], state="done", seconds=4.0, ended="2026-06-30T10:07:57.000Z")
    picture = str(timeline((PAGE.stages[0], cells), PAGE.writes, PAGE.started))

    assert "474.0 s from its opening to its end, of which its cells took 4.0 s" in picture
    assert "474.0 s, 3 writes" in picture
    assert [1, 1, 1] == [len(left(picture, kind)) for kind in ("ta", "tf", "to")]


def test_nothing_that_ran_is_no_picture() -> None:
    """Stages that were not reached draw nothing."""
    assert "" == timeline(PAGE.stages[3:])


def test_hostile_names_are_text_in_the_picture() -> None:
    """An address is text in a tick as well."""
    write = dataclasses.replace(WRITES[0], address=HOSTILE)

    assert "<script" not in timeline(PAGE.stages, (write,), PAGE.started)


def test_the_table_says_when_each_change_was_sent() -> None:
    """Seconds into the run, time, change, end with its duration, and sender; an open end says that nobody knows."""
    text = "\n".join(line for block in writes(PAGE.writes, PAGE.started) for line in as_text.block(block))

    assert "3.0 s" in text
    assert "2026-06-30 10:00:03 UTC" in text
    assert "in 250 ms" in text
    assert "arn:aws:iam::1:user/ada" in text
    assert "? nobody knows" in text
    assert "" == as_html.body(writes((), PAGE.started))


def test_times_that_are_none_have_no_distance() -> None:
    """What is no time gives None."""
    assert (None, None, 1.5) == (
        seconds("", "x"),
        seconds("2026-01-01T00:00:00Z", ""),
        seconds("2026-01-01T00:00:00Z", "2026-01-01T00:00:01.5Z"),
    )
