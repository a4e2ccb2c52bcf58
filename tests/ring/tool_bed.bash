# shellcheck shell=bash disable=SC2154,SC2034 # bats sets output, tests use the rest
# tool_bed.bash - mg-tools, alone and in a ring, with tools that do as they are
# told (tool_act.sh) and models that call them (tool_agent.py).
#
# Nothing waits for a time: what must come first is waited for in the output,
# in the log or for a file. What is still there when a test has ended bears
# $MARK in its environment, or $NUM in its arguments.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export XDG_STATE_HOME=$PWD/state XDG_DATA_HOME=$PWD/data
	export XDG_CACHE_HOME=$PWD/cache XDG_CONFIG_HOME=$PWD/config
	export TMPDIR=$PWD HOME=$PWD
	export MARK=$BATS_SUITE_TMPDIR.$BATS_TEST_NUMBER.$$
	NUM=$$$BATS_TEST_NUMBER
	RUNS=$XDG_STATE_HOME/mg/runs
	log=$RUNS/r/log.ndjson
	AGENT="exec:$ROOT/tests/ring/tool_agent.py"
	opts=()
	unset FOLDER
	Q='What then?'
	mkdir tools
}

# Whatever a test that failed has left running, and what it saw last.
teardown() {
	local left
	if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
		printf '%s\n' "${output:-}" "${stderr:-}" | cut -c 1-900 | tail -n 25
	fi
	left=$(marked)
	# shellcheck disable=SC2086 # numbers
	[ -z "$left" ] || kill -9 $left 2>/dev/null || true
}

marked() {
	local p
	for p in $({
		grep -lsz "^MARK=$MARK\$" /proc/[0-9]*/environ
		grep -lsz "1000[.]$NUM" /proc/[0-9]*/cmdline
	} | cut -d/ -f3 | sort -u); do
		! grep -qs '^State:.[^ZX]' "/proc/$p/status" || echo "$p"
	done
}

# Waits until a command succeeds.
until_ok() {
	for _ in $(seq 1500); do
		! "$@" 2>/dev/null || return 0
		sleep 0.02
	done
	echo "in vain: $*" >&2
	return 1
}

nobody_left() {
	[ -z "$(marked)" ]
}

# Nobody is left, a moment after.
alone() {
	until_ok nobody_left || {
		ps -o pid,ppid,args -p "$(marked | paste -sd,)" >&2
		return 1
	}
}

# bubblewrap is there, but does not work.
no_bwrap() {
	mkdir fake
	printf '#!/bin/sh\nexit 1\n' >fake/bwrap
	chmod +x fake/bwrap
	PATH=$PWD/fake:$PATH
}

# tool NAME ['KEY: VALUE'...] -- VERB [ARG...]: a record, in $FOLDER or tools. It is
# labelled read, unless something else is said.
tool() {
	local name=$1 keys='' words='' word
	shift
	while [ "$1" != -- ]; do
		keys+=$1$'\n'
		shift
	done
	shift
	[[ $keys == *label:* ]] || keys+=$'label: read\n'
	for word; do
		words+=", '${word//"'"/"''"}'"
	done
	printf 'name: %s\ndescription: The tool %s\nenv: [MARK]\n%scommand: ["%s"%s]\n' \
		"$name" "$name" "$keys" "$ROOT/tests/ring/tool_act.sh" "$words" \
		>"${FOLDER:-tools}/$name.yaml"
}

# agent NAME: its script, from standard input; $(model NAME) is its model.
agent() {
	cat >"$1.script"
}

model() {
	echo "$AGENT $PWD/$1.script"
}

# --- by hand -------------------------------------------------------------------

init='{"type":"init","by":"mg-run","v":1,"run":"r","ring":true}'
resume='{"type":"resume","by":"mg-run"}'
drain='{"type":"drain","by":"mg-run"}'
nothing='{}'
end='{"type":"end","by":"mg-run","status":"done"}'

# call CALL NAME [ARGUMENTS [AGENT [ID]]]: such a line.
call() {
	local arguments=${3:-}
	printf '{"type":"tool_call","by":"mg-ask","id":"%s","agent":"%s","turn":1,"call":"%s","name":"%s","arguments":%s}\n' \
		"${5:-t}" "${4:-a}" "$1" "$2" "${arguments:-$nothing}"
}

past() {
	printf '{"past":1,%s\n' "${1#\{}"
}

# stage LINE...: what mg-tools makes of them.
stage() {
	run "-${status_wanted:-0}" --separate-stderr timeout 50 mg-tools -T tools "${opts[@]}" \
		< <(printf '%s\n' "$@")
}

# In the background, fed by descriptor 4: `finish STATUS` waits for its end.
begin() {
	rm -f in
	mkfifo in
	timeout 50 mg-tools -T tools "${opts[@]}" <in >out 2>err 4>&- &
	PID=$!
	exec 4>in
}

say() {
	printf '%s\n' "$@" >&4
}

# Waits until what has come out holds TEXT.
heard() {
	until_ok grep -qF -- "$1" out || {
		cat out err >&2
		return 1
	}
}

finish() {
	local got=0
	exec 4>&-
	wait "$PID" || got=$?
	output=$(tr -d '\0' <out) stderr=$(cat err)
	mapfile -t lines <out
	[ "${1:-0}" = any ] || [ "$got" = "${1:-0}" ] || {
		echo "status $got: $stderr" >&2
		return 1
	}
}

types() {
	field .type | tr '\n' ' '
}

# Of the (first) result of this call: what the jq expression makes of it.
of() {
	jq -r 'select(.type == "tool_result" and .call == "'"$1"'") | '"$2" <<<"$output"
}

# --- in a ring -------------------------------------------------------------------

# ring ARGUMENT...: mg-run as run r, with tools; its events are $output.
ring() {
	timeout 50 mg-run -S r -o ndjson --tools tools "$@"
}

# all JQ: is it true of all events of $output, as one array?
all() {
	jq -es "$1" <<<"$output" >/dev/null || {
		echo "not so: $1" >&2
		jq -c 'select(.type | IN("tool_call", "tool_result", "cancel", "error", "result"))' <<<"$output" |
			cut -c 1-600 >&2
		return 1
	}
}

# Every call has one result, of the call's own name, and it comes later; the
# log keeps every law of tests/ring/law.py; nobody is left.
sane() {
	python3 -IS - "$ROOT/tests/ring" "$log" "${1:-whole}" <<-'END' || return 1
		import sys
		sys.path.insert(0, sys.argv[1])
		import law
		events = law.read(open(sys.argv[2], "rb").read())
		wrong = law.check(events, sys.argv[3] == "whole")
		names = {law.tool_key(e): e["name"] for e in events
		         if e["type"] == "tool_call"}
		for e in events:
		    if e["type"] == "tool_result" and e["by"].startswith("mg-tools"):
		        if e["name"] != names.get(law.tool_key(e)):
		            wrong.append("a result of another tool: %s" % e["name"])
		        if e["is_error"] != ("code" in e):
		            wrong.append("an error without a code, or a code without: %s" % e["call"])
		for w in wrong:
		    print(w, file=sys.stderr)
		sys.exit(1 if wrong else 0)
	END
	alone
}

# The (last) result's content.
answer() {
	jq -rs 'map(select(.type == "result"))[-1].content' <<<"$output"
}

# same HAVE WANT: and says both if they are not.
same() {
	[ "$1" = "$2" ] || {
		printf 'have: %s\nwant: %s\n' "$1" "$2" >&2
		return 1
	}
}

logged() {
	grep -qsF -- "$1" "$log"
}
