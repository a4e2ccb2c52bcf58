/*
 * schema.c - a value against a schema, both as raw JSON.
 *
 * A schema is read once into a table of its keywords' raw values; then each
 * group of keywords says whether the value fits, and tells of what does not
 * where somebody listens. Within anyOf, not, if and contains nobody does, or
 * only to the first fault.
 */
#include "schema/schema_in.h"

#include "event/json.h"

#define CHOICES_MAX 4 /* alternatives whose faults are told */
#define VALUES_MAX 10 /* of an enum */

const struct mg_schema_word mg_schema_words[MG_SK_COUNT] = {
#define MEMBER(id, name, form) \
	[MG_SK_##id] = {name, sizeof(name) - 1, MG_SF_##form},
	MG_SCHEMA_KEYWORDS(MEMBER)
#undef MEMBER
};

bool
mg_schema_spend(struct mg_schema_walk *w, size_t bytes)
{
	w->steps += 1 + bytes / 256;
	if (w->steps > MG_SCHEMA_STEPS)
		mg_schema_give_up(w, NULL,
			"takes too long to check: more than %d steps",
			MG_SCHEMA_STEPS);
	return !w->stop;
}

bool
mg_schema_more(const struct mg_schema_walk *w)
{
	return w->ear.left > 0 && !w->stop;
}

struct mg_schema_ear
mg_schema_hear(struct mg_schema_walk *w, struct mg_schema_ear ear)
{
	struct mg_schema_ear before = w->ear;

	w->ear = ear;
	return before;
}

bool
mg_schema_quiet(struct mg_schema_walk *w, struct mg_sl schema,
	struct mg_sl value, const struct mg_schema_at *at)
{
	struct mg_schema_ear outer = mg_schema_hear(
		w, (struct mg_schema_ear){0});
	bool good = mg_schema_judge(w, schema, value, at);

	mg_schema_hear(w, outer);
	return good;
}

enum mg_schema_keyword
mg_schema_keyword(struct mg_sl rawkey)
{
	struct mg_str tmp = MG_STR(0);
	struct mg_sl name = mg_schema_text(rawkey, &tmp);
	int i;

	for (i = 0; i < MG_SK_COUNT; i++)
		if (mg_schema_words[i].len == name.n &&
			memcmp(mg_schema_words[i].name, name.p, name.n) == 0)
			break;
	mg_str_release(&tmp);
	return (enum mg_schema_keyword)i;
}

static void
read_keywords(struct mg_sl schema, struct mg_schema_node *n)
{
	enum mg_schema_keyword word;
	struct mg_sl key, value;
	size_t it = 0;

	while (mg_json_next(schema, &it, &key, &value)) {
		word = mg_schema_keyword(key);
		if (word < MG_SK_COUNT)
			n->kw[word] = value;
	}
}

static bool
is_type(const struct mg_schema_node *n, struct mg_sl type)
{
	static const struct {
		char kind;
		const char *name;
	} rows[] = {
		{'{', "object"},
		{'[', "array"},
		{'"', "string"},
		{'0', "number"},
		{'t', "boolean"},
		{'f', "boolean"},
		{'n', "null"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].kind == n->kind && mg_json_is(type, rows[i].name))
			return true;
	return n->kind == '0' && mg_json_is(type, "integer") &&
		mg_schema_whole(mg_schema_number(n->value));
}

static bool
check_type(struct mg_schema_walk *w, const struct mg_schema_node *n)
{
	struct mg_sl type = n->kw[MG_SK_TYPE], one;
	struct mg_str text = MG_STR(0);
	size_t it = 0;

	if (!type.p)
		return true;
	if (!mg_schema_spend(w, n->kind == '0' ? n->value.n : 0))
		return false;
	if (mg_json_kind(type) != '[' && is_type(n, type))
		return true;
	while (mg_json_next(type, &it, NULL, &one))
		if (is_type(n, one))
			return true;
	if (!mg_schema_more(w))
		return false;
	mg_schema_say_type(type, &text);
	mg_schema_say(w, n->at, "%s", text.s);
	mg_str_release(&text);
	return false;
}

static bool
say_values(struct mg_schema_walk *w, const struct mg_schema_node *n,
	struct mg_sl list)
{
	struct mg_str text = MG_STR(0);
	struct mg_sl one;
	size_t it = 0, i = 0;

	if (!mg_schema_more(w))
		return false;
	for (; mg_json_next(list, &it, NULL, &one); i++) {
		mg_str_puts(&text, i ? ", " : "");
		if (i == VALUES_MAX) {
			mg_str_puts(&text, "…");
			break;
		}
		mg_str_puts(&text, mg_schema_quote(one).s);
	}
	mg_schema_say(w, n->at, "must be one of %s", i ? text.s : "none");
	mg_str_release(&text);
	return false;
}

static bool
check_values(struct mg_schema_walk *w, const struct mg_schema_node *n)
{
	struct mg_sl list = n->kw[MG_SK_ENUM], only = n->kw[MG_SK_CONST], one;
	size_t it = 0;
	bool good = true;

	if (only.p && !mg_schema_same(w, n->value, only))
		good = mg_schema_say(
			w, n->at, "must be %s", mg_schema_quote(only).s);
	if (mg_json_kind(list) != '[' || (!good && !mg_schema_more(w)))
		return good;
	while (mg_schema_spend(w, 0) && mg_json_next(list, &it, NULL, &one))
		if (mg_schema_same(w, n->value, one))
			return good;
	return say_values(w, n, list);
}

static bool
follow(struct mg_schema_walk *w, const struct mg_schema_node *n)
{
	struct mg_sl ref = n->kw[MG_SK_REF], target;

	if (mg_json_kind(ref) != '"')
		return true;
	target = mg_schema_target(w, ref);
	if (!target.p)
		return mg_schema_give_up(w, n->at,
			"cannot fit: the $ref %s of its schema leads nowhere",
			mg_schema_quote(ref).s);
	return mg_schema_judge(w, target, n->value, n->at);
}

static bool
all_of(struct mg_schema_walk *w, const struct mg_schema_node *n)
{
	struct mg_sl list = n->kw[MG_SK_ALL_OF], schema;
	size_t it = 0;
	bool good = true;

	if (mg_json_kind(list) != '[')
		return true;
	while ((good || mg_schema_more(w)) &&
		mg_json_next(list, &it, NULL, &schema))
		good &= mg_schema_judge(w, schema, n->value, n->at);
	return good;
}

/*
 * How many alternatives fit, up to `enough`. What each that does not fit says
 * first is put together for the case that none does: each is judged once,
 * since to do it again for the words would double the work at each level.
 */
static int
count_fits(struct mg_schema_walk *w, const struct mg_schema_node *n,
	struct mg_sl list, int enough)
{
	struct mg_str why = MG_STR(600), one = MG_STR(140);
	struct mg_schema_ear outer;
	struct mg_sl schema;
	size_t it = 0, said = 0;
	int count = 0;

	while (count < enough && !w->stop &&
		mg_json_next(list, &it, NULL, &schema)) {
		mg_str_clear(&one);
		outer = mg_schema_hear(
			w, (struct mg_schema_ear){&one, w->ear.left > 0});
		count += mg_schema_judge(w, schema, n->value, n->at);
		mg_schema_hear(w, outer);
		if (one.len && said++ <= CHOICES_MAX)
			mg_str_fmt(&why, "%s%s", why.len ? ", or " : "",
				said > CHOICES_MAX ? "…" : one.s);
	}
	if (!count && w->ear.left > 0 && why.len) {
		mg_schema_say(w, NULL, "%s", why.s);
	} else if (!count) {
		mg_schema_say(w, n->at, "is not allowed");
	}
	mg_str_release(&why);
	mg_str_release(&one);
	return count;
}

static bool
choices(struct mg_schema_walk *w, const struct mg_schema_node *n)
{
	struct mg_sl any = n->kw[MG_SK_ANY_OF], one = n->kw[MG_SK_ONE_OF];
	bool good = true;
	int count;

	if (mg_json_kind(any) == '[')
		good = count_fits(w, n, any, 1) == 1;
	if (mg_json_kind(one) != '[' || (!good && !mg_schema_more(w)))
		return good;
	count = count_fits(w, n, one, 2);
	if (count > 1)
		mg_schema_say(w, n->at,
			"must fit one alternative of oneOf only, but fits "
			"more than one");
	return good && count == 1;
}

static bool
conditions(struct mg_schema_walk *w, const struct mg_schema_node *n)
{
	struct mg_sl unwanted = n->kw[MG_SK_NOT], when = n->kw[MG_SK_IF], then;
	bool good = true;

	if (unwanted.p && mg_schema_quiet(w, unwanted, n->value, n->at))
		good = mg_schema_say(w, n->at, "must not fit %s",
			mg_schema_quote(unwanted).s);
	if (!when.p || (!good && !mg_schema_more(w)))
		return good;
	then = mg_schema_quiet(w, when, n->value, n->at) ? n->kw[MG_SK_THEN]
							 : n->kw[MG_SK_ELSE];
	if (then.p && !w->stop)
		good &= mg_schema_judge(w, then, n->value, n->at);
	return good;
}

static bool
by_kind(struct mg_schema_walk *w, const struct mg_schema_node *n)
{
	switch (n->kind) {
	case '{':
		return mg_schema_object(w, n);
	case '[':
		return mg_schema_array(w, n);
	case '"':
		return mg_schema_string(w, n);
	case '0':
		return mg_schema_numeric(w, n);
	}
	return true;
}

static bool
judge_object(struct mg_schema_walk *w, struct mg_sl schema, struct mg_sl value,
	const struct mg_schema_at *at)
{
	static bool (*const parts[])(
		struct mg_schema_walk *, const struct mg_schema_node *) = {
		check_values, by_kind, follow, all_of, choices, conditions};
	struct mg_schema_node n = {
		.at = at, .value = value, .kind = mg_json_kind(value)};
	bool good;

	read_keywords(schema, &n);
	good = check_type(w, &n);
	if (!good) /* of another type, everything else is beside the point */
		return false;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (good || mg_schema_more(w))
			good &= parts[i](w, &n);
	return good;
}

bool
mg_schema_judge(struct mg_schema_walk *w, struct mg_sl schema,
	struct mg_sl value, const struct mg_schema_at *at)
{
	bool good = true;

	if (!mg_schema_spend(w, schema.n))
		return false;
	if (w->depth == MG_SCHEMA_DEPTH)
		return mg_schema_give_up(w, NULL,
			"cannot fit: its schema refers to itself without end");
	w->depth++;
	if (mg_json_kind(schema) == '{')
		good = judge_object(w, schema, value, at);
	else if (mg_json_kind(schema) == 'f')
		good = mg_schema_say(w, at, "is not allowed");
	w->depth--;
	return good && !w->stop;
}

bool
mg_schema_walk(struct mg_schema_walk *w, struct mg_sl schema,
	struct mg_sl value, struct mg_str *why)
{
	bool good;

	*w = (struct mg_schema_walk){.root = schema};
	w->ear = (struct mg_schema_ear){why, why ? MG_SCHEMA_FAULTS : 0};
	if (!mg_json_kind(schema))
		return true;
	good = mg_schema_judge(w, schema, value, NULL);
	if (w->stop && why) {
		w->stop = false;
		w->ear.left = 1;
		mg_schema_say(w, NULL, "%s", w->because);
		w->stop = true;
	}
	return good;
}

bool
mg_schema_fits(struct mg_sl schema, struct mg_sl value, struct mg_str *why)
{
	struct mg_schema_walk w;

	return mg_schema_walk(&w, schema, value, why);
}
