#!/bin/sh
# Runs one fuzz target: tests/fuzz.sh NAME SECONDS. A finding is kept in
# build/fuzz/NAME-crash-* and shown; the corpus grows in build/fuzz.
set -u
name=$1 seconds=$2
corpus=build/fuzz/corpus-$name
mkdir -p "$corpus"
log=build/fuzz/$name.log
if build/fuzz/"$name" -max_total_time="$seconds" -timeout=10 \
	-rss_limit_mb=2048 -max_len=65536 \
	-artifact_prefix=build/fuzz/"$name"-crash- \
	"$corpus" tests/fuzz/seeds/"$name" >"$log" 2>&1; then
	echo "fuzz $name: $(grep -o 'Done [0-9]* runs in [0-9]* second' "$log")s, no finding"
else
	tail -40 "$log"
	echo "fuzz $name: a finding, see $log" >&2
	exit 1
fi
