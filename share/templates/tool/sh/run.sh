#!/bin/sh
# An argument called text is the variable ARG_text; all of them are one line of
# JSON on standard input too. What is printed is the result; a status other
# than 0 is an error, and standard error says to the model what was wrong.
set -u

if [ -z "${ARG_text+set}" ]; then
	echo "the argument text is missing" >&2
	exit 64
fi

case ${ARG_unit:-words} in
words)
	printf '%s\n' "$ARG_text" | wc -w | tr -d ' '
	;;
lines)
	# A last line counts whether a newline ends it or not.
	printf '%s' "$ARG_text" | awk 'END { print NR }'
	;;
*)
	echo "the argument unit must be words or lines" >&2
	exit 64
	;;
esac
