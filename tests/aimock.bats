# mg-ask against a server that we did not write: aimock (tests/parts.sh).
# It proves that we read what others send, and that our requests suit it.

load helper

setup_file() {
	local node_file=$BATS_TEST_DIRNAME/parts/aimock.node bin
	export MISSING=
	bin=$BATS_TEST_DIRNAME/parts/aimock/node_modules/.bin/llmock
	if [ ! -s "$node_file" ] || [ ! -e "$bin" ]; then
		MISSING='the npm package @copilotkit/aimock is missing (tests/parts.sh installs it)'
		return 0
	fi
	cat >"$BATS_FILE_TMPDIR/fixtures.json" <<-'X'
		{"fixtures":[
		{"match":{"model":"team-a","userMessage":"compare the answers"},"response":{"toolCalls":[{"id":"a2","name":"vote","arguments":{"label":"agent1.1","reason":"mine"}}]}},
		{"match":{"model":"team-b","userMessage":"compare the answers"},"response":{"toolCalls":[{"id":"b1","name":"vote","arguments":{"label":"agent1.1","reason":"59 divides it"}}]}},
		{"match":{"model":"team-a"},"response":{"toolCalls":[{"id":"a1","name":"new_answer","arguments":{"content":"59 · 61"}}]}},
		{"match":{"model":"team-b"},"response":{"content":"It is \"prime\"."}},
		{"match":{"userMessage":"greet"},"response":{"content":"Grüße, wörld 😀 \"quoted\" \\ \u2028 end\n"}},
		{"match":{"userMessage":"weather","hasToolResult":false},"response":{"toolCalls":[{"id":"c1","name":"get_weather","arguments":"{\"city\":\"Zürich\",\"n\":9007199254740993,\"m\":18446744073709551616}"},{"id":"c2","name":"get_time","arguments":{"zone":"CET"}}]}},
		{"match":{"userMessage":"weather","hasToolResult":true},"response":{"content":"Sunny at noon."}},
		{"match":{"userMessage":"think"},"response":{"content":"4","reasoning":"two and two"}},
		{"match":{"userMessage":"limit"},"response":{"error":{"message":"too many","type":"rate_limit_error"},"status":429,"retryAfter":90}},
		{"match":{"userMessage":"flaky","sequenceIndex":0},"response":{"error":{"message":"not now","type":"server_error"},"status":503}},
		{"match":{"userMessage":"flaky","sequenceIndex":1},"response":{"content":"now"}},
		{"match":{"userMessage":"cut"},"response":{"content":"one two three four five six seven eight nine ten eleven twelve"},"truncateAfterChunks":3,"latency":20},
		{"match":{"userMessage":"broken"},"response":{"content":"x"},"chaos":{"malformedRate":1}},
		{"match":{"userMessage":"hangup"},"response":{"content":"x"},"chaos":{"disconnectRate":1}},
		{"match":{"userMessage":"slow"},"response":{"content":"one two three four five six"},"chunkSize":3,"streamingProfile":{"ttft":50,"tps":100}},
		{"match":{"userMessage":"long"},"response":{"content":"LONG"},"chunkSize":1}
		]}
	X
	sed -i "s/LONG/$(seq -s ' ' 1 800)/" "$BATS_FILE_TMPDIR/fixtures.json"
	start "$(cat "$node_file")" "$bin"
}

# It chooses no port by itself: ours may be taken, then another is tried.
start() {
	local port
	for _ in 1 2 3 4 5; do
		port=$((20000 + RANDOM % 12000))
		"$1" "$2" -h 127.0.0.1 -p "$port" \
			-f "$BATS_FILE_TMPDIR/fixtures.json" \
			>"$BATS_FILE_TMPDIR/log" 2>&1 3>&- &
		echo $! >"$BATS_FILE_TMPDIR/pid"
		for _ in $(seq 200); do
			if grep -q "listening on .*:$port" "$BATS_FILE_TMPDIR/log"; then
				export URL=http://127.0.0.1:$port/v1
				return 0
			fi
			kill -0 "$(cat "$BATS_FILE_TMPDIR/pid")" 2>/dev/null || break
			sleep .05
		done
	done
	cat "$BATS_FILE_TMPDIR/log"
	return 1
}

teardown_file() {
	[ ! -s "$BATS_FILE_TMPDIR/pid" ] ||
		kill "$(cat "$BATS_FILE_TMPDIR/pid")" 2>/dev/null || true
}

setup() {
	[ -z "$MISSING" ] || skip "$MISSING"
}

# The last word of ask() is the prompt: the fixture.
mock() {
	ask -m gpt-4o "$@"
}

@test "a text, streamed and whole, with its usage" {
	run -0 --separate-stderr mock -o json greet
	[ "$(field '.content|tojson')" = "$(jq -n '"Grüße, wörld 😀 \"quoted\" \\ \u2028 end\n"')" ]
	run -0 --separate-stderr mock greet
	[ "$(field 'select(.type == "delta") | .content' -j)" != '' ]
	[ "$(field 'select(.type == "usage") | .input_tokens > 0 and .output_tokens > 0')" = true ]
	run -0 --separate-stderr mock --no-stream -o json greet
	[ "$(field '.content|tojson')" = "$(jq -n '"Grüße, wörld 😀 \"quoted\" \\ \u2028 end\n"')" ]
}

@test "parallel tool calls keep every digit, streamed and whole" {
	local o
	for o in --connect-timeout=10s --no-stream; do
		run -0 --separate-stderr mock "$o" weather
		[ "$(field 'select(.type == "tool_call") | "\(.call) \(.name)"')" = $'c1 get_weather\nc2 get_time' ]
		grep -qF '"arguments":{"city":"Zürich","n":9007199254740993,"m":18446744073709551616}' <<<"$output"
	done
}

@test "two turns: tool results go back, and the answer comes" {
	coproc MG { timeout 60 mg-ask --base-url "$URL" --retries 0 -m gpt-4o; }
	local line out=$BATS_TEST_TMPDIR/out in=${MG[1]} from=${MG[0]}
	echo '{"type":"request","id":"w","agent":"gpt-4o","turn":1,"messages":[{"role":"user","content":"weather"}],"tools":[{"name":"get_weather","input_schema":{"type":"object"}},{"name":"get_time","input_schema":{"type":"object"}}]}' >&"$in"
	while IFS= read -r line <&"$from"; do
		echo "$line" >>"$out"
		case $line in
		'{"type":"tool_call"'*'"call":"c2"'*)
			echo '{"type":"tool_result","id":"w","agent":"gpt-4o","turn":1,"call":"c2","content":"noon"}' >&"$in"
			echo '{"type":"tool_result","id":"w","agent":"gpt-4o","turn":1,"call":"c1","content":"sunny"}' >&"$in" ;;
		'{"type":"ready"'*)
			echo '{"type":"request","id":"w","agent":"gpt-4o","turn":2}' >&"$in" ;;
		'{"type":"message"'*'"turn":2'* | '{"type":"error"'*) break ;;
		esac
	done
	eval "exec $in>&-"
	[[ $(tail -1 "$out") == *'"content":"Sunny at noon."'* ]]
}

@test "what a model thought is told apart from what it said" {
	run -0 --separate-stderr mock think
	[ "$(field 'select(.type == "message") | .content')" = 4 ]
	[ "$(field 'select(.type == "delta") | .thinking // empty' | tr -d '\n')" = 'two and two' ]
}

@test "429 with Retry-After, and a model that it does not know" {
	run -75 --separate-stderr mock limit
	[ "$(field 'select(.type == "error") | "\(.code) \(.retry_after_ms)"')" = 'rate_limited 90000' ]
	[[ $stderr == *'too many'* ]]
	run -69 --separate-stderr mock 'no such fixture'
	[ "$(field 'select(.type == "error") | .code')" = model_unknown ]
}

@test "503 and then an answer: one retry" {
	run -0 --separate-stderr timeout 60 mg-ask --base-url "$URL" --retry-max 20ms -m gpt-4o flaky </dev/null
	[ "$(count retry) $(count error)" = '1 0' ]
	[ "$(field 'select(.type == "message") | .content')" = now ]
}

@test "a stream that it cuts, a reply that it breaks, a connection that it drops" {
	run -69 --separate-stderr mock cut
	[ "$(field 'select(.type == "error") | .code')" = stream_cut ]
	[ "$(field 'select(.type == "error") | .partial | startswith("one two")')" = true ]
	[ "$(count message)" = 0 ]
	run -76 --separate-stderr mock broken
	[ "$(field 'select(.type == "error") | .code')" = malformed_reply ]
	run -69 --separate-stderr mock hangup
	[ "$(field 'select(.type == "error") | .code')" = unreachable ]
}

@test "a slow stream, and one in pieces of one character" {
	run -0 mock -t slow
	[ "$output" = 'one two three four five six' ]
	run -0 mock -t long
	[ "$output" = "$(seq -s ' ' 1 800)" ]
}

@test "fifty agents at once get fifty whole answers" {
	run -0 --separate-stderr ask -m gpt-4o:50 -o json long
	[ "$(field .content | sort | uniq -c | sed 's/^ *//')" = "50 $(seq -s ' ' 1 800)" ]
}

@test "a team: answers as tool calls and as text, votes, the result" {
	export XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
	run -0 --separate-stderr timeout 60 mg-run --base-url "$URL" -m team-a -m team-b 'Is 3599 prime?' </dev/null
	[ "$(field 'select(.type == "result") | [.status, .winner, .content, .total] | tojson')" = '["done","team-a","59 · 61",2]' ]
	[ "$(field 'select(.type == "result") | .dissent[0].content')" = 'It is "prime".' ]
	[ "$(field 'select(.type == "end") | .num_turns, (.input_tokens > 0)' | xargs)" = '4 true' ]
}
