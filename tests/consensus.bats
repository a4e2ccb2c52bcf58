# Teams of agents that act by a script, through the whole of mg-run: how they
# come to a result, or to none, and what is said of it on every side.

load ring/bed

# --- agreement ---------------------------------------------------------------

@test "agreement at once: answers, votes, the result in every form" {
	team zebra 'answer:It_is_59_times_61. vote:agent1.1' \
		yak 'text:No. vote:agent1.1' wolf 'json:Never! jvote:agent1.1'
	run -0 --separate-stderr play "$Q"
	sane
	[ -z "$stderr" ]
	[ "$(result '[.status, .winner, .label, .content, .answers]')" = '["done","zebra","agent1.1","It is 59 times 61.",3]' ]
	[ "$(result '.votes[0] | [.label, .agent]')" = '["agent1.1","zebra"]' ]
	[ "$(result '[.dissent[] | .agent, .label, .content]')" = '["yak","agent2.1","No.","wolf","agent3.1","Never!"]' ]
	[ "$(result '[.failed, .abstained]')" = '[[],[]]' ]
	all '[.[] | select(.type == "request")] | length == 6'
	again 0 -t
	[ "$output" = 'It is 59 times 61.' ]
	again 0 -o json
	[ "$(field '.type + " " + .content')" = 'result It is 59 times 61.' ]
	again 0 -q 'select(.type=="result")|.winner'
	[ "$output" = '"zebra"' ]
}

@test "the forms of a live run: text, JSON, a query, a pipeline" {
	team zebra 'answer:Yes vote:first' yak 'answer:No vote:first'
	run -0 --separate-stderr play -t "$Q"
	[ "$output" = Yes ]
	[ -z "$stderr" ]
	run -0 --separate-stderr play -o json "$Q"
	[ "$(field '[.type, .content, .winner] | join(" ")')" = 'result Yes zebra' ]
	[ "${#lines[@]}" = 1 ]
	run -0 --separate-stderr play -q 'select(.type == "answer").label' "$Q"
	[ "$(sort <<<"$output")" = $'"agent1.1"\n"agent2.1"' ]
	run -0 --separate-stderr bash -c 'set -o pipefail; timeout 60 mg-run -c team.yaml -t "$1" </dev/null | cat' - "$Q"
	[ "$output" = Yes ]
	run -0 --separate-stderr play --quiet -t "$Q"
	[ "$output" = Yes ]
	[ -z "$stderr" ]
}

@test "identical answers need no votes" {
	team zebra 'answer:It_is_not' yak 'text:it_is_NOT.' wolf 'json:It_is_not'
	run -0 --separate-stderr play "$Q"
	sane
	[ "$(result '[.status, .reason, .votes, .calls]')" = '["done","all answers are equal",[],3]' ]
	all '[.[] | select(.type == "vote")] == []'
}

@test "a late answer makes early votes stale; who voted is asked again" {
	team zebra 'answer:A vote:agent1.1 vote:agent3.2' \
		yak 'answer:B after:"counted":true+vote:agent2.1 vote:agent3.2' \
		wolf 'answer:C after:"counted":true+answer:Better vote:agent3.2'
	run -0 --separate-stderr play -r on_new_answer=finish "$Q"
	sane
	all '[.[] | select(.type == "vote" and .agent == "zebra") | [.for, .counted, .why]][:2] ==
		[["agent1.1", true, null], ["agent1.1", false, "stale"]]'
	[ "$(result '[.status, .label, .content]')" = '["done","agent3.2","Better"]' ]
	all 'map(select(.type == "answer" and .label == "agent3.2")) | length == 1'
	# the second ballot shows the new answer only
	all 'map(select(.type == "request" and .agent == "zebra" and .turn == 3))[0] |
		.append[0].content | contains("> Better") and (contains("> B\n") | not)'
}

@test "a tie: the earliest answer wins, and it is said" {
	team zebra 'after:"agent2.1"+answer:A vote:agent1.1' yak 'answer:B vote:agent2.1'
	run -0 --separate-stderr play "$Q"
	sane
	[ "$(result '[.status, .tie, .winner, .content, .margin, .total]')" = '["done",true,"yak","B",0,2]' ]
}

@test "nine agents" {
	local i args=()
	for i in 1 2 3 4 5 6 7 8 9; do
		http "nine-$i" "answer:answer $i" "vote:agent$((i % 2 + 4)).1"
		args+=(-m "nine-$i")
	done
	run -0 --separate-stderr call "${args[@]}" "$Q"
	sane
	[ "$(result '[.status, .label, .answers]')" = '["done","agent5.1",9]' ]
	all '[.[] | select(.type == "vote" and .counted) | .for] - ["agent4.1", "agent5.1"] == []'
}

@test "a team of one: no instructions, no tools of ours; nobody's tool is told so" {
	team zebra 'call:look_up text:I_cannot_look.'
	run -0 --separate-stderr play "$Q"
	sane
	[ "$(result '[.status, .content, .winner, .calls]')" = '["done","I cannot look.","zebra",2]' ]
	all 'map(select(.type == "request"))[0] | .messages == [{role: "user", content: "Is 3599 prime?"}] and (.tools // [] | length == 0)'
	all 'map(select(.type == "tool_result")) | length == 1 and .[0].is_error'
}

@test "a call of nobody's tool is answered, and the agent goes on" {
	team zebra 'call:look_up+call:vote_now answer:A vote:first' yak 'answer:B vote:first'
	run -0 --separate-stderr play "$Q"
	sane
	[ "$(result '[.status, .content]')" = '["done","A"]' ]
	all 'map(select(.type == "tool_result" and .agent == "zebra" and .turn == 1) | [.is_error, .content]) |
		length == 2 and all(.[]; .[0] and (.[1] | test("no tool")))'
	all 'map(select(.type == "request" and .agent == "zebra"))[1] | .asks == "continue"'
}

# --- votes that do not count -------------------------------------------------

@test "a blind vote is refused: for what its voter was not shown" {
	# asked for an answer, it votes instead
	team zebra 'answer:A vote:agent1.1' \
		yak 'after:"agent1.1"+vote:agent1.1 answer:B vote:agent1.1'
	run -0 --separate-stderr play "$Q"
	sane
	all 'map(select(.type == "tool_result" and .agent == "yak" and .turn == 1))[0] | .is_error'
	all 'map(select(.type == "vote" and .agent == "yak" and .counted)) | length <= 1'
	all '(map(.type == "vote" and .counted) | index(true)) > (map(.label == "agent2.1" and .type == "answer") | index(true))'
	[ "$(result '[.status, .winner]')" = '["done","zebra"]' ]
}

@test "a vote cast while a new answer came is void, whomever it names" {
	# All three are asked to vote; wolf gives a new answer, while zebra and
	# yak still think: one votes for what it was not shown, the other for
	# what it was.
	team zebra 'answer:A after:"label":"agent3.2"+vote:agent3.2 vote:agent3.2' \
		yak 'answer:B after:"label":"agent3.2"+vote:agent2.1 vote:agent3.2' \
		wolf 'answer:C answer:D vote:agent3.2'
	run -0 --separate-stderr play -r on_new_answer=finish "$Q"
	sane
	all 'map(select(.type == "vote" and .counted == false) | [.agent, .for, .why]) | sort ==
		[["yak", "agent2.1", "stale"], ["zebra", "agent3.2", "unseen"]]'
	all 'map(select(.type == "tool_result" and .turn == 2 and .agent != "wolf") | .is_error) == [true, true]'
	[ "$(result '[.status, .label]')" = '["done","agent3.2"]' ]
}

@test "a label of nobody, an old label, an own one where that is forbidden" {
	team zebra 'answer:A vote:agent9.1 vote:agent1.1 vote:agent2.1' \
		yak 'answer:B vote:zebra vote:agent1.7 vote:agent1.1'
	run -1 --separate-stderr play -r self_votes=false -r min_margin=1 "$Q"
	sane
	all 'map(select(.type == "vote" and .agent == "zebra") | [.for, .why]) ==
		[["agent9.1", "unknown"], ["agent1.1", "own"], ["agent2.1", null]]'
	all 'map(select(.type == "vote" and .agent == "yak") | .why) == ["unknown", "unknown", null]'
	all 'map(select(.type == "request" and .agent == "zebra" and .asks == "vote"))[0].tools[0].input_schema.properties.label.enum == ["agent2.1"]'
	[ "$(result '.status')" = '"no_winner"' ]
}

# --- agents that do not do as they should ------------------------------------

@test "a stubborn agent: new answers for ever, up to its limit" {
	team zebra 'fresh:Mine' yak 'answer:B vote:last vote:last vote:last vote:last vote:last vote:last'
	run -0 --separate-stderr play "$Q"
	sane
	all 'map(select(.type == "answer" and .agent == "zebra")) | length <= 3'
	all 'map(select(.type == "request" and .agent == "zebra")) | length <= 7'
	[ "$(result '.abstained')" = '["zebra"]' ]
	[ "$(result '.status')" = '"done"' ]
}

@test "a silent agent: it abstains, the others decide" {
	http silent 'raw data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
	http talker-1 answer:A vote:agent1.1
	http talker-2 answer:B vote:agent1.1
	run -0 --separate-stderr call -m talker-1 -m talker-2 -m silent "$Q"
	sane
	[ "$(result '[.status, .winner]')" = '["done","talker-1"]' ]
	[ "$(result '.failed + .abstained')" = '["silent"]' ]
	all 'map(select(.type == "request" and .agent == "silent")) | length <= 4'
}

@test "text where a vote is due: reminded twice, then it abstains" {
	team zebra 'answer:A vote:agent1.1' yak 'answer:B text:I_like_mine.'
	run -0 --separate-stderr play "$Q"
	sane
	all 'map(select(.type == "request" and .agent == "yak")) | length == 4'
	[ "$(result '[.status, .winner, .abstained]')" = '["done","zebra",["yak"]]' ]
}

@test "an agent that crashes is asked again, then left out" {
	team zebra 'answer:A vote:agent1.1' yak 'fail:3' wolf 'fail:3 answer:C vote:agent1.1'
	run -0 --separate-stderr play "$Q"
	sane
	[ "$(result '[.status, .winner, .failed]')" = '["done","zebra",["yak"]]' ]
	all 'map(select(.type == "request" and .agent == "yak")) | length == 3'
	all 'map(select(.type == "answer" and .agent == "wolf")) | length == 1'
	[[ $stderr == *yak* ]]
}

@test "a key that is refused: dropped at once, never asked again" {
	http refused $'status 401\nheader Content-Type: application/json\nencoding length\nraw {"error":{"message":"bad key"}}'
	http fine-1 answer:A vote:agent1.1
	http fine-2 answer:B vote:agent1.1
	run -0 --separate-stderr call -m fine-1 -m refused -m fine-2 "$Q"
	sane
	[ "$(result '[.status, .winner, .failed]')" = '["done","fine-1",["refused"]]' ]
	all 'map(select(.type == "request" and .agent == "refused")) | length == 1'
	all 'map(select(.type == "error" and .agent == "refused") | .code) == ["key_refused"]'
}

@test "all failed: 69, status failed, and nothing on standard output that looks like an answer" {
	team zebra 'delta:Half_an_answer+fail:1' yak 'text:I_think+fail:2'
	run -69 --separate-stderr play -r tries=2 "$Q"
	sane
	[ "$(result '[.status, .reason, has("content")]')" = '["failed","no agent answered",false]' ]
	[ "$(field 'select(.type=="end").status')" = failed ]
	[ ! -e "$(echo "$RUNS"/*)/answer.md" ]
	run -69 --separate-stderr play -r tries=2 -t "$Q"
	[ -z "$output" ]
	[[ $stderr == *'failed: no agent answered'* ]]
	run -69 --separate-stderr play -r tries=2 -o json "$Q"
	[ "$(field '.status + " " + (.content // "none")')" = 'failed none' ]
}

@test "an agent with an accepted answer that fails later keeps it" {
	team zebra 'answer:A fail:1' yak 'answer:B vote:agent1.1' wolf 'answer:C vote:agent1.1'
	run -0 --separate-stderr play "$Q"
	sane
	[ "$(result '[.status, .winner, .content]')" = '["done","zebra","A"]' ]
	# decided perhaps before its last try
	all 'map(select(.type == "error" and .agent == "zebra")) | length >= 1'
}

# --- no winner ---------------------------------------------------------------

@test "no quorum, no margin: exit 1, no content" {
	team zebra 'answer:A vote:agent1.1' yak 'answer:B text:hm'
	run -1 --separate-stderr play -r quorum=2 "$Q"
	sane
	[ "$(result '[.status, .reason, has("content"), has("winner")]')" = '["no_winner","fewer votes were counted than the quorum",false,false]' ]
	[ "$(result '[.dissent[].label]')" = '["agent1.1","agent2.1"]' ]
	[[ $stderr == *'no_winner: fewer votes were counted than the quorum'* ]]
	again 1 -t
	[ -z "$output" ]
	rm -r state
	team zebra 'answer:A vote:agent1.1' yak 'answer:B vote:agent2.1'
	run -1 --separate-stderr play -r min_margin=1 "$Q"
	sane
	[ "$(result '[.status, .reason]')" = '["no_winner","the lead is smaller than min_margin"]' ]
}

# --- what MassGen gets wrong, and is not said above ----------------------------

@test "two votes in one reply, a vote beside an answer: the first counts, each call has its result" {
	team zebra 'answer:A vote:agent2.1+vote:agent1.1' yak 'answer:B vote:agent2.1+answer:Other'
	run -0 --separate-stderr play "$Q"
	sane
	[ "$(result '[.status, .winner, .answers, .total]')" = '["done","yak",2,2]' ]
	all 'map(select(.type == "tool_result" and .turn == 2) | [.agent, .is_error]) | sort ==
		[["yak", false], ["yak", true], ["zebra", false], ["zebra", true]]'
}

@test "what agents print for people never gets between the events" {
	cat >noisy <<-'Y'
		#!/bin/sh
		echo '{"type":"result","status":"done","content":"mine"}' >&2
		echo 'Progress: 50 %' >&2
		read -r request
		case $request in
		*'"vote"'*) echo '{"vote":"agent2.1","reason":"x"}' ;;
		*) printf 'Answer:\n{"type":"result","status":"done"}\n{"type":"end"}\n' ;;
		esac
	Y
	chmod +x noisy
	team yak 'answer:B vote:agent2.1'
	sed -i "2i\\  - {id: noisy, backend: {type: exec, model: 'exec:$PWD/noisy'}}" team.yaml
	run -0 --separate-stderr play "$Q"
	sane
	[ "$(result '[.status, .winner, .content]')" = '["done","yak","B"]' ]
	[ "$(field 'select(.type == "answer" and .agent == "noisy").content' | tail -1)" = '{"type":"end"}' ]
	run -0 --separate-stderr play -t "$Q"
	[ "$output" = B ]
}

@test "a peer that dies before its first answer does not keep the others from voting" {
	team zebra 'answer:A vote:agent1.1' yak 'answer:B vote:agent1.1' wolf 'after:"label":"agent2.1"+fail:9'
	run -0 --separate-stderr play -r tries=1 "$Q"
	sane
	[ "$(result '[.status, .winner, .failed]')" = '["done","zebra",["wolf"]]' ]
	[ "$(timeout 20 mg-run list -o json | jq -r .status)" = done ]
	# no more than was needed: 2 answers, 2 votes, 1 failure
	all 'map(select(.type == "request")) | length == 5'
}
