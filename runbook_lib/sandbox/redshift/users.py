"""CREATE, ALTER and DROP USER: options, password rules, md5 and sha256 literals."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runbook_lib.sandbox.redshift.lexer import RefusedError, identifier, literal, not_modelled

if TYPE_CHECKING:
    from runbook_lib.sandbox.redshift.parser import Parser

MD5 = re.compile(r"md5[0-9a-fA-F]{32}")
SHORTEST, LONGEST = 8, 64
NEVER_DISABLED = "can't disable a superuser's password"
SHA256_PARTS = re.compile(r"[0-9a-fA-F]{64}")


@dataclass
class Options:
    """Collect what a user statement says."""

    native: list[str] = field(default_factory=list)
    syslog: str = ""
    timeout: str = ""
    password: str = ""
    sha256: str = ""
    secret: str = ""
    has_password: bool = False
    is_disabled: bool = False


def user_statement(parser: Parser, verb: str) -> list[str]:
    """Translate CREATE USER or ALTER USER."""
    user = parser.name(is_user=True)
    parser.take("WITH")
    if user == "public":
        raise RefusedError("42939", 'user name "public" is reserved')
    if verb == "ALTER" and parser.take("RENAME", "TO"):
        return [f"ALTER USER {identifier(user)} RENAME TO {identifier(parser.name(is_user=True))}"]
    options = Options()
    while not parser.is_done:
        if not (_password(parser, user, options) or _right(parser, options) or _limit(parser, verb, options)):
            parser.refuse()
    if verb == "CREATE" and not options.has_password:
        raise RefusedError("42601", "syntax error: CREATE USER needs a PASSWORD clause")
    if options.is_disabled and "SUPERUSER" in options.native:
        raise RefusedError("42501", NEVER_DISABLED)
    return _statements(verb, user, options)


def _statements(verb: str, user: str, options: Options) -> list[str]:
    native = [*options.native, *filter(None, [options.password])]
    found = [f"{verb} USER {identifier(user)} {' '.join(native)}"] if native or verb == "CREATE" else []
    if options.is_disabled and verb == "ALTER":
        found.insert(0, f"CALL pg_catalog.rs_refuse_superuser({literal(user)}, {literal(NEVER_DISABLED)})")
    if options.syslog or options.timeout or options.has_password:
        values = (user, options.syslog, options.timeout, options.sha256, options.secret)
        texts = ", ".join(literal(value) if value else "NULL" for value in values)
        found.append(f"CALL pg_catalog.rs_user_options({texts}, {'true' if options.has_password else 'false'})")
    return found


def _password(parser: Parser, user: str, options: Options) -> bool:
    if not parser.take("PASSWORD"):
        return False
    options.has_password = True
    if parser.take("DISABLE"):
        # One that nobody knows: without any the server would refuse those too who come with a temporary password of IAM's.
        options.password, options.is_disabled = f"PASSWORD {literal(md5(secrets.token_hex(24), user))}", True
        return True
    given = parser.string()
    if given.startswith("sha256|"):
        options.sha256, options.secret = _sha256(given), secrets.token_hex(24)
        given = md5(options.secret, user)
    elif not MD5.fullmatch(given):
        refuse_weak(given)
        given = md5(given, user)
    options.password = f"PASSWORD {literal(given)}"
    return True


def md5(password: str, user: str) -> str:
    """Hash as PostgreSQL and Redshift store it."""
    return "md5" + hashlib.md5((password + user).encode(), usedforsecurity=False).hexdigest()


def _sha256(given: str) -> str:
    parts = given.split("|")[1:]
    if len(parts) == 1:
        refuse_weak(parts[0])
        salt = secrets.token_hex(32)
        return f"{hashlib.sha256(parts[0].encode() + bytes.fromhex(salt)).hexdigest()}|{salt}"
    if len(parts) == len(("hash", "salt")) and all(SHA256_PARTS.fullmatch(part) for part in parts):
        return "|".join(parts)
    raise RefusedError("22023", "invalid sha256 password")


def refuse_weak(password: str) -> None:
    """Refuse what breaks Redshift's password rules, without quoting it."""
    rules = (
        (SHORTEST <= len(password) <= LONGEST, "must be 8 to 64 characters"),
        (re.search("[a-z]", password), "must contain a lowercase letter"),
        (re.search("[A-Z]", password), "must contain an uppercase letter"),
        (re.search("[0-9]", password), "must contain a number"),
        (not re.search(r"""[^!-~]|['"\\/@]""", password), "has a character outside ASCII 33-126 or one of ' \" \\ / @"),
    )
    for holds, rule in rules:
        if not holds:
            raise RefusedError("22023", f"invalid password: {rule}")


def _right(parser: Parser, options: Options) -> bool:
    rights = {
        "CREATEDB": "CREATEDB",
        "NOCREATEDB": "NOCREATEDB",
        "CREATEUSER": "SUPERUSER",
        "NOCREATEUSER": "NOSUPERUSER",
    }
    if parser.peek() in rights:
        options.native.append(rights[parser.word()])
        return True
    if parser.take("SYSLOG", "ACCESS"):
        options.syslog = parser.word()
        if options.syslog not in {"RESTRICTED", "UNRESTRICTED"}:
            parser.refuse()
        return True
    return False


def _limit(parser: Parser, verb: str, options: Options) -> bool:
    if verb == "CREATE" and parser.take("IN", "GROUP"):
        options.native.append("IN GROUP " + ", ".join(identifier(name) for name in parser.names()))
    elif parser.take("VALID", "UNTIL"):
        options.native.append(f"VALID UNTIL {literal(parser.string())}")
    elif parser.take("CONNECTION", "LIMIT"):
        options.native.append("CONNECTION LIMIT " + ("-1" if parser.take("UNLIMITED") else parser.number()))
    elif parser.take("SESSION", "TIMEOUT"):
        options.timeout = parser.number()
    elif parser.peek() == "EXTERNALID" or (verb == "ALTER" and parser.peek() in {"SET", "RESET"}):
        raise not_modelled(f"{verb} USER ... {parser.peek()}")
    else:
        return False
    return True


def drop_user(parser: Parser) -> list[str]:
    """Translate DROP USER: refused while a user owns or holds anything in this database."""
    is_lenient = parser.take("IF", "EXISTS")
    users = parser.names(is_user=True)
    parser.end()
    return [f"CALL pg_catalog.rs_drop_user({literal(user)}, {'true' if is_lenient else 'false'})" for user in users]
