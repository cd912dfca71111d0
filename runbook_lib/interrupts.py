"""Hear what asks this process to stop, where something has to be brought to its end first, until the command has answered."""

from __future__ import annotations

import signal
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_answers: list[ExitStack] = []
"""What is put back once the command that is being carried out has answered."""


@contextmanager
def until_answered() -> Iterator[None]:
    """Let whoever hears of signals do so until this ends: whoever was told nothing of what was done would not know of it."""
    with ExitStack() as restored:
        _answers.append(restored)
        try:
            yield
        finally:
            _answers.remove(restored)


def asking() -> tuple[signal.Signals, ...]:
    """Name the signals that ask a process to stop as Ctrl-C does: a scheduler's, and that of a terminal that is closed.

    Not the latter under nohup: whoever began it so means to close the terminal.
    """
    return (signal.SIGTERM,) if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def heard_by(hears: Callable[[str], None]) -> Iterator[None]:
    """Tell of Ctrl-C, SIGTERM and a terminal that is closed by their names, in the place of what they do by themselves."""
    with ExitStack() as own:
        restored = _answers[-1] if _answers else own
        for each in (signal.SIGINT, *asking()):
            restored.callback(signal.signal, each, signal.signal(each, lambda number, _frame: hears(signal.Signals(number).name)))
        yield
