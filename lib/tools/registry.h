/*
 * registry.h - the tools there are, and which of them whom they are offered.
 *
 * Tools come from folders: ./.mg/tools, $XDG_DATA_HOME/mg/tools and mg's own
 * share/tools, or those that --tools names; and from team files (`tools`,
 * and MassGen's `custom_tools`). In a folder, a file NAME.yaml or NAME.yml is
 * a record or a team, NAME/tool.yaml a record in a folder of its own, and a
 * program that holds the text `--describe` is asked to describe itself.
 * What is wrong with one file is told, and harms no other.
 *
 * Several versions of a name may stand side by side; of one version, the
 * first folder's is taken. Reading a thousand records at every start would
 * take too long: what they said is kept in $XDG_CACHE_HOME/mg/tools.ndjson,
 * by path and by what stat(2) says of each file that it was made of; a
 * changed file is read again.
 *
 *	struct mg_registry *r = mg_registry_open(
 *		&(struct mg_registry_req){.tools = &o.tools, .team = o.team,
 *			.allow = &o.allow, .problem = warn}, &fault);
 *	const struct mg_toolset *set = mg_registry_set(r, MG_SL("agent1"));
 *	struct mg_tool *t = mg_toolset_find(set, MG_SL("weather@1"));
 */
#ifndef MG_TOOLS_REGISTRY_H
#define MG_TOOLS_REGISTRY_H

#include "base/opt.h"
#include "tools/tool.h"

struct mg_registry;

struct mg_tool_problem {
	const char *file;
	size_t line; /* 0: none */
	const char *message, *remedy; /* remedy: "" for none */
};
typedef void mg_tool_problem_fn(void *arg, const struct mg_tool_problem *p);

struct mg_registry_req {
	/* Folders and files (with a slash in them, or where there is no tool
	 * of the name); NAMEs and NAME@VERSIONs of tools in these folders, or
	 * else in the usual ones. They count instead of a team's `tools`.
	 * Empty: all tools of the usual folders, unless a team names its own
	 * (`tools`, or custom_tools). */
	const struct mg_list *tools;
	const char *team; /* a team file; NULL: none */
	const struct mg_list *allow; /* --allow */
	bool all; /* every version, for `list -a` and `check` */
	mg_tool_problem_fn *problem; /* may be NULL */
	void *arg;
};

/* NULL with f filled: a folder or a name that was asked for is not there, a
 * team file cannot be read or names tools that are not there. */
struct mg_registry *
mg_registry_open(const struct mg_registry_req *req, struct mg_fault *f);
void mg_registry_free(struct mg_registry *r);
/* How many problems there were. */
size_t mg_registry_problems(const struct mg_registry *r);

/* What one agent is offered: one version of each name, in the order of names
 * (bytewise). */
struct mg_toolset {
	struct mg_tool **v;
	size_t n;
	/* As requests carry them: {…},{…}; empty if there are none. */
	struct mg_str schemas;
	/* Every version, for those who name one. */
	struct mg_tool **all;
	size_t nall;
};
/* Of an agent, or of who is in no team; an empty name: what any of them is
 * offered. Never NULL, and valid as long as the registry. */
const struct mg_toolset *
mg_registry_set(const struct mg_registry *r, struct mg_sl agent);
/* NAME or NAME@VERSION; NULL. A bare name that the set holds is its v's. */
struct mg_tool *mg_toolset_find(const struct mg_toolset *s, struct mg_sl name);

/* --allow, or `allow_tools` of the team, names it (NAME or NAME@VERSION), or
 * it is harmless. */
bool mg_registry_allows(const struct mg_registry *r, const struct mg_tool *t);

/* --- for kinds (tool.h) and for custom.c ---------------------------------- */

struct mg_tool_source; /* a folder, or a team file, that is being read */
/* Takes the tool over, finished or not; what is wrong with it is told, and it
 * is freed then. */
void mg_tool_source_add(struct mg_tool_source *s, struct mg_tool *t);
/* line 0: none; remedy may be NULL. */
void mg_tool_source_problem(struct mg_tool_source *s, const char *file,
	size_t line, const char *message, const char *remedy);

#endif
