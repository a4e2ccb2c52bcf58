# mg-ask as a stage of a ring: requests, tools, cancel, drain, history.

load helper

setup_file() {
	cat >"$BATS_FILE_TMPDIR/say" <<-'X'
		#!/bin/sh
		cat >/dev/null
		echo "said $*"
	X
	# Wants the tool `look` twice in its first turn; then answers with what
	# the messages hold.
	cat >"$BATS_FILE_TMPDIR/tools" <<-'X'
		#!/bin/sh
		read -r request
		case $request in
		*'"role":"tool"'*)
			printf '%s\n' "$request" | jq -c '{type:"message",
				content:([.messages[]|select(.role=="tool")|
				.tool_call_id+"="+.content]|join(" "))}'
			;;
		*)
			echo '{"type":"message","content":"","tool_calls":[
				{"call":"c1","name":"look","arguments":{"n":9007199254740993}},
				{"call":"c2","name":"look","arguments":{}}]}' | tr -d '\n\t'
			echo
			;;
		esac
	X
	chmod +x "$BATS_FILE_TMPDIR"/*
	export SAY=exec:$BATS_FILE_TMPDIR/say TOOLS=exec:$BATS_FILE_TMPDIR/tools
}

init='{"type":"init","v":1,"ring":true}'
end='{"type":"end","status":"done"}'
request='"type":"request","id":"t","agent":"a","turn":1,"messages":[{"role":"user","content":"hi"}]'

# in_ring MODEL LINE...: the lines, and what mg-ask makes of them.
in_ring() {
	local model=$1
	shift
	run -0 --separate-stderr timeout 30 mg-ask -m "$model" \
		< <(printf '%s\n' "$@")
}

types() {
	field .type | tr '\n' ' '
}

@test "a request is taken, a task is the lead's" {
	in_ring "$SAY" "$init" '{"type":"task","id":"t","content":"x"}' "{$request}" "$end"
	[ "${lines[1]}" = '{"type":"task","id":"t","content":"x"}' ]
	[[ ${lines[2]} == *'"taken":"mg-ask"}' ]]
	[ "$(field 'select(.type=="message").content')" = "said " ]
	[ "$(field 'select(.type=="message")|.agent+.id')" = at ]
}

@test "in a ring nothing is stamped: that is the seam's" {
	in_ring "$SAY" "$init" "{$request}" "$end"
	[[ $output != *'"ts"'* ]]
}

@test "a request that somebody took is not ours" {
	in_ring "$SAY" "$init" "{$request,\"taken\":\"mg-cost\"}" "$end"
	[ "$(types)" = 'init request end ' ]
}

@test "usage, message, then each tool_call; digits of arguments are kept" {
	in_ring "$TOOLS" "$init" "{$request}" "$end"
	[ "$(types)" = 'init request message tool_call tool_call end ' ]
	[[ $output == *'"arguments":{"n":9007199254740993}}'* ]]
}

# ring MODEL: a ring tied by hand, with a Python program that is the seam and
# every other stage: it answers tool calls by their name.
@test "a tool loop: nobody's tool gets an error result, ready follows, the turn goes on" {
	cat >"$BATS_TEST_TMPDIR/seam.py" <<-'X'
		import json, subprocess, sys
		p = subprocess.Popen(["mg-ask", "-m", sys.argv[1]],
		    stdin=subprocess.PIPE, stdout=subprocess.PIPE)
		def say(e):
		    p.stdin.write(json.dumps(e, separators=(",", ":")).encode() + b"\n")
		    p.stdin.flush()
		say({"type": "init", "v": 1, "ring": True})
		say({"type": "request", "id": "t", "agent": "a", "turn": 1,
		     "messages": [{"role": "user", "content": "x"}]})
		seen = []
		for line in p.stdout:
		    e = json.loads(line)
		    seen.append(e["type"])
		    if e["type"] == "end":
		        break
		    if "lap" in e or e.get("by") != "mg-ask":
		        continue
		    if e["type"] == "tool_call" and e["call"] == "c2":
		        e["taken"] = "mg-tools"       # c1 is nobody's
		        say({"lap": 1, **e})
		        say({"type": "tool_result", "by": "mg-tools", "id": "t",
		             "agent": "a", "call": "c2", "content": "seen"})
		        continue
		    say({"lap": 1, **e})
		    if e["type"] == "ready":
		        say({"type": "request", "id": "t", "agent": "a", "turn": 2,
		             "append": []})
		    if e["type"] == "message" and e["turn"] == 2:
		        print(e["content"])
		        say({"type": "end"})
		p.stdin.close()
		assert p.wait() == 0, p.returncode
		print(" ".join(s for s in seen if s in ("tool_result", "ready")))
	X
	run -0 timeout 30 python3 "$BATS_TEST_TMPDIR/seam.py" "$TOOLS"
	[ "${lines[0]}" = 'c1=error: there is no tool look c2=seen' ]
	# mg-tools' result passes, ours for c1 follows it or comes before
	[[ ${lines[1]} == *ready ]]
	[ "$(grep -o ready <<<"${lines[1]}" | wc -l)" = 1 ]
}

@test "drain: what is open is cancelled, what still asks gets an error" {
	in_ring 'exec:sleep 30' "$init" "{$request}" '{"type":"drain"}' \
		'{"type":"request","id":"u","agent":"a","turn":1,"messages":[]}' "$end"
	[ "$(types)" = 'init request error drain request error end ' ]
	[ "$(field 'select(.type=="error").code' | sort -u)" = cancelled ]
}

@test "cancel ends the calls that it names, and no others" {
	in_ring 'exec:sleep 30' "$init" "{$request}" \
		'{"type":"request","id":"u","agent":"a","turn":1,"messages":[{"role":"user","content":"x"}]}' \
		'{"type":"cancel","id":"u","reason":"enough"}' \
		'{"type":"cancel","id":"v"}' '{"type":"drain"}' "$end"
	[ "$(field 'select(.type=="error").id' | tr '\n' ' ')" = 'u t ' ]
	[ "$(field 'select(.id=="u" and .type=="error").message')" = enough ]
}

@test "a fork starts from the last complete turn, and the conversation goes on" {
	local json='exec:jq -c {type:"message",content:(.messages|map(.content)|join(","))}'
	in_ring "$json" '{"past":1,"type":"init","ring":true}' "{\"past\":1,$request}" \
		'{"past":1,"type":"message","by":"mg-ask","id":"t","agent":"a","turn":1,"content":"one","stop":"stop"}' \
		'{"past":1,"type":"request","id":"t","agent":"a","turn":2,"append":[{"role":"user","content":"open"}]}' \
		'{"type":"resume"}' "$init" \
		'{"type":"request","id":"q","agent":"a","turn":1,"fork":"t","append":[{"role":"user","content":"aside"}]}' "$end"
	[ "$(field 'select(.type=="message" and .id=="q").content')" = 'hi,one,aside' ]
	[ "$(field 'select(.type=="message" and .id=="t" and .past==null).content')" = 'hi,one,open' ]
}

@test "the ring's death: calls end, nothing more is said, no child is left" {
	run timeout 20 mg-ask -m 'exec:sleep 1234' < <(echo "$init"; echo "{$request}"; sleep 0.5)
	[ "$(types)" = 'init request ' ]
	[ -z "$(pgrep -f 'sleep 1234')" ]
}

@test "history: what was taken and has no answer is asked at resume" {
	in_ring "$SAY" '{"past":1,"type":"init","ring":true}' "{\"past\":1,$request}" \
		'{"type":"resume"}' "$init" "$end"
	[[ ${lines[1]} == *'"taken":"mg-ask"}' ]]
	[ "$(field 'select(.type=="message").content')" = "said " ]
}

@test "history: what has its answer is not asked again" {
	in_ring "$SAY" '{"past":1,"type":"init","ring":true}' "{\"past\":1,$request}" \
		'{"past":1,"type":"message","by":"mg-ask","id":"t","agent":"a","turn":1,"content":"old","stop":"stop"}' \
		'{"type":"resume"}' "$init" \
		'{"type":"request","id":"t","agent":"a","turn":2,"append":[{"role":"user","content":"more"}]}' "$end"
	[ "$(field 'select(.type=="message" and .past==null)|.turn')" = 2 ]
}

@test "history: the conversation is what it was" {
	in_ring exec:cat '{"past":1,"type":"init","ring":true}' "{\"past\":1,$request}" \
		'{"past":1,"type":"message","by":"mg-ask","id":"t","agent":"a","turn":1,"content":"old","stop":"stop"}' \
		'{"type":"resume"}' "$init" "$end"
	run -0 timeout 20 bash -c 'printf "%s\n" "$@" | mg-ask -m "exec:jq -c {type:\"message\",content:(.messages|map(.role+\":\"+.content)|join(\",\"))}" | jq -r "select(.type==\"message\" and .past==null).content"' - \
		'{"past":1,"type":"init","ring":true}' "{\"past\":1,$request}" \
		'{"past":1,"type":"message","by":"mg-ask","id":"t","agent":"a","turn":1,"content":"old","stop":"stop"}' \
		'{"type":"resume"}' "$init" \
		'{"type":"request","id":"t","agent":"a","turn":2,"append":[{"role":"user","content":"more"}]}' "$end"
	[ "$output" = 'user:hi,assistant:old,user:more' ]
}

@test "history: an error ended the call" {
	in_ring "$SAY" '{"past":1,"type":"init","ring":true}' "{\"past\":1,$request}" \
		'{"past":1,"type":"error","by":"mg-ask","id":"t","agent":"a","turn":1,"code":"timeout","message":"x"}' \
		'{"type":"resume"}' "$init" "$end"
	[ "$(field 'select(.past==null).type' | tr '\n' ' ')" = 'resume init end ' ]
}

@test "history: tool calls that the log lacks are said at resume" {
	in_ring "$TOOLS" '{"past":1,"type":"init","ring":true}' "{\"past\":1,$request}" \
		'{"past":1,"type":"message","by":"mg-ask","id":"t","agent":"a","turn":1,"content":"","tool_calls":[{"call":"c1","name":"look","arguments":{"n":1}},{"call":"c2","name":"look","arguments":{}}],"stop":"tool_calls"}' \
		'{"past":1,"type":"tool_call","by":"mg-ask","id":"t","agent":"a","turn":1,"call":"c1","name":"look","arguments":{"n":1},"taken":"mg-tools"}' \
		'{"type":"resume"}' "$init" "$end"
	[ "$(field 'select(.type=="tool_call" and .past==null).call')" = c2 ]
}

called='{"past":1,"type":"message","by":"mg-ask","id":"t","agent":"a","turn":1,"content":"","tool_calls":[{"call":"c1","name":"look","arguments":{}}],"stop":"tool_calls"}'
call='"type":"tool_call","by":"mg-ask","id":"t","agent":"a","turn":1,"call":"c1","name":"look","arguments":{}'
answered='"type":"tool_result","id":"t","agent":"a","turn":1,"call":"c1","content":"x","is_error":false'

# What is said behind a history of these lines.
at_resume() {
	in_ring "$TOOLS" '{"past":1,"type":"init","ring":true}' \
		"{\"past\":1,$request}" "$called" "$@" '{"type":"resume"}' \
		"$init" "$end"
	field 'select(.past == null and .by == "mg-ask") | .type' | tr '\n' ' '
}

@test "history: all results are in, and ready is said at resume, once" {
	[ "$(at_resume "{\"past\":1,$call,\"taken\":\"x\"}" \
		"{\"past\":1,$answered,\"by\":\"x\"}")" = 'ready ' ]
	[ -z "$(at_resume "{\"past\":1,$call,\"taken\":\"x\"}" \
		"{\"past\":1,$answered,\"by\":\"x\"}" \
		'{"past":1,"type":"ready","by":"mg-ask","id":"t","agent":"a","turn":1}')" ]
	[ "$(at_resume "{\"past\":1,$call}" \
		"{\"past\":1,$answered,\"by\":\"mg-ask\"}")" = 'ready ' ]
}

@test "history: a call that nobody took is answered at resume, once" {
	[ "$(at_resume "{\"past\":1,$call}")" = 'tool_result ready ' ]
	[ -z "$(at_resume "{\"past\":1,$call,\"taken\":\"x\"}")" ]
}

# Behind a history of these lines: the program says what it was asked.
hear() {
	in_ring 'exec:jq -c {type:"message",content:(.messages|map(.content)|join(","))}' \
		'{"past":1,"type":"init","ring":true}' "{\"past\":1,$request}" "$@" \
		'{"type":"resume"}' "$init" "$end"
}

# Of what is said then: the type, and what there is to it.
heard() {
	field 'select(.past == null and .by == "mg-ask" and .type != "delta") |
		[.type, (.content // .code), .turn] | join(" ")'
}

next='{"past":1,"type":"request","id":"t","agent":"a","turn":2,"append":[{"role":"user","content":"more"}]}'
cancel='{"past":1,"type":"cancel","id":"t","agent":"a"}'
cancelled='{"past":1,"type":"error","by":"mg-ask","id":"t","agent":"a","turn":1,"code":"cancelled"}'

@test "history: a cancelled call has its error, and the next request is served" {
	hear "$cancel" "$next"
	[ "$(heard)" = "$(printf 'error cancelled 1\nmessage hi,more 2')" ]
	hear "$cancel" "$next" "$cancelled"
	[ "$(heard)" = 'message hi,more 2' ]
	hear "$cancel" '{"past":1,"type":"result","id":"t","status":"done"}'
	[ "$(heard)" = 'error cancelled 1' ]
}

@test "history: a message that crossed the next request stands in front of it" {
	hear "$cancel" "$next" '{"past":1,"type":"message","by":"mg-ask","id":"t","agent":"a","turn":1,"content":"old","stop":"stop"}'
	[ "$(heard)" = 'message hi,old,more 2' ]
}

@test "history: in a task that is decided nobody is asked any more" {
	hear '{"past":1,"type":"result","id":"t","status":"done"}'
	[ "$(heard)" = 'error cancelled 1' ]
}
