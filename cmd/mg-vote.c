/*
 * mg-vote - counts what agents answered, and says which answer won.
 *
 * Reads events on standard input, passes them on, and adds one `result` for
 * each task. `mg-vote lead` does more: it leads the agents in a ring to their
 * result. Neither uses the network, a clock or chance. The stages are in
 * lib/vote.
 */
#include "vote/lead.h"
#include "vote/vote.h"

static const struct mg_opt opts[] = {
	{0, "answer-path", "PATH", "the answer lies there in JSON", MG_OPT_STR,
		offsetof(struct mg_vote_options, answer_path)},
	{0, "answer-re", "RE", "the answer is the last match", MG_OPT_STR,
		offsetof(struct mg_vote_options, answer_re)},
	{0, "explain", NULL, "text: show the votes, even into a pipe",
		MG_OPT_FLAG, offsetof(struct mg_vote_options, explain)},
	{0, "min-margin", "W", "the winner must lead by this weight",
		MG_OPT_STR, offsetof(struct mg_vote_options, min_margin)},
	{0, "quorum", "N", "at least so many agents must have voted",
		MG_OPT_INT, offsetof(struct mg_vote_options, quorum), .min = 1,
		.max = 1000000000},
	{'w', "weight", "AGENT=W", "what an agent's vote weighs, 1 by default",
		MG_OPT_LIST, offsetof(struct mg_vote_options, weights)},
	MG_COMMON_OPTIONS(struct mg_vote_options, common),
	{0},
};

static const struct mg_opt lead_opts[] = {
	{'c', "config", "FILE", "the team, and the rules it sets", MG_OPT_STR,
		offsetof(struct mg_lead_options, team),
		.complete = MG_COMPLETE_FILE},
	{'m', "model", "MODEL", "an agent, named as mg-ask names it",
		MG_OPT_LIST, offsetof(struct mg_lead_options, models)},
	{'r', "rule", "NAME=VALUE", "one rule of the vote", MG_OPT_LIST,
		offsetof(struct mg_lead_options, rules)},
	MG_COMMON_OPTIONS(struct mg_lead_options, common),
	{0},
};

static const struct mg_cmd lead_cmd = {
	.name = "mg-vote lead",
	.summary = "lead agents in a ring to one answer",
	.usage = "[OPTION]... <EVENTS",
	.examples = "mg-run seam <back | mg-vote lead -c team.yaml |\n"
		    "    mg-ask -c team.yaml >back\n"
		    "mg-vote lead -r vote_after=first -r quorum=2 <log.ndjson",
	.opts = lead_opts,
};

static const struct mg_cmd *const subs[] = {&lead_cmd, NULL};

static const struct mg_cmd cmd = {
	.name = "mg-vote",
	.summary = "count answers, and say which one won",
	.usage = "[OPTION]... <EVENTS",
	.examples =
		"mg-ask -m gpt-5-mini -m grok-4.3 'Is 3599 prime?' | mg-vote\n"
		"mg-ask -c team.yaml <tasks.ndjson | mg-vote -o json\n"
		"mg-vote -t --answer-re 'ANSWER: (.*)' <log.ndjson",
	.opts = opts,
	.subs = subs,
};

static int
no_arguments(const struct mg_list *args, struct mg_fault *f)
{
	if (!args->n)
		return 0;
	mg_usage(f, "there is no argument %s", args->v[0]);
	return mg_remedy(f, "events are read from standard input: <FILE");
}

static int
count(int argc, char **argv)
{
	struct mg_vote_options o = {.quorum = 0};
	struct mg_list args = {0};
	struct mg_fault fault = {0};
	struct mg_vote vote;
	int status = mg_cmd_begin(&cmd, &o, argc, argv, &args);

	if (status >= 0)
		goto out;
	if (no_arguments(&args, &fault) < 0 ||
		mg_vote_init(&vote, &o, &fault) < 0) {
		mg_fault_print(&fault);
		status = mg_code_exit(fault.code);
		goto out;
	}
	status = mg_stage_main(&mg_vote_stage, &vote, &o.common);
	mg_vote_release(&vote);
out:
	mg_list_release(&o.weights);
	mg_list_release(&args);
	return status;
}

static int
lead(int argc, char **argv)
{
	struct mg_lead_options o = {0};
	struct mg_list args = {0};
	struct mg_fault fault = {0};
	struct mg_lead l;
	int status = mg_cmd_begin(&lead_cmd, &o, argc, argv, &args);

	if (status >= 0)
		goto out;
	if (no_arguments(&args, &fault) < 0 ||
		mg_lead_init(&l, &o, &fault) < 0) {
		mg_fault_print(&fault);
		status = mg_code_exit(fault.code);
		goto out;
	}
	status = mg_stage_main(&mg_lead_stage, &l, &o.common);
	mg_lead_release(&l);
out:
	mg_list_release(&o.models);
	mg_list_release(&o.rules);
	mg_list_release(&args);
	return status;
}

int
main(int argc, char **argv)
{
	return mg_cmd_sub(&cmd, &argc, &argv) ? lead(argc, argv)
					      : count(argc, argv);
}
