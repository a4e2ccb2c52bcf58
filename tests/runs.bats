# runs: what mg-run list, show, log and tell make of the folders of runs.
# Logs are written by hand; the clock and the lock are real.

load helper

setup() {
	export XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
	runs=$XDG_STATE_HOME/mg/runs
	mkdir -p "$runs"
	cd "$BATS_TEST_TMPDIR" || return
}

# log NAME [AGE]: a run whose log is standard input, last written AGE ago.
log() {
	mkdir -p "$runs/$1"
	cat >"$runs/$1/log.ndjson"
	touch -d "-${2:-0 seconds}" "$runs/$1/log.ndjson"
}

init='{"type":"init","by":"mg-run","v":1,"run":"r","ring":true,"agents":["gpt","claude","grok"],"ts":"2026-11-21T17:09:01.000Z"}'
task='{"type":"task","by":"mg-run","id":"1","content":"Is 3599 prime?\nThink.","ts":"2026-11-21T17:09:02.000Z"}'
result='{"type":"result","by":"mg-vote","id":"1","status":"done","content":"No: 59 * 61.","winner":"gpt","label":"agent1.2","votes":[{"label":"agent1.2","agent":"gpt","weight":2,"agents":["gpt","claude"]},{"label":"agent2.1","agent":"claude","weight":0,"agents":[]}],"margin":2,"total":2,"dissent":[{"agent":"claude","label":"agent2.1","content":"Yes"}],"failed":["grok"],"abstained":[],"answers":3,"calls":6,"ts":"2026-11-21T17:09:09.000Z"}'
end='{"type":"end","by":"mg-run","status":"done","ts":"2026-11-21T17:09:10.000Z"}'

whole() {
	printf '%s\n' "$init" "$task" \
		'{"type":"request","by":"mg-vote","id":"1","agent":"gpt","turn":1,"asks":"answer"}' \
		'{"type":"usage","by":"mg-ask","id":"1","agent":"gpt","turn":1,"input_tokens":12345,"output_tokens":67}' \
		'{"type":"answer","by":"mg-vote","id":"1","agent":"gpt","label":"agent1.1"}' \
		"$result" "$end"
}

# Holds the lock of run $1, as a seam does, until told otherwise; `hold` ends
# when it is held.
hold() {
	python3 - "$runs/$1/log.ndjson" "${2:-60}" 3>&- <<-'X' &
		import fcntl, struct, sys, time
		f = open(sys.argv[1], "r+b")
		# F_OFD_SETLK of the whole file
		fcntl.fcntl(f, 37, struct.pack("hhqqi", fcntl.F_WRLCK, 0, 0, 0, 0))
		open(sys.argv[1] + ".held", "w")
		time.sleep(float(sys.argv[2]))
	X
	holder=$!
	for _ in $(seq 200); do
		[ ! -e "$runs/$1/log.ndjson.held" ] || break
		sleep 0.02
	done
	rm "$runs/$1/log.ndjson.held"
}

# --- list -------------------------------------------------------------------

@test "list: no runs, nothing said" {
	run mg-run list
	[ "$status" = 0 ]
	[ -z "$output" ]
	rm -r "$XDG_STATE_HOME"
	run mg-run list -t
	[ "$status" = 0 ]
	[ -z "$output" ]
}

@test "list: every state, the newest first, for a person" {
	whole | log finished '3 minutes'
	{
		printf '%s\n' "$init" "$task"
		echo '{"type":"end","status":"interrupted"}'
	} | log stopped '2 hours'
	{
		printf '%s\n' "$init" "$task"
		echo '{"type":"end","status":"failed"}'
	} | log broken '3 days'
	printf '%s\n' "$init" "$task" | log dead '5 weeks'
	printf '%s\n' "$init" "$task" | log busy '30 seconds'
	mkdir "$runs/no-log" "$runs/.hidden"
	hold busy
	run mg-run list -t
	kill $holder
	[ "$status" = 0 ]
	[ "${#lines[@]}" = 5 ]
	[[ "${lines[0]}" =~ ^busy\ \ \ \ \ \ running\ \ \ \ \ \ 3[0-9]\ seconds\ ago\ \ 0/1\ \ \ \ Is\ 3599\ prime\?$ ]]
	[ "${lines[1]}" = 'finished  done         3 minutes ago   1/1    Is 3599 prime?' ]
	[ "${lines[2]}" = 'stopped   interrupted  2 hours ago     0/1    Is 3599 prime?' ]
	[ "${lines[3]}" = 'broken    failed       3 days ago      0/1    Is 3599 prime?' ]
	[ "${lines[4]}" = 'dead      crashed      5 weeks ago     0/1    Is 3599 prime?' ]
}

@test "list: as NDJSON in a pipe, and through -q" {
	whole | log r
	run mg-run list
	[ "$status" = 0 ]
	[ "$(jq -c 'del(.log)' <<<"$output")" = '{"type":"run","run":"r","status":"done","started":"2026-11-21T17:09:01.000Z","updated":"2026-11-21T17:09:10.000Z","tasks":1,"results":1,"question":"Is 3599 prime?"}' ]
	[ "$(field .log)" = "$runs/r/log.ndjson" ]
	run mg-run list -o json -q .status
	[ "$output" = '"done"' ]
	run mg-run list -o text -q .status
	[ "$output" = 'done' ]
	run -64 mg-run list -q '.['
}

@test "list: an empty log, a cut one, one that is no log" {
	printf '' | log empty
	{ whole; printf '{"type":"fo'; } | log cut
	head -c 100000 /dev/urandom | log noise
	printf '%s\n' "$init" "$task" '}{' "$end" | log hurt
	run --separate-stderr mg-run list
	[ "$status" = 0 ]
	[ "$(field '.run + " " + .status' | sort | xargs)" = \
		'cut crashed empty crashed hurt done noise crashed' ]
}

@test "list: of a long log only both ends are read" {
	{
		printf '%s\n' "$init" "$task"
		head -c 300000000 /dev/zero | tr '\0' ' ' | fold -w 65536
		printf '%s\n' "$result" "$end"
	} | log long
	echo '{"v":1,"tasks":7,"results":6}' >"$runs/long/status.json"
	run strace -f -e trace=pread64,read -o trace mg-run list
	[ "$(field '[.status, .tasks, .results, .question] | join(" ")')" = 'done 7 6 Is 3599 prime?' ]
	[ "$(awk '/log|\[pid|pread64/ {n += $NF} END {print n < 400000}' trace)" = 1 ]
	rm "$runs/long/status.json"
	run mg-run list
	[ "$(field '[.tasks, .results] | join(" ")')" = '1 1' ]
}

@test "list: the question of a task that is longer than what is read" {
	{
		echo "$init"
		printf '{"type":"task","by":"mg-run","id":"1","content":"\\n Why \\"so\\" \\u00fc?\\nBecause '
		head -c 400000 /dev/zero | tr '\0' x
		printf '"}\n%s\n' "$end"
	} | log wide
	run mg-run list
	[ "$(field .question)" = 'Why "so" ü?' ]
}

@test "list: thousands of runs are quick" {
	for i in $(seq 2000); do
		mkdir "$runs/r$i"
		printf '%s\n' "$init" "$task" "$end" >"$runs/r$i/log.ndjson"
	done
	SECONDS=0
	run mg-run list
	[ "${#lines[@]}" = 2000 ]
	[ "$SECONDS" -le 5 ]
}

@test "list: a reader that goes is no error" {
	for i in $(seq 300); do
		mkdir "$runs/r$i"
		printf '%s\n' "$init" "$task" "$end" >"$runs/r$i/log.ndjson"
	done
	mg-run list 2>err | head -1 >first
	[ "$(wc -l <first)" = 1 ]
	[ ! -s err ]
	run --separate-stderr bash -c 'mg-run list >/dev/full'
	[ "$status" = 74 ]
	[[ "$stderr" == *'unable to write'* ]]
}

@test "list: on a terminal it is cut to the width, and nothing drives it" {
	{
		echo "$init"
		echo '{"type":"task","content":"\u001b[2JA question that is longer than sixty columns, surely"}'
		echo "$end"
	} | log r
	run env NO_COLOR=1 script -qec 'stty cols 60; mg-run list' typescript
	output=${output/1 second ago/now         }
	[ "${output//$'\r'/}" = 'r  done         now             0/1    ?[2JA question that …' ]
}

# --- show -------------------------------------------------------------------

@test "show: question, answer, tally, agents" {
	whole | log r
	run --separate-stderr mg-run show -t
	[ "$status" = 0 ]
	[ -z "$stderr" ]
	output=${output/1 second ago/now}
	[ "$output" = "Is 3599 prime?

No: 59 * 61.

gpt wins with agent1.2
  agent1.2 by gpt: 2 of 2 (gpt, claude)
  agent2.1 by claude: 0 of 2
not chosen: claude
failed: grok

gpt     1 call, 1 answer, 12.3k tokens in, 67 out
claude  0 calls, 0 answers, 0 tokens in, 0 out
grok    0 calls, 0 answers, 0 tokens in, 0 out

run r: done now, 1 of 1 decided" ]
}

@test "show: the result events as they are, for programs" {
	{
		printf '%s\n' "$init" "$task" "$result" "${result/\"1\"/\"2\"}"
		echo '{"type":"result","id":7,"status":"no_winner","big":12345678901234567890}'
		echo "$end"
	} | log r
	run mg-run show
	[ "$output" = "$result"$'\n'"${result/\"1\"/\"2\"}"$'\n''{"type":"result","id":7,"status":"no_winner","big":12345678901234567890}' ]
	run mg-run show -o json last
	[ "${#lines[@]}" = 3 ]
	run mg-run show -q .status r
	[ "${lines[2]}" = '"no_winner"' ]
}

@test "show: several tasks in order, decided or not; how to go on" {
	{
		printf '%s\n' "$init" "$task"
		echo '{"type":"task","id":"second","content":"And?"}'
		echo '{"type":"task","id":3,"content":"So?"}'
		echo '{"type":"result","id":3,"status":"limit","reason":"the time is up","content":"so","winner":"gpt","label":"agent1.1"}'
		echo '{"type":"result","id":"1","status":"no_winner","reason":"1 voted, the quorum is 2","votes":[],"total":1}'
	} | log r
	run mg-run show -t r
	output=${output/1 second ago/now}
	[ "$output" = "1: Is 3599 prime?

no answer: no_winner: 1 voted, the quorum is 2

second: And?

not decided

3: So?

so

gpt wins with agent1.1: limit: the time is up

gpt     0 calls, 0 answers, 0 tokens in, 0 out
claude  0 calls, 0 answers, 0 tokens in, 0 out
grok    0 calls, 0 answers, 0 tokens in, 0 out

run r: crashed now, 2 of 3 decided
unfinished: mg-run --resume r goes on with it" ]
	hold r
	run mg-run show -t r
	kill $holder
	[[ "$output" == *'run r: running '*', 2 of 3 decided'*'mg-run log -f r'* ]]
}

@test "show: bad lines are told with their number, and passed over" {
	{
		printf '%s\n' "$init" 'plain text' "$task" '{"type":"result",}'
		printf '%s\n' "$result" '[]' "$end"
		printf '{"type":"resu'
	} | log r
	run --separate-stderr mg-run show
	[ "$status" = 0 ]
	[ "$output" = "$result" ]
	[ "${#stderr_lines[@]}" = 4 ]
	[[ "${stderr_lines[0]}" == 'mg-run show: warning: line 2 of the log is passed over: '* ]]
	[[ "${stderr_lines[1]}" == *'line 4 '* ]]
	[[ "${stderr_lines[2]}" == *'line 6 '* ]]
	[[ "${stderr_lines[3]}" == *'last line is cut, and left out' ]]
	[[ "$stderr" != *plain* ]]
}

@test "show: what a model wrote cannot drive a terminal, and is whole in a pipe" {
	{
		echo '{"type":"init","agents":["\u001b[2J","\u009b2J"]}'
		echo '{"type":"task","id":"\u001b","content":"\u001b[2J"}'
		echo '{"type":"task","id":"2","content":"\u0007"}'
		echo '{"type":"result","id":"2","status":"\u001b[2J","content":"a\u001b[31mb\n\u009bc","winner":"\u001b","label":"\u001b","reason":"\u001b","votes":[{"label":"\u001b","agent":"\u001b","weight":"\u001b","agents":["\u001b"]}],"dissent":[{"agent":"\u001b"}],"failed":["\u001b"],"abstained":["\u001b"],"total":"\u001b"}'
		echo "$end"
	} | log r
	run env NO_COLOR=1 script -qec 'mg-run show' typescript
	[[ "$output" != *$'\033'* && "$output" != *$'\302\233'* ]]
	[[ "$output" == *'a?[31mb'* ]]
	run mg-run show -t
	[[ "$output" == *$'a\033[31mb\n\302\233c\n'* ]]
	[ "$(grep -c $'\033' <<<"$output")" = 1 ]
}

@test "a run that is not there: 66 and the nearest name" {
	for c in show log; do
		run --separate-stderr mg-run $c
		[ "$status" = 66 ]
		[[ "$stderr" == *'there are no runs yet'* ]]
	done
	whole | log friday
	for c in show log 'log -f' 'log --path'; do
		# shellcheck disable=SC2086 # words on purpose
		run --separate-stderr mg-run $c firday
		[ "$status" = 66 ]
		[ "$stderr" = "mg-run ${c%% *}: there is no run firday (did you mean friday?)" ]
	done
	run --separate-stderr mg-run tell ../../x hello
	[ "$status" = 66 ]
	[[ "$stderr" == 'mg-run tell: there is no such run (mg-run list names them all)' ]]
}

# --- log --------------------------------------------------------------------

@test "log: byte for byte, without a cut last line" {
	{
		whole
		printf '{"odd" : 1e400,   "type":"x"}\r\n\n'
	} | log r
	mg-run log r >out
	cmp out "$runs/r/log.ndjson"
	cp "$runs/r/log.ndjson" want
	printf '{"type":"fo' >>"$runs/r/log.ndjson"
	run --separate-stderr bash -c 'mg-run log >out'
	[ "$status" = 0 ]
	cmp out want
	[ "$stderr" = "mg-run log: warning: the log's last line is cut, and left out" ]
	printf '{"cut' | log s
	run --separate-stderr mg-run log s
	[ -z "$output" ]
	[ "$status" = 0 ]
	[ "$(mg-run log --path s)" = "$runs/s/log.ndjson" ]
}

@test "log: lines longer than any buffer; what is no event is told" {
	{
		echo "$init"
		printf '{"type":"x","content":"'
		head -c 5000000 /dev/zero | tr '\0' x
		printf '"}\nnoise\n'
		head -c 700000 /dev/zero | tr '\0' x
		printf '\n%s\n' "$end"
	} | log r
	run --separate-stderr bash -c 'mg-run log -f >out'
	[ "$status" = 0 ]
	cmp out "$runs/r/log.ndjson"
	[ "$stderr" = "mg-run log: warning: line 3 of the log is no event
mg-run log: warning: line 4 of the log is no event" ]
}

@test "log -f: until end, however it comes" {
	printf '%s\n' "$init" "$end" "$init" | log r
	hold r 20
	timeout 30 mg-run log -f >out 3>&- &
	pid=$!
	sleep 0.5
	printf '{"type":"delta"}\n{"type":"e' >>"$runs/r/log.ndjson"
	sleep 0.5
	[ "$(wc -l <out)" = 4 ]
	printf 'nd","status":"done"}\n' >>"$runs/r/log.ndjson"
	wait $pid
	cmp out "$runs/r/log.ndjson"
	kill -0 $holder
	kill $holder
	whole | log done
	timeout 5 mg-run log -f done >out
	[ "$(tail -1 out)" = "$end" ]
}

@test "log -f: an old end is not the end of a run that goes on" {
	whole | log r
	hold r 20
	timeout 30 mg-run log -f >out 3>&- &
	pid=$!
	sleep 0.5
	kill -0 $pid
	printf '%s\n' "$init" "$end" >>"$runs/r/log.ndjson"
	wait $pid
	kill $holder
	[ "$(wc -l <out)" = 9 ]
}

@test "log -f: a run that has died, a run that dies, a reader that goes" {
	printf '%s\n' "$init" | log r
	run --separate-stderr timeout 5 mg-run log -f
	[ "$status" = 65 ]
	[ "$output" = "$init" ]
	[ "$stderr" = 'mg-run log: run r has stopped without an end (mg-run --resume r goes on with it)' ]
	hold r 1
	run timeout 10 mg-run log -f
	[ "$status" = 65 ]
	hold r 20
	SECONDS=0
	timeout 10 mg-run log -f | head -1 >out
	[ "$SECONDS" -lt 5 ]
	kill $holder
}

# --- tell -------------------------------------------------------------------

# An inbox that answers $2 to one line, which it keeps in `told`.
inbox() {
	python3 - "$runs/$1" "$2" 3>&- <<-'X' &
		import os, socket, sys
		s = socket.socket(socket.AF_UNIX)
		os.chdir(sys.argv[1])
		s.bind("inbox")
		s.listen()
		c, _ = s.accept()
		line = b""
		while not line.endswith(b"\n"):
		    line += c.recv(65536)
		open("told", "wb").write(line)
		c.sendall(sys.argv[2].encode())
	X
	for _ in $(seq 200); do
		[ ! -S "$runs/$1/inbox" ] || break
		sleep 0.02
	done
}

@test "tell: a note, and whether it was taken" {
	whole | log r
	inbox r $'{"ok":true}\n'
	run mg-run tell r claude $'look at\n"59"'
	[ "$status" = 0 ]
	[ -z "$output" ]
	[ "$(cat "$runs/r/told")" = '{"type":"note","agent":"claude","content":"look at\n\"59\""}' ]
	rm "$runs/r/inbox"
	inbox r $'{"ok":false,"message":"nobody took the note","remedy":"all have finished"}\n'
	run mg-run tell last hello
	[ "$status" = 69 ]
	[ "$output" = 'mg-run tell: nobody took the note (all have finished)' ]
	[ "$(cat "$runs/r/told")" = '{"type":"note","content":"hello"}' ]
	rm "$runs/r/inbox"
	inbox r ''
	run mg-run tell r hello
	[ "$status" = 69 ]
	[[ "$output" == *'run r ended before it answered'* ]]
}

@test "tell: nobody there, nobody of that name, nothing to say" {
	whole | log r
	run mg-run tell r hello
	[ "$status" = 69 ]
	[ "$output" = 'mg-run tell: run r is not running (mg-run show r says how it ended)' ]
	run mg-run tell r cluade hello
	[ "$status" = 69 ]
	[ "$output" = 'mg-run tell: run r has no agent of that name (did you mean claude?)' ]
	run mg-run tell r gpt ' '
	[ "$status" = 64 ]
	head -c 1100000 /dev/zero | tr '\0' x >text
	inbox r $'{"ok":true}\n'
	head -c 100000 text >shorter
	run mg-run tell r gpt "$(cat shorter)"
	[ "$status" = 0 ]
}
