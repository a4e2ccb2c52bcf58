# mg-vote: that it counts as its manual says (against tests/oracle, which was
# written from the manual alone), and each sentence of that manual.

# JSON and jq stand in single quotes, and done is a status:
# shellcheck disable=SC1010,SC2016,SC2028,SC2094,SC2154

load helper

init='{"type":"init","v":1,"agents":["a","b"]}'
end='{"type":"end","status":"done"}'
soak=${MG_SOAK:+1}

# vote [OPTION...]: our standard input, counted.
vote() {
	timeout 120 mg-vote "$@"
}

# msg AGENT CONTENT [ID]: a message line; CONTENT and ID are JSON.
msg() {
	printf '{"type":"message",%s"agent":"%s","content":%s}\n' \
		"${3:+\"id\":$3,}" "$1" "$2"
}

# failed AGENT ID: this agent failed.
failed() {
	printf '{"type":"error","id":%s,"agent":"%s","code":"x","message":"m"}\n' "$2" "$1"
}

# three X Y Z: agents a, b and c say so; strings without quotes.
three() {
	msg a "\"$1\""
	msg b "\"$2\""
	msg c "\"$3\""
}

# is EXPR VALUE: of the one result in $output.
is() {
	local value
	value=$(jq -rc "select(.type == \"result\") | $1" <<<"$output")
	[ "$value" = "$2" ] || {
		echo "$1 is $value, not $2, in $output"
		return 1
	}
}

# no PATTERN FILE...: no line matches. PATTERN is a Perl expression on bytes.
no() {
	! LC_ALL=C grep -P -e "$@"
}

# until_there PATTERN FILE: waits until a line is in it.
until_there() {
	for _ in $(seq 1000); do
		! grep -qs -e "$1" "$2" || return 0
		sleep .02
	done
	echo "$1 is not in $2:"
	cat "$2"
	return 1
}

oracle() {
	python3 "$ROOT/tests/oracle/$1.py" "${@:2}"
}

# alike IN OPTION...: the oracle counts as mg-vote does, in the same order;
# reasons are free. All other lines pass byte for byte.
alike() {
	local in=$1 s='if .reason then .reason |= true else . end' status=0
	shift
	oracle plurality "$@" <"$in" | jq -cS "$s" >"$in.oracle"
	vote -o ndjson "$@" <"$in" >"$in.out" 2>"$in.err" || status=$?
	[[ $status = 0 || $status = 1 || $status = 69 ]]
	grep '^{"type":"result","by":"mg-vote"' "$in.out" | jq -cS "$s" >"$in.ours"
	[ -s "$in.ours" ]
	diff "$in.oracle" "$in.ours" | head -20
	cmp "$in.oracle" "$in.ours"
	grep -v '^{"type":"result","by":"mg-vote"' "$in.out" | cmp - "$in"
}

# --- the rule ----------------------------------------------------------------

@test "10,000 sets of answers that nearly collide are counted as the oracle does" {
	local seed=$((soak ? RANDOM : 1))
	echo "seed $seed"
	oracle answers $seed $((soak ? 100000 : 10000)) >"$BATS_TEST_TMPDIR/in"
	alike "$BATS_TEST_TMPDIR/in"
}

@test "so they are with weights, a quorum and a margin" {
	oracle answers 2 2000 >"$BATS_TEST_TMPDIR/in"
	alike "$BATS_TEST_TMPDIR/in" -w a=2.5 -w b=0 -w z=0.000001 \
		-w gpt-5#2=1000000 --quorum 3 --min-margin 0.5
	alike "$BATS_TEST_TMPDIR/in" -w a=0 -w b=0 -w c=0 -w z=0 --min-margin 2
}

@test "the messages of different agents may come in any order" {
	local in=$BATS_TEST_TMPDIR/in seed
	oracle answers --plain 3 2000 | vote -o json 2>/dev/null | sort >"$in.0"
	[ "$(wc -l <"$in.0")" -gt 1900 ]
	for seed in 1 2 3; do
		oracle answers --plain --shuffle $seed 3 2000 >"$in"
		vote -o json <"$in" 2>/dev/null | sort >"$in.$seed"
		cmp "$in.0" "$in.$seed"
	done
	alike "$in"
}

@test "with init too, and its order of the agents is kept" {
	local order first='' a
	for order in 'a b c' 'a c b' 'b a c' 'b c a' 'c a b' 'c b a'; do
		run -0 vote -o json < <(
			echo '{"type":"init","v":1,"agents":["c",{"name":"b","x":1},"a"]}'
			for a in $order; do
				msg "$a" "\"$([ "$a" = a ] && echo 7 || echo 8)\"" 1
			done
			echo "$end"
		)
		[ "$output" = "${first:=$output}" ]
	done
	is '[.winner, .votes[0].agents, .dissent[0].agent]' '["c",["c","b"],"a"]'
}

@test "42 against 43, and every spelling of 42 against the other" {
	run -0 vote -o json < <(three 42 43 '**42.0**')
	is '[.winner, .votes[0].agents, .margin]' '["a",["a","c"],1]'
	run -1 vote -o json < <(msg a '"42"'; msg b '"43"')
	is '[.status, .winners]' '["tie",["a","b"]]'
	run -0 vote -o json < <(three 4.2e1 '$+42$' '\\boxed{42}.')
	is '.votes | length' 1
	run -1 vote -o json < <(three 42 42% '$42')
	is '.votes | length' 3
}

@test "yes against Yes., and no against No, 42" {
	run -0 vote -o json < <(three yes Yes. no)
	is '[.answer, .votes[0].weight]' '["yes",2]'
	run -1 vote -o json < <(three no 'No, 42' 'No, 43')
	is '.votes | length' 3
}

@test "large numbers are exact" {
	run -1 vote -o json < <(three 9007199254740993 9007199254740992 9007199254740993.5)
	is .status tie
	run -0 vote -o json < <(three 1e400 1e401 10e399)
	is .votes[0].agents '["a","c"]'
}

@test "a three-way tie names who speaks for each, sorted by bytes" {
	run -1 vote -o json < <(
		echo '{"type":"init","v":1,"agents":["z","é","B"]}'
		msg B '"1"'; msg z '"2"'; msg é '"3"'; echo "$end"
	)
	is '[.status, .winners, .winner, .content, .margin, .total]' '["tie",["B","z","é"],null,null,0,3]'
	is '[.votes[].agents[0]]' '["B","z","é"]'
}

# --- what counts -------------------------------------------------------------

@test "the last message of an agent counts, and an error takes it back" {
	run -0 vote -o json < <(msg a '"x"'; msg a '"y"')
	is '[.content, .total]' '["y",1]'
	run -69 vote -o json < <(msg a '"x"' 1; failed a 1)
	is '[.status, .failed, .votes]' '["failed",["a"],[]]'
	run -0 vote -o json < <(failed a 1; msg a '"x"' 1)
	is '[.status, .failed]' '["done",[]]'
	run -69 vote -o json <<<'{"type":"error","id":1,"agent":"a","code":"cancelled"}'
}

@test "an error without id or agent is no failure of anybody" {
	run -0 vote -o json < <(
		msg a '"x"' 1
		echo '{"type":"error","id":1,"code":"x"}'
		echo '{"type":"error","agent":"a","code":"x"}'
		echo '{"type":"error","id":null,"agent":"a","code":"x"}'
	)
	is '[.status, .failed]' '["done",[]]'
}

@test "messages that were taken, or want tools, are not counted" {
	run -69 vote -o json < <(
		echo '{"type":"message","id":1,"agent":"a","content":"x","stop":"tool_calls"}'
		echo '{"type":"message","id":1,"agent":"b","content":"x","tool_calls":[{"call":"1"}]}'
		echo '{"type":"message","id":2,"agent":"b","content":7,"taken":"mg-mem"}'
	)
	is '[.id, .status, .failed]' '[1,"failed",[]]'
	run -0 vote -o json < <(
		echo '{"type":"message","agent":"a","content":"x","tool_calls":[],"stop":"length","taken":null}'
		echo '{"type":"message","agent":"a","content":"y","stop":"tool_calls"}'
	)
	is .content x
}

@test "a task that somebody took has a result though nobody answered" {
	run -69 vote -o json < <(
		echo "$init"
		echo '{"type":"task","id":"t","content":"?","taken":"mg-ask"}'
		echo "$end"
	)
	is '[.id, .status, .missing]' '["t","failed",["a","b"]]'
	run -66 --separate-stderr vote -o json <<<'{"type":"task","id":"t","content":"?"}'
	[ -z "$output" ]
}

@test "blank and missing contents abstain" {
	run -1 vote -o json < <(msg a '" \n "'; msg b null; echo '{"type":"message","agent":"c"}')
	is '[.status, .abstained, .votes, .margin, .total]' '["no_winner",["a","b","c"],[],0,0]'
	run -1 vote -o json < <(msg a '""' 1; failed b 1)
	is '[.status, .failed, .abstained]' '["no_winner",["b"],["a"]]'
}

@test "ids are strings or numbers, as they are spelt; without one there is one task" {
	run -0 vote -o json < <(
		for id in 1 '"1"' 1.0 9007199254740993 9007199254740992 '""' '"\u0061"' '"a"' null ''; do
			msg a '"x"' "$id"
		done
	)
	[ "$(sed -n 's/.*mg-vote","id":\([^,]*\).*/\1/p' <<<"$output" | tr '\n' ' ')" = '1 "1" 1.0 9007199254740993 9007199254740992 "" "\u0061" ' ]
	[ "$(grep -c '"by":"mg-vote","status"' <<<"$output")" = 1 ]
	[ "${#lines[@]}" = 8 ]
}

@test "a bad event is replaced by an error with its number, and the rest is counted: 65" {
	local bad
	for bad in '"content":"x"' '"agent":7,"content":"x"' '"agent":"","content":"x"' \
		'"agent":"b","content":7' '"agent":"b","content":["x"]' \
		'"agent":"b","content":"x","id":true' '"agent":"b","content":"x","id":{}' \
		'"agent":"b","content":"x",' '"agent":"b","content":"\x"' '"agent":"b","content":"x","n":1e999'; do
		run -65 --separate-stderr vote < <(msg a '"x"'; echo "{\"type\":\"message\",$bad}")
		[ "$(field 'select(.type == "error") | [.code, .line, .by] | join(" ")')" = 'bad_event 2 mg-vote' ]
		is '[.status, .total]' '["done",1]'
		[ "${#lines[@]}" = 3 ]
		[[ $stderr == 'mg-vote: line 2: '* ]]
	done
}

@test "malformed lines: an error in place of each, and the rest is counted: 65" {
	run -65 --separate-stderr vote < <(
		echo 'not JSON'; msg a '"x"'; echo; echo '[1]'; echo '{"type":"message"'
		printf '{"type":"a\0b"}\n'; printf '{"type":"foreign","x":1 }\r\n'; msg b '"x"'
	)
	[ "$(field 'select(.type == "error") | "\(.code) \(.line)"' | tr '\n' ' ')" = 'bad_line 1 bad_line 4 bad_line 5 bad_line 6 ' ]
	[ "${lines[5]}" = $'{"type":"foreign","x":1 }\r' ]
	is '[.status, .total]' '["done",2]'
}

@test "what is no business of ours passes byte for byte" {
	local in=$BATS_TEST_TMPDIR/in
	cat >"$in" <<-'Y'
		{"type":"init","v":1}
		{"n":9007199254740993,"type":"usage","f":1.0,"e":1E5,"u":"\u00e9\ud800"}
		{ "type" : "election" , "b" : [ 1 , 2 ] }
		{"type":"result","by":"mg-vote","id":1,"status":"done","content":"x"}
		{"type":"delta","id":1,"agent":"a","content":"\u001b[31m"}
		{}
		{"a":{"type":"message"},"content":7}
		{"type":["message"]}
		{"type":"broken","x":}
		{"agent" : "a", "content" : "\u0078", "x" : 18446744073709551616, "type":"message" }
		{"type":"end","status":"done","x":1.10}
	Y
	run -0 vote <"$in"
	vote <"$in" | grep -v '^{"type":"result","by":"mg-vote","status"' | cmp - "$in"
	[ "${#lines[@]}" = 12 ]
	[[ ${lines[10]} == '{"type":"result","by":"mg-vote","status":"done","content":"\u0078","answer":"x","winner":"a",'* ]]
}

@test "a line of more than 15 MiB would be the result: an error stands there" {
	run -76 --separate-stderr vote -q 'select(.type != "message") | .code' < <(
		printf '{"type":"message","agent":"a","content":"'
		head -c $((15 << 20)) /dev/zero | tr '\0' x
		printf '"}\n'
	)
	[ "$output" = '"too_large"' ]
}

# --- when --------------------------------------------------------------------

@test "with agents in init, a result is out as soon as the last of them has spoken" {
	local in=$BATS_TEST_TMPDIR/in out=$BATS_TEST_TMPDIR/out status=0
	mkfifo "$in"
	mg-vote <"$in" >"$out" 3>&- &
	exec 7>"$in"
	{ echo "$init"; msg a '"x"' 1; failed b 2; msg b '"x"' 1; } >&7
	until_there '"result".*"id":1,"status":"done"' "$out"
	[ "$(grep -c '"type":"result"' "$out")" = 1 ]
	msg a '"x"' 2 >&7
	until_there '"result".*"id":2,"status":"done".*"failed":\["b"\]' "$out"
	{ msg a '"late"' 1; failed b 1; msg a '"y"' 3; echo "$end"; } >&7
	exec 7>&-
	wait $! || status=$?
	[ "$status" = 0 ]
	[ "$(jq -r '"\(.type)\(.id // "")"' "$out" | tr '\n' ' ')" = \
		'init message1 error2 message1 result1 message2 result2 message1 error1 message3 result3 end ' ]
	[ "$(jq -c 'select(.id == 3 and .type == "result") | .missing' "$out")" = '["b"]' ]
}

@test "without names in init the result stands in front of end, which stays last" {
	run -0 vote < <(echo '{"type":"init","v":1,"agents":[]}'; msg a '"x"' 1; msg b '"x"' 2; echo "$end")
	[ "$(field '"\(.type)\(.id // "")"' | tr '\n' ' ')" = 'init message1 message2 result1 result2 end ' ]
	run -66 --separate-stderr vote < <(echo "$init"; echo "$end")
	[ "$(field .type | tr '\n' ' ')" = 'init error end ' ]
}

@test "streams one after the other: each init begins anew, its names hold up to its end" {
	run -1 vote -o json < <(
		echo "$init"; msg a '"x"' 1; msg b '"y"' 1; msg c '"x"' 2; echo "$end"
		msg a '"late"' 1; msg a '"x"' 3; msg b '"x"' 3; msg c '"x"' 3
		echo "$init"; msg a '"x"' 1; msg b '"x"' 1; echo "$end"
	)
	[ "$(field '"\(.id)\(.status)\(.total)"' | tr '\n' ' ')" = '1tie2 2done1 3done3 1done2 ' ]
}

@test "a stream that breaks off: truncated, incomplete, 65" {
	run -65 --separate-stderr vote < <(echo "$init"; msg a '"x"' 1; msg b '"x"' 1; msg a '"x"' 2)
	[ "$(field '"\(.type)\(.status // .code // "")"' | tr '\n' ' ')" = \
		'init message message resultdone message errortruncated resultincomplete ' ]
	[ "$(field 'select(.id == 2 and .type == "result") | [has("content"), has("winner"), .votes[0].agents, .missing, (.reason | length > 0)] | tostring')" = \
		'[false,false,["a"],["b"],true]' ]
	run -65 --separate-stderr vote -o json < <(echo "$init"; msg a '"x"' 1; echo "$init"; msg a '"x"' 2; echo "$end")
	[ "$(field '"\(.id)\(.status)"' | tr '\n' ' ')" = '1incomplete 2done ' ]
	run -65 --separate-stderr vote -o json < <(echo "$init"; msg a '"x"' 1; msg b '"x"' 1)
	is .status done
}

@test "an interrupted stream: incomplete and 65, also if nothing is undecided" {
	local over='{"type":"end","status":"interrupted"}'
	run -65 vote -o json < <(echo "$init"; msg a '"x"' 1; echo "$over")
	is '[.status, .missing]' '["incomplete",["b"]]'
	run -65 vote -o json < <(echo "$init"; msg a '"x"' 1; failed b 1; echo "$over")
	is .status done
	run -65 vote < <(echo "$init"; echo "$over")
	[ "${lines[1]}" = "$over" ]
}

# --- mg-ask in front ---------------------------------------------------------

# team: agents quick and slow in a team file; slow sleeps.
team() {
	cd "$BATS_TEST_TMPDIR" || return
	printf '#!/bin/sh\necho 42\n' >quick
	printf '#!/bin/sh\necho $$ >pid\nexec sleep 60\n' >slow
	chmod +x quick slow
	cat >team.yaml <<-'Y'
		agents:
		  - id: quick
		    backend: {type: exec, model: "exec:./quick"}
		  - id: slow
		    backend: {type: exec, model: "exec:./slow"}
	Y
}

@test "mg-ask is killed in mid-answer: incomplete, with what was heard, and 65" {
	local status=0
	team
	mkfifo pipe
	mg-ask -c team.yaml hi </dev/null >pipe 2>/dev/null 3>&- &
	local ask=$!
	mg-vote <pipe >out 2>err 3>&- &
	until_there '"type":"message"' out
	until_there . pid
	kill -9 $ask
	wait $! || status=$?
	kill "$(cat pid)" 2>/dev/null || true
	[ "$status" = 65 ]
	output=$(cat out)
	is '[.status, .votes[0].agents, .missing]' '["incomplete",["quick"],["slow"]]'
	[ "$(tail -1 out | jq -r .type)" = result ]
	grep -q 'without its `end`' err
}

@test "SIGINT to the whole pipeline: incomplete, end is the last line, 130" {
	team
	# A background job of a script ignores SIGINT, and bash passes that on.
	env --default-signal=INT setsid bash -c 'trap : INT; echo $$ >group
		mg-ask -c team.yaml hi 2>/dev/null | mg-vote >out 2>err
		echo "${PIPESTATUS[@]}" >status' </dev/null >/dev/null 2>&1 3>&- &
	until_there '"type":"message"' out
	until_there . pid
	kill -INT -- "-$(cat group)"
	wait $!
	[ "$(cat status)" = '130 130' ]
	output=$(cat out)
	is '[.status, .votes[0].agents]' '["incomplete",["quick"]]'
	[ "$(tail -1 out | jq -r '"\(.type) \(.status)"')" = 'end interrupted' ]
	[ ! -s err ]
}

@test "SIGTERM alone, with nobody to say end: it waits for that, then 143" {
	local status=0
	mkfifo "$BATS_TEST_TMPDIR/in"
	mg-vote <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out" 2>/dev/null 3>&- &
	exec 7>"$BATS_TEST_TMPDIR/in"
	{ echo "$init"; msg a '"x"' 1; } >&7
	until_there message "$BATS_TEST_TMPDIR/out"
	kill -TERM $!
	exec 7>&-
	wait $! || status=$?
	[ "$status" = 143 ]
	output=$(cat "$BATS_TEST_TMPDIR/out")
	is .status incomplete
}

@test "all agents failed: failed and 69; some failed: the others decide" {
	run -69 bash -c 'mg-ask -m exec:false:2 hi </dev/null 2>/dev/null | timeout 60 mg-vote -o json'
	is '[.status, .failed, .votes, (.reason | length > 0)]' '["failed",["exec:false","exec:false#2"],[],true]'
	team
	run -0 bash -c 'mg-ask -m exec:false -m exec:./quick hi </dev/null 2>/dev/null | timeout 60 mg-vote -o json'
	is '[.status, .failed, .content]' '["done",["exec:false"],"42"]'
}

# --- weights, quorum, margin -------------------------------------------------

@test "weights are decimal numbers and add up exactly" {
	run -1 vote -o json -w a=0.1 -w b=0.2 --weight c=0.3 < <(three x x y)
	[[ $output == *'"margin":0,"total":0.6,'* ]]
	is .status tie
	run -0 vote -o json -w a=1.50 -w b=1000000 -w c=0.000001 < <(three x y x)
	[[ $output == *'"margin":999998.499999,"total":1000001.500001,'* ]]
	[[ $output == *'"weight":1.500001,'* ]]
}

@test "the last = ends the name, the last weight of an agent counts, unknown agents do no harm" {
	run -0 vote -o json -w a=9 -w nobody=3 -w b=c=5 -w a=0 -w b=4 < <(three x y x)
	is '[.winner, .total]' '["b",5]'
	run -0 vote -o json -w a=b=3 < <(msg a=b '"x"'; msg a '"y"')
	is '[.winner, .margin]' '["a=b",2]'
}

@test "votes that weigh 0 together have no winner; one of weight 0 still counts for the quorum" {
	run -1 vote -o json -w a=0 -w b=0 -w c=0.0 < <(three x x y)
	is '[.status, .total, (.reason | length > 0)]' '["no_winner",0,true]'
	run -0 vote -o json -w a=0 -w b=0 --quorum 3 < <(three x x y)
	is '[.winner, .votes[1].weight]' '["c",0]'
}

@test "bad weights, margins and quorums: 64, and nothing on standard output" {
	local w
	for w in a= a '=1' a=-1 a=+1 a=.5 a=1. a=1e3 a=0x1 'a= 1' a=1,5 a=NaN a=1000001 \
		a=1000000.000001 a=0.0000001; do
		run -64 --separate-stderr vote -w "$w" < <(three x x y)
		[ -z "$output" ]
		[[ $stderr == 'mg-vote: --weight takes '* ]]
		[ "$w" = a ] || [ "$w" = '=1' ] ||
			run -64 --separate-stderr vote --min-margin "${w#a=}" < <(three x x y)
		[ -z "$output" ]
	done
	for w in 0 -1 x 1.5 '' 99999999999999999999; do
		run -64 --separate-stderr vote --quorum "$w" < <(three x x y)
		[ -z "$output" ]
	done
}

@test "the quorum counts who voted, not who failed or abstained" {
	run -0 vote -o json --quorum 3 < <(three x y x)
	run -1 vote -o json --quorum 4 < <(three x y x; msg d '""')
	is '[.status, .margin, .votes[0].agents]' '["no_winner",1,["a","c"]]'
	run -1 vote -o json --quorum 2 < <(msg a '"x"' 1; failed b 1)
	is .status no_winner
	[[ $output == *'"reason":"1 voted, the quorum is 2"'* ]]
}

@test "the margin is counted against the runner-up, or against nobody" {
	run -0 vote -o json --min-margin 1 < <(three x y x)
	run -1 vote -o json --min-margin 1.000001 < <(three x y x)
	is '[.status, .margin]' '["no_winner",1]'
	run -0 vote -o json --min-margin 3 < <(three x x x)
	is .margin 3
	run -1 vote -o json --min-margin 4 < <(three x x x)
}

@test "the quorum is tested in front of a tie, a tie in front of the margin" {
	run -1 vote -o json --quorum 3 --min-margin 5 < <(msg a '"x"'; msg b '"y"')
	is '[.status, (.reason | test("quorum"))]' '["no_winner",true]'
	run -1 vote -o json --min-margin 5 < <(msg a '"x"'; msg b '"y"')
	is '[.status, has("reason")]' '["tie",false]'
	run -1 vote -o json --quorum 9 < <(msg a '""')
	is '.reason | test("quorum")' false
	run -69 vote -o json --quorum 9 < <(failed a 1)
}

# --- what the answer is ------------------------------------------------------

# found OPTION VALUE CONTENT: the answer in it, or that the agent abstains.
found() {
	jq -cn --arg c "$3" '{type: "message", agent: "a", content: $c}' |
		vote -o json "$1" "$2" | jq -r 'if .status == "done" then .answer
			else "\(.status), \(.abstained | join(" ")) abstained" end'
}

nothing='no_winner, a abstained'

@test "--answer-re: a group or the whole match, the last one, each line by itself" {
	[ "$(found --answer-re '[0-9]+' 'first 41, then 42.')" = 42 ]
	[ "$(found --answer-re 'ANSWER: (.*)' $'ANSWER: A\nno\nANSWER: B\nbye')" = B ]
	[ "$(found --answer-re 'a(b)|c(d)' 'ab cd')" = d ]
	[ "$(found --answer-re '(a)?(b)(c)?' 'b')" = b ]
	[ "$(found --answer-re '^[0-9]' $'12\n34')" = 3 ]
	[ "$(found --answer-re '[0-9]$' $'12\n34\nx')" = 4 ]
	[ "$(found --answer-re 'x.y' $'x\ny')" = "$nothing" ]
	[ "$(found --answer-re 'x.y' $'x-y\nx\ny')" = x-y ]
	[ "$(found --answer-re 'aa' 'aaa')" = aa ]
}

@test "--answer-re: a match of nothing is none, and no answer is an abstention" {
	[ "$(found --answer-re 'x*' 'axxb')" = xx ]
	[ "$(found --answer-re 'x*' 'abc')" = "$nothing" ]
	[ "$(found --answer-re 'ANSWER:(.*)' 'ANSWER:  ')" = "$nothing" ]
	[ "$(found --answer-re 'ANSWER:(.*)' 'ANSWER:')" = "$nothing" ]
	[ "$(found --answer-re 'nowhere' 'ANSWER: x')" = "$nothing" ]
}

@test "--answer-re: an answer never ends within a character" {
	[ "$(found --answer-re '.$' 'été')" = é ]
	[ "$(found --answer-re $'^.' 'été')" = é ]
	[ "$(found --answer-re $'x(.)' 'x😀y')" = 😀 ]
}

@test "--answer-re: contents are whole, answers are compared" {
	run -0 vote -o json --answer-re 'ANSWER: (.*)' < <(
		three 'Well.\nANSWER: B' 'ANSWER: (b)' 'ANSWER: A')
	is '[.content, .answer, .votes[0].agents, .votes[1].answer]' \
		"$(printf '["Well.\\nANSWER: B","B",["a","b"],"A"]')"
}

@test "a bad regular expression, two rules, or an empty path: 64" {
	run -64 --separate-stderr vote --answer-re '(' < <(three x x y)
	[ -z "$output" ]
	[[ $stderr == *'--answer-re'* ]]
	run -64 vote --answer-re x --answer-path x < <(three x x y)
	run -64 vote --answer-path '' < <(three x x y)
}

@test "--answer-path: members and indices; strings decoded, the rest as it is spelt" {
	[ "$(found --answer-path choices.0.answer '{"choices":[{"answer":"\u0078\n"}]}')" = x ]
	[ "$(found --answer-path a '{"a":4.20e1}')" = 4.20e1 ]
	[ "$(found --answer-path a ' {"a": { "b": [1, 2] } } ')" = '{ "b": [1, 2] }' ]
	[ "$(found --answer-path 1 '[1,false]')" = false ]
	run -0 vote -o json --answer-path p < <(three '{\"p\":42.0}' '{\"p\":\" 42\"}' '{\"p\":43}')
	is '.votes[0].agents' '["a","b"]'
	run -0 vote -o json --answer-path p < <(three '{\"p\":false}' '{\"p\":\"No.\"}' '{\"p\":true}')
	is '.votes[0].agents' '["a","b"]'
}

@test "--answer-path: JSON in one closed fence among other lines" {
	[ "$(found --answer-path a $'Here:\n```json\n{"a":\n 7}\n```\nBye.')" = 7 ]
	[ "$(found --answer-path a $'~~~~\n{"a":7}\n~~~~')" = 7 ]
	[ "$(found --answer-path a $'```\nnot JSON\n```\n```\n{"a":7}\n```')" = 7 ]
	[ "$(found --answer-path a $'```\n{"a":7}\n```\n```\n{"a":8}\n```')" = "$nothing" ]
	[ "$(found --answer-path a $'```\n{"a":7}\n')" = "$nothing" ]
	[ "$(found --answer-path a $'```\n{"a":7}\n~~~')" = "$nothing" ]
}

@test "--answer-path: nothing, null and no JSON abstain" {
	local c
	for c in '{"b":1}' '{"a":null}' 'a: 1' 'So {"a":1}' '{"a":1' '[1]' '"a"' '{"a":"  "}'; do
		[ "$(found --answer-path a "$c")" = "$nothing" ]
	done
	[ "$(found --answer-path a.b '{"a":"b"}')" = "$nothing" ]
	[ "$(found --answer-path 2 '[1,2]')" = "$nothing" ]
}

# --- the result --------------------------------------------------------------

@test "a result has its members in the order of the manual" {
	run vote -o json < <(
		echo '{"type":"init","v":1,"agents":["a","b","never"]}'
		msg c '" 42\n"' 1; msg a '"43"' 1; msg b '""' 1; msg d '"42"' 1; failed e 1
		msg c '"42"' 2; msg b '"43"' 2
		msg c '""' 3
		echo "$end"
	)
	[ "$(jq -r 'keys_unsorted | join(" ")' <<<"${lines[0]}")" = \
		'type by id status content answer winner votes margin total dissent failed abstained missing' ]
	[ "$(jq -c '[.content, .answer, .dissent, .failed, .abstained, .missing]' <<<"${lines[0]}")" = \
		'[" 42\n","42",[{"agent":"a","answer":"43"}],["e"],["b"],["never"]]' ]
	[ "$(jq -r '.votes[0] | keys_unsorted | join(" ")' <<<"${lines[0]}")" = 'answer weight agents' ]
	[ "$(jq -r 'keys_unsorted | join(" ")' <<<"${lines[1]}")" = \
		'type by id status winners votes margin total failed abstained missing' ]
	[ "$(jq -r 'keys_unsorted | join(" ")' <<<"${lines[2]}")" = \
		'type by id status reason votes margin total failed abstained missing' ]
	run -0 vote -o json < <(msg a '"x"')
	[ "$(field 'keys_unsorted | join(" ")')" = \
		'type by status content answer winner votes margin total dissent failed abstained' ]
}

@test "an answer is cut to 280 bytes between characters, a content is not cut" {
	run -0 vote -o json < <(msg a "\"$(printf 'x%.0s' {1..279})é…\"")
	is '[(.answer | utf8bytelength), (.content | utf8bytelength)]' '[279,284]'
}

@test "equal votes are sorted by the name of who speaks for them, heavier ones stand first" {
	run -1 vote -o json < <(msg z '"1"'; msg B '"2"'; msg b '"3"'; msg a '"4"'; msg y '"4"'; msg é '"1"')
	is '[.votes[].agents | join("")] | join(" ")' 'ay zé B b'
	is .winners '["a","z"]'
}

# --- output ------------------------------------------------------------------

@test "-t: the content that won, and a newline; of several tasks one after the other" {
	run -0 --separate-stderr vote -t < <(three ' 42 ' 43 42)
	[ "$output$stderr" = ' 42 ' ]
	[ "$(three ' 42 ' 43 42 | vote -o text | od -An -c | tr -d ' ')" = '42\n' ]
	[ "$({ msg a '"x\n"' 1; msg a '"y"' 2; } | vote -t | tr '\n' /)" = 'x//y/' ]
}

@test "-t: of a task that nobody won, one line on standard error" {
	run -69 --separate-stderr vote -t < <(
		msg a '"x"' '"t\u001b"'; msg b '"y"' '"t\u001b"'; msg a '""' 2; failed a 3)
	[ -z "$output" ]
	[ "${stderr_lines[0]}" = 'mg-vote: task t?: tie between a, b' ]
	[[ ${stderr_lines[1]} == 'mg-vote: task 2: no winner: '?* ]]
	[[ ${stderr_lines[2]} == 'mg-vote: task 3: failed: '?* ]]
	[ "${#stderr_lines[@]}" = 3 ]
	run -65 --separate-stderr vote -t < <(echo "$init"; msg a '"x"')
	[ -z "$output" ]
	[[ $stderr == *'mg-vote: incomplete: '* ]]
}

@test "--explain shows who said what, the count, the winner, dissent, and the content" {
	run -0 --separate-stderr vote -t --explain --answer-re '[0-9]+' < <(
		echo '{"type":"init","v":1,"agents":["trial","oracle","factor","sleeper"]}'
		echo '{"type":"task","id":"t","content":"How many?\nSay it.","taken":"mg-ask"}'
		msg factor '"It is 42.\nSurely."' '"t"'; msg oracle '"43?"' '"t"'; msg trial '"=42"' '"t"'
		msg mute '"hm"' '"t"'; failed dead '"t"'; msg trial '"1"' 2
		echo "$end"
	)
	diff <(echo "$output") - <<-'Y'
		t: How many? Say it.
		  trial    42
		  factor   42
		  oracle   43
		  mute     (abstained)
		  dead     (failed)
		  sleeper  (nothing heard)
		42: 2 of 3 (trial, factor)
		43: 1 of 3 (oracle)
		trial wins by 1
		dissent: oracle

		=42

		2
		  trial    1
		  oracle   (nothing heard)
		  factor   (nothing heard)
		  sleeper  (nothing heard)
		1: 1 of 1 (trial)
		trial wins by 1

		1
	Y
	[ -z "$stderr" ]
	run -1 --separate-stderr vote -t --explain < <(msg a '"x"' 1; msg b '"y"' 1)
	[ "${lines[-1]}" = 'tie between a, b' ]
	[ -z "$stderr" ]
}

@test "--explain: equal answers stand together, the winner's first, whatever they are" {
	run -0 vote -t --explain < <(three no yes yes)
	[ "${lines[0]}" = '  b  yes' ]
	[ "${lines[2]}" = '  a  no' ]
	run -0 vote -t --explain < <(three yes no no)
	[ "${lines[0]}" = '  b  no' ]
}

@test "--explain is nothing to -o json and to lines" {
	[ "$(three x x y | vote --explain -o json)" = "$(three x x y | vote -o json)" ]
	[ "$(three x x y | vote --explain)" = "$(three x x y | vote)" ]
}

# on_terminal COMMAND: a shell runs it with a terminal as standard output.
on_terminal() {
	python3 -c 'import os, pty, sys
status = pty.spawn(["sh", "-c", sys.argv[1]])
sys.exit(os.waitstatus_to_exitcode(status))' "$1" </dev/null
}

@test "on a terminal: text and the explanation, emphasised unless NO_COLOR" {
	three x x y >"$BATS_TEST_TMPDIR/in"
	run -0 on_terminal "mg-vote <$BATS_TEST_TMPDIR/in"
	[ "${lines[0]}" = $'  a  x\r' ]
	[[ $output == *$'\e[1ma wins by 1\e[m'* ]]
	NO_COLOR=1 run -0 on_terminal "mg-vote <$BATS_TEST_TMPDIR/in"
	[[ $output == *'a wins by 1'* ]]
	[[ $output != *$'\e'* ]]
	NO_COLOR='' run -0 on_terminal "mg-vote <$BATS_TEST_TMPDIR/in"
	[[ $output == *$'\e[1m'* ]]
	run -0 on_terminal "mg-vote -o ndjson <$BATS_TEST_TMPDIR/in"
	[ "$(tr -d '\r' <<<"$output" | jq -r .type | tail -1)" = result ]
}

@test "control characters of strangers never reach a terminal; -o json has the exact bytes" {
	local evil='"a\u001b]0;x\u0007\u009b2J\u007f\u0000\tb\r\nc\rd"'
	[ "$(msg a "$evil" | vote -t | od -An -c | tr -d ' \n')" = 'a?]0;x??2J??\tb\r\nc?d\n' ]
	run -0 vote -t --explain < <(
		echo '{"type":"task","id":"i\u001b","content":"q\u001b[2J","taken":"mg-ask"}'
		msg 'n\u001b' "$evil" '"i\u001b"'; msg 'm\u009b' '"\u001bc"' '"i\u001b"'; msg m "$evil" '"i\u001b"'
		failed 'f\u0007' '"i\u001b"'; msg 'e\u007f' '""' '"i\u001b"')
	no '[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f]' <<<"$output"
	run -1 --separate-stderr vote -t < <(msg 'n\u001b' '"x"' '"\u009b"'; msg b '"y"' '"\u009b"')
	no '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' <<<"$stderr"
	[[ $(msg a "$evil" | vote -o json) == *"\"content\":$evil,"* ]]
}

@test "-o: ndjson is every line, json the results alone, auto ndjson in a pipe; 64 else" {
	[ "$(three x x y | vote -o ndjson | wc -l)" = 4 ]
	[ "$(three x x y | vote -o auto | wc -l)" = 4 ]
	[ "$({ echo '{"type":"x"}'; three x x y; } | vote -o json | jq -r .type)" = result ]
	[ "$(three x x y | vote -t -o json)" = "$(three x x y | vote --output=json)" ]
	run -64 vote -o yaml < <(three x x y)
}

@test "-q: of each line, with -o json and -o text of each result" {
	[ "$(three x x y | vote -q .type | uniq -c | tr -s ' \n' ' ')" = ' 3 "message" 1 "result" ' ]
	[ "$({ echo '{"type":"x"}'; three x x y; } | vote -o json -q '[.winner, .margin]')" = '["a",1]' ]
	[ "$({ echo '{"type":"x"}'; three x x y; } | vote -t -q .winner)" = a ]
	[ "$(three x x y | vote -t -q '.votes[0].agents')" = '["a","b"]' ]
	[ "$(three x x y | vote -o json -q empty)" = '' ]
	run -64 --separate-stderr vote -q '(' < <(three x x y)
	[ -z "$output" ]
	run -1 vote -o json -q .status < <(msg a '"x"'; msg b '"y"')
	[ "$output" = '"tie"' ]
}

@test "--as signs what is added" {
	run -0 vote -o json --as judge < <(three x x y)
	is .by judge
}

@test "the same input gives the same bytes, and none of them is a time" {
	local in=$BATS_TEST_TMPDIR/in
	oracle answers 7 300 >"$in"
	vote <"$in" >"$in.1" 2>/dev/null || true
	env -i PATH="$PATH" TZ=Asia/Tokyo LC_ALL=tr_TR.UTF-8 HOME=/ mg-vote <"$in" 2>/dev/null >"$in.2" || true
	(sleep .01; cat "$in") | vote >"$in.3" 2>/dev/null || true
	cmp "$in.1" "$in.2"
	cmp "$in.1" "$in.3"
	no '"ts":' "$in.1"
}

@test "no network, no file but its own libraries, no chance, no second process" {
	command -v strace >/dev/null || skip 'no strace'
	strace -o /dev/null true 2>/dev/null || skip 'strace may not trace'
	three x x y >"$BATS_TEST_TMPDIR/in"
	ASAN_OPTIONS=detect_leaks=0 strace -f -o "$BATS_TEST_TMPDIR/trace" \
		-e trace=%network,%process,openat,getrandom \
		mg-vote --explain -w a=2 <"$BATS_TEST_TMPDIR/in" >/dev/null
	grep -q 'exit_group(0)' "$BATS_TEST_TMPDIR/trace"
	no ' (socket|connect|sendto|clone|clone3|fork|vfork)\(' "$BATS_TEST_TMPDIR/trace"
	no 'openat\((?!AT_FDCWD, "(/usr)?/lib|AT_FDCWD, "/(etc/ld\.so|proc|sys))' "$BATS_TEST_TMPDIR/trace"
	# Only malloc asks for randomness, for one word.
	no 'getrandom\((?!.*, [48], GRND_NONBLOCK)' "$BATS_TEST_TMPDIR/trace"
}

# --- options and exit statuses -----------------------------------------------

@test "--help names every option, --version the version, both without input" {
	local o
	run -0 --separate-stderr mg-vote --help <&-
	[ -z "$stderr" ]
	[ "$output" = "$(mg-vote -h)" ]
	for o in --answer-path --answer-re --as --completion --explain -h --help --min-margin \
		-o --output -q --query --quorum -t --text --version -w --weight; do
		grep -qe "$o\b" <<<"$output"
	done
	run -0 mg-vote --version <&-
	[[ $output == 'mg-vote '[0-9]* ]]
}

@test "--completion for three shells; another is 64" {
	local s
	for s in bash zsh fish; do
		run -0 mg-vote --completion $s
		[[ $output == *min-margin* ]]
	done
	bash -n <(mg-vote --completion bash)
	run -64 --separate-stderr mg-vote --completion tcsh
	[ -z "$output" ]
}

@test "unknown options, missing values and arguments: 64" {
	run -64 vote --nope < <(three x x y)
	run -64 vote --quorum < <(three x x y)
	run -64 vote -w < <(three x x y)
	run -64 --separate-stderr vote file.ndjson < <(three x x y)
	[ -z "$output" ]
	[[ $stderr == *'standard input'* ]]
}

@test "nothing to count: 66, and an error event among lines" {
	run -66 --separate-stderr vote </dev/null
	[ "$(field '"\(.type) \(.code)"')" = 'error no_input' ]
	run -66 --separate-stderr vote -t < <(echo; echo '{"type":"usage"}')
	[ -z "$output" ]
	[[ $stderr == 'mg-vote: nothing to count'* ]]
}

@test "of several statuses the worst: 65, 66, 69, 1, 0" {
	run -1 vote -o json < <(msg a '"x"' 1; msg a '""' 2)
	run -69 vote -o json < <(failed a 1; msg a '""' 2; msg a '"x"' 3)
	run -65 vote -o json < <(failed a 1; msg a '""' 2; echo bad)
	run -65 vote -o json < <(echo bad)
	run -0 vote -o json < <(msg a '"x"' 1; msg a '"x"' 2)
}

@test "input that cannot be read, output that cannot be written: 74" {
	run -74 --separate-stderr vote </
	[[ $stderr == *'unable to read'* ]]
	run -74 bash -c 'mg-vote >/dev/full' < <(three x x y)
	[[ $output == *'unable to write'* ]]
}

@test "its reader is gone: it dies of SIGPIPE, 141 in a shell, and says nothing" {
	run bash -c 'yes "$1" | timeout 60 mg-vote 2>"$2" | head -1 >/dev/null; echo "${PIPESTATUS[1]}"' \
		- "$(msg a '"x"')" "$BATS_TEST_TMPDIR/err"
	[ "$output" = 141 ]
	[ ! -s "$BATS_TEST_TMPDIR/err" ]
}

@test "a million messages are counted right" {
	[ -n "$soak" ] || skip 'MG_SOAK is not set'
	# 100 agents, 10,000 tasks; agent K answers T modulo 3, 7 says nothing.
	python3 - >"$BATS_TEST_TMPDIR/in" <<-'Y'
		for t in range(10000):
		    for k in range(100):
		        c = "" if k == 7 else "x" if k < 60 else str(t * k % 3)
		        print('{"type":"message","id":%d,"agent":"%d","content":"%s"}' % (t, k, c))
	Y
	timeout 300 mg-vote -o json <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out"
	[ "$(jq -r '"\(.status) \(.margin > 0) \(.total) \(.votes[0].weight) \(.abstained | join(" "))"' \
		"$BATS_TEST_TMPDIR/out" | sort | uniq -c | tr -s ' ')" = ' 10000 done true 99 59 7' ]
	# One task with 100,000 agents that come ten times each.
	awk 'BEGIN {for (i = 0; i < 1000000; i++) printf "{\"type\":\"message\",\"agent\":\"%d\",\"content\":\"%d\"}\n", i % 100000, i % 2 + (i >= 900000)}' >"$BATS_TEST_TMPDIR/in"
	run -1 timeout 300 mg-vote -o json -q '[.status, .total, (.votes | length), .margin]' <"$BATS_TEST_TMPDIR/in"
	[ "$output" = '["tie",100000,2,0]' ]
}

@test "an expression that takes for ever can be interrupted" {
	run -0 timeout 60 python3 - <<-'X'
		import json, signal, subprocess, time
		p = subprocess.Popen(["mg-vote", "--answer-re",
		    r"(a|aa)*(a|aa)*(a|aa)*\1\2\3b"],
		    stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
		p.stdin.write(json.dumps({"type": "message", "id": "1",
		    "agent": "x", "content": "a" * 6000}).encode() + b"\n")
		p.stdin.close()
		time.sleep(0.5)
		if p.poll() is None:
		    p.send_signal(signal.SIGINT)
		assert p.wait(20) in (-signal.SIGINT, 130), p.returncode
	X
}
