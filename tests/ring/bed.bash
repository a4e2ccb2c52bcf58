# shellcheck shell=bash disable=SC2154 # bats sets output
# bed.bash - teams of agents that act by a script, and mg-run over them.
#
# tests/ring/agent.py is the language of agents that are programs. Those that
# must not move until something has happened wait for it in the log, so nothing
# depends on time.

load helper

setup_file() {
	serve
	export AGENT=$BATS_TEST_DIRNAME/ring/agent.py
}

teardown_file() {
	unserve
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
	RUNS=$XDG_STATE_HOME/mg/runs
	export Q='Is 3599 prime?'
}

# team NAME STEPS...: a team file; agents named as here are agent1, agent2 ...
team() {
	echo 'agents:' >team.yaml
	while [ $# -gt 0 ]; do
		printf '  - {id: %s, backend: {type: exec, model: '"'exec:%s %s'"'}}\n' \
			"$1" "$AGENT" "$2"
		shift 2
	done >>team.yaml
}

# An agent behind HTTP, whose name must be new to the file: its k-th reply is the k-th script: text:TEXT,
# answer:TEXT, vote:LABEL, call:NAME, or lines of tests/tools/httpd.
http() {
	local name=$1 k=0 step
	shift
	for step; do
		k=$((k + 1))
		case $step in
		text:*) echo "say ${step#text:}" ;;
		answer:*) echo "tool new_answer {\"content\":\"${step#answer:}\"}" ;;
		vote:*) echo "tool vote {\"label\":\"${step#vote:}\",\"reason\":\"so it seems\"}" ;;
		call:*) echo "tool ${step#call:} {\"n\":1}" ;;
		*) printf '%s\n' "$step" ;;
		esac | script "$name.$k"
	done
}

# mg-run with the team; whatever fails is tried again soon.
play() {
	timeout 60 mg-run -c team.yaml -r retry_wait=10ms "$@" </dev/null
}

# The same, of agents behind HTTP: -m NAME ...
call() {
	timeout 60 mg-run --base-url "$URL" -r retry_wait=10ms "$@" </dev/null
}

# all JQ: is it true of all events of $output, as one array?
all() {
	jq -es "$1" <<<"$output" >/dev/null || {
		echo "not so: $1" >&2
		jq -c 'select(.type | IN("answer", "vote", "cancel", "error", "result"))' <<<"$output" >&2
		return 1
	}
}

# What is true of every run that has come to its end: each line is an event,
# every task has one result, every call of a tool one tool_result, every
# request one end, a vote that counts was cast by who had seen every answer
# of its moment; the log holds the same, and the files agree with it.
sane() {
	local log
	log=$(printf '%s\n' "$RUNS"/*/log.ndjson)
	[[ ! $output =~ (^|$'\n')[^{] ]]
	all '.[0].type == "init" and .[-1].type == "end"'
	all '[.[].type | select(. == "init" or . == "end")] == ["init", "end"]'
	all '[.[] | select(.type == "task").id] == [.[] | select(.type == "result").id]'
	all 'def calls(t): [.[] | select(.type == t) | [.id, .agent, .turn, .call]] | sort;
		calls("tool_call") == calls("tool_result")'
	all 'def turns(f): [.[] | select(f) | [.id, .agent, .turn]] | unique;
		turns(.type == "request") == turns(.type == "message" or (.type == "error" and .turn))'
	grep -v '^{"type":"delta"' <<<"$output" | cmp - "$log"
	[ "$(jq -r .status "${log%/*}/status.json")" = "$(jq -r .status <<<"${lines[-1]}")" ]
	[ ! -e "${log%/*}/answer.md" ] ||
		[ "$(cat "${log%/*}/answer.md")" = "$(jq -rs 'map(select(.type == "result" and .content))[-1].content' <<<"$output")" ]
}

# The (last) result: what this jq expression makes of it.
result() {
	jq -c 'select(.type == "result") | '"$1" <<<"$output" | tail -1
}

# The finished run, told again in the other forms: JSON, text.
again() {
	local run
	run=$(basename "$RUNS"/*)
	run "-$1" --separate-stderr timeout 30 mg-run --resume "$run" "${@:2}" </dev/null
}
