"""The way to a database breaks at one layer: the error names it, and every question of that side says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import trustme

from runbook_lib.adapters.redshift import session
from runbook_lib.errors import LoginRefused, TargetError, Unreachable
from runbook_lib.model import Change, Question, Unanswered
from runbook_lib.parameters import Environment
from runbook_lib.resources.warehouse import DatabaseUser, LoginAsked, SessionAsked, UsersAsked
from tests.contract.redshift.cases import user as user_of
from tests.contract.redshift.standin import ADMIN, PASSWORD, Standin, environment_on, standing_in
from tests.contract.redshift.worlds import Held, World, target_on
from tests.faults.redshift.doors import closed_port, door, hanging_up, silent, web

HOST = "redshift.example"
USER = DatabaseUser(side="source", name="anyone", password="env:PRODUCT")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait no longer for a server than libpq must."""
    monkeypatch.setattr(session, "CONNECT_SECONDS", 2)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Be an authority whom nobody knows but the tests."""
    return trustme.CA()


@pytest.fixture(scope="module")
def papers(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """Write a server's certificate and key for HOST, and the authority's certificate."""
    folder = tmp_path_factory.mktemp("papers")
    paths = (folder / "server.crt", folder / "server.key", folder / "ca.crt")
    issued = authority.issue_cert(HOST)
    paths[0].write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    paths[1].write_bytes(issued.private_key_pem.bytes())
    paths[2].write_bytes(authority.cert_pem.bytes())
    return paths


@pytest.fixture(scope="module")
def encrypted(papers: tuple[Path, Path, Path]) -> Iterator[Standin]:
    """Run a stand-in that offers TLS."""
    with standing_in(tls=papers[:2]) as standin:
        yield standin


def to(port: int, **side: Any) -> Environment:
    """Describe both sides behind one door, whatever the schema's rules for files say."""
    return environment_on(port, "any", **{"database": "dev", **side})


def refused(environment: Environment, **admin: str) -> tuple[TargetError, Unanswered]:
    """Write and ask, and give the error and the reason."""
    with closing(target_on(environment, None, **admin)) as target:
        with pytest.raises(TargetError) as caught:
            target.write([Change(before=None, after=USER)])
        question = SessionAsked(side="source")
        with pytest.raises(Unanswered) as answered:
            target.ask([question])[question]
    return caught.value, answered.value


def said(environment: Environment, kind: type[TargetError], **admin: str) -> str:
    """Hold error and reason to each other, and give the layer."""
    error, reason = refused(environment, **admin)
    assert (isinstance(error, kind), reason.verdict, reason.way_out) == (True, "unknown", error.way_out)
    assert reason.reason == f"{error.where}: {error.what}"
    assert error.way_out
    return error.what


def test_a_host_that_dns_does_not_know() -> None:
    """A name that no resolver can know: one of its labels is longer than DNS allows."""
    environment = to(5439)
    lost = environment.source.model_copy(update={"host": "x" * 64 + ".example"})
    assert said(environment.model_copy(update={"source": lost}), Unreachable).startswith("DNS knows no such host")


def test_a_port_that_refuses() -> None:
    """Nobody listens."""
    assert said(to(closed_port()), Unreachable).startswith("TCP: the port refuses the connection")


@pytest.mark.parametrize("side", [{}, {"host": HOST, "connect_to": "127.0.0.1", "sslmode": "verify-full", "sslrootcert": "system"}])
def test_a_server_that_says_nothing(side: dict[str, Any]) -> None:
    """The call is taken and never answered, in clear text and over TLS."""
    with door(silent) as port:
        assert said(to(port, **side), Unreachable).startswith("TCP: nothing answers")


def test_a_server_that_hangs_up() -> None:
    """The call is taken and ended."""
    with door(hanging_up) as port:
        assert said(to(port), Unreachable).startswith("the server hangs up before the log-in")


@pytest.mark.parametrize("side", [{}, {"host": HOST, "connect_to": "127.0.0.1", "sslmode": "verify-full", "sslrootcert": "system"}])
def test_a_web_server(side: dict[str, Any]) -> None:
    """Something else than a database listens."""
    with door(web) as port:
        assert said(to(port, **side), Unreachable).startswith("what answers is no Redshift")


def tls(standin: Standin, ca: str, **side: Any) -> Environment:
    """Reach the encrypted stand-in by the name in its certificate, as through a tunnel."""
    place = {"host": HOST, "connect_to": "127.0.0.1", "sslmode": "verify-full", "sslrootcert": ca}
    return to(standin.port, **{**place, **side})


def test_tls_through_a_tunnel_is_verified_in_full(encrypted: Standin, papers: tuple[Path, Path, Path]) -> None:
    """The certificate's name is the host's, though the address is the tunnel's: the session is up, and says that it is encrypted."""
    question = SessionAsked(side="source")
    with closing(target_on(tls(encrypted, str(papers[2])))) as target:
        answer = target.ask([question])[question]
        [(is_encrypted,)] = target._sessions["source"].rows("select 1 where current_user = :user", user=ADMIN)
    assert (answer.tls, answer.host, is_encrypted) == (True, f"{HOST}:{encrypted.port}", 1)


def test_a_certificate_of_another_name(encrypted: Standin, papers: tuple[Path, Path, Path]) -> None:
    """verify-full refuses a server of another name, verify-ca does not ask for the name."""
    ca = str(papers[2])
    assert said(tls(encrypted, ca, host="other.example"), Unreachable).startswith("TLS: the server's certificate is not accepted")
    question = SessionAsked(side="source")
    with closing(target_on(tls(encrypted, ca, host="other.example", sslmode="verify-ca"))) as target:
        assert target.ask([question])[question].tls is True


@pytest.mark.parametrize("mode", ["verify-full", "verify-ca"])
def test_a_certificate_of_nobody_known(encrypted: Standin, mode: str, tmp_path: Path) -> None:
    """A certificate that another authority signed is refused in either mode."""
    other = tmp_path / "other.crt"
    other.write_bytes(trustme.CA().cert_pem.bytes())
    what = said(tls(encrypted, str(other), sslmode=mode), Unreachable)
    assert what.startswith("TLS: the server's certificate is not accepted")


def test_the_bundled_roots_are_the_default(encrypted: Standin) -> None:
    """Without a CA file the roots of AWS count, and ours is none of them."""
    assert said(tls(encrypted, ""), Unreachable).startswith("TLS: the server's certificate is not accepted")


def test_a_ca_file_that_is_not_there(encrypted: Standin, tmp_path: Path) -> None:
    """The file is named."""
    assert said(tls(encrypted, str(tmp_path / "none.crt")), Unreachable).startswith("TLS: the CA file cannot be read")


def test_a_server_without_tls_is_never_spoken_to_in_clear_text(standin: Standin, papers: tuple[Path, Path, Path]) -> None:
    """There is no silent downgrade: what has to be encrypted is not sent."""
    before = len(standin.statements())
    assert said(tls(standin, str(papers[2])), Unreachable).startswith("TLS: the server offers none")
    assert len(standin.statements()) == before


@pytest.mark.parametrize(("user", "password"), [(ADMIN, "Wrong-pass-1"), ("nobody", PASSWORD), (ADMIN, "")])
def test_a_log_in_that_is_refused(standin: Standin, user: str, password: str) -> None:
    """A wrong password, an unknown user and no password are refused alike."""
    assert said(to(standin.port), LoginRefused, user=user, password=password)


def test_a_user_whose_password_is_sha256(stood: World) -> None:
    """What the server asks of such a user, libpq cannot answer: the product could not either, and that is said."""
    name = f"{stood.name}_sha"
    stood.run("source", f"CREATE USER {name} PASSWORD 'sha256|Product-pass-1'")
    question = LoginAsked(side="source", user=name, password="env:PRODUCT")
    with pytest.raises(Unanswered, match="stored as sha256, which libpq cannot answer") as caught:
        stood.target.ask([question])[question]
    stood.run("source", f"DROP USER {name}")
    assert (caught.value.verdict, caught.value.way_out.startswith(f"give {name} the password that env:PRODUCT names")) == ("broken", True)


def test_the_shell_leads_nowhere_else(standin: Standin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables of libpq do not count: the parameter file alone says where to log in, and how."""
    strange = {"PGHOSTADDR": "127.0.0.9", "PGOPTIONS": "-c search_path=nowhere", "PGTARGETSESSIONATTRS": "standby", "PGSSLMODE": "require"}
    for name, value in strange.items():
        monkeypatch.setenv(name, value)
    with closing(target_on(to(standin.port))) as target:
        assert target._sessions["source"].rows("show search_path") == [('"$user", public',)]


def test_the_product_whose_password_is_another(stood: World) -> None:
    """A log-in as the product's user that is refused is broken, and the way out is about him and his reference."""
    user = user_of(stood)
    stood.target.write([Change(before=None, after=user)])
    question = LoginAsked(side="source", user=user.name, password="env:ADMIN")
    with pytest.raises(Unanswered, match="refuses user or password") as caught:
        stood.target.ask([question])[question]
    stood.target.write([Change(before=user, after=None)])
    assert caught.value.verdict == "broken"
    assert caught.value.way_out.startswith(f"give {user.name} the password that env:ADMIN names")


def test_a_reference_that_resolves_to_nothing(stood: World) -> None:
    """A password that is not here is owed, before anything is sent."""
    question = LoginAsked(side="source", user="anyone", password="env:NOT_SET")
    with pytest.raises(Unanswered) as caught:
        stood.target.ask([question])[question]
    assert (caught.value.verdict, caught.value.by) == ("owed", "warehouse admin")


def test_one_side_that_fails_leaves_the_other(stood: World) -> None:
    """What the source cannot be asked, the destination answers all the same."""
    broken = stood.environment.source.model_copy(update={"port": closed_port()})
    questions: list[Question] = [UsersAsked(side="source"), UsersAsked(side="destination")]
    with closing(target_on(stood.environment.model_copy(update={"source": broken}), Held())) as target:
        answers = target.ask(questions)
        seen = target.observe([USER, USER.model_copy(update={"side": "destination"})])
    with pytest.raises(Unanswered, match="refuses the connection"):
        answers[questions[0]]
    assert (ADMIN, True) in answers[questions[1]]
    refusals = {address: found.refusal.verdict if found.refusal else "" for address, found in seen.items()}
    assert refusals == {USER.address: "unknown", "database_user/destination/anyone": ""}
