"""The controls of the start page; each stands above a static twin, and is made only where somebody looks."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import sys
from typing import TYPE_CHECKING, Any

from runbook_lib.views import as_html, live
from runbook_lib.views.blocks import Code, Note, Way
from runbook_lib.views.checking import check_command
from runbook_lib.views.live.tools import arrival, keeper

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runbook_lib.views.blocks import Tone

SAVE_ALL = "window.jupyterapp && window.jupyterapp.commands.execute('docmanager:save-all')"
"""What JupyterLab does when somebody chooses Save All; `runbook lab` lets a page reach it."""
ATTEMPTS, PAUSE = 12, 1.0
"""How often, and after how many seconds, it is looked again whether JupyterLab has saved what is open: it does within ten seconds."""
AGAIN = "look at it, save it, and press once more"


def chooser(options: Sequence[tuple[str, str]], chosen: str, choose: Callable[[str], None]) -> Any:
    """Show a list of environments, and give it; choosing one takes effect at once."""
    import ipywidgets
    from IPython.display import display

    known = [*options] if chosen in {value for _, value in options} else [*([(chosen or "choose one", chosen)]), *options]
    control = ipywidgets.Dropdown(options=known, value=chosen, description="Environment", style={"description_width": "initial"})
    show: Any = display
    show(control)
    told = show(_said(f"This page shows {_label(control, chosen)}." if chosen else "Nothing is chosen."), raw=True, display_id=True)

    def changed(change: dict[str, Any]) -> None:
        if change["new"]:
            label = _label(control, change["new"])
            told.update(_said(f"Reading {label} ... what stands below is still the former one."), raw=True)
            choose(change["new"])
            told.update(_said(f"This page shows {label}."), raw=True)

    control.observe(changed, names="value")
    return control


def _label(control: Any, value: str) -> str:
    return next(str(label) for label, each in control.options if each == value)


def _said(words: str) -> dict[str, str]:
    """Say one line: the page does not jump when it changes."""
    return {"text/html": as_html.view((Note((words,)),)), "text/plain": words}


def refresher(refresh: Callable[[], None]) -> None:
    """Show a button that draws anew what the records tell, for other notebooks write into them; who ran all cells is brought here."""
    import ipywidgets
    from IPython.display import display

    button = ipywidgets.Button(description="Refresh", icon="refresh", layout={"width": "auto"})
    button.on_click(lambda _button: refresh())
    show: Any = display
    show(ipywidgets.VBox([button, arrival()], layout={"align_items": "flex-start"}))


def closer(chosen: Callable[[], str], lately: Callable[[], float], refresh: Callable[[], None]) -> None:
    """Show a button that closes the open record of the chosen environment, and tell what came of it.

    `lately` gives when the record was last added to: what is done after the press is not closed by it.
    """
    import ipywidgets
    from IPython.display import display

    button = ipywidgets.Button(description="Close the record", icon="archive", layout={"width": "auto"})
    show: Any = display
    show(ipywidgets.VBox([button, keeper()], layout={"align_items": "flex-start"}))
    told = show({"text/html": "", "text/plain": ""}, raw=True, display_id=True)

    async def close() -> None:
        try:
            answer = await _closed(chosen(), lately, told)
            told.update(_bundle(answer), raw=True)
        finally:
            button.disabled = False
        refresh()

    def clicked(_button: Any) -> None:
        button.disabled = True
        button.runbook_task = asyncio.ensure_future(close())

    button.on_click(clicked)


async def _closed(file: str, lately: Callable[[], float], told: Any) -> dict[str, Any]:
    """Let JupyterLab save, then close as the command does; say what is waited for, as long as something is not saved yet."""
    told.update({"application/javascript": SAVE_ALL, "text/plain": "saving"}, raw=True)
    pressed = lately()
    answer: dict[str, Any] = {}
    for attempt in range(1, ATTEMPTS + 1):
        answer = await _command("record", "close", file)
        if answer.get("error") != "NotSaved" or attempt == ATTEMPTS:
            break
        told.update(_waiting(answer, attempt), raw=True)
        await asyncio.sleep(PAUSE)
        if lately() != pressed:
            return {"where": answer.get("where", ""), "what": "something was run after the press, so nothing was closed", "way_out": AGAIN}
    return answer


def _waiting(answer: dict[str, Any], attempt: int) -> dict[str, str]:
    said = f"Waits until {answer.get('where', 'every notebook')} is saved: attempt {attempt} of {ATTEMPTS}."
    return {"text/html": as_html.view((Note((said,), "change"),)), "text/plain": said}


async def _command(*words: str) -> dict[str, Any]:
    variables = {name: value for name, value in os.environ.items() if name != live.FRONT_END}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "runbook_lib", *words, "--json", env=variables, stdout=asyncio.subprocess.PIPE
    )
    answer, _ = await process.communicate()
    try:
        found: dict[str, Any] = json.loads(answer)
    except ValueError:
        what = f"ended with code {process.returncode} and no answer"
        return {
            "where": f"runbook {words[0]}",
            "what": what,
            "way_out": f"see what it says in a terminal: {shlex.join(('runbook', *words))}",
        }
    return found


def _bundle(answer: dict[str, Any]) -> dict[str, str]:
    """Say what came of it, as the command does."""
    if "record" in answer:
        tone: Tone = "good" if answer["exit_code"] in {0, 6, 7} else "bad"
        check = check_command(answer["record"], answer["record_digest"], answer["signer"])
        block = Note((f"The record is closed, and says: {answer['meaning']}.", Code(answer["record"]), Way(check)), tone)
    else:
        block = Note((f"{answer.get('where', '')}: {answer.get('what', '')}.", Way(answer.get("way_out", ""))), "bad")
    return {"text/html": as_html.view((block,)), "text/plain": str(answer.get("record", answer.get("what", "")))}
