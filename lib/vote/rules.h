/*
 * rules.h - what `mg-vote lead` is told: its rules, and who is in the team.
 *
 * One table names every rule with its kind, range and default. A rule is set,
 * in this order, by its default, by MassGen's key in the team file, by our own
 * key in the team file's `voting:` section, and by --rule NAME=VALUE. What
 * comes of it is said in the `rules` event, and a replay reads it there, so a
 * log is replayed under the rules that it ran under.
 *
 *	struct mg_lead_rules rules;
 *
 *	mg_rules_init(&rules);
 *	if (mg_rules_arg(&rules, "quorum=2", &fault) < 0)
 *		...
 *	mg_rules_release(&rules);
 *
 * Times are milliseconds, 0 for none. Numbers whose 0 means none say so.
 */
#ifndef MG_VOTE_RULES_H
#define MG_VOTE_RULES_H

#include "base/fault.h"
#include "base/str.h"

struct mg_team;
struct mg_node;

/* As many agents as one `rules` event and one vote can sensibly hold. */
#define MG_LEAD_AGENTS 1000

enum mg_vote_after { MG_AFTER_ALL, MG_AFTER_FIRST };
enum mg_on_new { MG_NEW_APPEND, MG_NEW_CANCEL, MG_NEW_FINISH };
enum mg_present { MG_PRESENT_VERBATIM, MG_PRESENT_WINNER };
enum mg_novelty { MG_NOVEL_LENIENT, MG_NOVEL_BALANCED, MG_NOVEL_STRICT };

struct mg_lead_agent {
	char *name;
	int64_t weight; /* in millionths */
	int64_t sensitivity; /* index; -1: the team's */
};

struct mg_lead_rules {
	int64_t vote_after, on_new_answer, present, novelty; /* enums above */
	int64_t sensitivity; /* index into mg_sensitivities */
	int64_t self_votes, skip_voting; /* 0 or 1 */
	int64_t quorum; /* so many counted votes, at least */
	int64_t min_margin; /* in millionths */
	int64_t max_answers_per_agent, max_answers, lead_cap; /* 0: none */
	int64_t max_calls_per_agent, reminders, tries;
	int64_t patience, run_timeout, round_timeout, agent_timeout;
	int64_t call_timeout, retry_wait;

	struct mg_lead_agent *agents; /* in the order of their labels */
	size_t n, cap;
};

/* How hard a voter is to please: MassGen's names. NULL-terminated; each has a
 * prompt in share/prompts/sensitivity. */
extern const char *const mg_sensitivities[];

/* The defaults, and no agents. */
void mg_rules_init(struct mg_lead_rules *r);
void mg_rules_release(struct mg_lead_rules *r);

/* One rule, from text; -1 with f filled (MG_E_USAGE): what it takes. */
int mg_rules_set(struct mg_lead_rules *r, const char *name, const char *value,
	struct mg_fault *f);
/* "NAME=VALUE". */
int mg_rules_arg(struct mg_lead_rules *r, const char *arg, struct mg_fault *f);
/* An agent, with weight 1; one of that name is not added again. -1: there are
 * too many. */
int
mg_rules_agent(struct mg_lead_rules *r, struct mg_sl name, struct mg_fault *f);

/* The rules and agents of a team file; -1: MG_E_CONFIG with its place. */
int mg_rules_team(
	struct mg_lead_rules *r, const struct mg_team *t, struct mg_fault *f);

/* The members of a `rules` event, and back: from one that we wrote. What it
 * lacks stays as it is. */
void mg_rules_write(const struct mg_lead_rules *r, struct mg_str *out);
void mg_rules_read(struct mg_lead_rules *r, struct mg_sl event);

#endif
