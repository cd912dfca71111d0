"""Turn Redshift statements into what the PostgreSQL behind the stand-in runs, or into a refusal. Pure.

Anything Redshift would refuse is refused; what Redshift has and this has not is refused as `not modelled`, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass

from runbook_lib.sandbox.redshift.dialect import FIRST_WORDS, NOT_MODELLED, NOT_MODELLED_FIRST, refuse_foreign_words
from runbook_lib.sandbox.redshift.grants import grant_statement
from runbook_lib.sandbox.redshift.lexer import (
    RefusedError,
    Statement,
    array,
    folded,
    literal,
    not_modelled,
    statements,
)
from runbook_lib.sandbox.redshift.parser import Parser
from runbook_lib.sandbox.redshift.transfer import Transfer, Verb, transfer_statement
from runbook_lib.sandbox.redshift.users import drop_user, user_statement

SHOW_CASE = "SELECT coalesce(current_setting('redshift.enable_case_sensitive_identifier', true), 'off') AS enable_case_sensitive_identifier"
LARGEST = 16 * 2**20
NOTHING = "DO $rs$BEGIN END$rs$"
TRANSFERS: dict[str, Verb] = {"UNLOAD": "UNLOAD", "COPY": "COPY"}


@dataclass(frozen=True)
class Session:
    """State what a translation depends on: quoted names keep their case, and whether a transaction block is open."""

    case_sensitive: bool = False
    in_block: bool = False


@dataclass(frozen=True)
class Translation:
    """Hold the text for PostgreSQL and the command tags that the client should see (empty: as PostgreSQL says).

    What PostgreSQL has no statement for is carried out beside it: then the text does nothing.
    """

    text: str
    tags: tuple[str, ...] = ()
    transfer: Transfer | None = None


def translate(sql: str, session: Session) -> Translation:
    """Translate a string of statements; a refusal becomes a call that raises it, so that the transaction's state stays true."""
    try:
        _refuse_large(len(sql.encode()))
        given = statements(sql)
        if transfer := _transfer(given, session):
            return Translation(NOTHING, transfer=transfer)
        found = [_translated(each, session) for each in given]
    except RefusedError as refusal:
        return Translation(f"CALL pg_catalog.rs_raise({literal(refusal.code)}, {literal(refusal.message)})")
    return Translation(";".join(text for _, text in found), tuple(tag for tag, _ in found))


def _transfer(given: list[Statement], session: Session) -> Transfer | None:
    """Read UNLOAD or COPY; None when it is something else."""
    verbs = [verb for each in given if (verb := TRANSFERS.get(each.tokens[0].upper))]
    if not verbs:
        return None
    if len(given) > 1:
        raise not_modelled(f"{verbs[0]} among other statements in one string")
    parser = Parser(given[0], case_sensitive=session.case_sensitive)
    parser.take(verbs[0])
    return transfer_statement(parser, verbs[0], lambda sql: _query(sql, session))


def _query(sql: str, session: Session) -> str:
    """Translate the query of an UNLOAD, which stays within its parentheses."""
    found = statements(sql)
    if len(found) != 1 or found[0].tokens[0].upper not in {"SELECT", "WITH"}:
        raise RefusedError("42601", "stand-in: UNLOAD takes one SELECT")
    depth = 0
    for token in found[0].tokens:
        depth += {"(": 1, ")": -1}.get(token.upper, 0)
        if depth < 0:
            raise RefusedError("42601", 'syntax error at or near ")"')
        if depth == 0 and token.upper == "LIMIT":
            raise RefusedError("0A000", "Limit clause is not supported in the outermost select of an UNLOAD statement")
    refuse_foreign_words(found[0])
    return _rewritten(found[0], session)


def _refuse_large(size: int) -> None:
    if size > LARGEST:
        raise RefusedError("54000", f"Statement is too large. Statement Size: {size} bytes. Maximum Allowed: {LARGEST} bytes")


def _translated(statement: Statement, session: Session) -> tuple[str, str]:
    tag, parts = _parts(statement, session)
    if len(parts) == 1:
        return tag, parts[0]
    if not parts:
        return tag, "SELECT 1 WHERE false"
    return tag, "DO $rs$BEGIN " + " ".join(f"EXECUTE {literal(part)};" for part in parts) + " END$rs$"


def _parts(statement: Statement, session: Session) -> tuple[str, list[str]]:
    parser = Parser(statement, case_sensitive=session.case_sensitive)
    first, second = parser.peek(), parser.peek(1)
    if first in NOT_MODELLED_FIRST:
        raise not_modelled(first)
    if first not in FIRST_WORDS:
        raise RefusedError("42601", f'syntax error at or near "{statement.tokens[0].text}"')
    if first in {"GRANT", "REVOKE"}:
        parser.take(first)
        return first, grant_statement(parser, first, in_block=session.in_block)
    if second == "USER" and first in {"CREATE", "ALTER", "DROP"}:
        parser.take(first, "USER")
        return f"{first} USER", drop_user(parser) if first == "DROP" else user_statement(parser, first)
    if first == "DROP" and second in {"SCHEMA", "TABLE", "VIEW"}:
        return f"DROP {second}", [_drop(parser, second)]
    if first == "CREATE" and (second, parser.peek(2)) == ("EXTERNAL", "SCHEMA"):
        return "CREATE SCHEMA", [_external_schema(parser)]
    if first in {"CREATE", "ALTER", "DROP"} and second in NOT_MODELLED | {"EXTERNAL"}:
        raise not_modelled(f"{first} {second}")
    if first == "SET" and second == "ENABLE_CASE_SENSITIVE_IDENTIFIER":
        return "SET", [f"SET redshift.enable_case_sensitive_identifier TO {statement.tokens[-1].text}"]
    if first == "SHOW" and second == "ENABLE_CASE_SENSITIVE_IDENTIFIER":
        return "SHOW", [SHOW_CASE]
    refuse_foreign_words(statement)
    return "", [_rewritten(statement, session)]


def _drop(parser: Parser, kind: str) -> str:
    parser.take("DROP", kind)
    is_lenient = parser.take("IF", "EXISTS")
    names = parser.names() if kind == "SCHEMA" else parser.qualifieds()
    is_cascade = parser.take("CASCADE")
    _ = is_cascade or parser.take("RESTRICT")
    parser.end()
    flags = f"{str(is_lenient).lower()}, {str(is_cascade).lower()}"
    return f"CALL pg_catalog.rs_drop({literal(kind.lower())}, {array(names)}, {flags})"


def _external_schema(parser: Parser) -> str:
    parser.take("CREATE", "EXTERNAL", "SCHEMA")
    parser.take("IF", "NOT", "EXISTS")
    name = parser.name()
    parser.need("FROM", "DATA", "CATALOG", "DATABASE")
    database = parser.string()
    return f"CALL pg_catalog.rs_external_schema({literal(name)}, {literal(database)})"


def _rewritten(statement: Statement, session: Session) -> str:
    """Fold quoted names, name the cluster's id as a function, and drop a late-binding view's last words."""
    text = statement.text
    for token in reversed(statement.tokens):
        if token.kind == "quoted" and not session.case_sensitive:
            text = _spliced(text, token.start, len(token.text), folded(token.text))
        elif token.upper == "CURRENT_NAMESPACE":
            text = _spliced(text, token.start, len(token.text), "pg_catalog.rs_namespace()")
    last = [token.upper for token in statement.tokens[-4:]]
    if last == ["WITH", "NO", "SCHEMA", "BINDING"] and statement.tokens[0].upper == "CREATE":
        text = text[: statement.tokens[-4].start]
    return text


def _spliced(text: str, start: int, length: int, new: str) -> str:
    return text[:start] + new + text[start + length :]
