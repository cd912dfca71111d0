"""Signals are heard from where something has to be brought to its end, until the command has answered."""

from __future__ import annotations

import os
import signal

import pytest

from runbook_lib import interrupts


@pytest.mark.usefixtures("heeding")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stays_heard_until_the_answer_is_told(number: signal.Signals) -> None:
    """Also after whoever began to hear of it is done; afterwards it does what it did before."""
    heard, before = list[str](), signal.getsignal(number)

    with interrupts.until_answered():
        with interrupts.heard_by(heard.append):
            os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)

    assert ([number.name] * 2, before) == (heard, signal.getsignal(number))


@pytest.mark.usefixtures("heeding")
def test_outside_of_a_command_it_is_heard_for_that_time_alone() -> None:
    """Whoever runs a batch as a part of something else is not left with signals that do nothing."""
    heard = list[str]()
    with interrupts.heard_by(heard.append):
        os.kill(os.getpid(), signal.SIGINT)

    assert ["SIGINT"] == heard
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
