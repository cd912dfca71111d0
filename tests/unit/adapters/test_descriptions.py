"""What describes AWS's services is read once, before it is needed."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.loaders import JSONFileLoader, Loader
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


@pytest.mark.parametrize("service", descriptions.SERVICES)
def test_a_model_lacks_the_words_for_people_and_nothing_else(service: str) -> None:
    """What is held of a service is what botocore reads, but for what documents a model, an operation, a shape or a member."""

    def bare(value: Any, *, of: str = "") -> Any:
        if not isinstance(value, dict):
            return [bare(each) for each in value] if isinstance(value, list) else value
        # In these, and in nothing else, keys are names.
        named = of in {"shapes", "operations", "members"}
        if of == "clientContextParams":
            return value
        return {key: bare(each, of="" if named else key) for key, each in value.items() if named or key != "documentation"}

    assert bare(Loader().load_service_model(service, "service-2")) == descriptions.loader().load_service_model(service, "service-2")


@pytest.mark.parametrize("service", descriptions.SERVICES)
def test_botocore_reads_a_services_settings(service: str) -> None:
    """A setting keeps its words: botocore asks for them with the first call to a service that has any."""
    session = Session()
    session.register_component("data_loader", descriptions.loader())
    model = session.get_service_model(service)

    assert all(each.documentation for each in model.client_context_parameters)
