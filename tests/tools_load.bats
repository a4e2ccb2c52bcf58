# Many calls at once: every one has its result, no limit is passed, and what
# `mg-tools stats` says adds up. MG_SOAK: more of everything.

load ring/tool_bed

setup_file() {
	# Where everything takes long, fewer of them do.
	export LOAD=1000
	[[ $MG_BUILD != */san ]] || LOAD=200
	[ -z "${MG_SOAK:-}" ] || LOAD=5000
}

# Twenty tools: some fail, some are slow, some talk; each notes in `work` when
# it begins and ends.
twenty() {
	local i
	cat >act <<-'X'
		#!/bin/sh
		echo "+ $MG_TOOL $MG_CALL" >>work
		read -r arguments
		case $MG_TOOL in
		t1 | t2) echo sorry; status=3 ;;
		t3) head -c 3000 /dev/zero | tr '\0' x; status=0 ;;
		*) echo "$MG_TOOL $MG_CALL $arguments"; status=0 ;;
		esac
		echo "- $MG_TOOL $MG_CALL" >>work
		exit $status
	X
	chmod +x act
	for i in $(seq 20); do
		tool "t$i" 'limits: {output: 1KiB}' 'input_schema: {type: object, properties: {n: {type: integer}}}' -- x
		sed -i "s|^command: .*|command: [\"$PWD/act\"]|" "tools/t$i.yaml"
	done
}

# The most that were at work at once, by what they noted.
most() {
	awk '{n += $1 == "+" ? 1 : -1; if (n > m) m = n} END {print m + 0}' "${1:-work}"
}

# What stats has to say of these events, counted by jq.
counted() {
	jq -cn '
		def rank(p): sort | .[((length * p + 99) / 100 | floor) - 1];
		[inputs | select(.type == "tool_result" and .name)] | group_by(.name)[] |
		{name: .[0].name, results: length, errors: map(select(.is_error)) | length,
		 p50_ms: map(.duration_ms) | rank(50), p95_ms: map(.duration_ms) | rank(95),
		 max_ms: map(.duration_ms) | max,
		 content_bytes: map(.content | utf8bytelength) | add, output_bytes: map(.bytes) | add,
		 codes: (map(select(.code)) | group_by(.code) | map({(.[0].code): length}) | add // {})}' "$1"
}

stats() {
	timeout 60 mg-tools stats -o ndjson "$@"
}

@test "a thousand calls of 20 tools at once: every result, never more than -j, stats add up" {
	local j=8
	twenty
	{
		echo "$init"
		for i in $(seq "$LOAD"); do call "c$i" "t$((i % 20 + 1))" "{\"n\":$i}" "a$((i % 3))"; done
		echo "$end"
	} >calls
	timeout 300 mg-tools -T tools -j $j <calls >out 2>err
	[ ! -s err ]
	# each call exactly once, and answered with what is its own
	[ "$(jq -r 'select(.type == "tool_result").call' out | sort -u | wc -l)" = "$LOAD" ]
	[ "$(grep -c '^{"type":"tool_result"' out)" = "$LOAD" ]
	[ "$(grep -c ^+ work)" = "$LOAD" ]
	[ "$(jq -c 'select(.type == "tool_result" and .is_error) | .name' out | sort -u | tr -d '\n')" = '"t1""t2"' ]
	[ "$(jq -c 'select(.type == "tool_result" and (.name | IN("t1", "t2", "t3") | not)) | .content == "\(.name) \(.call) {\"n\":\(.call[1:])}"' out | sort -u)" = true ]
	[ "$(jq -c 'select(.type == "tool_result") | .agent == "a\((.call[1:] | tonumber) % 3)"' out | sort -u)" = true ]
	[ "$(jq -c 'select(.type == "tool_result" and .name == "t3") | [.bytes, (.content | length) < 1500]' out | sort -u)" = '[3000,true]' ]
	# The limit was kept, and used.
	[ "$(most)" -le $j ]
	[ "$(most)" -ge 2 ]
	[ "$(tail -n 1 out)" = "$end" ]
	alone

	stats <out >stats
	[ "$(jq -c 'select(.total | not) | {name, results, errors, p50_ms, p95_ms, max_ms, content_bytes, output_bytes, codes}' stats | jq -cS . | sort)" = \
		"$(counted out | jq -cS . | sort)" ]
	[ "$(jq -c 'select(.total) | [.tools, .calls, .results, .errors]' stats)" = "[20,$LOAD,$LOAD,$((LOAD / 10))]" ]
	[ "$(jq -s 'map(select(.total | not)) | [(map(.calls) | add), (map(.content_bytes) | add)]' stats -c)" = "$(jq -c 'select(.total) | [.calls, .content_bytes]' stats)" ]
	# The same from a log with marked copies of its lines.
	sed 's/^{/{"lap":1,/' out | cat out - | stats | jq -c 'select(.total) | [.calls, .results]' >twice
	[ "$(cat twice)" = "[$LOAD,$LOAD]" ]
}

@test "in a ring: hundreds of calls of one message and of three agents, and its stats" {
	local n=300 name i models=()
	[[ $MG_BUILD != */san ]] || n=60
	[ -z "${MG_SOAK:-}" ] || n=720 # a message has 256 calls at most
	twenty
	for name in ada bob cid; do
		for i in $(seq 20); do echo "calls $((n / 60)) t$i {\"n\":%d}"; done >$name.script
		printf '.\nanswer done by %s\n.\nvote first\n' $name >>$name.script
		models+=(-m "$(model $name)")
	done
	run -0 --separate-stderr ring "${models[@]}" "$Q" </dev/null
	[ "$(field 'select(.type == "tool_result" and .by == "mg-tools").call' | wc -l)" = $((n / 60 * 60)) ]
	[ "$(grep -c ^+ work)" = $((n / 60 * 60)) ]
	[ "$(most)" -le 16 ]
	[ "$(most)" -ge 3 ]
	sane
	[ "$(stats r | jq -cS 'select((.total | not) and .by == "mg-tools") | {name, results, errors, p50_ms, p95_ms, max_ms, content_bytes, output_bytes, codes}' | sort)" = \
		"$(jq -c 'select(.by == "mg-tools")' "$log" >only; counted only | jq -cS . | sort)" ]
	[ "$(stats r | jq -c 'select(.total).schema_bytes.requests')" -ge 3 ]
}

@test "one path, many writers: never two at once, in the order they were asked for" {
	local n=60 p i
	[ -z "${MG_SOAK:-}" ] || n=600
	cat >act <<-'X'
		#!/bin/sh
		echo "+ $MG_CALL" >>"$ARG_path.log"
		echo "+ $MG_CALL" >>all.log
		sleep 0.01
		echo "- $MG_CALL" >>all.log
		echo "- $MG_CALL" >>"$ARG_path.log"
	X
	chmod +x act
	tool put 'label: write' 'writes: [path]' 'input_schema: {type: object, properties: {path: {type: string}}, required: [path]}' -- x
	sed -i "s|^command: .*|command: [\"$PWD/act\"]|" tools/put.yaml
	{
		echo "$init"
		for i in $(seq "$n"); do call "c$i" put "{\"path\":\"p$((i % 4))\"}"; done
		echo "$end"
	} >calls
	timeout 300 mg-tools -T tools --allow put <calls >out
	[ "$(grep -c '"is_error":false' out)" = "$n" ]
	for p in 0 1 2 3; do
		[ "$(most p$p.log)" = 1 ]
		[ "$(grep ^+ p$p.log | cut -c4- | sort -nc 2>&1)" = '' ]
	done
	# Those of other paths did not wait for them.
	[ "$(most all.log)" -ge 2 ]
}

@test "calls that wait cost no process; a cancel of all ends hundreds at once" {
	local i n=400
	[[ $MG_BUILD != */san ]] || n=100
	tool waits -- once up never
	begin
	say "$init"
	for i in $(seq $n); do say "$(call "c$i" waits)"; done
	until_ok test -e up.up
	say '{"type":"cancel"}'
	until_ok eval '[ "$(grep -c "^{\"type\":\"tool_result\"" out)" = '$n' ]'
	say "$end"
	finish
	[ "$(field 'select(.type == "tool_result").code' | sort -u)" = cancelled ]
	[ "$(wc -l <up)" -le 16 ]
	alone
}

@test "a reader that is slow gets everything; what tools write does not pile up in memory" {
	tool talks 'limits: {output: 1MiB}' -- flood 500000
	local n=60 i
	{
		echo "$init"
		for i in $(seq $n); do call "c$i" talks; done
		echo "$end"
	} >calls
	timeout 120 mg-tools -T tools <calls | python3 -IS -c '
import sys, time
n = 0
while True:
    b = sys.stdin.buffer.read1(65536)
    if not b: break
    sys.stdout.buffer.write(b)
    n += 1
    if n % 50 == 0: time.sleep(0.005)
' >out
	[ "$(jq -c 'select(.type == "tool_result") | [.bytes, .is_error, (.content | length)]' out | sort | uniq -c | tr -s ' ')" = " $n [500011,false,500010]" ]
}
