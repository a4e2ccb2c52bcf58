#!/usr/bin/env bash
# Compares us with what people would use instead, side by side in one run.
#	tests/bench.sh BIN BUILD [SECTION...]
# With PEERS=1 it installs MassGen and runs it too, beside our rings.
# A row holds two medians and the median ratio of pairs (tests/tools/pair.c):
# no absolute time decides anything, since machines differ. "ok" and "MISS"
# say whether the ratio keeps to the aim; the exit status is 0 either way, and
# 1 if a command fails or does not do the same work as its peer.
set -u
bin=$(cd "$1" && pwd) build=$(cd "$2" && pwd)
root=$(cd "$(dirname "$0")/.." && pwd)
tools=$build/tests/tools
export MG_SHARE=$root/share LC_ALL=C.UTF-8
for v in $(compgen -e | grep -E '_API_KEY$|^MG_MODEL$|_proxy$|_PROXY$'); do
	unset "$v"
done
work=$(mktemp -d) || exit 71
servers=()
finish() {
	[ ${#servers[@]} = 0 ] || kill "${servers[@]}" 2>/dev/null
	rm -rf "$work"
}
trap finish EXIT
oks=0 misses=0

die() {
	echo "bench: $*" >&2
	exit 1
}

head_line() {
	printf '\n%-35s %11s %11s %7s  %s\n' "$1" ours peer ratio aim
}

# pair OPTION... A... :: B...: measures, for the rows that follow.
pair() {
	"$tools/pair" "$@" >"$work/pair" 2>"$work/err" ||
		die "$(tail -1 "$work/err")"
}

# row WHAT KIND UNIT [AIM]: a line of the last pair; AIM bounds the ratio.
row() {
	local kind ours peer ratio

	while read -r kind _ ours _ peer ratio; do
		[ "$kind" != "$2" ] ||
			compare "$1" "$3" "$ours" "$peer" "$ratio" "${4:-}"
	done <"$work/pair"
}

# compare WHAT UNIT OURS PEER RATIO [AIM [MOST]]: no RATIO: that of the two.
# AIM bounds the ratio, MOST what is ours.
compare() {
	awk -v what="$1" -v unit="$2" -v ours="$3" -v peer="$4" -v r="$5" \
		-v aim="${6:-}" -v most="${7:-}" '
	function times(r) {
		if (r > 0 && r < 0.0095)
			return sprintf("1/%.0f", 1 / r)
		return sprintf("%.2fx", r)
	}
	BEGIN {
		if (r == "")
			r = peer > 0 ? ours / peer : 0
		mark = aim == "" ? "" : r <= aim + 0 ? "ok" : "MISS"
		limit = aim == "" ? "" : "<=" \
			(aim < 0.0095 ? times(aim) : aim "x")
		if (most != "") {
			mark = ours <= most + 0 ? "ok" : "MISS"
			limit = "<=" most
		}
		printf "%-35s %7.1f %-3s %7.1f %-3s %7s  %-6s %s\n", what,
			ours, unit, peer, unit, times(r), limit, mark
	}' >"$work/row"
	show
}

# at_most WHAT KIND UNIT MOST: what we cost by ourselves.
at_most() {
	bound "$1" "$3" "$(awk -v k="$2" '$1 == k {print $3}' "$work/pair")" \
		"<=" "$4"
}

# bound WHAT UNIT VALUE [OP LIMIT]: OP is <= or >=.
bound() {
	awk -v what="$1" -v unit="$2" -v v="$3" -v op="${4:-}" -v l="${5:-}" '
	BEGIN {
		ok = op == "<=" ? v <= l + 0 : v >= l + 0
		printf "%-35s %7.1f %-3s %11s %7s  %-6s %s\n", what, v, unit,
			"", "", op l, op == "" ? "" : ok ? "ok" : "MISS"
	}' >"$work/row"
	show
}

show() {
	cat "$work/row"
	case $(awk '{print $NF}' "$work/row") in
	ok) oks=$((oks + 1)) ;;
	MISS) misses=$((misses + 1)) ;;
	esac
}

have() {
	[ -x "$bin/$1" ] && return
	echo "($1 is not built: skipped)"
	return 1
}

start_up() {
	local c aim

	head_line "start (peer)"
	for c in "$bin"/*; do
		aim=
		[ "${c##*/}" = mg-ask ] || aim=3
		pair -n 200 -s 4 "$c" --version :: true
		row "${c##*/} --version (true)" wall ms $aim
	done
	have mg-ask || return
	pair -n 200 -s 6 "$bin/mg-ask" --version :: curl --version
	row "mg-ask --version (curl --version)" wall ms 1.0
}

# serve NAME OPTION...: a server more; its address is in $url.
serve() {
	local port=$work/$1.port

	shift
	"$tools/httpd" -t 3000 -p "$port" "$@" &
	servers+=($!)
	for _ in $(seq 200); do
		[ -s "$port" ] && break
		sleep 0.02
	done
	url=http://127.0.0.1:$(cat "$port")/v1
}

request() {
	printf '{"model":"%s","messages":[{"role":"user","content":"x"}],%s}' \
		"$1" '"stream":true,"stream_options":{"include_usage":true}'
}

# one_call MODEL WHAT [AIM]
one_call() {
	pair -n 200 -s 8 "$bin/mg-ask" -t -m "$1" --base-url "$url" x :: \
		curl -sN -H 'Content-Type: application/json' \
		-d "$(request "$1")" "$url/chat/completions"
	row "$2, wall (curl -N)" wall ms "${3:-}"
	row "$2, cpu" cpu ms
}

streams() {
	local peer=$url/chat/completions n ask

	ask=("$bin/mg-ask" --base-url "$url" -o json)
	head_line "streams (peer)"
	one_call bench-20-0 "call of 20 deltas" 1.0
	one_call bench-20000-0 "call of 20,000"
	n=$("${ask[@]}" -j 1000 -m bench-50-20:1000 x </dev/null |
		grep -c '^{"type":"message"')
	[ "$n" = 1000 ] || die "$n of 1000 streams came to an end"
	pair -n 9 -s 36 "${ask[@]}" -j 1000 -m bench-50-20:1000 x :: \
		"$tools/streams" 1000 "$peer" bench-50-20
	row "1,000 of 1 s, wall (libcurl)" wall ms 1.0
	row "1,000 of 1 s, cpu" cpu ms
	row "1,000 of 1 s, memory" rss MiB
	at_most "1,000 of 1 s, memory, by itself" rss MiB 64
}

# foreign FILE: 200,000 lines of 378 bytes whose type nobody knows.
foreign() {
	awk 'BEGIN {
		print "{\"type\":\"init\",\"by\":\"bench\",\"v\":1}"
		text = "nine more"
		for (i = 0; i < 15; i++)
			text = text "a \\\"quoted\\\" word, "
		for (i = 0; i < 200000; i++)
			printf "{\"type\":\"span\",\"ts\":\"%s\",\"n\":%d," \
				"\"attributes\":{\"text\":\"%s\"}}\n",
				"2025-01-01T00:00:00.000Z", 100000 + i, text
		print "{\"type\":\"end\",\"by\":\"bench\"}"
	}' >"$1"
}

# passes COMMAND ARGUMENT...: foreign lines, and that they come out as they
# went in. A stage that has nothing to count may say so by its exit status.
passes() {
	local name=${1##*/} in=$work/foreign

	cmp -s <("$@" <"$in" 2>/dev/null | head -n 200001) \
		<(head -n 200001 "$in") ||
		die "$name does not pass its lines"
	pair -x -n 30 -s 5 -i "$in" "$@" :: cat
	row "$name <file >null, wall (cat)" wall ms 3
	row "$name <file >null, cpu" cpu ms
	pair -x -p -n 30 -s 5 -i "$in" "$@" :: cat
	row "$name <file | ..., wall (cat)" wall ms 3
	row "$name <file | ..., cpu" cpu ms
	pair -x -p -n 3 -s 15 -i "$in" "$@" :: jq -c .
	row "$name <file | ..., wall (jq -c .)" wall ms 0.05
	row "$name <file | ..., memory" rss MiB
}

pass_through() {
	foreign "$work/foreign"
	head_line "75 MB of foreign lines (peer)"
	have mg-vote && passes "$bin/mg-vote"
	have mg-ask && passes "$bin/mg-ask" -i ndjson -m echo \
		--base-url http://127.0.0.1:9/v1
	have mg-tools && passes "$bin/mg-tools" -T "$root/share/tools"
	rm -f "$work/foreign"
}

# messages FILE: 200,000 tasks, and what five agents say to each.
messages() {
	awk 'BEGIN {
		for (i = 0; i < 1000000; i++)
			printf "{\"type\":\"message\",\"by\":\"mg-ask\"," \
				"\"id\":\"%d\",\"agent\":\"agent%d\"," \
				"\"turn\":1,\"content\":\"It is %d.\"," \
				"\"stop\":\"stop\"}\n",
				i / 5, i % 5, i % 5 < 3 ? i / 5 % 7 : 9
	}' >"$1"
}

vote() {
	local n

	head_line "votes (peer)"
	have mg-vote || return
	messages "$work/messages"
	n=$("$bin/mg-vote" -o json <"$work/messages" 2>/dev/null |
		grep -c '^{"type":"result"')
	[ "$n" = 200000 ] || die "$n results for 200000 tasks"
	pair -p -n 3 -s 15 -i "$work/messages" "$bin/mg-vote" :: jq -c .
	row "1,000,000 messages, wall (jq -c .)" wall ms 0.5
	row "1,000,000 messages, cpu" cpu ms
	row "1,000,000 messages, memory" rss MiB
}

# shellcheck source=tests/bench/ring.sh
. "$root/tests/bench/ring.sh"
# shellcheck source=tests/bench/tools.sh
. "$root/tests/bench/tools.sh"

serve counted -l "$work/requests"
counted=$url
serve quiet -q
sections=("${@:3}")
[ ${#sections[@]} -gt 0 ] ||
	sections=(start_up streams pass_through vote calls three laps deltas
		mg_tools)
for s in "${sections[@]}"; do
	"$s"
done
echo
echo "$oks as aimed, $misses missed, in $SECONDS s"
