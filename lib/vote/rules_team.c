/*
 * rules_team.c - the rules that a team file sets: MassGen's keys first, in
 * the order of this table (so a later line wins), then `voting:`.
 */
#include "vote/rules.h"

#include "conf/team.h"
#include "vote/tally.h"

#include <stdlib.h>

#define OF_TEAM "orchestrator"
#define OF_TIME "timeout_settings"

static const struct heir {
	const char *section, *key, *rule;
	const char *when; /* only for this value; NULL: for any, as it is */
	const char *then;
} heirs[] = {
	{OF_TEAM, "defer_voting_until_all_answered", "vote_after", "true",
		"all"},
	{OF_TEAM, "disable_injection", "on_new_answer", "true", "finish"},
	{OF_TEAM, "defer_peer_updates_until_restart", "on_new_answer", "true",
		"finish"},
	{OF_TEAM, "final_answer_strategy", "present", "winner_reuse",
		"verbatim"},
	{OF_TEAM, "final_answer_strategy", "present", "winner_present",
		"winner"},
	{OF_TEAM, "final_answer_strategy", "present", "synthesize", "winner"},
	{OF_TEAM, "skip_final_presentation", "present", "true", "verbatim"},
	{OF_TEAM, "max_new_answers_per_agent", "max_answers_per_agent"},
	{OF_TEAM, "max_new_answers_global", "max_answers"},
	{OF_TEAM, "fairness_lead_cap_answers", "lead_cap"},
	{OF_TEAM, "fairness_enabled", "lead_cap", "false", "none"},
	{OF_TEAM, "answer_novelty_requirement", "novelty"},
	{OF_TEAM, "voting_sensitivity", "sensitivity"},
	{OF_TEAM, "skip_voting", "skip_voting"},
	{OF_TIME, "orchestrator_timeout_seconds", "run_timeout"},
	{OF_TIME, "initial_round_timeout_seconds", "round_timeout"},
	{OF_TIME, "subsequent_round_timeout_seconds", "round_timeout"},
};

static int
set(struct mg_lead_rules *r, const char *rule, const struct mg_node *value,
	struct mg_fault *f)
{
	char *text = mg_expand(mg_node_str(value, "none"));
	struct mg_fault why = {0};
	int status = mg_rules_set(r, rule, text, &why);

	free(text);
	if (status == 0)
		return 0;
	mg_node_fail(value, f, "%s", why.message);
	return why.remedy[0] ? mg_remedy(f, "%s", why.remedy) : -1;
}

static int
inherit(struct mg_lead_rules *r, const struct heir *h,
	const struct mg_node *root, struct mg_fault *f)
{
	const struct mg_node *v = mg_node_get(
		mg_node_get(root, h->section), h->key);
	/* Only where null means "no limit" does it set anything. */
	bool limit = strncmp(h->key, "max_", 4) == 0;

	if (!v || (v->kind == MG_NODE_NULL && !limit))
		return 0;
	if (!h->when)
		return set(r, h->rule, v, f);
	/* true, True and TRUE: of a truth only the first letter counts. */
	if (v->kind == MG_NODE_BOOL ? (v->text.p[0] | 0x20) != h->when[0]
				    : strcmp(mg_node_str(v, ""), h->when) != 0)
		return 0;
	return mg_rules_set(r, h->rule, h->then, f);
}

static int
sensitivity_of(const struct mg_node *agent, struct mg_lead_agent *a,
	struct mg_fault *f)
{
	const struct mg_node *v = mg_node_get(agent, "voting_sensitivity");
	struct mg_lead_rules scratch = {0};

	if (!v || v->kind == MG_NODE_NULL)
		return 0;
	if (set(&scratch, "sensitivity", v, f) < 0)
		return -1;
	a->sensitivity = scratch.sensitivity;
	return 0;
}

static int
add_agent(struct mg_lead_rules *r, const struct mg_team *t, size_t i,
	struct mg_fault *f)
{
	const struct mg_node *node = mg_team_agent(t, i);
	const struct mg_node *weight = mg_node_get(node, "weight");
	struct mg_lead_agent *a;

	if (mg_rules_agent(r, mg_sl_of(mg_team_name(t, i)), f) < 0)
		return -1;
	a = &r->agents[r->n - 1];
	if (weight && weight->kind != MG_NODE_NULL &&
		!mg_weight_read(mg_node_str(weight, ""), &a->weight))
		return mg_node_fail(weight, f,
			"`weight` must be a number from 0 to 1000000 with at "
			"most 6 digits behind the point");
	return sensitivity_of(node, a, f);
}

int
mg_rules_team(
	struct mg_lead_rules *r, const struct mg_team *t, struct mg_fault *f)
{
	const struct mg_node *root = mg_team_root(t);
	const struct mg_node *ours = mg_node_get(root, "voting");

	for (size_t i = 0; i < sizeof(heirs) / sizeof(*heirs); i++)
		if (inherit(r, &heirs[i], root, f) < 0)
			return -1;
	for (size_t i = 0; i < mg_node_count(ours); i++)
		if (set(r, ours->keys[i]->text.p, mg_node_at(ours, i), f) < 0)
			return -1;
	for (size_t i = 0; i < mg_team_count(t); i++)
		if (add_agent(r, t, i, f) < 0)
			return -1;
	return 0;
}
