/* say.c - faults, in words that a model can mend its call by. */
#include "schema/schema_in.h"

#include "base/near.h"
#include "event/json.h"

#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX 1024
#define NAMES_MAX 100 /* compared with an unknown one */

static bool
is_control(const char *p)
{
	return (uint8_t)p[0] < 0x20 || p[0] == 0x7F ||
		((uint8_t)p[0] == 0xC2 && (uint8_t)p[1] < 0xA0);
}

/* Bytes below 0x20 are blanks between tokens: strings hold none. */
static void
put_clean(struct mg_sl s, char *to)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!is_control(s.p + i)) {
			*to++ = s.p[i];
			continue;
		}
		if ((uint8_t)s.p[i] == 0xC2)
			i++;
		*to++ = s.p[i] == '\t' || s.p[i] == '\n' || s.p[i] == '\r'
			? ' '
			: '?';
	}
	*to = '\0';
}

struct mg_schema_quote
mg_schema_quote(struct mg_sl raw)
{
	struct mg_schema_quote q;
	struct mg_sl s = mg_sl_trim(raw), cut = mg_sl_cut(s, MG_SCHEMA_QUOTE);
	size_t n;

	put_clean(cut, q.s);
	if (cut.n == s.n)
		return q;
	n = strlen(q.s);
	snprintf(q.s + n, sizeof(q.s) - n, "…%s", s.p[0] == '"' ? "\"" : "");
	return q;
}

void
mg_schema_path(const struct mg_schema_at *at, struct mg_str *out)
{
	struct mg_schema_quote name;
	struct mg_sl inside;

	if (!at)
		return;
	mg_schema_path(at->up, out);
	if (!at->key.p) {
		mg_str_fmt(out, "[%zu]", at->index);
		return;
	}
	inside = mg_sl_trim(at->key);
	if (inside.n >= 2)
		inside = (struct mg_sl){inside.p + 1, inside.n - 2};
	/* Kept from being trimmed, in case the name is blank. */
	name = mg_schema_quote(inside.n ? inside : MG_SL("\"\""));
	mg_str_puts(out, out->len ? "." : "");
	mg_str_puts(out, name.s);
}

/* "`days` must be ...", or what is wrong with the value itself. */
static void
sentence(const struct mg_schema_at *at, const char *text, struct mg_str *out)
{
	struct mg_sl s = {text, strlen(text)};

	if (at) {
		struct mg_str path = MG_STR(0);

		mg_schema_path(at, &path);
		mg_str_fmt(out, "`%s` ", path.s);
		mg_str_release(&path);
	}
	mg_str_sl(out, s.n < TEXT_MAX - 1 ? s : mg_sl_cut(s, TEXT_MAX - 4));
}

/* What has no room is left out; the first one is cut. */
static void
tell(struct mg_schema_ear *ear, struct mg_sl s)
{
	struct mg_str *why = ear->why;
	size_t room = why->max ? why->max : MG_LINE_MAX;
	const char *join = ear->told ? "; " : "";

	room = room > why->len ? room - why->len : 0;
	if (s.n + strlen(join) > room && ear->told)
		return;
	mg_str_puts(why, join);
	mg_str_sl(why, mg_sl_cut(s, room));
	ear->told++;
}

bool
mg_schema_say(struct mg_schema_walk *w, const struct mg_schema_at *at,
	const char *fmt, ...)
{
	struct mg_str out = MG_STR(0);
	char text[TEXT_MAX];
	va_list ap;

	if (w->ear.left <= 0 || w->stop)
		return false;
	w->ear.left--;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sentence(at, text, &out);
	tell(&w->ear, mg_str_as_sl(&out));
	mg_str_release(&out);
	return false;
}

bool
mg_schema_give_up(struct mg_schema_walk *w, const struct mg_schema_at *at,
	const char *fmt, ...)
{
	struct mg_str out = MG_STR(0);
	struct mg_sl s;
	char text[TEXT_MAX];
	va_list ap;

	if (w->stop)
		return false;
	w->stop = true;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sentence(at, text, &out);
	s = mg_str_as_sl(&out);
	if (s.n >= sizeof(w->because)) /* a long path says less than why */
		s = mg_sl_cut(mg_sl_of(text), sizeof(w->because) - 1);
	memcpy(w->because, s.p, s.n);
	w->because[s.n] = '\0';
	mg_str_release(&out);
	return false;
}

bool
mg_schema_say_of(struct mg_schema_walk *w, const struct mg_schema_at *at,
	struct mg_sl rawkey, const char *what)
{
	struct mg_schema_at member = {at, rawkey, 0};

	return mg_schema_say(w, &member, "%s", what);
}

static void
say_one_type(struct mg_sl type, struct mg_str *out)
{
	static const struct {
		const char *name, *text;
	} rows[] = {
		{"object", "an object"},
		{"array", "an array"},
		{"string", "a string"},
		{"number", "a number"},
		{"integer", "an integer"},
		{"boolean", "true or false"},
		{"null", "null"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (mg_json_is(type, rows[i].name)) {
			mg_str_puts(out, rows[i].text);
			return;
		}
	mg_str_puts(out, mg_schema_quote(type).s);
}

void
mg_schema_say_type(struct mg_sl type, struct mg_str *out)
{
	struct mg_sl one;
	size_t it = 0, i = 0, n = mg_json_count(type);

	mg_str_puts(out, "must be ");
	if (mg_json_kind(type) != '[') {
		say_one_type(type, out);
		return;
	}
	for (; i < 8 && mg_json_next(type, &it, NULL, &one); i++) {
		mg_str_puts(out, !i ? "" : i + 1 < n ? ", " : " or ");
		say_one_type(one, out);
	}
}

/* NULL-terminated; to be freed, each and all. */
static char **
names_of(struct mg_sl map, size_t *n)
{
	char **names = mg_xcalloc(NAMES_MAX + 1, sizeof(*names));
	struct mg_sl key, value;
	size_t it = 0;

	*n = 0;
	while (*n < NAMES_MAX && mg_json_next(map, &it, &key, &value)) {
		names[*n] = key.p ? mg_json_dup(key) : NULL;
		*n += names[*n] != NULL;
	}
	return names;
}

bool
mg_schema_say_unknown(struct mg_schema_walk *w, const struct mg_schema_node *n,
	const struct mg_schema_member *m)
{
	struct mg_schema_at at = {n->at, m->key, 0};
	struct mg_str mean = MG_STR(0);
	const char *near;
	char **names, *word;
	size_t count;

	if (w->ear.left <= 0)
		return false;
	names = names_of(n->kw[MG_SK_PROPERTIES], &count);
	word = mg_sl_dup(m->name);
	near = mg_schema_spend(w, count * 5000)
		? mg_near(word, (const char *const *)names)
		: NULL;
	if (near)
		mg_json_esc(&mean, mg_sl_of(near));
	if (mean.len)
		mg_schema_say(w, &at, "is not known; did you mean `%s`?",
			mg_schema_quote(mg_str_as_sl(&mean)).s);
	else
		mg_schema_say(w, &at, "is not known");
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
	free(word);
	mg_str_release(&mean);
	return false;
}
