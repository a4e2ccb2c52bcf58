/*
 * choose.h - which tools an agent is offered, of those that there are.
 *
 * Entries are read from left to right. A folder (or a file) brings all of its
 * tools, a name one tool: of the folders of the same list, or else of the
 * usual ones. Of one version, the first that was brought is taken; of one
 * name, the version that was named, else the newest.
 */
#ifndef MG_TOOLS_CHOOSE_H
#define MG_TOOLS_CHOOSE_H

#include "tools/registry_in.h"

struct mg_want {
	char *text; /* a folder, a file, NAME, NAME@VERSION */
	const char *dir; /* what a path begins at; "": where we stand */
	const struct mg_node *at; /* NULL: the command line */
};

struct mg_wants {
	struct mg_want *v;
	size_t n, cap;
	bool all; /* also all of the usual folders */
};

struct mg_offer {
	char *agent;
	struct mg_toolset set;
	/* What was brought, in order. */
	struct mg_brought {
		struct mg_tool *t;
		size_t at;
	} * v;
	size_t n, cap;
	struct mg_tool **named;
	size_t nnamed, capnamed;
};

struct mg_registry {
	mg_tool_problem_fn *problem;
	void *arg;
	size_t problems;
	bool every;
	struct mg_index *index; /* while it is being opened */
	struct mg_map folders; /* by path; of an agent's own functions, by its
				* number */
	struct mg_folder *usual[3];
	size_t nusual;
	bool usual_read;
	char **allow;
	/* The first is of who is in no team. */
	struct mg_offer **offers;
	size_t noffers, capoffers;
	struct mg_offer *any;
};

struct mg_team_place {
	char *path, *dir;
	const struct mg_wants *wants; /* of the command line; or NULL */
	bool all;
};

/* A folder is read once; `whole`: else it is a file. */
struct mg_folder *
mg_registry_folder(struct mg_registry *r, const char *path, bool whole);
void mg_registry_usual(struct mg_registry *r);

int mg_offer_wants(struct mg_registry *r, struct mg_offer *o,
	const struct mg_wants *w, struct mg_fault *f);
void mg_offer_folder(struct mg_offer *o, const struct mg_folder *d);
/* Nothing more is brought: makes the set. */
void mg_offer_close(struct mg_offer *o);
/* What any of the agents is offered. */
void mg_offer_any(struct mg_registry *r);
void mg_offer_free(struct mg_offer *o);

#endif
