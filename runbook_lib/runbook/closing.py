"""Close a record: find the key that the parameter file names, and state every file under it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib import place
from runbook_lib.evidence.secrecy import cleaned
from runbook_lib.evidence.signing import FileKey
from runbook_lib.evidence.statement import close
from runbook_lib.runbook import alone, working
from runbook_lib.views.shown import Closing

if TYPE_CHECKING:
    from runbook_lib.model import Plan
    from runbook_lib.parameters import Environment
    from runbook_lib.ports import SigningKey
    from runbook_lib.runbook.setting import Setting


def signing_key(environment: Environment) -> SigningKey | None:
    """Give the key that signs an environment's records; None where the file names none. Raises Unresolved when it cannot be read."""
    if environment.signing is None:
        return None
    name = environment.signing.key
    if name.startswith("arn:"):
        from runbook_lib.adapters.aws.signing import KmsKey

        return KmsKey(environment, name)
    return FileKey(place.home() / name)


def close_alone(setting: Setting, plan: Plan | None) -> None:
    """Close the record of a notebook that ran alone. Raises Leaked when a secret stood in it, RunbookError when it cannot be signed."""
    try:
        if setting.known is not None:
            alone.close(setting.record, plan, setting.known)
    finally:
        close(setting.record, signing_key(setting.environment))


def search_step(setting: Setting) -> None:
    """Search what somebody's steps left so far, in the record and in the notebooks as saved. Raises Leaked when a secret stood there."""
    if setting.known is not None:
        folders = (setting.record.folder, place.working_folder())
        alone.refuse_leaks(setting.record, [each for folder in folders if folder for each in cleaned(folder, setting.known)])


def told(setting: Setting, artefacts: tuple[str, ...]) -> Closing:
    """Say where the evidence of a stage lies, and lead to it and on."""
    record = setting.record.folder.name
    # A notebook that is executed into a record lies beside what it kept.
    is_within = setting.known is None and not setting.is_step
    files = "../" if is_within else working.files_of(record)
    return Closing(record, setting.stage.slug, artefacts, working.ways_on(setting.stage, setting.environment), files)
