/* tools_in.h - what stage.c, calls.c and offer.c share; nobody else
 * includes it. */
#ifndef MG_TOOLS_TOOLS_IN_H
#define MG_TOOLS_TOOLS_IN_H

#include "tools/tools.h"
#include "tools/work.h"

#define MG_TCALL_KEY 16384 /* bytes of what names a call */

/* --- calls.c: from the line to the result ------------------------------------ */

struct mg_tcall {
	struct mg_tools *t;
	struct mg_tcall *next;
	struct mg_tool *tool;
	struct mg_work *work; /* NULL: it waits */
	struct mg_str key; /* "id":…,"agent":…,"turn":…,"call":… */
	struct mg_str arguments;
	char *agent, *call;
	char **locks; /* paths that it writes, absolute */
	bool silent; /* the run is cut off: nothing more is said of it */
	bool over;
};

/* The members that name a call, as they stand in a line; false if they are
 * too long to be kept. */
bool mg_tcall_key(struct mg_sl line, struct mg_str *key);
/* What is offered to the agent of a line by its `name`; NULL. */
struct mg_tool *mg_tcall_tool(const struct mg_tools *t, struct mg_sl line);
/* One taken call: it gets its result now, or later. */
void
mg_tcall_begin(struct mg_tools *t, struct mg_tool *tool, struct mg_sl line);
/* Starts what waits and may run. */
void mg_tcalls_go(struct mg_tools *t);
/* A result without a run. */
void mg_tcall_refuse(
	struct mg_tools *t, struct mg_sl line, const struct mg_fault *why);
/* Ends those that `line` (a `cancel`, or NULL: all) names. */
void mg_tcalls_cancel(struct mg_tools *t, struct mg_sl line, const char *why);
/* All, without a word. */
void mg_tcalls_drop(struct mg_tools *t);
/* Frees those that are over. */
void mg_tcalls_sweep(struct mg_tools *t);
/* Whether a `cancel` means a call. */
bool mg_cancel_means(struct mg_sl cancel, struct mg_sl call);

/* --- offer.c: schemas for requests ---------------------------------------------- */

/* The request with the schemas of `set`; false: it stays as it is. */
bool mg_put_schemas(
	const struct mg_toolset *set, struct mg_sl request, struct mg_str *out);

/* --- locks.c: calls that write to the same path ----------------------------------- */

char **mg_locks_of(const struct mg_tool *t, struct mg_sl arguments);
bool mg_locks_meet(char *const *a, char *const *b);
void mg_locks_free(char **locks);

#endif
