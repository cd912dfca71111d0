"""The reads: set-based, the same number of statements whatever the number of schemas, legal on Redshift's leader node.

HAS_* functions are never mixed with SVV views (leader-node functions), nothing here uses array_agg, string_agg or unnest.
"""

SYSTEM = "n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'catalog_history')"
NO_STORAGE = "c.relname not like 'mv\\\\_tbl\\\\_\\\\_%'"

SESSION = """select current_user, u.usesuper, current_database(), current_namespace, version()
from pg_user u where u.usename = current_user"""
DATABASES = "select datname from pg_database where not datname in ('template0', 'template1', 'padb_harvest') order by datname"
USER_ID = "select current_namespace, usesysid from pg_user where usename = :user"
USERS = "select usename, usesuper from pg_user order by usename"
SCHEMAS = f"""select n.nspname, u.usename, e.esoid from pg_namespace n
left join pg_user u on u.usesysid = n.nspowner left join pg_external_schema e on e.esoid = n.oid where {SYSTEM} order by n.nspname"""
SHARED_SCHEMAS = "select schema_name from svv_all_schemas where database_name = :database and schema_type = 'shared' order by schema_name"
RELATIONS = f"""select n.nspname, c.relname, u.usename, c.relkind from pg_class c join pg_namespace n on n.oid = c.relnamespace
left join pg_user u on u.usesysid = c.relowner left join pg_external_schema e on e.esoid = n.oid
where c.relkind in ('r', 'v') and e.esoid is null and {SYSTEM} and {NO_STORAGE} order by n.nspname, c.relname"""
ROUTINES = f"""select n.nspname, p.proname, oidvectortypes(p.proargtypes), p.prokind, u.usename from pg_proc_info p
join pg_namespace n on n.oid = p.pronamespace left join pg_user u on u.usesysid = p.proowner
where {SYSTEM} order by n.nspname, p.proname, p.prooid"""

SCHEMA_GRANTS = "select namespace_name, privilege_type from svv_schema_privileges where identity_name = :user and identity_type = 'user'"
RELATION_GRANTS = """select namespace_name, relation_name, privilege_type from svv_relation_privileges
where identity_name = :user and identity_type = 'user'"""
DATABASE_GRANTS = "select database_name, privilege_type from svv_database_privileges where identity_name = :user and identity_type = 'user'"
PUBLIC_CREATE = (
    "select namespace_name from svv_schema_privileges where identity_type = 'public' and privilege_type = 'CREATE' order by namespace_name"
)
DEFAULT_PRIVILEGES = """select owner_name, schema_name from svv_default_privileges
where grantee_name = :user and grantee_type = 'user' and object_type = 'RELATION' and privilege_type = 'SELECT'"""
# What a user granted on what he makes later keeps him as much as what he was granted.
DEFAULTS_OF = """select owner_name, schema_name, object_type, grantee_type, grantee_name from svv_default_privileges
where (grantee_name = :user and grantee_type = 'user') or owner_name = :user"""

# DROP is documented for HAS_SCHEMA_PRIVILEGE, not among the privilege types of SVV_SCHEMA_PRIVILEGES.
SCHEMA_RIGHTS = f"""select n.nspname, has_schema_privilege(:user, n.nspname, 'usage'), has_schema_privilege(:user, n.nspname, 'create'),
has_schema_privilege(:user, n.nspname, 'drop') from pg_namespace n where {SYSTEM} order by n.nspname"""
RELATION_RIGHTS = f"""select n.nspname, c.relname, has_table_privilege(:user, c.oid, 'select'), has_table_privilege(:user, c.oid, 'insert')
or has_table_privilege(:user, c.oid, 'update') or has_table_privilege(:user, c.oid, 'delete')
from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_external_schema e on e.esoid = n.oid
where c.relkind in ('r', 'v') and e.esoid is null and {SYSTEM} and {NO_STORAGE} order by n.nspname, c.relname"""
DATABASE_RIGHTS = """select has_database_privilege(:user, current_database(), 'create'),
has_database_privilege(:user, current_database(), 'temporary'),
has_table_privilege(:user, 'pg_catalog.svv_table_info', 'select')"""
EFFECTIVE = "select has_table_privilege(:user, :name, :privilege)"
OWNED_SCHEMAS = """select n.nspname from pg_namespace n join pg_user u on u.usesysid = n.nspowner where u.usename = :user
and n.nspname !~ '^pg_' order by n.nspname"""
OWNED_RELATIONS = """select n.nspname, c.relname, c.relkind from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_user u on u.usesysid = c.relowner where u.usename = :user and c.relkind in ('r', 'v') and n.nspname !~ '^pg_'
order by n.nspname, c.relname"""

OWNED_ROUTINES = """select n.nspname, p.proname, oidvectortypes(p.proargtypes), p.prokind from pg_proc_info p
join pg_namespace n on n.oid = p.pronamespace join pg_user u on u.usesysid = p.proowner where u.usename = :user
and n.nspname !~ '^pg_' order by n.nspname, p.proname, p.prooid"""


def is_true(value: object) -> bool:
    """Read a truth value: HAS_* are documented to return CHAR."""
    return value in {True, "t", "true"}
