#!/bin/sh
# Words that our C does without; each has a better one. Exit 1 if one stands
# in cmd/ or lib/.
cd "$(dirname "$0")/.." || exit 70
status=0
ban() {
	# shellcheck disable=SC2086 # folders are words
	if grep -nEr --include='*.c' "\<($1)\(" $3 | grep -v "$4"; then
		echo "banned: $2" >&2
		status=1
	fi
}
ban 'sprintf|strcpy|strcat|strtok|strncpy|gets|atoi|atol|alloca' \
	'use mg_str, mg_sl, mg_read_int' 'cmd lib' 'no exception'
ban 'system|popen' 'use mg_child_start: no shell' 'cmd lib' 'no exception'
ban 'jv_parse|jv_parse_sized|jv_dumpf' 'use mg_value_read, mg_value_write' \
	'cmd lib' 'lib/event/value.c'
ban 'setlocale' 'output must not depend on the locale' 'cmd lib' 'none'
ban 'exit|printf|puts|fputs|perror' \
	'a library returns a fault, the command prints it' lib 'none'
exit $status
