# mg-ask against a server that plays its part well or badly: cuts, chunks,
# faults, retries, time limits, TLS. Nothing here depends on absolute speed:
# limits are met long before, or never.

load helper

setup_file() {
	serve
	streams
}

teardown_file() {
	unserve
}

# Two streams, byte for byte the same in every request, so that a cut can be
# made at each of their bytes.
streams() {
	cat >"$SCRIPTS/text.sse" <<-'X'
		: connected

		data: {"id":"r","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

		data: {"id":"r","choices":[{"index":0,"delta":{"content":"Gr\u00fc\u00dfe \ud83d\ude00"},"finish_reason":null}]}

		data: {"id":"r","choices":[{"index":0,"delta":{"content":" wörld 😀"},"finish_reason":null}]}

		data: {"id":"r","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

		data: {"id":"r","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":3}}

		data: [DONE]

	X
	cat >"$SCRIPTS/tool.sse" <<-'X'
		data: {"id":"r","choices":[{"index":0,"delta":{"content":null,"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"add","arguments":""}}]}}]}

		data: {"id":"r","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":90071"}}]}}]}

		data: {"id":"r","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"99254740993}"}}]}}]}

		data: {"id":"r","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"c2","type":"function","function":{"name":"mul","arguments":"{\"b\": 18446744073709551616}"}}]},"finish_reason":"tool_calls"}]}

		data: [DONE]

	X
	TEXT=$(wc -c <"$SCRIPTS/text.sse") TOOL=$(wc -c <"$SCRIPTS/tool.sse")
	TEXT_SAYS='Grüße 😀 wörld 😀'
	export TEXT TOOL TEXT_SAYS
}

# cuts NAME FILE FIRST LAST [DIRECTIVE...]: a script NAME-N per byte.
cuts() {
	local name=$1 file=$2 n d
	for ((n = $3; n <= $4; n++)); do
		for d in "${@:5}"; do
			echo "$d"
		done >"$SCRIPTS/$name-$n"
		printf 'file %s\ncut %d%s\n' "$file" $n "$RST" >>"$SCRIPTS/$name-$n"
	done
}

# everyone NAME FIRST LAST [OPTION...]: asks all of NAME-N at once, in one
# process; what came is in $out, one line per agent and event of interest.
everyone() {
	local name=$1 n args=()
	out=$BATS_TEST_TMPDIR/out
	for ((n = $2; n <= $3; n++)); do
		args+=(-m "$name-$n")
	done
	timeout 100 mg-ask --base-url "$URL" -o ndjson --retries 0 "${@:4}" \
		"${args[@]}" hi </dev/null 2>/dev/null >"$out" || true
	[ "$(tail -1 "$out" | jq -r .type)" = end ]
}

# The agents with exactly one error and no message; with exactly one message.
errors() {
	jq -rn '[inputs | select(.agent)] | group_by(.agent)[]
		| select((map(select(.type == "error")) | length) == 1
			and (map(select(.type == "message" or .type == "tool_call")) | length) == 0
			and (map(.content // "" | strings) | add) as $d
				| map(select(.type == "error"))[0].partial // "" == $d)
		| .[0].agent' "$out"
}
messages() {
	jq -rn '[inputs | select(.agent)] | group_by(.agent)[]
		| select((map(select(.type == "error")) | length) == 0
			and (map(select(.type == "message")) | length) == 1)
		| .[0].agent' "$out"
}

# How often a model was asked.
asked() {
	grep -c "\"model\":\"$1\"" "$REQUESTS" || true
}

# --- cuts -------------------------------------------------------------------

every_cut() {
	RST=$4 cuts "$1" "$2.sse" 0 $(($3 - 1)) "${@:5}"
	everyone "$1" 0 $(($3 - 1))
	[ "$(errors | wc -l)" = "$3" ]
}

@test "a text cut at every byte is one error, never a message" {
	every_cut ct text "$TEXT" ''
}

@test "and so it is where only the connection's end would tell" {
	every_cut cc text "$TEXT" '' 'encoding close'
}

@test "and so it is with a length, and a reset instead of an end" {
	every_cut cl text "$TEXT" ' rst' 'encoding length'
}

@test "tool calls cut at every byte are one error, and no tool_call" {
	every_cut tc tool "$TOOL" ''
}

@test "tool calls cut at every byte where only the connection's end would tell" {
	every_cut tl tool "$TOOL" '' 'encoding close'
}

@test "the last byte makes a stream whole, cut behind it or not" {
	RST='' cuts last text.sse "$TEXT" "$TEXT"
	RST=' rst' cuts rst text.sse "$TEXT" "$TEXT" 'encoding length'
	run -0 ask -m "last-$TEXT" -m "rst-$TEXT" -o json hi
	[ "$(field .content)" = "$TEXT_SAYS"$'\n'"$TEXT_SAYS" ]
}

@test "with a retry there is one message or one error for every cut, not both" {
	RST='' cuts again text.sse 0 $((TEXT - 1))
	local n
	for ((n = 0; n < TEXT; n++)); do
		mv "$SCRIPTS/again-$n" "$SCRIPTS/again-$n.1"
		echo 'file text.sse' >"$SCRIPTS/again-$n.2"
	done
	everyone again 0 $((TEXT - 1)) --retries 1 --retry-max 20ms
	[ $(($(messages | wc -l) + $(errors | wc -l))) = "$TEXT" ]
	# The first words are somewhere in the middle: both kinds occur.
	[ "$(messages | wc -l)" -gt 100 ] && [ "$(errors | wc -l)" -gt 100 ]
	[ "$(jq -r 'select(.type == "message") | .content' "$out" | sort -u)" = "$TEXT_SAYS" ]
	[ "$(jq -r 'select(.type == "retry") | .agent' "$out" | sort | uniq -d)" = '' ]
}

@test "a whole stream is exact however it is chunked" {
	local n
	for ((n = 1; n <= 80; n++)); do
		printf 'chunk %d\ngap 0\nfile text.sse\n' $n >"$SCRIPTS/k-$n"
		printf 'encoding close\nchunk %d\ngap 50\nfile tool.sse\n' $n >"$SCRIPTS/w-$n"
	done
	everyone k 1 80
	[ "$(messages | wc -l)" = 80 ]
	[ "$(jq -r 'select(.type == "message") | .content' "$out" | sort | uniq -c | sed 's/^ *//')" = "80 $TEXT_SAYS" ]
	everyone w 1 80
	[ "$(messages | wc -l)" = 80 ]
	[ "$(grep -o '"tool_calls":.*"stop"' "$out" | sort | uniq -c | sed 's/^ *//')" = '80 "tool_calls":[{"call":"c1","name":"add","arguments":{"a":9007199254740993}},{"call":"c2","name":"mul","arguments":{"b": 18446744073709551616}}],"stop"' ]
}

@test "arguments in pieces of five bytes keep every digit and every character" {
	script pieces <<-'X'
		tool f {"n":9007199254740993,"m":[18446744073709551616,-0.0,1E2],"s":"😀 \"quoted\" \\ é"}
	X
	run -0 --separate-stderr ask -m pieces hi
	grep -qF '"arguments":{"n":9007199254740993,"m":[18446744073709551616,-0.0,1E2],"s":"😀 \"quoted\" \\ é"}}' <<<"$output"
	[ "$(count tool_call) $(count message)" = '1 1' ]
}

# --- what is whole, and what is not -----------------------------------------

# fault NAME STATUS CODE: the one error of a script read from stdin.
fault() {
	script "$1"
	run -"$2" --separate-stderr ask -m "$1" "${@:4}" hi
	[ "$(count error) $(count message)" = '1 0' ] || return 1
	[ "$(field 'select(.type == "error") | .code')" = "$3" ] || return 1
	[ "$(field 'select(.type == "end") | .status')" = failed ] || return 1
	[ "${#stderr_lines[@]}" = 1 ]
}

# good NAME TEXT: the message of a script read from stdin.
good() {
	script "$1"
	run -0 --separate-stderr ask -m "$1" "${@:3}" hi
	[ "$(field 'select(.type == "message") | .content')" = "$2" ] || return 1
	[ "$(count error)$stderr" = 0 ]
}

@test "without [DONE] a framed stream with a finish_reason is whole" {
	local d='{"choices":[{"delta":{"content":"yes"},"finish_reason":"stop"}]}'
	good framed yes <<<"sse $d"
	good framed2 yes <<<$'encoding length\n'"sse $d"
	fault open 69 stream_cut <<<$'encoding close\n'"sse $d"
	fault said 69 stream_cut <<<'sse {"choices":[{"delta":{"content":"no"}}]}'
	fault half 69 stream_cut <<<"raw data: $d"
}

@test "a stream that has said its end and hangs is whole" {
	good hangs 'fine and done' --idle-timeout 50s <<-'X'
		say fine and done
		hang
	X
}

@test "a reply that is no stream is read, though a stream was asked for" {
	good json 'all at once' <<<$'as-json\nsay all at once'
	[ "$(count delta)" = 1 ]
	script jtool <<<$'as-json\ntool f {"n":9007199254740993}'
	run -0 ask -m jtool hi
	[[ $output == *'"arguments":{"n":9007199254740993}'* ]]
}

@test "--no-stream asks for whole replies" {
	run -0 ask -m plain --no-stream -t hi
	[ "$output" = 'echo: hi' ]
	[ "$(grep '"model":"plain"' "$REQUESTS" | jq -c '.body | [has("stream"), has("stream_options")]')" = '[false,false]' ]
}

@test "the type of a reply may be missing, wrong or in capitals" {
	good untyped yes <<<$'header -Content-Type\nsay yes'
	good capitals yes <<<$'header Content-Type: Text/Event-Stream; charset=utf-8\nsay yes'
	good plaintype yes <<<$'header Content-Type: text/plain\nraw \\r\\n\nsay yes'
	good blanks yes <<<$'header -Content-Type\nchunk 1\nraw \\n \\n\nraw {"choices":[{"message":{"content":"yes"}}]}'
}

@test "a page with status 200 is no answer" {
	fault page 76 malformed_reply <<<$'header Content-Type: text/html\nraw <!doctype html><title>hi</title>'
	[[ $stderr == *'/v1'* ]]
	fault page2 76 malformed_reply <<<$'header -Content-Type\nraw  \\n<html>'
}

@test "an error with status 200 is an error" {
	fault json200 69 provider_failed <<<$'header Content-Type: application/json\nraw {"error":{"message":"out of order"}}'
	[[ $output == *'out of order'* ]]
	fault sse200 75 rate_limited <<<'sse {"error":{"message":"slow down","code":429}}'
}

@test "an error in the middle of a stream ends it, and what came is kept" {
	fault mid 69 provider_failed <<-'X'
		sse {"choices":[{"delta":{"content":"so far"}}]}
		raw event: error\ndata: {"error":{"message":"engine died"}}\n\n
		say and on
	X
	[ "$(field 'select(.type == "error") | "\(.partial)|\(.message)"')" = 'so far|the server reports an error: engine died' ]
	[ "$(field 'select(.type == "delta") | .content')" = 'so far' ]
}

@test "what is no JSON in a stream is malformed" {
	fault bad1 76 malformed_reply <<<$'sse {"choices":[{"delta":{"content":"a"}}]}\nsse {"choices":[{\nsay more'
	fault bad2 76 malformed_reply <<<$'sse {"choices":[{"delta":{"content":"\xff"}}]}'
	fault bad3 76 malformed_reply <<<$'header Content-Type: application/json\nraw {"choices":['
	fault bad4 76 malformed_reply <<<$'header Content-Type: application/json\nraw nothing'
}

@test "an empty reply is an error" {
	fault nothing 76 empty_reply <<<'encoding length'
	fault blank 76 empty_reply <<<$'header -Content-Type\nencoding length\nraw \\n \\n'
	fault gone 69 stream_cut <<<'encoding close'
	fault only 76 empty_reply <<<'sse [DONE]'
	fault cutoff 76 empty_reply <<<$'sse {"choices":[{"delta":{},"finish_reason":"length"}]}\nsse [DONE]'
	[[ $output == *length*max_tokens* ]]
}

@test "broken tool arguments are an error, and no tool_call" {
	fault args 76 malformed_reply <<<'tool f {"a":'
	[ "$(count tool_call)" = 0 ]
	fault args2 76 malformed_reply <<<'tool f [1]'
	fault noname 76 malformed_reply <<<$'sse {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"x","function":{"arguments":"{}"}}]}}]}\nsse [DONE]'
}

@test "limits: a reply, an event of it, and what its line would need" {
	echo "repeat 9000 $(head -c 1000 /dev/zero | tr '\0' x)" | script toolong
	ask -m toolong hi >"$BATS_TEST_TMPDIR/out" 2>/dev/null || [ $? = 76 ]
	[ "$(grep '^{"type":"error"' "$BATS_TEST_TMPDIR/out" | jq -r .code)" = too_large ]
	[ "$(grep -c '^{"type":"message"' "$BATS_TEST_TMPDIR/out")" = 0 ]
	head -c 9000000 /dev/zero | tr '\0' x >"$SCRIPTS/nine"
	fault event 76 too_large <<<$'raw data: \nfile nine\nraw \\n\\n'
	# Control bytes need six each: 1.2 MB a delta, 13 of which fit a line.
	{
		printf 'data: {"choices":[{"delta":{"content":"'
		head -c 200000 /dev/zero | sed 's/\x00/\\u0001/g'
		printf '"}}]}\n\n'
	} >"$SCRIPTS/controls"
	for _ in {1..14}; do echo 'file controls'; done | script spelt
	ask -m spelt hi >"$BATS_TEST_TMPDIR/out" 2>/dev/null || [ $? = 76 ]
	grep '^{"type":"error"' "$BATS_TEST_TMPDIR/out" >"$BATS_TEST_TMPDIR/error"
	[ "$(jq -r '"\(.code) \(.agent) \(.partial | length)"' "$BATS_TEST_TMPDIR/error")" = 'too_large spelt 2600000' ]
}

# --- refusals ---------------------------------------------------------------

@test "a refusal is told with its status, its code and the provider's own words" {
	local http code exit
	while read -r http code exit; do
		fault "s$http" "$exit" "$code" <<-X
			status $http
			raw {"error":{"message":"words of $http","type":"x"}}
		X
		[[ $output == *"(HTTP $http): words of $http"* ]]
		[ "$(asked "s$http")" = 1 ]
	done <<-'X'
		400 request_refused 69
		401 key_refused 77
		403 key_refused 77
		404 model_unknown 69
		408 timeout 75
		413 request_refused 69
		422 request_refused 69
		429 rate_limited 75
		500 provider_failed 69
		502 provider_failed 69
		503 overloaded 75
		529 overloaded 75
	X
}

@test "words that are long, no JSON, or drive a terminal do no harm" {
	fault html 69 provider_failed <<<$'status 502\nheader Content-Type: text/html\nraw <html>bad gateway</html>'
	[[ $output != *'<html>'* ]]
	fault bell 69 request_refused <<<$'status 400\nraw {"error":{"message":"\\\\u001b[31m\\\\u0007red"}}'
	[[ $stderr != *$'\033'* && $stderr == *'?[31m?red'* ]]
	fault many 69 request_refused < <(
		printf 'status 400\nraw {"error":{"message":"'
		head -c 100000 /dev/zero | tr '\0' y
		echo '"}}')
	[ "${#output}" -lt 4000 ]
}

@test "a redirect is not followed" {
	script target <<<'say you should not see this'
	fault away 69 request_refused <<<"redirect $URL/elsewhere"
	[ "$(grep -c /elsewhere "$REQUESTS")" = 0 ]
	[[ $stderr == *redirect* ]]
}

@test "a server that is not there, and an address that is none" {
	run -69 --separate-stderr mg-ask --base-url http://127.0.0.1:1/v1 --retries 0 -m x hi </dev/null
	[ "$(field 'select(.type == "error") | "\(.code) \(.retryable)"')" = 'unreachable true' ]
	run -78 --separate-stderr mg-ask --base-url ftp://127.0.0.1/v1 -m x hi </dev/null
	[[ $stderr == *'http://'* ]]
	run -78 --separate-stderr mg-ask --base-url 'http://[::/v1' -m x hi </dev/null
	[ "$(count error)" = 1 ]
}

@test "the worst of several agents is the exit status" {
	printf 'status 401\n' >"$SCRIPTS/e401"
	printf 'status 429\n' >"$SCRIPTS/e429"
	run -77 --separate-stderr ask -m fine -m e401 -m e429 hi
	[ "$(field 'select(.type == "end") | "\(.status) \(.messages) \(.errors)"')" = 'done 1 2' ]
	run -75 ask -m fine -m e429 hi
	run -0 ask -m fine hi
}

# --- retries ----------------------------------------------------------------

@test "408, 429, 5xx, 529 and a connection that breaks before the reply are tried again" {
	local s
	for s in 'status 408' 'status 429' 'status 500' 'status 502' \
		'status 503' 'status 529' noreply 'encoding close'; do
		local name=retry_${s// /_}
		echo "$s" >"$SCRIPTS/$name.1"
		echo 'say at last' >"$SCRIPTS/$name.2"
		run -0 --separate-stderr timeout 60 mg-ask --base-url "$URL" \
			--retries 1 --retry-max 10ms -m "$name" hi </dev/null
		[ "$(field 'select(.type == "message") | .content')" = 'at last' ]
		[ "$(count retry) $(count error) $(asked "$name")" = '1 0 2' ]
		[ "$(field 'select(.type == "retry") | "\(.attempt) \(.delay_ms <= 10)"')" = '1 true' ]
	done
}

@test "what cannot get better is not tried again" {
	local s
	for s in 400 401 403 404 413; do
		echo "status $s" >"$SCRIPTS/never$s"
		run ask --retries 5 --retry-max 10ms -m "never$s" hi
		[ "$(count retry) $(count error) $(asked "never$s")" = '0 1 1' ]
	done
}

@test "tries are counted, and each wait is one retry event" {
	echo 'status 500' >"$SCRIPTS/always"
	run -69 timeout 60 mg-ask --base-url "$URL" --retries 3 --retry-max 10ms -m always hi </dev/null
	[ "$(count retry) $(count error) $(asked always)" = '3 1 4' ]
	[ "$(field 'select(.type == "retry") | .attempt' | tr '\n' ' ')" = '1 2 3 ' ]
	run -69 ask --retries 0 -m always hi
	[ "$(count retry) $(asked always)" = '0 5' ]
}

@test "once a word was shown nothing is tried again" {
	script shown <<-'X'
		sse {"choices":[{"delta":{"content":"once"}}]}
		close
	X
	run -69 timeout 60 mg-ask --base-url "$URL" --retries 5 --retry-max 10ms -m shown hi </dev/null
	[ "$(count delta) $(count retry) $(count error) $(asked shown)" = '1 0 1 1' ]
}

@test "a 429 with Retry-After waits as long as it was told" {
	printf 'status 429\nheader Retry-After: 1\n' >"$SCRIPTS/after.1"
	printf 'say thanks\n' >"$SCRIPTS/after.2"
	run -0 timeout 60 mg-ask --base-url "$URL" -m after hi </dev/null
	[ "$(field 'select(.type == "retry") | "\(.code) \(.delay_ms)"')" = 'rate_limited 1000' ]
	[ "$(grep '"model":"after"' "$REQUESTS" | jq -s '.[1].t_ms - .[0].t_ms >= 990')" = true ]
	printf 'status 503\nheader retry-after-ms: 30\n' >"$SCRIPTS/ms.1"
	printf 'say thanks\n' >"$SCRIPTS/ms.2"
	run -0 timeout 60 mg-ask --base-url "$URL" -m ms hi </dev/null
	[ "$(field 'select(.type == "retry") | .delay_ms')" = 30 ]
}

@test "a wait longer than --retry-max ends with 75 and the time, and burns no tries" {
	printf 'status 429\nheader Retry-After: 120\n' >"$SCRIPTS/long"
	run -75 --separate-stderr timeout 60 mg-ask --base-url "$URL" --retries 5 --retry-max 1s -m long hi </dev/null
	[ "$(field 'select(.type == "error") | "\(.code) \(.retry_after_ms) \(.retryable)"')" = 'rate_limited 120000 true' ]
	[ "$(count retry) $(asked long)" = '0 1' ]
	printf 'status 429\nheader Retry-After: %s\n' "$(LC_ALL=C date -u -d '+1 hour' '+%a, %d %b %Y %H:%M:%S GMT')" >"$SCRIPTS/date"
	run -75 --separate-stderr timeout 60 mg-ask --base-url "$URL" --retries 5 -m date hi </dev/null
	[ "$(field 'select(.type == "error") | .retry_after_ms > 3500000')" = true ]
}

@test "a fan-out shares one gate for each key" {
	printf 'status 429\nheader Retry-After: 300\n' >"$SCRIPTS/gate"
	run -75 --separate-stderr timeout 60 mg-ask --base-url "$URL" -j 1 --retry-max 2s -m gate:8 hi </dev/null
	[ "$(count error) $(asked gate)" = '8 1' ]
	[ "$(field 'select(.type == "error") | .retry_after_ms > 290000' | sort -u)" = true ]
	# Another key has its own.
	cat >"$BATS_TEST_TMPDIR/t.yaml" <<-X
		agents:
		  - {id: a, backend: {type: custom, model: gate, base_url: "$URL", api_key: key-aaaaaaaa}}
		  - {id: b, backend: {type: custom, model: fine, base_url: "$URL", api_key: key-bbbbbbbb}}
		  - {id: c, backend: {type: custom, model: fine, base_url: "$URL", api_key: key-aaaaaaaa}}
	X
	run -75 --separate-stderr timeout 60 mg-ask -c "$BATS_TEST_TMPDIR/t.yaml" -j 1 --retry-max 2s hi </dev/null
	[ "$(field 'select(.type == "message") | .agent')" = b ]
	[ "$(field 'select(.type == "error") | .agent' | tr '\n' ' ')" = 'a c ' ]
}

@test "who comes to a closed gate waits, with one retry event, and is not refused" {
	printf 'status 429\nheader Retry-After: 1\n' >"$SCRIPTS/g1.1"
	printf 'say one\n' >"$SCRIPTS/g1.2"
	printf 'wait 300\nsay two\n' >"$SCRIPTS/g2"
	run -0 timeout 60 mg-ask --base-url "$URL" -j 2 -m g1 -m g2 -m g3 hi </dev/null
	[ "$(field 'select(.type == "retry") | .agent' | sort)" = $'g1\ng3' ]
	[ "$(count message)" = 3 ]
	# Its first request came when the gate had opened.
	[ "$(jq -s 'map(select(.body.model? | . == "g1" or . == "g3"))
		| map({(.body.model): .t_ms}) | .[0].g1 as $first
		| [.[] | .g3 // empty][0] - $first >= 990' "$REQUESTS")" = true ]
}

# --- time -------------------------------------------------------------------

@test "no connection within --connect-timeout" {
	# A listener whose queue is full answers nobody.
	timeout 60 python3 - "$BATS_TEST_TMPDIR/port" <<-'X' 3>&- &
		import socket, sys, time
		s = socket.socket()
		s.bind(("127.0.0.1", 0))
		s.listen(0)
		held = []
		for i in range(4):
		    c = socket.socket()
		    c.setblocking(False)
		    c.connect_ex(s.getsockname())
		    held.append(c)
		time.sleep(.3)
		open(sys.argv[1], "w").write(str(s.getsockname()[1]))
		time.sleep(50)
	X
	local pid=$!
	for _ in $(seq 200); do
		[ ! -s "$BATS_TEST_TMPDIR/port" ] || break
		sleep .05
	done
	run -75 --separate-stderr timeout 40 mg-ask --retries 0 --connect-timeout 300ms \
		--base-url "http://127.0.0.1:$(cat "$BATS_TEST_TMPDIR/port")/v1" -m x hi </dev/null
	kill "$pid"
	[ "$(field 'select(.type == "error") | .code')" = timeout ]
}

@test "no first byte within --first-timeout" {
	fault first 75 timeout --first-timeout 200ms <<<$'wait 30000\nsay late'
	[[ $stderr == *'first byte'* ]]
}

@test "no next piece within --idle-timeout, and what came is kept" {
	fault idle 75 timeout --idle-timeout 200ms <<-'X'
		sse {"choices":[{"delta":{"content":"so far"}}]}
		hang
	X
	[[ $stderr == *'stood still'* ]]
	[ "$(field 'select(.type == "error") | .partial')" = 'so far' ]
	fault headonly 75 timeout --idle-timeout 200ms <<<$'status 200\nhang'
}

@test "no end within --timeout, however busy the stream is" {
	fault total 75 timeout --timeout 500ms --idle-timeout 10s <<-'X'
		chunk 10
		gap 50000
		repeat 100000 word
	X
	[[ $stderr == *'time for one call'* ]]
}

@test "a slow stream that goes on is no idle one" {
	good steady 'a b c d' --idle-timeout 2s --first-timeout 2s <<-'X'
		status 200
		wait 700
		sse {"choices":[{"delta":{"content":"a b"}}]}
		wait 700
		sse {"choices":[{"delta":{"content":" c"}}]}
		wait 700
		sse {"choices":[{"delta":{"content":" d"},"finish_reason":"stop"}]}
		wait 700
		sse [DONE]
	X
}

@test "time in the queue of -j 1 does not count against the limits" {
	printf 'wait 600\nsay served\n' >"$SCRIPTS/serial"
	run -0 timeout 60 mg-ask --base-url "$URL" --retries 0 -j 1 --timeout 2s \
		--first-timeout 2s -m serial:5 hi </dev/null
	[ "$(count message)" = 5 ]
	# One after another.
	[ "$(grep '"model":"serial"' "$REQUESTS" | jq -s '[.[1:], .[:-1]] | transpose | map(.[0].t_ms - .[1].t_ms) | min >= 590')" = true ]
}

@test "connections are used again" {
	run -0 timeout 60 mg-ask --base-url "$URL" -j 1 -m reuse:6 hi </dev/null
	[ "$(grep '"model":"reuse"' "$REQUESTS" | jq -s 'map(.conn) | unique | length')" = 1 ]
}

# --- TLS and HTTP/2 ---------------------------------------------------------

secure() {
	command -v nghttpx >/dev/null || skip "nghttpx is missing (nghttp2-proxy)"
	cd "$BATS_TEST_TMPDIR" || return 1
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout key.pem -out cert.pem -days 2 -subj /CN=localhost \
		-addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' 2>/dev/null
	local back=${URL#http://}
	back=${back%/v1}
	for _ in 1 2 3 4 5; do
		port=$((20000 + RANDOM % 12000))
		timeout 60 nghttpx -f "127.0.0.1,$port" \
			-b "${back/:/,}" --conf=/dev/null --no-ocsp --workers=1 \
			--errorlog-file=tls.log key.pem cert.pem \
			>/dev/null 2>&1 3>&- &
		proxy=$!
		for _ in $(seq 100); do
			(exec 5<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return 0
			kill -0 "$proxy" 2>/dev/null || break
			sleep .05
		done
	done
	return 1
}

@test "TLS and HTTP/2: whole and cut streams, many on one connection" {
	local port proxy
	secure
	RST='' cuts h2 text.sse 0 $((TEXT - 1))
	cp "$SCRIPTS/text.sse" "$SCRIPTS/whole.sse"
	echo 'file text.sse' >"$SCRIPTS/h2whole"
	export SSL_CERT_FILE=$PWD/cert.pem
	run -0 --separate-stderr timeout 60 mg-ask --base-url "https://localhost:$port/v1" \
		--retries 0 -m h2whole:20 -o json hi </dev/null
	[ "$(field .content | sort | uniq -c | sed 's/^ *//')" = "20 $TEXT_SAYS" ]
	grep '"model":"h2whole"' "$REQUESTS" | tail -1 | grep -q '"via":"2 nghttpx"\|"x-forwarded-proto":"https"'
	# One in ten here, every one in a soak.
	local step=${MG_SOAK:+1}
	step=${step:-10}
	out=$BATS_TEST_TMPDIR/out
	# shellcheck disable=SC2046 # words on purpose
	timeout 60 mg-ask --base-url "https://localhost:$port/v1" --retries 0 \
		$(seq -f '-m h2-%g' 1 "$step" $((TEXT - 1))) hi </dev/null >"$out" 2>/dev/null || true
	kill "$proxy"
	[ "$(messages | wc -l)" = 0 ]
	[ "$(errors | wc -l)" = "$(seq 1 "$step" $((TEXT - 1)) | wc -l)" ]
}

@test "a certificate that nobody vouches for is refused, and the message says what to set" {
	local port proxy
	secure
	OPENAI_API_KEY=sk-0123456789 run -78 --separate-stderr timeout 60 mg-ask \
		--base-url "https://localhost:$port/v1" -m untrusted hi </dev/null
	kill "$proxy"
	[ "$(field 'select(.type == "error") | .code')" = configuration ]
	[[ $stderr == *certificate*SSL_CERT_FILE* ]]
	[ "$(count retry) $(asked untrusted)" = '0 0' ]
}

@test "parallel calls that share an index are told apart by their ids" {
	script oneindex <<-'X'
		sse {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"x","function":{"name":"f","arguments":"{\"a\":"}}]}}]}
		sse {"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}}]}
		sse {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"y","function":{"name":"g","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}
		sse [DONE]
	X
	run -0 ask -m oneindex hi
	[ "$(field 'select(.type=="tool_call")|"\(.call) \(.name) \(.arguments)"')" = $'x f {"a":1}\ny g {}' ]
}
