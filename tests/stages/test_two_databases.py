"""Source and destination are two databases: what may be the source is not written to as the destination."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.model import Unanswered
from runbook_lib.resources.warehouse import LoginAsked, SessionAsked, UsersAsked
from tests.stages.worlds import DESTINATION, ROTATED, STAGES, WRITER, World, amiss, environment, refused, session, verdicts, wanted, world

SAME = session("destination", namespace="namespace-source", database="dev", databases=("dev", "masked"))
TWO = "source and destination are two databases"


@pytest.mark.parametrize("slug", ["source_database", "destination_database"])
def test_one_database_behind_two_names_stops_everything(slug: str) -> None:
    """H1: cluster id and database decide, whatever the hosts are called."""
    answers = world(environment(), {SessionAsked(side="destination"): SAME})
    env = environment()
    reasons = {each.reason for each in refused(slug, env, answers).values()}
    assert reasons == {"source and destination are one database: dev of cluster namespace-source"}
    assert set(refused(slug, env, answers)) == {part.name for part in STAGES[slug].parts} - {"password", "rotation"}


def test_an_unreachable_other_side_does_not_stop_the_source() -> None:
    """Halves run separately: the guard needs both ends, the grants one."""
    env = environment()
    answers = world(env, {SessionAsked(side="destination"): Unanswered("no route", "unknown")})
    assert refused("source_database", env, answers) == {}


NO_ROUTE: World = {SessionAsked(side="source"): Unanswered("no route", "broken")}
NOBODY: World = {SessionAsked(side="source"): Unanswered("source.admin: login is none", "owed", by="warehouse admin")}
OWN = "{}.cab7xyzexample.us-east-1.redshift.amazonaws.com"


def sides(source: str, destination: str, **both: Any) -> dict[str, Any]:
    """Place both sides, a host each."""
    return {"source": {"host": source, **both}, "destination": {"host": destination, **both}}


@pytest.mark.parametrize(
    "places",
    [
        sides("localhost", "127.0.0.1", sslmode="disable"),
        sides("src.example", "dst.example"),
        sides(OWN.format("src"), OWN.format("dst"), sslmode="verify-ca", tls_reason="custom"),
        sides(OWN.format("src"), OWN.format("dst"), connect_to="127.0.0.1"),
        sides(OWN.format("src"), OWN.format("src-endpoint-abc")),
        sides("src.example", "src.example", database="dev"),
    ],
    ids=["loopback", "names of one's own", "unverified", "a tunnel", "an endpoint of a VPC", "one name"],
)
@pytest.mark.parametrize(("answers", "verdict", "by"), [(NO_ROUTE, "unknown", ""), (NOBODY, "owed", "warehouse admin")])
def test_nothing_is_written_that_may_be_the_source(places: dict[str, Any], answers: World, verdict: str, by: str) -> None:
    """H1: while the source cannot be asked and no name tells it apart, the destination waits, and the source does not."""
    env = environment(**places)
    known = world(
        env, {**answers, SessionAsked(side="destination"): session("destination", database="masked", databases=("dev", "masked"))}
    )
    reasons = refused("destination_database", env, known)
    assert set(reasons) == {"database", "user", "grants", "drop", "ownership"}
    assert {(each.verdict, each.by) for each in reasons.values()} == {(verdict, by)}
    assert {each.reason.partition(": ")[0] for each in reasons.values()} == {"whether source and destination are one database is not known"}
    assert [each for each, _ in verdicts("destination_database", TWO, env, known)] == [verdict]
    assert refused("source_database", env, known) == {}


def test_what_waits_for_the_question_is_not_called_broken() -> None:
    """The user is not there because nothing may be written: that is owed, in the database's stage and in the rehearsal."""
    env = environment(**sides("src.example", "dst.example"))
    absent = Unanswered("there is no user tonic_destination_user on dst.example", "broken")
    refused_login = LoginAsked(side="destination", user="tonic_destination_user", password="env:DESTINATION_PASSWORD")
    answers = world(env, {**NOBODY, UsersAsked(side="destination"): (), WRITER: absent, refused_login: absent})
    found = {verdict for slug in ("destination_database", "rehearsal") for _, verdict in amiss(slug, env, answers)}
    assert found == {"owed"}


@pytest.mark.parametrize(
    ("places", "detail"),
    [
        (
            sides(OWN.format("src"), OWN.format("dst")),
            f"dev on {OWN.format('src')}:5439 and masked on {OWN.format('dst')}:5439 are told apart by name",
        ),
        (
            sides("127.0.0.1", "127.0.0.1", sslmode="disable"),
            "dev on 127.0.0.1:5439 and masked on 127.0.0.1:5439 are told apart by name",
        ),
    ],
    ids=["two clusters", "two databases in one place"],
)
def test_names_that_cannot_deceive_tell_databases_apart(places: dict[str, Any], detail: str) -> None:
    """Halves run separately where clusters prove their own names, or where one server has two databases."""
    env = environment(**places)
    answers = world(env, NO_ROUTE)
    assert refused("destination_database", env, answers) == {}
    assert verdicts("destination_database", TWO, env, answers) == [("kept", detail)]


def test_a_person_may_vouch_for_two_databases() -> None:
    """H1: whoever looked says so in the file, until it expires."""
    word = {"row": "H1", "who": "Ada", "date": "2026-01-31", "note": "two clusters"}
    env = environment(confirmations=[word])
    late = environment(confirmations=[{**word, "expires": "2026-06-01"}])
    assert refused("destination_database", env, world(env, NO_ROUTE)) == {}
    assert verdicts("destination_database", TWO, env, world(env, NO_ROUTE)) == [("kept", "Ada on 2026-01-31: two clusters")]
    assert {each.verdict for each in refused("destination_database", late, world(late, NO_ROUTE)).values()} == {"unknown"}


def test_a_database_yet_to_be_made_is_not_mistaken_for_the_source() -> None:
    """While the destination is missing its session sits in another database of the cluster."""
    env = environment(destination={"create_database": True})
    elsewhere = session("destination", namespace="namespace-source", database="dev", databases=("dev",))
    answers = world(env, {SessionAsked(side="destination"): elsewhere, DESTINATION: Unanswered("no such database", "broken")})
    found = wanted("destination_database", env, answers)
    assert [each.address for each in found] == [
        "database/destination/masked",
        "database_user/destination/tonic_destination_user",
        "grants/destination/tonic_destination_user/SELECT/table/svv_table_info",
        "grants/destination/tonic_destination_user/TEMPORARY/database",
        "grants/destination/tonic_destination_user/CREATE/database",
    ]


def test_no_password_is_rotated_in_what_may_be_the_source() -> None:
    """H1: as everything else in the destination, it waits for the question; the source's does not."""
    user = {"name": "tonic_destination_user", "password": "generate:secretsmanager:d", "rotation": "second"}
    places = sides("src.example", "dst.example")
    env = environment(source={**places["source"], **ROTATED["source"]}, destination={**places["destination"], "user": user})
    known = world(
        env, {**NO_ROUTE, SessionAsked(side="destination"): session("destination", database="masked", databases=("dev", "masked"))}
    )
    assert "rotation" in refused("destination_database", env, known)
    assert {} == refused("source_database", env, known)
