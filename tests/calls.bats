# What a team costs: model calls and bytes, counted by the server. Its members
# (httpd's built-in models team-K-MS) answer once and then vote.

load helper

setup_file() {
	serve
}

teardown_file() {
	unserve
}

# team N STEP: member K takes K * STEP milliseconds for each reply.
team() {
	local models=()

	: >"$REQUESTS"
	for k in $(seq "$1"); do
		models+=(-m "team-$k-$((k * $2))")
	done
	XDG_STATE_HOME=$BATS_TEST_TMPDIR timeout 60 mg-run -o json \
		"${models[@]}" --base-url "$URL" 'Is 3599 prime?' </dev/null
}

# requests JQ: over the list of bodies.
requests() {
	grep -v '"closed"' "$REQUESTS" | jq -rs "[.[].body] | $1"
}

@test "N agents that answer once cost 2N calls, and each asks no more than twice" {
	for n in 2 4 8 16; do
		run --separate-stderr team $n 0
		[ "$status" = 0 ]
		[ "$(field '.status + " " + .label')" = "done agent1.1" ]
		[ "$(field .answers)" = $n ]
		[ "$(field .calls)" -le $((2 * n)) ]
		# A vote that was not needed any more may never have left.
		[ "$(requests length)" -le $((2 * n)) ]
		[ "$(requests 'group_by(.model) | map(length) | max')" -le 2 ]
	done
}

@test "in whatever order the answers come" {
	for n in 2 5; do
		run --separate-stderr team $n 30
		[ "$status" = 0 ]
		[ "$(field .answers)" = $n ]
		[ "$(requests length)" -le $((2 * n)) ]
		# Nobody was asked to vote before all answers were there.
		[ "$(requests '[.[] | any(.tools[]; .function.name == "vote")]
			| index(true)')" = $n ]
	done
}

@test "what we say around the question stays under 2 kB" {
	run --separate-stderr team 2 0
	[ "$status" = 0 ]
	[ "$(requests 'map(tojson | utf8bytelength) | max')" -lt 2400 ]
	[ "$(requests '.[0] | tojson | utf8bytelength')" -lt 1200 ]
}
