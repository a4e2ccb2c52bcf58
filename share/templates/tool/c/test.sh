#!/bin/sh
# Does the tool what its record says? mg-tools makes the calls of the examples;
# below it is run by itself, with what no schema would let through.
set -eu
here=$(cd -- "$(dirname -- "$0")" >/dev/null && pwd)
make -s -C "$here" run
mg-tools check --run -t -T "$(dirname -- "$here")" -- "@NAME@"

if (unset ARG_text && echo "{}" | "$here/run") >/dev/null 2>&1; then
	echo "it should fail without a text" >&2
	exit 1
fi
echo "ok" >&2
