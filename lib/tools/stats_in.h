/* stats_in.h - what stats.c counts and stats_show.c tells; see stats.h. */
#ifndef MG_TOOLS_STATS_IN_H
#define MG_TOOLS_STATS_IN_H

#include "base/map.h"
#include "tools/stats.h"

struct numbers {
	int64_t *v;
	size_t n, cap;
};

/* Of one tool, or of all. */
struct sums {
	int64_t calls, results, errors;
	int64_t content, output; /* bytes */
	struct numbers ms;
	struct mg_map codes; /* int64_t * by code */
};

struct tool {
	char *by; /* raw: who answered first; NULL: nobody yet */
	struct sums sums;
};

/* A call that an event spoke of, by its id, agent, turn and call. */
struct call {
	char *name;
	bool called, answered;
};

struct mg_stats {
	struct mg_map tools; /* struct tool by name */
	struct mg_map calls; /* struct call by key */
	struct mg_map requests; /* by key; no values */
	struct sums all;
	struct numbers schemas; /* bytes of `tools`, of requests that have it */
	int64_t nrequests, lines, bad;
	struct mg_str line, key, text;
};

#endif
