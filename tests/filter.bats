# The filter loop that every command shares, by a stage that does little:
# tests/tools/relay.c. What is tested here holds for all of them.

load helper

setup_file() {
	export RELAY=$MG_BUILD/tests/tools/relay
}

# relay [OPTION...]: standard input through the stage; no stderr.
relay() {
	timeout 60 "$RELAY" -o ndjson "$@" 2>/dev/null
}

init='{"type":"init","v":1}'
ring='{"type":"init","v":1,"ring":true}'
end='{"type":"end","status":"done"}'

@test "foreign lines pass byte for byte" {
	cat >"$BATS_TEST_TMPDIR/in" <<-'X'
		{"n":9007199254740993,"type":"x","f":1.0,"e":1E5,"u":"\u00e9"}
		 	{ "type" : "y" , "b" : [ 1 , 2 ] }  
		{"type":"z","deep":{"type":"ping"}}
		{"b":1,"a":2}
		{}
		{"type":7}
		{"type":"broken, and nobody's", "x":}
		{"s":"} , \" { \\","type":"w"}
	X
	run -0 relay <"$BATS_TEST_TMPDIR/in"
	relay <"$BATS_TEST_TMPDIR/in" | head -8 | cmp - "$BATS_TEST_TMPDIR/in"
}

@test "CRLF, blank lines and a missing final newline" {
	printf '{"type":"x"}\r\n\n \t\n{"type":"y"}' >"$BATS_TEST_TMPDIR/in"
	relay <"$BATS_TEST_TMPDIR/in" | head -2 >"$BATS_TEST_TMPDIR/out"
	printf '{"type":"x"}\r\n{"type":"y"}\n' | cmp - "$BATS_TEST_TMPDIR/out"
}

@test "what is taken says so behind its last member, and the answer follows" {
	run -0 relay <<<'{"type":"ping","id":"a" }'
	[ "${lines[0]}" = '{"type":"ping","id":"a","taken":"relay"}' ]
	[ "${lines[1]}" = '{"type":"pong","by":"relay","id":"a","n":1}' ]
}

@test "type is found wherever it stands, and whatever its neighbours hold" {
	run -0 relay <<<'{"a":{"type":"x"},"s":"\"type\":\"y\"","type":"ping"}'
	[[ ${lines[0]} == *'"taken":"relay"}' ]]
}

@test "CR and blanks at the end are cut when taken is appended" {
	run -0 relay <<<$'{"type":"ping" } \r'
	[ "${lines[0]}" = '{"type":"ping","taken":"relay"}' ]
}

@test "what is taken is not taken again" {
	run -0 relay <<<'{"type":"ping","taken":"other"}'
	[ "${lines[0]}" = '{"type":"ping","taken":"other"}' ]
	[ "$(count pong)" = 0 ]
}

@test "--as signs and takes with another name" {
	run -0 relay --as relay.2 <<<'{"type":"ping"}'
	[[ ${lines[0]} == *'"taken":"relay.2"}' ]]
	[[ ${lines[1]} == *'"by":"relay.2"'* ]]
}

# bad BYTES: between two good lines; the stream goes on, the number is 3.
bad() {
	{
		printf '{"type":"x"}\n\n'
		printf "$1"
		printf '\n{"type":"ping"}\n'
	} >"$BATS_TEST_TMPDIR/in"
	run -65 relay <"$BATS_TEST_TMPDIR/in"
	[ "${lines[0]}" = '{"type":"x"}' ]
	[ "$(field 'select(.type=="error").line')" = 3 ]
	[ "$(field 'select(.type=="error").code')" = "${2:-bad_line}" ]
	[ "$(count pong)" = 1 ]
	[ "$(count error)" = 1 ]
}

@test "bad line: not an object" { bad '[1,2]'; }
@test "bad line: text" { bad 'hello'; }
@test "bad line: cut short" { bad '{"type":"ping","id":"a'; }
@test "bad line: a NUL byte" { bad '{"type":"x","a":"\0"}'; }
@test "bad line: a record separator in front" { bad '\036{"type":"ping"}'; }
@test "bad line: a lone 0xEF in front" { bad '\357{"type":"ping"}'; }
@test "bad line: a byte order mark in front" { bad '\357\273\277{"type":"ping"}'; }
@test "bad event: no JSON in a line that is acted on" {
	bad '{"type":"ping","a":}' bad_event
}
@test "bad event: two values on a line that is acted on" {
	bad '{"type":"ping"}{"type":"ping"}' bad_event
}
@test "bad event: 129 levels" {
	bad "{\"type\":\"ping\",\"a\":$(printf '[%.0s' {1..129})$(printf ']%.0s' {1..129})}" bad_event
}
@test "bad event: invalid UTF-8" { bad '{"type":"ping","a":"\377"}' bad_event; }

@test "a line of 17 MiB is refused with its number, and the next one is read" {
	{
		printf '{"type":"x"}\n{"type":"ping","a":"'
		head -c 17825792 /dev/zero | tr '\0' a
		printf '"}\n{"type":"ping","id":"next"}\n'
	} >"$BATS_TEST_TMPDIR/in"
	run -65 relay <"$BATS_TEST_TMPDIR/in"
	[ "$(field 'select(.type=="error").line')" = 2 ]
	[ "$(field 'select(.type=="pong").id')" = next ]
	# and from a pipe, where it comes in pieces
	run -65 relay < <(cat "$BATS_TEST_TMPDIR/in")
	[ "$(count pong)" = 1 ]
	[ "$(count error)" = 1 ]
}

@test "a line of just under 16 MiB passes; taking it is refused where it would not fit" {
	{
		printf '{"type":"far","a":"'
		head -c $((16777216 - 21)) /dev/zero | tr '\0' a
		printf '"}\n{"type":"ping","a":"'
		head -c $((16777216 - 22)) /dev/zero | tr '\0' a
		printf '"}\n'
	} >"$BATS_TEST_TMPDIR/in"
	relay <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out" || true
	[ "$(head -1 "$BATS_TEST_TMPDIR/out" | wc -c)" = 16777217 ]
	grep -q '"code":"too_large"' "$BATS_TEST_TMPDIR/out"
}

@test "a lone brace gets the remedy jq -c" {
	run -65 relay < <(printf '{\n  "type": "ping"\n}\n')
	[[ $output == *'jq -c'* ]]
}

@test "a lone surrogate in a line that is acted on is mended" {
	run -0 relay <<<'{"type":"ping","id":"a\ud800b"}'
	[ "$(field 'select(.type=="pong").id')" = $'a\xef\xbf\xbdb' ]
}

@test "end passes when nothing is open, behind what was owed" {
	run -0 relay < <(echo "$init"; echo '{"type":"work","ms":200}'; echo "$end"; echo '{"type":"ping"}')
	[ "$(field .type | tr '\n' ' ')" = 'init work worked over end ping pong over ' ]
}

@test "a stream that stops without its end is truncated: an error, exit 65" {
	run -65 relay < <(echo "$init"; echo '{"type":"work","ms":100}')
	[ "$(field .type | tr '\n' ' ')" = 'init work worked error over ' ]
	[ "$(field 'select(.type=="error").code')" = truncated ]
	[ "$(field 'select(.type=="over").truncated')" = true ]
}

@test "plain lines without init end with the file" {
	run -0 relay <<<'{"type":"ping"}'
	[ "$(field 'select(.type=="over")|.truncated,.line' | tr '\n' ' ')" = 'false false ' ]
}

@test "an end without init is passed on and ends nothing" {
	run -0 relay < <(echo "$end"; echo '{"type":"ping"}')
	[ "$(count pong)" = 1 ]
}

@test "every init wants its end: two streams, one cut" {
	run -65 relay < <(echo "$init"; echo "$end"; echo "$init")
	[ "$(field 'select(.type=="error").code')" = truncated ]
}

@test "in a ring a line that comes back to its maker is taken off" {
	run -0 relay < <(echo "$ring"; echo '{"lap":1,"type":"pong","by":"relay","id":"a","taken":"x"}'; echo '{"type":"x","lap":1,"by":"other"}')
	[ "$(field .type | tr '\n' ' ')" = 'init x ' ]
}

@test "in a ring the lap mark is found wherever it stands" {
	run -0 relay < <(echo "$ring"; echo '{"by":"relay","z":{"a":[1,2]},"type":"foo","lap":1}'; echo "$end")
	[ "$(count foo)" = 0 ]
	[[ $output != *'"type":"foo"'* ]]
}

@test "in a ring an own line that nobody took tells its maker" {
	run -0 relay < <(echo "$ring"; echo '{"lap":1,"type":"pong","by":"relay","id":"a"}'; echo "$end")
	[ "$(field 'select(.type=="nobody").id')" = a ]
	[ "$(count pong)" = 0 ]
}

@test "in a ring a marked line of another is acted on as any other" {
	run -0 relay < <(echo "$ring"; echo '{"lap":1,"type":"ping","by":"x"}'; echo "$end")
	[[ $output == *'{"lap":1,"type":"ping","by":"x","taken":"relay"}'* ]]
	[ "$(count pong)" = 1 ]
}

@test "outside a ring lap means nothing" {
	run -0 relay < <(echo '{"lap":1,"type":"pong","by":"relay"}')
	[[ ${lines[0]} == '{"lap":1,"type":"pong","by":"relay"}' ]]
	run -0 relay < <(echo "$init"; echo '{"lap":1,"by":"relay","z":1}'; echo "$end")
	[[ $output == *'"z":1'* ]]
}

@test "in a ring drain passes when nothing is open any more" {
	run -0 relay < <(echo "$ring"; echo '{"type":"work","ms":60000}'; echo '{"type":"drain"}'; echo "$end")
	[ "$(field .type | tr '\n' ' ')" = 'init work stopped drain over end over ' ]
}

@test "in a ring the end of input without end says nothing more" {
	run relay < <(echo "$ring"; echo '{"type":"ping"}')
	[ "$(field .type | tr '\n' ' ')" = 'init ping pong ' ]
}

@test "history: past lines are taken as live ones, and nothing else happens" {
	run -0 relay < <(echo '{"past":1,"type":"init","ring":true}'; echo '{"past":1,"type":"ping","id":"a"}'; echo '{"type":"resume"}'; echo "$init"; echo "$end")
	[ "${lines[1]}" = '{"past":1,"type":"ping","id":"a","taken":"relay"}' ]
	[ "$(count pong)" = 0 ]
}

@test "history: a past end ends nothing" {
	run -0 relay < <(echo '{"past":1,"type":"init"}'; echo '{"past":1,"type":"end"}'; echo '{"type":"ping"}')
	[ "$(count pong)" = 1 ]
}

@test "history: a pure stage keeps back what the log holds, and says the rest at resume" {
	run -0 relay --pure < <(
		echo '{"past":1,"type":"init","ring":true}'
		echo '{"past":1,"type":"ping","id":"a"}'
		echo '{"past":1,"type":"ping","id":"b"}'
		echo '{"past":1,"type":"ping","id":"c"}'
		echo '{"past":1,"type":"pong","by":"relay","id":"a","n":1}'
		echo '{"past":1,"type":"pong","by":"other","id":"x","n":1}'
		echo '{"type":"resume"}'
		echo '{"type":"ping","id":"d"}'
		echo "$end")
	[ "$(field 'select(.type=="pong" and .past==null)|.id+(.n|tostring)' | tr '\n' ' ')" = 'b2 c3 d4 ' ]
}

@test "-o json prints the outcome, -q filters with jq" {
	run -0 relay -o json < <(echo '{"type":"x"}'; echo '{"type":"ping","id":"a"}')
	[ "$output" = '{"type":"pong","by":"relay","id":"a","n":1}' ]
	run -0 relay -q 'select(.type=="pong").n' < <(echo '{"type":"ping"}'; echo '{"type":"ping"}')
	[ "$output" = $'1\n2' ]
	run -64 timeout 20 "$RELAY" -q '.a[' <<<'{}'
}

@test "a closed reader is an order to stop: the shell sees SIGPIPE" {
	run timeout 20 bash -c "set -o pipefail; yes '{\"type\":\"x\"}' | $RELAY -o ndjson | head -1; echo \${PIPESTATUS[1]}"
	[ "${lines[1]}" = 141 ]
}

@test "a full disk is an error, exit 74" {
	[ -e /dev/full ] || skip "no /dev/full"
	run -74 timeout 20 bash -c "echo '{\"type\":\"x\"}' | $RELAY -o ndjson 2>&1 >/dev/full"
	[[ $output == *'unable to write'* ]]
	run -74 timeout 20 bash -c "echo '{\"type\":\"x\"}' | $RELAY -o ndjson 2>&1 >&-"
}

@test "a directory as standard input is an error, not a hang" {
	run -74 timeout 20 "$RELAY" -o ndjson </
}

@test "no line is lost or doubled with a slow reader and small writes" {
	seq 200000 | sed 's/.*/{"type":"x","n":&}/' >"$BATS_TEST_TMPDIR/in"
	timeout 60 bash -c "cat '$BATS_TEST_TMPDIR/in' | $RELAY -o ndjson | (sleep 1; cat)" | grep -v '"over"' | cmp - "$BATS_TEST_TMPDIR/in"
}

# signals: a Python program that drives the stage as `p`; say(LINE) writes.
signals() {
	{
		cat <<-'X'
			import signal, subprocess, sys
			p = subprocess.Popen([sys.argv[1], "-o", "ndjson"],
			    stdin=subprocess.PIPE, stdout=subprocess.PIPE)
			def say(line):
			    p.stdin.write(line + b"\n")
			    p.stdin.flush()
			say(b'{"type":"init"}')
			p.stdout.readline()
		X
		cat
	} >"$BATS_TEST_TMPDIR/signals.py"
	timeout 30 python3 "$BATS_TEST_TMPDIR/signals.py" "$RELAY"
}

@test "SIGINT waits for what the source still says: exit 130" {
	signals <<-'X'
		p.send_signal(signal.SIGINT)
		say(b'{"type":"end","status":"interrupted"}')
		p.stdin.close()
		rest = p.stdout.read()
		assert p.wait() == 130, p.returncode
		assert rest.index(b'"interrupted":true') < rest.index(b'"end"'), rest
	X
}

@test "SIGTERM ends at once: exit 143, and what was open has ended" {
	signals <<-'X'
		say(b'{"type":"work","ms":60000}')
		p.stdout.readline()
		p.send_signal(signal.SIGTERM)
		rest = p.stdout.read()
		assert p.wait() == 143, p.returncode
		assert b"stopped" in rest, rest
	X
}

@test "a second signal kills at once" {
	signals <<-'X'
		p.send_signal(signal.SIGINT)
		try:
		    p.wait(0.5)
		    assert False, "it did not wait"
		except subprocess.TimeoutExpired:
		    pass
		p.send_signal(signal.SIGINT)
		assert p.wait(10) == -signal.SIGINT, p.returncode
	X
}
