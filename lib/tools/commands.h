/*
 * commands.h - what mg-tools does beside being a stage: list, show, check,
 * new, accept, stats (call is in call.c). Each takes what its options say and
 * gives the exit status; faults are printed by them. cmd/mg-tools.c has the
 * option tables.
 */
#ifndef MG_TOOLS_COMMANDS_H
#define MG_TOOLS_COMMANDS_H

#include "base/opt.h"
#include "event/form.h"
#include "tools/tool.h"

struct mg_tools_where { /* what --tools, -c, --allow said: registry.h */
	struct mg_list tools, allow;
	const char *team;
};

/* Tools by name, version, label, bytes of schema, where from; and the total.
 * ndjson: one {"type":"tool",...} a tool; json: one array; text: a table. */
int mg_tools_list(const struct mg_tools_where *w, bool all, int output);
/* Everything about the named tools. */
int mg_tools_show(const struct mg_tools_where *w, const struct mg_list *names,
	int output);
/* Records, schemas, needs, pins and examples (with `run`: the examples are
 * run too) of the named tools, or all; 1 if anything is wrong. */
int mg_tools_check(const struct mg_tools_where *w, const struct mg_list *names,
	bool run, int output);
/* Writes a tool into DIR/NAME (DIR: ./.mg/tools if NULL); 73 if it exists. */
int mg_tools_new(const char *dir, const char *lang, const char *name);
/* Pins what the tools are now. */
int mg_tools_accept(
	const struct mg_tools_where *w, const struct mg_list *names, bool all);
/* Of runs by name, of files (with a slash), or of standard input. */
int mg_tools_stats(const struct mg_list *runs, int output);
/* One call: arguments as JSON, or NAME=VALUE words, or on standard input. */
struct mg_tools_call {
	const struct mg_tools_where *where;
	const char *name;
	const struct mg_list *args;
	int output;
	const char *query;
	int64_t timeout_ms; /* 0: the tool's own */
};
int mg_tools_call(const struct mg_tools_call *c);
/*
 * One call of t, from its beginning to its end, in a loop of its own: for the
 * examples of `check --run`. Appends what it gave to content. Neither asks for
 * leave nor looks at pins: the caller has. -1 with f filled if it could not
 * begin, or if a signal ended it (MG_E_CANCELLED: no more is to be run); 0
 * otherwise, and is_error is set.
 */
int mg_tools_try(const struct mg_tool *t, struct mg_sl arguments,
	struct mg_str *content, bool *is_error, struct mg_fault *f);

#endif
