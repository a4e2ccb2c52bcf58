/*
 * schema.c - fuzzes a schema and a value: the first line and what follows.
 *
 * What must hold: the answer is the same twice, with and without words; words
 * are there exactly if it does not fit, and hold no control bytes; no more
 * steps than allowed are made; a value is the same as itself, and so has the
 * same hash; what mg_schema_check() keeps, it keeps again, and what it
 * refuses, it says why.
 */
#include "event/json.h"
#include "schema/schema_in.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What one look may spend at most, beyond what is left. */
#define SLACK 4096

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static bool
fits(struct mg_sl schema, struct mg_sl value, struct mg_str *why)
{
	struct mg_schema_walk w;
	bool good = mg_schema_walk(&w, schema, value, why);

	must(w.steps <= MG_SCHEMA_STEPS + SLACK && !w.depth);
	must(!w.stop || !good);
	return good;
}

static void
judge(struct mg_sl schema, struct mg_sl value)
{
	struct mg_str why = MG_STR(4096), again = MG_STR(4096);
	bool good = fits(schema, value, &why);

	must(fits(schema, value, &again) == good);
	must(mg_schema_fits(schema, value, NULL) == good);
	must(mg_sl_eq(mg_str_as_sl(&why), mg_str_as_sl(&again)));
	must(good == !why.len && !why.over);
	for (size_t i = 0; i < why.len; i++)
		must((uint8_t)why.s[i] >= 0x20 && why.s[i] != 0x7F);
	/* It is JSON text, cut between characters. */
	mg_str_clear(&again);
	mg_json_put(&again, mg_str_as_sl(&why));
	must(mg_json_check(again.s, again.len, NULL, NULL) >= 0);
	mg_str_release(&why);
	mg_str_release(&again);
}

static void
check(struct mg_sl schema)
{
	struct mg_fault f = {0}, g = {0};
	int result = mg_schema_check(schema, &f);

	must(mg_schema_check(schema, &g) == result);
	must(strcmp(f.message, g.message) == 0);
	must((result < 0) == (f.message[0] != '\0'));
}

static void
same(struct mg_sl value)
{
	struct mg_schema_walk w = {.root = value};

	must(mg_schema_same(&w, value, value) || w.stop);
	w = (struct mg_schema_walk){.root = value};
	mg_schema_hash(&w, value);
	must(w.steps <= MG_SCHEMA_STEPS + SLACK);
}

/* The same bytes on the heap, where an overrun is seen. */
static char *
copy(const uint8_t *p, size_t n)
{
	char *s = mg_xmalloc(n);

	if (n)
		memcpy(s, p, n);
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nl = size ? memchr(data, '\n', size) : NULL;
	size_t first = nl ? (size_t)(nl - data) : size;
	size_t rest = nl ? size - first - 1 : 0;
	struct mg_sl schema = {copy(data, first), first};
	struct mg_sl value = {copy(nl ? nl + 1 : data, rest), rest};

	mg_prog = NULL;
	if (mg_json_check((char *)schema.p, first, NULL, NULL) >= 0) {
		check(schema);
		if (mg_json_check((char *)value.p, rest, NULL, NULL) >= 0) {
			judge(schema, value);
			same(value);
		}
	}
	free((char *)schema.p);
	free((char *)value.p);
	return 0;
}
