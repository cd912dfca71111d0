-- What PostgreSQL has no bit for: DROP and ALTER on schemas and tables, USAGE on databases. Once per database, by template1.
SET allow_system_table_mods = on;
SET client_min_messages = warning;

CREATE TABLE pg_catalog.rs_acl (
  dbid oid NOT NULL, class text NOT NULL, object oid NOT NULL, grantee oid NOT NULL, privilege text NOT NULL,
  grantor oid NOT NULL, grantable bool NOT NULL DEFAULT false,
  PRIMARY KEY (dbid, class, object, grantee, privilege));
CREATE INDEX rs_acl_object ON pg_catalog.rs_acl (object, class, privilege);
-- Users are cluster-wide, tables are not: what PostgreSQL has no column for stands in the role's (shared) comment, which nobody else may read.
REVOKE ALL ON pg_catalog.pg_shdescription FROM PUBLIC;
CREATE VIEW pg_catalog.rs_user_option AS
  SELECT objoid AS usesysid, description::json ->> 'syslog' AS syslog_access, (description::json ->> 'timeout')::int AS session_timeout,
         description::json ->> 'sha256' AS sha256, description::json ->> 'secret' AS secret
  FROM pg_catalog.pg_shdescription WHERE classoid = 'pg_catalog.pg_authid'::regclass AND description LIKE '{%';
CREATE TABLE pg_catalog.rs_external (esoid oid PRIMARY KEY, database_name text NOT NULL);
CREATE TABLE pg_catalog.rs_cluster (namespace text NOT NULL);
REVOKE ALL ON pg_catalog.rs_acl, pg_catalog.rs_user_option, pg_catalog.rs_external, pg_catalog.rs_cluster FROM PUBLIC;

CREATE PROCEDURE pg_catalog.rs_raise(code text, message text) LANGUAGE plpgsql AS
$$BEGIN RAISE EXCEPTION USING ERRCODE = code, MESSAGE = message; END$$;

CREATE FUNCTION pg_catalog.rs_namespace() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER AS
$$SELECT namespace FROM pg_catalog.rs_cluster$$;

CREATE FUNCTION pg_catalog.rs_role(name text) RETURNS oid LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$
DECLARE found oid;
BEGIN
  IF name = 'public' THEN RETURN 0; END IF;
  SELECT oid INTO found FROM pg_authid WHERE rolname = name;
  IF found IS NULL THEN RAISE EXCEPTION USING ERRCODE = '42704', MESSAGE = format('user "%s" does not exist', name); END IF;
  RETURN found;
END$$;

CREATE FUNCTION pg_catalog.rs_me() RETURNS oid LANGUAGE sql STABLE AS $$SELECT pg_catalog.rs_role(session_user::text)$$;

CREATE FUNCTION pg_catalog.rs_is_super(who oid) RETURNS bool LANGUAGE sql STABLE SECURITY DEFINER AS
'SELECT coalesce((SELECT rolsuper FROM pg_authid WHERE oid = who), false)';

CREATE PROCEDURE pg_catalog.rs_refuse_superuser(name text, message text) LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF pg_catalog.rs_is_super(pg_catalog.rs_role(name)) THEN RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = message; END IF;
END$$;

-- A view shows a grant to superusers, and to the grantee.
CREATE FUNCTION pg_catalog.rs_sees(grantee oid) RETURNS bool LANGUAGE sql STABLE AS
'SELECT grantee = 0 OR grantee = pg_catalog.rs_me()';

CREATE FUNCTION pg_catalog.rs_resolve(class text, name text, OUT object oid, OUT owner oid) LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$
BEGIN
  IF class = 'schema' THEN
    SELECT oid, nspowner INTO object, owner FROM pg_namespace WHERE nspname = name;
    IF object IS NULL THEN RAISE EXCEPTION USING ERRCODE = '3F000', MESSAGE = format('schema "%s" does not exist', name); END IF;
  ELSIF class = 'database' THEN
    SELECT oid, datdba INTO object, owner FROM pg_database WHERE datname = name;
    IF object IS NULL THEN RAISE EXCEPTION USING ERRCODE = '3D000', MESSAGE = format('database "%s" does not exist', name); END IF;
  ELSE
    SELECT oid, relowner INTO object, owner FROM pg_class WHERE oid = name::regclass;
  END IF;
END$$;

CREATE FUNCTION pg_catalog.rs_expand(class text, names text[]) RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT CASE WHEN class <> 'alltables' THEN names ELSE
    (SELECT coalesce(array_agg(format('%I.%I', n.nspname, c.relname)), '{}') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ANY (names) AND c.relkind IN ('r', 'v', 'm', 'p')) END $$;

-- In plpgsql, which keeps its plan for the session: it is asked once for each of 9,900 schemas.
CREATE FUNCTION pg_catalog.rs_holds(who oid, wanted_class text, wanted oid, wanted_privilege text) RETURNS bool LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$
BEGIN
  RETURN coalesce((SELECT rolsuper FROM pg_authid WHERE oid = who), false)
      OR who = CASE wanted_class WHEN 'schema' THEN (SELECT nspowner FROM pg_namespace WHERE oid = wanted)
                                 WHEN 'table' THEN (SELECT relowner FROM pg_class WHERE oid = wanted)
                                 ELSE (SELECT datdba FROM pg_database WHERE oid = wanted) END
      OR EXISTS (SELECT 1 FROM pg_catalog.rs_acl a WHERE a.class = wanted_class AND a.object = wanted AND a.privilege = wanted_privilege
                   AND (a.grantee IN (0, who) OR a.grantee IN (SELECT roleid FROM pg_auth_members WHERE member = who)));
END$$;

CREATE PROCEDURE pg_catalog.rs_grant(class text, names text[], privileges text[], grantees text[], with_option bool)
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  name text; wanted text; grantee text; it record; me oid := pg_catalog.rs_me(); kind text := replace(class, 'alltables', 'table');
  here oid := (SELECT oid FROM pg_database WHERE datname = current_database());
BEGIN
  IF class = 'alltables' THEN PERFORM pg_catalog.rs_resolve('schema', each) FROM unnest(names) each; END IF;
  FOREACH name IN ARRAY pg_catalog.rs_expand(class, names) LOOP
    SELECT * INTO it FROM pg_catalog.rs_resolve(kind, name);
    FOREACH wanted IN ARRAY privileges LOOP
      IF NOT (pg_catalog.rs_is_super(me) OR it.owner = me OR EXISTS (SELECT 1 FROM pg_catalog.rs_acl a
              WHERE a.dbid = here AND a.object = it.object AND a.grantee = me AND a.privilege = wanted AND a.grantable)) THEN
        RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = format('permission denied for %s %s', replace(kind, 'table', 'relation'), name);
      END IF;
      FOREACH grantee IN ARRAY grantees LOOP
        INSERT INTO pg_catalog.rs_acl VALUES (here, kind, it.object, pg_catalog.rs_role(grantee), wanted, me, with_option)
          ON CONFLICT ON CONSTRAINT rs_acl_pkey DO UPDATE SET grantable = pg_catalog.rs_acl.grantable OR excluded.grantable;
      END LOOP;
    END LOOP;
  END LOOP;
END$$;

CREATE PROCEDURE pg_catalog.rs_revoke(class text, names text[], privileges text[], grantees text[], only_option bool)
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE name text; it record; me oid := pg_catalog.rs_me(); kind text := replace(class, 'alltables', 'table'); whom oid[];
BEGIN
  whom := (SELECT array_agg(pg_catalog.rs_role(each)) FROM unnest(grantees) each);
  FOREACH name IN ARRAY pg_catalog.rs_expand(class, names) LOOP
    SELECT * INTO it FROM pg_catalog.rs_resolve(kind, name);
    IF NOT (pg_catalog.rs_is_super(me) OR it.owner = me) THEN
      RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = format('permission denied for %s %s', replace(kind, 'table', 'relation'), name);
    END IF;
    IF only_option THEN
      UPDATE pg_catalog.rs_acl a SET grantable = false WHERE a.object = it.object AND a.privilege = ANY (privileges) AND a.grantee = ANY (whom);
    ELSE
      DELETE FROM pg_catalog.rs_acl a WHERE a.object = it.object AND a.privilege = ANY (privileges) AND a.grantee = ANY (whom);
    END IF;
  END LOOP;
END$$;

-- DROP is honoured for grantees; CASCADE takes other owners' tables along (assumed, AWS does not document it).
CREATE PROCEDURE pg_catalog.rs_drop(kind text, names text[], missing_ok bool, cascaded bool) LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE name text; it record; me oid := pg_catalog.rs_me(); what text := replace(kind, 'view', 'table');
BEGIN
  FOREACH name IN ARRAY names LOOP
    IF missing_ok AND (CASE what WHEN 'schema' THEN NOT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = name)
                                  ELSE to_regclass(name) IS NULL END) THEN
      RAISE INFO '% "%" does not exist and will be skipped', kind, name; CONTINUE;
    END IF;
    SELECT * INTO it FROM pg_catalog.rs_resolve(what, name);
    IF NOT pg_catalog.rs_holds(me, what, it.object, 'DROP') THEN
      RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = format('must be owner of %s %s', replace(what, 'table', 'relation'), name);
    END IF;
    DELETE FROM pg_catalog.rs_acl a WHERE a.object = it.object
      OR (what = 'schema' AND a.class = 'table' AND a.object IN (SELECT c.oid FROM pg_class c WHERE c.relnamespace = it.object));
    IF what = 'schema' THEN
      DELETE FROM pg_catalog.rs_external WHERE esoid = it.object;
      EXECUTE format('DROP SCHEMA %I %s', name, CASE WHEN cascaded THEN 'CASCADE' ELSE '' END);
    ELSE
      EXECUTE format('DROP %s %s %s', kind, name::regclass, CASE WHEN cascaded THEN 'CASCADE' ELSE '' END);
    END IF;
  END LOOP;
END$$;

-- Redshift looks at the current database only; PostgreSQL itself adds what it knows of.
CREATE PROCEDURE pg_catalog.rs_drop_user(name text, missing_ok bool) LANGUAGE plpgsql AS $$
BEGIN
  IF missing_ok AND NOT EXISTS (SELECT 1 FROM pg_user WHERE usename = name) THEN RETURN; END IF;
  IF EXISTS (SELECT 1 FROM pg_catalog.rs_user_holds(name)) THEN
    RAISE EXCEPTION USING ERRCODE = '55006', MESSAGE = format('user "%s" cannot be dropped because the user has a privilege on some object', name);
  END IF;
  BEGIN
    EXECUTE format('DROP USER %I', name);
  EXCEPTION WHEN dependent_objects_still_exist THEN
    RAISE EXCEPTION USING ERRCODE = '55006', MESSAGE = format('user "%s" cannot be dropped because some objects depend on it', name);
  END;
END$$;
CREATE FUNCTION pg_catalog.rs_user_holds(name text) RETURNS SETOF oid LANGUAGE sql STABLE SECURITY DEFINER AS
$$SELECT object FROM pg_catalog.rs_acl WHERE grantee = pg_catalog.rs_role(name) OR grantor = pg_catalog.rs_role(name)$$;
CREATE PROCEDURE pg_catalog.rs_user_options(name text, syslog text, timeout text, digest text, hidden text, is_new_password bool)
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE o record; comment text;
BEGIN
  SELECT * INTO o FROM pg_catalog.rs_user_option WHERE usesysid = pg_catalog.rs_role(name);
  comment := json_build_object(
    'syslog', coalesce(syslog, o.syslog_access), 'timeout', coalesce(timeout, o.session_timeout::text),
    'sha256', CASE WHEN is_new_password THEN digest ELSE o.sha256 END, 'secret', CASE WHEN is_new_password THEN hidden ELSE o.secret END)::text;
  EXECUTE format('COMMENT ON ROLE %I IS %L', name, comment);
END$$;

CREATE PROCEDURE pg_catalog.rs_external_schema(name text, database_name text) LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF NOT pg_catalog.rs_is_super(pg_catalog.rs_me()) THEN RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'permission denied for database'; END IF;
  EXECUTE format('CREATE SCHEMA %I', name);
  INSERT INTO pg_catalog.rs_external SELECT oid, database_name FROM pg_namespace WHERE nspname = name;
END$$;
CREATE PROCEDURE pg_catalog.rs_refuse_external(names text[]) LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM pg_catalog.rs_external e JOIN pg_namespace n ON n.oid = e.esoid WHERE n.nspname = ANY (names)) THEN
    RAISE EXCEPTION USING ERRCODE = '25001', MESSAGE = 'GRANT on an external resource cannot run inside a transaction block';
  END IF;
END$$;
