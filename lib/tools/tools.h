/*
 * tools.h - mg-tools as a stage: agents are offered tools, and their calls
 * are run.
 *
 * A `request` that passes gets the schemas of the agent's tools. A
 * `tool_call` for one of them is taken and gets exactly one `tool_result`,
 * whatever becomes of it; nobody's tools pass untaken. Calls run beside each
 * other, `jobs` at once, those that write to the same path one after the
 * other; results come in the order in which calls end. mg-tools(1) has the
 * rest, journal.h what happens when a run is killed and resumed.
 *
 *	struct mg_tools t;
 *
 *	if (mg_tools_init(&t, &options, &fault) < 0)
 *		...
 *	status = mg_stage_main(&mg_tools_stage, &t, &options.common);
 *	mg_tools_release(&t);
 */
#ifndef MG_TOOLS_TOOLS_H
#define MG_TOOLS_TOOLS_H

#include "event/filter.h"
#include "tools/commands.h"
#include "tools/gate.h"
#include "tools/journal.h"

struct mg_tools_options {
	struct mg_common common;
	struct mg_tools_where where;
	int64_t jobs;
};

struct mg_tcall;

struct mg_tools {
	const struct mg_tools_options *o;
	struct mg_filter *f;
	struct mg_registry *registry;
	struct mg_gate gate;
	/* Calls, oldest first: those that run, and those that wait. */
	struct mg_tcall *calls, **last;
	size_t running, waiting, waiting_bytes;
	size_t jobs; /* at once: what is asked for, as far as descriptors go */
	bool paused;
	/* The run: its name, its folder for the tools, its journal. */
	char *run;
	struct mg_str folder;
	struct mg_journal journal;
	bool journal_open;
	/* History: lines of calls without result, by their key. */
	struct mg_map owed;
};

/* -1 with f filled; problems with single tools are warnings. */
int mg_tools_init(struct mg_tools *t, const struct mg_tools_options *o,
	struct mg_fault *f);
void mg_tools_release(struct mg_tools *t);
extern const struct mg_stage mg_tools_stage;

/* Appends a tool_result for a person: -o text. */
void mg_tools_show_result(struct mg_sl result, struct mg_str *out);
/* A problem as a warning on standard error: for mg_registry_req. */
void mg_tools_warn(void *arg, const struct mg_tool_problem *p);

#endif
