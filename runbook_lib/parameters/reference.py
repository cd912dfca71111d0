"""Write what a person and an editor look up, from the schema: `parameters/schema.json` and `docs/parameters.md`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from runbook_lib.parameters import described
from runbook_lib.parameters.rules import RAW_RULES, RULES, UNATTENDED_RULES
from runbook_lib.parameters.schema import Environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

DIALECT = "https://json-schema.org/draft/2020-12/schema"
HEAD = """\
# Parameter files

Written from the schema by `make notebooks`. One YAML file in `parameters/` describes one environment. Copy the example that is nearest
to yours; `runbook check FILE` names everything that is wrong, with line and way out, and starts nothing. Editors with a YAML language
server complete and check a file whose first line is

```yaml
# yaml-language-server: $schema=schema.json
```

A password is never written into a file, only where it is kept: `env:NAME`, `secretsmanager:NAME[#KEY]`, `ssm:/NAME`.

The product's users can have theirs made and stored, `generate:secretsmanager:NAME`, or typed and stored, `prompt:secretsmanager:NAME`.
Storing is a change of its own in the plan. What is typed is asked for once, hidden and twice, by the cell under Apply, after the plan was
approved; from then on everything reads it from Secrets Manager, unattended runs too. As long as nothing is stored, `runbook plan` shows
the change, `runbook check` says so, and an unattended apply refuses before it writes anything.

An administrator's may be `prompt:NAME`: in JupyterLab the cell under Open asks for it, hidden, and it stays in that kernel's memory;
whatever runs unattended (`runbook check`, plan, apply, papermill) refuses it.

Plain values that YAML 1.1 and 1.2 read differently (`012345670123`, `yes`, `15:00`, `1e3`, a
date) are refused: quote them. So are anchors, aliases, merge keys, tags, tabs and duplicate keys."""
RULES_HEAD = "## Rules across keys\n\nWhat `runbook check` does beyond the tables:"


def json_schema() -> str:
    """Write the JSON schema: what editors complete, explain and check."""
    schema = _without_titles(Environment.model_json_schema(by_alias=True))
    return json.dumps({"$schema": DIALECT, "title": "Parameters of one environment", **schema}, indent=2, ensure_ascii=False) + "\n"


def page() -> str:
    """Write the reference: a table for each section, then the rules across keys."""
    tables = [_table(paths, model) for model, paths in _sections().items()]
    rules = "\n".join(f"- {(rule.__doc__ or '').splitlines()[0]}" for rule in (*RAW_RULES, *RULES, *UNATTENDED_RULES))
    return "\n\n".join((HEAD, *tables, RULES_HEAD, rules)) + "\n"


def _without_titles(schema: Any) -> Any:
    """Take out the titles that pydantic makes of names; a key called title stays."""
    if isinstance(schema, dict):
        return {key: _without_titles(each) for key, each in schema.items() if not (key == "title" and isinstance(each, str))}
    return [_without_titles(each) for each in schema] if isinstance(schema, list) else schema


def _sections() -> dict[type[BaseModel], list[str]]:
    """List each section once, with every place where it stands."""
    found: dict[type[BaseModel], list[str]] = {Environment: []}
    for path, field in described.everywhere():
        inner = described.section(field)
        if inner is not None:
            found.setdefault(inner, []).append(".".join(path) + ("[]" if described.is_list(field) else ""))
    return found


def _table(paths: list[str], model: type[BaseModel]) -> str:
    title = ", ".join(f"`{path}`" for path in paths) or "The file"
    words = " ".join((model.__doc__ or "").split()) if paths else "The keys at the top."
    head = ("| key | takes | default | means |", "|--|--|--|--|")
    return "\n".join((f"## {title}", "", words, "", *head, *_rows(model)))


def _rows(model: type[BaseModel]) -> Iterator[str]:
    for name, field in described.keys(model).items():
        cells = (f"`{name}`", _takes(field), _default(field), described.says(field))
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _takes(field: FieldInfo) -> str:
    if described.section(field) is not None:
        return "a list of sections" if described.is_list(field) else "a section"
    if words := described.choices(field):
        return " or ".join(f"`{word}`" for word in words)
    entry = described.wanted(field, entry=True)
    taken = f"a list: {entry}" if described.is_list(field) else entry
    shown = described.has_example(field) and isinstance(described.examples(field)[0], str)
    return f"{taken}, such as `{described.written(described.examples(field)[0])}`" if shown else taken


def _default(field: FieldInfo) -> str:
    standing = described.default(field)
    if standing is PydanticUndefined:
        return "**required**"
    if standing in ("", (), {}, None) or isinstance(standing, BaseModel):
        return "empty"
    return f"`{json.dumps(list(standing))}`" if isinstance(standing, tuple) else f"`{described.written(standing)}`"
