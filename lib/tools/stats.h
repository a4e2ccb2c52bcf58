/*
 * stats.h - how the tools of a run did: `mg-tools stats`.
 *
 * Reads events (tool_call, tool_result, request) and counts, for each tool:
 * calls, errors, the median and the 95th percentile of duration_ms (nearest
 * rank), bytes of content; and what the tools' schemas added to requests.
 * A log has each event once. A stream that was tapped elsewhere in a ring may
 * hold copies of a line: history (`past`) is not counted, and what goes round
 * for the last time (`lap`) only if its call was not seen before.
 *
 *	mg-tools stats RUN            a run's log (mg-run's names; "last")
 *	mg-tools stats <log.ndjson
 */
#ifndef MG_TOOLS_STATS_H
#define MG_TOOLS_STATS_H

#include "base/fault.h"
#include "base/str.h"

struct mg_stats;

struct mg_stats *mg_stats_new(void);
void mg_stats_free(struct mg_stats *s);
/* One line of a log; what is no JSON object is counted and else ignored. */
void mg_stats_line(struct mg_stats *s, struct mg_sl line);
/* What follows is another stream: ids may come again. An `init` says so too. */
void mg_stats_next(struct mg_stats *s);
/* How many lines were no events. */
size_t mg_stats_bad(const struct mg_stats *s);
/* One JSON object per tool, by name, then {"type":"tool_stats","total":true,
 * ...}; or a table for a person. */
void mg_stats_json(const struct mg_stats *s, struct mg_str *out);
void mg_stats_text(const struct mg_stats *s, struct mg_str *out);

#endif
