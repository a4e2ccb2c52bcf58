/*
 * event.h - one line of the stream, and what a filter needs to know of it.
 *
 * mg_event_look() reads the envelope of a line without parsing the rest: its
 * type, and in a ring the marks. It trusts nothing and validates nothing; a
 * line that some stage acts on is checked first (mg_json_check).
 *
 * A bad line is one that, trimmed, does not begin with `{` and end with `}`,
 * or holds a NUL (or is too long, which the reader finds).
 */
#ifndef MG_EVENT_EVENT_H
#define MG_EVENT_EVENT_H

#include "base/fault.h"
#include "base/str.h"

struct mg_event {
	struct mg_sl raw; /* trimmed; once acted on: checked JSON */
	size_t line; /* of the input */
	struct mg_sl type; /* without quotes, as spelt; empty: none */
	struct mg_sl by; /* likewise */
	bool taken;
	struct mg_sl taker; /* by whom, where that is a string */
	bool mine; /* history: it was this stage that took it */
	bool lap; /* goes round for the last time, to its maker */
	bool past; /* history */
	bool stamped; /* has a `ts` */
	bool own; /* made by this stage: a lap line come back, or past */
};

/*
 * Fills e from a line. With `all` false only what stands in front of the
 * type is sure to be found (a line, where marks do not matter); with `all`
 * true all of the above wherever it stands. -1 for a bad line: f says why.
 */
int mg_event_look(
	struct mg_event *e, struct mg_sl line, bool all, struct mg_fault *f);

/*
 * What tells ids apart, however they are spelt: appends it to key. "1" is not
 * 1, and "\u0061" is "a".
 */
void mg_id_key(struct mg_sl id, struct mg_str *key);

static inline bool
mg_event_is(const struct mg_event *e, const char *type)
{
	return mg_sl_is(e->type, type);
}

#endif
