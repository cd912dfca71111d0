"""What describes AWS's services is read once, before it is needed."""

from __future__ import annotations

import pytest
from botocore.loaders import JSONFileLoader
from botocore.session import Session

from runbook_lib.adapters.aws import descriptions


def test_nothing_is_read_again_for_what_stages_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """After everything was read, a session makes its clients and their pages from what is held."""
    descriptions.read()
    found: list[str] = []
    load = JSONFileLoader.load_file

    def counted(self: JSONFileLoader, file_path: str) -> object:
        content = load(self, file_path)
        found.extend([file_path] if content else [])
        return content

    monkeypatch.setattr(JSONFileLoader, "load_file", counted)
    session = Session()
    session.register_component("data_loader", descriptions.loader())
    for service in descriptions.SERVICES:
        session.create_client(service, "eu-central-1", aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="example").close()

    assert [] == found
