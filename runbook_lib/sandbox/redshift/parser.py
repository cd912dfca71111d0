"""Walk over the tokens of one statement."""

from __future__ import annotations

import re
from typing import NoReturn

from runbook_lib.sandbox.redshift.lexer import RefusedError, Statement, folded, identifier
from runbook_lib.sandbox.redshift.secrecy import near

LONGEST_HERE, LONGEST_THERE = 63, 127


class Parser:
    """Take words, names, strings and numbers from a statement in order."""

    def __init__(self, statement: Statement, *, case_sensitive: bool) -> None:
        self.statement, self._case_sensitive = statement, case_sensitive
        self.place = 0

    @property
    def is_done(self) -> bool:
        """Tell whether every token was taken."""
        return self.place >= len(self.statement.tokens)

    def peek(self, ahead: int = 0) -> str:
        """Look at a word or operator without taking it."""
        place = self.place + ahead
        return self.statement.tokens[place].upper if place < len(self.statement.tokens) else ""

    def refuse(self) -> NoReturn:
        """Refuse what stands here as a syntax error."""
        if self.is_done:
            raise RefusedError("42601", "syntax error at end of input")
        raise RefusedError("42601", f'syntax error at or near "{near(self.statement.tokens, self.place)}"')

    def take(self, *words: str) -> bool:
        """Take words if all of them stand here."""
        if all(self.peek(ahead) == word for ahead, word in enumerate(words)):
            self.place += len(words)
            return True
        return False

    def need(self, *words: str) -> None:
        """Take words, or refuse."""
        if not self.take(*words):
            self.refuse()

    def end(self) -> None:
        """Refuse anything that is left."""
        if not self.is_done:
            self.refuse()

    def word(self) -> str:
        """Take any word, in upper case."""
        if self.is_done or self.statement.tokens[self.place].kind != "word":
            self.refuse()
        self.place += 1
        return self.statement.tokens[self.place - 1].upper

    def name(self, *, is_user: bool = False) -> str:
        """Take a name: unquoted ones fold, quoted ones fold too but for users' names."""
        if self.is_done:
            self.refuse()
        token = self.statement.tokens[self.place]
        if token.kind == "word":
            name = token.text.lower()
        elif token.kind == "quoted":
            name = token.text[1:-1].replace('""', '"')
            name = name if is_user or self._case_sensitive else folded(name)
        else:
            self.refuse()
        self.place += 1
        return _checked(name)

    def names(self, *, is_user: bool = False) -> list[str]:
        """Take a list of names."""
        found = [self.name(is_user=is_user)]
        while self.take(","):
            found.append(self.name(is_user=is_user))
        return found

    def qualified(self) -> str:
        """Take a name with its schema, quoted for PostgreSQL."""
        parts = [self.name()]
        while self.take("."):
            parts.append(self.name())
        return ".".join(identifier(part) for part in parts)

    def qualifieds(self) -> list[str]:
        """Take a list of qualified names."""
        found = [self.qualified()]
        while self.take(","):
            found.append(self.qualified())
        return found

    def string(self) -> str:
        """Take a string literal's value."""
        return re.sub(r"\\(.)", r"\1", self.raw_string(), flags=re.DOTALL)

    def raw_string(self) -> str:
        """Take a string literal's value with its backslashes as they stand."""
        if self.is_done or self.statement.tokens[self.place].kind != "string":
            self.refuse()
        text = self.statement.tokens[self.place].text
        self.place += 1
        return text[text.index("'") + 1 : -1].replace("''", "'")

    def number(self) -> str:
        """Take a number."""
        if self.is_done or self.statement.tokens[self.place].kind != "number":
            self.refuse()
        self.place += 1
        return self.statement.tokens[self.place - 1].text


def _checked(name: str) -> str:
    if not name:
        raise RefusedError("42601", "zero-length delimited identifier")
    length = len(name.encode())
    if length > LONGEST_THERE:
        raise RefusedError("42622", f'identifier "{name[:20]}..." must be 127 bytes or less')
    if length > LONGEST_HERE:
        raise RefusedError("0A000", "stand-in: names of 64 to 127 bytes work on Redshift but not here")
    return name
