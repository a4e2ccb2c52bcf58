# Programs in a ring that know nothing of rings: listeners, and inline ones.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export TMPDIR=$BATS_TEST_TMPDIR
}

init='{"type":"init","by":"mg-run","v":1,"ring":true}'
drain='{"lap":1,"type":"drain","by":"mg-run"}'
end='{"type":"end","by":"mg-run","status":"done"}'
usage='{"type":"usage","by":"mg-ask","output_tokens":7}'

stage() {
	timeout 30 "$MG_BUILD/tests/tools/stage" "$@"
}

lines() {
	printf '%s\n' "$@"
}

types() {
	field .type | tr '\n' ' '
}

# jq over the lines of $output, which hold bad ones too.
errors() {
	jq -rR 'fromjson? | select(.type=="error") | '"$1" <<<"$output"
}

# Waits until there is such a file, with something in it.
there() {
	for _ in $(seq 250); do
		[ ! -s "$1" ] || return 0
		sleep 0.02
	done
	return 1
}

# From here on a shell's programs have 60 MB of memory, none of which a
# sanitizer would start in.
small() {
	[[ $MG_BUILD == */san ]] || ulimit -v 60000
}

# No such process, within a while.
gone() {
	for _ in $(seq 250); do
		grep -qs '^State:.[^ZX]' "/proc/$1/status" || return 0
		sleep 0.02
	done
	return 1
}

# --- listeners -------------------------------------------------------------

@test "jq without --unbuffered: its events go out before drain passes" {
	run -0 --separate-stderr stage spender -- jq -c 'select(.type=="usage")|{type:"spent",n:.output_tokens}' \
		< <(lines "$init" "$usage" "$usage" "$drain" "$end")
	[ "$(grep -vn spent <<<"$output")" = "$(lines "1:$init" "2:$usage" "3:$usage" "6:$drain" "7:$end")" ]
	[ "${lines[3]}" = '{"type":"spent","by":"spender","n":7}' ]
	[ "${lines[4]}" = "${lines[3]}" ]
	[ -z "$stderr" ]
}

@test "mawk, which buffers its input" {
	command -v mawk >/dev/null || skip "no mawk"
	run -0 --separate-stderr stage counter -- mawk '/"usage"/ {n++} END {print "{\"type\":\"counted\",\"n\":" n "}"}' \
		< <(lines "$init" "$usage" "$usage" "$usage" "$drain" "$end")
	[ "$(types)" = 'init usage usage usage counted drain end ' ]
	[ "${lines[4]}" = '{"type":"counted","by":"counter","n":3}' ]
}

@test "a line goes on at once, whatever the program does with it" {
	coproc S { stage deaf --grace 100ms -- sleep 1000; }
	pid=$S_PID # bash forgets it when the process has ended
	echo "$init" >&"${S[1]}"
	read -r -t 5 -u "${S[0]}" line
	[ "$line" = "$init" ]
	echo "$usage" >&"${S[1]}"
	read -r -t 5 -u "${S[0]}" line
	[ "$line" = "$usage" ]
	exec {S[1]}>&-
	wait "$pid"
}

@test "tee: every live line, but no history, nothing of its own, no drain, no end" {
	run -0 --separate-stderr stage tee -- tee file < <(lines "$init" \
		'{"past":1,"type":"old","by":"mg-ask"}' '{"past":1,"type":"old","by":"tee"}' \
		'{"lap":1,"type":"usage","by":"tee"}' '{"lap":1,"type":"x","by":"mg-ask"}' "$usage" "$drain" "$end")
	[ "$(cat file)" = "$(lines "$init" '{"lap":1,"type":"x","by":"mg-ask"}' "$usage")" ]
	# Its copies are its own events; those of init, and of what stages act
	# on, are refused.
	[ "$(field 'select(.by=="tee" and .past==null)|.type' | sort | tr '\n' ' ')" = 'error error x ' ]
	[[ $output == *'{"type":"x","by":"tee"}'* ]]
	# Its own, come back, is off; history passes.
	[ "$(grep -c '"lap":1,"type":"usage"' <<<"$output")" = 0 ]
	[ "$(grep -c past <<<"$output")" = 2 ]
}

@test "the envelope is not a listener's to set; the rest is kept to the byte" {
	cat >say <<-'X'
		{"by":"mg-run","ts":"now","big":9007199254740993 ,"lap":1,"type":"a\"b","past":1,"taken":"x","\u0062y":"y","s":"é\u00e9"}
	X
	run -0 --separate-stderr stage me -- sh -c 'cat >/dev/null; cat say' < <(lines "$init" "$drain" "$end")
	[ "${lines[1]}" = '{"type":"a\"b","by":"me","big":9007199254740993,"s":"é\u00e9"}' ]
}

@test "what only the run makes is refused, in any spelling, and said once" {
	cat >say <<-'X'
		{"type":"end","status":"done"}
		{"type":"\u0069nit"}
		{"type":"drain"}
		{"type":"task","content":"more"}
		{"type":"alarm"}
		{"type":"resume"}
		{"type":"fine"}
	X
	run -0 --separate-stderr stage me -- sh -c 'cat >/dev/null; cat say' < <(lines "$init" "$drain" "$end")
	[ "$(types)" = 'init error fine drain end ' ]
	[ "$(errors .code)" = bad_event ]
	[ "$(errors .by)" = me ]
}

@test "plain text: one error, with the remedy" {
	run -0 --separate-stderr stage me -- sh -c 'echo hello; echo [1]; echo 7; echo; cat >/dev/null; echo "{\"type\":\"x\"}"; echo {}' \
		< <(lines "$init" "$drain" "$end")
	[ "$(types)" = 'init error x error drain end ' ]
	[ "$(errors .remedy | head -1)" = 'print one JSON object a line' ]
	[[ $(errors .message) != *hello* ]]
}

@test "an early end with status 0 is nothing to talk about" {
	run -0 --separate-stderr stage first -- head -n 1 < <(lines "$init" "$usage" "$usage" "$drain" "$end")
	[ "$(errors .code)" = bad_event ] # the copy of init
	run -0 --separate-stderr stage first -- sh -c 'read -r x' < <(lines "$init" "$usage" "$usage" "$drain" "$end")
	[ "$output" = "$(lines "$init" "$usage" "$usage" "$drain" "$end")" ]
	[ -z "$stderr" ]
}

@test "a program that fails is named, with its last words, and the stage goes on" {
	run -0 --separate-stderr stage me -- sh -c 'read -r x; echo one >&2; echo two >&2; exit 3' \
		< <(lines "$init"; sleep 0.3; lines "$usage" "$drain" "$end")
	[ "$(types)" = 'init error usage drain end ' ]
	[ "$(errors .code)" = program_failed ]
	[ "$(errors .message)" = 'sh ended with status 3: two' ]
	[[ $stderr == *one*two*stage:* ]]
	run -0 --separate-stderr stage me -- sh -c 'kill -9 $$' < <(lines "$init" "$drain" "$end")
	[ "$(errors .message)" = 'sh was ended by signal 9' ]
	run -0 --separate-stderr stage me -- /nonexistent/program < <(lines "$init" "$drain" "$end")
	[[ $(errors .message) == '/nonexistent/program ended with status 127: '*'No such file'* ]]
	[ "$(grep -v '"error"' <<<"$output")" = "$(lines "$init" "$drain" "$end")" ]
}

@test "its standard error is seen while it runs" {
	coproc S { stage me -- sh -c 'echo seen >&2; cat >/dev/null' 2>err >out; }
	pid=$S_PID # bash forgets it when the process has ended
	echo "$init" >&"${S[1]}"
	there err
	[ "$(cat err)" = seen ]
	exec {S[1]}>&-
	wait "$pid"
}

@test "a program that never reads is killed when its time is over" {
	head -c 3000000 /dev/zero | tr '\0' x >filler
	run -0 --separate-stderr stage deaf --grace 300ms -- sleep 1000 \
		< <(lines "$init"; printf '{"type":"big","x":"%s"}\n' "$(head -c 100000 filler)" "$(head -c 100000 filler)"; lines "$drain" "$end")
	[ "$(types)" = 'init big big error drain end ' ]
	[[ $(errors .message) == 'sleep did not end within 300 ms'* ]]
}

@test "a program that ignores the end of its input: what it printed goes out first" {
	run -0 --separate-stderr stage me --grace 300ms -- \
		sh -c 'cat >/dev/null; echo "{\"type\":\"late\"}"; printf "{\"type\":\"cut\"}"; sleep 1000' < <(lines "$init" "$drain" "$end")
	[ "$(types)" = 'init late cut error drain end ' ]
}

@test "20 MiB without newline, twice: one error" {
	run -0 --separate-stderr stage me -- sh -c 'cat >/dev/null; for i in 1 2; do head -c 20971520 /dev/zero | tr "\0" x; echo; done; echo "{\"type\":\"x\"}"' \
		< <(lines "$init" "$drain" "$end")
	[ "$(types)" = 'init error x drain end ' ]
	[ "$(errors .code)" = too_large ]
}

@test "cat copies: up to the cap, and then no more" {
	run -0 --separate-stderr stage me --max-events 5 -- cat \
		< <(lines "$init"; for i in $(seq 50); do echo "{\"type\":\"ping\",\"n\":$i}"; done; lines "$drain" "$end")
	[ "$(field 'select(.type=="ping" and .by==null)|.n' | wc -l)" = 50 ]
	[ "$(field 'select(.type=="ping" and .by=="me")|.n' | tr '\n' ' ')" = '1 2 3 4 5 ' ]
	[ "$(errors .code | tr '\n' ' ')" = 'bad_event program_failed ' ]
	[ "${lines[-1]}" = "$end" ]
}

@test "a thousand is the cap when nobody says otherwise" {
	run -0 --separate-stderr stage me -- sh -c 'cat >/dev/null; yes "{\"type\":\"x\"}" | head -n 1500' \
		< <(lines "$init" "$drain" "$end")
	[ "$(grep -c '"type":"x"' <<<"$output")" = 1000 ]
}

@test "a second drain passes at once, and the program is told nothing more" {
	run -0 --separate-stderr stage me -- tee file < <(lines "$init" "$drain" "$usage" "$drain" "$end")
	[ "$(cat file)" = "$init" ]
	[ "$(types)" = 'init error drain usage drain end ' ]
}

@test "a dead ring: the program is killed, and nothing is said" {
	run -0 --separate-stderr stage me -- sh -c 'echo $$ >pid; exec sleep 1000' < <(lines "$init"; sleep 0.3)
	[ "$output" = "$init" ]
	gone "$(cat pid)"
}

@test "SIGTERM ends both" {
	mkfifo in
	"$MG_BUILD/tests/tools/stage" me -- sh -c 'echo $$ >pid; exec sleep 1000' <in >out 3>&- &
	exec {in}>in
	echo "$init" >&$in
	there pid
	kill "$!"
	wait "$!" || status=$?
	[ "$status" = 143 ]
	exec {in}>&-
	gone "$(cat pid)"
}

@test "in a line: the end waits for it, and each stream has its own run" {
	plain='{"type":"init","v":1}'
	run -0 --separate-stderr stage me -- sh -c 'echo "{\"type\":\"n\",\"n\":$(wc -l)}"' \
		< <(lines "$plain" "$usage" "$end" "$plain" "$usage" "$usage" "$end")
	[ "$(types)" = 'init usage n end init usage usage n end ' ]
	[ "$(field 'select(.type=="n").n' | tr '\n' ' ')" = '2 3 ' ]
	# Without init and end the file ends it.
	run -0 --separate-stderr stage me -- sh -c 'echo "{\"type\":\"n\",\"n\":$(wc -l)}"' < <(lines "$usage" "$usage")
	[ "$(types)" = 'usage usage n ' ]
	# Cut off.
	run -65 --separate-stderr stage me -- sh -c 'echo "{\"type\":\"n\",\"n\":$(wc -l)}"' < <(lines "$plain" "$usage")
	[ "$(types)" = 'init usage n error ' ]
	run -0 --separate-stderr stage me -- cat </dev/null
	[ -z "$output" ]
}

@test "a backlog of 60 MB waits in a file" {
	head -c 100000 /dev/zero | tr '\0' x >filler
	line="{\"type\":\"big\",\"x\":\"$(cat filler)\"}"
	{
		echo "$init"
		yes "$line" | head -n 600
		lines "$drain" "$end"
	} >in
	(
		small
		stage me -- sh -c 'sleep 0.5; wc -c >count' <in >out
	)
	cmp in out
	[ "$(cat count)" = "$(grep -v '"type":"drain"\|"type":"end"' in | wc -c)" ]
}

@test "in a line whose reader is slow, the program waits for it and is not killed" {
	printf '{"type":"x","x":"%s"}\n' "$(head -c 30000 /dev/zero | tr '\0' x)" >line
	for _ in $(seq 150); do cat line; done >say
	stage me --grace 400ms --max-events 5000 -- sh -c 'cat >/dev/null; cat say' \
		< <(lines '{"type":"init","v":1}' "$end") | (sleep 1; cat >out)
	[ "$(grep -c '"type":"x"' out)" = 150 ]
	[ "$(tail -n 1 out)" = "$end" ]
	! grep -q '"error"' out
}

@test "a full disk: the program goes, the stage stays" {
	head -c 100000 /dev/zero | tr '\0' x >filler
	line="{\"type\":\"big\",\"x\":\"$(cat filler)\"}"
	{
		echo "$init"
		yes "$line" | head -n 60
		lines "$drain" "$end"
	} >in
	stage me --spool "$PWD/nothere" -- sleep 1000 <in >out 2>err
	[ "$(grep -c '"type":"big"' out)" = 60 ]
	[ "$(jq -r 'select(.type=="error").code' out)" = system ]
	[ "$(tail -n 1 out)" = "$end" ]
}

@test "the reader gone: both go" {
	(lines "$init"; for _ in $(seq 100); do echo "$usage"; sleep 0.02; done) 2>/dev/null |
		(stage me -- sh -c 'echo $$ >pid; exec sleep 1000' || echo $? >status) | head -n 1
	[ "$(cat status)" = 141 ]
	gone "$(cat pid)"
}

# --- inline ----------------------------------------------------------------

gate() {
	cat >gate.py <<-'X'
		import json, sys
		for line in sys.stdin:
		    e = json.loads(line)
		    if e.get("type") == "tool_call" and e.get("name") == "rm" and "taken" not in e and e.get("by") != "gate":
		        e["taken"] = "gate"
		        print(json.dumps(e, separators=(",", ":")), flush=True)
		        print(json.dumps({"type": "tool_result", "call": e["call"], "is_error": True}), flush=True)
		    else:
		        sys.stdout.write(line)
		        sys.stdout.flush()
	X
}

@test "a gate in Python takes some calls; what it adds is signed, its own taken off" {
	gate
	run -0 --separate-stderr stage --inline gate -- python3 gate.py < <(lines "$init" \
		'{"type":"tool_call","by":"mg-ask","call":"1","name":"ls"}' \
		'{"type":"tool_call","by":"mg-ask","call":"2","name":"rm"}' \
		'{"lap":1,"type":"tool_result","by":"gate","call":"0"}' \
		'{"past":1,"type":"tool_result","by":"gate","call":"0"}' \
		'{ "n":1.0, "by":"x" , "type":"odd"} ' "$drain" "$end")
	[ "$output" = "$(lines "$init" \
		'{"type":"tool_call","by":"mg-ask","call":"1","name":"ls"}' \
		'{"type":"tool_call","by":"mg-ask","call":"2","name":"rm","taken":"gate"}' \
		'{"type": "tool_result", "call": "2", "is_error": true,"by":"gate"}' \
		'{"past":1,"type":"tool_result","by":"gate","call":"0"}' \
		'{ "n":1.0, "by":"x" , "type":"odd"} ' "$drain" "$end")" ]
	[ -z "$stderr" ]
}

@test "inline, line by line: nothing waits for more" {
	gate
	coproc S { stage --inline gate -- python3 gate.py; }
	pid=$S_PID # bash forgets it when the process has ended
	for i in 1 2 3; do
		echo "{\"type\":\"x\",\"by\":\"y\",\"n\":$i}" >&"${S[1]}"
		read -r -t 5 -u "${S[0]}" line
		[ "$line" = "{\"type\":\"x\",\"by\":\"y\",\"n\":$i}" ]
	done
	exec {S[1]}>&-
	wait "$pid"
}

@test "inline: an empty object, a last line without newline, what is no event" {
	run -0 --separate-stderr stage --inline g -- printf '{}\n{ }\nplain\n[1]\n{"by":"x"}\n{"type":"z"}' </dev/null
	[ "$output" = "$(lines '{"by":"g"}' '{"by":"g"}' plain '[1]' '{"by":"x"}' '{"type":"z","by":"g"}')" ]
}

@test "inline: the program's status is ours" {
	run -3 stage --inline g -- sh -c 'cat; exit 3' < <(lines "$init")
	[ "$output" = "$init" ]
	run -5 stage --inline g -- sh -c 'exit 5' < <(sleep 5)
	run -137 stage --inline g -- sh -c 'kill -9 $$' </dev/null
	run -127 stage --inline g -- /nonexistent/program </dev/null
	[[ $output == *'No such file'* ]]
}

@test "inline: neither direction holds the other back" {
	head -c 100000 /dev/zero | tr '\0' x >filler
	yes "{\"type\":\"big\",\"by\":\"a\",\"x\":\"$(cat filler)\"}" | head -n 200 >in
	# Writes all it has to say before it reads, and nobody reads that yet.
	(small; stage --inline g -- sh -c 'cat in; cat' <in) | (sleep 0.5; cat >out)
	cat in in | cmp - out
}

@test "inline: a line beyond the limit becomes an error" {
	run -0 --separate-stderr stage --inline g -- sh -c 'head -c 20971520 /dev/zero | tr "\0" x; echo; echo "{\"type\":\"x\"}"' </dev/null
	[ "$(types)" = 'error x ' ]
	[ "$(errors '.by+.code')" = gbad_line ]
}

@test "inline: SIGINT is passed on, and what the program says to it is read" {
	mkfifo in
	env --default-signal=INT "$MG_BUILD/tests/tools/stage" --inline g -- \
		sh -c 'trap "echo {}; exit 4" INT; echo $$ >pid; read -r x' <in >out 3>&- &
	exec {in}>in
	there pid
	kill -INT "$!"
	wait "$!" || status=$?
	exec {in}>&-
	[ "$status" = 4 ]
	[ "$(cat out)" = '{"by":"g"}' ]
}

@test "inline: SIGTERM kills the program" {
	timeout -s TERM 0.5 "$MG_BUILD/tests/tools/stage" --inline g -- sh -c 'trap "" TERM; echo $$ >pid; exec sleep 1000' < <(exec sleep 3) ||
		[ $? = 124 ]
	gone "$(cat pid)"
}

@test "inline: the reader gone" {
	(stage --inline g -- sh -c 'echo $$ >pid; yes "{}"' || echo $? >status) < <(exec sleep 3) | head -n 1
	[ "$(cat status)" = 141 ]
	gone "$(cat pid)"
}

@test "inline: a folder that is gone ends the stage, for nothing may be swallowed" {
	head -c 100000 /dev/zero | tr '\0' x >filler
	yes "{\"type\":\"big\",\"x\":\"$(cat filler)\"}" | head -n 60 >in
	run -74 stage --inline g --spool "$PWD/nothere" -- sleep 1000 <in
	[[ $output == *'unable to keep what waits'* ]]
}
