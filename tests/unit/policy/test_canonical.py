"""Canonical form and meaning of policy documents."""

from __future__ import annotations

import json

import pytest

from runbook_lib.policy import (
    canonical,
    canonical_statement,
    meaning,
    same_meaning,
    same_statement,
    statement_by_sid,
    with_statement,
    without_statement,
)

ROOT = "arn:aws:iam::111122223333:root"


def document(**statement: object) -> dict[str, object]:
    """Make a document of one statement."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}


def test_scalars_and_lists_are_one_form() -> None:
    """A scalar and a list of one are written the same way."""
    assert canonical(document(Action="s3:GetObject", Resource="*")) == (
        '{"Statement":[{"Action":["s3:GetObject"],"Effect":"Allow","Resource":["*"]}],"Version":"2012-10-17"}'
    )


def test_canonical_keeps_the_case_of_actions() -> None:
    """What is shown and sent keeps its spelling."""
    assert json.loads(canonical_statement({"Action": "S3:getObject"})) == {"Action": ["S3:getObject"]}


def test_canonical_is_a_fixed_point() -> None:
    """The canonical form of a canonical form is itself."""
    text = canonical({"Statement": {"Principal": {"AWS": "1"}, "Condition": {"Bool": {"k": True}}, "Action": ["b", "a"]}})
    assert canonical(text) == text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (document(Action=["b:X", "a:Y"]), document(Action=["a:Y", "b:X", "a:Y"])),
        (document(Action="S3:getobject"), document(Action=["s3:GetObject"])),
        (document(Action=["s3:GetObject", "s3:getObject"]), document(Action="s3:GetObject")),
        (document(Principal={"AWS": ROOT}), document(Principal={"AWS": ["111122223333"]})),
        (document(Principal={"AWS": "arn:aws-us-gov:iam::111122223333:root"}), document(Principal={"AWS": "111122223333"})),
        (document(Principal="*"), document(Principal={"AWS": "*"})),
        (document(Condition={"Bool": {"aws:SecureTransport": False}}), document(Condition={"Bool": {"aws:securetransport": ["false"]}})),
        (document(Condition={"NumericLessThan": {"s3:max-keys": 10}}), document(Condition={"NumericLessThan": {"s3:max-keys": "10"}})),
        (document(Condition={}), document()),
        (document(Sid=""), document()),
        ({"Statement": []}, {"Version": "2008-10-17", "Id": "key-default-1", "Statement": []}),
        ({"Statement": {"Effect": "Deny"}}, {"Statement": [{"Effect": "Deny"}, {"Effect": "Deny"}]}),
        ({"Statement": [{"Sid": "A"}, {"Sid": "B"}]}, {"Statement": [{"Sid": "B"}, {"Sid": "A"}]}),
    ],
)  # fmt: skip
def test_spelling_is_not_meaning(one: dict[str, object], other: dict[str, object]) -> None:
    """Documents that differ in spelling only mean the same."""
    assert meaning(one) == meaning(json.dumps(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (document(Resource="arn:aws:s3:::Tonic"), document(Resource="arn:aws:s3:::tonic")),
        (document(Action="s3:GetObject"), document(NotAction="s3:GetObject")),
        (document(Action="s3:GetObject"), document(Action=["s3:GetObject", "s3:PutObject"])),
        (document(Principal={"AWS": ROOT}), document(Principal={"AWS": "arn:aws:iam::111122223333:role/root"})),
        (document(Principal={"Service": "s3.amazonaws.com"}), document(Principal={"AWS": "s3.amazonaws.com"})),
        (document(Condition={"StringLike": {"k": "v"}}), document(Condition={"StringEquals": {"k": "v"}})),
        (document(Condition={"StringLike": {"k": "v"}}), document(Condition={"StringLike": {"k": "V"}})),
        (document(), {"Version": "2008-10-17", "Statement": [{"Effect": "Allow"}]}),
        (document(Sid="A"), document(Sid="B")),
    ],
)
def test_meaning_is_not_lost(one: dict[str, object], other: dict[str, object]) -> None:
    """Documents that differ in more than spelling are told apart."""
    assert not same_meaning(one, other)


def test_statements_compare_by_meaning() -> None:
    """One statement equals its other spelling."""
    assert same_statement({"Action": "KMS:decrypt", "Resource": ["*"]}, '{"Resource": "*", "Action": ["kms:Decrypt"]}')


KEY_POLICY = {
    "Version": "2012-10-17",
    "Id": "key-default-1",
    "Statement": [
        {"Sid": "Root", "Principal": {"AWS": ROOT}, "Action": "kms:*"},
        {"Sid": "Ours", "Action": "kms:Decrypt"},
    ],
}


def test_a_statement_is_replaced_in_its_place() -> None:
    """Merging changes the statement with the Sid and leaves the rest as it is written."""
    merged = with_statement({**KEY_POLICY, "Statement": [*reversed(KEY_POLICY["Statement"])]}, {"Sid": "Ours", "Action": "kms:Encrypt"})
    assert merged == {**KEY_POLICY, "Statement": [{"Sid": "Ours", "Action": "kms:Encrypt"}, KEY_POLICY["Statement"][0]]}


def test_a_new_statement_goes_to_the_end() -> None:
    """Merging a new Sid appends it, also to a single statement that stands in no list."""
    assert with_statement({"Statement": {"Sid": "Root"}}, {"Sid": "New"}) == {"Statement": [{"Sid": "Root"}, {"Sid": "New"}]}


def test_taking_a_statement_out_leaves_the_rest() -> None:
    """Removal by Sid leaves the document otherwise as it is written."""
    assert without_statement(json.dumps(KEY_POLICY), "Ours") == {
        **KEY_POLICY,
        "Statement": [KEY_POLICY["Statement"][0]],
    }


def test_a_statement_is_found_by_sid() -> None:
    """The statement with the Sid is found, an unknown Sid gives nothing."""
    assert (statement_by_sid(KEY_POLICY, "Ours"), statement_by_sid(KEY_POLICY, "Theirs")) == (
        KEY_POLICY["Statement"][1],
        None,
    )


def test_what_is_no_object_is_refused() -> None:
    """A JSON list is no policy."""
    with pytest.raises(ValueError, match="a policy is a JSON object"):
        canonical("[]")
