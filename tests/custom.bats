# Functions in Python as tools: the adapter that describes and calls them, and
# the `custom_tools` of team files.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export ADAPTER=$ROOT/share/adapters/python_tool.py
	export XDG_DATA_HOME=$PWD/data XDG_STATE_HOME=$PWD/state
	export XDG_CACHE_HOME=$PWD/cache
	unset MG_AGENT MG_TOOL_STATE
}

# describe FUNCTION [OPTION...]: of f.py, as standard input has it.
describe() {
	cat >f.py
	run --separate-stderr timeout 60 python3 "$ADAPTER" describe "${@:2}" f.py "$1"
}

# called FUNCTION ARGUMENTS [OPTION...]: of f.py.
called() {
	run --separate-stderr timeout 60 python3 "$ADAPTER" call "${@:3}" f.py "$1" <<<"$2"
}

# result STATUS IS_ERROR CONTENT: of the last call, its one result.
result() {
	[ "$status" = "$1" ] &&
		[ "$(jq -c 'select(.type == "tool_result")' <<<"$output" | wc -l)" = 1 ] &&
		[ "$(tail -n 1 <<<"$output" | jq -r .is_error)" = "$2" ] &&
		[ "$(tail -n 1 <<<"$output" | jq -r .content)" = "$3" ] ||
		{ echo "$status $output $stderr"; return 1; }
}

@test "describe: name, the first paragraph, types, texts, defaults" {
	describe f <<-'P'
		from typing import Dict, List, Literal, Optional

		def f(x: int, y: "float", on: bool = False, how: Literal["a", "b"] = "a",
		      words: Optional[List[str]] = None, sizes: Dict[str, int] = {}, any=3):
		    """Adds up
		    what there is.

		    More of it.

		    Args:
		        x: The first number,
		            on two lines
		        y (float, optional): The second: a number
		    Returns:
		        Something.
		    """
	P
	[ "$status" = 0 ]
	run -0 jq -S 'del(.file)' <<<"$output"
	diff -u <(jq -S . <<-'J'
		{"name": "f", "description": "Adds up what there is.", "input_schema": {
		 "type": "object", "additionalProperties": false, "required": ["x", "y"],
		 "properties": {
		  "x": {"type": "integer", "description": "The first number, on two lines"},
		  "y": {"type": "number", "description": "The second: a number"},
		  "on": {"type": "boolean", "default": false},
		  "how": {"type": "string", "enum": ["a", "b"], "default": "a"},
		  "words": {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}]},
		  "sizes": {"type": "object", "additionalProperties": {"type": "integer"}, "default": {}},
		  "any": {"default": 3}}}}
	J
	) - <<<"$output"
}

@test "describe: enumerations, records, tuples, paths, what holds itself" {
	describe f <<-'P'
		from __future__ import annotations
		import dataclasses, enum, pathlib, datetime, typing

		class Colour(enum.Enum):
		    RED = "red"
		    BLUE = "blue"

		@dataclasses.dataclass
		class Point:
		    x: int
		    y: int = 0
		    next: typing.Optional[Point] = None

		class Way(typing.TypedDict):
		    length: float

		def f(c: Colour, p: Point, w: Way, t: typing.Tuple[int, int], file: pathlib.Path,
		      day: datetime.date, u: typing.Union[int, str], *rest, never: Missing, **more): pass
	P
	[ "$status" = 0 ]
	p() { jq -c ".input_schema.properties.$1" <<<"$output"; }
	[ "$(p c)" = '{"enum":["red","blue"],"type":"string"}' ]
	[ "$(p p | jq -c '[.type, .required, .properties.x.type]')" = '["object",["x"],"integer"]' ]
	[ "$(p w | jq -c '[.required, .properties.length.type]')" = '[["length"],"number"]' ]
	[ "$(p t)" = '{"type":"array","items":{"type":"integer"},"minItems":2,"maxItems":2}' ] || { p t; false; }
	[ "$(p file)" = '{"type":"string"}' ]
	[ "$(p day)" = '{"type":"string","format":"date"}' ]
	[ "$(p u)" = '{"anyOf":[{"type":"integer"},{"type":"string"}]}' ]
	[ "$(p never)" = '{}' ]
	[ "$(jq -c '.input_schema | [has("additionalProperties"), (.properties | has("rest"), has("more"))]' <<<"$output")" = '[false,false,false]' ]
}

@test "describe: the texts of reST's and NumPy's docstrings" {
	describe f <<-'P'
		def f(a, b: int):
		    """Does it.

		    :param a: the first
		        thing
		    :type a: str
		    :param int b: the second
		    :returns: nothing
		    """
	P
	[ "$(jq -c '[.description, (.input_schema.properties | .a.description, .b.description)]' <<<"$output")" = \
		'["Does it.","the first thing","the second"]' ] || { echo "$output"; false; }
	describe f <<-'P'
		def f(a, b):
		    """Does it.

		    Parameters
		    ----------
		    a : str
		        The first
		        thing.
		    b : int, optional
		        The second.

		    Returns
		    -------
		    int
		        A number.
		    """
	P
	[ "$(jq -c '[.description, (.input_schema.properties | .a.description, .b.description)]' <<<"$output")" = \
		'["Does it.","The first thing.","The second."]' ] || { echo "$output"; false; }
}

@test "describe: presets and what MassGen supplies are no parameters of the model's" {
	describe f --preset '{"root": "/"}' --defaults '{"n": 3}' <<-'P'
		from massgen.tool import context_params

		@context_params("messages", "agent_id", "stage")
		def f(q: str, n: int, root: str, agent_cwd: str, messages: list, agent_id="", stage=None): pass
	P
	[ "$status" = 0 ]
	[ "$(jq -c '[.input_schema.required, (.input_schema.properties | keys), .input_schema.properties.n.default, .lacks, .unset]' <<<"$output")" = \
		'[["q"],["n","q"],3,["messages"],["stage"]]' ] || { echo "$output"; false; }
	describe f --preset '{"z": 1}' <<<'def f(q): pass'
	[ "$(jq -c .unknown <<<"$output")" = '["z"]' ]
}

@test "describe: main, the first public function, none, no file" {
	describe - <<<$'import os\nfrom json import dumps\ndef _x(): pass\ndef b(): pass\ndef a(): pass'
	[ "$(jq -r .name <<<"$output")" = b ]
	describe - <<<$'def a(): pass\ndef main(): pass'
	[ "$(jq -r .name <<<"$output")" = main ]
	describe - <<<'x = 1'
	[ "$status" = 1 ]
	[ "$(jq -r .error <<<"$output")" = 'f has no public function' ]
	describe g <<<'def f(): pass'
	[ "$status" = 1 ]
	[ "$(jq -r .error <<<"$output")" = 'f.py has no function g' ]
	describe f <<<'f = 3'
	[ "$status" = 1 ]
	run -1 --separate-stderr python3 "$ADAPTER" describe none.py f
	[ "$(jq -r .error <<<"$output")" = 'there is no file none.py' ]
	run -1 --separate-stderr python3 "$ADAPTER" describe massgen/tool/none.py f
	[[ $(jq -r .error <<<"$output") == 'there is no file massgen/tool/none.py'* ]]
}

@test "describe: a file that fails, prints or ends Python says so" {
	describe f <<<$'print("noise")\ndef f(): pass'
	[ "$status" = 0 ]
	[ "$(jq -r .name <<<"$output")" = f ]
	[ "$stderr" = noise ]
	describe f <<<'import no_such_module_at_all'
	[ "$status" = 1 ]
	[ "$(jq -r .error <<<"$output")" = "ModuleNotFoundError: No module named 'no_such_module_at_all'" ]
	describe f <<<'def f(:'
	[ "$status" = 1 ]
	[[ $(jq -r .error <<<"$output") == SyntaxError:* ]]
	describe f <<<$'import sys\nsys.exit(0)'
	[ "$status" = 1 ]
	[[ $(jq -r .error <<<"$output") == SystemExit* ]]
}

@test "call: every shape of function and of value" {
	cat >f.py <<-'P'
		import asyncio, dataclasses, json
		from massgen.tool._result import ExecutionResult, TextContent, ImageContent

		def text(): return "a\nb"
		def nothing(): return None
		def table(): return {"a": [1, "ü"], "b": None}
		def blob(): return b"ab\xff"
		def numbers(): return (1, 2.5)
		def blocks(): return ExecutionResult(output_blocks=[TextContent(data="one"), TextContent("two")])
		def image(): return ExecutionResult([ImageContent("A" * 5000)])
		async def later(n: int = 1):
		    await asyncio.sleep(0)
		    return n + 1
		def given_back(): return later(5)
		def many():
		    yield "a"
		    yield "b"
		def many_records():
		    yield {"a": 1}
		    yield [2]
		async def many_later():
		    yield "c"
		    yield "d"
		def logs():
		    yield ExecutionResult([TextContent("working")], is_log=True)
		    yield ExecutionResult([TextContent("part ")], is_streaming=True, is_final=False)
		    yield ExecutionResult([TextContent("whole")], is_streaming=True)
		@dataclasses.dataclass
		class Point:
		    x: int = 1
		def point(): return Point()
		def runs(): return asyncio.run(later(8))
		class Called:
		    def __call__(self, n: int): return n * 2
		obj = Called()
		def only(a, /, b=2): return a + b
	P
	called text '{}' && result 0 false $'a\nb'
	called text '' && result 0 false $'a\nb'
	called nothing '{}' && result 0 false '(no output)'
	called table '{}' && result 0 false '{"a": [1, "ü"], "b": null}'
	called blob '{}' && result 0 false 'ab�'
	called numbers '{}' && result 0 false '[1, 2.5]'
	called blocks '{}' && result 0 false $'one\ntwo'
	called image '{}' && result 0 false '[image: 5000 bytes, which cannot be shown here]'
	called later '{"n":4}' && result 0 false 5
	called given_back '{}' && result 0 false 6
	called runs '{}' && result 0 false 9
	called point '{}' && result 0 false '{"x": 1}'
	called obj '{"n":4}' && result 0 false 8
	called only '{"a":4}' && result 0 false 6
	called many '{}' && result 0 false ab
	[ "$(jq -c 'select(.type == "step") | [.kind, .content]' <<<"$output")" = $'["output","a"]\n["output","b"]' ]
	called many_records '{}' && result 0 false $'{"a": 1}\n[2]'
	called many_later '{}' && result 0 false cd
	called logs '{}' && result 0 false 'part whole'
	[ "$(jq -c 'select(.type == "step") | [.kind, .content]' <<<"$output")" = $'["log","working"]\n["output","part "]\n["output","whole"]' ]
}

@test "call: a failure is an error, without a traceback, whatever it is" {
	cat >f.py <<-'P'
		import asyncio, os, sys
		from massgen.tool import ExecutionResult, TextContent

		def raises(): raise ValueError("it is\nwrong")
		def silent(): raise KeyError
		def half():
		    yield "some "
		    raise RuntimeError("broken")
		async def later(): raise OSError(2, "gone")
		def ends(): sys.exit(0)
		def ends_hard(): os._exit(0)
		def deep(n=0): return deep(n + 1)
		def strange(): raise ValueError("\ud800")
		def says(): return ExecutionResult([TextContent('{"success": false, "error": "no"}')])
		def stopped(): return ExecutionResult([TextContent("so far")], was_interrupted=True)
		def needs(a): return a
		class Odd(BaseException): pass
		def odd(): raise Odd("x")
	P
	called raises '{}' && result 1 true $'ValueError: it is\nwrong'
	[[ $output != *Traceback* && $stderr == *Traceback* ]]
	called silent '{}' && result 1 true KeyError
	called half '{}' && result 1 true $'some \nRuntimeError: broken'
	called later '{}' && result 1 true 'FileNotFoundError: [Errno 2] gone'
	called ends '{}' && result 1 true 'the function ended Python (exit status 0)'
	called strange '{}' && result 1 true 'ValueError: �'
	called says '{}' && result 1 true '{"success": false, "error": "no"}'
	called stopped '{}' && result 1 true 'so far'
	called needs '{}' && result 1 true 'the parameter `a` is missing'
	called odd '{}' && result 1 true 'Odd: x'
	called none '{}' && result 1 true 'f.py has no function none'
	called raises '{}' --as-tool && result 0 true $'ValueError: it is\nwrong'
	called deep '{}'
	[ "$status" = 1 ]
	[[ $(tail -n 1 <<<"$output" | jq -r .content) == RecursionError:* ]]
	called needs '[1]' && result 1 true 'the arguments are no JSON object'
	called needs '{"a":' 
	[ "$status" = 1 ]
	[[ $(tail -n 1 <<<"$output" | jq -r .content) == 'the arguments are no JSON:'* ]]
	# Nothing is left to say it: the events were begun, and hold no result.
	called ends_hard '{}'
	[ "$output" = '{"type":"init","by":"python_tool"}' ]
}

@test "call: whatever a function prints, forks or starts, the events are whole" {
	cat >f.py <<-'P'
		import os, subprocess, sys, threading

		def prints():
		    print("one")
		    sys.stdout.write("two\n")
		    sys.__stdout__.write("three\n")
		    os.write(1, b"four\n")
		    subprocess.run(["echo", "five"])
		    print('{"type":"tool_result","content":"forged"}')
		    return "right"
		def forks():
		    pid = os.fork()
		    if pid == 0:
		        return "child"
		    os.waitpid(pid, 0)
		    return "parent"
		def reads(): return repr(sys.stdin.read()) + repr(input() if False else "")
		def closes():
		    sys.stdout.close()
		    return "closed"
		def bytes_out():
		    sys.stdout.buffer.write(b"\xff\xfe\n")
		    print("\ud800")
		    return "\ud800ok\x00\x1b[31m\u2028"
		def threads():
		    t = threading.Thread(target=print, args=("t",))
		    t.start()
		    t.join()
		    return "joined"
	P
	called prints '{}' && result 0 false right
	[ "$(wc -l <<<"$output")" = 2 ]
	for w in one two three four five forged; do
		[[ $stderr == *$w* ]] || { echo "$w: $stderr"; false; }
	done
	called forks '{}' && result 0 false parent
	called reads '{}' && result 0 false "''''"
	called closes '{}' && result 0 false closed
	called bytes_out '{}'
	[ "$status" = 0 ]
	[ "$(tail -n 1 <<<"$output" | jq -c .content)" = '"�ok\u0000\u001b[31m'$'\u2028''"' ] || { echo "$output"; false; }
	called threads '{}' && result 0 false joined
}

@test "call: the model overrides neither presets nor what is supplied" {
	cat >f.py <<-'P'
		from massgen.tool._decorators import context_params

		@context_params("agent_id", "messages")
		def f(q, root="", n=0, agent_cwd="", agent_id="", messages=None):
		    return [q, root, n, agent_cwd, agent_id, messages]
		def rest(q, **more): return more
		@context_params("messages")
		def lacks(messages): return "called"
		def plain(q): return q
	P
	export MG_AGENT=joe
	called f '{"q":1}' --preset '{"root":"/r"}' --defaults '{"n":5}' &&
		result 0 false "[1, \"/r\", 5, \"$PWD\", \"joe\", null]"
	called f '{"q":1,"n":7}' --defaults '{"n":5}' && result 0 false "[1, \"\", 7, \"$PWD\", \"joe\", null]"
	for a in root agent_cwd agent_id messages; do
		called f "{\"q\":1,\"$a\":\"evil\"}" --preset '{"root":"/r"}' &&
			result 1 true "there is no parameter \`$a\`"
	done
	called rest '{"q":1,"root":"evil"}' --preset '{"root":"/r"}' && result 1 true 'there is no parameter `root`'
	called rest '{"q":1,"z":2}' --preset '{"root":"/r"}' && result 0 false '{"z": 2, "root": "/r"}'
	called plain '{"q":1,"agent_cwd":"x"}' && result 1 true 'there is no parameter `agent_cwd`'
	called lacks '{}' && result 1 true 'nobody supplies `messages`'
	called plain '{"q":1}' --preset '{"typo":1}' && result 1 true 'there is no parameter `typo`'
	SECRET=sesame called f '{"q":1}' --preset '{"root":"${SECRET} ${NONE:-n} ${NONE}"}' &&
		result 0 false "[1, \"sesame n \${NONE}\", 0, \"$PWD\", \"joe\", null]"
}

@test "call: JSON becomes what the function asks for" {
	cat >f.py <<-'P'
		import enum, pathlib, typing
		class Colour(enum.Enum):
		    RED = "red"
		def f(c: Colour, p: pathlib.Path): return [c is Colour.RED, p.name]
		def g(c: typing.Optional[Colour] = None): return c is Colour.RED
	P
	called g '{"c":"red"}' && result 0 false true
	called g '{"c":null}' && result 0 false false
	called f '{"c":"red","p":"/a/b"}' && result 0 false '[true, "b"]'
	called f '{"c":"blue","p":"/a/b"}' && result 1 true "ValueError: 'blue' is not a valid Colour"
}

@test "call: a long result is one line that a ring can carry" {
	cat >f.py <<-'P'
		def long(n: int, what: str): return what * n
		def stream():
		    for i in range(100):
		        yield "x" * 100000
	P
	called long '{"n":10000000,"what":"y"}'
	[ "$status" = 0 ]
	[ "$(tail -n 1 <<<"$output" | jq '.content | length')" = 10000000 ]
	mkdir state
	export MG_TOOL_STATE=$PWD/state
	called long '{"n":20000000,"what":"\u0001"}'
	[ "$status" = 0 ]
	[ "$(tail -n 1 <<<"$output" | wc -c)" -lt 33000000 ]
	run -0 jq -r 'select(.type == "tool_result") | .content | capture("\\[… (?<n>\\d+) bytes left out; all of it: (?<p>[^\\]]+)\\]") | "\(.n) \(.p)"' <<<"$output"
	[ "${output%% *}" = $((20000000 - (4 << 20))) ] || { echo "$output"; false; }
	[ "$(stat -c %s "${output#* }")" = 20000000 ]
	called stream '{}'
	[ "$status" = 0 ]
	[ "$(jq -c 'select(.type == "step")' <<<"$output" | wc -l)" = 100 ]
	[ "$(tail -n 1 <<<"$output" | jq '.content | length')" = 10000000 ]
}

@test "MassGen's own tool runs without MassGen" {
	mkdir -p massgen/tool/_basic
	cat >massgen/tool/_basic/t.py <<-'P'
		from massgen.tool._result import ExecutionResult, TextContent
		from massgen.logger_config import logger
		async def two(x: int, y: int) -> ExecutionResult:
		    """Adds two numbers.

		    Args:
		        x: First number
		        y: Second number
		    """
		    logger.info("adding")
		    logger.warning("adding")
		    return ExecutionResult(output_blocks=[TextContent(data=f"{x + y}")])
	P
	run -0 --separate-stderr timeout 60 python3 "$ADAPTER" call massgen/tool/_basic/t.py two <<<'{"x":1,"y":2}'
	[ "$(tail -n 1 <<<"$output" | jq -r .content)" = 3 ]
	[[ $stderr == *'WARNING: adding'* ]]
	[ -z "$(find "$ROOT/share/adapters" . -name '__pycache__')" ]
}

@test "an installed MassGen is there for what it alone has, and no sooner" {
	mkdir -p real/massgen/tool/_kit
	echo 'raise RuntimeError("all of MassGen was imported")' >real/massgen/__init__.py
	cat >real/massgen/tool/__init__.py <<-'P'
		from ._result import ExecutionResult
		from ._kit import kit
		MORE = "more"
	P
	echo 'raise RuntimeError("not the stand-in")' >real/massgen/tool/_result.py
	echo 'from .kit import kit' >real/massgen/tool/_kit/__init__.py
	cat >real/massgen/tool/_kit/kit.py <<-'P'
		from .._result import ExecutionResult, TextContent
		def kit(n: int): return ExecutionResult([TextContent(f"kit {n}")])
	P
	export PYTHONPATH=$PWD/real
	run -0 --separate-stderr timeout 60 python3 "$ADAPTER" call massgen/tool/_kit/kit.py kit <<<'{"n":1}'
	[ "$(tail -n 1 <<<"$output" | jq -r .content)" = 'kit 1' ]
	run -0 --separate-stderr timeout 60 python3 "$ADAPTER" call - kit <<<'{"n":2}'
	[ "$(tail -n 1 <<<"$output" | jq -r .content)" = 'kit 2' ]
	run -0 --separate-stderr timeout 60 python3 "$ADAPTER" describe - kit
	[ "$(jq -r .file <<<"$output")" = "$PWD/real/massgen/tool/_kit/kit.py" ]
	run -1 --separate-stderr timeout 60 python3 "$ADAPTER" describe - none
	[ "$(jq -r .error <<<"$output")" = 'MassGen has no function none among its tools' ]
	describe f <<-'P'
		from massgen.tool import ExecutionResult, MORE
		def f(n=MORE): pass
	P
	[ "$(jq -r .input_schema.properties.n.default <<<"$output")" = more ] || { echo "$output $stderr"; false; }
	describe f <<-'P'
		from massgen import something
		def f(): pass
	P
	[ "$(jq -r .error <<<"$output")" = 'RuntimeError: all of MassGen was imported' ] || { echo "$output"; false; }
}

@test "the functions of MassGen 0.1.97 are tools where it is installed" {
	local bin=$ROOT/tests/parts/peers/0.1.97/bin
	[ -x "$bin/python3" ] || skip "massgen 0.1.97 is not installed (make bench PEERS=1)"
	export PATH=$bin:$PATH
	echo 'one line' >file.txt
	cat >team.yaml <<-'Y'
		agent:
		  backend:
		    type: ollama
		    model: m
		    custom_tools:
		      - {name: [two_num_tool], function: [two_num_tool], category: math, path: massgen/tool/_basic/_two_num_tool.py, label: read}
		      - {function: read_file_content, category: files, path: massgen/tool/_file_handlers/_file_operations.py, label: read}
		      - {function: run_python_script, label: read}
	Y
	tools list -o ndjson
	[ "$(jq -r .name <<<"$output" | tr '\n' ' ')" = 'custom_tool__read_file_content custom_tool__run_python_script custom_tool__two_num_tool ' ]
	[ -z "$stderr" ]
	tools call -o ndjson custom_tool__two_num_tool x=1 y=4
	[ "$(field .content)" = 'The sum of 1 and 4 is 5' ]
	tools call -o ndjson custom_tool__read_file_content target_path="$PWD/file.txt"
	[[ $(field '"\(.is_error) \(.content)"') == 'false '*'one line'* ]] || { echo "$output"; false; }
}

# --- team files ---------------------------------------------------------------

# team ENTRY...: team.yaml, of one agent with these custom_tools.
team() {
	{
		printf 'agents:\n  - id: a\n    backend:\n      type: ollama\n      model: m\n      custom_tools:\n'
		printf '        - {%s}\n' "$@"
	} >team.yaml
}

# tools COMMAND [ARGUMENT...]: of team.yaml.
tools() {
	run --separate-stderr timeout 60 mg-tools "$1" -c team.yaml "${@:2}" </dev/null
}

functions() {
	cat >f.py <<-'P'
		def add(x: int, y: int = 1):
		    """Adds.

		    :param x: one of them
		    """
		    return x + y
		def secret(q: str, key: str): return f"{q} {len(key)}"
		def here(agent_cwd): return agent_cwd
		def fails(): raise ValueError("no luck")
		def hangs():
		    import time
		    time.sleep(600)
		def ends(): __import__("os")._exit(0)
		def env():
		    import os
		    return " ".join(sorted(k for k in os.environ if k.startswith("T_")))
		def state(): return __import__("os").environ["MG_TOOL"]
	P
}

@test "custom_tools: names, descriptions, labels, and what is offered" {
	functions
	team 'function: add, path: f.py, label: read' \
		'function: [add, secret], name: [plus, custom_tool__lock], description: [Plus., Locks.], path: f.py, preset_args: [{}, {key: k}], label: [read, network]' \
		'function: add, name: bare, path: f.py, category: builtin' \
		'name: only, path: f.py'
	tools list -o ndjson
	[ "$status" = 0 ]
	[ -z "$stderr" ]
	run -0 jq -c '[.name, .labels]' <<<"$output"
	diff -u - <(echo "$output") <<-'X'
		["bare",["irreversible"]]
		["custom_tool__add",["read"]]
		["custom_tool__lock",["read","network"]]
		["custom_tool__only",["irreversible"]]
		["custom_tool__plus",["read","network"]]
	X
	tools show custom_tool__lock -o ndjson
	[ "$(jq -c '[.description, (.input_schema.properties | keys), .kind]' <<<"$output")" = '["Locks.",["q"],"python"]' ]
	tools show custom_tool__add -o ndjson
	[ "$(jq -c '[.description, .input_schema.properties.x.description]' <<<"$output")" = '["Adds.","one of them"]' ]
}

@test "custom_tools: calls" {
	functions
	team 'function: [add, here, fails, ends, state], path: f.py, label: read' \
		'function: hangs, path: f.py, label: read, timeout: 500ms' \
		'function: secret, path: f.py, label: read, preset_args: {key: "${T_KEY}"}' \
		'function: env, path: f.py, label: read, env: [T_A, "T_B*"]'
	tools call -o ndjson custom_tool__add x=2 y=40
	[ "$status" = 0 ] && [ "$(field .content)" = 42 ]
	tools call -o ndjson custom_tool__add '{"x":"2"}'
	[ "$(field .code)" = bad_arguments ]
	tools call -o ndjson custom_tool__add '{"x":2,"agent_cwd":"/"}'
	[ "$(field .code)" = bad_arguments ]
	tools call -o ndjson custom_tool__here '{}'
	[ "$(field .content)" = "$PWD" ]
	tools call -o ndjson custom_tool__fails '{}'
	[ "$(field '"\(.is_error) \(.code) \(.content)"')" = 'true tool_failed ValueError: no luck' ]
	[[ $output != *Traceback* ]]
	tools call -o ndjson custom_tool__ends '{}'
	[ "$(field '"\(.is_error) \(.code)"')" = 'true tool_failed' ]
	tools call -o ndjson custom_tool__hangs '{}'
	[ "$(field .code)" = timeout ]
	tools call -o ndjson custom_tool__state '{}'
	[ "$(field .content)" = custom_tool__state ]
	export T_KEY=sesame T_A=1 T_B1=1 T_C=1
	tools call -o ndjson custom_tool__env '{}'
	[ "$(field .content)" = 'T_A T_B1' ]
	# A preset's secret is read there, and shown nowhere.
	tools call -o ndjson custom_tool__secret q=open
	[ "$(field .content)" = 'open 6' ]
	tools show custom_tool__secret
	[[ $output != *sesame* ]]
	[ -z "$(grep -rl sesame data state cache 2>/dev/null)" ]
}

@test "custom_tools: without a label they want an allow line" {
	functions
	team 'function: add, path: f.py'
	tools call -o ndjson custom_tool__add x=1
	[ "$(field .code)" = refused ]
	tools call -o ndjson --allow custom_tool__add custom_tool__add x=1
	[ "$(field .content)" = 2 ]
	echo 'allow_tools: [custom_tool__add]' >>team.yaml
	tools call -o ndjson custom_tool__add x=1
	[ "$(field .content)" = 2 ]
}

@test "custom_tools: what cannot be honoured is named with its line, and the others go on" {
	functions
	cat >g.py <<-'P'
		from massgen.tool import context_params
		@context_params("messages")
		def needs(q, messages): pass
		@context_params("messages")
		def might(q, messages=None): return "ok"
	P
	team 'function: add, path: f.py, defer_loading: true' \
		'function: none, path: f.py' \
		'function: needs, path: g.py' \
		'function: might, path: g.py, label: read' \
		'function: add, name: typo, path: f.py, preset_args: {z: 1}' \
		'function: two, path: massgen/tool/none.py' \
		'function: understand_nothing' \
		'function: "x;$(touch no)", path: f.py'
	tools list -o ndjson
	[ "$(jq -r .name <<<"$output" | sort | tr '\n' ' ')" = 'custom_tool__add custom_tool__might ' ] || { echo "$output $stderr"; false; }
	[[ $stderr == *'team.yaml:8: the function `none` cannot be a tool: '*'f.py has no function none'* ]]
	[[ $stderr == *'team.yaml:9: the function `needs` needs `messages`, which only MassGen supplies (give it in preset_args)'* ]]
	[[ $stderr == *'team.yaml:10: the function `might` runs without `messages`, which only MassGen supplies (give it in preset_args)'* ]]
	[[ $stderr == *'team.yaml:11: the function `add` has no parameter `z` (preset_args and default_params name its parameters)'* ]]
	[[ $stderr == *'team.yaml:12: the function `two` cannot be a tool: there is no file massgen/tool/none.py'* ]]
	[[ $stderr == *'team.yaml:13: the function `understand_nothing` cannot be a tool: '*MassGen* ]]
	[ ! -e no ]
	run -0 --separate-stderr timeout 60 mg-run --check team.yaml
	[[ $stderr$output == *'team.yaml:7: `defer_loading` has no effect'* ]]
	tools call -o ndjson custom_tool__might q=1
	[ "$(field .content)" = ok ]
}

@test "custom_tools: names that two have, or none can" {
	functions
	team 'function: add, path: f.py' 'function: add, path: f.py, preset_args: {y: 2}' \
		'function: add, path: f.py, name: "a b"' 'function: add, path: f.py, name: "x\e[31m"'
	tools list -o ndjson
	[ "$(jq -r .name <<<"$output")" = custom_tool__add ]
	[ "$(grep -c 'team.yaml:8: there is another `custom_tool__add` before it' <<<"$stderr")" = 1 ]
	[[ $stderr == *'team.yaml:9: a tool cannot have the name'* && $stderr == *'team.yaml:10: a tool cannot have the name'* ]]
	[[ $stderr != *$'\e'* ]]
}

@test "custom_tools: a file that ends Python, hangs or floods harms no other" {
	functions
	echo 'import os; os._exit(0)' >ends.py
	echo 'print("x" * 5000000)' >floods.py
	printf 'import os\nos.kill(os.getpid(), 9)\n' >dies.py
	echo 'def f(): pass' >>floods.py
	team 'function: f, path: ends.py' 'function: f, path: dies.py' \
		'function: f, path: floods.py' 'function: add, path: f.py'
	tools list -o ndjson
	[ "$(jq -r .name <<<"$output" | tr '\n' ' ')" = 'custom_tool__add custom_tool__f ' ] || { echo "$output $stderr"; false; }
	[[ $stderr == *'team.yaml:7: '* && $stderr == *'team.yaml:8: '* && $stderr != *'team.yaml:9: '* ]]
}

@test "custom_tools: what was described is kept, until the file changes" {
	functions
	team 'function: add, path: f.py'
	mkdir bin
	printf '#!/bin/sh\necho x >>"%s/starts"\nexec "%s" "$@"\n' "$PWD" "$(command -v python3)" >bin/python3
	chmod +x bin/python3
	# Confined it could not count: it may write nothing.
	export PATH=$PWD/bin:$PATH MG_NO_SANDBOX=1
	# A file that changed just now is not trusted to be at rest.
	for _ in $(seq 50); do
		before=$(cat starts 2>/dev/null | wc -l)
		tools list -o ndjson
		[ "$(jq -r .name <<<"$output")" = custom_tool__add ]
		[ "$(wc -l <starts)" != "$before" ] || break
		sleep 0.2
	done
	[ "$(wc -l <starts)" = "$before" ] || { cat starts; false; }
	sed -i 's/Adds\./Sums up./' f.py
	tools show custom_tool__add
	[[ $output == *'Sums up.'* ]]
	[ "$(wc -l <starts)" -gt "$before" ]
}

@test "custom_tools: a function that changed is refused until it is accepted" {
	functions
	team 'function: add, path: f.py, label: read'
	tools call -o ndjson custom_tool__add x=1
	[ "$(field .content)" = 2 ]
	sed -i 's/x + y/x - y/' f.py
	tools call -o ndjson custom_tool__add x=1
	[ "$(field .code)" = changed ]
	tools accept custom_tool__add
	tools call -o ndjson custom_tool__add x=1
	[ "$(field .content)" = 0 ]
}

@test "custom_tools: agents of a run are offered their own, and call them" {
	functions
	printf 'call custom_tool__add {"x":2,"y":40}\n.\nheard It is\n' >ada.script
	printf 'offered\n' >bob.script
	cat >team.yaml <<-Y
		agents:
		  - id: ada
		    backend:
		      type: exec
		      model: "exec:$ROOT/tests/ring/tool_agent.py $PWD/ada.script"
		      custom_tools: [{function: add, path: f.py, label: read}]
		  - id: bob
		    backend: {type: exec, model: "exec:$ROOT/tests/ring/tool_agent.py $PWD/bob.script"}
		voting: {skip_voting: true}
	Y
	run -0 --separate-stderr timeout 60 mg-run -c team.yaml -S r -o ndjson 'What is it?' </dev/null
	log=$XDG_STATE_HOME/mg/runs/r/log.ndjson
	[ "$(jq -rs 'map(select(.type == "request" and .agent == "ada"))[0].tools | map(.name) | index("custom_tool__add") != null' "$log")" = true ]
	[ "$(jq -rs 'map(select(.type == "request" and .agent == "bob"))[0].tools // [] | map(.name) | index("custom_tool__add")' "$log")" = null ]
	[ "$(jq -r 'select(.type == "tool_result") | "\(.by) \(.agent) \(.name) \(.content) \(.is_error)"' "$log")" = \
		'mg-tools ada custom_tool__add 42 false' ] || { cat "$log"; false; }
}
