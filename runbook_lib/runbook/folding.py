"""Tell whether a stage was left done, so that what it asks and wants may be folded, and give its form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.evidence import board
from runbook_lib.parameters.editing import ParameterFile
from runbook_lib.parameters.load import as_parameters
from runbook_lib.stages import all_stages
from runbook_lib.views.shown import ParameterForm

if TYPE_CHECKING:
    from runbook_lib.runbook.setting import Setting


def was_done(setting: Setting) -> bool:
    """Tell whether the records call a stage converged, by the parameters that it has now; where nobody steps through, say no."""
    if not setting.is_step:
        return False
    store, name = setting.record.folder.parent.parent, setting.environment.environment
    found = next(each for each in board.stage_states(store, name, all_stages(), {}) if each.slug == setting.stage.slug)
    return found.state == "converged" and found.scope == setting.scope


def form(setting: Setting, *, is_done: bool) -> ParameterForm:
    """Show what the parameter file says of a stage; of one that is done, folded."""
    values = as_parameters(setting.environment)
    file = ParameterFile.read(setting.file) if setting.file is not None else None
    source = file.path.name if file else "the given values"
    return ParameterForm(setting.stage.title, source, setting.stage.keys, values, file, is_folded=is_done)
