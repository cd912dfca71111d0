-- Redshift's catalogue views over PostgreSQL's catalogue.
SET allow_system_table_mods = on;
SET client_min_messages = warning;

CREATE FUNCTION pg_catalog.rs_identity(who oid) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER AS
$$SELECT CASE WHEN who = 0 THEN 'public' ELSE (SELECT rolname::text FROM pg_authid WHERE oid = who) END$$;
CREATE VIEW pg_catalog.rs_identities AS
  SELECT 0::oid AS id, 'public'::text AS name, 'public'::text AS type
  UNION ALL SELECT oid, rolname::text, CASE WHEN rolcanlogin THEN 'user' ELSE 'group' END FROM pg_roles;

CREATE VIEW pg_catalog.svv_external_schemas AS
  SELECT e.esoid, 1 AS eskind, n.nspname::text AS schemaname, n.nspowner::int AS esowner, e.database_name AS databasename, ''::text AS esoptions
  FROM pg_catalog.rs_external e JOIN pg_namespace n ON n.oid = e.esoid;
CREATE VIEW pg_catalog.pg_external_schema AS
  SELECT esoid, 1 AS eskind, database_name AS esdbname, ''::text AS esoptions FROM pg_catalog.rs_external;
CREATE VIEW pg_catalog.svv_redshift_schemas AS
  SELECT current_database()::varchar(128) AS database_name, n.nspname::varchar(128) AS schema_name, n.nspowner::int AS schema_owner,
         'local'::varchar(128) AS schema_type, array_to_string(n.nspacl, '~')::varchar(1024) AS schema_acl, ''::varchar(128) AS schema_option
  FROM pg_namespace n WHERE n.nspname !~ '^pg_(toast|temp)' AND n.oid NOT IN (SELECT esoid FROM pg_catalog.rs_external)
   AND (pg_catalog.rs_native_schema(current_user, n.oid, 'usage') OR pg_catalog.rs_native_schema(current_user, n.oid, 'create'));
CREATE VIEW pg_catalog.svv_all_schemas AS
  SELECT database_name, schema_name, schema_owner, schema_type, schema_acl, NULL::varchar(128) AS source_database, schema_option
  FROM pg_catalog.svv_redshift_schemas
  UNION ALL SELECT current_database(), schemaname, esowner, 'external', NULL, databasename, esoptions FROM pg_catalog.svv_external_schemas;
CREATE VIEW pg_catalog.svv_all_tables AS
  SELECT current_database()::varchar(128) AS database_name, n.nspname::varchar(128) AS schema_name, c.relname::varchar(128) AS table_name,
         CASE WHEN c.relkind IN ('v', 'm') THEN 'VIEW' ELSE 'TABLE' END::varchar(128) AS table_type,
         array_to_string(c.relacl, '~')::varchar(128) AS table_acl, NULL::varchar(128) AS remarks
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname !~ '^pg_(toast|temp)';

-- Explicit grants: neither the owner's rights nor a superuser's.
CREATE VIEW pg_catalog.svv_schema_privileges AS
  SELECT g.namespace_name, g.privilege_type, i.id::int AS identity_id, i.name AS identity_name, i.type AS identity_type, g.admin_option,
         'SCHEMA'::text AS privilege_scope
  FROM (SELECT n.nspname::text AS namespace_name, a.privilege_type::text, a.grantee, a.is_grantable AS admin_option
          FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) a WHERE a.grantee <> n.nspowner
        UNION ALL SELECT n.nspname::text, x.privilege, x.grantee, x.grantable
          FROM pg_catalog.rs_acl x JOIN pg_namespace n ON n.oid = x.object WHERE x.class = 'schema') g
  JOIN pg_catalog.rs_identities i ON i.id = g.grantee
  WHERE (SELECT pg_catalog.rs_is_super(pg_catalog.rs_me())) OR g.grantee IN (0, (SELECT pg_catalog.rs_me()));
CREATE VIEW pg_catalog.svv_relation_privileges AS
  SELECT g.namespace_name, g.relation_name, g.privilege_type, i.id::int AS identity_id, i.name AS identity_name, i.type AS identity_type, g.admin_option
  FROM (SELECT n.nspname::text AS namespace_name, c.relname::text AS relation_name, a.privilege_type::text, a.grantee, a.is_grantable AS admin_option
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL aclexplode(c.relacl) a
         WHERE a.grantee <> c.relowner AND a.privilege_type <> 'TRIGGER'
        UNION ALL SELECT n.nspname::text, c.relname::text, x.privilege, x.grantee, x.grantable
          FROM pg_catalog.rs_acl x JOIN pg_class c ON c.oid = x.object JOIN pg_namespace n ON n.oid = c.relnamespace WHERE x.class = 'table') g
  JOIN pg_catalog.rs_identities i ON i.id = g.grantee
  WHERE (SELECT pg_catalog.rs_is_super(pg_catalog.rs_me())) OR g.grantee IN (0, (SELECT pg_catalog.rs_me()));
CREATE VIEW pg_catalog.svv_database_privileges AS
  SELECT g.database_name, g.privilege_type, i.id::int AS identity_id, i.name AS identity_name, i.type AS identity_type, g.admin_option,
         'DATABASE'::text AS privilege_scope
  FROM (SELECT d.datname::text AS database_name, CASE a.privilege_type WHEN 'TEMPORARY' THEN 'TEMP' ELSE a.privilege_type END::text AS privilege_type,
               a.grantee, a.is_grantable AS admin_option
          FROM pg_database d CROSS JOIN LATERAL aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
         WHERE a.grantee <> d.datdba AND a.privilege_type <> 'CONNECT'
        UNION ALL SELECT d.datname::text, x.privilege, x.grantee, x.grantable
          FROM pg_catalog.rs_acl x JOIN pg_database d ON d.oid = x.object WHERE x.class = 'database') g
  JOIN pg_catalog.rs_identities i ON i.id = g.grantee
  WHERE (SELECT pg_catalog.rs_is_super(pg_catalog.rs_me())) OR g.grantee IN (0, (SELECT pg_catalog.rs_me()));
CREATE VIEW pg_catalog.svv_default_privileges AS
  SELECT n.nspname::text AS schema_name, CASE d.defaclobjtype WHEN 'r' THEN 'RELATION' ELSE 'FUNCTION' END::text AS object_type,
         d.defaclrole::int AS owner_id, o.name AS owner_name, 'user'::text AS owner_type, a.privilege_type::text, i.id::int AS grantee_id,
         i.name AS grantee_name, i.type AS grantee_type, a.is_grantable AS admin_option
  FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace JOIN pg_catalog.rs_identities o ON o.id = d.defaclrole
  CROSS JOIN LATERAL aclexplode(d.defaclacl) a JOIN pg_catalog.rs_identities i ON i.id = a.grantee
  WHERE a.grantee <> d.defaclrole;

CREATE VIEW pg_catalog.svv_user_info AS
  SELECT r.rolname::text AS user_name, r.oid::int AS user_id, r.rolcreatedb AS createdb, r.rolsuper AS superuser, false AS catalog_update,
         CASE WHEN r.rolconnlimit < 0 THEN 'UNLIMITED' ELSE r.rolconnlimit::text END AS connection_limit,
         coalesce(o.syslog_access, CASE WHEN r.rolsuper THEN 'UNRESTRICTED' ELSE 'RESTRICTED' END) AS syslog_access,
         NULL::timestamp AS last_ddl_timestamp, coalesce(o.session_timeout, 0) AS session_timeout, NULL::text AS external_user_id
  FROM pg_authid r LEFT JOIN pg_catalog.rs_user_option o ON o.usesysid = r.oid WHERE r.rolcanlogin;
CREATE VIEW pg_catalog.pg_user_info AS
  SELECT r.rolname AS usename, r.oid::int AS usesysid, r.rolcreatedb AS usecreatedb, r.rolsuper AS usesuper, false AS usecatupd, '********'::text AS passwd,
         r.rolvaliduntil::text AS valuntil, NULL::text[] AS useconfig, CASE WHEN r.rolconnlimit < 0 THEN 'UNLIMITED' ELSE r.rolconnlimit::text END AS useconnlimit
  FROM pg_authid r WHERE r.rolcanlogin;
CREATE VIEW pg_catalog.pg_proc_info AS
  SELECT p.oid AS prooid, p.proname, p.pronamespace, p.proowner, p.prolang, p.prosecdef, p.proretset, p.provolatile, p.pronargs, p.prorettype,
         p.proargtypes, p.proargnames, p.prosrc, p.prokind, p.proargmodes, p.proallargtypes
  FROM pg_proc p;

-- Like the real one: superusers only until it is granted, per database, silent about empty tables.
CREATE VIEW pg_catalog.svv_table_info AS
  SELECT current_database()::text AS "database", n.nspname::text AS "schema", c.oid::int AS table_id, c.relname::text AS "table", 'N'::text AS encoded,
         'AUTO(ALL)'::text AS diststyle, NULL::text AS sortkey1, NULL::int AS max_varchar, NULL::char(32) AS sortkey1_enc, 0::int AS sortkey_num,
         greatest(1, pg_relation_size(c.oid) / 1048576)::bigint AS "size", NULL::numeric(10, 4) AS pct_used, 0::bigint AS "empty",
         NULL::numeric(5, 2) AS unsorted, NULL::numeric(5, 2) AS stats_off, greatest(c.reltuples, 0)::numeric(38, 0) AS tbl_rows,
         NULL::numeric(19, 2) AS skew_sortkey1, NULL::numeric(19, 2) AS skew_rows, NULL::numeric(38, 0) AS estimated_visible_rows,
         NULL::text AS risk_event, NULL::numeric(12, 4) AS vacuum_sort_benefit
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND pg_relation_size(c.oid) > 0;
REVOKE ALL ON pg_catalog.svv_table_info FROM PUBLIC;

GRANT SELECT ON pg_catalog.rs_identities, pg_catalog.svv_external_schemas, pg_catalog.pg_external_schema, pg_catalog.svv_redshift_schemas,
  pg_catalog.svv_all_schemas, pg_catalog.svv_all_tables, pg_catalog.svv_schema_privileges, pg_catalog.svv_relation_privileges,
  pg_catalog.svv_database_privileges, pg_catalog.svv_default_privileges, pg_catalog.svv_user_info, pg_catalog.pg_user_info,
  pg_catalog.pg_proc_info TO PUBLIC;
-- Redshift's default, gone from PostgreSQL 15 on.
GRANT CREATE, USAGE ON SCHEMA public TO PUBLIC;
CREATE SCHEMA catalog_history;
