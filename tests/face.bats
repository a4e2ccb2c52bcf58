# face: what a person sees of a run on a real terminal, and the files
# that are kept for programs. tests/tools/face draws what it reads.

load helper

setup() {
	face=$MG_BUILD/tests/tools/face
	export XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
	runs=$XDG_STATE_HOME/mg/runs
	tmux=mg-face-$BATS_TEST_NUMBER-$$
	cd "$BATS_TEST_TMPDIR" || return
	mkfifo events
}

teardown() {
	env -u TMUX tmux -L "$tmux" kill-server 2>/dev/null || true
}

mux() {
	env -u TMUX tmux -L "$tmux" "$@"
}

# stage COLUMNS ROWS [COMMAND]: a terminal where COMMAND, or the face, reads
# the events; `event` says one.
stage() {
	env -u TMUX tmux -L "$tmux" -f /dev/null new-session -d \
		-x "$1" -y "$2" \
		"${3:-echo before; $face r <events; echo after; sleep 60}" \
		3>&- 4>&-
	exec 4>events
}

event() {
	printf '%s\n' "$@" >&4
}

# Until the screen holds TEXT.
sees() {
	for _ in $(seq 100); do
		mux capture-pane -p >screen
		grep -qF -- "$1" screen && return 0
		sleep 0.05
	done
	echo "the screen lacks: $1" >&2
	cat screen >&2
	return 1
}

init='{"type":"init","agents":["gpt","claude"]}'
task='{"type":"task","id":"1","content":"Is 3 599 prime?"}'
asked='{"type":"request","agent":"gpt","asks":"answer"}'
answered='{"type":"answer","agent":"gpt","label":"agent1.1"}'
voted='{"type":"vote","agent":"claude","for":"agent1.1","counted":true}'
decided='{"type":"result","id":"1","status":"done","winner":"gpt","content":"No"}'

@test "one line per agent, drawn in place; the last state stands" {
	stage 60 20
	event "$init" "$task" "$asked"
	sees 'gpt     thinking'
	event "$answered"
	sees 'gpt     has answered'
	event "$voted"
	sees 'claude  voted for gpt'
	event "$decided" '{"type":"end","status":"done"}'
	exec 4>&-
	sees after
	run cat screen
	[ "${lines[0]}" = before ]
	[ "${lines[1]}" = 'Is 3 599 prime?' ]
	[ "${lines[2]}" = 'gpt     has answered' ]
	[ "${lines[3]}" = 'claude  voted for gpt' ]
	[ "${lines[4]}" = after ]
}

@test "diagnostics and results stand above, whole" {
	stage 60 20
	event "$init" "$task" "$asked"
	sees thinking
	event '{"type":"say","content":"mg-ask: one\u001b[2J"}' \
		'{"type":"say","content":"mg-ask: two\n"}'
	sees two
	sees thinking
	event '{"type":"print","content":"the answer"}'
	sees 'the answer'
	sees thinking
	exec 4>&-
	sees after
	run cat screen
	[ "${lines[1]}" = 'mg-ask: one?[2J' ]
	[ "${lines[2]}" = 'mg-ask: two' ]
	[ "${lines[3]}" = 'the answer' ]
	[ "${lines[4]}" = 'Is 3 599 prime?' ]
	[ "${#lines[@]}" = 8 ]
}

@test "a result has its room; the last one stands below the lines" {
	stage 60 20
	event "$init" "$task" '{"type":"task","id":"2","content":"And?"}'
	sees '0 of 2 decided  And?'
	event "$decided" '{"type":"print","content":"No"}'
	sees '1 of 2 decided'
	run cat screen
	[ "${lines[1]}" = No ]
	[ "${lines[2]}" = '1 of 2 decided  And?' ]
	event '{"type":"result","id":"2","status":"done","content":"x"}' \
		'{"type":"print","content":"x"}' "$voted" \
		'{"type":"end","status":"done"}'
	exec 4>&-
	sees after
	run cat screen
	[ "${#lines[@]}" = 7 ]
	[ "${lines[1]}" = No ]
	[ "${lines[2]}" = '2 of 2 decided  And?' ]
	[ "${lines[5]}" = x ]
	[ "${lines[6]}" = after ]
}

@test "thirty agents on 24 lines: the busiest, and how many more" {
	stage 80 24
	event "$task"
	for i in $(seq 10 39); do
		event "{\"type\":\"request\",\"agent\":\"a$i\"}"
		[ "$((i % 2))" = 0 ] ||
			event "{\"type\":\"answer\",\"agent\":\"a$i\",\"label\":\"x\"}"
	done
	sees '… and 12 more'
	sees 'a15  has'
	run cat screen
	[ "$(grep -c '^a[0-9]' screen)" = 18 ]
	[ "$(grep -c thinking screen)" = 15 ]
	[ "${lines[0]}" = before ]
}

@test "a terminal that is made narrow, wide and low in between" {
	stage 80 24
	event "$init" '{"type":"task","id":"1","content":"A question that is much longer than forty columns are"}' "$asked"
	sees 'forty columns are'
	mux resize-window -x 40 -y 24
	sees 'A question that is much longer than fo…'
	mux resize-window -x 100 -y 24
	sees 'forty columns are'
	mux resize-window -x 100 -y 6
	sees '… and 2 more'
	mux resize-window -x 60 -y 20
	sees 'gpt     thinking'
	exec 4>&-
	sees after
	run cat screen
	[ "$(grep -c thinking screen)" = 1 ]
	[ "$(grep -c 'A question' screen)" = 1 ]
	[ "$(grep -c 'claude' screen)" = 1 ]
}

@test "a name cannot drive the terminal" {
	stage 60 20
	event '{"type":"init","agents":["\u001b]0;evil\u0007\u001b[2J","中文中文中文中文中文中文中文","a\nb","'"$(printf 'n%.0s' $(seq 300))"'"]}' "$task"
	sees nnn
	run cat screen
	[ "${lines[0]}" = before ]
	[ "${lines[2]}" = '?]0;evil??[2J        waiting' ]
	[ "${lines[3]}" = '中文中文中文中文中…  waiting' ]
	[ "${lines[4]}" = 'a b                  waiting' ]
	[ "${lines[5]}" = 'nnnnnnnnnnnnnnnnnn…  waiting' ]
	[ "${#lines[@]}" = 6 ]
	[[ "$(mux display-message -p '#{pane_title}')" != *evil* ]]
}

@test "colour, but not under NO_COLOR, and nothing on a dumb terminal" {
	stage 60 20
	event "$init" "$task" "$asked"
	sees thinking
	mux capture-pane -pe >screen
	grep -q $'\033\\[1m' screen
	mux kill-server
	rm -r state
	stage 60 20 "NO_COLOR=1 $face r <events; sleep 60"
	event "$init" "$task" "$asked"
	sees thinking
	mux capture-pane -pe >screen
	run ! grep -q $'\033' screen
	mux kill-server
	rm -r state
	stage 60 20 "TERM=dumb $face r <events; echo after; sleep 60"
	event "$init" "$task" "$asked" '{"type":"say","content":"words"}'
	exec 4>&-
	sees after
	run cat screen
	[ "${lines[0]}" = words ]
	[ "${lines[1]}" = after ]
}

@test "ten frames a second, however many deltas" {
	{
		printf '%s\n' "$init" "$task" "$asked"
		for _ in $(seq 20); do
			for _ in $(seq 200); do
				echo '{"type":"delta","agent":"gpt","content":"x"}'
				echo '{"type":"usage","agent":"gpt","input_tokens":1}'
			done
			sleep 0.05
		done
	} >events &
	begun=$(date +%s%3N)
	timeout 60 script -qec "$face r" typescript <events >out
	took=$(($(date +%s%3N) - begun))
	frames=$(tr '\033' '\n' <out | grep -c '^\[?7l')
	[ "$frames" -ge 5 ]
	[ "$frames" -le $((took / 100 + 3)) ]
}

@test "a stopped terminal holds nothing up" {
	stage 60 20 "sh -c '$face r <events; echo over >gone; sleep 60'"
	event "$init" "$task" "$asked"
	sees thinking
	mux send-keys C-s
	for i in $(seq 50); do
		event "{\"type\":\"request\",\"agent\":\"x$i\"}"
	done
	event "$decided" '{"type":"end","status":"done"}'
	exec 4>&-
	for _ in $(seq 100); do
		[ ! -s gone ] || break
		sleep 0.05
	done
	[ -s gone ]
	[ "$(jq -r .status "$runs/r/status.json")" = done ]
}

@test "nothing is drawn into a file; diagnostics pass as they are" {
	printf '%s\n' "$init" "$task" "$asked" \
		'{"type":"say","content":"a\u001b[1mb"}' "$decided" >input
	"$face" r <input 2>err
	[ "$(cat err)" = $'a\033[1mb' ]
	[ "$(cat "$runs/r/answer.md")" = No ]
}

@test "the status file is whole at every moment, and behind the answer" {
	{
		printf '%s\n' "$init"
		for i in $(seq 60); do
			echo "{\"type\":\"task\",\"id\":\"$i\",\"content\":\"q\"}"
			echo "{\"type\":\"result\",\"id\":\"$i\",\"status\":\"done\",\"content\":\"answer $i\"}"
			sleep 0.02
		done
		echo '{"type":"end","status":"done"}'
	} >events &
	"$face" r <events &
	pid=$!
	n=0
	while kill -0 $pid 2>/dev/null; do
		[ -e "$runs/r/status.json" ] || continue
		jq -e . "$runs/r/status.json" >status
		results=$(jq .results status)
		if [ "$results" -gt 0 ]; then
			read -r _ answer <"$runs/r/answer.md"
			[ "$answer" -ge "$results" ]
		fi
		n=$((n + 1))
	done
	wait $pid
	[ "$n" -gt 5 ]
	[ "$(jq -r '.status, .results' "$runs/r/status.json" | xargs)" = 'done 60' ]
	[ "$(cat "$runs/r/answer.md")" = 'answer 60' ]
	[ "$(ls -A "$runs/r")" = $'answer.md\nlog.ndjson\nstatus.json' ]
}

@test "a run that goes on knows what it has behind it; a result told again" {
	mkdir -p "$runs/r"
	printf '%s\n' "$init" "$task" "$asked" "$answered" "$decided" \
		'{"type":"task","id":"2","content":"And?"}' 'no event' \
		'{"type":"resul' >"$runs/r/log.ndjson"
	echo "$decided" | "$face" r
	[ "$(jq -c '[.tasks, .results, .question, .agents[0].calls]' "$runs/r/status.json")" = '[2,1,"And?",1]' ]
	[ "$(cat "$runs/r/answer.md")" = No ]
	echo '{"type":"result","id":"2","status":"no_winner"}' | "$face" r
	[ "$(jq .results "$runs/r/status.json")" = 2 ]
	[ "$(cat "$runs/r/answer.md")" = No ]
	rm "$runs/r/answer.md"
	echo '{"type":"result","id":"2","status":"done","content":""}' |
		"$face" r
	[ -e "$runs/r/answer.md" ]
	[ ! -s "$runs/r/answer.md" ]
}
