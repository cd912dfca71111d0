"""A masked value shows itself nowhere, whatever draws, copies, stores or inspects what holds it."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import io
import json
import logging
import marshal
import pickle
import pprint
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.ultratb import VerboseTB
from IPython.lib.pretty import pretty
from pydantic import BaseModel, ConfigDict, TypeAdapter
from rich.console import Console
from rich.pretty import pretty_repr
from rich.traceback import Traceback
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from runbook_lib.secrets import Masked
from tests.secrecy import any_password

CANARY = "Qz7~canary"
PRETTY: Callable[[object], str] = pretty


class Model(BaseModel):
    """Hold one as pydantic would."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    secret: Masked


@dataclasses.dataclass
class Plain:
    """Hold one as a dataclass."""

    secret: Masked


def drawn_as_yaml(value: Masked) -> str:
    """Write YAML."""
    text = io.StringIO()
    YAML(typ="full", pure=True).dump({"a": value}, text)
    return text.getvalue()


def logged(value: Masked) -> str:
    """Log one, as an argument and inside others."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    record = logging.LogRecord("x", logging.INFO, "x", 1, "%s %r %s", (value, value, {"a": [value]}), None)
    handler.emit(record)
    return text.getvalue()


WAYS: dict[str, Callable[[Any], Any]] = {
    "repr": repr,
    "str": str,
    "f-string": lambda each: f"{each} {each!r} {each!s} {each!a} {each:>80} {each:s} {each:x}",
    "format": lambda each: f"{each} {each:10} {each!r}",
    "percent": lambda each: "%s %r %a" % (each, each, each),  # noqa: UP031
    "inside others": lambda each: repr([{"a": (each, {each})}]),
    "json": lambda each: json.dumps({"a": each}),
    "json by str": lambda each: json.dumps({"a": each}, default=str),
    "json by vars": lambda each: json.dumps({"a": each}, default=vars),
    "pickle": pickle.dumps,
    "pickle, old": lambda each: pickle.dumps(each, 0),
    "marshal": marshal.dumps,
    "yaml": drawn_as_yaml,
    "copy": lambda each: (copy.copy(each), copy.deepcopy([each])),
    "state": lambda each: each.__getstate__(),
    "vars": vars,
    "attributes": lambda each: [(name, repr(getattr(each, name, None))) for name in dir(each)],
    "members": lambda each: repr(inspect.getmembers(each)),
    "slots": lambda each: [repr(getattr(each, name)) for name in type(each).__slots__],
    "dataclass": lambda each: (repr(Plain(each)), dataclasses.asdict(Plain(each)), dataclasses.astuple(Plain(each))),
    "pydantic": lambda each: (Model(secret=each), Model(secret=each).model_dump()),
    "pydantic's JSON": lambda each: Model(secret=each).model_dump_json(),
    "pydantic, refused": lambda each: TypeAdapter(int).validate_python(each),
    "logging": logged,
    "pprint": lambda each: pprint.pformat({"a": each}),
    "rich": lambda each: pretty_repr({"a": each}),
    "IPython": lambda each: PRETTY({"a": each}),
    "bytes": bytes,
    "sum": lambda each: "a" + each,
    "join": "".join,
    "length": len,
    "number": int,
    "order": lambda each: sorted([each, each]),
    "key": lambda each: {}[each],
}


@given(any_password())
@pytest.mark.parametrize("way", WAYS)
def test_a_masked_value_shows_itself_nowhere(way: str, value: str) -> None:
    """No way of printing, formatting, storing, copying or inspecting it gives it out, nor does the error that refuses to."""
    try:
        shown = str(WAYS[way](Masked(value)))
    except (AttributeError, KeyError, TypeError, ValueError, YAMLError) as error:
        shown = f"{error!r} {traceback.format_exc()}"

    assert value not in shown
    assert value == Masked(value).reveal()


def fail(secret: Masked) -> None:
    """Raise while a masked value is a local, in a structure, and an argument of an error."""
    held = {"secret": [secret], "as a field": Plain(secret)}
    raise RuntimeError(f"with {secret}") from ValueError(secret, held)


def of_python(error: BaseException) -> str:
    """Draw as Python does, with all locals."""
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


def of_ipython(error: BaseException) -> str:
    """Draw as `%xmode Verbose` does."""
    drawing: Any = VerboseTB(theme_name="nocolor", include_vars=True)
    return str(drawing.text(type(error), error, error.__traceback__))


def of_rich(error: BaseException) -> str:
    """Draw as rich does with locals."""
    text = io.StringIO()
    assert error.__traceback__ is not None
    Console(file=text, width=200).print(Traceback.from_exception(type(error), error, error.__traceback__, show_locals=True))
    return text.getvalue()


@pytest.mark.parametrize("drawing", [of_python, of_ipython, of_rich])
def test_a_traceback_with_locals_shows_no_secret(drawing: Callable[[BaseException], str]) -> None:
    """Whoever draws the frames finds the mask in them."""
    with pytest.raises(RuntimeError) as caught:
        fail(Masked(CANARY))

    assert caught.value.__traceback__ is not None
    # The first frame is the test's own: what it holds, nobody let slip.
    text = drawing(caught.value.with_traceback(caught.value.__traceback__.tb_next))
    assert ("held" in text, "Masked('********')" in text) == (True, True)
    assert CANARY not in text


@given(st.text(max_size=5), st.text(max_size=5))
def test_equal_values_are_equal(one: str, other: str) -> None:
    """Masked values are compared by what they hold, and with nothing else."""
    assert (one == other) is (Masked(one) == Masked(other))
    assert Masked(one) != one
