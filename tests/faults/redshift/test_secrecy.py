"""Neither a password nor its md5 literal is in any exception, log, statement or name, whatever fails."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Iterator
from contextlib import closing

import pytest

from runbook_lib.adapters.redshift.session import make_engine
from runbook_lib.errors import Rejected, TargetError
from runbook_lib.model import Change, Unanswered
from runbook_lib.resources.warehouse import DatabaseUser, LoginAsked, SessionAsked
from runbook_lib.secrets import Masked, md5_literal
from tests.contract.redshift.cases import user
from tests.contract.redshift.standin import ADMIN, PASSWORD, Standin
from tests.contract.redshift.worlds import PRODUCT, Held, World, target_on
from tests.faults.redshift.doors import closed_port
from tests.secrecy import whole

FAULTS = {
    "syntax error": {"match": "^CREATE USER", "kind": "error", "code": "42601", "message": "syntax error"},
    "denied": {"match": "^CREATE USER", "kind": "error", "code": "42501", "message": "permission denied"},
    "lost before": {"match": "^CREATE USER", "kind": "drop"},
    "lost after": {"match": "^CREATE USER", "kind": "drop after"},
    "lost at commit": {"match": "^COMMIT", "kind": "drop after"},
}


def secrets_of(name: str) -> dict[str, str]:
    """List what must not be seen."""
    return {"password": PRODUCT, "literal": md5_literal(Masked(PRODUCT), name).reveal(), "administrator": PASSWORD}


def seen_in(text: str, name: str) -> set[str]:
    """Say which secrets a text holds."""
    return {which for which, secret in secrets_of(name).items() if secret in text}


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Log all that any library has to say."""
    for name in ("", "sqlalchemy.engine", "sqlalchemy.pool", "sqlalchemy.dialects"):
        caplog.set_level(logging.DEBUG, name)
    yield caplog
    logging.getLogger("sqlalchemy").setLevel(logging.NOTSET)


def test_the_drawing_would_show_a_secret() -> None:
    """A secret in a frame below, in a suppressed error or in a message is found by the tests here."""

    def fail(hidden: str) -> None:
        try:
            int(hidden)
        except ValueError:
            raise TargetError("here", "failed") from None

    with pytest.raises(TargetError) as caught:
        fail(PRODUCT)
    assert seen_in(whole(caught.value), "u") == {"password"}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_write_that_fails_tells_no_secret(
    stood: World, standin: Standin, fault: dict[str, str], everything_logged: pytest.LogCaptureFixture
) -> None:
    """Whatever becomes of CREATE USER, neither its error nor SQLAlchemy's own log has the password in any form."""
    holder = user(stood, end=" :literal '********'")
    standin.inject(fault)
    with closing(target_on(stood.environment)) as target:
        with pytest.raises(TargetError) as caught:
            target.write([Change(before=None, after=holder)])
        standin.inject()
        if target.observe([holder])[holder.address].value is not None:
            target.write([Change(before=holder, after=None)])
    assert seen_in(whole(caught.value), holder.name) == set()
    assert "CREATE USER" in everything_logged.text
    assert seen_in(everything_logged.text, holder.name) == set()


def test_a_write_that_works_tells_no_secret(stood: World, standin: Standin, everything_logged: pytest.LogCaptureFixture) -> None:
    """The server gets the literal and never the password; our logs get neither, and the new user logs in."""
    holder = user(stood, end=" :literal '********'")
    with closing(target_on(stood.environment)) as target:
        target.write([Change(before=None, after=holder)])
        question = LoginAsked(side="source", user=holder.name, password=holder.password)
        answer = target.ask([question])[question]
        stored = standin.past("dev", f"SELECT passwd FROM pg_shadow WHERE usename = '{holder.name.replace(chr(39), chr(39) * 2)}'")
        target.write([Change(before=holder, after=None)])
    assert stored == [(secrets_of(holder.name)["literal"],)]
    assert answer.user == holder.name
    assert seen_in(everything_logged.text, holder.name) == set()
    assert seen_in("\n".join(standin.statements()), holder.name) == set()


@pytest.mark.parametrize(
    ("value", "lacks"),
    [
        ("short1A", "8 to 64 characters"),
        ("A1" + "a" * 63, "8 to 64 characters"),
        ("tonic_password", "an upper-case letter; a digit"),
        ("TONIC-PASSWORD-1", "a lower-case letter"),
        ("Tonic@Password1", "only ASCII 33 to 126"),
        ("Tonic'Password1", "only ASCII 33 to 126"),
        ("Tonic Password1", "only ASCII 33 to 126"),
        ("Tönic-Password1", "only ASCII 33 to 126"),
    ],
)
def test_a_password_that_redshift_would_refuse_is_not_sent(stood: World, standin: Standin, value: str, lacks: str) -> None:
    """The literal would skip the server's rules, so they are checked here first; the rule is told, the password is not."""
    holder = user(stood)
    before = len(standin.statements())
    with closing(target_on(stood.environment, Held({"env:PRODUCT": value}))) as target, pytest.raises(Rejected) as caught:
        target.write([Change(before=None, after=holder)])
    assert (lacks in caught.value.what, caught.value.way_out) == (True, "change what env:PRODUCT holds")
    assert value not in whole(caught.value)
    assert len(standin.statements()) == before


@pytest.mark.parametrize("where", ["refused port", "refused log-in"])
def test_a_connection_that_fails_tells_no_secret(
    stood: World, standin: Standin, where: str, everything_logged: pytest.LogCaptureFixture
) -> None:
    """Neither the administrator's nor the product's password is in what a failed connection says."""
    source = stood.environment.source.model_copy(update={"port": closed_port() if where == "refused port" else standin.port})
    environment = stood.environment.model_copy(update={"source": source})
    holder = DatabaseUser(side="source", name="nobody", password="env:PRODUCT")
    questions = [SessionAsked(side="source"), LoginAsked(side="source", user=holder.name, password=holder.password)]
    with closing(target_on(environment, user="nobody")) as target:
        with pytest.raises(TargetError) as caught:
            target.write([Change(before=None, after=holder)])
        answers = target.ask(questions)
    told = [whole(caught.value)]
    for question in questions:
        with pytest.raises(Unanswered) as refused:
            answers[question]
        told.append(whole(refused.value))
    assert seen_in("\n".join([*told, everything_logged.text]), holder.name) == set()


def test_an_engine_shows_no_password(stood: World) -> None:
    """An engine and its URL mask the password, and the value itself is not written anywhere by accident."""
    password = Masked(PASSWORD)
    engine = make_engine(stood.environment, "source", ADMIN, password, "dev")
    assert PASSWORD not in f"{engine!r} {engine} {engine.url!r} {engine.url} {password} {password!r} {[password]}"
    with pytest.raises(TypeError):
        pickle.dumps(password)
