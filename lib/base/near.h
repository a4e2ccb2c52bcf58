/*
 * near.h - "did you mean": the known word nearest to a misspelt one.
 *
 *	const char *const words[] = {"model", "system", NULL};
 *	mg_near("modle", words)		"model"
 *	mg_near("colour", words)	NULL: nothing is near
 *
 * Near means a Damerau-Levenshtein distance (optimal string alignment: an
 * insertion, a deletion, a substitution or a swap of neighbours costs 1) of
 * at most a third of the longer word, and at least one.
 */
#ifndef MG_BASE_NEAR_H
#define MG_BASE_NEAR_H

#include <stddef.h>

size_t mg_distance(const char *a, const char *b);
const char *mg_near(const char *word, const char *const *words);

#endif
