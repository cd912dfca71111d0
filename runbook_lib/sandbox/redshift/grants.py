"""GRANT and REVOKE: what PostgreSQL has is passed on, DROP, ALTER and database USAGE live in a side table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.sandbox.redshift.lexer import RefusedError, array, identifier, literal, not_modelled

if TYPE_CHECKING:
    from runbook_lib.sandbox.redshift.parser import Parser

NATIVE = {
    "table": {"SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES", "TRUNCATE"},
    "database": {"CREATE", "TEMPORARY", "TEMP"},
    "schema": {"CREATE", "USAGE"},
}
SIDE = {"table": {"DROP", "ALTER"}, "database": {"USAGE", "ALTER"}, "schema": {"ALTER", "DROP"}}
OTHER_PRIVILEGES = {"ROLE", "ASSUMEROLE", "EXPLAIN", "IGNORE", "EXECUTE", "SHARE"}
OTHER_OBJECTS = {"FUNCTION", "PROCEDURE", "LANGUAGE", "EXTERNAL", "DATASHARE", "MODEL", "COPY"}


@dataclass(frozen=True)
class Subject:
    """Hold what a grant is on: the class, whether it means all tables of schemas, and names as PostgreSQL takes them."""

    kind: str
    is_all_tables: bool
    names: tuple[str, ...]

    @property
    def sql(self) -> str:
        """Write it for PostgreSQL."""
        names = ", ".join(self.names if self.kind == "table" and not self.is_all_tables else map(identifier, self.names))
        prefix = "ALL TABLES IN SCHEMA " if self.is_all_tables else "" if self.kind == "table" else f"{self.kind.upper()} "
        return prefix + names


def grant_statement(parser: Parser, verb: str, *, in_block: bool) -> list[str]:
    """Translate GRANT or REVOKE; `in_block` tells of an open transaction, in which external schemas are refused."""
    only_option = verb == "REVOKE" and parser.take("GRANT", "OPTION", "FOR")
    privileges = _privileges(parser, verb)
    parser.need("ON")
    subject = _subject(parser, verb)
    parser.need("TO" if verb == "GRANT" else "FROM")
    grantees = _grantees(parser)
    with_option = verb == "GRANT" and parser.take("WITH", "GRANT", "OPTION")
    if verb == "REVOKE":
        _ = parser.take("RESTRICT") or parser.take("CASCADE")
    parser.end()
    native, side = _divided(privileges, subject.kind)
    found = []
    if subject.kind == "schema" and in_block:
        found.append(f"CALL pg_catalog.rs_refuse_external({array(list(subject.names))})")
    if native:
        found.append(
            f"{verb} {'GRANT OPTION FOR ' if only_option else ''}{', '.join(native)} ON {subject.sql} "
            f"{'TO' if verb == 'GRANT' else 'FROM'} {', '.join(sql for _, sql in grantees)}"
            f"{' WITH GRANT OPTION' if with_option else ''}"
        )
    if side:
        kind = "alltables" if subject.is_all_tables else subject.kind
        names = array([name for name, _ in grantees])
        flag = "true" if with_option or only_option else "false"
        found.append(f"CALL pg_catalog.rs_{verb.lower()}({literal(kind)}, {array(list(subject.names))}, {array(side)}, {names}, {flag})")
    return found


def _privileges(parser: Parser, verb: str) -> list[str]:
    if parser.peek() in OTHER_PRIVILEGES:
        raise not_modelled(f"{verb} {parser.peek()}")
    if parser.take("ALL"):
        parser.take("PRIVILEGES")
        found = ["ALL"]
    else:
        found = [parser.word()]
        while parser.take(","):
            found.append(parser.word())
    if parser.peek() == "(":
        raise not_modelled("a column privilege")
    if parser.peek() == "FOR":
        raise not_modelled("a scoped permission (FOR ... IN)")
    return found


def _subject(parser: Parser, verb: str) -> Subject:
    if parser.take("ALL", "TABLES", "IN", "SCHEMA"):
        return Subject("table", is_all_tables=True, names=tuple(parser.names()))
    for kind in ("DATABASE", "SCHEMA"):
        if parser.take(kind):
            return Subject(kind.lower(), is_all_tables=False, names=tuple(parser.names()))
    if parser.peek() in OTHER_OBJECTS:
        raise not_modelled(f"{verb} ON {parser.peek()}")
    parser.take("TABLE")
    return Subject("table", is_all_tables=False, names=tuple(parser.qualifieds()))


def _grantees(parser: Parser) -> list[tuple[str, str]]:
    found = []
    while True:
        if parser.peek() == "ROLE":
            raise not_modelled("an RBAC role")
        group = parser.take("GROUP")
        is_word = parser.peek() == "PUBLIC"
        name = parser.name(is_user=True)
        found.append((name, "PUBLIC" if is_word else f"{'GROUP ' if group else ''}{identifier(name)}"))
        if not parser.take(","):
            return found


def _divided(privileges: list[str], kind: str) -> tuple[list[str], list[str]]:
    native, side = NATIVE[kind], SIDE[kind]
    if privileges == ["ALL"]:
        return sorted(native - {"TEMP"}), sorted(side)
    for privilege in privileges:
        if privilege not in native | side:
            raise RefusedError("0LP01", f"invalid privilege type {privilege} for {'relation' if kind == 'table' else kind}")
    return [each for each in privileges if each in native], [each for each in privileges if each in side]
