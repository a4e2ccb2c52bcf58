#!/bin/sh
# A ring tied by hand: what mg-run does, with a named pipe and a pipeline.
# The seam joins the ring's end to its beginning, and keeps the log.
#
#	examples/ring-by-hand.sh ['Is 3599 prime?' [TEAM]]
cd "$(dirname "$0")/.." || exit 70
PATH=$PATH:$PWD/bin
question=${1:-'Is 3599 prime?'}
team=${2:-examples/teams/primes.yaml}

dir=$(mktemp -d) || exit 71
trap 'rm -rf "$dir"' EXIT
mkfifo "$dir/back" || exit 71

# What mg-run would print goes to a file; between the stages goes the ring.
# shellcheck disable=SC2094 # a named pipe is read and written
mg-run seam --events "$dir/events" "$question" <"$dir/back" |
	mg-vote lead -c "$team" |
	mg-run stage spender -- jq -cn -f examples/spent.jq |
	mg-ask -c "$team" >"$dir/back"

jq -r 'select(.type == "result" or .type == "spent") |
	.content // "\(.agent): \(.calls) calls"' "$dir/events"
# The status of a pipeline is that of its last stage: ask the events.
jq -es 'any(.type == "end" and .status == "done")' "$dir/events" >/dev/null
