# Random registries against a model: tests/oracle/registry.py. MG_SOAK=1: two
# thousand of them instead of forty.

load helper

@test "what is listed is what requests carry and calls run, and never changed" {
	local n=40
	[ -z "${MG_SOAK:-}" ] || n=2000
	run timeout 3000 python3 "$ROOT/tests/oracle/registry.py" \
		$n 1 "$BATS_TEST_TMPDIR"
	echo "$output"
	[ "$status" = 0 ]
	[[ $output = "$n registries, "[1-9]*" programs ran, "[1-9]*" refused" ]]
}
