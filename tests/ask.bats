# mg-ask: what it reads and what it writes. Faults are in ask_http.bats,
# programs in ask_exec.bats, pipes and signals in ask_pipes.bats.

load helper

setup_file() {
	serve
	script hello <<<'say Hello, wörld!'
	script tools <<-'X'
		tool add {"a":9007199254740993,"b":18446744073709551616}
	X
	cp "$SCRIPTS/tools" "$SCRIPTS/two.1"
	echo 'say the sum is big' >"$SCRIPTS/two.2"
	script buckets <<-'X'
		sse {"id":"r-1","model":"m-7","choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]}
		sse {"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":5}}}
		sse [DONE]
	X
	script thinks <<-'X'
		sse {"choices":[{"delta":{"reasoning_content":"hmm"}}]}
		sse {"choices":[{"delta":{"content":"yes"},"finish_reason":"stop"}]}
		sse [DONE]
	X
	script slow <<-'X'
		status 200
		wait 60000
		say late
	X
	# Two agents that speak at once: their words alternate on the wire.
	script one <<-'X'
		chunk 1
		gap 200
		say one two three four five six
	X
	cp "$SCRIPTS/one" "$SCRIPTS/other"
	script escapes <<-'X'
		sse {"choices":[{"delta":{"content":"red \u001b[31m bell \u0007 csi \u009b2J del \u007f end"},"finish_reason":"stop"}]}
		sse [DONE]
	X
}

teardown_file() {
	unserve
}

# The bodies that were sent to a model, one a line.
sent() {
	jq -c --arg m "$1" 'select(.body.model? == $m) | .body' "$REQUESTS"
}

# Waits until the server was asked for a model N times, but not for ever.
until_asked() {
	for _ in $(seq 400); do
		[ "$(grep -c "\"model\":\"$1\"" "$REQUESTS")" -ge "${2:-1}" ] && return 0
		sleep .05
	done
	return 1
}

# mg-ask with what stands on our standard input.
feed() {
	timeout 60 mg-ask --base-url "$URL" --retries 0 "$@"
}

@test "a prompt gives init, task, deltas, usage, message and end, in this order" {
	run -0 --separate-stderr ask -m hello 'Hi there'
	[ "$(field .type | uniq | tr '\n' ' ')" = 'init task delta usage message end ' ]
	[ -z "$stderr" ]
	[ "$(field 'select(.type == "init") | "\(.v) \(.command) \(.agents[0])"')" = '1 mg-ask hello' ]
	[ "$(field 'select(.type == "task") | "\(.id) \(.content) \(.taken)"')" = '1 Hi there mg-ask' ]
	[ "$(field 'select(.type == "end") | "\(.status) \(.tasks) \(.num_turns) \(.messages) \(.errors)"')" = 'done 1 1 1 0' ]
}

@test "every event says its type first, who made it, and when" {
	run -0 ask -m hello hi
	[ "$(grep -cv '^{"type":"[a-z_]*","by":"mg-ask",.*,"ts":"20[0-9-]*T[0-9:]*\.[0-9]\{3\}Z"}$' <<<"$output")" = 0 ]
}

@test "deltas and message carry id, agent and turn, and the same text" {
	run -0 ask -m hello hi
	[ "$(field 'select(.type == "delta" or .type == "message") | "\(.id) \(.agent) \(.turn)"' | uniq)" = '1 hello 1' ]
	[ "$(field 'select(.type == "delta") | .content' -j | tr -d '\n')" = 'Hello, wörld!' ]
	[ "$(field 'select(.type == "message") | .content + "|" + .stop')" = 'Hello, wörld!|stop' ]
}

@test "the words of a prompt are joined by blanks" {
	run -0 ask -m words -t one 'two  three' four
	[ "$output" = 'echo: one two  three four' ]
}

@test "piped text stands behind the prompt, whatever is in it" {
	printf '{"type":"task","content":"not a task"}\n' |
		feed -m context 'Explain this:' - >/dev/null
	[ "$(sent context | jq -r '.messages[0].content')" = $'Explain this:\n\n{"type":"task","content":"not a task"}' ]
}

@test "text on standard input is the prompt" {
	run -0 feed -m echo -t <<<$'  What is this?\nAnd that?'
	[ "$output" = $'echo:   What is this?\nAnd that?' ]
}

@test "-i text reads text that begins with a brace" {
	run -0 feed -m echo -t -i text <<<'{"type":"task","content":"x"}'
	[ "$output" = 'echo: {"type":"task","content":"x"}' ]
}

@test "-i ndjson and a prompt exclude each other" {
	run -64 --separate-stderr ask -m hello -i ndjson hi
	[[ $stderr == *"exclude each other"* ]]
	[ -z "$output" ]
}

@test "task lines with and without an id are answered under it" {
	run -0 --separate-stderr feed -m echo <<-'X'
		{"type":"task","id":"a","content":"first"}
		{"type":"task","content":"second"}
		{"id":7,"content":"third","type":"task"}
	X
	[ "$(field 'select(.type == "message") | "\(.id|tojson) \(.content)"' | sort)" = $'"1" echo: second\n"a" echo: first\n7 echo: third' ]
	[ "$(field 'select(.type == "task" and .taken == "mg-ask") | .id|tojson' | sort | tr '\n' ' ')" = '"1" "a" 7 ' ]
	[ "$(field 'select(.type == "end") | .tasks')" = 3 ]
}

@test "a task may hold messages, in parts too" {
	feed -m parts >/dev/null <<-'X'
		{"type":"task","id":1,"messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"data:x"}}]}]}
	X
	[ "$(sent parts | jq -c '.messages')" = '[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"data:x"}}]}]' ]
}

@test "a task without content and messages is a bad line, and the stream goes on" {
	run -65 --separate-stderr feed -m echo <<-'X'
		{"type":"task","id":"a"}
		{"type":"task","id":"b","content":"good"}
	X
	[ "$(field 'select(.type == "error") | "\(.code) \(.line)"')" = 'bad_event 1' ]
	[ "$(field 'select(.type == "message") | .content')" = 'echo: good' ]
	[[ $stderr == *"line 1: "* ]]
}

@test "chat lines are tasks" {
	run -0 feed -m echo <<-'X'
		{"role":"user","content":"one"}
		{"role":"user","content":[{"type":"text","text":"two"}]}
	X
	[ "$(field 'select(.type == "task") | "\(.id) \(.taken)"')" = $'1 mg-ask\n2 mg-ask' ]
	[ "$(field 'select(.type == "message") | .content' | sort)" = $'echo: one\necho: two' ]
}

@test "a chat line of the assistant is a bad line" {
	run -65 --separate-stderr feed -m echo <<<'{"role":"assistant","content":"x"}'
	[ "$(field 'select(.type == "error" and .line == 1) | .code')" = bad_event ]
	[[ $stderr == *"jq -sc"* ]]
}

@test "lines of a batch file keep their custom_id and their parameters" {
	run -0 feed -m batch <<-'X'
		{"custom_id":"r-1","method":"POST","url":"/v1/chat/completions","body":{"model":"ignored","temperature":0.25,"max_tokens":9007199254740993,"messages":[{"role":"user","content":"one"}]}}
		{"custom_id":"r-2","method":"POST","url":"/v1/chat/completions","body":{"messages":[{"role":"user","content":"two"}]}}
	X
	[ "$(field 'select(.type == "message") | "\(.id) \(.content)"' | sort)" = $'r-1 echo: one\nr-2 echo: two' ]
	grep -q '"temperature":0.25,"max_tokens":9007199254740993' "$REQUESTS"
}

@test "an unknown type and a line of jq pass byte for byte" {
	local line='{ "n" : 9007199254740993, "type" : "x", "f": 1.0 }'
	run -0 feed -m echo <<<"$line"$'\n{"type":"task","content":"hi"}\n{"b":1}'
	grep -qxF "$line" <<<"$output"
	grep -qxF '{"b":1}' <<<"$output"
}

@test "blank, CRLF and garbage lines: the first two are skipped, the third is reported" {
	run -65 --separate-stderr feed -m echo < <(
		printf '\n  \r\n{"type":"task","content":"hi"}\r\ngarbage\n')
	[ "$(field 'select(.type == "error") | "\(.code) \(.line)"')" = 'bad_line 4' ]
	[ "$(field 'select(.type == "message") | .content')" = 'echo: hi' ]
}

@test "a request is one call, and its tool results make it ready" {
	run -0 --separate-stderr feed -m two <<-'X'
		{"type":"request","id":"t","agent":"two","turn":1,"messages":[{"role":"user","content":"add"}],"tools":[{"name":"add","description":"adds","input_schema":{"type":"object"}}]}
	X
	[ "$(field 'select(.type == "tool_call") | "\(.id) \(.agent) \(.turn) \(.call) \(.name)"')" = 't two 1 call_1 add' ]
	[ "$(field 'select(.type == "message") | "\(.stop) \(.tool_calls|length)"')" = 'tool_calls 1' ]
	[ "$(sent two | jq -c '.tools')" = '[{"type":"function","function":{"name":"add","description":"adds","parameters":{"type":"object"}}}]' ]
}

@test "integers in tool arguments keep all their digits, in events and in the next request" {
	# The result goes in once the call is there; then the second turn.
	coproc MG { timeout 60 mg-ask --base-url "$URL" --retries 0 -m digits; }
	local line out=$BATS_TEST_TMPDIR/out in=${MG[1]} from=7
	exec 7<&"${MG[0]}" # ours still when the coprocess is gone
	cp "$SCRIPTS/two.1" "$SCRIPTS/digits.1"
	cp "$SCRIPTS/two.2" "$SCRIPTS/digits.2"
	echo '{"type":"request","id":"t","agent":"digits","turn":1,"messages":[{"role":"user","content":"add"}]}' >&"$in"
	while IFS= read -r line <&"$from"; do
		echo "$line" >>"$out"
		case $line in
		'{"type":"tool_call"'*)
			echo '{"type":"tool_result","id":"t","agent":"digits","turn":1,"call":"call_1","content":{"sum":18455751272964500609}}' >&"$in" ;;
		'{"type":"ready"'*)
			echo '{"type":"request","id":"t","agent":"digits","turn":2,"append":[{"role":"user","content":"and now say it"}]}' >&"$in" ;;
		'{"type":"message"'*'"turn":2'*) break ;;
		esac
	done
	eval "exec $in>&-"
	cat <&"$from" >>"$out"
	grep -q '^{"type":"tool_call".*"arguments":{"a":9007199254740993,"b":18446744073709551616}' "$out"
	grep -q '^{"type":"message".*"tool_calls":\[{"call":"call_1","name":"add","arguments":{"a":9007199254740993,"b":18446744073709551616}}\]' "$out"
	[ "$(grep -c '^{"type":"ready"' "$out")" = 1 ]
	grep -q '"turn":2,"model":"digits","content":"the sum is big"' "$out"
	# What the model is told: its own call, the result, what was appended.
	grep '"model":"digits"' "$REQUESTS" | tail -1 >"$out.sent"
	grep -qF '"arguments":"{\"a\":9007199254740993,\"b\":18446744073709551616}"' "$out.sent"
	grep -qF '{"role":"tool","tool_call_id":"call_1","content":"{\"sum\":18455751272964500609}"}' "$out.sent"
	[ "$(jq -r '.body.messages | map(.role) | join(" ")' "$out.sent")" = 'user assistant tool user' ]
}

@test "several tool calls of a turn are ready once, when the last result is in" {
	script parallel.1 <<-'X'
		sse {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"x","function":{"name":"f","arguments":"{}"}},{"index":1,"id":"x","function":{"name":"g","arguments":""}}]},"finish_reason":"tool_calls"}]}
		sse [DONE]
	X
	run -0 feed -m parallel < <(
		echo '{"type":"request","id":1,"turn":1,"messages":[{"role":"user","content":"x"}]}'
		until_asked parallel
		sleep .5
		echo '{"type":"tool_result","id":1,"agent":"parallel","call":"x_2","content":"second"}'
		echo '{"type":"tool_result","id":1,"agent":"parallel","call":"nobody","content":"?"}'
		echo '{"type":"tool_result","id":1,"agent":"parallel","call":"x","content":"first"}')
	# The agent is the one of -m where the request named none.
	[ "$(field 'select(.type == "tool_call") | "\(.agent) \(.call) \(.name) \(.arguments)"')" = $'parallel x f {}\nparallel x_2 g {}' ]
	[ "$(count ready)" = 1 ]
	[ "$(tail -2 <<<"$output" | jq -r .type)" = $'ready\nend' ] ||
		[ "$(tail -1 <<<"$output" | jq -r .type)" = ready ]
}

@test "a request that asks a busy agent again cancels the call before" {
	run --separate-stderr feed -m slow < <(
		echo '{"type":"task","id":"1","content":"wait"}'
		until_asked slow
		echo 'say now' >"$SCRIPTS/slow"
		echo '{"type":"request","id":"1","agent":"slow","turn":1,"messages":[{"role":"user","content":"again"}]}')
	[ "$(field 'select(.type == "error") | .code')" = cancelled ]
	[ "$(field 'select(.type == "message") | .content')" = now ]
}

@test "an id names one task: a second one of that id is a bad line" {
	run -65 --separate-stderr feed -m echo <<-'X'
		{"type":"task","id":"2","content":"one"}
		{"type":"task","id":"2","content":"two"}
		{"type":"task","content":"three"}
		{"type":"task","content":"four"}
	X
	[ "$(field 'select(.type == "error") | "\(.code) \(.line)"')" = 'bad_event 2' ]
	# What gets an id gets one that nobody has.
	[ "$(field 'select(.type == "message") | "\(.id) \(.content)"' | sort)" = $'1 echo: three\n2 echo: one\n3 echo: four' ]
}

@test "cancel ends what it names" {
	script still <<-'X'
		status 200
		hang
	X
	run --separate-stderr feed -m still < <(
		echo '{"type":"task","id":"1","content":"one"}'
		echo '{"type":"task","id":"2","content":"two"}'
		until_asked still 2
		echo '{"type":"cancel","id":"2","reason":"enough of it"}'
		echo '{"type":"cancel","reason":"all"}')
	[ "$(field 'select(.type == "error") | "\(.id) \(.code) \(.message)"')" = $'2 cancelled enough of it\n1 cancelled all' ]
	[ "$(count message)" = 0 ]
}

@test "a conversation longer than a line goes on, and one beyond 64 MiB says so" {
	local t dir=$BATS_TEST_TMPDIR from in line
	cp "$SCRIPTS/hello" "$SCRIPTS/long"
	head -c 9000000 /dev/zero | tr '\0' x >"$dir/big"
	# -o json: what passes need not be read here; each waits for the last.
	coproc MG { timeout 60 mg-ask --base-url "$URL" --retries 0 -m long -o json 2>"$dir/err"; }
	from=7 in=${MG[1]}
	exec 7<&"${MG[0]}"
	for t in 1 2 3 4 5 6 7; do
		printf '{"type":"request","id":1,"turn":%d,"append":[{"role":"user","content":"%s"}]}\n' \
			$t "$(cat "$dir/big")" >&"$in"
		IFS= read -r line <&"$from"
		[ "$(jq -r '"\(.turn) \(.content)"' <<<"$line")" = "$t Hello, wörld!" ]
	done
	[ "$(tail -1 "$REQUESTS" | wc -c)" -gt 60000000 ]
	printf '{"type":"request","id":1,"turn":8,"append":[{"role":"user","content":"%s"}]}\n' \
		"$(cat "$dir/big")" >&"$in"
	eval "exec $in>&-"
	[ -z "$(cat <&"$from")" ]
	grep -q 'the request is longer than 64 MiB' "$dir/err"
	: >"$REQUESTS"
}

@test "a template puts the text, --var and members of the line in their places" {
	cat >"$BATS_TEST_TMPDIR/t" <<-'X'
		{{ who }}, in {{lang}}: {{input}} {{input}} }} {{
	X
	run -0 feed -m echo -t --template "$BATS_TEST_TMPDIR/t" -v who=You \
		-v 'lang={{who}}' <<<'{"type":"task","content":"{{lang}}"}'
	[ "$output" = 'echo: You, in {{who}}: {{lang}} {{lang}} }} {{' ]
	run -0 feed -m echo -t --template "$BATS_TEST_TMPDIR/t" \
		<<<'{"type":"task","content":"x","who":"W","lang":"L"}'
	[ "$output" = 'echo: W, in L: x x }} {{' ]
	run -0 ask -m echo -t --template "$BATS_TEST_TMPDIR/t" -v who=a -v lang=b text
	[ "$output" = 'echo: a, in b: text text }} {{' ]
}

@test "a name that the template cannot fill is said once" {
	echo 'Hello {{nmae}}' >"$BATS_TEST_TMPDIR/t"
	run -64 --separate-stderr ask -m echo --template "$BATS_TEST_TMPDIR/t" hi
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == *'{{nmae}}'*'--var nmae=VALUE'* ]]
	[ "$(field 'select(.type == "end") | .status')" = failed ]
	run -66 ask -m echo --template "$BATS_TEST_TMPDIR/none" hi
}

@test "-s is the system prompt, -p parameters keep their spelling" {
	ask -m params -s 'Be brief.' -p seed=9007199254740993 -p temperature=0.20 \
		-p 'stop=["a"]' -p user=me -p 'odd={x' hi >/dev/null
	[ "$(sent params | jq -c '.messages[0]')" = '{"role":"system","content":"Be brief."}' ]
	grep -F '"seed":9007199254740993,"temperature":0.20,"stop":["a"],"user":"me","odd":"{x","stream":true' "$REQUESTS"
	run -64 ask -m echo -p seed hi
}

@test "usage has disjoint buckets, and end their sums" {
	run -0 ask -m buckets:2 hi
	[ "$(field 'select(.type == "usage") | "\(.input_tokens) \(.cached_input_tokens) \(.output_tokens) \(.reasoning_tokens) \(.response_id) \(.model)"' | uniq)" = '7 4 2 5 r-1 m-7' ]
	[ "$(field 'select(.type == "end") | "\(.input_tokens) \(.cached_input_tokens) \(.output_tokens) \(.reasoning_tokens)"')" = '14 8 4 10' ]
}

@test "thinking is a delta of its own, and no part of the message" {
	run -0 ask -m thinks hi
	[ "$(field 'select(.type == "delta") | .thinking // .content')" = $'hmm\nyes' ]
	[ "$(field 'select(.type == "message") | .content')" = yes ]
	run -0 ask -m thinks -t hi
	[ "$output" = yes ]
}

@test "-o json prints the messages, -t their text" {
	run -0 ask -m hello:2 -o json hi
	[ "$(field .type)" = $'message\nmessage' ]
	run -0 ask -m hello -o text hi
	[ "$output" = 'Hello, wörld!' ]
}

@test "-q filters what would be printed" {
	run -0 ask -m hello -q 'select(.type == "message").content | ascii_upcase' hi
	[ "$output" = '"HELLO, WöRLD!"' ]
	run -0 ask -m hello -o json -q .agent hi
	[ "$output" = '"hello"' ]
	run -0 ask -m hello -t -q .content hi
	[ "$output" = 'Hello, wörld!' ]
	run -64 ask -m hello -q '.a |' hi
	[ "$(wc -l <<<"$output")" = 1 ]
}

@test "in a pipe several agents are shown whole, each under its name" {
	run -0 ask -m one -m other -t hi
	[ "$(grep -c '^one two three four five six$' <<<"$output")" = 2 ]
	[ "$(grep -E '^(one|other):$' <<<"$output" | sort)" = $'one:\nother:' ]
	[ "${#lines[@]}" = 4 ]
}

@test "text that fails half way is shown, the reason is on standard error" {
	script half <<-'X'
		sse {"choices":[{"delta":{"content":"half a"}}]}
		close
	X
	run -69 --separate-stderr ask -m half -t hi
	[ "$output" = 'half a' ]
	[[ $stderr == 'mg-ask: half: '* ]]
}

@test "-m A -m B:3 asks four agents, NAME#2 where a name stands again" {
	run -0 ask -m a -m b:3 -m a -o json hi
	[ "$(field .agent | sort | tr '\n' ' ')" = 'a a#2 b b#2 b#3 ' ]
	[ "$(sent a | wc -l) $(sent b | wc -l)" = '2 3' ]
	run -0 ask -m llama3:8b -o json hi
	[ "$(field .agent)" = 'llama3:8b' ]
	run -64 --separate-stderr ask -m x:0 hi
	[[ $stderr == *'x:0: a count is from 1'* ]]
}

@test "a model named by nobody is an error that says how" {
	run -64 --separate-stderr ask hi
	[[ $stderr == *'-m MODEL'*MG_MODEL* ]]
	MG_MODEL=hello run -0 ask -t hi
	[ "$output" = 'Hello, wörld!' ]
	run -78 --separate-stderr mg-ask -m nobodys-model hi </dev/null
	[[ $stderr == *nobodys-model*PROVIDER/MODEL* ]]
	run -78 --separate-stderr mg-ask -m gpt-5-mini hi </dev/null
	[[ $stderr == *OPENAI_API_KEY* ]]
}

@test "a team file names agents, their models, systems and parameters" {
	cat >"$BATS_TEST_TMPDIR/team.yaml" <<-X
		agents:
		  - id: first
		    system_message: You are \${ROLE}, \${NOT_SET}.
		    backend:
		      type: chatcompletion
		      model: team-one
		      base_url: \${TEAM_URL}
		      temperature: 0.5
		      seed: 9007199254740993
		      extra_body: {min_p: 0.1}
		  - id: second
		    backend: {type: chatcompletion, model: team-two, base_url: "$URL"}
	X
	ROLE='a "judge"' TEAM_URL=$URL run -0 --separate-stderr timeout 60 \
		mg-ask -c "$BATS_TEST_TMPDIR/team.yaml" -s 'For all.' hi </dev/null
	[ "$(field 'select(.type == "message") | .agent' | sort)" = $'first\nsecond' ]
	[ "$(sent team-one | jq -r '.messages[0].content')" = 'You are a "judge", ${NOT_SET}.' ]
	[ "$(sent team-two | jq -r '.messages[0].content')" = 'For all.' ]
	[ "$(sent team-one | jq -c '[.temperature, .min_p]')" = '[0.5,0.1]' ]
	grep -qF '"seed":9007199254740993' "$REQUESTS"
}

@test "agents of a team file answer for their own names only" {
	printf 'agent: {id: me, backend: {type: chatcompletion, model: m, base_url: "%s"}}\n' \
		"$URL" >"$BATS_TEST_TMPDIR/one.yaml"
	run -0 timeout 60 mg-ask -c "$BATS_TEST_TMPDIR/one.yaml" <<-'X'
		{"type":"request","id":1,"agent":"you","turn":1,"messages":[{"role":"user","content":"x"}]}
		{"type":"request","id":2,"agent":"me","turn":1,"messages":[{"role":"user","content":"x"}]}
	X
	[ "$(field 'select(.type == "request") | "\(.id) \(.taken)"')" = $'1 null\n2 mg-ask' ]
	[ "$(field 'select(.type == "message") | .id')" = 2 ]
}

@test "an unknown key names file, line and the nearest known key" {
	local t=$BATS_TEST_TMPDIR/bad.yaml
	printf 'agents:\n  - id: a\n    backend:\n      type: openai\n      modle: x\n' >"$t"
	run -78 --separate-stderr mg-ask -c "$t" hi </dev/null
	[[ $stderr == *"$t:5"* || $stderr == *"$t: line 5"* ]]
	[[ $stderr == *modle*model* ]]
	[ -z "$output" ]
	printf 'agents:\n  - id: a\n    backend: {type: nobody, model: x}\n' >"$t"
	run -78 --separate-stderr mg-ask -c "$t" hi </dev/null
	[[ $stderr == *"$t"*3*nobody* ]]
	printf 'agents:\n  - {id: a, backend: {model: gpt-x, api_key: kkkkkkkk}}\n  - {id: a, backend: {model: gpt-x}}\n' >"$t"
	run -78 --separate-stderr mg-ask -c "$t" hi </dev/null
	[[ $stderr == *"two agents"*'`a`'* ]]
}

@test "MassGen's keys that belong to others are accepted" {
	printf 'agents:\n  - id: a\n    backend: {type: chatcompletion, model: mg, base_url: "%s", cwd: w, enable_web_search: true}\norchestrator: {snapshot_storage: s}\nui: {display_type: simple}\n' \
		"$URL" >"$BATS_TEST_TMPDIR/t.yaml"
	run -0 timeout 60 mg-ask -c "$BATS_TEST_TMPDIR/t.yaml" -t hi </dev/null
	[ "$output" = 'echo: hi' ]
}

@test "--dry-run shows the requests with the key masked, and sends nothing" {
	OPENAI_API_KEY=sk-secret-0123456789 run -0 --separate-stderr ask -m dry:2 \
		-s sys --dry-run 'hi "there"'
	[ "$(grep -c "^POST $URL/chat/completions$" <<<"$output")" = 2 ]
	[ "$(grep -c '^Authorization: Bearer \*\*\*$' <<<"$output")" = 2 ]
	[ "$(grep -m 1 '^{' <<<"$output" | jq -r '.messages[1].content')" = 'hi "there"' ]
	[[ $output$stderr != *secret* ]]
	[ -z "$(sent dry)" ]
	run -0 mg-ask -m gpt-5-mini --dry-run hi </dev/null
	[[ $output == *'(no key)'* ]]
}

@test "a key goes into its header and nowhere else" {
	local key=sk-0123456789abcdef
	script refuses <<-X
		status 401 Unauthorized
		raw {"error":{"message":"Incorrect key $key given"}}
	X
	OPENAI_API_KEY=$key run -77 --separate-stderr ask -m refuses -m hello hi
	[[ $output$stderr == *'Incorrect key ******************* given'* ]]
	[[ $output$stderr != *0123456789* ]]
	[ "$(grep -c "\"authorization\":\"Bearer $key\"" "$REQUESTS")" = 2 ]
}

@test "half a key at the end of a long refusal is masked too" {
	local key=sk-0123456789abcdef
	script tail <<-X
		status 400
		raw {"error":{"message":"$(printf 'x%.0s' {1..590})$key and more"}}
	X
	OPENAI_API_KEY=$key run -69 --separate-stderr ask -m tail hi
	[[ $output$stderr == *'xxx***'* ]]
	[[ $output$stderr != *sk-0* ]]
}

@test "jq sees no keys in its environment" {
	OPENAI_API_KEY=sk-0123456789 ACME_API_KEY=abcdefghij run -0 ask -m hello \
		-o json -q '[env | to_entries[] | select(.key | test("API_KEY"))] | length' hi
	[ "$output" = 0 ]
}

@test "blanks around a key are cut, a key of two lines is refused" {
	OPENAI_API_KEY=$' sk-blank-1\n' run -0 ask -m hello -t hi
	grep -q '"authorization":"Bearer sk-blank-1"' "$REQUESTS"
	OPENAI_API_KEY=$'sk-1\r\nX-Evil: yes' run -78 --separate-stderr ask -m hello hi
	[[ $output$stderr != *Evil* ]]
}

@test "the user's providers file adds and replaces rows" {
	mkdir -p "$BATS_TEST_TMPDIR/c/mg"
	cat >"$BATS_TEST_TMPDIR/c/mg/providers.yaml" <<-X
		providers:
		  - {name: acme, wire: chat, base_url: "$URL", key_env: [ACME_TOKEN], models: ["acme-*"]}
		  - {name: openai, wire: chat, base_url: "$URL", local: true}
	X
	export XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/c
	ACME_TOKEN=tok-12345678 run -0 timeout 60 mg-ask -m acme-1 -m openai/x -o json hi </dev/null
	[ "$(field .agent | sort)" = $'acme-1\nopenai/x' ]
	grep -q '"authorization":"Bearer tok-12345678".*"model":"acme-1"' "$REQUESTS"
	run -78 --separate-stderr mg-ask -m acme-1 hi </dev/null
	[[ $stderr == *ACME_TOKEN* ]]
}

@test "two mg-ask in a line add their totals, and there is one init and one end" {
	run -0 bash -c 'timeout 60 mg-ask --base-url "$URL" -m buckets hi </dev/null |
		jq -c --unbuffered "., (select(.type == \"message\") | {type:\"request\",id:\"2\",agent:\"second\",turn:1,messages:[{role:\"user\",content:\"x\"}]})" |
		timeout 60 mg-ask --base-url "$URL" -m buckets'
	[ "$(count init) $(count end)" = '1 1' ]
	[ "$(tail -1 <<<"$output" | jq -r '"\(.type) \(.messages) \(.input_tokens) \(.num_turns)"')" = 'end 2 14 2' ]
}

# --- on a terminal --------------------------------------------------------

# Runs a shell line on a terminal of 60x20 and waits until it says DONE.
terminal() {
	local t=mg-$$-$BATS_TEST_NUMBER
	cat >"$BATS_TEST_TMPDIR/line" <<<"$1"
	env -u TMUX tmux -L "$t" -f /dev/null new-session -d -x 60 -y 20 \
		"timeout 60 bash $BATS_TEST_TMPDIR/line; echo DONE; sleep 60"
	for _ in $(seq 300); do
		env -u TMUX tmux -L "$t" capture-pane -pe >"$BATS_TEST_TMPDIR/screen"
		grep -q '^DONE' "$BATS_TEST_TMPDIR/screen" && break
		sleep .1
	done
	env -u TMUX tmux -L "$t" kill-server
	cat "$BATS_TEST_TMPDIR/screen"
}

@test "on a terminal one agent is live and the others come whole behind it" {
	script live <<-'X'
		sse {"choices":[{"delta":{"content":"live begins"}}]}
		wait 1500
		sse {"choices":[{"delta":{"content":" and ends"},"finish_reason":"stop"}]}
		sse [DONE]
	X
	script quick <<-'X'
		wait 500
		say quick answer
	X
	local t=mg-live-$$
	env -u TMUX tmux -L "$t" -f /dev/null new-session -d -x 60 -y 20 \
		"timeout 60 mg-ask --base-url $URL -m live -m quick hi; sleep 60"
	local seen=
	for _ in $(seq 300); do
		run env -u TMUX tmux -L "$t" capture-pane -p
		[[ $output == *'live begins'* && $output != *'and ends'* ]] && seen=yes
		[[ $output != *'quick answer'* ]] || break
		sleep .05
	done
	env -u TMUX tmux -L "$t" kill-server
	[ "$seen" = yes ]
	[ "$(grep -v '^$' <<<"$output")" = $'live:\nlive begins and ends\nquick:\nquick answer' ]
}

@test "escape sequences of a model do not drive the terminal" {
	run terminal "mg-ask --base-url $URL -m escapes hi </dev/null"
	[[ $output == *'red ?[31m bell ? csi ?2J del ? end'* ]]
}

@test "names are coloured on a terminal, and not with NO_COLOR" {
	run terminal "mg-ask --base-url $URL -m hello -m one hi </dev/null"
	[[ $output == *$'\033[1m\033[3'*hello:* ]] || [[ $output == *$'\033[1;3'*hello:* ]]
	run terminal "NO_COLOR=1 mg-ask --base-url $URL -m hello -m one hi </dev/null"
	[[ $output != *$'\033['* ]]
	[[ $output == *hello:* ]]
}

@test "a prompt on a terminal does not wait for the keyboard" {
	run terminal "mg-ask --base-url $URL -m hello hi"
	[[ $output == *'Hello, wörld!'*DONE* ]]
}
