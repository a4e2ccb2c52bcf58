/*
 * normal.h - the normal form of an answer: two answers are the same vote if
 * their keys are equal, byte for byte.
 *
 * mg-vote(1), NORMALISATION, is the specification; the code follows its
 * steps in its order. A key says of what kind the answer is: "c:" code, "n:"
 * a number, "b:" yes or no, "t:" text.
 *
 *	struct mg_str key = MG_STR(0);
 *
 *	if (mg_normal(MG_SL("Answer: **4.2e1**"), &key))
 *		puts(key.s);		"n:42e0"
 *
 * Blanks, here and everywhere in lib/vote, are U+0009, U+000A, U+000D,
 * U+0020, U+00A0, U+2009, U+202F and U+3000.
 */
#ifndef MG_VOTE_NORMAL_H
#define MG_VOTE_NORMAL_H

#include "base/str.h"

/* Appends the key; false (nothing appended) if the text is all blank. */
bool mg_normal(struct mg_sl text, struct mg_str *key);

/* Without blanks at either end. */
struct mg_sl mg_unblank(struct mg_sl s);

/* The line at the start of *rest, without its newline, cut off from it. The
 * last line leaves rest->p NULL; then there is no further one. */
bool mg_next_line(struct mg_sl *rest, struct mg_sl *line);

struct mg_fence {
	char mark; /* '`' or '~' */
	size_t n; /* how many of them */
};

/* Three marks or more, and an info string without that mark. */
bool mg_fence_opens(struct mg_sl line, struct mg_fence *fence);
/* Nothing but at least as many of the same mark. */
bool mg_fence_closes(struct mg_sl line, struct mg_fence fence);

#endif
