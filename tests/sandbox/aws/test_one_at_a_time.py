"""The account is asked and changed by one call at a time, as many as come at once: what moto holds are plain dictionaries."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import EnvironBuilder

from runbook_lib.policy import Principal
from runbook_lib.sandbox.aws import front
from runbook_lib.sandbox.aws.answers import Answer
from runbook_lib.sandbox.aws.callers import Caller
from runbook_lib.sandbox.aws.front import Front, Rule
from runbook_lib.sandbox.aws.metadata import Metadata
from runbook_lib.sandbox.aws.requests import Call

ACCOUNT = "123456789012"
IDENTITY = {"id": "front", "pid": 1, "account": ACCOUNT, "region": "us-east-1"}
DONE: Answer = ("200 OK", [], b"")


class Inside:
    """Count how many are in the account at once at most."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._now, self.most, self._counting = 0, 0, threading.Lock()

    def visit(self) -> None:
        """Be inside for a moment."""
        with self._counting:
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(0.001)
        with self._counting:
            self._now -= 1


INSIDE = Inside()


class Allowed:
    """Be a decision that lets every call through."""

    place = ACCOUNT

    def __init__(self, *_: object) -> None:
        """Look at nothing."""

    def refusal(self) -> None:
        """Refuse nothing."""
        INSIDE.visit()

    def hidden(self, answer: Answer) -> Answer:
        """Hide nothing."""
        return answer


@pytest.fixture(autouse=True)
def _everybody_may(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody call."""
    root = Caller(Principal(f"arn:aws:iam::{ACCOUNT}:root"), "secret")

    def authenticated(*_: object) -> Caller:
        INSIDE.visit()
        return root

    INSIDE.most = 0
    monkeypatch.setattr(front, "authenticated", authenticated)
    monkeypatch.setattr(front, "Authorisation", Allowed)


def front_with(rules: Mapping[str, Rule]) -> Front:
    """Make a front that answers by these rules, before a moto that nothing comes to."""

    def moto(_environ: dict[str, Any], _start: object) -> Iterable[bytes]:
        raise AssertionError

    return Front(moto, IDENTITY, rules, lambda _key, _partition: None)


def asked(called: Front, service: str, operation: str) -> str:
    """Make a call, and give its status."""
    signature = f"AWS4-HMAC-SHA256 Credential=AKIA/20260131/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    headers = [("Authorization", signature), ("Content-Type", "application/x-www-form-urlencoded")]
    return status(called, EnvironBuilder(method="POST", data=urlencode({"Action": operation}), headers=headers))


def credentials(called: Front) -> str:
    """Ask an instance's metadata, and give the status."""
    return status(called, EnvironBuilder(path="/_sandbox/instances/i-1/latest"))


def status(called: Front, request: EnvironBuilder) -> str:
    """Send a request, and give the status of its answer."""
    said: list[str] = []
    called(request.get_environ(), lambda line, _headers: said.append(line))
    return said[0]


def test_no_call_meets_another_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls that come at once are looked into, decided and answered one after the other, those to an instance's metadata too."""

    def rule(_call: Call, _proceed: object) -> Answer:
        INSIDE.visit()
        return DONE

    def answer(_metadata: object, _environ: object, _path: str) -> Answer:
        INSIDE.visit()
        return DONE

    monkeypatch.setattr(Metadata, "answer", answer)
    called = front_with({"iam:GetRole": rule, "iam:CreateRole": rule})
    asking = (partial(asked, called, "iam", "GetRole"), partial(asked, called, "iam", "CreateRole"), partial(credentials, called))
    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(lambda number: asking[number % len(asking)](), range(48)))

    assert {"200 OK"} == statuses
    assert 1 == INSIDE.most


def test_who_waits_for_a_message_holds_nobody_up() -> None:
    """A message arrives while somebody waits for one."""
    sent = threading.Event()

    def receive(_call: Call, _proceed: object) -> Answer:
        assert sent.wait(30)
        return DONE

    def send(_call: Call, _proceed: object) -> Answer:
        sent.set()
        return DONE

    called = front_with({"sqs:ReceiveMessage": receive, "sqs:SendMessage": send})
    with ThreadPoolExecutor(2) as pool:
        received = pool.submit(asked, called, "sqs", "ReceiveMessage")
        answers = [asked(called, "sqs", "SendMessage"), received.result()]

    assert ["200 OK", "200 OK"] == answers
