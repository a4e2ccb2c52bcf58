#!/bin/sh
# Does the tool what its record says? mg-tools makes the calls of the examples;
# below it is run by itself, with what no schema would let through.
set -eu
here=$(cd -- "$(dirname -- "$0")" >/dev/null && pwd)
mg-tools check --run -t -T "$(dirname -- "$here")" -- "@NAME@"

if echo '{"text": 1}' | "$here/run.py" >/dev/null 2>&1; then
	echo "it should fail if the text is a number" >&2
	exit 1
fi
echo "ok" >&2
