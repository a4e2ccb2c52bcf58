/* same.c - what is the same value, however it is spelt. */
#include "schema/schema_in.h"

#include "event/json.h"

#define PRIME UINT64_C(0x100000001b3)
#define BASIS UINT64_C(0xcbf29ce484222325)

struct mg_sl
mg_schema_text(struct mg_sl raw, struct mg_str *tmp)
{
	raw = mg_sl_trim(raw);
	if (raw.n >= 2 && !memchr(raw.p, '\\', raw.n))
		return (struct mg_sl){raw.p + 1, raw.n - 2};
	mg_str_clear(tmp);
	mg_json_text(raw, tmp);
	return mg_str_as_sl(tmp);
}

static bool
same_text(struct mg_sl a, struct mg_sl b)
{
	struct mg_str x = MG_STR(0), y = MG_STR(0);
	bool same;

	/* An escape is at most six times as long as what it stands for. */
	if (a.n > 6 * b.n || b.n > 6 * a.n)
		return false;
	same = mg_sl_eq(mg_schema_text(a, &x), mg_schema_text(b, &y));
	mg_str_release(&x);
	mg_str_release(&y);
	return same;
}

static bool
same_array(struct mg_schema_walk *w, struct mg_sl a, struct mg_sl b)
{
	size_t i = 0, j = 0;
	struct mg_sl x, y;
	bool more;

	for (;;) {
		more = mg_json_next(a, &i, NULL, &x);
		if (more != mg_json_next(b, &j, NULL, &y))
			return false;
		if (!more)
			return true;
		if (!mg_schema_same(w, x, y))
			return false;
	}
}

static bool
same_object(struct mg_schema_walk *w, struct mg_sl a, struct mg_sl b)
{
	struct mg_schema_object x, y;
	bool same = mg_schema_object_read(w, a, &x);

	same = mg_schema_object_read(w, b, &y) && same && x.live == y.live;
	for (size_t i = 0; same && i < x.live; i++)
		same = mg_sl_eq(x.by[i]->name, y.by[i]->name) &&
			mg_schema_same(w, x.by[i]->value, y.by[i]->value);
	mg_schema_object_free(&x);
	mg_schema_object_free(&y);
	return same;
}

bool
mg_schema_same(struct mg_schema_walk *w, struct mg_sl a, struct mg_sl b)
{
	char kind = mg_json_kind(a);

	if (kind != mg_json_kind(b))
		return false;
	/* Two strings of very different lengths are not looked at. */
	if (!mg_schema_spend(w,
		    kind == '0'		? a.n + b.n
			    : a.n < b.n ? 7 * a.n
					: 7 * b.n))
		return false;
	switch (kind) {
	case '"':
		return same_text(mg_sl_trim(a), mg_sl_trim(b));
	case '0':
		return mg_schema_compare(
			       mg_schema_number(a), mg_schema_number(b)) == 0;
	case '[':
		return same_array(w, a, b);
	case '{':
		return same_object(w, a, b);
	}
	return true;
}

static uint64_t
hash_bytes(struct mg_sl s)
{
	uint64_t h = BASIS;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (uint8_t)s.p[i]) * PRIME;
	return h;
}

/* The order of members must not matter, so they are added up. */
static uint64_t
hash_object(struct mg_schema_walk *w, struct mg_sl raw)
{
	struct mg_schema_object o;
	uint64_t h = BASIS, one;

	if (mg_schema_object_read(w, raw, &o))
		for (size_t i = 0; i < o.live && !w->stop; i++) {
			one = hash_bytes(o.by[i]->name) * PRIME;
			one ^= mg_schema_hash(w, o.by[i]->value);
			h += one * PRIME;
		}
	mg_schema_object_free(&o);
	return h;
}

uint64_t
mg_schema_hash(struct mg_schema_walk *w, struct mg_sl raw)
{
	char kind = mg_json_kind(raw);
	uint64_t h = BASIS ^ (uint8_t)kind;
	struct mg_str tmp = MG_STR(0);
	struct mg_sl value;
	size_t it = 0;

	if (!mg_schema_spend(w, raw.n))
		return 0;
	switch (kind) {
	case '"':
		h ^= hash_bytes(mg_schema_text(raw, &tmp));
		mg_str_release(&tmp);
		break;
	case '0':
		h ^= mg_schema_number_hash(mg_schema_number(raw));
		break;
	case '[':
		while (mg_json_next(raw, &it, NULL, &value) && !w->stop)
			h = (h ^ mg_schema_hash(w, value)) * PRIME;
		break;
	case '{':
		h ^= hash_object(w, raw);
		break;
	}
	return h * PRIME;
}
