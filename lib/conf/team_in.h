/*
 * team_in.h - how a team file is judged: the inside of conf/team.h.
 *
 * share/team.yaml is a tree like that of a team file. Where a team file has a
 * value, it has a rule, "KIND; FATE - WHY - REMEDY"; its head explains the
 * words. A rule is read where it is needed: a file uses few of them.
 */
#ifndef MG_CONF_TEAM_IN_H
#define MG_CONF_TEAM_IN_H

#include "conf/provider.h"
#include "conf/team.h"

struct mg_rule {
	struct mg_sl kinds; /* alternatives, joined by " or " */
	struct mg_sl fate, why, remedy; /* p is NULL where there is none */
	const struct mg_node *members; /* of a map; NULL: none are known */
};

/* What a value asks for beyond being there. */
enum mg_asks {
	MG_ASKS, /* it does */
	MG_ASKS_NOTHING, /* it is off: false, 0, empty, a ~word */
	MG_ASKS_REFUSED, /* a !word */
	MG_ASKS_MISFIT, /* of none of the kinds */
};

struct mg_rule mg_rule_of(const struct mg_node *spec);
/* Whether its key has to be there. */
bool mg_rule_must(const struct mg_node *spec);
/* The rule of a key among the members of a map; NULL if it is unknown. */
const struct mg_node *
mg_rule_member(const struct mg_node *members, const char *key);
/* The known key nearest to an unknown one, malloc'd, or NULL. */
char *mg_rule_near(const struct mg_node *members, const char *key);
/* Whether a map has an unknown key: what it seems to lack may be that. */
bool mg_rule_misspelt(const struct mg_node *members, const struct mg_node *map);
/*
 * Whether a value is of one of the kinds: `kind` is the one it is of. What a
 * list or a map holds is not looked at. `program`, if not NULL, names a
 * program that the value wants on the PATH; malloc'd.
 */
enum mg_asks mg_rule_fits(const struct mg_rule *r, const struct mg_node *v,
	struct mg_sl *kind, char **program);
/* "a whole number from 1, or one of low, high". */
void mg_rule_says(struct mg_sl kinds, struct mg_str *out);
/* The word of an enumeration that is near to a text, malloc'd, or NULL. */
char *mg_rule_near_word(struct mg_sl kinds, const char *text);

/* Takes the next piece off s, which ends at `sep`; false at its end. */
bool mg_rule_cut(struct mg_sl *s, const char *sep, struct mg_sl *piece);
bool mg_sl_starts(struct mg_sl s, const char *with);

struct mg_problems {
	struct found {
		struct mg_problem p;
		char *message, *remedy;
		size_t order;
	} * v;
	size_t n, cap;
};

struct mg_judge {
	const struct mg_node *known; /* the root of share/team.yaml */
	const struct mg_providers *providers;
	struct mg_problems *problems;
	struct mg_str path; /* `agents[].backend`, for messages */
	struct mg_map *asked; /* commands that something is asked of */
	bool quiet; /* within what has been told: only what is wrong */
};

#define MG_TEAM_WORD 64 /* bytes of a user's word in a message */

/* A word of the file's for a message: cut, and without control bytes. */
const char *mg_team_quote(struct mg_sl word, char out[MG_TEAM_WORD + 1]);
void mg_problem_add(struct mg_problems *l, enum mg_problem_kind kind,
	const struct mg_node *at, const char *remedy, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* By line, without those that say the same twice. */
void mg_problems_sort(struct mg_problems *l);
void mg_problems_release(struct mg_problems *l);

/* Every key of the file, at every level. */
void mg_judge_file(struct mg_judge *j, const struct mg_node *root);
/* What an agent's backend needs: a provider, a model, an address, a key. */
void mg_judge_backend(struct mg_judge *j, const struct mg_node *backend);
/* What an entry of `custom_tools` has to agree on in itself. */
void mg_judge_custom_tool(struct mg_judge *j, const struct mg_node *entry);

#endif
