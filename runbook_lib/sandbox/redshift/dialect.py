"""The words that Redshift's dialect shares with PostgreSQL's, and those that it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.sandbox.redshift.lexer import RefusedError
from runbook_lib.sandbox.redshift.secrecy import HIDDEN, is_key

if TYPE_CHECKING:
    from runbook_lib.sandbox.redshift.lexer import Statement

_FIRST_WORDS = """
SELECT WITH SHOW SET RESET BEGIN START COMMIT END ROLLBACK ABORT SAVEPOINT RELEASE CREATE ALTER DROP GRANT REVOKE INSERT
UPDATE DELETE TRUNCATE COMMENT EXPLAIN ANALYZE VACUUM DEALLOCATE PREPARE EXECUTE DECLARE FETCH CLOSE LOCK
"""
FIRST_WORDS = frozenset(_FIRST_WORDS.split())
"""What a statement may begin with."""
NOT_MODELLED_FIRST = frozenset(["CALL", "MERGE", "REFRESH", "CANCEL", "USE"])
"""What a statement of Redshift's may begin with too."""
_NOT_MODELLED = """
ROLE EXTENSION DOMAIN TYPE INDEX SEQUENCE TRIGGER TABLESPACE RULE POLICY EVENT SERVER FOREIGN DATASHARE FUNCTION
PROCEDURE LIBRARY MODEL MATERIALIZED
"""
NOT_MODELLED = frozenset(_NOT_MODELLED.split())
"""What Redshift can create and the stand-in cannot."""
_POSTGRES_FUNCTIONS = """
aclexplode acldefault makeaclitem format string_agg array_agg unnest to_regclass to_regrole to_regnamespace pg_has_role
jsonb_agg json_agg generate_subscripts regexp_matches string_to_table gen_random_uuid concat_ws num_nonnulls
pg_get_functiondef json_build_object jsonb_build_object row_to_json to_json
"""
POSTGRES_FUNCTIONS = frozenset(_POSTGRES_FUNCTIONS.split())
"""What PostgreSQL has and Redshift has not: a statement that uses one would fail on the real one."""
POSTGRES_WORDS = frozenset(("LATERAL", "FILTER", "JSONB", "REGCLASS", "REGROLE", "REGNAMESPACE", "ORDINALITY", "RETURNING", "CONFLICT"))
_LEADER_FUNCTIONS = """
has_schema_privilege has_table_privilege has_database_privilege has_column_privilege current_schema current_schemas
pg_get_userbyid quote_ident
"""
LEADER_FUNCTIONS = frozenset(_LEADER_FUNCTIONS.split())
"""What runs on the leader node alone."""
CLUSTER_VIEWS = ("svv_", "stv_", "stl_", "svl_")


def refuse_foreign_words(statement: Statement) -> None:
    """Refuse PostgreSQL's own words, and leader-node functions beside cluster views."""
    tokens = statement.tokens
    for place, token in enumerate(tokens):
        follows = tokens[place + 1].text if place + 1 < len(tokens) else ""
        if token.kind == "word" and follows == "(" and token.text.lower() in POSTGRES_FUNCTIONS:
            raise RefusedError("42883", f"function {token.text.lower()}() does not exist")
        if token.upper in POSTGRES_WORDS:
            raise RefusedError("42601", f'syntax error at or near "{token.text}"')
        if token.kind == "dollar":
            raise RefusedError("42601", 'syntax error at or near "$"')
        if is_key(tokens, place):  # the server would write it into its log
            raise RefusedError("42601", f'syntax error at or near "{HIDDEN}"')
    words = {token.text.lower() for token in tokens if token.kind == "word"}
    if words & LEADER_FUNCTIONS and any(word.startswith(CLUSTER_VIEWS) for word in words):
        raise RefusedError("0A000", "Specified types or functions (one per INFO message) not supported on Redshift tables.")
