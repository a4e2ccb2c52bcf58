#!/bin/sh
# agent.sh WORLD - an agent whose words follow from its request alone.
#
# Its request is one line; the agent's name, the turn and the labels that may
# be voted for are all that it looks at. Each call is noted in $CALLS, as
# {"type":"request","id":...,"agent":...,"turn":...}.
world=$1
IFS= read -r request
key=${request%%,\"model\"*}
printf '%s}\n' "$key" >>"$CALLS"
turn=${key##*\"turn\":}
agent=${key#*\"agent\":\"} agent=${agent%%\"*}
id=${key#*\"id\":} id=${id%%,*} id=${id#\"} id=${id%\"}
tools=
case $request in *\"tools\":*) tools=${request#*\"tools\":} ;; esac
case $tools in
*'"name":"vote"'*) asked=vote ;;
*'"name":"new_answer"'*) asked=answer ;;
*) asked=present ;;
esac

say() {
	printf '{"type":"message","content":"%s","tool_calls":[%s]}\n' "$1" "$2"
}

# call NUMBER NAME ARGUMENTS
call() {
	printf '{"call":"%s-%s","name":"%s","arguments":%s}' "$turn" "$1" "$2" "$3"
}

# Three ways to answer, and two to vote: one is each agent's own.
answer() {
	case $agent in
	a) echo "$1" ;;
	b) echo "{\"new_answer\":\"$1\"}" ;;
	*) say "" "$(call 1 new_answer "{\"content\":\"$1\"}")" ;;
	esac
}

vote() {
	case $agent in
	b) say "" "$(call 1 vote "{\"label\":\"$1\",\"reason\":\"it is so\"}")" ;;
	*) echo "{\"vote\":\"$1\",\"reason\":\"it is so\"}" ;;
	esac
}

mine() {
	case $agent in a) echo 1 ;; b) echo 2 ;; *) echo 3 ;; esac
}

case $world.$asked.$agent.$turn in
late.vote.*)
	# Nobody can win before c has mended its answer.
	case $tools in
	*'"agent3.2"'*) vote agent3.2 ;;
	*) if [ "$agent" = c ]; then answer "a better one by c, on $id"; else vote "agent$(mine).1"; fi ;;
	esac
	;;
fail.*.c.* | fail.answer.b.1)
	echo "out of order" >&2
	exit 1
	;;
look.answer.a.1 | look.answer.b.1)
	say "" "$(call 1 look "{\"n\":9007199254740993}"),$(call 2 look "{\"agent\":\"$agent\"}")"
	;;
look.answer.c.1)
	say "" "$(call 1 look "{}"),$(call 2 new_answer "{\"content\":\"c, on $id\"}")"
	;;
note.answer.*)
	until [ -e "$GATE" ]; do sleep 0.01; done
	answer "$agent, on $id"
	;;
*.answer.*) answer "$agent, on $id" ;;
*.vote.*) vote agent2.1 ;;
*.present.*) echo "At last, $agent, on $id" ;;
esac
