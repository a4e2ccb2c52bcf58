#include "vote/tally.h"

#include "base/opt.h"

#include <stdio.h>
#include <stdlib.h>

int
mg_voter_cmp(const struct mg_voter *a, const struct mg_voter *b)
{
	/* Rank 0 wraps to the end. */
	if (a->rank != b->rank)
		return a->rank - 1u < b->rank - 1u ? -1 : 1;
	return mg_sl_cmp(a->name, b->name);
}

static int
by_key(const void *x, const void *y)
{
	const struct mg_ballot *a = x, *b = y;
	int c = mg_sl_cmp(a->key, b->key);

	return c ? c : mg_voter_cmp(a->agent, b->agent);
}

static int
by_weight(const void *x, const void *y)
{
	const struct mg_camp *a = x, *b = y;

	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	return mg_sl_cmp(a->first->agent->name, b->first->agent->name);
}

void
mg_tally_add(struct mg_tally *t, struct mg_ballot b)
{
	MG_GROW(t->ballots, t->n, t->cap);
	t->ballots[t->n++] = b;
}

static void
add_to_camp(struct mg_tally *t, const struct mg_ballot *b)
{
	struct mg_camp *c = t->ncamps ? &t->camps[t->ncamps - 1] : NULL;

	if (!c || !mg_sl_eq(c->first->key, b->key)) {
		MG_GROW(t->camps, t->ncamps, t->camps_cap);
		c = &t->camps[t->ncamps++];
		*c = (struct mg_camp){.first = b};
	}
	c->n++;
	c->weight += b->agent->weight;
	t->total += b->agent->weight;
}

void
mg_tally_count(struct mg_tally *t)
{
	if (!t->n)
		return;
	qsort(t->ballots, t->n, sizeof(*t->ballots), by_key);
	for (size_t i = 0; i < t->n; i++)
		add_to_camp(t, &t->ballots[i]);
	qsort(t->camps, t->ncamps, sizeof(*t->camps), by_weight);
	while (t->leading < t->ncamps &&
		t->camps[t->leading].weight == t->camps[0].weight)
		t->leading++;
	t->margin = t->camps[0].weight;
	if (t->ncamps > 1)
		t->margin -= t->camps[1].weight;
}

enum mg_verdict
mg_tally_judge(const struct mg_tally *t, const struct mg_rules *rules)
{
	if (!t->n)
		return MG_NO_VOTES;
	if (!t->total)
		return MG_NO_WEIGHT;
	if (t->n < (size_t)rules->quorum)
		return MG_NO_QUORUM;
	if (t->leading > 1)
		return MG_TIE;
	return t->margin < rules->min_margin ? MG_NO_MARGIN : MG_DONE;
}

void
mg_tally_clear(struct mg_tally *t)
{
	t->n = t->ncamps = t->leading = 0;
	t->total = t->margin = 0;
}

void
mg_tally_release(struct mg_tally *t)
{
	free(t->ballots);
	free(t->camps);
	*t = (struct mg_tally){0};
}

bool
mg_weight_read(const char *s, int64_t *weight)
{
	size_t whole = strspn(s, "0123456789"), part = 0;
	char digits[32];
	int64_t n;

	if (s[whole] == '.')
		part = strspn(s + whole + 1, "0123456789");
	if (!whole || whole > 12 || part > 6 || (s[whole] && !part) ||
		(part && s[whole + 1 + part]))
		return false;
	snprintf(digits, sizeof(digits), "%.*s%.*s%.*s", (int)whole, s,
		(int)part, part ? s + whole + 1 : "", (int)(6 - part),
		"000000");
	if (!mg_read_int(digits, 0, MG_WEIGHT_MAX * MG_WEIGHT_ONE, &n))
		return false;
	*weight = n;
	return true;
}

/* Backwards, and by hand: a result holds many, and most are one digit. */
struct mg_sl
mg_weight_text(int64_t weight, char buf[MG_WEIGHT_TEXT])
{
	char *p = buf + MG_WEIGHT_TEXT;
	int64_t rest = weight % MG_WEIGHT_ONE;
	int places = rest ? 6 : 0;

	for (; places && rest % 10 == 0; places--)
		rest /= 10;
	for (; places; places--, rest /= 10)
		*--p = (char)('0' + rest % 10);
	if (p < buf + MG_WEIGHT_TEXT)
		*--p = '.';
	rest = weight / MG_WEIGHT_ONE;
	do
		*--p = (char)('0' + rest % 10);
	while (rest /= 10);
	return (struct mg_sl){p, (size_t)(buf + MG_WEIGHT_TEXT - p)};
}
