"""Where a browser may break: between the parts of a name, never within a word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_lib.views.wrapping import wrapped
from tests.unit.views.markup import read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("iam:AddRoleToInstanceProfile", "iam:AddRoleToInstance<wbr>Profile"),
        ("tonic-runbook:environment=sandbox, x", "tonic-runbook:<wbr>environment=sandbox, x"),
        ("20260630T090000Z-apply-0000000000000000", "20260630T090000Z-apply-0000000000000000"),
        ("s3:GetObject, and s3:AbortMultipartUpload", "s3:GetObject, and s3:AbortMultipartUpload"),
    ],
)
def test_a_long_name_may_be_broken_between_its_parts(text: str, expected: str) -> None:
    """A name that fits a column stays whole, and a hyphen needs no help."""
    assert expected == wrapped(text)


@given(st.text())
def test_nothing_is_added_to_the_text(text: str) -> None:
    """Whoever copies it gets what was written, and a hostile text stays text."""
    assert text.replace("\r", "") == read(wrapped(text)).text.replace("\r", "")
