# mg-ask asks programs: -m 'exec:PROGRAM ARG...'.

load helper

# program NAME: a shell script from standard input; its path is $P/NAME.
program() {
	{
		echo '#!/bin/sh'
		cat
	} >"$P/$1"
	chmod +x "$P/$1"
}

setup_file() {
	export P=$BATS_FILE_TMPDIR/p
	mkdir "$P"
	program hello <<<'cat >/dev/null; echo "Hello, wörld!"'
	program events <<-'X'
		cat >/dev/null
		echo '{"type":"delta","content":"Hel"}'
		echo '{"type":"delta","content":"lo"}'
		echo
		echo '{"type":"step","name":"ignored"}'
		echo '{"type":"message","content":"Hello","stop":"done","tool_calls":[{"call":"c1","name":"f","arguments":{"n":9007199254740993}}],"usage":{"input_tokens":5,"cached_input_tokens":1,"output_tokens":2,"reasoning_tokens":0}}'
	X
}

# Asks exec:$P/NAME; what stands behind NAME are options.
exe() {
	timeout 60 mg-ask -m "exec:$P/$1" "${@:2}" hi </dev/null
}

fault() {
	[ "$(count error) $(count message)" = '1 0' ] || return 1
	[ "$(field 'select(.type == "error") | .code')" = "$1" ] || return 1
}

# Waits until no process has this word in its command line.
gone() {
	for _ in $(seq 100); do
		grep -qsz "$1" /proc/[0-9]*/cmdline || return 0
		sleep .05
	done
	return 1
}

@test "a program's text is the answer, without the newlines at its end" {
	run -0 --separate-stderr exe hello
	[ "$(field 'select(.type == "message") | .content + "|"')" = 'Hello, wörld!|' ]
	[ "$(field 'select(.type == "delta") | .content')" = 'Hello, wörld!' ]
	[ -z "$stderr" ]
	program lines <<<'printf "\n a\n\nb\r\n\n\n"'
	run -0 exe lines -o json
	[ "$(field '.content|tojson')" = '"\n a\n\nb"' ]
}

@test "a program gets one request line on standard input, and its end" {
	program tell <<<'echo got; cat; echo END'
	run -0 exe tell -s 'be brief' -p seed=9007199254740993 -t
	[ "${#lines[@]}" = 3 ] && [ "${lines[2]}" = END ]
	[[ ${lines[1]} == '{"type":"request","id":"1","agent":"exec:'*'"seed":9007199254740993}' ]]
	[ "$(jq -c '.messages, .turn' <<<"${lines[1]}")" = $'[{"role":"system","content":"be brief"},{"role":"user","content":"hi"}]\n1' ]
}

@test "a program may write events: delta, message with tool calls and usage" {
	run -0 --separate-stderr exe events
	[ "$(field 'select(.type == "delta") | .content')" = $'Hel\nlo' ]
	[ "$(field 'select(.type == "message") | "\(.content) \(.stop)"')" = 'Hello done' ]
	[ "$(count message) $(count tool_call)" = '1 1' ]
	grep -q '^{"type":"tool_call".*"arguments":{"n":9007199254740993}' <<<"$output"
	[ "$(field 'select(.type == "usage") | "\(.input_tokens) \(.cached_input_tokens) \(.output_tokens)"')" = '5 1 2' ]
}

@test "of several messages the last counts, and it is said once" {
	program twice <<-'X'
		echo '{"type":"message","content":"first","tool_calls":[{"call":"c","name":"f","arguments":{}},{"call":"d","name":"f","arguments":{}}]}'
		echo '{"type":"message","content":"second","tool_calls":[{"call":"c","name":"g","arguments":{"a":1}}]}'
	X
	run -0 exe twice
	[ "$(field 'select(.type == "message") | "\(.content) \(.tool_calls|tojson)"')" = 'second [{"call":"c","name":"g","arguments":{"a":1}}]' ]
}

@test "deltas alone are an answer, events without any text are none" {
	program deltas <<<"echo '{\"type\":\"delta\",\"content\":\"just this\"}'"
	run -0 exe deltas -t
	[ "$output" = 'just this' ]
	program silent <<<"echo '{\"type\":\"usage\",\"input_tokens\":1}'"
	run -76 --separate-stderr exe silent
	fault empty_reply
	program nothing <<<':'
	run -76 --separate-stderr exe nothing
	fault empty_reply
}

@test "an error event of a program, and a line that is none" {
	program sorry <<<"echo '{\"type\":\"delta\",\"content\":\"a\"}'; echo '{\"type\":\"error\",\"message\":\"no disk\"}'"
	run -69 --separate-stderr exe sorry
	fault program_failed
	[[ $output == *'no disk'* ]]
	program garbled <<<"echo '{\"type\":\"delta\",\"content\":\"a\"}'; echo oops; sleep 60"
	run -76 --separate-stderr exe garbled
	fault malformed_reply
	gone "$P/garbled"
}

@test "text that is JSON, but no event, is text" {
	program json <<<"printf '{\"answer\":\\n 42}\\n'"
	run -0 exe json -o json
	[ "$(field .content)" = $'{"answer":\n 42}' ]
}

@test "a program that fails has not answered: status, last words, and what it wrote" {
	program fails <<<'echo partly; echo first >&2; echo "disk on fire" >&2; exit 3'
	run -69 --separate-stderr exe fails
	fault program_failed
	[ "$(field 'select(.type == "error") | "\(.message)|\(.partial)"')" = 'the program ended with status 3: disk on fire|partly' ]
	[[ $stderr == *'status 3: disk on fire ('*--dry-run* ]]
	program dies <<<'echo partly; kill -SEGV $$'
	run -69 --separate-stderr exe dies
	fault program_failed
	[[ $output == *'ended by signal 11'* ]]
}

@test "only the end of a flood on standard error is kept" {
	program noisy <<<'head -c 3000000 /dev/zero | tr "\\0" e >&2; echo >&2; echo "the reason" >&2; exit 1'
	run -69 --separate-stderr exe noisy
	[[ $output == *'status 1: the reason'* ]]
	[ "${#stderr}" -lt 400 ]
}

@test "a program that is not there" {
	run -69 --separate-stderr timeout 20 mg-ask -m exec:/nowhere/to/be/found hi </dev/null
	fault program_failed
	[[ $output == *'unable to run /nowhere/to/be/found: No such file'* ]]
	run -64 --separate-stderr mg-ask -m exec: hi </dev/null
	[[ $stderr == *'exec:'* ]]
}

@test "a program that hangs is ended after --timeout, with all that it started" {
	program hangs <<-'X'
		echo so far
		sleep 71234 &
		exec sleep 71234
	X
	run -75 --separate-stderr exe hangs --timeout 300ms
	fault timeout
	[ "$(field 'select(.type == "error") | .partial')" = 'so far' ]
	gone 71234
}

@test "a daemon that a program forks away does not hold the answer back" {
	program daemon <<-'X'
		echo answered
		setsid sleep 7.1235 &
	X
	local before=$SECONDS
	run -0 --separate-stderr exe daemon -t
	[ "$output" = answered ]
	[ $((SECONDS - before)) -lt 7 ]
}

@test "a helper in the program's own group goes with it" {
	program helper <<-'X'
		echo answered
		sleep 71236 &
	X
	run -0 exe helper -t
	[ "$output" = answered ]
	gone 71236
}

@test "a flood is cut at the limit of a reply, and the program is ended" {
	program flood <<<'exec yes a-line-of-71237'
	timeout 60 mg-ask -m "exec:$P/flood" hi </dev/null >"$BATS_TEST_TMPDIR/out" 2>/dev/null ||
		[ $? = 76 ]
	output=$(grep -v '^{"type":"delta"' "$BATS_TEST_TMPDIR/out" | cut -c 1-300)
	[ "$(count error) $(count message)" = '1 0' ]
	[[ $output == *too_large* || $(tail -2 "$BATS_TEST_TMPDIR/out") == *'"code":"too_large"'* ]]
	gone a-line-of-71237
}

@test "invalid UTF-8 becomes U+FFFD, and every line stays JSON" {
	program bytes <<<'printf "a\377b\300\257c\355\240\200d\342\202"'
	run -0 exe bytes -o json
	[ "$(field .content | tr -d '\357\277\275')" = abcd ]
	[[ $(field .content) == *$'\xef\xbf\xbd' ]]
	run -0 exe bytes
	jq -e . <<<"$output" >/dev/null
}

@test "a character split across writes is one character" {
	program split <<-'X'
		for b in 303 251 342 202 254 360 237 230 200; do
			printf "\\$b"
			sleep .05
		done
	X
	run -0 exe split
	[ "$(field 'select(.type == "message") | .content')" = 'é€😀' ]
	[ "$(field 'select(.type == "delta") | .content' | tr -d '\n')" = 'é€😀' ]
}

@test "a NUL in a text is kept as JSON has it" {
	program nul <<<'printf "a\000b"'
	run -0 exe nul -o json
	[[ $output == *'"content":"a\u0000b"'* ]]
}

@test "arguments are split at blanks, and never seen by a shell" {
	run -0 timeout 20 mg-ask -t -m 'exec:echo $(id)  a"b c" `id` ; id | id > x * \n' hi </dev/null
	[ "$output" = '$(id) a"b c" `id` ; id | id > x * \n' ]
	[ ! -e x ]
	run -0 timeout 20 mg-ask -t -m 'exec:printf %s|%s|%s a b' hi </dev/null
	[ "$output" = 'a|b|' ]
}

@test "copies of a program run side by side, each under its name" {
	run -0 timeout 20 mg-ask -m "exec:$P/hello:3" -o json hi </dev/null
	[ "$(field .agent | sed 's/.*hello//' | sort | tr '\n' ' ')" = ' #2 #3 ' ]
}

@test "a program of a team file stands beside it" {
	mkdir "$BATS_TEST_TMPDIR/team"
	cp "$P/hello" "$BATS_TEST_TMPDIR/team/mine"
	echo 'agents: [{id: me, backend: {type: exec, model: "exec:./mine x"}}]' >"$BATS_TEST_TMPDIR/team/t.yaml"
	cd /
	run -0 timeout 20 mg-ask -c "$BATS_TEST_TMPDIR/team/t.yaml" -t hi </dev/null
	[ "$output" = 'Hello, wörld!' ]
}

@test "a line of input can never choose a program" {
	run -0 --separate-stderr timeout 20 mg-ask -m "exec:$P/hello" <<-'X'
		{"type":"task","id":1,"content":"hi","model":"exec:touch pwned","agent":"exec:touch pwned"}
		{"type":"request","id":2,"agent":"exec:touch pwned","model":"exec:touch pwned","turn":1,"messages":[{"role":"user","content":"x"}]}
	X
	[ "$(field 'select(.type == "message") | .content' | sort -u)" = 'Hello, wörld!' ]
	[ ! -e pwned ]
}

@test "programs get no keys: not by name, not by value, not in a command line" {
	program env <<<'env; tr "\\0" "\\n" </proc/$PPID/environ; tr "\\0" " " </proc/$PPID/cmdline; cat'
	cat >"$BATS_TEST_TMPDIR/t.yaml" <<-X
		agents:
		  - {id: a, backend: {type: exec, model: "exec:$P/env"}}
		  - {id: b, backend: {type: custom, model: m, base_url: "http://127.0.0.1:1", api_key: "\${MY_OWN_WORD}"}}
	X
	run env OPENAI_API_KEY=sk-secret-1 XAI_API_KEY=sk-secret-2 NOBODYS_API_KEY=sk-secret-3 \
		MY_OWN_WORD=sk-secret-4 ANOTHER=sk-secret-4 KEPT=visible \
		timeout 20 mg-ask -c "$BATS_TEST_TMPDIR/t.yaml" --retries 0 -t hi </dev/null
	[[ $output == *KEPT=visible* ]]
	[[ $output != *sk-secret* ]]
	[[ ! $output =~ API_KEY=[^[:space:]] ]]
}

@test "programs inherit no descriptors but the three" {
	program fds <<<'ls /proc/self/fd'
	run -0 exe fds -t
	# 3 is the folder that ls reads.
	[ "$(tr '\n' ' ' <<<"$output")" = '0 1 2 3 ' ]
}

@test "programs have the usual signals: SIGPIPE ends them, none is blocked" {
	program signals <<<'grep -E "^Sig(Blk|Ign):" /proc/self/status'
	run -0 exe signals -t
	[[ $output == *SigBlk:*0000000000000000* ]]
	# What the caller of the tests ignores stays ignored; 0x1000 is SIGPIPE.
	ignored=$(awk '/SigIgn/ {print $2}' <<<"$output")
	[ $((16#$ignored & 16#1000)) = 0 ]
}

@test "a program that reads nothing of a long prompt is no fault" {
	program deaf <<<'exec <&-; echo fine'
	head -c 3000000 /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/in"
	run -0 --separate-stderr timeout 20 mg-ask -m "exec:$P/deaf" -t <"$BATS_TEST_TMPDIR/in"
	[ "$output" = fine ]
}

@test "-j 1 runs one program after another, and waiting counts for none" {
	program slow <<-'X'
		mkdir "$LOCK" || exit 9
		sleep .5
		rmdir "$LOCK"
		echo ok
	X
	LOCK=$BATS_TEST_TMPDIR/lock run -0 timeout 60 mg-ask -j 1 --timeout 2s -m "exec:$P/slow:5" -o json hi </dev/null
	[ "${#lines[@]}" = 5 ]
}

@test "--dry-run shows what a program would get, and starts none" {
	program touches <<<"touch $BATS_TEST_TMPDIR/started"
	run -0 exe touches --dry-run
	[[ $output == *'{"type":"request","id":"1"'*'"content":"hi"'* ]]
	[ ! -e "$BATS_TEST_TMPDIR/started" ]
}

@test "a JSON answer with a type of its own is an answer, no event" {
	program schema <<<'cat >/dev/null; echo "{\"type\":\"object\",\"n\":1}"'
	run -0 exe schema -t
	[ "$output" = '{"type":"object","n":1}' ]
}

@test "a helper that left its program's group and session is ended, too" {
	cat >"$BATS_TEST_TMPDIR/daemon" <<-'X'
		#!/bin/sh
		cat >/dev/null
		setsid sh -c 'echo $$ >"$PIDFILE"; exec sleep 300' </dev/null >/dev/null 2>&1 &
		while [ ! -s "$PIDFILE" ]; do sleep 0.02; done
		echo done
	X
	chmod +x "$BATS_TEST_TMPDIR/daemon"
	export PIDFILE=$BATS_TEST_TMPDIR/pid
	run -0 timeout 20 mg-ask -m "exec:$BATS_TEST_TMPDIR/daemon" -t hi </dev/null
	[ "$output" = done ]
	! kill -0 "$(cat "$PIDFILE")" 2>/dev/null
}
