# shellcheck shell=bash disable=SC2154 # bench.sh sets bin, tools, work, root
# tools.sh - tools: what mg-tools costs beside starting the same programs.

export XDG_DATA_HOME=$work/data XDG_CACHE_HOME=$work/cache

# a_tool DIR NAME LABEL: the program that does nothing, as a tool.
a_tool() {
	mkdir -p "$1/$2"
	cat >"$1/$2/tool.yaml" <<-Y
		name: $2
		description: Does nothing
		label: $3
		command: ["$tools/nooptool"]
		input_schema: {type: object, properties: {n: {type: integer}}}
	Y
}

# calls FILE N NAME: so many calls of a tool at once.
some_calls() {
	awk -v n="$2" -v name="$3" 'BEGIN {
		for (i = 0; i < n; i++)
			printf "{\"type\":\"tool_call\",\"id\":\"t\"," \
				"\"agent\":\"a\",\"turn\":1,\"call\":\"c%d\"," \
				"\"name\":\"%s\",\"arguments\":{\"n\":1}}\n",
				i, name
	}' >"$1"
}

mg_tools() {
	local dir=$work/tools mg=$bin/mg-tools noop=$tools/nooptool n
	local -a box=(bwrap --dev-bind / / --unshare-pid --proc /proc
		--new-session --die-with-parent --unshare-net --)

	have mg-tools || return
	head_line "tools (peer)"
	a_tool "$dir" noop read
	sleep 2.1 # at rest: pin.h
	"$mg" call -T "$dir" noop n=1 >"$work/out" || die "a tool does not run"
	some_calls "$work/calls" 1000 noop
	n=$("$mg" -T "$dir" <"$work/calls" | grep -c '"is_error":false')
	[ "$n" = 1000 ] || die "$n of 1000 calls came to an end"
	pair -n 9 -s 20 env MG_NO_SANDBOX=1 "$tools/roundtrip" 300 noop \
		"$mg" -T "$dir" :: "$tools/roundtrip" 300 -- "$noop"
	row "300 calls in turn (posix_spawn)" wall ms 1.3
	row "300 calls in turn, cpu" cpu ms
	if "${box[@]}" true 2>"$work/err"; then
		pair -n 5 -s 20 "$tools/roundtrip" 300 noop "$mg" -T "$dir" \
			:: "$tools/roundtrip" 300 -- "${box[@]}" "$noop"
		row "the same, confined (bwrap)" wall ms 1.3
	fi
	pair -n 9 -s 20 -i "$work/calls" env MG_NO_SANDBOX=1 "$mg" -T "$dir" \
		-j 16 :: sh -c "seq 1000 | xargs -P 16 -n 1 '$noop'"
	row "1,000 at once, -j 16 (xargs -P 16)" wall ms
	row "1,000 at once, cpu" cpu ms
	many_tools
}

# What it costs to know a thousand tools.
many_tools() {
	local i

	for i in $(seq 1000); do
		a_tool "$work/many" "tool_$i" read
	done
	n=$("$bin/mg-tools" list -o ndjson -T "$work/many" |
		grep -c '^{"type":"tool"')
	[ "$n" = 1000 ] || die "$n of 1000 tools are listed"
	sleep 2.1
	"$bin/mg-tools" list -T "$work/many" >"$work/out"
	pair -n 100 -s 5 "$bin/mg-tools" -T "$work/many" :: true
	row "start with 1,000 tools (true)" wall ms
	at_most "start with 1,000 tools, by itself" wall ms 5
}
