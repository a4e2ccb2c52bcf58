# mg-ask between other programs: silent and endless input, slow and absent
# readers, signals. These are other tools' real failures.

load helper

setup_file() {
	serve
	script big <<-'X'
		repeat 5000 0123456789abcdef
		finish
	X
	script endless <<-'X'
		chunk 400
		gap 5000
		repeat 100000000 and so on 
	X
	script still <<-'X'
		sse {"choices":[{"delta":{"content":"so far"}}]}
		hang
	X
}

teardown_file() {
	unserve
}

# Waits until the server was asked for a model N times.
until_asked() {
	for _ in $(seq 400); do
		[ "$(grep -c "\"model\":\"$1\"" "$REQUESTS")" -ge "${2:-1}" ] && return 0
		sleep .05
	done
	return 1
}

# Waits until the request for a model was given up by its client.
until_closed() {
	local n
	for _ in $(seq 400); do
		n=$(jq -r --arg m "$1" 'select(.body.model? == $m) | .n' "$REQUESTS" | tail -1)
		grep -q "{\"n\":$n,\"closed\":\"early\"}" "$REQUESTS" && return 0
		sleep .05
	done
	return 1
}

gone() {
	for _ in $(seq 100); do
		grep -qsz "$1" /proc/[0-9]*/cmdline || return 0
		sleep .05
	done
	return 1
}

# in_background FILE COMMAND...: with its output in FILE; sets $pid. It has a
# session of its own, and SIGINT, which a shell ignores for what it puts there.
in_background() {
	local out=$1
	shift
	setsid env --default-signal=INT "$@" >"$out" 2>/dev/null </dev/null 3>&- &
	pid=$!
}

until_said() {
	for _ in $(seq 400); do
		! grep -q "$2" "$1" || return 0
		sleep .05
	done
	return 1
}

# Waits for $pid, but not for ever; sets $status.
finish() {
	for _ in $(seq 400); do
		[ -d "/proc/$pid" ] && ! grep -q ') Z' "/proc/$pid/stat" || break
		sleep .05
	done
	kill -KILL "$pid" 2>/dev/null || true
	status=0
	wait "$pid" || status=$?
}

# --- standard input ---------------------------------------------------------

@test "a prompt beside an open, silent standard input warns, and goes on" {
	run -0 --separate-stderr timeout 30 mg-ask --base-url "$URL" -m quiet -t \
		--stdin-wait 200ms hi < <(exec sleep 20 3>&-)
	[ "$output" = 'echo: hi' ]
	echo "stderr: $stderr"
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == *warning*'standard input'* ]]
}

@test "a lone - waits for a slow producer, and nothing of it is lost" {
	run -0 --separate-stderr bash -c '{ sleep .6; echo first; sleep .6; echo last; } |
		timeout 30 mg-ask --base-url "$URL" -m slowin -t --stdin-wait 200ms "sum up" -'
	[ "$output" = $'echo: sum up\n\nfirst\nlast' ]
	[ -z "$stderr" ]
}

@test "once the first byte has come the end is awaited" {
	run -0 --separate-stderr bash -c '{ echo first; sleep .8; echo last; } |
		timeout 30 mg-ask --base-url "$URL" -m firstbyte -t --stdin-wait 400ms "sum up"'
	[ "$output" = $'echo: sum up\n\nfirst\nlast' ]
	[ -z "$stderr" ]
}

@test "an empty prompt, no prompt, and a prompt of blanks are refused" {
	run -64 --separate-stderr ask -m x ''
	[[ $stderr == *'prompt is empty'* ]]
	run -64 --separate-stderr ask -m x '  ' '	'
	run -66 --separate-stderr ask -m x
	[[ $stderr == *'nothing was asked'* ]]
	[ "$(field .type | tr '\n' ' ')" = 'init error end ' ]
	[ "$(field 'select(.type == "end") | .status')" = failed ]
	run -66 --separate-stderr ask -m x -
	[ "$(grep -c '"model":"x"' "$REQUESTS" || true)" = 0 ]
}

@test "standard input that is closed is no input" {
	run -0 --separate-stderr bash -c 'timeout 20 mg-ask --base-url "$URL" -m closed -t hi <&-'
	[ "$output" = 'echo: hi' ]
	run -66 --separate-stderr bash -c 'timeout 20 mg-ask --base-url "$URL" -m closed <&-'
}

@test "tasks are answered as they come, not when the input ends" {
	coproc MG { timeout 30 mg-ask --base-url "$URL" -m early -o json; }
	local line in=${MG[1]} from=${MG[0]}
	echo '{"type":"task","content":"one"}' >&"$in"
	IFS= read -r -t 20 line <&"$from"
	[[ $line == *'echo: one'* ]]
	echo '{"type":"task","content":"two"}' >&"$in"
	IFS= read -r -t 20 line <&"$from"
	[[ $line == *'echo: two'* ]]
	eval "exec $in>&-"
}

@test "ten thousand tasks keep only a few open, and each is answered once" {
	jq -nc 'range(10000) | {type: "task", id: ., content: "n\(.)"}' >"$BATS_TEST_TMPDIR/in"
	timeout 100 mg-ask --base-url "$URL" -m mass -o json -j 8 <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out"
	[ "$(jq -r 'select(.content == "echo: n\(.id)") | .id' "$BATS_TEST_TMPDIR/out" | sort -nu | wc -l)" = 10000 ]
	[ "$(wc -l <"$BATS_TEST_TMPDIR/out")" = 10000 ]
}

# --- standard output --------------------------------------------------------

@test "64 MB of answers to a slow reader: nothing is lost, the last line is end" {
	local out=$BATS_TEST_TMPDIR/out
	# 16 bytes a word, some 170 as a delta.
	timeout 100 mg-ask --base-url "$URL" -m big:100 hi </dev/null |
		{ sleep 2; head -c 100000; sleep 1; cat; } >"$out"
	[ "${PIPESTATUS[0]}" = 0 ]
	[ "$(wc -c <"$out")" -gt 64000000 ]
	[ "$(tail -1 "$out" | jq -r '"\(.type) \(.status) \(.messages)"')" = 'end done 100' ]
	[ "$(grep -c '^{"type":"delta".*"content":"0123456789abcdef"' "$out")" = 500000 ]
	[ "$(grep '^{"type":"message"' "$out" | jq -r '.content | length' | uniq -c | sed 's/^ *//')" = '100 80000' ]
}

@test "while a reader sleeps, memory stays small and answers are held back" {
	local pid fifo=$BATS_TEST_TMPDIR/fifo peak
	mkfifo "$fifo"
	script many <<<$'repeat 20000 0123456789abcdef\nfinish'
	(exec sleep 30 <"$fifo" 3>&-) &
	local reader=$!
	setsid timeout 60 mg-ask --base-url "$URL" -m many:200 hi </dev/null >"$fifo" 2>/dev/null 3>&- &
	pid=$!
	until_asked many 10
	sleep 2
	peak=$(awk '/^VmHWM/ {print $2}' "/proc/$(pgrep -P "$pid" -x mg-ask)/status")
	kill "$reader"
	wait "$pid" || true
	# 680 MB of deltas stand behind it.
	# The address sanitizer keeps what was freed.
	[[ $MG_BUILD == *san* ]] || [ "$peak" -lt 60000 ]
}

@test "a program's last words survive a slow reader" {
	local p=$BATS_TEST_TMPDIR/p n pids=()
	# Somewhere here the program has ended while we do not read it: what we
	# hold and what its pipe holds is all that there is. A daemon of its
	# keeps the pipe open, so that only the clock says when to stop.
	printf '#!/bin/sh\nsetsid sleep 7 2>/dev/null &\nhead -c $1 /dev/zero | tr "\\0" x\n' >"$p"
	chmod +x "$p"
	for n in 1090000 1110000 1130000 1150000 1170000 1190000 1210000 1230000; do
		timeout 60 mg-ask -m "exec:$p $n" -t hi </dev/null 3>&- |
			{ sleep 2; wc -c; } >"$p.$n" 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}"
	for n in 1090000 1110000 1130000 1150000 1170000 1190000 1210000 1230000; do
		[ "$(cat "$p.$n")" = $((n + 1)) ] # and a newline
	done
}

@test "head -1 behind us ends us quietly with SIGPIPE, and the paid call is cancelled" {
	# Before the request has gone out there would be nothing to cancel.
	export -f until_asked
	run bash -c 'timeout 30 mg-ask --base-url "$URL" -m endless hi </dev/null 2>"$1" | {
			until_asked endless
			head -1
		}
		echo "${PIPESTATUS[0]}"' _ "$BATS_TEST_TMPDIR/err"
	[[ ${lines[0]} == '{"type":"init"'* ]]
	[ "${lines[1]}" = 141 ]
	[ ! -s "$BATS_TEST_TMPDIR/err" ]
	until_closed endless
}

@test "a reader that goes while nothing is said is noticed" {
	run bash -c 'timeout 30 mg-ask --base-url "$URL" -m still hi </dev/null 2>/dev/null | head -3 >/dev/null
		echo "${PIPESTATUS[0]}"'
	[ "$output" = 141 ]
	until_closed still
}

@test "a reader that goes ends programs too, and an ignored SIGPIPE changes nothing" {
	printf '#!/bin/sh\necho a\nexec sleep 72001\n' >"$BATS_TEST_TMPDIR/p"
	chmod +x "$BATS_TEST_TMPDIR/p"
	run bash -c 'trap "" PIPE; timeout 30 mg-ask -m "exec:$1" hi </dev/null 2>/dev/null | head -1 >/dev/null
		echo "${PIPESTATUS[0]}"' _ "$BATS_TEST_TMPDIR/p"
	[ "$output" = 141 ]
	gone 72001
}

@test "a full disk is told, with 74" {
	[ -e /dev/full ] || skip "there is no /dev/full"
	run -74 --separate-stderr bash -c 'timeout 30 mg-ask --base-url "$URL" -m full hi </dev/null >/dev/full'
	[[ $stderr == *'unable to write'* ]]
}

# --- signals ----------------------------------------------------------------

@test "SIGINT in mid-answer: 130, the error, what came, and end as the last line" {
	local pid out=$BATS_TEST_TMPDIR/out
	cp "$SCRIPTS/still" "$SCRIPTS/int"
	in_background "$out" mg-ask --base-url "$URL" -m int hi
	until_asked int
	until_said "$out" '^{"type":"delta"'
	kill -INT "$pid"
	finish
	[ "$status" = 130 ]
	output=$(cat "$out")
	[ "$(field 'select(.type == "error") | "\(.code) \(.partial)"')" = 'cancelled so far' ]
	[ "$(tail -1 "$out" | jq -r '"\(.type) \(.status)"')" = 'end interrupted' ]
	until_closed int
}

@test "SIGTERM in mid-answer: 143, and the same" {
	local pid out=$BATS_TEST_TMPDIR/out
	cp "$SCRIPTS/still" "$SCRIPTS/term"
	in_background "$out" mg-ask --base-url "$URL" -m term hi
	until_asked term
	kill -TERM "$pid"
	finish
	[ "$status" = 143 ]
	[ "$(tail -1 "$out" | jq -r '"\(.type) \(.status)"')" = 'end interrupted' ]
	until_closed term
}

@test "SIGINT ends the whole group of a program, its grandchildren too" {
	local pid out=$BATS_TEST_TMPDIR/out p=$BATS_TEST_TMPDIR/p
	printf '#!/bin/sh\ntrap "" INT TERM\necho begun\nsleep 72002 &\nsh -c "sleep 72002; :" &\nwait\n' >"$p"
	chmod +x "$p"
	in_background "$out" mg-ask -m "exec:$p" hi
	until_said "$out" 'begun'
	kill -INT "$pid"
	finish
	[ "$status" = 130 ]
	[ "$(tail -1 "$out" | jq -r '"\(.type) \(.status)"')" = 'end interrupted' ]
	gone 72002
}

@test "SIGINT while calls wait: in the queue, for a retry, for input" {
	local pid out=$BATS_TEST_TMPDIR/out
	printf 'status 429\nheader Retry-After: 50\n' >"$SCRIPTS/later"
	cp "$SCRIPTS/still" "$SCRIPTS/queue"
	in_background "$out" mg-ask --base-url "$URL" -j 2 -m later -m queue:4 hi
	until_said "$out" '"type":"retry"'
	until_asked queue
	kill -INT "$pid"
	finish
	[ "$status" = 130 ]
	[ "$(grep -c '"code":"cancelled"' "$out")" = 5 ]
	[ "$(tail -1 "$out" | jq -r '"\(.type) \(.status)"')" = 'end interrupted' ]
}

@test "a second SIGINT kills at once" {
	local pid fifo=$BATS_TEST_TMPDIR/fifo
	mkfifo "$fifo"
	# Nobody reads the output, so it cannot end by itself.
	cp "$SCRIPTS/endless" "$SCRIPTS/twice"
	(exec sleep 50 <"$fifo" 3>&-) &
	local reader=$!
	in_background "$fifo" mg-ask --base-url "$URL" -m twice:40 hi
	until_asked twice 40
	sleep 1
	kill -INT "$pid"
	sleep .3
	kill -INT "$pid" 2>/dev/null || true
	finish
	kill "$reader"
	[ "$status" = 130 ]
}

@test "interrupted with -t: what was said stays, and nothing else is on standard output" {
	local pid out=$BATS_TEST_TMPDIR/out
	cp "$SCRIPTS/still" "$SCRIPTS/text"
	in_background "$out" mg-ask --base-url "$URL" -t -m text hi
	until_said "$out" 'so far'
	kill -INT "$pid"
	finish
	[ "$status" = 130 ]
	[ "$(cat "$out")" = 'so far' ]
}

# --- start-up ---------------------------------------------------------------

@test "sixteen at a time on a fresh home: none fails, none is lost" {
	export HOME=$BATS_TEST_TMPDIR/home
	unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_CACHE_HOME
	mkdir "$HOME"
	run -0 --separate-stderr bash -c 'seq 64 | timeout 60 xargs -P 16 -I N mg-ask --base-url "$URL" -m fresh -t "number N" </dev/null'
	[ -z "$stderr" ]
	run bash -c 'seq 64 | timeout 60 xargs -P 16 -I N sh -c "mg-ask --base-url \"\$URL\" -m fresh -o json \"number N\" </dev/null"'
	[ "$(field .content | sort -u | wc -l)" = 64 ]
}

@test "--help, --version and the completions need no network, no home and no data" {
	command -v strace >/dev/null || skip "strace is missing"
	local o
	for o in --help --version '--completion bash'; do
		# shellcheck disable=SC2086 # words on purpose
		run -0 env -i PATH="$PATH" HOME=/nonexistent MG_SHARE=/nonexistent \
			ASAN_OPTIONS=detect_leaks=0 \
			strace -f -e trace=network -o "$BATS_TEST_TMPDIR/trace" \
			timeout 20 mg-ask $o
		[ -n "$output" ]
		[ "$(grep -c 'socket(' "$BATS_TEST_TMPDIR/trace" || true)" = 0 ]
	done
}

@test "blanks without end are refused, not gathered" {
	run -76 --separate-stderr timeout 60 bash -c 'set -o pipefail; yes "" 2>/dev/null | mg-ask -m exec:cat'
	[ "$(field 'select(.type=="error").code')" = too_large ]
	[ "$(tail -1 <<<"$output" | jq -r .type)" = end ]
}

@test "ids that are spelt in two ways are one id, and anything but a string or a number is none" {
	run -65 --separate-stderr timeout 20 mg-ask -m 'exec:echo yes' -o ndjson < <(
		echo '{"type":"task","id":"1","content":"one"}'
		echo '{"type":"task","id":"\u0031","content":"two"}'
		echo '{"type":"task","id":1,"content":"three"}'
		echo '{"type":"task","id":{"a":1},"content":"four"}'
		echo '{"type":"task","id":"5","messages":[]}'
		echo '{"custom_id":8,"body":{}}'
		echo '{"role":"user","content":null}')
	[ "$(count message)" = 2 ]
	[ "$(field 'select(.type=="error").line' | tr '\n' ' ')" = '2 4 5 6 7 ' ]
}

@test "interrupted within a line, end says so and nothing new begins" {
	run -0 timeout 60 python3 - <<-'X'
		import signal, subprocess, time
		p = subprocess.Popen(["mg-ask", "-m", "exec:sleep 1", "-j", "2"],
		    stdin=subprocess.PIPE, stdout=subprocess.PIPE,
		    stderr=subprocess.DEVNULL)
		lines = ['{"type":"init","v":1}']
		lines += ['{"type":"task","content":"x"}'] * 40
		lines += ['{"type":"end","status":"done"}']
		p.stdin.write("\n".join(lines).encode() + b"\n")
		p.stdin.close()
		time.sleep(0.5)
		p.send_signal(signal.SIGTERM)
		start = time.monotonic()
		out = p.stdout.read()
		assert p.wait() == 143, p.returncode
		assert time.monotonic() - start < 20, "it went on"
		assert b'"status":"interrupted"' in out.splitlines()[-1], out[-300:]
	X
}

@test "what cannot be read is an error event, and no success" {
	run -74 --separate-stderr timeout 20 mg-ask -m exec:cat -o ndjson </
	[ "$(field 'select(.type=="error").code')" = input ]
	[ "$(tail -1 <<<"$output" | jq -r .status)" = failed ]
}

@test "what is said to this machine goes to no proxy" {
	http_proxy=http://127.0.0.1:9 run -0 ask -m echo -t hi
	[ "$output" = 'echo: hi' ]
}
