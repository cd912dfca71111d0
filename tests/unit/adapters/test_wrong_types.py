"""A secret of the wrong type is told without a word of it, wherever it is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_lib.adapters.aws.secret_store import AwsSecrets
from runbook_lib.errors import Unresolved
from tests.secrecy import Hunted, any_password, found, whole

REFERENCES = ("secretsmanager:canary#key", "ssm:/canary#key", "env:CANARY#key", "generate:secretsmanager:canary#key")
WRONG = (
    lambda value: {"other": value},
    lambda value: {"key": [value]},
    lambda value: {"key": {"password": value}},
    lambda value: {"key": None, "password": value},
    lambda value: [{"key": value}],
    lambda value: value,
)


class Session:
    """Stand for AwsSession: give one text for whatever is asked."""

    def __init__(self, text: str) -> None:
        self._text = text

    def read(self, service: str, *_words: str, **_asked: Any) -> dict[str, Any]:
        """Give the secret or the parameter."""
        return {"Parameter": {"Value": self._text}} if service == "ssm" else {"SecretString": self._text}


@pytest.mark.parametrize("reference", REFERENCES)
@given(value=any_password(), wrong=st.sampled_from(WRONG))
def test_a_secret_of_the_wrong_type_is_told_by_no_frame(reference: str, value: str, wrong: Any) -> None:
    """Neither the error, nor its chain, nor any frame that led to it holds the value in any form."""
    text = json.dumps(wrong(value))
    session: Any = Session(text)
    secrets = AwsSecrets(lambda: session, {"CANARY": text})

    with pytest.raises(Unresolved) as caught:
        secrets.resolve(reference)

    del text
    assert [] == found([Hunted("it", value, ())], {"error": whole(caught.value)})
