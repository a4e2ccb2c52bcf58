#!/usr/bin/env python3
"""A Python function as a tool: says what it takes, and calls it.

    python_tool.py describe FILE FUNCTION|-
    python_tool.py call FILE FUNCTION|- [--preset JSON] [--defaults JSON]

FILE is a Python file, the path of one in an installed MassGen
(massgen/tool/...), the name of a module of its tools, or - for any of them.
FUNCTION - is main(), or the first public function of the file.

`describe` prints one JSON object, like a record of mg-tool(5). `call` reads
the arguments, a JSON object, from standard input, and writes events: `step`
for what a function logs or streams, and one `tool_result` at the end. What
the function prints goes to standard error.

The exit status is 0, or 1 if the function could not be described or failed;
with --as-tool a failure that standard output tells of is 0 too.
"""

import argparse
import collections.abc
import dataclasses
import enum
import importlib
import importlib.util
import inspect
import json
import os
import pathlib
import re
import sys
import tempfile
import traceback
import types
import typing

sys.dont_write_bytecode = True  # nothing is left beside anybody's file

from python_schema import (  # noqa: E402
    NoJson,
    first_paragraph,
    hints_of,
    jsonable,
    parameter_texts,
    type_schema,
)

HERE = os.path.dirname(os.path.realpath(__file__))
STAND_IN = os.path.join(HERE, "massgen_stand_in")
EVENT_MAX = 15 << 20  # bytes of a line
KEPT = 4 << 20  # bytes of a longer result that are shown


class Problem(Exception):
    """What is wrong with the file, the function or the arguments."""


def plain(text):
    """Text that UTF-8 can say: half a surrogate pair cannot be."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def error_text(error):
    text = plain(str(error)).strip()
    name = type(error).__name__
    return f"{name}: {text}" if text else name


# --- files and functions -----------------------------------------------------


def massgen_root():
    """The folder that an installed MassGen lies in, or None."""
    for folder in sys.path:
        if os.path.realpath(folder or ".") != STAND_IN and os.path.isfile(
                os.path.join(folder, "massgen", "tool", "__init__.py")):
            return os.path.abspath(folder)
    try:  # one that a hook finds
        spec = importlib.util.find_spec("massgen")
        return os.path.dirname(list(spec.submodule_search_locations)[0])
    except (AttributeError, ImportError, IndexError, TypeError, ValueError):
        return None


MASSGEN = massgen_root()


def stand_in():
    """MassGen's results without the rest of it, which takes many seconds to
    import. Where it is installed, what the stand-in lacks comes from there."""
    sys.path.insert(0, STAND_IN)
    for name in ("massgen", "massgen.tool", "massgen.tool._result",
                 "massgen.tool._decorators", "massgen.logger_config"):
        module = importlib.import_module(name)
        path = MASSGEN and os.path.join(MASSGEN, *name.split("."))
        if path and hasattr(module, "__path__"):
            module.__path__.append(path)
            path = os.path.join(path, "__init__")
        if path:
            module.__getattr__ = whatever_else(module, path + ".py")
    sys.path.remove(STAND_IN)


def whatever_else(module, file):
    """The first name that a module lacks brings in all of the real one."""

    def look(name):
        if name.startswith("__") or not os.path.isfile(file):
            raise AttributeError(f"{module.__name__} has no {name}")
        del module.__getattr__
        with open(file, "rb") as source:
            exec(compile(source.read(), file, "exec"), vars(module))
        return getattr(module, name)

    return look


def find_file(path):
    """The file that a path names, or None: it may be a module's name."""
    if os.path.isfile(path):
        return os.path.abspath(path)
    root = MASSGEN
    if root and not os.path.isabs(path):
        tools = os.path.join(root, "massgen", "tool")
        for folder, name in (
            (tools, path),
            (root, path),
            (tools, path + ".py"),
            (tools, "_" + path + ".py"),
        ):
            if os.path.isfile(os.path.join(folder, name)):
                return os.path.join(folder, name)
    if path.endswith(".py") or "/" in path:
        known = path.startswith("massgen/") and not root
        raise Problem(
            f"there is no file {path}"
            + (": it comes with MassGen, which python3 does not have" if known else "")
        )
    return None


def package_name(file):
    """The dotted name of a file in a package, and the folder it counts from."""
    folder, name = os.path.split(file)
    parts = [os.path.splitext(name)[0]]
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        folder, name = os.path.split(folder)
        parts.insert(0, name)
    return ".".join(parts), folder


def load_file(file):
    name = pathlib.Path(file).stem
    if not name.isidentifier() or name in sys.modules:
        name = "tool_" + re.sub(r"\W", "_", name)
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise Problem(f"{file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except ImportError as e:
        del sys.modules[name]
        if "relative import" not in str(e):
            raise
        name, folder = package_name(file)
        if folder not in sys.path:
            sys.path.insert(0, folder)
        module = importlib.import_module(name)
    return module


def load_module(path):
    """A module by its name: one of MassGen's tools, else any."""
    for name in (f"massgen.tool.{path}", path):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as e:
            if e.name is None or not name.startswith(e.name):
                raise
    raise Problem(f"there is no file and no module {path}")


def own_function(module):
    """main(), or the first public function of a module's own, by its lines."""
    if callable(getattr(module, "main", None)):
        return module.main
    for name, value in vars(module).items():
        if name.startswith("_") or not callable(value):
            continue
        if getattr(value, "__module__", None) == module.__name__:
            return value
    raise Problem(f"{module.__name__} has no public function")


def builtin_function(name):
    """One of MassGen's own, which is named without a file."""
    if MASSGEN is None:
        raise Problem(
            f"the function {name} has no `path`, and python3 does not have MassGen"
        )
    places = []
    for entry in sorted(os.listdir(os.path.join(MASSGEN, "massgen", "tool"))):
        if entry.startswith("_") and not entry.startswith("__"):
            places.append("massgen.tool." + os.path.splitext(entry)[0])
    for place in places:
        try:
            found = vars(importlib.import_module(place)).get(name)
        except ImportError:
            continue
        if inspect.isroutine(found):
            return found
    raise Problem(f"MassGen has no function {name} among its tools")


def load(path, name):
    """The function, and the file that it comes from."""
    if path == "-":
        function = builtin_function(name)
        return function, inspect.getsourcefile(inspect.unwrap(function))
    file = find_file(path)
    if file:
        folder = os.path.dirname(file)
        if folder not in sys.path:
            sys.path.insert(0, folder)
    module = load_file(file) if file else load_module(path)
    if name == "-":
        function = own_function(module)
    else:
        function = getattr(module, name, None)
        if function is None:
            raise Problem(f"{path} has no function {name}")
    if not callable(function):
        raise Problem(f"{name} of {path} is no function")
    return function, file or getattr(module, "__file__", None)


# --- a function's parameters ---------------------------------------------------

CONTEXT = {
    "agent_id": lambda: os.environ.get("MG_AGENT", ""),
    "agent_cwd": os.getcwd,
}


class Function:
    """What is known of a function: its parameters, and who supplies them."""

    def __init__(self, function, preset=(), defaults=None):
        base = inspect.unwrap(function)
        try:
            self.parameters = dict(inspect.signature(function).parameters)
        except (TypeError, ValueError):
            raise Problem("its parameters cannot be told") from None
        self.function = function
        self.base = base
        self.hints = hints_of(base) if inspect.isroutine(base) else (
            hints_of(getattr(base, "__init__" if inspect.isclass(base) else "__call__", base)))
        self.rest = any(p.kind is p.VAR_KEYWORD for p in self.parameters.values())
        marked = (getattr(function, "__context_params__", None)
                  or getattr(base, "__context_params__", None) or ())
        names = [n for n, p in self.parameters.items()
                 if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
        self.preset = set(preset)
        self.defaults = defaults or {}
        self.context = [n for n in names
                        if (n in marked or n == "agent_cwd") and n not in self.preset]
        self.offered = [n for n in names
                        if n not in self.preset and n not in self.context]
        self.strange = [n for n in list(preset) + list(self.defaults)
                        if n not in names and not self.rest]

    def unsupplied(self, needed):
        """Context that only MassGen has, which the function cannot, or can,
        do without."""
        empty = inspect.Parameter.empty
        return [n for n in self.context if n not in CONTEXT
                and (self.parameters[n].default is empty) == needed]

    def schema(self, texts):
        properties, required = {}, []
        for name in self.offered:
            p = self.parameters[name]
            schema = dict(type_schema(self.hints.get(name, p.annotation)))
            if texts.get(name):
                schema["description"] = texts[name]
            if name in self.defaults:
                schema["default"] = self.defaults[name]
            elif p.default is p.empty:
                required.append(name)
            else:
                value = p.default.value if isinstance(p.default, enum.Enum) else p.default
                try:
                    if value is not None:
                        schema["default"] = jsonable(value)
                except NoJson:
                    pass
            properties[name] = schema
        schema = {"type": "object", "properties": properties}
        if required:
            schema["required"] = required
        if not self.rest:
            schema["additionalProperties"] = False
        return schema


def describe(path, name, preset, defaults):
    function, file = load(path, name)
    f = Function(function, preset, defaults)
    doc = f.base.__doc__ if isinstance(f.base.__doc__, str) else ""
    given = getattr(f.base, "__name__", "main") if name == "-" else name
    record = {
        "name": given,
        "description": first_paragraph(doc) or f"The Python function {given}.",
        "input_schema": f.schema(parameter_texts(doc)),
    }
    if file:
        record["file"] = os.path.abspath(file)
    if f.strange:
        record["unknown"] = f.strange
    if f.unsupplied(True):
        record["lacks"] = f.unsupplied(True)
    if f.unsupplied(False):
        record["unset"] = f.unsupplied(False)
    return record


# --- a call ------------------------------------------------------------------


class Output:
    """The events, on a descriptor that nobody else writes to."""

    def __init__(self, fd):
        self.fd = fd
        self.pid = os.getpid()
        self.text = []
        self.failed = False

    def event(self, **members):
        line = json.dumps(members, ensure_ascii=False, separators=(",", ":"))
        self.write(plain(line).encode("utf-8") + b"\n")

    def write(self, data):
        view = memoryview(data)
        while view and os.getpid() == self.pid:
            view = view[os.write(self.fd, view):]

    def step(self, kind, text):
        if text:
            self.event(type="step", kind=kind, content=cut(text, KEPT))

    def add(self, text, sep="\n"):
        if text:
            if self.text and sep and not self.text[-1].endswith("\n"):
                self.text.append(sep)
            self.text.append(text)

    def result(self):
        text = plain("".join(self.text))
        if not text and not self.failed:
            text = "(no output)"
        size = len(json.dumps(text, ensure_ascii=False).encode("utf-8"))
        if size > EVENT_MAX - 4096:
            text = cut(text, KEPT, keep_whole(text))
        self.event(type="tool_result", content=text, is_error=self.failed)


def keep_whole(text):
    folder = os.environ.get("MG_TOOL_STATE") or tempfile.gettempdir()
    try:
        fd, path = tempfile.mkstemp(prefix="output-", suffix=".txt", dir=folder)
        with os.fdopen(fd, "wb") as file:
            file.write(text.encode("utf-8"))
        return path
    except OSError:
        return None


def cut(text, most, path=None):
    """The first and the last of a text that is longer than `most` bytes."""
    data = plain(text).encode("utf-8")
    if len(data) <= most:
        return text
    first = data[: most // 2].decode("utf-8", "ignore")
    last = data[len(data) - most // 2:].decode("utf-8", "ignore")
    left = len(data) - len(first.encode("utf-8")) - len(last.encode("utf-8"))
    where = f"; all of it: {path}" if path else ""
    return f"{first}\n[… {left} bytes left out{where}]\n{last}"


def block_text(block):
    """Text as it is; a picture or a sound is named, not shown."""
    kind = getattr(block, "block_type", "text")
    data = getattr(block, "data", block)
    if kind == "text" or not isinstance(data, (str, bytes)):
        return value_text(data)
    if isinstance(data, str) and len(data) < 4096 and re.match(
            r"^(https?://|file:|/|\./|[\w./-]+\.\w{2,5}$)", data):
        return f"[{kind}: {data}]"
    return f"[{kind}: {len(data)} bytes, which cannot be shown here]"


def value_text(value):
    if value is None:
        return ""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("utf-8", "replace")
    if hasattr(value, "output_blocks"):
        return "\n".join(filter(None, map(block_text, value.output_blocks or [])))
    if hasattr(value, "block_type"):
        return block_text(value)
    if hasattr(value, "model_dump_json"):
        return value.model_dump_json()
    try:
        return json.dumps(value, ensure_ascii=False, default=json_default)
    except (TypeError, ValueError, RecursionError):
        return str(value)


def json_default(value):
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    if isinstance(value, collections.abc.Mapping):
        return dict(value)
    if isinstance(value, (range, map, filter, zip, types.GeneratorType)):
        return list(value)
    if hasattr(value, "model_dump"):
        return value.model_dump()
    return str(value)


def says_failure(value, text):
    """MassGen's functions tell of a failure as JSON with `success` false."""
    if getattr(value, "was_interrupted", False):
        return True
    if not text.lstrip().startswith("{") or len(text) > 1 << 20:
        return False
    try:
        told = json.loads(text)
    except ValueError:
        return False
    return isinstance(told, dict) and told.get("success") is False


def take(out, value, streamed):
    text = value_text(value)
    if hasattr(value, "output_blocks"):
        if getattr(value, "is_log", False):
            out.step("log", text)
            return
        streamed = bool(getattr(value, "is_streaming", False))
        out.failed |= says_failure(value, text)
    if streamed:
        out.step("output", text)
    pieces = streamed and (isinstance(value, str) or hasattr(value, "output_blocks"))
    out.add(text, "" if pieces else "\n")


async def drain(out, value):
    if inspect.isawaitable(value):
        value = await value
    if isinstance(value, collections.abc.AsyncIterator):
        async for piece in value:
            take(out, piece, True)
    else:
        collect(out, value)


def collect(out, value):
    """What a function gave back: nothing of its own runs in an event loop
    that it did not ask for."""
    if inspect.isawaitable(value) or isinstance(value, collections.abc.AsyncIterator):
        import asyncio  # only now: it takes longer than all else

        asyncio.run(drain(out, value))
    elif inspect.isgenerator(value):
        for piece in value:
            take(out, piece, True)
    else:
        take(out, value, False)


def converted(value, hint):
    """What JSON cannot say by itself: a member of an Enum, a path, a model."""
    for t in typing.get_args(hint) or (hint,):
        if not isinstance(t, type) or value is None or isinstance(value, t):
            continue
        if issubclass(t, (enum.Enum, pathlib.PurePath)):
            return t(value)
        if hasattr(t, "model_validate") and isinstance(value, dict):
            return t.model_validate(value)
    return value


def bind(f, given, preset):
    """The arguments, each from whom it may come from."""
    for name in given:
        if name in f.offered:
            continue
        if name in f.preset or name in f.context or not f.rest:
            raise Problem(f"there is no parameter `{name}`")
    values = dict(f.defaults)
    values.update(given)
    for name in values:
        values[name] = converted(values[name], f.hints.get(name))
    values.update(preset)
    for name in f.context:
        if name in CONTEXT:
            values[name] = CONTEXT[name]()
    args = []
    for name, p in f.parameters.items():
        if p.kind is p.POSITIONAL_ONLY:
            if name not in values:
                if p.default is p.empty:
                    raise Problem(f"the parameter `{name}` is missing")
                break
            args.append(values.pop(name))
        elif name not in values and p.default is p.empty and p.kind not in (
                p.VAR_KEYWORD, p.VAR_POSITIONAL):
            raise Problem(f"the parameter `{name}` is missing")
    return args, values


def read_arguments():
    data = sys.stdin.buffer.read()
    try:
        given = json.loads(data.decode("utf-8")) if data.strip() else {}
    except (ValueError, RecursionError) as e:
        raise Problem(f"the arguments are no JSON: {e}") from None
    if not isinstance(given, dict):
        raise Problem("the arguments are no JSON object")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    return given


def call(path, name, preset, defaults, out):
    # Events begin here: an end without a result is then never an empty one.
    out.event(type="init", by="python_tool")
    try:
        given = read_arguments()
        f = Function(load(path, name)[0], preset, defaults)
        lacks = f.unsupplied(True) + f.strange
        if lacks:
            raise Problem(f"nobody supplies `{lacks[0]}`" if f.unsupplied(True)
                          else f"there is no parameter `{lacks[0]}`")
        args, kwargs = bind(f, given, preset)
        collect(out, f.function(*args, **kwargs))
    except Problem as e:
        out.failed = True
        out.add(str(e))
    except SystemExit as e:
        out.failed = True
        out.add(f"the function ended Python (exit status {plain(str(e.code))})")
    except KeyboardInterrupt:
        out.failed = True
        out.add("the function was interrupted")
    except BaseException as e:
        traceback.print_exc()
        out.failed = True
        out.add(error_text(e))
    if os.getpid() != out.pid:
        os._exit(0)  # a fork of the function's that came back
    out.result()
    return 1 if out.failed else 0


# --- the door ----------------------------------------------------------------


def own_output():
    """Standard output for us alone; whatever else writes to it gets standard
    error."""
    fd = os.dup(1)
    os.set_inheritable(fd, False)
    os.dup2(2, 1)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")
    sys.stdout = sys.stderr
    return fd


VARIABLE = re.compile(r"\$\{([A-Za-z0-9_]+)(?::-([^}]*))?\}")


def variable(found):
    value = os.environ.get(found.group(1))
    if found.group(2) is not None:
        return value or found.group(2)
    return found.group(0) if value is None else value


def with_variables(value):
    """${NAME} of the environment in every text: what it stands for is in no
    command line."""
    if isinstance(value, str):
        return VARIABLE.sub(variable, value)
    if isinstance(value, list):
        return [with_variables(v) for v in value]
    if isinstance(value, dict):
        return {k: with_variables(v) for k, v in value.items()}
    return value


def json_object(text):
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("no object")
    return with_variables(value)


def options(argv):
    parser = argparse.ArgumentParser(
        description="A Python function as a tool.", allow_abbrev=False)
    parser.add_argument("what", choices=("describe", "call"))
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("function", metavar="FUNCTION")
    parser.add_argument("--preset", metavar="JSON", type=json_object, default={},
                        help="arguments that the model neither sees nor changes")
    parser.add_argument("--defaults", metavar="JSON", type=json_object, default={},
                        help="arguments that count where the model gives none")
    parser.add_argument("--as-tool", action="store_true",
                        help="exit 0 if standard output tells of the failure")
    return parser.parse_args(argv)


def main(argv):
    o = options(argv)
    out = Output(own_output())
    sys.path[:] = [p for p in sys.path if os.path.realpath(p or ".") != HERE]
    stand_in()
    if o.what == "call":
        failed = call(o.file, o.function, o.preset, o.defaults, out)
        return 0 if o.as_tool else failed
    failed = 0 if o.as_tool else 1
    try:
        record = describe(o.file, o.function, o.preset, o.defaults)
    except Problem as e:
        out.event(error=str(e))
        return failed
    except BaseException as e:
        traceback.print_exc()
        out.event(error=error_text(e))
        return failed
    out.event(**record)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
