# shellcheck shell=bash disable=SC2154 # bench.sh sets bin, tools, work, root
# ring.sh - rings: what mg-run costs beside MassGen, curl and plain filters.
#
# MassGen's numbers were measured once, with version 0.1.97 and such a server
# as ours; with PEERS=1 they are measured now, on this machine.
export XDG_STATE_HOME=$work/state XDG_CONFIG_HOME=$work/config
peer_version=0.1.97
peer_venv=$root/tests/parts/peers/$peer_version

# --- MassGen ---------------------------------------------------------------------

# True if it is wanted and there.
peers() {
	[ -n "${PEERS:-}" ] || return 1
	[ ! -e "$peer_venv.ok" ] || return 0
	echo "(installing massgen $peer_version: some minutes, 2 GB)"
	rm -rf "$peer_venv"
	{
		python3 -m venv "$peer_venv" &&
			"$peer_venv/bin/pip" -q install \
				"massgen==$peer_version" &&
			: >"$peer_venv.ok"
	} >"$work/pip" 2>&1
	[ -e "$peer_venv.ok" ] ||
		die "unable to install massgen: $(tail -1 "$work/pip")"
}

# peer N STEP TREE-OPTION...: one run of it with N agents; see weigh.
peer() {
	local n=$1 step=$2 home=$work/peer

	shift 2
	rm -rf "$home"
	mkdir -p "$home"
	{
		echo "agents:"
		for k in $(seq "$n"); do
			printf '  - id: "a%d"\n    backend: {%s, %s, %s}\n' \
				"$k" "type: chatcompletion" \
				"model: team-$k-$((k * step))" \
				"base_url: '$counted'"
		done
	} >"$home/team.yaml"
	(
		cd "$home" &&
			env -i PATH="$peer_venv/bin:/usr/bin:/bin" HOME="$home" \
				LC_ALL=C.UTF-8 OPENAI_API_KEY=none timeout 600 \
				"$tools/tree" "$@" "$peer_venv/bin/massgen" \
				--config team.yaml --automation "$question" \
				2>"$work/err"
	) || die "massgen failed: $(tail -1 "$work/err")"
}

# --- counting -----------------------------------------------------------------------

question='Is 3599 prime?'

# members N STEP: -m for each of a team, the K-th of which takes K * STEP ms.
members() {
	models=()
	for k in $(seq "$1"); do
		models+=(-m "team-$k-$((k * $2))")
	done
}

# median: of the numbers on standard input.
median() {
	sort -n | awk '{v[NR] = $1} END {
		print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
	}'
}

# field NAME FILE: the median of what tree(1) has said in several runs.
field() {
	awk -v name="$1" '$1 == name {print $2}' "$2" | median
}

# weigh FILE RUNS COMMAND...: runs it so often, and appends to FILE what tree
# says, and the calls and kilobytes of requests that reached the server.
weigh() {
	local file=$1 runs=$2

	shift 2
	: >"$file"
	for _ in $(seq "$runs"); do
		: >"$work/requests"
		"$@" >>"$file"
		jq -rs '[.[].headers["content-length"] // empty | tonumber] |
			"calls \(length)\nkb \((add // 0) / 1000)"' \
			"$work/requests" >>"$file"
		rm -rf "$XDG_STATE_HOME"
	done
}

ours() {
	"$tools/tree" "$@" 2>"$work/err" ||
		die "mg-run failed: $(head -c 1000 "$work/err")"
}

# known N STEP KIND: of MassGen, as it was measured; empty: it was not.
known() {
	awk -v n="$1" -v step="$2" -v kind="$3" '
	$1 == n && $2 == (step > 0) {
		print kind == "calls" ? $3 : $4
	}' <<-'T'
		2 0 6 107
		4 0 10 187
		8 0 24 487
		16 0 37 749
		2 1 6 107
		4 1 13 255
		8 1 32 669
	T
}

# against WHAT UNIT KIND N STEP AIM [MOST]
against() {
	local value peer

	value=$(field "$3" "$work/ours")
	if peers; then
		peer=$(field "$3" "$work/theirs")
	else
		peer=$(known "$4" "$5" "$3")
	fi
	if [ -n "$peer" ]; then
		compare "$1" "$2" "$value" "$peer" "" "$6" "${7:-}"
	elif [ -n "${7:-}" ]; then
		bound "$1" "$2" "$value" "<=" "$7"
	else
		bound "$1" "$2" "$value"
	fi
}

# cost WHAT KIND: only measured, not known.
cost() {
	local value

	value=$(field "$2" "$work/ours")
	if peers; then
		compare "$1" ms "$value" "$(field "$2" "$work/theirs")" ""
	else
		bound "$1" ms "$value"
	fi
}

# team N STEP RUNS
team() {
	local how="at once"

	[ "$2" = 0 ] || how="one by one"
	members "$1" "$2"
	weigh "$work/ours" "$3" ours -e 0 "$bin/mg-run" -t "${models[@]}" \
		--base-url "$counted" "$question"
	! peers || weigh "$work/theirs" 1 peer "$1" "$2" -e 0
	against "$1 $how, calls" "" calls "$1" "$2" "" $((2 * $1 + 1))
	against "$1 $how, request bytes" kB kb "$1" "$2" 0.2
	cost "$1 $how, wall" wall
	cost "$1 $how, cpu" cpu
}

calls() {
	head_line "N agents (MassGen)"
	have mg-run || return
	for n in 2 4 8 16; do
		team $n 0 5
	done
	for n in 2 4 8 16; do
		team $n 400 1
	done
}

# --- three agents ----------------------------------------------------------------

# A peer's number, or the one that was measured.
three_of() {
	if peers; then
		field "$1" "$work/theirs"
	else
		echo "$2"
	fi
}

three() {
	head_line "3 agents, a server that is quick"
	have mg-run || return
	members 3 0
	pair -n 50 -s 10 "$bin/mg-run" -t "${models[@]}" --base-url "$url" \
		"$question" :: curl -sN -H 'Content-Type: application/json' \
		-d "$(request team-1-0)" "$url/chat/completions"
	row "wall (one call of curl -N)" wall ms
	row "cpu (one call of curl -N)" cpu ms 5
	weigh "$work/ours" 9 ours -e 0 "$bin/mg-run" -t "${models[@]}" \
		--base-url "$counted" "$question"
	! peers || weigh "$work/theirs" 3 peer 3 0 -e 100
	compare "wall (MassGen)" ms "$(field wall "$work/ours")" \
		"$(three_of wall 7800)" ""
	compare "cpu (MassGen)" ms "$(field cpu "$work/ours")" \
		"$(three_of cpu 7700)" "" 0.005
	! peers || {
		against "calls (MassGen)" "" calls 3 0 "" 7
		against "request bytes (MassGen)" kB kb 3 0 0.2
	}
	# Slow members: so that there is time to look at the ring.
	weigh "$work/ours" 3 ours -e 5 "$bin/mg-run" -t -m team-1-200 \
		-m team-2-200 -m team-3-200 --base-url "$counted" "$question"
	compare "memory, sum of PSS (MassGen)" MiB "$(field pss "$work/ours")" \
		"$(three_of pss 385)" ""
	compare "memory, sum of RSS (MassGen)" MiB "$(field rss "$work/ours")" \
		"$(three_of rss 385)" "" "" 64
	printf '#!/bin/sh\necho yes\n' >"$work/agent"
	chmod +x "$work/agent"
	pair -n 50 -s 10 "$bin/mg-run" -t -m "exec:$work/agent" x :: \
		"$work/agent"
	row "1 agent, exec:, wall (by itself)" wall ms
	row "1 agent, exec:, cpu" cpu ms
	rm -rf "$XDG_STATE_HOME"
}

# --- laps ----------------------------------------------------------------------------

# Seven stages under names that mg-run takes for stages of the ring.
stages() {
	local name

	mkdir -p "$work/stages"
	ring=()
	for name in mg-vote mg-mem mg-plan mg-tools mg-broadcast mg-cost mg-ask; do
		ln -sf "$tools/lap" "$work/stages/$name"
		[ "$name" = mg-vote ] && ring+=(-- "$work/stages/$name" "$@")
		[ "$name" = mg-vote ] || ring+=(-- "$work/stages/$name")
	done
}

# column N FILE: its median.
column() {
	awk -v n="$1" '{print $n}' "$2" | median
}

# lap BYTES LAPS: plain filters and the ring in turn.
lap() {
	stages --bytes "$1" --laps "$2"
	: >"$work/laps"
	for _ in $(seq 9); do
		{
			"$tools/lap" --plain 7 --bytes "$1" --laps "$2"
			"$bin/mg-run" -t x "${ring[@]}" </dev/null
		} 2>"$work/err" | paste -sd' ' | awk 'NF == 4 {
			print $0, $3 / $1, $4 / $2
		}' >>"$work/laps"
		rm -rf "$XDG_STATE_HOME"
	done
	[ "$(wc -l <"$work/laps")" = 9 ] ||
		die "a ring did not turn: $(tail -1 "$work/err")"
	compare "a lap of $1 bytes, median" us "$(column 3 "$work/laps")" \
		"$(column 1 "$work/laps")" "$(column 5 "$work/laps")" 2
	compare "a lap of $1 bytes, p99" us "$(column 4 "$work/laps")" \
		"$(column 2 "$work/laps")" "$(column 6 "$work/laps")"
}

laps() {
	head_line "7 stages and seam (7 plain filters)"
	have mg-run || return
	lap 300 2000
	lap 100000 500
}

# --- deltas ---------------------------------------------------------------------------

deltas() {
	local n=1000000

	head_line "$n deltas through the seam"
	have mg-run || return
	stages
	: >"$work/deltas"
	for _ in 1 2 3 4 5; do
		ours -e 0 "$bin/mg-run" -o ndjson x -- \
			"$work/stages/mg-ask" --deltas $n >"$work/tree"
		echo "$(cat "$XDG_STATE_HOME"/mg/runs/*/answer.md)" \
			"$(field cpu "$work/tree")" >>"$work/deltas"
		rm -rf "$XDG_STATE_HOME"
	done
	bound "thousands a second" k/s \
		"$(awk -v n=$n '{print n / $1}' "$work/deltas" | median)" ">=" 100
	bound "longest wait of the stage" ms "$(column 3 "$work/deltas")"
	bound "the seam's cpu for 100,000" ms \
		"$(awk -v n=$n '{print ($4 - $2) / n * 1e5}' "$work/deltas" |
			median)"
}
