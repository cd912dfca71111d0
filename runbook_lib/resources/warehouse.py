"""Databases, users, grants, owners: what SQL sets up on either side, and what may be asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from runbook_lib.model import Question, Resource, Value
from runbook_lib.resources.secretsmanager import Secret
from runbook_lib.secrets import FILLED_HERE, parse_reference

if TYPE_CHECKING:
    from collections.abc import Collection

    from runbook_lib.model import Written

Side = Literal["source", "destination"]
Name = tuple[str, ...]
ObjectClass = Literal["schema", "table", "database"]
TABLE_INFO: Name = ("pg_catalog", "svv_table_info")
"""The view that both users read (ledger G6, H3a)."""


class OfSide(Resource):
    """Be in one of the two databases."""

    side: Side

    @property
    def place(self) -> tuple[str, ...]:
        """Name the side: host, port and database."""
        return (self.side,)


class Database(OfSide):
    """Describe a database of the side's cluster; made outside a transaction."""

    kind: ClassVar[str] = "database"
    name: str

    @property
    def address(self) -> str:
        """Name side and database."""
        return f"{self.kind}/{self.side}/{self.name}"


class DatabaseUser(OfSide):
    """Describe a user of the side's cluster; `password` is a secret reference and counts at creation only."""

    kind: ClassVar[str] = "database_user"
    is_claimed: ClassVar[bool] = True
    name: str
    password: str
    superuser: bool = False

    @property
    def address(self) -> str:
        """Name side and user."""
        return f"{self.kind}/{self.side}/{self.name}"

    @property
    def needs(self) -> str:
        """Name the secret that the runbook makes for it: one that somebody else filled would be a password that he knows."""
        return f"{Secret.kind}/{parse_reference(self.password).name}" if self.password.startswith(FILLED_HERE) else ""

    @property
    def group(self) -> str:
        """Write in the side's transaction."""
        return self.side


class Grants(OfSide):
    """Hold one privilege of one user on many objects, explicitly granted; `objects` are sorted name parts.

    Observed, it holds those of the wanted objects that are granted (owning counts as granted); none at all is None.
    A grant on an external schema runs outside a transaction, one schema a resource.
    """

    kind: ClassVar[str] = "grants"
    gives_access: ClassVar[bool] = True
    grantee: str
    privilege: str
    on: ObjectClass
    objects: tuple[Name, ...]
    external: bool = False
    label: str = ""

    @property
    def address(self) -> str:
        """Name side, user, privilege and class, and the label that tells sets of one class apart."""
        return "/".join(filter(None, (self.kind, self.side, self.grantee, self.privilege, self.on, self.label)))

    @property
    def holder(self) -> str:
        """Name the user."""
        return f"{DatabaseUser.kind}/{self.side}/{self.grantee}"

    @property
    def group(self) -> str:
        """Write in the side's transaction unless the object is external."""
        return "" if self.external else self.side

    def restored(self, history: tuple[Written, ...]) -> Resource | None:
        """Take back only what our changes granted: grants made elsewhere stay."""
        ours = self._granted(history)
        left = tuple(name for name in self.objects if name not in ours)
        return self.model_copy(update={"objects": left}) if left else None

    def covering(self, history: tuple[Written, ...]) -> Resource:
        """Add what we granted earlier, so that what is wanted no more is seen and taken back.

        DROP is left out: who owns a schema by now may drop it, and no REVOKE changes that.
        """
        more = self._granted(history).difference(self.objects) if self.privilege != "DROP" else set()
        return self.model_copy(update={"objects": tuple(sorted((*self.objects, *more)))}) if more else self

    def may_be_ours(self, known: Collection[Resource | None]) -> bool:
        """Be ours as far as our changes granted it."""
        del known
        return True

    def _granted(self, history: tuple[Written, ...]) -> set[Name]:
        """Collect what our changes granted; a revocation whose end nobody knows took nothing back."""
        ours: set[Name] = set()
        for each in history:
            had = set(each.change.before.objects) if isinstance(each.change.before, Grants) else set()
            has = set(each.change.after.objects) if isinstance(each.change.after, Grants) else set()
            ours = (ours | (has - had)) - (had - has if each.is_certain else set())
        return ours


class DefaultPrivileges(OfSide):
    """Let a user select from tables that `creator` makes later in the schemas."""

    kind: ClassVar[str] = "default_privileges"
    gives_access: ClassVar[bool] = True
    creator: str
    grantee: str
    schemas: tuple[str, ...]

    @property
    def address(self) -> str:
        """Name side, user and creator."""
        return f"{self.kind}/{self.side}/{self.grantee}/{self.creator}"

    def covering(self, history: tuple[Written, ...]) -> Resource:
        """Add the schemas of our earlier changes, so that what is wanted no more is seen and taken back."""
        earlier = [each.change.after for each in history]
        schemas = {schema for each in earlier if isinstance(each, DefaultPrivileges) for schema in each.schemas}
        return self.model_copy(update={"schemas": tuple(sorted({*self.schemas, *schemas}))})

    def may_be_ours(self, known: Collection[Resource | None]) -> bool:
        """Be ours: nobody else gives this user default privileges."""
        del known
        return True

    @property
    def holder(self) -> str:
        """Name the user."""
        return f"{DatabaseUser.kind}/{self.side}/{self.grantee}"

    @property
    def group(self) -> str:
        """Write in the side's transaction."""
        return self.side


class Ownership(OfSide):
    """Hold the owner of each object; `owners` pairs name parts with the owning user, sorted."""

    kind: ClassVar[str] = "ownership"
    on: Literal["schema", "table"]
    owners: tuple[tuple[Name, str], ...]

    @property
    def address(self) -> str:
        """Name side and class."""
        return f"{self.kind}/{self.side}/{self.on}"

    def may_be_ours(self, known: Collection[Resource | None]) -> bool:
        """Be ours as far as our changes gave it to the user."""
        del known
        return True

    def restored(self, history: tuple[Written, ...]) -> Resource | None:
        """Give each object back to the owner that our first change found."""
        found: dict[Name, str] = {}
        for each in reversed(history):
            found |= dict(each.change.before.owners) if isinstance(each.change.before, Ownership) else {}
        return self.model_copy(update={"owners": tuple((name, found.get(name, owner)) for name, owner in self.owners)})

    @property
    def group(self) -> str:
        """Write in the side's transaction."""
        return self.side


class SessionAsked(Question):
    """Ask the layers of the administrator's connection; answered with `SessionAnswer`."""

    kind: ClassVar[str] = "ask_session"
    side: Side


class SessionAnswer(Value):
    """State who is logged in where; `namespace` is the cluster's id (`current_namespace`)."""

    user: str
    is_superuser: bool
    database: str
    namespace: str
    version: str
    databases: tuple[str, ...]
    tls: bool
    host: str


class SchemasAsked(Question):
    """Ask for every schema of a side but the system's; answered with a tuple of `SchemaAnswer`, sorted by name."""

    kind: ClassVar[str] = "ask_schemas"
    side: Side


class SchemaAnswer(NamedTuple):
    """State a schema's owner and kind; a plain tuple, since there may be 9,900 of them."""

    name: str
    owner: str
    kind: Literal["local", "external", "shared"]


class RelationsAsked(Question):
    """Ask for every table and view of a side but the system's; answered with a tuple of `RelationAnswer`, sorted."""

    kind: ClassVar[str] = "ask_relations"
    side: Side


class RelationAnswer(NamedTuple):
    """State a relation's owner and kind (`mv_tbl__...` storage tables are left out); a plain tuple, since there may be 100,000."""

    schema_name: str
    name: str
    owner: str
    kind: Literal["table", "view"]


class UsersAsked(Question):
    """Ask for the users of a side's cluster; answered with a tuple of (name, is_superuser), sorted."""

    kind: ClassVar[str] = "ask_users"
    side: Side


class UserIdAsked(Question):
    """Ask for what tells a user from a later one of the same name; answered with cluster and number, or None when there is no such user."""

    kind: ClassVar[str] = "ask_user_id"
    side: Side
    user: str


class PrivilegesAsked(Question):
    """Ask what a user effectively may (HAS_*_PRIVILEGE); answered with `PrivilegesAnswer`."""

    kind: ClassVar[str] = "ask_privileges"
    side: Side
    user: str


class PrivilegesAnswer(Value):
    """State effective rights: schemas and relations by what is missing or held; system schemas are left out."""

    is_superuser: bool
    schemas_without_usage: tuple[str, ...]
    schemas_with_create: tuple[str, ...]
    schemas_with_drop: tuple[str, ...]
    relations_without_select: tuple[Name, ...]
    relations_with_write: tuple[Name, ...]
    database_create: bool
    database_temporary: bool
    table_info: bool
    public_may_create_in: tuple[str, ...]


class LoginAsked(Question):
    """Ask to log in as a user and read; answered with `LoginAnswer`. Reads only, and temporary tables when `temporary`."""

    kind: ClassVar[str] = "ask_login"
    side: Side
    user: str
    password: str
    relations: tuple[Name, ...] = ()
    temporary: bool = True


class LoginAnswer(Value):
    """State what the user could do: `read` relations, those that could not be read with the reason.

    `table_info` and `temporary` hold the reason why svv_table_info or a temporary table was refused, empty when it worked.
    """

    user: str
    database: str
    unreadable: tuple[tuple[Name, str], ...]
    read: int
    table_info: str
    temporary: str


class OwnedAsked(Question):
    """Ask what a user owns or holds beyond our grants; answered with `OwnedAnswer`."""

    kind: ClassVar[str] = "ask_owned"
    side: Side
    user: str


class OwnedAnswer(Value):
    """List what keeps a user from being dropped, and the ordered DDL that frees him."""

    owned: tuple[str, ...]
    ddl: tuple[str, ...]


def is_of_warehouse(value: object) -> bool:
    """Tell whether a question or a resource is of this module: the databases answer for it, not AWS."""
    return type(value).__module__ == __name__
