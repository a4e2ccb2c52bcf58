/*
 * ref.c - where a $ref leads: a JSON pointer or an anchor, always
 * within the schema itself. A target is remembered by the place of its $ref,
 * so that a list of a thousand objects does not look for it a thousand times.
 */
#include "schema/schema_in.h"

#include "event/json.h"

#include <stdlib.h>

static const struct mg_sl nowhere = {NULL, 0};

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* %41 is A. */
static void
unpercent(struct mg_sl s, struct mg_str *out)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '%' && s.n - i > 2 && hex(s.p[i + 1]) >= 0 &&
			hex(s.p[i + 2]) >= 0) {
			mg_str_putc(out,
				(char)(hex(s.p[i + 1]) << 4 | hex(s.p[i + 2])));
			i += 2;
		} else {
			mg_str_putc(out, s.p[i]);
		}
	}
}

/* ~0 is ~, and ~1 is a slash. */
static void
untilde(struct mg_sl s, struct mg_str *out)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '~' && i + 1 < s.n)
			mg_str_putc(out, s.p[++i] == '1' ? '/' : '~');
		else
			mg_str_putc(out, s.p[i]);
	}
}

static struct mg_sl
element(struct mg_sl raw, struct mg_sl name)
{
	struct mg_sl value;
	size_t it = 0, index = 0;

	if (!name.n || name.n > 9 || (name.p[0] == '0' && name.n > 1))
		return nowhere;
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] < '0' || name.p[i] > '9')
			return nowhere;
		index = index * 10 + (size_t)(name.p[i] - '0');
	}
	while (mg_json_next(raw, &it, NULL, &value))
		if (index-- == 0)
			return value;
	return nowhere;
}

static struct mg_sl
member(struct mg_sl raw, struct mg_sl name)
{
	struct mg_sl key, value, found = nowhere;
	struct mg_str tmp = MG_STR(0);
	size_t it = 0;

	if (mg_json_kind(raw) == '[')
		return element(raw, name);
	while (mg_json_next(raw, &it, &key, &value))
		if (key.p && mg_sl_eq(mg_schema_text(key, &tmp), name))
			found = value;
	mg_str_release(&tmp);
	return found;
}

/* `path` is empty or begins with a slash. */
static struct mg_sl
pointer(struct mg_schema_walk *w, struct mg_sl path)
{
	struct mg_sl at = w->root, token;
	struct mg_str name = MG_STR(0);
	const char *slash;

	while (path.n && at.p && mg_schema_spend(w, at.n)) {
		token = (struct mg_sl){path.p + 1, path.n - 1};
		slash = memchr(token.p, '/', token.n);
		if (slash)
			token.n = (size_t)(slash - token.p);
		path.p += token.n + 1;
		path.n -= token.n + 1;
		mg_str_clear(&name);
		untilde(token, &name);
		at = member(at, mg_str_as_sl(&name));
	}
	mg_str_release(&name);
	return w->stop ? nowhere : at;
}

/* $anchor, and what earlier drafts wrote: an $id that begins with #. */
static bool
is_anchor(struct mg_sl schema, const char *name)
{
	char *id = mg_json_dup(mg_json_get(schema, "$id"));
	bool is = (id && id[0] == '#' && strcmp(id + 1, name) == 0) ||
		mg_json_is(mg_json_get(schema, "$anchor"), name) ||
		mg_json_is(mg_json_get(schema, "$dynamicAnchor"), name);

	free(id);
	return is;
}

static struct mg_sl
anchor(struct mg_schema_walk *w, struct mg_sl schema, const char *name)
{
	struct mg_sl key, value, inner, found = nowhere;
	enum mg_schema_keyword word;
	size_t it = 0, at;

	if (mg_json_kind(schema) != '{' || !mg_schema_spend(w, 4 * schema.n))
		return nowhere;
	if (is_anchor(schema, name))
		return schema;
	while (!found.p && mg_json_next(schema, &it, &key, &value)) {
		word = mg_schema_keyword(key);
		at = 0;
		while (!found.p &&
			mg_schema_inner(word, value, &at, NULL, &inner))
			found = anchor(w, inner, name);
	}
	return found;
}

static struct mg_sl
look(struct mg_schema_walk *w, struct mg_sl ref)
{
	struct mg_str text = MG_STR(0), path = MG_STR(0);
	struct mg_sl found = nowhere, s;

	mg_json_text(ref, &text);
	s = mg_str_as_sl(&text);
	if (s.n && s.p[0] == '#') {
		mg_str_add(&path, "", 0);
		unpercent((struct mg_sl){s.p + 1, s.n - 1}, &path);
		s = mg_str_as_sl(&path);
		if (!s.n || s.p[0] == '/')
			found = pointer(w, s);
		else if (!memchr(s.p, '\0', s.n))
			found = anchor(w, w->root, path.s);
	}
	mg_str_release(&text);
	mg_str_release(&path);
	return found;
}

struct mg_sl
mg_schema_target(struct mg_schema_walk *w, struct mg_sl ref)
{
	size_t at = (size_t)(ref.p - w->root.p);
	size_t row = (at * 31 >> 3) % MG_SCHEMA_REFS;

	if (w->refs[row].at == at)
		return w->refs[row].target;
	w->refs[row].at = at;
	w->refs[row].target = look(w, ref);
	return w->refs[row].target;
}
