# lib/schema/schema.h against Python's jsonschema; tests/unit/schema.c has the
# single rules. MG_SOAK=1: a hundred thousand pairs instead of three.

load helper

setup_file() {
	export PYTHON=$ROOT/tests/parts/jsonschema/bin/python
	"$PYTHON" -c 'import jsonschema' || skip \
		"jsonschema is not installed: tests/parts.sh says why"
}

@test "random schemas and values are judged as jsonschema judges them" {
	local pairs=3000
	[ -z "${MG_SOAK:-}" ] || pairs=100000
	run timeout 3000 "$PYTHON" "$ROOT/tests/oracle/schema.py" \
		"$MG_BUILD/tests/tools/schemacheck" $pairs 1
	echo "$output"
	[ "$status" = 0 ]
	[[ $output = "$pairs pairs, "*" fit ("*"), 0 differ" ]]
}
