# The ring on real processes: what ring and seam promise, whatever the stages,
# the models and the readers do. The worlds and their checks are in tests/ring.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export TMPDIR=$BATS_TEST_TMPDIR XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
	export PYTHONPATH=$BATS_TEST_DIRNAME/ring PYTHONDONTWRITEBYTECODE=1
	actor="exec:$MG_BUILD/tests/tools/actor 1"
	log=$XDG_STATE_HOME/mg/runs/r/log.ndjson
}

# py FILE ARGUMENT...: a program of tests/ring, which says what is wrong.
py() {
	run -0 timeout "${deadline:-200}" python3 \
		"$BATS_TEST_DIRNAME/ring/$1.py" "${@:2}"
}

# ring ARGUMENT...: mg-run as run r; its events are $output.
ring() {
	timeout 40 mg-run -S r -o ndjson "$@"
}

# between STAGE...: a lead, the stage, and one agent.
between() {
	ring --stall-timeout "${stall:-30s}" --drain-timeout "${drain:-20s}" 'Which?' -- mg-vote lead -m "$actor a" \
		-- "$@" -- mg-ask -m "$actor a" </dev/null
}

tools() {
	between mg-run stage --inline tools -- python3 "$BATS_TEST_DIRNAME/ring/tools.py" 1 "$@"
}

# The types of $output, one after another; and one member of some.
types() {
	field .type | tr '\n' ' '
}

errors() {
	field 'select(.type=="error" and .by=="mg-run")|'"$1"
}

blamed() {
	field 'select(.code=="stage_died")|'"$1"
}

# Nothing of this run is left: its stages have MG_RUN in their environment.
nothing_left() {
	local pid
	for _ in $(seq 250); do
		for pid in $(grep -lsz '^MG_RUN=r$' /proc/[0-9]*/environ | cut -d/ -f3); do
			grep -qs "^XDG_STATE_HOME=$XDG_STATE_HOME\$" <(tr '\0' '\n' <"/proc/$pid/environ") || continue
			sleep 0.02
			continue 2
		done
		return 0
	done
	return 1
}

# --- anything at once --------------------------------------------------------

@test "random rings: each event meets each stage once, nothing is lost, doubled, late or left" {
	local n=10
	[ -z "$MG_SOAK" ] || n=500
	mkdir w
	deadline=$((n * 60)) py worlds 0 "$n" w
}

@test "random rings tied by hand, of 4 KiB pipes" {
	local n=4
	[ -z "$MG_SOAK" ] || n=200
	deadline=$((n * 60)) py hand 0 "$n"
}

# --- standard output -----------------------------------------------------------

@test "a reader that does not read holds nobody up, and gets every line" {
	py cases slow
}

@test "a reader that goes is an interruption: SIGPIPE, nothing is left" {
	py cases closed
}

@test "mg-run | head -n 1 does not hang" {
	run -0 timeout 20 bash -c 'mg-run -S r -o ndjson -m "$0 a" -m "exec:sleep 1000" Which? </dev/null | head -n 1' "$actor"
	[[ ${lines[0]} == '{"type":"init"'* ]]
	nothing_left
	[[ $(tail -n 1 "$log") == '{"type":"end","by":"mg-run","status":"interrupted"'* ]]
	run -0 timeout 20 bash -c 'mg-run -m "$0 a" -o text Which? </dev/null | true' "$actor"
}

@test "a flood of deltas: memory is bounded, and the log holds what counts" {
	deadline=900 py cases flood
}

@test "a flood of events: memory is bounded, and none is missing" {
	deadline=900 py cases noise
}

@test "lines about as long as lines may be: passed, or said to be too long" {
	py cases limits
}

@test "a task or a note too long for an event is refused, and the run goes on" {
	py cases long_task
}

# --- standard input ---------------------------------------------------------------

@test "from outside come task, note, reply and cancel, and nothing else" {
	for type in init request_ message result resume drain end alarm rules '' 7; do
		echo "{\"type\":\"$type\",\"id\":\"9\",\"status\":\"done\",\"content\":\"x\"}"
	done >in
	echo '{"type":"task","id":"t","content":"Which?"}' >>in
	run -65 --separate-stderr ring -m "$actor a" <in
	[ "$(errors .code | sort | uniq -c | tr -s ' ')" = ' 11 bad_event' ]
	[ "$(errors .line | tr '\n' ' ')" = '1 2 3 4 5 6 7 8 9 10 11 ' ]
	[ "$(field 'select(.type=="result")|.id+.status')" = tdone ]
	[ "$(count result)" = 1 ]
}

@test "bad lines: each is named, the others are worked on" {
	printf '%s\n' '{' 'plain' '[1]' '{"type":"task","content":"x"' \
		'{"type":"task","id":"t","content":"Which?"}' '' '{"type":"task"}' \
		'{"type":"task","content":7}' '{"type":"task","id":[],"content":"x"}' \
		'{"type":"task","id":{"a":1},"content":"x"}' '{"type":"task","id":true,"content":"x"}' >in
	printf '{"type":"task","content":"\0"}\n{"type":"task","id":"u","content":"Last?"}' >>in
	run -65 --separate-stderr ring -m "$actor a" <in
	[ "$(errors .line | tr '\n' ' ')" = '1 2 3 4 7 8 9 10 11 12 ' ]
	[ "$(errors .remedy | head -n 1)" = 'one object a line: jq -c' ]
	[ "$(field 'select(.type=="result").id' | tr '\n' ' ')" = 't u ' ]
}

@test "ids: numbers, strings and null; one is used once in a session" {
	printf '{"type":"task","id":%s,"content":"Which?"}\n' '"a"' 7 '"7"' null '"a"' 7.0 '"\u0061"' 18446744073709551616 \
		"\"$(head -c 5000 /dev/zero | tr '\0' x)\"" >in
	run -65 --separate-stderr ring -m "$actor a" <in
	[ "$(grep -o '^{"type":"task","by":"mg-run","id":[^,]*' <<<"$output" | cut -d: -f4 | tr '\n' ' ')" = \
		'"a" 7 "1" 18446744073709551616 ' ] || [ "$(count task)" -ge 4 ]
	[ "$(count task)" = "$(count result)" ]
	[ "$(errors .message | grep -c 'had that `id` before')" -ge 2 ]
	[ "$(errors .message | grep -c 'longer than 4 KiB')" = 1 ]
	# In the next run of the session too.
	run -65 --separate-stderr ring -m "$actor a" < <(echo '{"type":"task","id":"a","content":"Again?"}')
	[[ $(errors .message) == *'had that `id` before' ]]
}

@test "by, ts, lap, past and taken are not the user's to say; the rest is kept" {
	run -0 --separate-stderr ring -m "$actor a" < <(
		echo '{"lap":7,"type":"task","by":"mg-vote","ts":"never","past":1,"taken":"me","\u0062y":"x","id":"t","n":9007199254740993,"content":"Which?","lap":8}')
	[[ $output == *'{"type":"task","by":"mg-run","id":"t","n":9007199254740993,"content":"Which?","ts":"2'* ]]
	[ "$(field 'select(.type=="result").status')" = 'done' ]
}

@test "note and reply that nobody takes: an error each; a cancel of nothing is nothing" {
	run -69 --separate-stderr ring -m "$actor a" < <(
		printf '%s\n' '{"type":"note","agent":"nobody","content":"x"}' '{"type":"reply","content":"x"}' \
			'{"type":"cancel","id":"none"}' '{"type":"task","id":"t","content":"Which?"}')
	[ "$(errors .code | tr '\n' ' ')" = 'nobody nobody ' ]
	[ "$(field 'select(.type=="result").status')" = 'done' ]
}

@test "a question with context on standard input; a text alone; tasks from a file" {
	run -0 --separate-stderr ring -m "$actor a" 'What is this?' < <(echo '{"type":"task","content":"context"}')
	[ "$(field 'select(.type=="task").content')" = $'What is this?\n\n{"type":"task","content":"context"}' ]
	rm -r state
	run -0 --separate-stderr ring -m "$actor a" < <(printf '\n a question\nof two lines\n')
	[[ $(field 'select(.type=="task").content') == *$' a question\nof two lines'* ]]
	rm -r state
	printf '{"type":"task","content":"Q%d?"}\n' 1 2 3 >tasks
	run -0 --separate-stderr ring -m "$actor a" <tasks
	[ "$(field 'select(.type=="result").id' | tr '\n' ' ')" = '1 2 3 ' ]
}

@test "-i decides by hand" {
	run -0 --separate-stderr ring -m "$actor a" -i text < <(echo '{"type":"task","content":"x"}')
	[[ $(field 'select(.type=="task").content') == '{"type":"task","content":"x"}'* ]]
	rm -r state
	run -65 --separate-stderr ring -m "$actor a" -i ndjson < <(echo 'text'; echo '{"type":"task","content":"x"}')
	[ "$(errors .code)" = bad_line ]
	[ "$(field 'select(.type=="task").content')" = x ]
	run -64 ring -m "$actor a" -i ndjson 'A question?' </dev/null
}

@test "nothing was asked: 66" {
	for input in '' $'\n \n' ; do
		rm -rf state
		run -66 --separate-stderr ring -m "$actor a" < <(printf '%s' "$input")
		[ "$(errors .code)" = no_input ]
		[ "$(types)" = 'init error rules drain end ' ] || [ "$(types)" = 'init error rules drain drain end ' ]
	done
}

@test "a pipe that brings nothing is given up with a warning; - waits for it" {
	mkfifo pipe
	exec {hold}<>pipe
	run -0 --separate-stderr ring -m "$actor a" --stdin-wait 100ms 'Which?' <pipe
	[[ $stderr == *'nothing came on standard input'* ]]
	[ "$(field 'select(.type=="task").content')" = 'Which?' ]
	rm -r state
	exec {hold}>&-
	run -0 --separate-stderr ring -m "$actor a" --stdin-wait 100ms 'Which?' - < <(sleep 0.5; echo context)
	[ -z "$stderr" ]
	[ "$(field 'select(.type=="task").content')" = $'Which?\n\ncontext\n' ] ||
		[ "$(field 'select(.type=="task").content')" = $'Which?\n\ncontext' ]
}

# --- stages -------------------------------------------------------------------------

# A team file of agents with these names.
team() {
	echo agents:
	printf -- '- {id: %s, backend: {type: exec, model: "%s"}}\n' "$1" "$actor $1" ${2:+"$2" "$actor $2"}
}

@test "two mg-ask: the second is mg-ask.2, and each serves its own" {
	team a b >team.yaml
	team a >a.yaml
	team b >b.yaml
	run -0 --separate-stderr ring 'Which?' -- mg-vote lead -c team.yaml -- mg-ask -c a.yaml -- mg-ask -c b.yaml </dev/null
	[ "$(field 'select(.type=="message")|.by+" "+.agent' | sort -u | tr '\n' ' ')" = 'mg-ask a mg-ask.2 b ' ]
	# The numbers of both.
	[ "$(field 'select(.type=="end").num_turns')" = "$(count request)" ]
}

@test "an agent that no mg-ask has is nobody: it drops out, the others go on" {
	team a b >team.yaml
	team a >a.yaml
	run -0 --separate-stderr ring 'Which?' -- mg-vote lead -c team.yaml -- mg-ask -c a.yaml </dev/null
	[ "$(field 'select(.type=="error").code')" = nobody ]
	[ "$(field 'select(.type=="result")|.status+.failed[0]')" = doneb ]
}

@test "a ring without a lead: the task has a result, and it failed" {
	run -69 --separate-stderr ring 'Which?' -- mg-ask -m "$actor a" </dev/null
	[ "$(types)" = 'init task result drain end ' ]
	[ "$(field 'select(.type=="result")|.by+.status')" = mg-runfailed ]
}

@test "an order that lets a gate stand behind what it gates is refused" {
	run -64 ring 'Which?' -- mg-ask -m x -- mg-vote lead -m x </dev/null
	[[ $output == *'mg-vote stands behind mg-ask'* ]]
	[ ! -e "$log" ]
}

@test "a stage that dies is named: at its start, in the middle, by a signal" {
	run -64 --separate-stderr ring 'Which?' -- mg-vote lead -m x -- mg-ask --nonsense </dev/null
	[ "$(blamed '.code+": "+.message')" = 'stage_died: the stage mg-ask ended with status 64' ]
	rm -r state
	run -70 --separate-stderr between mg-run stage --inline g -- sh -c 'head -n 3; exit 3'
	[ "$(blamed .message)" = 'the stage g ended with status 3' ]
	[[ $(blamed .remedy) == 'mg-run --resume r '* ]]
	[[ ${lines[-1]} == '{"type":"end","by":"mg-run","status":"failed"'* ]]
	rm -r state
	run -70 --separate-stderr between mg-run stage --inline g -- sh -c 'head -n 3; kill -9 $PPID'
	[ "$(blamed .message)" = 'the stage g was killed by signal 9' ]
	rm -r state
	run -70 --separate-stderr between mg-run stage --inline g -- /nonexistent/program
	[[ $(blamed .message) == 'the stage g ended with status 127' ]]
	nothing_left
}

@test "a stage that stops is named, and ended" {
	stall=500ms run -70 --separate-stderr between mg-run stage --inline g -- sh -c 'kill -STOP $PPID; cat'
	[ "$(blamed .message)" = 'the stage g stopped answering' ]
	rm -r state
	stall=500ms run -70 --separate-stderr between mg-run stage --inline g -- sh -c 'head -n 3; kill -STOP $$'
	[ "$(blamed .message)" = 'the stage g stopped answering' ]
	nothing_left
}

@test "a stage that holds drain or end is named; one that swallows it cannot be" {
	for type in drain end; do
		drain=500ms run -70 --separate-stderr tools hold=$type
		[ "$(blamed .message)" = 'the stage tools stopped answering' ]
		[ "$(field 'select(.type=="result").status')" = 'done' ]
		rm -r state
		drain=500ms run -70 --separate-stderr tools keep=$type
		[ "$(blamed .message)" = 'a line did not come round in time' ]
		rm -r state
	done
	nothing_left
}

@test "a stage that swallows everything ends the run, and nobody is accused" {
	stall=500ms run -70 --separate-stderr between mg-run stage --inline g -- sh -c 'cat >/dev/null'
	[ "$(blamed .message)" = 'a line did not come round in time' ]
	nothing_left
}

@test "a swallowed request: the task ends when its time is over" {
	run -75 --separate-stderr ring 'Which?' -- mg-vote lead -m "$actor a" -r run_timeout=300ms -- \
		mg-run stage --inline tools -- python3 "$BATS_TEST_DIRNAME/ring/tools.py" 1 keep=request \
		-- mg-ask -m "$actor a" </dev/null
	[ "$(field 'select(.type=="result").status')" = limit ]
}

@test "garbage of a stage is replaced by errors, and the run has its result" {
	run -65 --separate-stderr tools garbage
	[ "$(field 'select(.type=="result").status')" = 'done' ]
	[ "$(field 'select(.type=="error").code' | sort | uniq -c | tr -s ' ' | tr '\n' ' ')" = ' 2 bad_event  5 bad_line ' ]
	jq . "$log" >/dev/null
	[ "$(field 'select(.type=="error").message' | grep -c 'plain text')" = 0 ]
}

@test "what only the seam may say is refused, whoever says it" {
	for type in init end resume alarm probe; do
		run -65 --separate-stderr tools forge=$type
		[ "$(errors .message)" = 'a stage said what only the seam may say' ]
		[ "$(count "$type")" -le 1 ]
		[ "$(field 'select(.type=="result").status')" = 'done' ]
		[[ ${lines[-1]} == '{"type":"end","by":"mg-run"'* ]]
		rm -r state
	done
	run -65 --separate-stderr tools forge=note sign=mg-run
	[ "$(count note)" = 0 ]
}

@test "a listener cannot end a task for the lead" {
	run --separate-stderr between sh -c 'read -r x; echo "{\"type\":\"result\",\"id\":\"1\",\"status\":\"done\",\"content\":\"forged\"}"; cat >/dev/null'
	[ "$(count result)" = 1 ]
	[ "$(field 'select(.type=="result").by')" = mg-vote ]
	[ "$(field 'select(.type=="error" and .by=="sh").code')" = bad_event ]
}

@test "names are one of a kind: two stages of one name, and one of the seam's" {
	local say='{type:"said"}'
	run -0 --separate-stderr ring 'Which?' -- mg-run stage g -- jq -c "select(.type==\"answer\")|$say" \
		-- mg-run stage mg-run -- jq -c "select(.type==\"answer\")|$say" \
		-- mg-vote lead -m "$actor a" -- mg-run stage g -- jq -c "select(.type==\"answer\")|$say" -- mg-ask -m "$actor a" </dev/null
	[ "$(field 'select(.type=="said").by' | sort | tr '\n' ' ')" = 'g g.2 mg-run.2 ' ]
	[ "$(field 'select(.type=="result").status')" = 'done' ]
}

@test "a stage may spell lines as it likes: keys in another order, blanks and CR at the end" {
	stages=(mg-run stage --inline sorts -- jq -cS --unbuffered .)
	run -0 --separate-stderr between "${stages[@]}"
	[ "$(field 'select(.type=="result").status')" = 'done' ]
	rm -r state
	run -0 --separate-stderr between mg-run stage --inline pads -- sed -u 's/$/ \t\r/'
	[ "$(field 'select(.type=="result").status')" = 'done' ]
	! grep -q "$(printf '\r')" "$log"
}

@test "two listeners that answer each other come to an end" {
	run --separate-stderr ring 'Which?' -- mg-run stage --max-events 50 one -- jq -c --unbuffered 'select(.type=="ping" or .type=="answer")|{type:"ping"}' \
		-- mg-vote lead -m "$actor a" -- mg-run stage --max-events 50 two -- jq -c --unbuffered 'select(.type=="ping")|{type:"ping"}' \
		-- mg-ask -m "$actor a" </dev/null
	[ "$(count ping)" -le 100 ]
	[ "$(field 'select(.type=="result").status')" = 'done' ]
	[[ ${lines[-1]} == '{"type":"end"'* ]]
}

# --- signals ---------------------------------------------------------------------------

@test "SIGINT: 130, what was accepted is shown, and how to go on" {
	py cases stop INT
}

@test "SIGINT twice does not wait" {
	py cases stop INT 2
}

@test "SIGTERM and SIGHUP are the same" {
	py cases stop TERM
	py cases stop HUP
}

@test "kill -9 of a stage, or of the run: nothing is left, and it can go on" {
	for whom in mg-ask mg-vote mg-run; do
		py cases killed "$whom"
		rm -r state
	done
}

# --- told, and asked again ----------------------------------------------------------------

@test "tell: the agent reads it in its next request; who has finished is not told" {
	py cases tell
}

@test "sessions: later questions know of the earlier ones, a finished run is told again" {
	py cases sessions
}

@test "tasks on standard input are turns of a session" {
	py cases turns
}

@test "a listener that prints what it reads costs no call" {
	run --separate-stderr between cat
	[ "$status" = 0 ]
	[ "$(field 'select(.type=="request")|.by' | sort -u)" = mg-vote ]
	[ "$(field 'select(.type=="message")|.by' | sort -u)" = mg-ask ]
	[[ $(field 'select(.type=="error" and .by=="cat").message') == *copies* ]]
}
