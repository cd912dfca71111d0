"""Rules across fields: each is a function that yields what is wrong, where, and the way out. Pure; nothing is asked of a network."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from runbook_lib.parameters import approval_rules, aws_rules, database_rules, record_rules
from runbook_lib.parameters import waivers as waiver_rules
from runbook_lib.parameters.broken import Broken, RawRule, Rule, sides
from runbook_lib.parameters.clear_text import UNQUOTED, is_reference, looks_like
from runbook_lib.parameters.ledger import LEDGER
from runbook_lib.secrets import FILLED_HERE

if TYPE_CHECKING:
    from runbook_lib.parameters.schema import Environment

VENDORS = ("tonic_password", "tonic_destination_database", "schema_name")
PLACEHOLDER = re.compile(rf"<[^<>]*>|\$\{{[^}}]*\}}|\{{[a-z_]+\}}|\b(?:{'|'.join(VENDORS)})\b")
POLICY_VARIABLE = re.compile(r"\$\{(?:[A-Za-z0-9-]+:[^{}]+|[*?$])\}")
"""`${aws:username}`, `${aws:PrincipalTag/team, 'none'}`, `${*}`: IAM replaces these itself."""
PROMPT = "prompt:"
CLAIMED = (
    "database_user",
    "iam_instance_profile",
    "iam_role",
    "iam_role_policy",
    "kms_key",
    "kms_key_statement",
    "s3_bucket",
    "s3_bucket_statement",
    "secretsmanager_secret",
)
"""The kinds of resource that may exist before us, and so be adopted."""


def raw_rules(values: dict[str, Any]) -> Iterator[Broken]:
    """Ask the rules that need no types, of everything that a file says."""
    for path, value in _scalars(values, ()):
        for rule in RAW_RULES:
            yield from rule(path, value)


def _scalars(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _scalars(each, (*path, key))
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from _scalars(each, (*path, index))
    else:
        yield path, value


def placeholders(path: tuple[str | int, ...], value: Any) -> Iterator[Broken]:
    """Refuse what was copied from an example and not filled in; IAM's own variables are fine in extra_statements."""
    if not isinstance(value, str):
        return
    text = POLICY_VARIABLE.sub("", value) if path[0] == "extra_statements" else value
    if found := PLACEHOLDER.search(text):
        shown = "a placeholder" if UNQUOTED & set(path) and found[0] not in VENDORS else f"the placeholder {found[0]}"
        yield Broken(path, f"still holds {shown}", "fill it in")


def clear_text(path: tuple[str | int, ...], value: Any) -> Iterator[Broken]:
    """Refuse what looks like a secret in clear text: files and records are read by many."""
    if isinstance(value, str) and (kind := looks_like(value)) and not (UNQUOTED & set(path) and is_reference(value)):
        yield Broken(path, f"looks like {kind} in clear text", "remove it, and change it: it has been written down")


def confirmations(env: Environment) -> Iterator[Broken]:
    """Take confirmations only of known rows, with dates that exist."""
    for index, each in enumerate(env.confirmations):
        path: tuple[str | int, ...] = ("confirmations", index)
        if each.row not in LEDGER:
            yield Broken((*path, "row"), f"{each.row} is no row of the ledger", "name one such as G2 or H4")
        days = {name: _day(getattr(each, name)) for name in ("date", "expires") if getattr(each, name)}
        for name, day in days.items():
            if day is None:
                yield Broken((*path, name), "is no date", 'write it as "2026-01-31"')
        given, expires = days.get("date"), days.get("expires")
        if given and expires and expires <= given:
            yield Broken((*path, "expires"), "is not after date", "correct one of them")


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def adoption(env: Environment) -> Iterator[Broken]:
    """Take addresses only in the form that a plan shows."""
    for index, address in enumerate(env.adopt):
        kind, _, name = address.partition("/")
        if kind not in CLAIMED or not name:
            yield Broken(("adopt", index), f"{address} is no address", f"write KIND/NAME with a kind of {', '.join(CLAIMED)}")


def places(env: Environment) -> Iterator[Broken]:
    """Ask for places inside the file's own folder."""
    if env.worker is not None and (env.worker.exported.startswith("/") or ".." in env.worker.exported.split("/")):
        yield Broken(("worker", "exported"), "leaves the parameter file's folder", "put the file beside the parameter file")


def signing(env: Environment) -> Iterator[Broken]:
    """Take as a signing key a file, or a key of KMS where requests go; it may be another account's."""
    key = env.signing.key if env.signing is not None else ""
    if key.startswith("arn:") and not re.fullmatch(rf"arn:{env.aws.partition}:kms:{env.aws.region}:[0-9]{{12}}:key/.+", key):
        yield Broken(
            ("signing", "key"), f"is no key of KMS in {env.aws.region}", "name the ARN of a key there (not of an alias), or a file"
        )


def prompts_for_users(env: Environment) -> Iterator[Broken]:
    """Keep what a person types for the product's user: it is proven when nobody is there."""
    for side, database in sides(env):
        if _is_only_asked_for(database.user.password):
            way_out = "write prompt:secretsmanager:NAME to have it kept, generate:secretsmanager:NAME, or where it is kept"
            yield Broken((side, "user", "password"), "is asked for, and the user is proven when nobody can answer", way_out)


def unattended_prompts(env: Environment) -> Iterator[Broken]:
    """Refuse to ask where nobody can answer: in a command, and in a notebook that papermill runs."""
    for side, database in sides(env):
        if _is_only_asked_for(database.admin.password):
            way_out = "write where it is kept, or step through the notebooks in JupyterLab"
            yield Broken((side, "admin", "password"), "is asked for, and nobody is there to answer", way_out)


def _is_only_asked_for(password: str) -> bool:
    return password.startswith(PROMPT) and not password.startswith(FILLED_HERE)


RULES: tuple[Rule, ...] = (
    *approval_rules.RULES,
    *aws_rules.RULES,
    *database_rules.RULES,
    *record_rules.RULES,
    *waiver_rules.RULES,
    confirmations,
    adoption,
    places,
    signing,
    prompts_for_users,
)
UNATTENDED_RULES: tuple[Rule, ...] = (unattended_prompts,)
"""Rules for where nobody can answer."""
RAW_RULES: tuple[RawRule, ...] = (placeholders, clear_text)
"""Rules about any value, asked before its type."""
