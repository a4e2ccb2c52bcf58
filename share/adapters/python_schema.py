"""What a Python function says of its parameters: docstrings, and JSON Schema of
type hints."""

import collections.abc
import dataclasses
import datetime
import decimal
import enum
import inspect
import json
import os
import re
import sys
import types
import typing
import uuid

DEPTH = 12  # of types within types


class NoJson(Exception):
    """A value that JSON cannot say."""


# --- docstrings --------------------------------------------------------------

SECTION = re.compile(r"^(\s*)(Args|Arguments|Parameters|Params|Keyword Args|"
                     r"Keyword Arguments|Other Parameters)\s*:?\s*$")
ENTRY = re.compile(r"^\*{0,2}(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)$")
FIELD = re.compile(r"^\s*:(?:param|parameter|arg|argument|key|keyword)\s+"
                   r"(?:[^:]*?\s)?\*{0,2}(\w+)\s*:\s*(.*)$")


def indent(line):
    return len(line) - len(line.lstrip())


def parameter_texts(doc):
    """What a docstring says of each parameter: Google's, reST's and NumPy's
    way."""
    lines = inspect.cleandoc(doc).splitlines()
    texts = {}
    i = 0
    while i < len(lines):
        field = FIELD.match(lines[i])
        section = SECTION.match(lines[i])
        if field:
            words, base = [field.group(2)], indent(lines[i])
            i += 1
            while i < len(lines) and lines[i].strip() and indent(lines[i]) > base:
                words.append(lines[i].strip())
                i += 1
            texts[field.group(1)] = " ".join(words).strip()
        elif section and i + 1 < len(lines) and re.match(r"^\s*-{3,}\s*$", lines[i + 1]):
            i = numpy_section(lines, i + 2, texts)
        elif section and section.group(0).rstrip().endswith(":"):
            i = google_section(lines, i + 1, len(section.group(1)), texts)
        else:
            i += 1
    return texts


def google_section(lines, i, base, texts):
    level, name = None, None
    while i < len(lines) and (not lines[i].strip() or indent(lines[i]) > base):
        line = lines[i]
        i += 1
        if not line.strip():
            continue
        level = indent(line) if level is None else level
        entry = ENTRY.match(line.strip())
        if indent(line) <= level and entry:
            name = entry.group(1)
            texts[name] = entry.group(2).strip()
        elif name:
            texts[name] = (texts[name] + " " + line.strip()).strip()
    return i


def numpy_section(lines, i, texts):
    base = indent(lines[i]) if i < len(lines) else 0
    names = []
    while i < len(lines):
        line = lines[i]
        if i + 1 < len(lines) and re.match(r"^\s*-{3,}\s*$", lines[i + 1]):
            break
        i += 1
        if not line.strip():
            continue
        if indent(line) <= base:
            if ":" not in line and not re.match(r"^[\w*, ]+$", line.strip()):
                break
            names = [n.strip(" *") for n in line.split(":")[0].split(",")]
            for name in names:
                texts[name] = ""
        else:
            for name in names:
                texts[name] = (texts[name] + " " + line.strip()).strip()
    return i


def first_paragraph(doc):
    words = []
    for line in inspect.cleandoc(doc).splitlines():
        if not line.strip() and words:
            break
        if FIELD.match(line) or (words and SECTION.match(line)):
            break
        words.append(line.strip())
    return " ".join(words).strip()


# --- schemas -----------------------------------------------------------------

SIMPLE = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    decimal.Decimal: {"type": "number"},
    bytes: {"type": "string"},
    type(None): {"type": "null"},
    dict: {"type": "object"},
    list: {"type": "array"},
    tuple: {"type": "array"},
    set: {"type": "array"},
    frozenset: {"type": "array"},
    datetime.datetime: {"type": "string", "format": "date-time"},
    datetime.date: {"type": "string", "format": "date"},
    datetime.time: {"type": "string", "format": "time"},
    uuid.UUID: {"type": "string", "format": "uuid"},
}
ARRAYS = (list, tuple, set, frozenset, collections.abc.Sequence,
          collections.abc.Iterable, collections.abc.Collection,
          collections.abc.Set, collections.abc.MutableSequence)
MAPS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
UNIONS = tuple(u for u in (typing.Union, getattr(types, "UnionType", None)) if u)
NAMES = {"str": str, "int": int, "float": float, "bool": bool, "dict": dict,
         "list": list, "Dict": dict, "List": list}


def jsonable(value):
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        raise NoJson from None


def enum_schema(values):
    try:
        values = [jsonable(v) for v in values]
    except NoJson:
        return {}
    schema = {"enum": values}
    kinds = {type(v) for v in values}
    if len(kinds) == 1 and kinds <= {str, int, float, bool}:
        schema["type"] = SIMPLE[kinds.pop()]["type"]
    return schema


def union_schema(types_, depth):
    parts = []
    for t in types_:
        part = type_schema(t, depth)
        if not part:
            return {}
        if part not in parts:
            parts.append(part)
    return parts[0] if len(parts) == 1 else {"anyOf": parts}


def members_schema(hints, required, depth):
    schema = {
        "type": "object",
        "properties": {k: type_schema(t, depth) for k, t in hints.items()},
    }
    if required:
        schema["required"] = sorted(required, key=list(hints).index)
    return schema


def class_schema(t, depth):
    if issubclass(t, enum.Enum):
        return enum_schema([m.value for m in t])
    if hasattr(t, "model_json_schema"):
        return inline(t.model_json_schema())
    if dataclasses.is_dataclass(t):
        fields = dataclasses.fields(t)
        hints = hints_of(t)
        missing = dataclasses.MISSING
        return members_schema(
            {f.name: hints.get(f.name, typing.Any) for f in fields if f.init},
            [f.name for f in fields if f.init and f.default is missing
             and f.default_factory is missing], depth)
    if hasattr(t, "__required_keys__"):  # a TypedDict
        return members_schema(hints_of(t), t.__required_keys__, depth)
    if issubclass(t, os.PathLike):
        return {"type": "string"}
    for base in (bool, int, float, str):
        if issubclass(t, base):
            return dict(SIMPLE[base])
    if issubclass(t, MAPS):
        return {"type": "object"}
    if issubclass(t, (list, tuple, set, frozenset)):
        return {"type": "array"}
    return {}


def inline(schema):
    """pydantic's schema without titles and without references: one that holds
    itself becomes any value where it does."""
    defs = schema.get("$defs", {})

    def walk(value, within, properties=False):
        if isinstance(value, list):
            return [walk(v, within) for v in value]
        if not isinstance(value, dict):
            return value
        if properties:
            return {k: walk(v, within) for k, v in value.items()}
        name = str(value.get("$ref", "")).rpartition("/")[2]
        if name:
            if name in within or name not in defs:
                return {}
            return walk(defs[name], within | {name})
        return {k: walk(v, within, k == "properties") for k, v in value.items()
                if k not in ("title", "$defs") and k != "discriminator"}

    return walk(schema, frozenset())


def type_schema(t, depth=0):
    """JSON Schema of a type hint; {} for what it cannot say."""
    if depth > DEPTH:
        return {}
    depth += 1
    if t in (inspect.Parameter.empty, typing.Any, object):
        return {}
    if isinstance(t, str):
        return type_schema(NAMES.get(t.strip(), typing.Any), depth)
    if t is None:
        return {"type": "null"}
    if isinstance(t, collections.abc.Hashable) and t in SIMPLE:
        return dict(SIMPLE[t])
    if hasattr(t, "__metadata__"):  # Annotated
        schema = type_schema(t.__origin__, depth)
        for extra in t.__metadata__:
            text = extra if isinstance(extra, str) else getattr(extra, "description", None)
            if isinstance(text, str) and text:
                schema = dict(schema, description=text)
        return schema
    if hasattr(t, "__supertype__"):  # NewType
        return type_schema(t.__supertype__, depth)
    origin, args = typing.get_origin(t), typing.get_args(t)
    if origin is typing.Literal:
        return enum_schema(args)
    if origin in UNIONS:
        return union_schema(args, depth)
    if origin is not None and "Required" in str(origin):  # of a TypedDict
        return type_schema(args[0], depth)
    if origin in ARRAYS or t in ARRAYS:
        items = [a for a in args if a is not Ellipsis]
        item = union_schema(items, depth) if items else {}
        schema = {"type": "array"}
        if item:
            schema["items"] = item
        if origin is tuple and Ellipsis not in args and items:
            schema["minItems"] = schema["maxItems"] = len(items)
        return schema
    if origin in MAPS or t in MAPS:
        value = type_schema(args[1], depth) if len(args) == 2 else {}
        schema = {"type": "object"}
        if value:
            schema["additionalProperties"] = value
        return schema
    return class_schema(t, depth) if isinstance(t, type) else {}


def hints_of(thing):
    try:
        return typing.get_type_hints(thing, include_extras=True)
    except Exception:  # a name that is only there for type checkers
        pass
    module = sys.modules.get(getattr(thing, "__module__", None))
    names = getattr(thing, "__globals__", None) or vars(module or typing)
    hints = {}
    for name, hint in getattr(thing, "__annotations__", {}).items():
        try:
            hints[name] = eval(hint, names) if isinstance(hint, str) else hint
        except Exception:
            hints[name] = hint
    return hints
