#!/usr/bin/env bash
# Compares us with what people would use instead, side by side in one run.
#	tests/bench.sh BIN BUILD
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
server=
finish() {
	[ -z "$server" ] || kill "$server" 2>/dev/null
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
	awk -v what="$1" -v kind="$2" -v unit="$3" -v aim="${4:-}" '
	$1 == kind {
		mark = aim == "" ? "" : $6 <= aim + 0 ? "ok" : "MISS"
		printf "%-35s %7.1f %-3s %7.1f %-3s %6.2fx  %-6s %s\n", what,
			$3, unit, $5, unit, $6,
			aim == "" ? "" : "<=" aim "x", mark
	}' "$work/pair" >"$work/row"
	show
}

# at_most WHAT KIND UNIT MOST: what we cost by ourselves.
at_most() {
	awk -v what="$1" -v kind="$2" -v unit="$3" -v most="$4" '
	$1 == kind {
		printf "%-35s %7.1f %-3s %11s %7s  %-6s %s\n", what, $3, unit,
			"", "", "<=" most, $3 <= most ? "ok" : "MISS"
	}' "$work/pair" >"$work/row"
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
		[ "${c##*/}" != mg-vote ] || aim=3
		pair -n 200 -s 4 "$c" --version :: true
		row "${c##*/} --version (true)" wall ms $aim
	done
	have mg-ask || return
	pair -n 200 -s 6 "$bin/mg-ask" --version :: curl --version
	row "mg-ask --version (curl --version)" wall ms 1.0
}

serve() {
	"$tools/httpd" -q -t 600 -p "$work/port" &
	server=$!
	for _ in $(seq 200); do
		[ -s "$work/port" ] && break
		sleep 0.02
	done
	url=http://127.0.0.1:$(cat "$work/port")/v1
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

serve
start_up
streams
pass_through
vote
echo
echo "$oks as aimed, $misses missed, in $SECONDS s"
