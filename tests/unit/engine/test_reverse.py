"""What a destroy may not touch is said with the way out."""

from __future__ import annotations

from runbook_lib.engine import reverse
from runbook_lib.model import Change, Owed, Unanswered, Written
from runbook_lib.resources.kms import KeyAlias
from tests.fakes import FakeTarget
from tests.properties.strategies import SCOPE

ALIAS = KeyAlias(name="tonic", key="@(kms_key/tonic)")


def test_what_may_not_be_read_is_owed_with_its_way_out() -> None:
    """An alias that points at somebody's key by now is left, and the plan tells the command that points it back."""
    refusal = Unanswered("points at another key", "broken", by="cloud engineer", way_out="aws kms update-alias")
    made = Written(stage="encryption", change=Change(before=None, after=ALIAS), scope=SCOPE)

    plan = reverse("staging", (made,), FakeTarget(refused={ALIAS.address: refusal}), SCOPE)

    left = Owed(
        address=ALIAS.address, by="cloud engineer", reason="points at another key", way_out="aws kms update-alias", verdict="broken"
    )
    assert ((), (left,)) == (plan.changes, plan.owed)
