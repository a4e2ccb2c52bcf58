/* custom_in.h - functions that are being made tools: what custom.c and
 * custom_ask.c share. */
#ifndef MG_TOOLS_CUSTOM_IN_H
#define MG_TOOLS_CUSTOM_IN_H

#include "tools/apart.h"
#include "tools/custom.h"
#include "tools/work.h"

/* One function of an entry. */
struct custom_job {
	struct custom *all;
	const struct mg_node *entry, *at; /* at: where it is named */
	char *path, *function; /* "-": none is named */
	char *file; /* absolute; NULL: only Python finds it */
	char *name, *description; /* the entry's; NULL: the function's own */
	char *preset, *defaults; /* JSON, with variables as written */
	char **env; /* variables that it gets */
	char *record; /* what the adapter says of it: JSON */
	const struct custom_job *twin; /* is asked the same */
	struct mg_tool asked; /* the adapter, as a tool that describes */
	struct mg_work *work;
};

/* Those of an agent. */
struct custom {
	struct mg_tool_source *s;
	char **own; /* the adapter's files */
	char *cwd; /* of the back end: ${cwd}; NULL: it has none */
	struct custom_job *v;
	size_t n, cap;
	struct mg_map names; /* of the tools made so far */
	size_t running;
	bool idle; /* nothing runs */
	struct mg_apart apart;
};

void mg_custom_problem(const struct custom_job *j, const char *remedy,
	const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* "the function `NAME`", for messages. */
#define CUSTOM_WHO 96
const char *mg_custom_who(const struct custom_job *j, char out[CUSTOM_WHO]);

/* The adapter and what it brings; NULL: it is not there. */
char **mg_custom_own(void);
/* The same, and a file. */
char **mg_custom_files(const struct custom *l, const char *file);
/* "describe" or "call". */
char **mg_custom_command(
	const struct custom_job *j, const char *what, const char *file);
/* Fills the records, from the index or by asking; what fails is told. */
void mg_custom_ask(struct custom *l);

#endif
