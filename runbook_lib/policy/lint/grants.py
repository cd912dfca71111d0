"""Rules about actions and the resources beside them: what is never granted, and what is granted too widely."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from runbook_lib.policy.lint.finding import Kind, LintFinding, eased, found, listed
from runbook_lib.policy.lint.globs import is_pattern
from runbook_lib.policy.lint.lookup import Named, alike, expanded, fits, is_arn, is_read
from runbook_lib.policy.reference import reference

if TYPE_CHECKING:
    from runbook_lib.policy.lint.reading import Reading
    from runbook_lib.policy.lint.statements import Statement

OWN: dict[Kind, str] = {"trust": "sts", "key": "kms", "bucket": "s3", "queue": "sqs"}
"""The service whose actions a resource's policy may speak of."""
_IDENTITY: tuple[Kind, ...] = ("identity", "boundary")


def unknown_action(statement: Statement, _reading: Reading) -> Iterator[LintFinding]:
    """Find actions that AWS has not."""
    wrong = tuple(each for each in statement.actions if _is_unknown(each))
    if wrong:
        meant = alike(wrong[0])
        way_out = f"write {meant}" if meant else "look the name up in the service's authorization reference"
        yield found("unknown-action", statement.label, f"names {listed(_short(wrong))}, which AWS has not", way_out)


def not_checked(statement: Statement, _reading: Reading) -> Iterator[LintFinding]:
    """Name what the reference was not read for: what cannot be decided is not passed over."""
    names = tuple(each for each in statement.actions if each != "*" and _is_known_prefix(each) and not is_read(each))
    if names:
        what = f"names {listed(_short(names))}, of a service that the reference here does not hold"
        yield found("not-checked", statement.label, what, "check it with Access Analyzer's ValidatePolicy")


def foreign_action(statement: Statement, reading: Reading) -> Iterator[LintFinding]:
    """Find actions of another service in a resource's own policy."""
    own = OWN.get(reading.kind)
    names = tuple(each for each in statement.actions if own and each != "*" and each.lower().partition(":")[0] != own)
    if names:
        way_out = f"a policy of this kind speaks of {own}: actions alone"
        yield found("foreign-action", statement.label, f"names {listed(_short(names))}, which it never decides", way_out)


def no_matching_resource(statement: Statement, reading: Reading) -> Iterator[LintFinding]:
    """Find actions of which no resource beside them is of a type that they are asked for on."""
    if not _is_judged_by_resource(statement, reading):
        return
    lost = tuple(name for name, named in _groups(statement) if any(each.types for _, each in named) and not _any_fits(named, statement))
    if lost:
        verb = "grants" if statement.is_allow else "refuses"
        what = f"never {verb} {listed(lost)}: no resource beside it is of a fitting type"
        yield found("no-matching-resource", statement.label, what, f"add an ARN such as {_form(lost[0])}, or take the action out")


def needs_star(statement: Statement, reading: Reading) -> Iterator[LintFinding]:
    """Find actions that have no types of resource where `*` is not named."""
    if not _is_judged_by_resource(statement, reading):
        return
    lost = tuple(name for name, named in _groups(statement) if not any(each.types for _, each in named))
    if lost:
        verb = "grants" if statement.is_allow else "refuses"
        what = f"never {verb} {listed(lost)}, which no ARN narrows"
        way_out = "take it out: the policy of a resource never decides it"
        if reading.kind in _IDENTITY:
            way_out = 'put it into a statement of its own with "Resource": "*"'
        yield found("needs-star", statement.label, what, way_out)


def scopable_on_star(statement: Statement, reading: Reading) -> Iterator[LintFinding]:
    """Find what is granted on everything although it takes ARNs; under a condition about the resource it is a note."""
    is_about_all = "*" in statement.resources and not (statement.is_not_action or statement.is_not_resource)
    if not statement.is_allow or reading.kind not in _IDENTITY or not is_about_all:
        return
    named = tuple(each for pattern in statement.actions for each in expanded(pattern) if each[1].types)
    names = tuple(_name(each) for each in named) if "*" not in statement.actions else ("every action",)
    if names:
        is_narrowed = bool(named) and all(_names_resource(each, statement.narrowing_keys) for each in named)
        mild = eased("note", when=is_narrowed or reading.kind == "boundary")
        what = f"allows {listed(names)} on every resource"
        yield found("scopable-on-star", statement.label, what, f"name the ARNs, such as {_form(names[0])}", mild)


def not_action(statement: Statement, reading: Reading) -> Iterator[LintFinding]:
    """Find an Allow of all but what is named."""
    negated = [name for name, is_so in (("NotAction", statement.is_not_action), ("NotResource", statement.is_not_resource)) if is_so]
    if statement.is_allow and negated:
        mild = eased("note", when=reading.kind == "boundary")
        what = f"allows everything but what {' and '.join(negated)} names, also what AWS adds later"
        yield found("not-action", statement.label, what, "name what is allowed, or make it a Deny", mild)


def _is_judged_by_resource(statement: Statement, reading: Reading) -> bool:
    """Tell whether it is certain which resources a statement is about; what is no ARN is another rule's."""
    is_plain = not (statement.is_not_action or statement.is_not_resource) and "*" not in statement.resources
    return is_plain and reading.kind != "trust" and all(is_arn(each) for each in statement.resources)


def _groups(statement: Statement) -> Iterator[tuple[str, tuple[Named, ...]]]:
    """Give each action of a statement with what it stands for in the reference."""
    for pattern in statement.actions:
        named = expanded(pattern)
        if named:
            yield (pattern if is_pattern(pattern) else _name(named[0])), named


def _any_fits(named: tuple[Named, ...], statement: Statement) -> bool:
    return any(fits(each, statement.resources) for each in named)


def _names_resource(named: Named, keys: frozenset[str]) -> bool:
    service, action = named
    own = {key.partition("${")[0].lower() for name in action.types for key in service.types[name].keys}
    about = {*own, "aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths"} | _arn_keys(service.keys_of(action))
    return any(key == each or (each.endswith("/") and key.startswith(each)) for key in keys for each in about)


def _arn_keys(keys: frozenset[str]) -> set[str]:
    """Choose the keys that hold the ARN of what is acted on, such as lambda:FunctionArn."""
    return {each.lower() for each in keys if each.lower().endswith("arn")}


def _form(name: str) -> str:
    named = expanded(name)
    service, action = named[0] if named else (None, None)
    if service is None or action is None or not action.types:
        return "arn:PARTITION:SERVICE:REGION:ACCOUNT:NAME"
    return service.types[action.types[-1]].arn.replace("${", "").replace("}", "")


def _name(named: Named) -> str:
    return f"{named[0].prefix}:{named[1].name}"


def _is_unknown(pattern: str) -> bool:
    return pattern != "*" and (not _is_known_prefix(pattern) or (is_read(pattern) and not expanded(pattern)))


def _is_known_prefix(pattern: str) -> bool:
    prefix, colon, name = pattern.lower().partition(":")
    return bool(colon and name) and prefix in reference().prefixes


def _short(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(each[:60] for each in names)
