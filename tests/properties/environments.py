"""Random parameter files: each shape of environment, with texts that YAML, Python and SQL read in their own ways."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.stages.worlds import ACCOUNT, INSTANCE, QUEUE_KEY, REGION

ROWS = ("A1", "A3", "A5", "A7", "C1", "F1", "F2", "F3", "F4", "F5", "G2")
TEXTS = (
    "yes",
    "012",
    "1e3",
    "15:00",
    "null",
    "~",
    "# no comment",
    "a: b",
    "[x]",
    "it's",
    'say "so"',
    "back\\slash",
    "Ünïcode 漢",
    "- x",
    "2026-01-01",
)
USERS = ("reader", "Reader", "select", "o'neil", 'q"uote', "per%cent", "colon:name", "ünï")
PATTERNS = st.sampled_from([["*"], ["crm"], ["c*", "sales"], ["s?les"]])
REFERENCES = ("env:{}_PASSWORD", "secretsmanager:tonic/{}#password", "ssm:/tonic/{}", "generate:secretsmanager:tonic/{}")


@st.composite
def files(draw: st.DrawFn) -> dict[str, Any]:
    """Draw what a valid parameter file holds; optional keys may be left out."""
    pipeline = draw(st.sampled_from(["v2", "legacy", "both"]))
    values: dict[str, Any] = {
        "version": 1,
        "environment": draw(st.sampled_from(["staging", "prod-2"])),
        "pipeline": pipeline,
        "policy_style": draw(st.sampled_from(["documented", "scoped"])),
        "aws": {"account": ACCOUNT, "region": REGION},
        "server": {"instance_id": INSTANCE, "attach_profile": draw(st.booleans())},
        "buckets": _buckets(draw),
        "source": _side(draw, "source"),
        "destination": _side(draw, "destination"),
        "schemas": {"include": draw(PATTERNS), "exclude": draw(st.sampled_from([[], ["sales"]]))},
        "confirmations": [],
        "rehearsal": draw(st.sampled_from(["evaluate", "exercise"])),
        "records": "runs",
    }
    vouched = draw(some(ROWS)) + (["H4"] if values["destination"]["preserve_ownership"] else [])
    values["confirmations"] = [{"row": row, "who": "Ada", "date": "2026-01-31", "note": draw(texts)} for row in vouched]
    optional: dict[str, Any] = {
        "roles": {"path": draw(st.sampled_from(["/", "/tonic/"])), "tags": {"team": draw(texts), "cost centre": draw(texts)}},
        "extra_statements": [{"Sid": "Extra", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["*"]}],
        "exclusive_policies": draw(st.booleans()),
    }
    chosen = draw(some(tuple(optional)))
    if values["rehearsal"] == "exercise":
        # Twins are the way that every pipeline has.
        optional["roles"] |= {"twins": True}
        chosen = list(dict.fromkeys((*chosen, "roles")))
    return {**values, **_legacy(draw, pipeline), **{key: optional[key] for key in chosen}}


texts = st.sampled_from(TEXTS)


def some(names: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    """Draw some of the names."""
    return st.lists(st.sampled_from(names), unique=True)


def _buckets(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "source": {"name": "tonic-src", "path": draw(st.sampled_from(["input", "in/put", "012"]))},
        "destination": {"name": "tonic-dst"},
        "create": draw(st.booleans()),
        "retention_days": draw(st.integers(1, 365)),
    }


def _side(draw: st.DrawFn, side: str) -> dict[str, Any]:
    name = draw(st.sampled_from(USERS)) + ("" if side == "source" else "_2")
    values: dict[str, Any] = {
        "host": f"{side}.example",
        "database": "dev" if side == "source" else "masked",
        "cluster": side[:3].replace("sou", "src").replace("des", "dst"),
        "admin": {"user": "admin", "password": "env:ADMIN_PASSWORD"},
        "user": {"name": name, "password": draw(st.sampled_from(REFERENCES)).format(side.upper())},
    }
    if side == "source":
        return {**values, "future_tables_of": draw(st.sampled_from([[], ["etl"]]))}
    preserve = draw(st.booleans())
    return {**values, "preserve_ownership": preserve, "take_ownership": preserve and draw(st.booleans())}


def _legacy(draw: st.DrawFn, pipeline: str) -> dict[str, Any]:
    """Draw what only the legacy process has, and the buckets' keys, which any may have."""
    bucket_keys = draw(
        st.sampled_from([{}, {"source": {"create": "tonic-b"}}, {"source": {"create": "b"}, "destination": {"create": "c"}}])
    )
    if pipeline == "v2":
        return {"kms": {"bucket_keys": bucket_keys}} if bucket_keys else {}
    queue_key = draw(st.sampled_from([{"adopt": QUEUE_KEY}, {"create": "tonic-q"}]))
    kms = draw(st.sampled_from([{}, {"queue_key": queue_key}]))
    return {"kms": {**kms, "bucket_keys": bucket_keys}, "worker": {"sqs_visibility_timeout": draw(st.integers(30, 43200))}}
