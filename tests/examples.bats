# The examples are run, as they stand, against the programs of the demo.

load helper

setup() {
	cd "$ROOT" || return
	export XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
}

team=examples/teams/primes.yaml
careless=exec:examples/demo/careless

# A run within a while, without a terminal or standard input.
try() {
	timeout 60 "$@" </dev/null
}

@test "the demo's programs answer, and vote for what is proved" {
	run -0 --separate-stderr try mg-run -t -c $team 'Is 3599 prime?'
	[ "${lines[0]}" = 'Trying divisors in turn, 3599 = 59 x 61.' ]
	[ "${lines[1]}" = 'Answer: no' ]
	[ -z "$stderr" ]
	run -0 mg-run show -o json -q '[.label, .total, .answers, .calls]'
	[ "$output" = '["agent1.1",3,3,6]' ]
	run -0 try mg-run -t -c $team 'Is 3607 prime?'
	[ "${lines[1]}" = 'Answer: yes' ]
	run -0 mg-run show -o json -q '[.label, .total]'
	[ "$output" = '["agent1.1",3]' ]
}

@test "the team files are whole" {
	for t in examples/teams/*.yaml examples/demo/team.yaml; do
		run -0 mg-run --check "$t"
		[ -z "$(sed '/^warning: /d' <<<"$output")" ]
	done
	OPENAI_API_KEY=k XAI_API_KEY=k run -0 mg-run --check \
		examples/teams/models.yaml
	[ -z "$output" ]
}

@test "a team is an agent of another team" {
	run -0 --separate-stderr try mg-run -c examples/teams/nested.yaml \
		-o json -q '[.winner, .content, .total]' 'Is 3599 prime?'
	[ "$output" = '["council","Trying divisors in turn, 3599 = 59 x 61.\nAnswer: no",2]' ]
	# Each of its two calls was a run of its own, which names this one.
	run=$(mg-run log | jq -r 'select(.type == "init").run')
	for log in "$XDG_STATE_HOME"/mg/runs/*/log.ndjson; do
		head -n 1 "$log" | jq -r .parent
	done >"$BATS_TEST_TMPDIR/parents"
	[ "$(grep -c "^$run$" "$BATS_TEST_TMPDIR/parents")" = 2 ]
}

@test "a ring tied by hand comes to the same answer" {
	run -0 --separate-stderr try examples/ring-by-hand.sh
	[ "${lines[1]}" = 'Answer: no' ]
	[ "${lines[2]}" = 'factor: 2 calls' ]
	[ ${#lines[@]} = 5 ]
}

@test "listeners: awk tallies the votes, jq what was spent" {
	run -0 --separate-stderr try mg-run 'Is 3599 prime?' \
		-- mg-vote lead -c $team -- awk -f examples/tally.awk \
		-- mg-run stage spender -- jq -cn -f examples/spent.jq \
		-- mg-ask -c $team
	[ "$(field 'select(.by == "awk") | [.label, .votes, .not_counted] | @csv')" = '"agent1.1",3,
,,0' ]
	[ "$(field 'select(.by == "spender") | "\(.agent) \(.calls)"')" = 'factor 2
rule 2
trial 2' ]
	[ "$(count result)" = 1 ]
}

gated() {
	try mg-run -t "$@" -- mg-vote lead -m $careless \
		-- mg-run stage --inline gate -- examples/gate.py rm send_mail \
		-- mg-ask -m $careless
}

@test "a gate in Python refuses a tool call, and the agent hears of it" {
	run -0 --separate-stderr gated 'Make room.'
	[ "$output" = 'I was told: error: rm is not allowed here' ]
	run -0 mg-run log
	[ "$(count tool_call)" = 1 ]
	[ "$(field 'select(.type == "tool_result") | .by, .is_error')" = 'gate
true' ]
	# Other calls are nobody's, and answered by mg-ask.
	run -0 --separate-stderr try mg-run -t 'Make room.' \
		-- mg-vote lead -m $careless \
		-- mg-run stage --inline gate -- examples/gate.py send_mail \
		-- mg-ask -m $careless
	[[ $output == 'I was told: '* && $output != *'not allowed'* ]]
}

@test "the gate, cut off at any line, answers each call once" {
	run -0 --separate-stderr gated -S whole 'Make room.'
	log=$(mg-run log --path whole)
	lines=$(wc -l <"$log")
	[ "$lines" -gt 9 ]
	for k in $(seq 3 "$lines"); do
		rm -rf "$BATS_TEST_TMPDIR/state/mg/runs/cut"
		cp -r "${log%/*}" "$BATS_TEST_TMPDIR/state/mg/runs/cut"
		head -n "$k" "$log" >"$(mg-run log --path cut)"
		run -0 --separate-stderr try mg-run -t --resume cut
		[ "$output" = 'I was told: error: rm is not allowed here' ]
		run -0 mg-run log cut
		[ "$(count tool_call)" = 1 ]
		[ "$(field 'select(.type == "tool_result").by')" = gate ]
	done
}
