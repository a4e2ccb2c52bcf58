# A run that is cut off anywhere goes on, and comes to what it would have come
# to: tests/ring/kill.py does it to recorded runs. MG_SOAK: at every event.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export XDG_STATE_HOME=$PWD/state TMPDIR=$PWD
	log=$XDG_STATE_HOME/mg/runs/r/log.ndjson
	export MARK=$BATS_SUITE_TMPDIR.$BATS_TEST_NUMBER
}

# Whatever a test that failed has left running bears its mark.
teardown() {
	local left
	left=$(marked)
	# shellcheck disable=SC2086 # numbers
	[ -z "$left" ] || kill -9 $left 2>/dev/null || true
}

# kill_py MODE SAMPLE ALL WORLD...: a sample, or with MG_SOAK all. SAMPLE and
# ALL are steps for cuts and full, and numbers for the others.
kill_py() {
	local mode=$1 n=$2 all=$3 world failed=0
	shift 3
	if [[ $MG_BUILD == */san ]]; then # where everything takes long
		case $mode in
		cuts | full) n=$((n * 4)) ;;
		*) n=$((n / 2)) ;;
		esac
	fi
	[ -z "${MG_SOAK:-}" ] || n=$all
	for world; do
		timeout 1200 python3 "$ROOT/tests/ring/kill.py" "$mode" "$world" "$n" ||
			failed=1
	done
	return $failed
}

# team NAME...: a team of such agents, who run ./agent.
team() {
	echo 'agents:'
	for name; do
		echo "  - {id: $name, backend: {type: exec, model: \"exec:$PWD/agent\"}}"
	done
}

# The agent, a script, from standard input.
agent() {
	cat >agent
	chmod +x agent
}

# Waits until a command succeeds.
until_ok() {
	for _ in $(seq 500); do
		! "$@" 2>/dev/null || return 0
		sleep 0.02
	done
	echo "in vain: $*"
	return 1
}

# The processes that were started with $MARK in their environment; shells of
# the test itself were not.
marked() {
	local p
	for p in $(grep -lsz "^MARK=$MARK\$" /proc/[0-9]*/environ); do
		p=${p%/environ}
		! grep -qs '^State:.[^ZX]' "$p/status" || echo "${p#/proc/}"
	done
}

nobody_left() {
	[ -z "$(marked)" ]
}

logged() {
	[ "$(grep -c "^{\"type\":\"$1\"" "$log")" -ge "${2:-1}" ]
}

# --- cut, killed, stopped, full ------------------------------------------------

@test "the log cut behind and within lines: the same results, nothing is asked again" {
	kill_py cuts 3 1 agree late present fail look
}

@test "the log cut: tasks of sessions, a note, agents over HTTP, stages of one's own" {
	kill_py cuts 4 1 tasks note http stages
}

@test "kill -9 of mg-run and of each stage, and again while it goes on" {
	kill_py kills 6 0 agree late present fail tasks note look http stages
}

@test "SIGINT and SIGTERM, and on" {
	kill_py signals 6 0 agree fail http
}

@test "a full disk is an interruption, 74; with room it goes on" {
	kill_py full 5 1 agree look http
}

# --- nobody is left ---------------------------------------------------------------

# forked WHO: agents that fork and sleep; kill -9 of 0 mg-run, 1 the lead,
# 2 mg-ask.
forked() {
	local pids left
	agent <<-'END'
		#!/bin/sh
		(trap '' TERM HUP INT; sleep 1000) &
		sleep 1000 &
		echo >>up
		sleep 1000
	END
	team a b >team.yaml
	rm -f up
	mg-run -S "r$1" -c team.yaml q </dev/null >/dev/null 2>&1 3>&- &
	pids=$!
	until_ok sh -c '[ $(grep -c "" up) = 2 ]'
	read -ra left <"/proc/$pids/task/$pids/children" || true
	pids=("$pids" "${left[@]}")
	[ "${#pids[@]}" = 3 ]
	[ "$(marked | wc -l)" -ge 9 ]
	kill -9 "${pids[$1]}"
	until_ok nobody_left
	wait "${pids[0]}" 2>/dev/null || true
}

@test "nobody is left, whoever of them is killed: agents that fork" {
	forked 0
	forked 1
	forked 2
}

# --- the clock stands still between a crash and what comes after ----------------

# A run of two agents with the rules $@, cut behind its second request.
begun() {
	team a b >team.yaml
	mg-run -S r -c team.yaml "$@" q </dev/null >/dev/null 2>&1 3>&- &
	until_ok logged request 2
	kill -9 $!
	wait $! 2>/dev/null || true
	line=$(grep -n '^{"type":"request"' "$log" | sed -n '2s/:.*//p')
	sed -i "$line"q "$log"
}

redate() {
	python3 "$ROOT/tests/ring/redate.py" "$log" "$@"
}

# The agents sleep until there is a gate, then they agree.
sleepers() {
	agent <<-'END'
		#!/bin/sh
		until [ -e gate ]; do sleep 0.02; done
		echo forty-two
	END
}

@test "a deadline of long ago is as far away as it was" {
	sleepers
	begun --timeout 5s
	redate 1=2020-01-01T00:00:00.000Z
	touch gate
	run -0 --separate-stderr timeout 60 mg-run --resume r -o json
	[ "$(field '.status + " " + .content')" = 'done forty-two' ]
}

@test "what has run of a deadline has run: the clock of two lives" {
	sleepers
	begun --timeout 60s
	redate 1=2020-01-01T00:00:00.000Z "$line=2020-01-01T00:00:40.000Z"
	timeout -s KILL 60 mg-run --resume r </dev/null >/dev/null 2>&1 3>&- &
	until_ok logged resume
	kill -9 "$(cat "/proc/$!/task/$!/children")"
	wait $! 2>/dev/null || true
	line=$(grep -n '^{"type":"resume"' "$log" | sed 's/:.*//')
	sed -i "$line"q "$log"
	redate "$((line - 1))=2021-01-01T00:00:00.000Z" \
		"$line=2021-01-01T00:00:19.700Z"
	# 300 ms are left, where a clock that went on would have left none,
	# and one that began anew a minute.
	run -75 --separate-stderr timeout 30 mg-run --resume r -o json
	[ "$(field .status)" = limit ]
	[ "$(jq -r 'select(.type=="alarm").name' "$log")" = run ]
}

@test "a wait for another try goes on where it was" {
	agent <<-'END'
		#!/bin/sh
		read -r request
		case $request in
		*'"agent":"a","turn":1,'*) exit 1 ;;
		*'"agent":"b",'*) until [ -e gate ]; do sleep 0.02; done ;;
		esac
		echo forty-two
	END
	team a b >team.yaml
	mg-run -S r -c team.yaml --timeout 5h -r retry_wait=1h -r patience=none q \
		</dev/null >/dev/null 2>&1 3>&- &
	until_ok grep -q '"name":"retry' "$log"
	touch gate
	until_ok logged answer
	kill -9 $!
	wait $! 2>/dev/null || true
	line=$(grep -n '^{"type":"answer"' "$log" | sed 's/:.*//')
	sed -i "$line"q "$log"
	redate 1=2020-01-01T00:00:00.000Z "$line=2020-01-01T00:59:59.900Z"
	run -0 --separate-stderr timeout 30 mg-run --resume r -o json
	[ "$(field .content)" = forty-two ]
}

# --- one at a time -------------------------------------------------------------------

@test "a run that is running is not resumed, and takes no second question" {
	sleepers
	team a b >team.yaml
	mg-run -S r -c team.yaml q -o json </dev/null >out 2>&1 3>&- &
	until_ok logged request 2
	run -71 --separate-stderr timeout 30 mg-run --resume r
	[[ $stderr == *"run r is running"* ]]
	run -71 --separate-stderr timeout 30 mg-run -S r -c team.yaml again </dev/null
	[[ $stderr == *"run r is running"* ]]
	run -71 --separate-stderr timeout 30 mg-run --continue again </dev/null
	touch gate
	wait $!
	[ "$(jq -r .content out)" = forty-two ]
	[ "$(grep -c '^{"type":"task"' "$log")" = 1 ]
}

@test "a run whose stage is killed ends at once, says who it was, and goes on" {
	sleepers
	team a b >team.yaml
	mkfifo pipe
	cat pipe >out 3>&- &
	mg-run -S r -c team.yaml q -o ndjson </dev/null >pipe 2>err 3>&- &
	pid=$!
	until_ok logged request 2
	read -r lead _ <"/proc/$pid/task/$pid/children" || true
	kill -9 "$lead"
	until_ok eval "! kill -0 $pid"
	[[ $(cat err) == *"the stage mg-vote was killed by signal 9"*"mg-run --resume r"* ]]
	[ "$(tail -n 1 out | jq -r '.type + " " + .status')" = 'end failed' ]
	touch gate
	run -0 --separate-stderr timeout 30 mg-run --resume r -o json
	[ "$(field .content)" = forty-two ]
}

@test "a note that nobody takes is the teller's to know; the run has not failed" {
	agent <<-'END'
		#!/bin/sh
		read -r request
		case $request in
		*'"agent":"a",'*'"name":"vote"'*) echo '{"vote":"agent1.1"}' ;;
		*'"name":"vote"'*)
			until [ -e gate ]; do sleep 0.02; done
			echo '{"vote":"agent1.1"}'
			;;
		*) echo "one of $$" ;;
		esac
	END
	team a b >team.yaml
	mg-run -S r -c team.yaml q -o json </dev/null >out 2>err 3>&- &
	until_ok logged vote
	run -69 --separate-stderr timeout 30 mg-run tell r a 'too late'
	touch gate
	wait $!
	[ "$(jq -r .status out)" = 'done' ]
	[ "$(tail -n 1 "$log" | jq -r .status)" = 'done' ]
}

@test "a run that was cut off behind its last result is not a finished one" {
	run -0 timeout 20 mg-run -S r -m 'exec:echo yes' -m 'exec:echo yes.' -o json 'Which?' </dev/null
	run -0 --separate-stderr timeout 20 mg-run --resume r -o json
	[[ $stderr == *'has finished'* ]]
	sed -i '$d' "$log"
	echo '{"type":"end","by":"mg-run","status":"failed","cut":true,"ts":"2099-01-01T00:00:00.000Z"}' >>"$log"
	run -0 --separate-stderr timeout 20 mg-run --resume r -o json
	[[ $stderr != *'has finished'* ]]
	[ "$(tail -n 1 "$log" | jq -c '[.type,.status,.cut]')" = '["end","done",null]' ]
}
