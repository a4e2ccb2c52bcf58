/* index_in.h - the rows of the index: see index.c. */
#ifndef MG_TOOLS_INDEX_IN_H
#define MG_TOOLS_INDEX_IN_H

#include "tools/registry_in.h"

#define MG_INDEX_HEAD "[\"mg-tools\",1,\"" MG_VERSION "\"]\n"
#define MG_INDEX_MAX ((size_t)64 << 20)

struct mg_line {
	struct mg_sl raw;
	bool owned; /* new: its bytes are its own */
	bool seen; /* its file is still there */
	bool gone;
};

struct mg_index {
	struct mg_str path; /* empty: nowhere */
	struct mg_str old, key;
	struct mg_line *lines;
	size_t nold, n, cap;
	bool changed;
};

/* To a new file that takes the old one's place. */
void mg_index_write(struct mg_index *x);

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
