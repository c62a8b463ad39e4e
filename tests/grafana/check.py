"""Holds dashboards against the shapes that Grafana publishes: check.py FILE...

A key that no shape has, a value of another type and a word that is not among an enumeration's are each a line; the exit code is 1 then.
"""

import enum
import inspect
import json
import sys
import types
import typing

from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard

# What Grafana's dashboards have and its shapes do not: the data of a variable's query is the data source's own.
BEYOND = ("definition", "cellHeight", "wideLayout")


def lost(ours, theirs, place):
    """Keys of ours that the shapes do not have, and values that they changed."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key, value in ours.items():
            if key in theirs:
                yield from lost(value, theirs[key], f"{place}.{key}")
            elif value is not None and key not in BEYOND:
                yield f"{place}.{key}: no such key"
    elif isinstance(ours, list) and isinstance(theirs, list):
        for number, (one, other) in enumerate(zip(ours, theirs)):
            yield from lost(one, other, f"{place}[{number}]")
    elif ours != theirs:
        yield f"{place}: {ours!r} became {theirs!r}"


def wrong(value, hint, place):
    """Values that are not what a shape says."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint is typing.Any or hint is object or isinstance(hint, typing.TypeVar):
        return
    if origin in (typing.Union, types.UnionType):
        tried = [list(wrong(value, one, place)) for one in inner]
        if all(tried):
            # What is wrong furthest inside was meant to be that shape.
            yield max((one[0] for one in tried), key=lambda told: len(told.split(": ")[0]))
    elif origin is list:
        if not isinstance(value, list):
            yield f"{place}: {value!r} is no list"
            return
        for number, one in enumerate(value):
            yield from wrong(one, inner[0], f"{place}[{number}]")
    elif origin is dict:
        for key, one in value.items() if isinstance(value, dict) else ():
            yield from wrong(one, inner[1], f"{place}.{key}")
    elif origin is typing.Literal:
        if value not in inner:
            yield f"{place}: {value!r} is none of {inner}"
    elif hint is type(None):
        if value is not None:
            yield f"{place}: {value!r} is not null"
    elif isinstance(hint, type) and issubclass(hint, enum.Enum):
        if value not in [one.value for one in hint]:
            yield f"{place}: {value!r} is none of {[one.value for one in hint]}"
    elif hint in (bool, str, int, float):
        wanted = (int, float) if hint is float else hint
        if not isinstance(value, wanted) or (hint is not bool and isinstance(value, bool)):
            yield f"{place}: {value!r} is no {hint.__name__}"
    elif hasattr(value, "to_json"):
        yield from inside(value, place)


def inside(value, place):
    """What is wrong in the fields of an object."""
    kind = type(value)
    names = vars(inspect.getmodule(kind))
    for name, hint in typing.get_type_hints(kind, names).items():
        yield from wrong(getattr(value, name, None), hint, f"{place}.{name}")
    if kind is dashboard.Panel and hasattr(value.options, "to_json"):
        yield from inside(value.options, f"{place}.options")
    if kind is dashboard.Panel and hasattr(value.field_config.defaults.custom, "to_json"):
        yield from inside(value.field_config.defaults.custom, f"{place}.custom")


def check(file):
    with open(file, encoding="utf-8") as opened:
        ours = json.load(opened)
    read = dashboard.Dashboard.from_json(json.loads(json.dumps(ours)))
    theirs = json.loads(JSONEncoder(sort_keys=True).encode(read))
    yield from lost(ours, theirs, file)
    yield from inside(read, file)


def main():
    plugins.register_default_plugins()
    mistakes = [mistake for file in sys.argv[1:] for mistake in check(file)]
    print("\n".join(mistakes), end="\n" if mistakes else "")
    print(f"{len(sys.argv) - 1} dashboards, {len(mistakes)} mistakes")
    return 1 if mistakes else 0


sys.exit(main())
