/*
 * check.c - is it a schema that schema.c can keep?
 *
 * The walk goes where schemas are, and to what a $ref leads to. Each schema
 * is looked at once, at whatever place it is met first.
 */
#include "schema/schema_in.h"

#include "event/json.h"

#include <stdlib.h>

#define CHAIN_MAX 100 /* a $ref to a $ref to a ... */

struct check {
	struct mg_schema_walk w;
	struct mg_fault *f;
	uint8_t *seen; /* a bit for each byte that a schema may begin at */
	struct mg_sl *todo; /* targets, perhaps at no schema's place */
	size_t n, cap;
};

bool
mg_schema_inner(enum mg_schema_keyword word, struct mg_sl value, size_t *it,
	struct mg_sl *key, struct mg_sl *schema)
{
	enum mg_schema_form form;
	bool list = mg_json_kind(value) == '[';

	if (key)
		*key = (struct mg_sl){NULL, 0};
	form = word < MG_SK_COUNT ? mg_schema_words[word].form : MG_SF_ANY;
	switch (form) {
	case MG_SF_SCHEMA:
	case MG_SF_ITEMS:
		if (form == MG_SF_ITEMS && list)
			return mg_json_next(value, it, NULL, schema);
		*schema = value;
		return (*it)++ == 0;
	case MG_SF_SCHEMAS:
		return list && mg_json_next(value, it, NULL, schema);
	case MG_SF_SCHEMA_MAP:
	case MG_SF_PATTERN_MAP:
		return !list && mg_json_next(value, it, key, schema);
	case MG_SF_DEPEND:
		while (!list && mg_json_next(value, it, key, schema))
			if (mg_json_kind(*schema) != '[')
				return true;
		return false;
	default:
		return false;
	}
}

static int
wrong(struct check *c, const struct mg_schema_at *at, const char *what)
{
	struct mg_str path = MG_STR(400);

	mg_schema_path(at, &path);
	if (c->w.stop && c->w.steps > MG_SCHEMA_STEPS)
		what = "takes too long to check";
	if (at)
		mg_fail(c->f, MG_E_CONFIG, "%s: %s", path.len ? path.s : "…",
			what);
	else
		mg_fail(c->f, MG_E_CONFIG, "the schema %s", what);
	mg_str_release(&path);
	return -1;
}

static bool
is_schema(struct mg_sl raw)
{
	char kind = mg_json_kind(raw);

	return kind == '{' || kind == 't' || kind == 'f';
}

static bool
are_strings(struct mg_sl list)
{
	struct mg_sl one;
	size_t it = 0;

	if (mg_json_kind(list) != '[')
		return false;
	while (mg_json_next(list, &it, NULL, &one))
		if (mg_json_kind(one) != '"')
			return false;
	return true;
}

static bool
is_type_name(struct mg_sl raw)
{
	static const char *const names[] = {"object", "array", "string",
		"number", "integer", "boolean", "null"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (mg_json_is(raw, names[i]))
			return true;
	return false;
}

static bool
are_types(struct mg_sl raw)
{
	struct mg_sl one;
	size_t it = 0;

	if (mg_json_kind(raw) != '[')
		return is_type_name(raw);
	while (mg_json_next(raw, &it, NULL, &one))
		if (!is_type_name(one))
			return false;
	return it != 0;
}

/* NULL, or what a number has to be. */
static const char *
number_wrong(enum mg_schema_form form, struct mg_sl raw)
{
	struct mg_schema_number a = mg_schema_number(raw);
	bool number = mg_json_kind(raw) == '0';

	if (form == MG_SF_NUMBER)
		return number ? NULL : "must be a number";
	if (form == MG_SF_ABOVE_ZERO)
		return number && a.digits && !a.minus
			? NULL
			: "must be a number above 0";
	if (form == MG_SF_COUNT)
		return number && !a.minus && mg_schema_whole(a)
			? NULL
			: "must be a whole number, 0 or more";
	return number || strchr("tf", mg_json_kind(raw))
		? NULL
		: "must be a number, or true or false";
}

/* NULL, or what the value of a keyword has to be; not what is within it. */
static const char *
form_wrong(enum mg_schema_form form, struct mg_sl raw)
{
	char kind = mg_json_kind(raw);

	switch (form) {
	case MG_SF_SCHEMA:
		return is_schema(raw) ? NULL : "must be a schema";
	case MG_SF_ITEMS:
		return is_schema(raw) || kind == '['
			? NULL
			: "must be a schema or a list of schemas";
	case MG_SF_SCHEMAS:
		return kind == '[' && mg_json_count(raw)
			? NULL
			: "must be a list of at least one schema";
	case MG_SF_SCHEMA_MAP:
	case MG_SF_PATTERN_MAP:
	case MG_SF_DEPEND:
	case MG_SF_NAMES_MAP:
		return kind == '{' ? NULL : "must be an object";
	case MG_SF_NAMES:
		return are_strings(raw) ? NULL : "must be a list of strings";
	case MG_SF_LIST:
		return kind == '[' ? NULL : "must be a list";
	case MG_SF_TYPE:
		return are_types(raw)
			? NULL
			: "must be object, array, string, number, integer, "
			  "boolean or null, or a list of these";
	case MG_SF_BOOL:
		return strchr("tf", kind) ? NULL : "must be true or false";
	case MG_SF_TEXT:
	case MG_SF_PATTERN:
	case MG_SF_REF:
	case MG_SF_ID:
		return kind == '"' ? NULL : "must be a string";
	case MG_SF_UNSERVED:
		return "is not served: the schema must do without";
	case MG_SF_ANY:
		return NULL;
	default:
		return number_wrong(form, raw);
	}
}

static int
check_ref(struct check *c, struct mg_sl ref, const struct mg_schema_at *at)
{
	struct mg_sl target = mg_schema_target(&c->w, ref);

	if (!target.p)
		return wrong(c, at, "leads nowhere within the schema");
	if (!is_schema(target))
		return wrong(c, at, "must lead to a schema");
	MG_GROW(c->todo, c->n, c->cap);
	c->todo[c->n++] = target;
	for (int i = 0; i < CHAIN_MAX; i++) {
		if (!mg_schema_spend(&c->w, target.n))
			return wrong(c, at, "");
		ref = mg_json_get(target, "$ref");
		if (mg_json_kind(ref) != '"')
			return 0;
		target = mg_schema_target(&c->w, ref);
	}
	return wrong(c, at, "leads to itself again");
}

static int
check_pattern(struct check *c, struct mg_sl raw, const struct mg_schema_at *at)
{
	switch (mg_schema_search(&c->w, raw, MG_SL("\"\""), NULL)) {
	case MG_MATCH_NO:
	case MG_MATCH_YES:
		return 0;
	case MG_MATCH_FAILED:
		return wrong(c, at, "cannot be checked without libjq");
	case MG_MATCH_BAD:
		return wrong(c, at, "is not a regular expression");
	default:
		return wrong(c, at, "takes too long to check");
	}
}

/* What is within the value of a keyword, but for schemas. */
static int
check_inside(struct check *c, enum mg_schema_form form, struct mg_sl raw,
	const struct mg_schema_at *at)
{
	struct mg_schema_at inner = {.up = at};
	struct mg_sl value;
	size_t it = 0;

	if (form == MG_SF_REF)
		return check_ref(c, raw, at);
	if (form == MG_SF_PATTERN)
		return check_pattern(c, raw, at);
	if (form == MG_SF_ID && at->up && raw.n > 1 && raw.p[1] != '#')
		return wrong(c, at, "is served at the top only");
	if (form != MG_SF_PATTERN_MAP && form != MG_SF_NAMES_MAP &&
		form != MG_SF_DEPEND)
		return 0;
	while (mg_json_next(raw, &it, &inner.key, &value)) {
		if (form == MG_SF_PATTERN_MAP) {
			if (check_pattern(c, inner.key, &inner) < 0)
				return -1;
		} else if (form == MG_SF_NAMES_MAP ||
			mg_json_kind(value) == '[') {
			if (!are_strings(value))
				return wrong(
					c, &inner, "must be a list of strings");
		}
	}
	return 0;
}

static int check_schema(
	struct check *c, struct mg_sl schema, const struct mg_schema_at *at);

static int
check_keyword(struct check *c, enum mg_schema_keyword word, struct mg_sl raw,
	const struct mg_schema_at *at)
{
	enum mg_schema_form form = mg_schema_words[word].form;
	const char *what = form_wrong(form, raw);
	struct mg_schema_at inner = {.up = at};
	struct mg_sl schema;
	size_t it = 0;

	if (what)
		return wrong(c, at, what);
	if (check_inside(c, form, raw, at) < 0)
		return -1;
	while (mg_schema_inner(word, raw, &it, &inner.key, &schema)) {
		if (check_schema(c, schema, schema.p == raw.p ? at : &inner) <
			0)
			return -1;
		inner.index++;
	}
	return 0;
}

static int
check_schema(
	struct check *c, struct mg_sl schema, const struct mg_schema_at *at)
{
	size_t place = (size_t)(schema.p - c->w.root.p), it = 0;
	struct mg_schema_at inner = {.up = at};
	enum mg_schema_keyword word;
	struct mg_sl value;

	if (!is_schema(schema))
		return wrong(c, at, "must be an object, true or false");
	if (c->seen[place / 8] & 1 << place % 8)
		return 0;
	c->seen[place / 8] |= (uint8_t)(1 << place % 8);
	if (!mg_schema_spend(&c->w, 4 * schema.n))
		return wrong(c, at, "takes too long to check");
	while (mg_json_next(schema, &it, &inner.key, &value)) {
		word = mg_schema_keyword(inner.key);
		if (word < MG_SK_COUNT &&
			check_keyword(c, word, value, &inner) < 0)
			return -1;
	}
	return 0;
}

int
mg_schema_check(struct mg_sl schema, struct mg_fault *f)
{
	struct check c = {.w = {.root = schema}, .f = f};
	int result;

	if (!mg_json_kind(schema))
		return 0;
	c.seen = mg_xcalloc(schema.n / 8 + 1, 1);
	result = check_schema(&c, schema, NULL);
	while (result == 0 && c.n)
		result = check_schema(&c, c.todo[--c.n], NULL);
	free(c.seen);
	free(c.todo);
	return result;
}
