/*
 * similar.h - how alike two texts are: the Jaccard index of their sets of
 * shingles, three words in a row, lower-cased (ASCII). A text of fewer than
 * three words is the set of its words. Words are what blanks separate.
 *
 *	if (mg_similar(a, b) > 700000)
 *		...		more than 70 % alike
 */
#ifndef MG_VOTE_SIMILAR_H
#define MG_VOTE_SIMILAR_H

#include "base/str.h"

/* In millionths; two texts without words are alike. */
int64_t mg_similar(struct mg_sl a, struct mg_sl b);

#endif
