/*
 * tally.h - ballots in, camps out: who voted alike, how much that weighs,
 * and whether it wins.
 *
 * A camp is the agents whose answers have the same key. Its first agent
 * speaks for it: first among those that `init` named, in its order, then
 * bytewise by name. Nothing depends on the order in which ballots came.
 *
 * Weights are whole millionths, so they add up exactly: MG_WEIGHT_ONE is 1.
 *
 *	struct mg_tally t = {0};
 *
 *	mg_tally_add(&t, (struct mg_ballot){.agent = a, .key = key});
 *	...
 *	mg_tally_count(&t);
 *	verdict = mg_tally_judge(&t, &rules);
 *	mg_tally_clear(&t);
 *
 * Plurality, the method of this file, needs only the camps. Another method
 * is another file that reads the same ballots.
 */
#ifndef MG_VOTE_TALLY_H
#define MG_VOTE_TALLY_H

#include "base/str.h"

#define MG_WEIGHT_ONE ((int64_t)1000000)
#define MG_WEIGHT_MAX ((int64_t)1000000) /* of one agent */
#define MG_WEIGHT_TEXT 24

struct mg_voter {
	struct mg_sl name;
	uint32_t number; /* in the order of their first mention, from 0 */
	uint32_t rank; /* in `init`, from 1; 0: not named there */
	int64_t weight;
};

struct mg_ballot {
	const struct mg_voter *agent;
	struct mg_sl key, answer; /* normal form; as the agent spelt it */
	struct mg_sl content; /* raw JSON */
};

struct mg_camp {
	const struct mg_ballot *first; /* who speaks for it; the rest follow */
	size_t n;
	int64_t weight;
};

struct mg_tally {
	struct mg_ballot *ballots;
	size_t n, cap;
	struct mg_camp *camps; /* the heaviest first */
	size_t ncamps, camps_cap;
	size_t leading; /* how many camps share the first place */
	int64_t total, margin;
};

struct mg_rules {
	int64_t quorum; /* so many agents must have voted */
	int64_t min_margin; /* the first must lead by this weight */
};

enum mg_verdict {
	MG_DONE,
	MG_TIE,
	MG_NO_VOTES, /* nobody voted */
	MG_NO_WEIGHT, /* those who did weigh nothing */
	MG_NO_QUORUM,
	MG_NO_MARGIN,
};

/* Those named by `init` in its order, then the others by name; for qsort. */
int mg_voter_cmp(const struct mg_voter *a, const struct mg_voter *b);

void mg_tally_add(struct mg_tally *t, struct mg_ballot b);
/* Sorts the ballots into camps. */
void mg_tally_count(struct mg_tally *t);
enum mg_verdict
mg_tally_judge(const struct mg_tally *t, const struct mg_rules *rules);
/* Forgets the ballots and keeps the memory. */
void mg_tally_clear(struct mg_tally *t);
void mg_tally_release(struct mg_tally *t);

/* A decimal number, at least 0, of at most six digits behind the point. */
bool mg_weight_read(const char *s, int64_t *weight);
/* Its shortest form, 2 or 1.5, within buf. */
struct mg_sl mg_weight_text(int64_t weight, char buf[MG_WEIGHT_TEXT]);

#endif
