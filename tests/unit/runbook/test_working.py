"""Working copies: the tracked notebooks stay, what was run is never lost, and a copy knows its environment."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from runbook_lib import place
from runbook_lib.errors import InvalidParameters, PlanDrifted, Rejected
from runbook_lib.evidence.record import private_folder
from runbook_lib.parameters.load import load
from runbook_lib.runbook import working
from runbook_lib.stages import all_stages
from runbook_lib.views import failures
from tests.machine import ROOT

FILE = Path("parameters/staging.yaml")
STAGING = load(ROOT / "parameters" / "sandbox.yaml").model_copy(update={"environment": "staging"})


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a checkout of two notebooks."""
    for name in ("notebooks", "parameters"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    (tmp_path / FILE).write_text("", "utf-8")
    tracked(tmp_path, "00_start", "start")
    tracked(tmp_path, "20_storage", "plan")
    return tmp_path


def tracked(home: Path, name: str, source: str) -> None:
    """Write a notebook of one cell."""
    cell: dict[str, Any] = {"cell_type": "code", "id": "a", "metadata": {}, "source": [source], "outputs": [], "execution_count": None}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (home / "notebooks" / f"{name}.ipynb").write_text(json.dumps(notebook), "utf-8")


def changed(path: Path, **values: Any) -> None:
    """Change a copy's cell, as JupyterLab writes it."""
    notebook = json.loads(path.read_text("utf-8"))
    notebook["cells"][0] |= values
    path.write_text(json.dumps(notebook), "utf-8")


def source(path: Path) -> str:
    """Read what a copy's cell says."""
    return "".join(json.loads(path.read_text("utf-8"))["cells"][0]["source"])


def test_each_environment_has_copies_of_its_own(home: Path) -> None:
    """The start page stands once, the stages' notebooks once for each environment."""
    working.start_page()
    working.working_copies(home / FILE, STAGING)

    found = sorted(path.relative_to(place.lab()).as_posix() for path in place.lab().rglob("*.ipynb"))
    assert ["00_start.ipynb", "staging/20_storage.ipynb"] == found
    assert home / "runs" / "staging" == (place.lab() / "staging" / "records").resolve()


def test_an_error_leads_to_the_row_that_it_is_about(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the start page, and from an environment's copies, a link leads to a page that has the row, or the heading to read on at."""
    working.start_page()
    working.working_copies(home / FILE, STAGING)
    error = Rejected(
        "lambda:CreateEventSourceMapping", "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds", ""
    )

    for folder in (place.lab(), place.lab() / "staging"):
        monkeypatch.chdir(folder)
        (link,) = re.findall('href="([^"#]+)#F4"', failures.bundle(error)["text/html"])
        assert "## F4\n" in (folder / link).read_text("utf-8")
        drifted = failures.bundle(PlanDrifted("storage", "x", "y"))["text/html"]
        ((page, heading),) = re.findall('href="([^"#]+)#(What-changed[^"]+)"', drifted)
        assert f"## {heading.replace('-', ' ')}\n" in (folder / page).read_text("utf-8")


def test_a_copy_that_was_run_stays(home: Path) -> None:
    """Nothing happens to a copy as long as the tracked notebook says the same."""
    working.working_copies(home / FILE, STAGING)
    copy = place.lab() / "staging" / "20_storage.ipynb"
    changed(copy, execution_count=3)
    before = copy.read_bytes()

    assert () == working.working_copies(home / FILE, STAGING)
    assert before == copy.read_bytes()


@pytest.mark.parametrize("touch", [{"execution_count": 3}, {"source": "mine"}], ids=["run", "edited"])
def test_what_was_run_or_edited_gives_way_and_is_kept(home: Path, touch: dict[str, Any]) -> None:
    """Of a changed notebook a new copy is made, and the place of the former one is told, however often."""
    copy = place.lab() / "staging" / "20_storage.ipynb"
    for number, said in enumerate(("plan again", "plan once more"), 1):
        working.working_copies(home / FILE, STAGING)
        changed(copy, **touch)
        former = copy.read_bytes()
        tracked(home, "20_storage", said)

        aside = working.working_copies(home / FILE, STAGING)

        assert (place.lab() / "staging" / "earlier" / f"20_storage-{number}.ipynb",) == aside
        assert (said, former) == (source(copy), aside[0].read_bytes())


def test_an_untouched_copy_is_replaced(home: Path) -> None:
    """Nothing is moved aside of what nobody ran or edited."""
    working.working_copies(home / FILE, STAGING)
    tracked(home, "20_storage", "plan again")

    assert () == working.working_copies(home / FILE, STAGING)
    assert "plan again" == source(place.lab() / "staging" / "20_storage.ipynb")


def test_what_is_no_notebook_is_kept_too(home: Path) -> None:
    """A file that cannot be read as a notebook is moved aside as it is."""
    working.working_copies(home / FILE, STAGING)
    copy = place.lab() / "staging" / "20_storage.ipynb"
    copy.write_text("{half", "utf-8")

    (aside,) = working.working_copies(home / FILE, STAGING)

    assert ("{half", "plan") == (aside.read_text("utf-8"), source(copy))


@pytest.mark.parametrize(("slug", "ways"), [
    ("encryption", ["50_server_role.ipynb", "../00_start.ipynb"]), ("handover", ["../00_start.ipynb"]), ("teardown", ["../00_start.ipynb"]),
])  # fmt: skip
def test_a_stage_leads_on_and_back(slug: str, ways: list[str], home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next is one that has something to do, and never the teardown; what is no working copy leads nowhere."""
    stage = next(each for each in all_stages() if each.slug == slug)

    assert () == working.ways_on(stage, STAGING)
    working.working_copies(home / FILE, STAGING)
    monkeypatch.chdir(place.lab() / "staging")

    assert ways == [to for _, to in working.ways_on(stage, STAGING)]


def test_the_pages_beside_the_copies_have_their_pictures(home: Path) -> None:
    """Every picture that a page shows lies where the page looks for it."""
    working.start_page()
    pages = [place.lab() / name for name in place.documentation()]
    wanted = [page.parent / name for page in pages for name in re.findall(r"!\[[^\]]*\]\(([^):]+)\)", page.read_text("utf-8"))]

    assert wanted
    assert [] == [each for each in wanted if not each.is_file()]


def test_evidence_leads_to_the_records_from_a_copy_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link from a working copy goes by the way to its environment's records; a notebook elsewhere has none."""
    working.working_copies(home / FILE, STAGING)

    assert "" == working.files_of("r")
    monkeypatch.chdir(place.lab() / "staging")
    assert "records/r/" == working.files_of("r")


def test_a_copy_works_on_its_own_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the start page chooses later, a notebook in a working folder keeps to the folder's file."""
    working.working_copies(home / FILE, STAGING)
    place.choose(home / "parameters" / "production.yaml")

    monkeypatch.chdir(place.lab() / "staging")
    assert home / FILE == place.chosen()
    monkeypatch.chdir(home)
    assert (home / "parameters" / "production.yaml", None) == (place.chosen(), place.working_folder())


def test_a_copy_that_was_moved_aside_works_on_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is there to be read: neither its folder's environment nor another one is taken without a word."""
    working.working_copies(home / FILE, STAGING)
    place.choose(home / "parameters" / "production.yaml")
    monkeypatch.chdir(private_folder(place.lab() / "staging" / working.ASIDE))

    with pytest.raises(InvalidParameters, match="is told by no copy that was moved aside; open the notebook of its name"):
        place.chosen()
