#!/bin/sh
# A tool that does as it is told: tool_act.sh VERB [ARG...]
#
#	echo		what is on standard input	say TEXT...	that
#	env		the environment			arg KEY		$ARG_KEY
#	status N TEXT	says it and ends so		signal SIG TEXT
#	hang TEXT	says it and sleeps		flood BYTES [STATUS]
#	half TEXT	without its newline		raw TEXT	as printf %b has it
#	garbage		bytes that are no text		deaf		reads nothing
#	close		closes standard output, and goes on for a while
#	count FILE	a line for each time it ran	log FILE	begin and end
#	once FILE OPEN	counts, says FILE.up, and waits until there is OPEN
#	meet MINE OTHER	makes one file and waits for the other
#	forks HOW	leaves a process behind: child, setsid, twice, pipe, bare
#	nest FILE	leaves one behind, says FILE.up, and hangs
#	steps N		so many steps, and a result	up		counts who is at work
#
# Whatever it waits for, it waits at most for a minute.
verb=$1
shift

there() {
	n=0
	until [ -e "$1" ]; do
		n=$((n + 1))
		[ $n -lt 3000 ] || exit 99
		sleep 0.02
	done
}

# Not to be met by a signal of ours, and told by its argument.
sleeper() {
	trap '' TERM HUP INT
	exec sleep "1000.$1"
}

case $verb in
echo) cat ;;
say) echo "$@" ;;
env) env ;;
arg) eval "printf '%s' \"\$ARG_$1\"" ;;
raw) printf '%b' "$1" ;;
half) printf '%s' "$1" ;;
status)
	echo "$2"
	echo "last words" >&2
	exit "$1"
	;;
signal)
	echo "$2"
	kill -s "$1" $$
	sleep 10
	;;
hang)
	echo "$1"
	exec sleep 1000
	;;
flood)
	echo HEAD
	head -c "$1" /dev/zero | tr '\0' x
	echo
	echo TAIL
	exit "${2:-0}"
	;;
garbage)
	echo '{"type":"step","content":"fine"}'
	printf 'no event \377\376\n\001\002\n'
	;;
deaf) echo heard nothing ;;
close)
	echo all of it
	exec >&- 2>&-
	sleep 0.3
	echo >closed
	;;
count) echo "$MG_CALL" >>"$1" && echo counted ;;
log)
	echo "begin $MG_CALL" >>"$1"
	sleep 0.01
	echo "end $MG_CALL" >>"$1"
	;;
once)
	echo "$MG_CALL" >>"$1"
	echo >"$1.up"
	there "$2"
	echo "went on"
	;;
meet)
	: >"$1"
	there "$2"
	echo met
	;;
forks)
	# shellcheck disable=SC2016 # the inner shell's arguments
	case $1 in
	child) sleeper "$2" & ;;
	setsid) setsid "$0" forks self "$2" & ;;
	twice) setsid sh -c '"$0" forks self "$1" & exit 0' "$0" "$2" ;;
	pipe) setsid "$0" forks self "$2" 3>&1 & ;;
	bare)
		(cd / && exec env -i setsid sh -c "trap '' TERM HUP INT
			sleep 1000.$2 & sleep 1000.$2 &" >/dev/null 2>&1 </dev/null)
		;;
	self) sleeper "$2" ;;
	esac
	echo "left behind"
	;;
nest)
	setsid sh -c 'trap "" TERM HUP INT; sleep 1000 & sleep 1000' &
	sleep 1000 &
	echo >>"$1.up"
	trap '' TERM HUP INT
	sleep 1000
	;;
steps)
	n=0
	while [ $n -lt "$1" ]; do
		n=$((n + 1))
		printf '{"type":"step","kind":"progress","content":"part %d","done":%d,"total":%d}\n' $n $n "$1"
	done
	printf '{"type":"tool_result","content":"all %d parts","is_error":false}\n' "$1"
	;;
up)
	# One line when it begins and one when it ends: the sum of those that
	# stand before a line is how many were at work.
	echo "+ $MG_CALL" >>"$1"
	sleep "${2:-0.02}"
	echo "- $MG_CALL" >>"$1"
	echo "$MG_CALL done"
	;;
*)
	echo "tool_act.sh: no verb $verb" >&2
	exit 98
	;;
esac
