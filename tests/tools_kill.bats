# kill -9 while tools are at work, then --resume: each call has one result, no
# call that cannot be repeated runs twice, and nobody is left behind.
# MG_SOAK: at every line, of every victim.

load ring/tool_bed

# child NAME: the stage of that name of the mg-run that is $PID.
child() {
	local p
	for p in $(cat "/proc/$PID/task/$PID/children"); do
		[ "$(cat "/proc/$p/comm")" != "$1" ] || echo "$p"
	done
}

# In the background, as run r; $PID.
begun() {
	mg-run -S r -o ndjson --tools tools "$@" "$Q" </dev/null >out 2>err 3>&- &
	PID=$!
}

# struck WHO: kill -9 of run, tools, or both; and what comes of it.
struck() {
	local tools
	tools=$(child mg-tools)
	[ -n "$tools" ]
	case $1 in
	run) kill -9 "$PID" ;;
	tools) kill -9 "$tools" ;;
	both) kill -9 "$tools" "$PID" ;;
	esac
	wait "$PID" || true
}

again() {
	run "-${1:-0}" --separate-stderr timeout 50 mg-run --resume r -o ndjson </dev/null
}

four() {
	tool reads -- once reads.ran go
	tool net 'label: [read, network]' -- once net.ran go
	tool writes 'label: write' -- once writes.ran go
	tool drops 'label: irreversible' -- once drops.ran go
	agent one <<-'X'
		call reads
		call net
		call writes
		call drops
		.
		call writes
		.
		heard
	X
}

@test "in mid-call, whoever is killed: what reads runs again, of others nothing is known" {
	local who name
	four
	for who in run tools both; do
		rm -rf state ./*.ran ./*.up go
		begun --allow writes --allow drops -m "$(model one)"
		for name in reads net writes drops; do until_ok test -e $name.ran.up; done
		struck $who
		alone
		[ "$(grep -c '^{"type":"tool_result"' "$log")" = 0 ]
		touch go
		again
		# of the first turn two are unknown, that of the second is well
		all 'map(select(.type == "tool_result") | [.turn, .name, .code]) | sort == [[1,"drops","outcome_unknown"],[1,"net",null],[1,"reads",null],[1,"writes","outcome_unknown"],[2,"writes",null]]'
		[ "$(tr '\n' ' ' <writes.ran)" = 'c1.3 c2.1 ' ]
		[ "$(tr '\n' ' ' <drops.ran)" = 'c1.4 ' ]
		[ "$(wc -l <reads.ran)" = 2 ]
		[ "$(wc -l <net.ran)" = 2 ]
		[[ $(answer) == 'went on | went on | '*' | went on' ]]
		sane
		# Resumed once more, it has its results, and nothing runs.
		again
		[ "$(cat ./*.ran | wc -l)" = 7 ]
	done
}

@test "killed, and killed again while it goes on: unknown stays unknown" {
	four
	begun --allow writes --allow drops -m "$(model one)"
	until_ok test -e drops.ran.up
	until_ok test -e writes.ran.up
	until_ok test -e reads.ran.up
	struck both
	rm reads.ran.up
	mg-run --resume r -o ndjson </dev/null >out 2>err 3>&- &
	PID=$!
	until_ok test -e reads.ran.up
	struck tools
	touch go
	again
	all 'map(select(.type == "tool_result" and .code == "outcome_unknown") | .name) - ["drops", "writes"] == []'
	sane
	[ "$(grep -c c1.3 writes.ran)" = 1 ]
	[ "$(wc -l <drops.ran)" = 1 ]
	[ "$(wc -l <reads.ran)" = 3 ]
	[ "$(grep -c '"code":"outcome_unknown"' "$log")" = 2 ]
}

@test "calls that wait for their turn have not been begun: they run when it goes on" {
	tool first 'label: write' -- once first.ran go
	tool second 'label: write' -- count second.ran
	agent one <<-'X'
		call first
		call second
		.
		heard
	X
	mg-run -S r -o ndjson "$Q" -- mg-vote lead -m "$(model one)" \
		-- mg-tools -j 1 -T ./tools --allow first --allow second \
		-- mg-ask -m "$(model one)" </dev/null >out 2>err 3>&- &
	PID=$!
	until_ok test -e first.ran.up
	until_ok eval '[ "$(grep -c "^{\"type\":\"tool_call\"" "$log")" = 2 ]'
	struck both
	alone
	touch go
	again
	all 'map(select(.type == "tool_result") | [.name, .code]) | sort == [["first","outcome_unknown"],["second",null]]'
	[ "$(cat second.ran)" = c1.2 ]
	[ "$(wc -l <first.ran)" = 1 ]
	sane
}

@test "whose result is logged does not run again, wherever the log is cut behind it" {
	tool puts 'label: write' 'input_schema: {type: object}' -- count puts.ran
	tool looks -- count looks.ran
	agent one <<-'X'
		call puts
		call looks
		.
		call puts
		.
		heard
	X
	run -0 --separate-stderr ring --allow puts -m "$(model one)" "$Q" </dev/null
	[ "$(wc -l <puts.ran)" = 2 ]
	local n key journal=$RUNS/r/tools-mg-tools.ndjson step=3
	cp "$log" whole
	cp "$journal" begun
	[ "$(wc -l <begun)" = 3 ]
	[ -z "${MG_SOAK:-}" ] || step=1
	for n in $(seq 2 $step $(($(wc -l <whole) - 1))); do
		# As a kill leaves them: what was begun had been logged.
		sed "$n"q whole >"$log"
		: >"$journal"
		: >puts.ran
		rm -f looks.ran
		for key in c1.1 c1.2 c2.1; do
			sed "$n"q whole | grep -q '^{"type":"tool_call".*"call":"'$key'"' || continue
			grep -F "\"$key\"" begun >>"$journal"
			[ $key = c1.2 ] || echo $key >>puts.ran
		done
		again
		sane
		same "$(sort puts.ran | tr '\n' ' ')" 'c1.1 c2.1 '
		all 'map(select(.type == "tool_result" and .name == "puts")) | all(.code == null or .code == "outcome_unknown")'
		! sed "$n"q whole | grep -q '"name":"looks","content"' || [ ! -e looks.ran ]
	done
}

@test "no journal, no call: nothing runs that could not be noted" {
	tool puts 'label: write' -- count puts.ran
	agent one <<-'X'
		call puts
		.
		heard
	X
	mkdir -p "$RUNS/r/tools-mg-tools.ndjson"
	export MG_RUN=r
	opts=(--allow puts)
	run --separate-stderr timeout 50 mg-tools -T tools --allow puts \
		< <(printf '%s\n' "$init" "$(call c1 puts)" "$end")
	[ ! -e puts.ran ]
	same "$(of c1 '[.is_error, .code] | tojson')" '[true,"system"]'
	# What is still owed of the past has its result too.
	stage "$(past "$init")" "$(past "$(call c2 puts)")" "$resume" "$init" "$end"
	[ ! -e puts.ran ]
	same "$(of c2 '[.is_error, .code] | tojson')" '[true,"system"]'
}

@test "a journal that was cut, and one that was full: later calls are noted all the same" {
	tool puts 'label: write' -- once puts.ran go
	export MG_RUN=r
	opts=(--allow puts)
	mkdir -p "$RUNS/r"
	local c
	# What a full disk leaves: half a line, and the same process goes on.
	mkfifo in back
	cat back >out 4>&- &
	(
		trap '' XFSZ
		ulimit -S -f 1
		exec mg-tools -T tools --allow puts
	) <in >back 2>/dev/null 4>&- &
	PID=$!
	exec 4>in
	say "$init"
	for c in $(seq 30); do say "$(call "c$c" puts '' a "$(printf '%090d' 7)")"; done
	until_ok eval '[ "$(wc -l <puts.ran)" -gt 0 ]'
	until_ok eval '[ "$(grep -c "^{\"type\":\"tool_result\"" out)" -gt 0 ]'
	until_ok grep -q '"call":"c30"' out
	# There is room again.
	rm -f puts.ran.up
	prlimit --pid $PID --fsize=unlimited:
	for c in $(seq 31 33); do say "$(call "c$c" puts '' a "$(printf '%090d' 7)")"; done
	until_ok test -e puts.ran.up
	until_ok grep -q '^c33' puts.ran
	kill -9 $PID
	wait $PID || true
	exec 4>&-
	local ran past=()
	ran=$(wc -l <puts.ran)
	[ "$ran" -lt 30 ]
	grep -q c33 puts.ran
	touch go
	# Those that ran are known; what was answered with an error has not run.
	for c in $(cat puts.ran); do past+=("$(past "$(call "$c" puts '' a "$(printf '%090d' 7)")")"); done
	stage "$(past "$init")" "${past[@]}" "$resume" "$init" "$(call new puts)" "$end"
	[ "$(field 'select(.code == "outcome_unknown")' | jq -s length)" = "$ran" ]
	[ "$(wc -l <puts.ran)" = $((ran + 1)) ]
	# A line that kill -9 cut in two: the next call is noted behind it.
	printf '{"id":"t","ag' >>"$RUNS/r/tools-mg-tools.ndjson"
	stage "$init" "$(call next puts)" "$end"
	[ "$(of next .is_error)" = false ]
	stage "$(past "$init")" "$(past "$(call next puts)")" "$resume" "$init" "$end"
	[ "$(of next .code)" = outcome_unknown ]
	[ "$(grep -c '^next$' puts.ran)" = 1 ]
}

@test "a call that the journal knows and the log does not is not run" {
	tool puts 'label: write' -- count ran
	tool looks -- count looked
	export MG_RUN=r
	opts=(--allow puts)
	mkdir -p "$RUNS/r"
	# As after a power cut: what was noted is on the disk, the log is not.
	printf '{"id":"t","agent":"a","turn":1,"call":"%s"}\n' c1 c2 >"$RUNS/r/tools-mg-tools.ndjson"
	stage "$init" "$(call c1 puts)" "$(call c2 looks)" "$(call c3 puts)" "$end"
	[ "$(of c1 .code)" = outcome_unknown ]
	[ "$(of c2 .is_error)" = false ]
	[ "$(cat ran)" = c3 ]
}

@test "a line within a run keeps no journal; a stage whose name is none runs nothing" {
	tool puts 'label: write' -- count ran
	export MG_RUN=r
	opts=(--allow puts)
	mkdir -p "$RUNS/r"
	stage "$(call c1 puts)"
	stage "$(call c1 puts)"
	[ "$(grep -c c1 ran)" = 2 ]
	[ ! -e "$RUNS/r/tools-mg-tools.ndjson" ]
	opts=(--allow puts --as 'my tools')
	stage "$init" "$(call c2 puts)" "$end"
	[ "$(of c2 .code)" = configuration ]
	run ! grep c2 ran
}

@test "whoever is killed, what tools have forked is gone" {
	local who
	tool nests -- nest up
	agent one <<-'X'
		call nests
		.
		heard
	X
	for who in run tools both; do
		rm -rf state up.up
		begun -m "$(model one)"
		until_ok test -e up.up
		[ "$(marked | wc -l)" -ge 6 ]
		struck $who
		alone
	done
}

@test "the same without bubblewrap, as long as one of the two is there to do it" {
	local who
	no_bwrap
	tool nests -- nest up
	tool hangs -- once up never
	agent one <<-'X'
		call nests
		.
		heard
	X
	for who in run tools; do
		rm -rf state up.up
		begun -m "$(model one)"
		until_ok test -e up.up
		struck $who
		alone
	done
	# Both at once: the tool itself is told by the kernel.
	sed -i s/nests/hangs/ one.script
	rm -rf state up.up
	begun -m "$(model one)"
	until_ok test -e up.up
	struck both
	alone
}

@test "kill -9 of mg-run, mg-tools, both and mg-ask, at lines and in calls, once and twice" {
	local n=24
	[[ $MG_BUILD != */san ]] || n=10
	[ -z "${MG_SOAK:-}" ] || n=0
	export PYTHONPATH=$ROOT/tests/ring PYTHONDONTWRITEBYTECODE=1
	run -0 timeout 1200 python3 "$ROOT/tests/ring/tool_kill.py" $n
	echo "$output"
}
