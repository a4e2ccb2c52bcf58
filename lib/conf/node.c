/* The readers of yaml.h: from the tree to what a program wants to know. */
#include "conf/yaml.h"

#include "base/near.h"
#include "conf/scalar.h"
#include "event/json.h"

#include <stdio.h>
#include <stdlib.h>

#define QUOTE_MAX 64 /* bytes of a user's word in a message */

const struct mg_node *
mg_node_get(const struct mg_node *map, const char *key)
{
	if (!map || map->kind != MG_NODE_MAP)
		return NULL;
	for (size_t i = 0; i < map->count; i++)
		if (mg_sl_is(map->keys[i]->text, key))
			return map->items[i];
	return NULL;
}

const struct mg_node *
mg_node_at(const struct mg_node *list, size_t i)
{
	return i < mg_node_count(list) ? list->items[i] : NULL;
}

size_t
mg_node_count(const struct mg_node *n)
{
	return n ? n->count : 0;
}

const char *
mg_node_str(const struct mg_node *n, const char *otherwise)
{
	if (!n || n->kind == MG_NODE_NULL || n->kind >= MG_NODE_LIST)
		return otherwise;
	return n->text.p;
}

int
mg_node_fail(const struct mg_node *at, struct mg_fault *f, const char *fmt, ...)
{
	char what[sizeof(f->message)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (!at)
		return mg_fail(f, MG_E_CONFIG, "%s", what);
	return mg_fail(f, MG_E_CONFIG, "%s:%zu:%zu: %s", at->file, at->line,
		at->column, what);
}

/* The member, unless it is not there or null, which says the same. */
static const struct mg_node *
given(const struct mg_node *map, const char *key)
{
	const struct mg_node *n = mg_node_get(map, key);

	return n && n->kind != MG_NODE_NULL ? n : NULL;
}

int
mg_node_int(const struct mg_node *map, const char *key, const int64_t range[2],
	int64_t *out, struct mg_fault *f)
{
	const struct mg_node *n = given(map, key);

	if (!n)
		return 0;
	if (n->kind == MG_NODE_INT) {
		int64_t i = strtoll(n->text.p, NULL, 10);

		if (i >= range[0] && i <= range[1]) {
			*out = i;
			return 0;
		}
	}
	if (range[1] < INT64_MAX)
		return mg_node_fail(n, f,
			"`%s` must be a whole number from %lld to %lld", key,
			(long long)range[0], (long long)range[1]);
	if (range[0] > INT64_MIN)
		return mg_node_fail(n, f,
			"`%s` must be a whole number from %lld on", key,
			(long long)range[0]);
	return mg_node_fail(n, f, "`%s` must be a whole number", key);
}

int
mg_node_bool(const struct mg_node *map, const char *key, bool *out,
	struct mg_fault *f)
{
	const struct mg_node *n = given(map, key);

	if (!n)
		return 0;
	if (n->kind == MG_NODE_BOOL) {
		*out = n->text.p[0] == 't' || n->text.p[0] == 'T';
		return 0;
	}
	mg_node_fail(n, f, "`%s` must be true or false", key);
	if (n->kind == MG_NODE_STR)
		mg_remedy(f, "write true or false, without quotes");
	return -1;
}

int
mg_node_text(const struct mg_node *map, const char *key, const char **out,
	struct mg_fault *f)
{
	const struct mg_node *n = given(map, key);

	if (!n)
		return 0;
	if (n->kind == MG_NODE_STR && !memchr(n->text.p, '\0', n->text.n)) {
		*out = n->text.p;
		return 0;
	}
	if (n->kind == MG_NODE_STR)
		return mg_node_fail(n, f, "`%s` holds a zero byte", key);
	mg_node_fail(n, f, "`%s` must be text", key);
	if (n->kind < MG_NODE_STR)
		mg_remedy(f, "put it in quotes");
	return -1;
}

static int
unknown(const struct mg_node *key, const char *where, const char *const *names,
	struct mg_fault *f)
{
	const char *near = mg_near(key->text.p, names);
	struct mg_sl cut = mg_sl_cut(key->text, QUOTE_MAX);

	mg_node_fail(
		key, f, "unknown key `%.*s` in %s", (int)cut.n, cut.p, where);
	if (near)
		return mg_remedy(f, "did you mean `%s`?", near);
	return -1;
}

int
mg_node_known(const struct mg_node *map, const char *where,
	const char *const *names, struct mg_fault *f)
{
	if (!map || map->kind == MG_NODE_NULL)
		return 0;
	if (map->kind != MG_NODE_MAP)
		return mg_node_fail(map, f, "%s must be a map", where);
	for (size_t i = 0; i < map->count; i++) {
		size_t k = 0;

		while (names[k] && !mg_sl_is(map->keys[i]->text, names[k]))
			k++;
		if (!names[k])
			return unknown(map->keys[i], where, names, f);
	}
	return 0;
}

static void
members(const struct mg_node *n, struct mg_str *out)
{
	mg_str_putc(out, n->keys ? '{' : '[');
	for (size_t i = 0; i < n->count && !out->over; i++) {
		if (i)
			mg_str_putc(out, ',');
		if (n->keys) {
			mg_json_put(out, n->keys[i]->text);
			mg_str_putc(out, ':');
		}
		mg_node_json(n->items[i], out);
	}
	mg_str_putc(out, n->keys ? '}' : ']');
}

void
mg_node_json(const struct mg_node *n, struct mg_str *out)
{
	char first = n && n->text.n ? n->text.p[0] : '\0';

	switch (n ? n->kind : MG_NODE_NULL) {
	case MG_NODE_NULL:
		mg_str_puts(out, "null");
		break;
	case MG_NODE_BOOL:
		mg_str_puts(
			out, first == 't' || first == 'T' ? "true" : "false");
		break;
	case MG_NODE_INT:
	case MG_NODE_NUM:
		mg_scalar_json(n->text, out);
		break;
	case MG_NODE_STR:
		mg_json_put(out, n->text);
		break;
	case MG_NODE_LIST:
	case MG_NODE_MAP:
		members(n, out);
		break;
	}
}
