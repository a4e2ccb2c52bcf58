/* similar.c - sets of shingles as sorted hashes: no text is kept. */
#include "vote/similar.h"

#include <stdlib.h>

#define WORDS 3

struct set {
	uint64_t *v;
	size_t n, cap;
};

static bool
blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* FNV-1a. It is the same in every process, as a replay needs. */
static uint64_t
hash_word(uint64_t h, struct mg_sl word)
{
	for (size_t i = 0; i < word.n; i++) {
		unsigned char c = (unsigned char)word.p[i];

		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		h = (h ^ c) * 1099511628211u;
	}
	return (h ^ ' ') * 1099511628211u;
}

static bool
next_word(struct mg_sl *rest, struct mg_sl *word)
{
	while (rest->n && blank(*rest->p))
		rest->p++, rest->n--;
	*word = (struct mg_sl){rest->p, 0};
	while (rest->n && !blank(*rest->p))
		rest->p++, rest->n--, word->n++;
	return word->n > 0;
}

static void
add(struct set *s, uint64_t h)
{
	MG_GROW(s->v, s->n, s->cap);
	s->v[s->n++] = h;
}

static int
by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
sort(struct set *s)
{
	size_t n = 0;

	if (s->n)
		qsort(s->v, s->n, sizeof(*s->v), by_value);
	for (size_t i = 0; i < s->n; i++)
		if (!n || s->v[i] != s->v[n - 1])
			s->v[n++] = s->v[i];
	s->n = n;
}

static struct set
shingles(struct mg_sl text)
{
	struct mg_sl words[WORDS], word, rest = text;
	struct set s = {0};
	size_t n = 0;

	while (next_word(&rest, &word)) {
		uint64_t h = 14695981039346656037u;

		if (n >= WORDS)
			memmove(words, words + 1, 2 * sizeof(*words));
		words[n < WORDS ? n : WORDS - 1] = word;
		n++;
		for (size_t i = 0; n >= WORDS && i < WORDS; i++)
			h = hash_word(h, words[i]);
		if (n >= WORDS)
			add(&s, h);
	}
	for (size_t i = 0; n < WORDS && i < n; i++)
		add(&s, hash_word(14695981039346656037u, words[i]));
	sort(&s);
	return s;
}

int64_t
mg_similar(struct mg_sl a, struct mg_sl b)
{
	struct set x = shingles(a), y = shingles(b);
	size_t both = 0, either, i = 0, k = 0;

	while (i < x.n && k < y.n) {
		int c = by_value(&x.v[i], &y.v[k]);

		both += c == 0;
		i += c <= 0;
		k += c >= 0;
	}
	either = x.n + y.n - both;
	free(x.v);
	free(y.v);
	return either ? (int64_t)(both * 1000000 / either) : 1000000;
}
