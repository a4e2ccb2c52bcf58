# The command line of mg-run: what is wrong with it is told before a run
# begins.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
}

# refused STATUS WORDS ARGUMENT...: told in one line, and there is no run.
refused() {
	local status_wanted=$1 words=$2

	shift 2
	run "-$status_wanted" --separate-stderr timeout 20 mg-run "$@" </dev/null
	[ -z "$output" ]
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == *"$words"* ]] || { echo "$stderr"; return 1; }
	[ ! -e state/mg/runs ] || [ -z "$(ls state/mg/runs)" ]
}

@test "a rule that is none is told by mg-run, with the nearest" {
	refused 64 'did you mean quorum?' -m 'exec:echo x' -r quorom=2 Hi
	refused 64 'mg help vote' -m 'exec:echo x' -r xyzzy=2 Hi
	refused 64 'quorum takes' -m 'exec:echo x' -r quorum=many Hi
	refused 64 'a time such as' -m 'exec:echo x' --timeout soon Hi
	refused 64 'NAME=VALUE' -m 'exec:echo x' -r quorum Hi
}

@test "what is meant for stages that are given stands behind them" {
	for o in '-m exec:x' '-c x.yaml' '-r quorum=2' '-p a=b' '-s x' \
		'--timeout 5s' '--base-url http://127.0.0.1:9'; do
		# shellcheck disable=SC2086 # two words
		refused 64 'belong behind them' $o Hi -- mg-vote lead -- mg-ask
	done
	run -0 --separate-stderr timeout 20 mg-run -t Hi \
		-- mg-vote lead -m 'exec:echo x' -r run_timeout=5m \
		-- mg-ask -m 'exec:echo x' </dev/null
	[ "$output" = x ]
}

@test "nobody to ask, nothing to ask, no such run or file" {
	refused 64 'no model was named' Hi
	refused 64 'both name the agents' -m 'exec:echo x' -c x.yaml Hi
	refused 64 'exclude each other' -S a --continue Hi
	refused 64 'exclude each other' -m 'exec:echo x' -i ndjson Hi
	refused 64 'the question is empty' -m 'exec:echo x' ' '
	refused 64 'cannot be named so' -m 'exec:echo x' -S 'a b' Hi
	refused 66 'there is no run' --resume nothing
	refused 66 'x.yaml' -c x.yaml Hi
	refused 64 'stands behind mg-ask' Hi -- mg-ask -m 'exec:echo x' -- mg-vote lead
}
