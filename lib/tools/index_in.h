/* index_in.h - the rows of the index: see index.c. */
#ifndef MG_TOOLS_INDEX_IN_H
#define MG_TOOLS_INDEX_IN_H

#include "tools/registry_in.h"

/* A line, read from left to right; bad once anything was not as expected. */
struct mg_row {
	struct mg_sl raw;
	size_t it;
	bool bad;
	struct mg_arena *arena; /* where texts go */
	const struct mg_folder *folder; /* whose files are known; may be NULL */
	const char *dir;
};
struct mg_sl mg_row_next(struct mg_row *r);
char *mg_row_text(struct mg_row *r); /* in the arena; NULL for null */
char *mg_row_decode(struct mg_row *r, struct mg_sl raw);
int64_t mg_row_int(struct mg_row *r); /* 0 or more */
size_t mg_row_count(struct mg_row *r);

/* An element and its comma. */
void mg_row_put(struct mg_str *s, const char *text);

/* NULL, and r bad, if there is none; `self` is the file it came from. */
struct mg_tool *mg_tool_of_row(struct mg_row *r, const char *self);
void
mg_tool_put_row(struct mg_str *s, const struct mg_tool *t, const char *self);

#endif
