"""The text form, as literals: what a terminal and every other reader of text/plain shows."""

from __future__ import annotations

import pytest

from runbook_lib import views
from runbook_lib.model import Change, Plan
from runbook_lib.resources.iam import RolePolicy
from tests.unit.views.samples import (
    APPROVAL,
    BANNER,
    CLOSING,
    DESIRED,
    EMPTY,
    FINDINGS,
    GATE,
    HOSTILE,
    PLAN,
    RECEIPT,
    TABLE,
    VALUES,
    WITHHELD,
    document,
    grants,
    hostile,
)

PLAN_TEXT = f"""\
1 to create, 2 to update, 1 to remove, 1 kept, 1 owed, 1 contested

widens access: 2, deletes: 1

Changes, the gravest first; apply makes them in the order of their numbers
  no.  risk             change    what           name                                        difference           apply sends
  2    ! widens access  ~ update  inline policy  s3 on tonic-server
        ~ Objects: +1 action, -1 action
        +   s3:DeleteObject
        -   s3:PutObject
        iam:PutRolePolicy
  3    ! widens access  ~ update  grants         SELECT on 3 tables for tonic_user (source)
        + sales.c, sales.d; - sales.a
        2 statements: GRANT SELECT ON sales.c, sales.d TO tonic_user;
  4    ! deletes        - remove  S3 bucket      tonic-source                                exclusive_policies
                                                                                             - region: us-east-1
        s3:DeleteBucket
  1                     + create  IAM role       tonic-server
        + Allow statement 1: 1 action
        +   sts:AssumeRole
        +   Principal {{"Service": ["ec2.amazonaws.com"]}}
        + tags: team=privacy
        iam:CreateRole

Contested: left alone, they are not ours
  address         why, and the way out
  iam_role/other  exists
        -> adopt it

Left out of the plan
  verdict  address          by whom   why, and the way out
  owed     kms_alias/queue  security  may not be read
        -> ask security

1 resource kept
  Kept as they are
    what           name
    database user  tonic_user (source)

digest  {PLAN.digest}

What the digest binds beside the changes
  account   111122223333
  endpoint  AWS"""
RECEIPT_TEXT = """\
1 applied, 1 failed, 1 rolled back, 1 owed

Receipt
  outcome        change    what           name                                        remark       at
  ✓ applied      + create  IAM role       tonic-server                                             2026-06-30 10:00:01 UTC
  ✗ failed       ~ update  inline policy  s3 on tonic-server                          throttled    2026-06-30 10:00:02 UTC
  ↺ rolled back  ~ update  grants         SELECT on 3 tables for tonic_user (source)               2026-06-30 10:00:02 UTC
  → owed         - remove  S3 bucket      tonic-source                                by security  2026-06-30 10:00:03 UTC"""
FINDINGS_TEXT = """\
1 broken, 1 unknown, 1 owed, 3 kept, 1 with advice

Broken: mend these
  verdict   claim                     found                            how known  ledger
  ✗ broken  nothing else is attached  AdministratorAccess is attached  read back  A5
        -> aws iam detach-role-policy

Owed by somebody else
  verdict  claim                found             ledger
  → owed   the bucket is empty  owed by security  A4
        -> empty it

Unknown: could not be decided
  verdict    claim               found            ledger
  ? unknown  the bucket is ours  may not be read  A4
        -> allow it

Kept, with advice that nobody is bound to
  verdict              claim             found
  ! kept, with advice  versions are off  they are on
        -> turn off

2 claims kept
  Kept
    claim                        how known           ledger
    the policy is as wanted      read back           B1
    the server runs as the role  on the word of Ada  A3"""
ACKNOWLEDGED = " ".join(f"--acknowledge {each.address}" for each in PLAN.changes[1:])
GATE_TEXT = f"""\
Not approved: Apply will withhold 4 changes and write nothing.

in this notebook          approve = "{PLAN.digest}"
                          in the parameters cell, then run all cells again
this stage, from a shell  runbook apply staging --stage server_role --approve {PLAN.digest} {ACKNOWLEDGED}"""
DESIRED_TEXT = """\
3 resources wanted, 1 artefact to hand over

Wanted
  what           name                holds
  IAM role       tonic-server
        + Allow statement 1: 1 action
        +   sts:AssumeRole
        +   Principal {"Service": ["ec2.amazonaws.com"]}
        + tags: team=privacy
  inline policy  s3 on tonic-server
        + Allow Objects: 2 actions, 1 resource
        +   s3:DeleteObject
        +   s3:GetObject
        +   on arn:aws:s3:::tonic-*/*
  S3 bucket      tonic-source        + region: us-east-1

1 artefact for someone else to apply
    role.json (1 line)"""
BANNER_TEXT = """\
50 · Server role
----------------

Gives the server its policies.

Environment  staging
Account      111122223333"""
CLOSING_TEXT = """\
The evidence of server_role is kept.

record     20260630T100000Z-apply-abc123
artefacts  artefacts/server_role/role.json"""
TABLE_TEXT = """\
Environments
  file          state
  staging.yaml  valid
  broken.yaml   line 3: aws is missing"""
APPROVAL_TEXT = f"""\
by      ada
at      2026-06-30 10:00:00 UTC
digest  {PLAN.digest}"""


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        pytest.param(PLAN_TEXT, PLAN, id="plan"),
        pytest.param(RECEIPT_TEXT, RECEIPT, id="receipt"),
        pytest.param(FINDINGS_TEXT, FINDINGS, id="findings"),
        pytest.param(GATE_TEXT, GATE, id="gate"),
        pytest.param(DESIRED_TEXT, DESIRED, id="desired"),
        pytest.param(BANNER_TEXT, BANNER, id="banner"),
        pytest.param(CLOSING_TEXT, CLOSING, id="closing"),
        pytest.param(TABLE_TEXT, TABLE, id="table"),
        pytest.param(APPROVAL_TEXT, APPROVAL, id="approval"),
    ],
)
def test_whole_text(expected: str, value: object) -> None:
    """A value is written exactly so."""
    assert expected == views.text(value)


def test_empty_plan_says_that_nothing_is_set_up() -> None:
    """A plan without anything is not called as wanted."""
    assert "This stage sets up nothing." in views.text(EMPTY)


def test_plan_that_keeps_everything_says_so() -> None:
    """A plan that only keeps is the good news of a second run."""
    kept = Plan(stage="storage", environment="staging", scope=(), kept=PLAN.kept)

    assert "Nothing to change: everything is as wanted." in views.text(kept)


def test_plan_that_may_do_nothing_does_not_say_that_all_is_well() -> None:
    """Owed resources keep an empty plan from being called as wanted."""
    owed = Plan(stage="storage", environment="staging", scope=(), owed=PLAN.owed)

    assert "Nothing that may be changed from here." in views.text(owed)


def test_withheld_receipt_says_that_nothing_was_written() -> None:
    """A dry run cannot be mistaken for a run."""
    assert "Withheld, because nobody approved it. Nothing was written." in views.text(WITHHELD)


def test_long_difference_is_cut_and_counted() -> None:
    """Text shows the first lines of a long difference and how many follow."""
    many = document(Sid="Many", Action=[f"s3:Get{number:02}" for number in range(60)], Resource="*")
    text = views.text(Change(before=None, after=RolePolicy(role="r", name="p", document=many)))

    assert "        ... 22 more lines" in text.splitlines()


def test_grants_are_one_line() -> None:
    """As text a list of objects is its count and first names."""
    text = views.text(Change(before=None, after=grants(*(f"t{number}" for number in range(50)))))

    assert "+ sales.t0, sales.t1, sales.t2 and 47 more" in text
    assert "t17" not in text


@pytest.mark.parametrize("value", [*VALUES, *hostile()], ids=lambda each: type(each).__name__)
def test_lines_end_clean_and_no_markup_is_written(value: object) -> None:
    """No line ends in blanks, and no element of the HTML form leaks into the text."""
    lines = views.text(value).splitlines()

    assert [] == [line for line in lines if line != line.rstrip()]
    assert [] == [line for line in lines if "<td" in line or "</" in line.replace("</script>", "").replace("</pre>", "")]


def test_long_sentences_are_wrapped_in_their_column() -> None:
    """A sentence takes more lines; a digest or a command is never broken."""
    finding = FINDINGS[0].model_copy(update={"claim": "the claim " * 9, "detail": "arn:aws:iam::111122223333:role/" + "x" * 60})
    lines = views.text(finding).splitlines()[2:]

    assert [
        f"  ✓ kept   {'the claim ' * 4}the claim  arn:aws:iam::111122223333:role/{'x' * 60}  read back  B1",
        "           the claim the claim the claim the claim",
    ] == lines


def test_names_stay_as_they_are() -> None:
    """Text needs no escaping."""
    assert HOSTILE in views.text(hostile()[0])
