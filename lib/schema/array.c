/* array.c - the elements of an array. */
#include "schema/schema_in.h"

#include "event/json.h"

#include <stdlib.h>

static bool
sizes(struct mg_schema_walk *w, const struct mg_schema_node *n, bool least)
{
	struct mg_sl limit = n->kw[least ? MG_SK_MIN_ITEMS : MG_SK_MAX_ITEMS];
	int order;

	if (mg_json_kind(limit) != '0')
		return true;
	if (!mg_schema_spend(w, n->value.n))
		return false;
	order = mg_schema_compare_count(mg_json_count(n->value), limit);
	if (least ? order >= 0 : order <= 0)
		return true;
	return mg_schema_say(w, n->at, "must hold at %s %s element%s",
		least ? "least" : "most", mg_schema_quote(limit).s,
		mg_schema_compare_count(1, limit) ? "s" : "");
}

/*
 * The first elements each have a schema of their own: of prefixItems, or of
 * `items` where that is a list. All others have `rest`.
 */
static bool
each(struct mg_schema_walk *w, const struct mg_schema_node *n)
{
	struct mg_sl first = n->kw[MG_SK_PREFIX], rest = n->kw[MG_SK_ITEMS];
	struct mg_schema_at at = {.up = n->at};
	struct mg_sl value, schema;
	size_t it = 0, own = 0;
	bool good = true;

	if (mg_json_kind(rest) == '[') {
		first = rest;
		rest = n->kw[MG_SK_MORE_ITEMS];
	}
	if (mg_json_kind(first) != '[')
		first = (struct mg_sl){NULL, 0};
	if (!first.p && !rest.p)
		return true;
	while ((good || mg_schema_more(w)) && mg_schema_spend(w, 0) &&
		mg_json_next(n->value, &it, NULL, &value)) {
		if (!mg_json_next(first, &own, NULL, &schema)) {
			schema = rest;
			first = (struct mg_sl){NULL, 0};
		}
		if (!schema.p)
			break;
		good &= mg_schema_judge(w, schema, value, &at);
		at.index++;
	}
	return good && !w->stop;
}

static bool
told(struct mg_sl limit, size_t count, int sign)
{
	return mg_json_kind(limit) == '0' &&
		sign * mg_schema_compare_count(count, limit) < 0;
}

static bool
contains(struct mg_schema_walk *w, const struct mg_schema_node *n)
{
	struct mg_sl schema = n->kw[MG_SK_CONTAINS], value;
	struct mg_sl min = n->kw[MG_SK_MIN_CONTAINS];
	struct mg_sl max = n->kw[MG_SK_MAX_CONTAINS];
	struct mg_schema_at at = {.up = n->at};
	size_t it = 0, count = 0;

	if (!schema.p)
		return true;
	if (mg_json_kind(min) != '0')
		min = MG_SL("1");
	while (mg_schema_spend(w, 0) &&
		mg_json_next(n->value, &it, NULL, &value)) {
		count += mg_schema_quiet(w, schema, value, &at);
		at.index++;
	}
	if (w->stop)
		return false;
	if (told(min, count, 1))
		return mg_schema_say(w, n->at,
			"must hold at least %s element%s that fit%s %s",
			mg_schema_quote(min).s,
			mg_schema_compare_count(1, min) ? "s" : "",
			mg_schema_compare_count(1, min) ? "" : "s",
			mg_schema_quote(schema).s);
	if (told(max, count, -1))
		return mg_schema_say(w, n->at,
			"must hold at most %s element%s that fit%s %s, but "
			"holds %zu",
			mg_schema_quote(max).s,
			mg_schema_compare_count(1, max) ? "s" : "",
			mg_schema_compare_count(1, max) ? "" : "s",
			mg_schema_quote(schema).s, count);
	return true;
}

struct element {
	uint64_t hash;
	size_t index;
	struct mg_sl value;
};

static int
by_hash(const void *x, const void *y)
{
	const struct element *a = x, *b = y;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

static struct element *
hash_all(struct mg_schema_walk *w, struct mg_sl raw, size_t *n)
{
	struct element *e = NULL;
	struct mg_sl value;
	size_t it = 0, cap = 0;

	*n = 0;
	while (mg_schema_spend(w, 0) && mg_json_next(raw, &it, NULL, &value)) {
		MG_GROW(e, *n, cap);
		e[*n] = (struct element){mg_schema_hash(w, value), *n, value};
		++*n;
	}
	if (*n)
		qsort(e, *n, sizeof(*e), by_hash);
	return e;
}

/* Only what has the same hash is compared. */
static bool
unique(struct mg_schema_walk *w, const struct mg_schema_node *n)
{
	struct element *e;
	size_t count;
	bool good = true;

	if (!mg_json_bool(n->kw[MG_SK_UNIQUE], false))
		return true;
	if (!mg_schema_spend(w, n->value.n))
		return false;
	e = hash_all(w, n->value, &count);
	for (size_t i = 0; good && !w->stop && i < count; i++)
		for (size_t j = i + 1;
			good && !w->stop && j < count && e[j].hash == e[i].hash;
			j++)
			if (mg_schema_same(w, e[i].value, e[j].value))
				good = mg_schema_say(w, n->at,
					"must hold nothing twice, but "
					"elements %zu and %zu are the same",
					e[i].index, e[j].index);
	free(e);
	return good && !w->stop;
}

bool
mg_schema_array(struct mg_schema_walk *w, const struct mg_schema_node *n)
{
	static bool (*const parts[])(struct mg_schema_walk *,
		const struct mg_schema_node *) = {each, contains, unique};
	bool good = sizes(w, n, true);

	if (good || mg_schema_more(w))
		good &= sizes(w, n, false);
	for (size_t i = 0; i < 3 && (good || mg_schema_more(w)); i++)
		good &= parts[i](w, n);
	return good;
}
