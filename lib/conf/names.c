/* names.c - what the words of a team file and of -m stand for. */
#include "conf/team.h"

#include "event/json.h"

#include <stdlib.h>

#define COPIES_MAX 10000 /* of one model */
#define TEXT_MAX ((size_t)4 << 20)
#define VALUE_MAX 4096 /* of what stands within ${...} */
#define FIRST "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"

/* What a ${...} may hold; false if it is none, or nothing is known of it. */
static bool
value_of(struct mg_sl in, const char *cwd, struct mg_str *out)
{
	char *name = mg_sl_dup(in);
	size_t n = strspn(name, FIRST "0123456789");
	const char *value, *otherwise = NULL;
	bool found = false;

	if (n && strchr(FIRST, name[0])) {
		if (strncmp(name + n, ":-", 2) == 0) {
			otherwise = name + n + 2;
			name[n] = '\0';
		}
		if (!name[n]) {
			value = cwd && strcmp(name, "cwd") == 0 ? cwd
								: getenv(name);
			if (otherwise && (!value || !value[0]))
				value = otherwise;
			found = value != NULL;
			mg_str_puts(out, found ? value : "");
		}
	}
	free(name);
	return found;
}

char *
mg_expand_in(const char *s, const char *cwd)
{
	struct mg_str out = MG_STR(TEXT_MAX);

	while (*s) {
		const char *close = s[0] == '$' && s[1] == '{'
			? memchr(s, '}', strnlen(s, VALUE_MAX))
			: NULL;

		if (close &&
			value_of((struct mg_sl){s + 2, (size_t)(close - s - 2)},
				cwd, &out))
			s = close + 1;
		else
			mg_str_putc(&out, *s++);
	}
	return out.s ? out.s : mg_xstrdup("");
}

char *
mg_expand(const char *s)
{
	return mg_expand_in(s, NULL);
}

void
mg_expand_json(const struct mg_node *n, const char *cwd, struct mg_str *out)
{
	char *text;

	if (!n || n->kind < MG_NODE_STR ||
		(n->kind == MG_NODE_STR &&
			(!memchr(n->text.p, '$', n->text.n) ||
				memchr(n->text.p, '\0', n->text.n))))
		return mg_node_json(n, out);
	if (n->kind == MG_NODE_STR) {
		text = mg_expand_in(n->text.p, cwd);
		mg_json_puts(out, text);
		free(text);
		return;
	}
	mg_str_putc(out, n->keys ? '{' : '[');
	for (size_t i = 0; i < n->count && !out->over; i++) {
		if (i)
			mg_str_putc(out, ',');
		if (n->keys) {
			mg_json_put(out, n->keys[i]->text);
			mg_str_putc(out, ':');
		}
		mg_expand_json(n->items[i], cwd, out);
	}
	mg_str_putc(out, n->keys ? '}' : ']');
}

char *
mg_model_copies(const char *spec, size_t *n)
{
	char *model = mg_xstrdup(spec), *colon = strrchr(model, ':');
	int64_t count;

	*n = 1;
	if (!colon || colon == model ||
		!mg_read_int(colon + 1, 0, INT64_MAX, &count))
		return model;
	*n = count > COPIES_MAX ? 0 : (size_t)count;
	*colon = '\0';
	return model;
}

/* NAME, or NAME#2 and so on; *k is where to go on counting. */
static void
add_name(struct mg_map *names, const char *model, size_t index, size_t *k)
{
	struct mg_str name = MG_STR(MG_LINE_MAX);
	void **value;

	do {
		mg_str_clear(&name);
		mg_str_puts(&name, model);
		if (*k > 1)
			mg_str_fmt(&name, "#%zu", *k);
		++*k;
		value = mg_map_put(names, mg_str_as_sl(&name));
	} while (*value);
	*value = (void *)(uintptr_t)(index + 1);
	mg_str_release(&name);
}

int
mg_model_names(
	const struct mg_list *models, struct mg_map *names, struct mg_fault *f)
{
	for (size_t i = 0; i < models->n; i++) {
		size_t n, k = 1;
		char *model = mg_model_copies(models->v[i], &n);

		for (size_t c = 0; c < n; c++)
			add_name(names, model, i, &k);
		free(model);
		if (!n)
			return mg_usage(f, "%s: a count is from 1 to %d",
				models->v[i], COPIES_MAX);
	}
	return 0;
}
