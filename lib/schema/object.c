/*
 * object.c - the members of an object.
 *
 * An object is read once into an array sorted by name, so that it does not
 * cost more when an object has many members and a schema many properties. Of
 * equal names the last counts.
 */
#include "schema/schema_in.h"

#include "event/json.h"

#include <stdlib.h>

static int
by_name(const void *x, const void *y)
{
	const struct mg_schema_member *const *a = x, *const *b = y;
	int order = mg_sl_cmp((*a)->name, (*b)->name);

	return order ? order : *a < *b ? -1 : *a > *b;
}

static void
decode_name(struct mg_schema_member *m)
{
	struct mg_str text = MG_STR(m->key.n);

	m->name = mg_schema_text(m->key, &text);
	m->own = m->name.p == text.s;
	if (!m->own)
		mg_str_release(&text);
}

/* Sorts, and of equal names keeps the last. */
static void
sort(struct mg_schema_object *o)
{
	o->by = mg_xmalloc(o->n * sizeof(*o->by));
	for (size_t i = 0; i < o->n; i++)
		o->by[i] = &o->m[i];
	qsort(o->by, o->n, sizeof(*o->by), by_name);
	for (size_t i = 0; i < o->n; i++) {
		if (i + 1 < o->n &&
			mg_sl_eq(o->by[i]->name, o->by[i + 1]->name))
			o->by[i]->dead = true;
		else
			o->by[o->live++] = o->by[i];
	}
}

bool
mg_schema_object_read(
	struct mg_schema_walk *w, struct mg_sl raw, struct mg_schema_object *o)
{
	size_t it = 0, cap = 0;
	struct mg_sl key, value;

	*o = (struct mg_schema_object){0};
	if (mg_json_kind(raw) != '{' || !mg_schema_spend(w, 2 * raw.n))
		return !w->stop;
	while (mg_json_next(raw, &it, &key, &value)) {
		if (!mg_schema_spend(w, 0))
			return false;
		MG_GROW(o->m, o->n, cap);
		o->m[o->n] = (struct mg_schema_member){
			.key = key, .value = value};
		decode_name(&o->m[o->n++]);
	}
	if (o->n)
		sort(o);
	return true;
}

void
mg_schema_object_free(struct mg_schema_object *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->m[i].own)
			free((char *)o->m[i].name.p);
	free(o->m);
	free(o->by);
}

struct mg_schema_member *
mg_schema_object_find(const struct mg_schema_object *o, struct mg_sl name)
{
	size_t low = 0, high = o->live, mid;
	int order;

	while (low < high) {
		mid = low + (high - low) / 2;
		order = mg_sl_cmp(name, o->by[mid]->name);
		if (order == 0)
			return o->by[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

static struct mg_schema_member *
find_raw(const struct mg_schema_object *o, struct mg_sl raw)
{
	struct mg_str tmp = MG_STR(0);
	struct mg_schema_member *m;

	m = mg_schema_object_find(o, mg_schema_text(raw, &tmp));
	mg_str_release(&tmp);
	return m;
}

static bool
sizes(struct mg_schema_walk *w, const struct mg_schema_node *n,
	const struct mg_schema_object *o)
{
	static const struct {
		enum mg_schema_keyword word;
		int sign;
		const char *text;
	} rows[] = {
		{MG_SK_MIN_MEMBERS, 1, "least"},
		{MG_SK_MAX_MEMBERS, -1, "most"},
	};
	bool good = true;

	for (size_t i = 0; i < 2 && (good || mg_schema_more(w)); i++) {
		struct mg_sl limit = n->kw[rows[i].word];

		if (mg_json_kind(limit) == '0' &&
			rows[i].sign * mg_schema_compare_count(o->live, limit) <
				0)
			good = mg_schema_say(w, n->at,
				"must have at %s %s member%s", rows[i].text,
				mg_schema_quote(limit).s,
				mg_schema_compare_count(1, limit) ? "s" : "");
	}
	return good;
}

/* Each name of the list is there. `as` is the raw name that asks for it. */
static bool
required(struct mg_schema_walk *w, const struct mg_schema_node *n,
	const struct mg_schema_object *o, struct mg_sl list, struct mg_sl as)
{
	struct mg_str text = MG_STR(256);
	struct mg_sl name;
	size_t it = 0;
	bool good = true;

	if (mg_json_kind(list) != '[' || !mg_schema_spend(w, list.n))
		return !w->stop;
	mg_str_puts(&text, "is missing");
	if (as.p)
		mg_str_fmt(&text, ", as %s is given", mg_schema_quote(as).s);
	while ((good || mg_schema_more(w)) &&
		mg_json_next(list, &it, NULL, &name))
		if (mg_json_kind(name) == '"' && !find_raw(o, name))
			good = mg_schema_say_of(w, n->at, name, text.s);
	mg_str_release(&text);
	return good;
}

/* A map from names to lists of names or schemas, for the names given. */
static bool
depends(struct mg_schema_walk *w, const struct mg_schema_node *n,
	const struct mg_schema_object *o, struct mg_sl map)
{
	struct mg_sl key, value;
	size_t it = 0;
	bool good = true;

	if (mg_json_kind(map) != '{' || !mg_schema_spend(w, map.n))
		return !w->stop;
	while ((good || mg_schema_more(w)) &&
		mg_json_next(map, &it, &key, &value)) {
		if (!find_raw(o, key))
			continue;
		if (mg_json_kind(value) == '[')
			good &= required(w, n, o, value, key);
		else
			good &= mg_schema_judge(w, value, n->value, n->at);
	}
	return good;
}

static bool
names(struct mg_schema_walk *w, const struct mg_schema_node *n,
	const struct mg_schema_object *o)
{
	struct mg_sl schema = n->kw[MG_SK_NAMES];
	struct mg_str why = MG_STR(300), text = MG_STR(400);
	struct mg_schema_ear outer;
	bool good = true, fits;

	for (size_t i = 0; i < o->n && (good || mg_schema_more(w)); i++) {
		if (o->m[i].dead)
			continue;
		mg_str_clear(&why);
		mg_str_clear(&text);
		outer = mg_schema_hear(
			w, (struct mg_schema_ear){&why, w->ear.left ? 1 : 0});
		fits = mg_schema_judge(w, schema, o->m[i].key, NULL);
		mg_schema_hear(w, outer);
		if (fits)
			continue;
		mg_str_fmt(&text, "is no name for a member here: it %s",
			why.s ? why.s : "");
		good = mg_schema_say_of(w, n->at, o->m[i].key, text.s);
	}
	mg_str_release(&why);
	mg_str_release(&text);
	return good;
}

/* Which schema of `properties` each member has. */
static bool
mark(struct mg_schema_walk *w, const struct mg_schema_node *n,
	struct mg_schema_object *o)
{
	struct mg_sl map = n->kw[MG_SK_PROPERTIES], key, value;
	struct mg_schema_member *m;
	size_t it = 0;

	if (mg_json_kind(map) != '{')
		return true;
	while (mg_schema_spend(w, 0) && mg_json_next(map, &it, &key, &value)) {
		m = find_raw(o, key);
		if (!m)
			continue;
		m->prop = value;
		m->known = true;
	}
	return !w->stop;
}

/* One member against all patterns whose expression its name fits. */
static bool
patterns(struct mg_schema_walk *w, const struct mg_schema_at *at,
	struct mg_sl map, struct mg_schema_member *m)
{
	enum mg_schema_match match;
	struct mg_sl key, value;
	size_t it = 0;
	bool good = mg_schema_spend(w, map.n);

	while ((good || mg_schema_more(w)) &&
		mg_json_next(map, &it, &key, &value)) {
		match = mg_schema_search(w, key, m->key, at);
		if (match == MG_MATCH_NO)
			continue;
		m->known = true;
		if (match == MG_MATCH_YES)
			good &= mg_schema_judge(w, value, m->value, at);
		else
			good = false;
	}
	return good;
}

static bool
member(struct mg_schema_walk *w, const struct mg_schema_node *n,
	struct mg_schema_member *m)
{
	struct mg_schema_at at = {n->at, m->key, 0};
	struct mg_sl more = n->kw[MG_SK_ADDITIONAL];
	bool good = true;

	if (!mg_schema_spend(w, 0))
		return false;
	if (m->prop.p)
		good = mg_schema_judge(w, m->prop, m->value, &at);
	if (n->kw[MG_SK_PATTERNS].p && (good || mg_schema_more(w)))
		good &= patterns(w, &at, n->kw[MG_SK_PATTERNS], m);
	if (m->known || !more.p || w->stop)
		return good;
	if (mg_json_kind(more) == 'f')
		return mg_schema_say_unknown(w, n, m);
	return mg_schema_judge(w, more, m->value, &at);
}

static bool
members(struct mg_schema_walk *w, const struct mg_schema_node *n,
	struct mg_schema_object *o)
{
	bool good = mark(w, n, o);

	if (!good)
		return false;
	for (size_t i = 0; i < o->n && (good || mg_schema_more(w)); i++)
		if (!o->m[i].dead)
			good &= member(w, n, &o->m[i]);
	return good;
}

static bool
asks(const struct mg_schema_node *n)
{
	for (int i = MG_SK_PROPERTIES; i <= MG_SK_DEPENDENCIES; i++)
		if (n->kw[i].p)
			return true;
	return false;
}

bool
mg_schema_object(struct mg_schema_walk *w, const struct mg_schema_node *n)
{
	static const enum mg_schema_keyword maps[] = {
		MG_SK_DEP_REQUIRED, MG_SK_DEP_SCHEMAS, MG_SK_DEPENDENCIES};
	struct mg_sl nobody = {NULL, 0};
	struct mg_schema_object o;
	bool good;

	if (!asks(n))
		return true;
	good = mg_schema_object_read(w, n->value, &o);
	if (good)
		good = required(w, n, &o, n->kw[MG_SK_REQUIRED], nobody);
	if (good || mg_schema_more(w))
		good &= members(w, n, &o);
	if (n->kw[MG_SK_NAMES].p && (good || mg_schema_more(w)))
		good &= names(w, n, &o);
	if (good || mg_schema_more(w))
		good &= sizes(w, n, &o);
	for (size_t i = 0; i < 3 && (good || mg_schema_more(w)); i++)
		good &= depends(w, n, &o, n->kw[maps[i]]);
	mg_schema_object_free(&o);
	return good;
}
