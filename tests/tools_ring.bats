# mg-run --tools: models behind programs and behind HTTP call tools that work,
# and tools that do everything else.

load ring/tool_bed

setup_file() {
	serve
}

teardown_file() {
	unserve
}

# http NAME LINE...: its k-th reply is the k-th script of tests/tools/httpd.
http() {
	local name=$1 k=0 step
	shift
	for step; do
		k=$((k + 1))
		printf '%s\n' "$step" | script "$name.$k"
	done
}

# What the server was last told by the tools: contents, in their order.
told() {
	grep -F "\"model\":\"$1\"" "$REQUESTS" | tail -n 1 |
		jq -r '.body.messages[] | select(.role == "tool").content'
}

# one ARGUMENT...: the agent of `one.script` alone, asked $Q.
one() {
	run "-${status_wanted:-0}" --separate-stderr ring -m "$(model one)" "$@" "$Q" </dev/null
}

# --- it answers --------------------------------------------------------------------

@test "one agent, a program: it is offered tools, calls one, and answers" {
	tool upper 'input_schema: {type: object, properties: {text: {type: string}}, required: [text]}' -- arg text
	agent one <<-'X'
		call upper {"text":"so it goes"}
		.
		heard It said:
	X
	one
	[ "$(answer)" = 'It said: so it goes' ]
	all 'map(select(.type == "request"))[0].tools == [{"name":"upper","description":"The tool upper","input_schema":{"type":"object","properties":{"text":{"type":"string"}},"required":["text"]}}]'
	all 'map(select(.type == "tool_result")) | length == 1 and .[0].by == "mg-tools" and .[0].name == "upper"'
	# taken by mg-tools, after whose line the log has the call
	[ "$(jq -c 'select(.type == "end").status' "$log")" = '"done"' ]
	sane
	# As text, for a person.
	run -0 --separate-stderr timeout 50 mg-run -t --tools tools -m "$(model one)" "$Q" </dev/null
	[ "$output" = 'It said: so it goes' ]
}

@test "three agents, programs: each has its own calls and results, and they vote" {
	local name models=()
	tool who -- env
	for name in ada bob cid; do
		agent $name <<-X
			call who {"me":"$name"}
			.
			tell
			.
			vote first
		X
		models+=(-m "$(model $name)")
	done
	run -0 --separate-stderr ring "${models[@]}" "$Q" </dev/null
	all 'map(select(.type == "tool_result" and .name == "who")) | length == 3 and (map(.agent) | unique | length == 3)'
	all 'map(select(.type == "tool_result" and .name == "who")) | all(.agent as $a | .content | contains("MG_AGENT=" + $a + "\n"))'
	all 'map(select(.type == "answer")) | length == 3 and all(.content | contains("ARG_me="))'
	all 'map(select(.type == "request" and .turn == 1) | .tools | map(.name) | sort) | unique == [["new_answer","vote","who"]] or unique == [["new_answer","who"]]'
	[ "$(jq -r 'select(.type == "result").status' <<<"$output")" = 'done' ]
	sane
}

@test "one agent and three behind HTTP" {
	tool add 'input_schema: {type: object, properties: {a: {type: integer}, b: {type: integer}}, required: [a, b]}' -- echo
	http wired 'tool add {"a":1,"b":2}' 'say It is three.'
	run -0 --separate-stderr ring --base-url "$URL" -m wired "$Q" </dev/null
	[ "$(answer)" = 'It is three.' ]
	[ "$(told wired)" = '{"a":1,"b":2}' ]
	[ "$(grep -F '"model":"wired"' "$REQUESTS" | head -n 1 | jq -c '[.body.tools[].function.name]')" = '["add"]' ]
	sane
	rm -r state
	local i models=()
	for i in 1 2 3; do
		http "wired-$i" "tool add {\"a\":$i,\"b\":2}" "tool new_answer {\"content\":\"answer $i\"}" \
			'tool vote {"label":"agent2.1","reason":"so"}'
		models+=(-m "wired-$i")
	done
	run -0 --separate-stderr ring --base-url "$URL" "${models[@]}" "$Q" </dev/null
	[ "$(answer)" = 'answer 2' ]
	[ "$(jq -c 'select(.type == "tool_result" and .name == "add").content' <<<"$output" | sort | tr -d '\n')" = '"{\"a\":1,\"b\":2}""{\"a\":2,\"b\":2}""{\"a\":3,\"b\":2}"' ]
	sane
}

@test "parallel calls, of one message and of three agents: all at work at once" {
	local i name models=()
	for i in 1 2; do
		tool "m$i" -- meet "$i.here" "$((3 - i)).here"
	done
	agent one <<-'X'
		call m1
		call m2
		.
		heard
	X
	one
	[ "$(answer)" = 'met | met' ]
	sane
	rm -r state
	tool here 'input_schema: {type: object, properties: {n: {type: integer}}}' -- once here.log go
	for name in ada bob cid; do
		agent $name <<-'X'
			calls 3 here {"n":%d}
			.
			tell
			.
			vote first
		X
		models+=(-m "$(model $name)")
	done
	{
		until_ok eval '[ "$(wc -l <here.log)" = 9 ]'
		touch go
	} &
	run -0 --separate-stderr ring "${models[@]}" "$Q" </dev/null
	all 'map(select(.type == "tool_result" and .name == "here")) | length == 9 and all(.is_error | not)'
	sane
	# and by wire: two calls in one message
	rm -r state
	rm -f ./*.here
	http both 'sse {"choices":[{"index":0,"delta":{"role":"assistant","tool_calls":[{"index":0,"id":"x1","type":"function","function":{"name":"m1","arguments":"{}"}},{"index":1,"id":"x2","type":"function","function":{"name":"m2","arguments":"{}"}}]}}]}
sse {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}
sse [DONE]' 'say They met.'
	run -0 --separate-stderr ring --base-url "$URL" -m both "$Q" </dev/null
	[ "$(answer)" = 'They met.' ]
	[ "$(told both | tr '\n' ' ')" = 'met met ' ]
	sane
}

# --- calls that do not go well --------------------------------------------------------

@test "a call to nobody's tool is answered by mg-ask, beside one that works" {
	tool alpha -- say hello
	agent one <<-'X'
		call nobody {"n":1}
		call alpha
		call new_anything
		.
		heard
	X
	one
	all 'map(select(.type == "tool_result")) | map([.call, .by, .is_error]) | sort == [["c1.1","mg-ask",true],["c1.2","mg-tools",false],["c1.3","mg-ask",true]]'
	[[ $(answer) == *'no tool nobody'*hello* ]]
	sane
}

@test "wrong arguments: the message is one by which the call can be mended" {
	tool days 'input_schema: {type: object, properties: {city: {type: string}, days: {type: integer, minimum: 1}}, required: [city, days], additionalProperties: false}' -- count ran
	agent one <<-'X'
		call days {"city":"Rome","day":0}
		call days {"city":"Rome","days":"two"}
		.
		call days {"city":"Rome","days":2}
		.
		heard
	X
	one
	all 'map(select(.type == "tool_result") | .code) | sort == [null, "bad_arguments", "bad_arguments"]'
	[[ $(answer) == *'`days`'*missing*'`day`'*'`days`'*integer*counted ]] ||
		[[ $(answer) == *'day'*'days'*'days'*integer*counted ]]
	[ "$(cat ran)" = c2.1 ]
	sane
	rm -r state ran
	http mends 'tool days {"city":"Rome"}' 'tool days {"city":"Rome","days":3}' 'say Counted.'
	run -0 --separate-stderr ring --base-url "$URL" -m mends "$Q" </dev/null
	[ "$(answer)" = Counted. ]
	[[ $(told mends | head -n 1) == *days* ]]
	[ "$(told mends | tail -n 1)" = counted ]
	sane
}

@test "a tool without leave is refused, and says what would help; --allow gives it" {
	tool drop 'label: write' -- count ran
	agent one <<-'X'
		call drop
		.
		heard
	X
	one
	all 'map(select(.type == "tool_result") | [.code, .is_error]) == [["refused", true]]'
	[[ $(answer) == *--allow* ]]
	[ ! -e ran ]
	sane
	rm -r state
	one --allow drop
	[ "$(answer)" = counted ]
	sane
	# Or a line of the team's.
	rm -r state ran
	printf 'allow_tools: [drop]\nagents:\n  - {id: one, backend: {type: exec, model: "%s"}}\n' "$(model one)" >team.yaml
	run -0 --separate-stderr ring -c team.yaml "$Q" </dev/null
	[ "$(answer)" = counted ]
	sane
}

# --- tools that do everything else -----------------------------------------------------

wild() {
	local how
	tool dies -- signal KILL 'so far'
	tool crashes -- signal SEGV 'so far'
	tool fails -- status 7 'so far'
	tool hangs 'timeout: 1s' -- hang 'so far'
	for how in child setsid twice pipe bare; do
		tool "fork-$how" 'timeout: 40s' -- forks "$how" "$NUM"
	done
	tool garbage -- garbage
	tool bytes -- raw '\0377\0376\01\02\0033[31m'
	tool half -- half '{"type":"tool_result","content":"ha'
	tool halfevent -- raw '{"type":"step"}\n{"type":"tool_result","content":"ha'
	tool closes -- close
	tool deaf -- deaf
	tool silent -- half ''
	tool endless 'limits: {output: 2KiB, output_max: 4MiB}' -- flood 1000000000000
	{
		for how in dies crashes fails hangs fork-{child,setsid,twice,pipe,bare} garbage bytes half halfevent closes deaf silent endless; do
			echo "call $how"
		done
		echo .
		echo heard All:
	} | agent one
}

# Which call was told what: code, or none.
wildly() {
	sane
	all 'map(select(.type == "tool_result")) | length == 17 and all(.by == "mg-tools")'
	same "$(jq -rs 'map(select(.type == "tool_result")) | sort_by(.name)[] | .name + " " + (.code // "ok")' <<<"$output" | tr '\n' ',')" \
		'bytes ok,closes ok,crashes tool_failed,deaf ok,dies tool_failed,endless too_large,fails tool_failed,fork-bare ok,fork-child ok,fork-pipe ok,fork-setsid ok,fork-twice ok,garbage malformed_reply,half malformed_reply,halfevent malformed_reply,hangs timeout,silent ok,'
	# The turn went on with all of it, and the run is done.
	[ "$(jq -s 'map(select(.type == "request" and .turn == 2)) | length' <<<"$output")" = 1 ]
	[[ $(answer) == 'All: '*'so far'* ]]
	[ "$(tail -n 1 "$log" | jq -r .status)" = 'done' ]
}

@test "tools that die, hang, flood, fork away, write garbage: one turn with all of them" {
	wild
	one
	wildly
}

@test "the same without bubblewrap: said in each result, and nobody is left either" {
	wild
	no_bwrap
	one
	wildly
	all 'map(select(.type == "tool_result" and (.code | IN("bad_arguments", "refused") | not)) | .sandbox) | unique == ["none"]'
}

@test "64 MB of output: first part, note, last part, and the file holds all of it" {
	tool flood -- flood 67108864
	agent one <<-'X'
		call flood
		.
		heard
	X
	one
	all 'map(select(.type == "tool_result")) | length == 1 and (.[0] | .is_error == false and .bytes == 67108875 and (.content | length < 67000))'
	answer >shown
	[ "$(head -n 1 shown)" = HEAD ]
	[ "$(tail -n 1 shown)" = TAIL ]
	local note file left
	note=$(grep -o '[0-9]* bytes left out; all of it: [^] ]*' shown)
	file=${note#*all of it: }
	left=${note%% *}
	[ "$left" -gt 67000000 ]
	[ "$(wc -c <"$file")" = 67108875 ]
	"$ROOT/tests/ring/tool_act.sh" flood 67108864 | cmp - "$file"
	[[ $file == "$RUNS/r/"* ]]
	sane
}

@test "steps of a tool reach the reader, whole, and belong to its call" {
	tool steps -- steps 50
	agent one <<-'X'
		call steps
		.
		heard
	X
	one
	all 'map(select(.type == "step")) | length == 50 and (map(.done) == [range(1; 51)]) and all(.call == "c1.1" and .by == "mg-tools")'
	[ "$(answer)" = 'all 50 parts' ]
	sane
}

# --- several --------------------------------------------------------------------------

@test "two mg-tools in one ring: each takes its own, a shared name the first" {
	mkdir more
	tool alpha -- say first
	tool one -- say 1
	FOLDER=more tool alpha -- say second
	FOLDER=more tool two -- say 2
	agent one <<-'X'
		call alpha
		call one
		call two
		call three
		.
		heard
	X
	run -0 --separate-stderr timeout 50 mg-run -S r -o ndjson "$Q" \
		-- mg-vote lead -m "$(model one)" -- mg-tools -T ./tools -- mg-tools -T ./more \
		-- mg-ask -m "$(model one)" </dev/null
	all 'map(select(.type == "tool_result") | [.name // "", .by, .is_error]) | sort == [["","mg-ask",true],["alpha","mg-tools",false],["one","mg-tools",false],["two","mg-tools.2",false]]' ||
		all 'map(select(.type == "tool_result") | [.call, .by, .is_error]) | sort == [["c1.1","mg-tools",false],["c1.2","mg-tools",false],["c1.3","mg-tools.2",false],["c1.4","mg-ask",true]]'
	[[ $(answer) == *first*1*2*three* ]]
	[[ $(answer) != *second* ]]
	all 'map(select(.type == "request"))[0].tools | map(.name) | sort == ["alpha","one","two"]'
	sane
}

@test "a team as a tool: its result is the tool's, its events stay inside" {
	tool inner -- say 'from within'
	agent in1 <<-'X'
		answer Seven
		.
		vote first
	X
	agent in2 <<-'X'
		answer Eight
		.
		vote agent1.1
	X
	printf 'name: council\ndescription: Asks two\nvoting: {retry_wait: 10ms}\nagents:\n  - {id: in1, backend: {type: exec, model: "%s"}}\n  - {id: in2, backend: {type: exec, model: "%s"}}\n' \
		"$(model in1)" "$(model in2)" >tools/council.yaml
	agent one <<-'X'
		call council {"task":"How many?"}
		.
		heard The council says
	X
	one
	[ "$(answer)" = 'The council says Seven' ]
	all 'map(select(.type == "tool_result") | [.name, .is_error]) == [["council", false]]'
	all 'map(select(.agent == "in1" or .agent == "in2") | .type) - ["step"] == []'
	all 'map(select(.type == "request"))[0].tools | map(.name) == ["council","inner"]'
	all 'map(select(.type == "init" or .type == "end" or .type == "result")) | length == 3'
	sane
	# A team that fails is an error result, and the agent goes on.
	rm -r state
	sed -i 's/in[12]\.script/none.script/g' tools/council.yaml
	run -0 timeout 50 mg-tools accept -T ./tools council
	one
	all 'map(select(.type == "tool_result") | [.name, .is_error]) == [["council", true]]'
	[[ $(answer) == 'The council says '* ]]
	sane
}

@test "a cancelled task, in mid-call: its calls are cancelled, the other goes on" {
	tool waits -- once up go
	tool quick -- say quick
	agent one <<-'X'
		call waits {"n":1}
		call quick
		.
		heard
	X
	mkfifo in
	ring -i ndjson -m "$(model one)" <in >out 2>err 4>&- &
	PID=$!
	exec 4>in
	say '{"type":"task","id":"q","content":"x"}' '{"type":"task","id":"r","session":"other","content":"y"}'
	until_ok eval '[ "$(wc -l <up)" = 2 ]'
	say '{"type":"cancel","id":"q","reason":"no longer wanted"}'
	until_ok logged '"code":"cancelled"'
	touch go
	finish any
	all 'map(select(.type == "tool_result" and .code == "cancelled") | [.id, .name]) == [["q","waits"]]'
	all 'map(select(.type == "result") | [.id, .status]) | sort == [["q","incomplete"],["r","done"]]'
	sane
}

@test "mg-run told to stop in mid-call: nobody is left, and it goes on" {
	tool waits -- once up go
	agent one <<-'X'
		call waits
		.
		heard
	X
	local sig
	for sig in INT TERM; do
		rm -rf state up up.up go
		env --default-signal=INT mg-run -S r -o ndjson --tools tools -m "$(model one)" "$Q" </dev/null >out 2>err 3>&- &
		PID=$!
		until_ok test -e up.up
		kill -$sig $PID
		wait $PID || true
		alone
		[ "$(tail -n 1 "$log" | jq -r .status)" = interrupted ]
		[ "$(grep -c '^{"type":"tool_result"' "$log")" = 0 ]
		touch go
		run -0 --separate-stderr timeout 50 mg-run --resume r -o ndjson </dev/null
		[ "$(answer)" = 'went on' ]
		[ "$(wc -l <up)" = 2 ]
		sane
	done
}

@test "listeners see calls and results, and cannot change them" {
	tool alpha -- say hello
	tool steps -- steps 2
	agent one <<-'X'
		call alpha
		call steps
		.
		heard
	X
	run -0 --separate-stderr timeout 50 mg-run -S r -o ndjson "$Q" \
		-- mg-vote lead -m "$(model one)" -- jq -c 'select(.type == "tool_call" or .type == "tool_result") | {type: "seen", of: .type, what: .call}' \
		-- mg-tools -T ./tools -- sh -c 'exec grep -F tool_ >heard' -- mg-ask -m "$(model one)" </dev/null
	[ "$(answer)" = 'hello | all 2 parts' ]
	all 'map(select(.type == "seen") | .of + .what) | sort == ["tool_callc1.1","tool_callc1.2","tool_resultc1.1","tool_resultc1.2"]'
	[ "$(jq -r 'select(.type == "tool_call").taken' heard | sort -u)" = mg-tools ]
	[ "$(jq -r 'select(.type == "tool_result").call' heard | sort | tr '\n' ' ')" = 'c1.1 c1.2 ' ]
	sane
}

@test "a tool that is running when the answer is there is ended with the run" {
	tool waits -- once up never
	agent one <<-'X'
		answer Four
		call waits
		.
		vote first
	X
	agent two <<-'X'
		until up.up
		answer Five
		.
		vote agent2.1
	X
	run --separate-stderr ring --timeout 20s -m "$(model one)" -m "$(model two)" -r agent_timeout=2s "$Q" </dev/null
	sane
	[ "$(jq -r 'select(.type == "end").status' <<<"$output")" != '' ]
}

@test "a follow-up question of the same run has its tools, and its own calls" {
	tool put 'label: write' -- count put.ran
	agent one <<-'X'
		call put
		.
		heard
	X
	one --allow put
	run -0 --separate-stderr timeout 50 mg-run --continue -o ndjson 'And then?' </dev/null
	[ "$(wc -l <put.ran)" = 2 ]
	[ "$(grep -c '^{"type":"tool_result".*"content":"counted"' "$log")" = 2 ]
	[[ $(answer) == *counted ]]
	sane
}
