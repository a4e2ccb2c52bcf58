# Listens to a ring, and says at the end what each agent has spent.
#
#   mg-run QUESTION -- mg-vote lead -c TEAM \
#       -- mg-run stage spender -- jq -cn -f examples/spent.jq \
#       -- mg-ask -c TEAM
#
# With `-n` and `inputs` it sees all lines as one stream; `--unbuffered` is
# not needed, since nobody waits for it.
reduce (inputs | select(.type == "message" or .type == "usage")) as $e ({};
	.[$e.agent] |= (
		.calls += (if $e.type == "message" then 1 else 0 end) |
		.output_tokens += ($e.output_tokens // 0))) |
to_entries | sort_by(.key)[] |
{type: "spent", agent: .key} + .value
