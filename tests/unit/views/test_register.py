"""Values show themselves in a notebook by their type."""

from __future__ import annotations

from types import SimpleNamespace

import IPython
import pytest
from IPython.core.formatters import DisplayFormatter

from runbook_lib import views
from runbook_lib.views.drawn import DRAWINGS
from tests.unit.views.samples import BANNER, PLAN, VALUES

SHOWN = tuple(each for each in VALUES if not isinstance(each, tuple))


@pytest.fixture
def formatter(monkeypatch: pytest.MonkeyPatch) -> DisplayFormatter:
    """Give the display formatter of a notebook in which views are registered."""
    made = DisplayFormatter()
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(display_formatter=made, set_custom_exc=lambda *_words: None))
    views.register()
    return made


@pytest.mark.parametrize("value", SHOWN, ids=lambda each: type(each).__name__)
def test_cell_shows_all_three_forms(formatter: DisplayFormatter, value: object) -> None:
    """A cell's last value becomes HTML, Markdown and text."""
    bundle, _ = formatter.format(value)  # type: ignore[no-untyped-call]

    assert {"text/html": views.html(value), "text/markdown": views.markdown(value), "text/plain": views.text(value)} == bundle


def test_stage_run_shows_its_banner(formatter: DisplayFormatter) -> None:
    """The object that a notebook holds is shown by its banner."""
    from runbook_lib.runbook.stage_run import StageRun

    class Opened(StageRun):
        def __init__(self) -> None:
            """Open nothing."""

        @property
        def banner(self) -> views.shown.StageBanner:
            """Give the sample."""
            return BANNER

    bundle, _ = formatter.format(Opened())  # type: ignore[no-untyped-call]

    assert views.html(BANNER) == bundle["text/html"]


def test_outside_a_notebook_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a running notebook registering is no error."""
    monkeypatch.setattr(IPython, "get_ipython", lambda: None)

    views.register()

    assert PLAN.digest in views.text(PLAN)


def test_every_kind_is_sampled() -> None:
    """No drawn type is left out of these tests."""
    assert set(DRAWINGS) == {type(each) for each in VALUES if not isinstance(each, tuple)}
