"""The start page: which environments there are, how far the chosen one is, and the end of what was done step by step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib import place
from runbook_lib.errors import InvalidParameters
from runbook_lib.evidence import board, steps
from runbook_lib.parameters import Environment, described
from runbook_lib.parameters.editing import ParameterFile
from runbook_lib.parameters.namesakes import About, about, namesakes, neighbours, of, shared
from runbook_lib.parameters.questions import QUESTIONS
from runbook_lib.runbook import interactive, working
from runbook_lib.runbook.scope import scope_of
from runbook_lib.runbook.world import now
from runbook_lib.stages import all_stages
from runbook_lib.views import live
from runbook_lib.views.board import RUNS, Board, FileLine, Files, Runs
from runbook_lib.views.overview import overview
from runbook_lib.views.shown import Creation, ParameterForm, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from runbook_lib.evidence import Record


GENERAL = (
    *("pipeline", "policy_style", "aws", "approval", "approvers", "approvals_required", "approval_days", "protected", "rehearsal"),
    *("records", "records_retention", "signing", "lint_waivers"),
)
"""Keys that belong to no stage alone."""


class Start:
    """Choose an environment, see how far it is, and close the record of what was done; no connection is started.

    Where somebody looks, each table is drawn anew when another environment is chosen.
    """

    def __init__(self, parameters: dict[str, Any]) -> None:
        self.parameters = parameters
        self._shown: dict[str, tuple[Any, Callable[[], object]]] = {}
        self._closing: Path | None = None
        self._list: Any = None

    def environments(self) -> object:
        """List the parameter files with what each is, and whether it is valid."""
        return self._live("environments", lambda: Files("Environments", _lines()))

    def create(self) -> Creation:
        """Ask what a new parameter file needs, and write it beside the others; headlessly, list the questions."""
        return Creation(place.home() / "parameters", QUESTIONS, self._offer, self._take)

    def form(self) -> object:
        """Show what the chosen file says of the whole environment, and of every section with a mistake, for somebody to change."""
        found = self._form()
        if isinstance(found, ParameterForm) or not live.has_front_end():
            return found
        from IPython import get_ipython

        from runbook_lib.views.form.display import hold

        hold(get_ipython(), ParameterForm, found)
        return None

    def _form(self) -> ParameterForm | Files | Table:
        try:
            file = ParameterFile.read(place.chosen())
        except InvalidParameters:
            return self._checked()
        wrong = (each.field.split(".")[0].partition("[")[0] for each in file.problems(file.text))
        keys = dict.fromkeys((*GENERAL, *(each for each in wrong if each in described.keys(Environment))))
        return ParameterForm("The environment", file.path.name, tuple(keys), file.values, file, is_opened=False, is_folded=True)

    def choose(self, name: str = "") -> object:
        """Remember an environment for this page and for notebooks without one of their own; empty shows the present choice."""
        if name:
            self._choose(name)
        if live.has_front_end():
            from runbook_lib.views.live.start import chooser

            self._list = chooser([(_label(path), str(path)) for path in _files()], _chosen_name(), self._choose)
        return self._live("check", self._checked)

    def check(self) -> object:
        """Check the chosen environment's file and list every problem with its line."""
        return self._live("checked", self._checked)

    def stages(self) -> object:
        """Show how far each stage is, as the records say now; where somebody looks, a button looks again."""
        if live.has_front_end():
            from runbook_lib.views.live.start import refresher

            refresher(self.refresh)
        return self._live("stages", self._board)

    def picture(self) -> object:
        """Draw what there is, in which state, and which permission joins it."""
        return self._live("picture", self._set_up)

    def runs(self) -> object:
        """List the recent runs with their records."""
        return self._live("runs", lambda: Runs(found) if isinstance(found := self._board(), Board) else found)

    def close_record(self) -> object:
        """Show what the open record holds, with a button that closes it where somebody looks."""
        if live.has_front_end():
            from runbook_lib.views.live.start import closer

            closer(lambda: str(self._closing or place.chosen()), self._lately, self.refresh)
        return self._live("record", self._open_record)

    def _lately(self) -> float:
        """Tell when a stage's result was last added to what the button closes."""
        environment = _loaded(self._closing) if self._closing is not None else None
        found = interactive.open_records(place.lab() / environment.environment) if environment is not None else ()
        return max((path.stat().st_mtime for each in found for path in each.folder.glob("stages/*.json")), default=0.0)

    def refresh(self) -> None:
        """Draw everything anew that somebody looks at."""
        for handle, make in self._shown.values():
            handle.update(make())

    def _live(self, name: str, make: Callable[[], object]) -> object:
        """Give a value to show; where somebody looks, show it in a place that is drawn anew later."""
        if not live.has_front_end():
            return make()
        from IPython.display import display

        show: Any = display
        self._shown[name] = (show(make(), display_id=True), make)
        return None

    def _offer(self, path: Path) -> None:
        """Let a file that was just made be chosen."""
        if self._list is not None and str(path) not in {value for _, value in self._list.options}:
            self._list.options = (*self._list.options, (_label(path), str(path)))
        self.refresh()

    def _take(self, path: Path) -> None:
        """Choose a file where the list shows it, and without a list as well."""
        if self._list is not None:
            self._list.value = str(path)
        else:
            self._choose(str(path))

    def _choose(self, name: str) -> None:
        path = place.parameter_file(name)
        place.choose(path)
        if _is_lab() and (environment := _loaded(path)) is not None:
            working.working_copies(path, environment)
        self.refresh()
        self._redraw_form()

    def _redraw_form(self) -> None:
        """Put the form of what was chosen in the place of the former one: whoever saves there means what the page shows."""
        if not live.has_front_end():
            return
        from IPython import get_ipython

        from runbook_lib.views.form.display import redraw, withdraw

        found = self._form()
        if isinstance(found, ParameterForm):
            redraw(get_ipython(), found)
        else:
            withdraw(get_ipython(), ParameterForm)

    def _checked(self) -> Files | Table:
        try:
            path = place.chosen()
        except InvalidParameters as error:
            return Table("Chosen environment", ("problem",), tuple((str(each),) for each in error.problems))
        return Files("Chosen environment", (_line(path, neighbours(path.parent)),))

    def _board(self) -> object:
        environment = _chosen()
        if environment is None:
            return self._checked()
        store, name, stages = place.store(environment.records), environment.environment, all_stages()
        idle = {stage.slug: said for stage in stages if (said := stage.idle(environment))}
        states = board.stage_states(store, name, stages, idle)
        return Board(
            environment=name,
            stages=tuple(board.here(each, scope_of(environment)) for each in states),
            runs=board.run_lines(store, name, RUNS),
            at=now(),
            notebooks=f"{name}/" if _is_lab() else "",
            records=f"{place.RECORDS_URL}{name}/" if _is_lab() else "",
        )

    def _set_up(self) -> object:
        environment, found = _chosen(), self._board()
        return overview(environment, found.stages) if environment is not None and isinstance(found, Board) else self._checked()

    def _open_record(self) -> Table:
        environment = _chosen()
        # The button closes what stands below it, whatever was chosen elsewhere since.
        self._closing = place.chosen() if environment is not None else None
        found = interactive.open_records(place.lab() / environment.environment) if environment is not None else ()
        if not found:
            return Table("Open record", ("record", "what to do"), (("none", "open a stage's notebook and run it: that begins one"),))
        way = f"the button above, or `runbook record close {place.typed(place.chosen())}`"
        return Table("Open record", ("record", "since", "stages", "to close it"), tuple(_open_row(each, way) for each in found))


def _open_row(record: Record, way: str) -> tuple[str, str, str, str]:
    stages = ", ".join(each.slug for each in all_stages() if each.slug in steps.opened_stages(record.folder))
    return record.folder.name, record.facts.started, stages, way


def _files() -> list[Path]:
    """List the files of `parameters/`, and the chosen one where it is elsewhere."""
    found, chosen = sorted((place.home() / "parameters").glob("*.yaml")), _chosen_name()
    return found if not chosen or Path(chosen).resolve() in {each.resolve() for each in found} else [*found, Path(chosen)]


def _label(path: Path) -> str:
    return f"{path.stem}{of(path.parent)}"


def _is_lab() -> bool:
    return Path.cwd() == place.lab().resolve()


def _chosen() -> Environment | None:
    """Load the chosen environment; None when there is none, or when its file is not valid."""
    try:
        return _loaded(place.chosen())
    except InvalidParameters:
        return None


def _chosen_name() -> str:
    try:
        return str(place.chosen())
    except InvalidParameters:
        return ""


def _loaded(path: Path) -> Environment | None:
    from runbook_lib.parameters.load import load

    try:
        return load(path, is_attended=live.has_front_end())
    except (InvalidParameters, OSError):
        return None


def _lines() -> tuple[FileLine, ...]:
    files = _files()
    among = neighbours(files[-1].parent) if files else ()
    return tuple(_line(each, among) for each in files)


def _line(path: Path, among: Iterable[About]) -> FileLine:
    from runbook_lib.parameters.load import load

    try:
        found = load(path, is_attended=live.has_front_end())
    except InvalidParameters as error:
        return FileLine(f"{path.name}{of(path.parent)}", problems=tuple(f"line {each.line}: {each}" for each in error.problems))
    aws, own = found.aws, about(path, found.environment, found.records)
    others = namesakes(own, among)
    note = f"the name {shared(others)}" if others else ""
    return FileLine(own.file, found.environment, aws.account, aws.region, aws.endpoint, found.pipeline, found.protected, note=note)
