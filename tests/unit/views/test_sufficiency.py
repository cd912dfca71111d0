"""The matrix at a glance: which statement allows each call in either style, what nothing allows, and what is let through."""

from __future__ import annotations

from runbook_lib import views
from runbook_lib.views.shown import DesiredResources
from tests.unit.views.samples import SUFFICIENCY


def rows(text: str) -> list[list[str]]:
    """Split the tables of a Markdown text into rows of cells."""
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line.startswith("| ")]


def test_each_end_has_its_own_word_and_letter() -> None:
    """Allowed, missing, denied, spare, not granted, undecided, elsewhere: none is told by colour alone."""
    by = "tonic-server-role-legacy, statement 3"
    first = [row[:4] for row in rows(views.markdown(SUFFICIENCY)) if row[0][:4] in {"sqs:", "ecr:"}]

    assert [
        ["sqs:ReceiveMessage", "queue", "✗ **nothing allows this**", f"✓ **allowed**<br>{by}"],
        ["sqs:DeleteQueue", "queue", *["✗ **denied**<br>a-boundary, Freeze"] * 2],
        ["sqs:SendMessage", "queue", *[f"! **allowed, use not shown**<br>{by}"] * 2],
        ["ecr:SetRepositoryPolicy", "queue", *["- **not granted**"] * 2],
        ["sqs:GetQueueUrl", "queue", *["? **undecided**"] * 2],
        ["sqs:SendMessage", "queue", *["→ **decided elsewhere**<br>the queue's own policy"] * 2],
        ["sqs:PurgeQueue", "queue", *["✓ **refused**"] * 2],
        ["sqs:PurgeQueue", "queue", *[f"✗ **let through**<br>{by}"] * 2],
        ["sqs:PurgeQueue", "queue", *["? **undecided**"] * 2],
    ] == first


def test_principals_have_tables_of_their_own_and_the_chosen_style_is_marked() -> None:
    """A caption for each principal; the style of the environment says so in the head."""
    text = views.markdown(SUFFICIENCY)
    captions = [line for line in text.splitlines() if line.startswith("**What")]
    heads = [row for row in rows(text) if row[0] == "call"]

    assert [
        "**What is called: server, legacy**",
        "**What is called: S3 notifications**",
        "**What must be refused: server, legacy**",
    ] == captions
    assert ["call", "on", "documented (chosen)", "scoped", "need", "why", "on whose word"] == heads[0]


def test_counts_come_first() -> None:
    """How much is allowed, missing, refused and let through in the chosen style."""
    assert "**1 call allowed, 2 needed and not allowed, 1 probe refused, 1 let through**" == views.markdown(SUFFICIENCY).splitlines()[0]


def test_need_says_the_case() -> None:
    """A call that is needed only in a case says in which."""
    needs = {row[0]: row[4] for row in rows(views.markdown(SUFFICIENCY)) if len(row) == 7}

    assert "if the image's repository does not admit Lambda yet (ledger row C1 asks a person)" == needs["ecr:SetRepositoryPolicy"]


def test_probes_are_folded() -> None:
    """What nobody should call is there to be opened, and does not stand in the way."""
    assert "<details><summary>3 calls that nobody should make, and what becomes of each</summary>" in views.html(SUFFICIENCY)


def test_desired_shows_a_stages_tables() -> None:
    """What a stage has to say beside its resources follows them."""
    shown = views.text(DesiredResources((), {}, tables=(SUFFICIENCY,)))

    assert "0 resources wanted, 0 artefacts to hand over" == shown.splitlines()[0]
    assert views.text(SUFFICIENCY) in shown
