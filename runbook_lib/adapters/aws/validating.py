"""Have Access Analyzer read policy documents (Access Analyzer API reference, "ValidatePolicy")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.resources.simulation import Validated, ValidationAsked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runbook_lib.adapters.aws.reading import Reader


def validate(question: ValidationAsked, reader: Reader) -> tuple[Validated, ...]:
    """List the findings of one document, all pages."""
    kind = {"validatePolicyResourceType": question.resource_type} if question.resource_type else {}
    found = reader.pages(
        "accessanalyzer", "validate_policy", "findings", policyDocument=question.document, policyType=question.policy_type, **kind
    )
    return tuple(
        Validated(
            type=each["findingType"],
            code=each["issueCode"],
            details=each["findingDetails"],
            link=each["learnMoreLink"],
            places=tuple("".join(_path(place["path"])) for place in each["locations"]),
        )
        for each in found
    )


def _path(path: list[Mapping[str, Any]]) -> Iterator[str]:
    """Write a path through a document as `Statement[0].Action[1]`; a value is the end of one, and its letters are not told."""
    for number, element in enumerate(path):
        if "index" in element:
            yield f"[{element['index']}]"
        elif "key" in element:
            yield f".{element['key']}" if number else element["key"]
