/* agent.c - one agent: its program, or its provider and key. */
#include "ask/agent.h"

#include "ask/wire.h"

#include <stdlib.h>

static const char exec_prefix[] = "exec:";

void
mg_agents_release(struct mg_agents *a)
{
	for (size_t i = 0; i < a->n; i++) {
		struct mg_agent *g = &a->v[i];

		if (g->key)
			explicit_bzero(g->key, strlen(g->key));
		for (size_t k = 0; g->argv && g->argv[k]; k++)
			free(g->argv[k]);
		free(g->argv);
		free(g->name);
		free(g->model);
		free(g->base_url);
		free(g->provider);
		free(g->key);
		free(g->system);
		mg_str_release(&g->params);
	}
	mg_map_release(&a->by_name);
	free(a->v);
	*a = (struct mg_agents){0};
}

struct mg_agent *
mg_agents_find(struct mg_agents *a, struct mg_sl name)
{
	struct mg_agent *g = mg_map_get(&a->by_name, name);

	return g || a->named || !a->n ? g : &a->v[0];
}

/* "exec:PROGRAM ARG ...": split at blanks, nothing else has a meaning. */
static int
set_program(struct mg_agent *g, const char *spec, struct mg_fault *f)
{
	struct mg_sl rest = mg_sl_of(spec + strlen(exec_prefix));
	size_t n = 0, cap = 0;

	for (;;) {
		size_t len = 0;

		rest = mg_sl_trim(rest);
		while (len < rest.n && !strchr(" \t\r\n", rest.p[len]))
			len++;
		MG_GROW(g->argv, n, cap);
		g->argv[n] = len ? mg_sl_dup((struct mg_sl){rest.p, len})
				 : NULL;
		if (!g->argv[n])
			break;
		n++;
		rest.p += len;
		rest.n -= len;
	}
	if (n)
		return 0;
	return mg_usage(f, "exec: wants a program, as in exec:./answer");
}

/* Blanks around a key come from the file that it was read from; a line break
 * within would end its header. */
static int
set_key(struct mg_agent *g, const char *key, struct mg_fault *f)
{
	struct mg_sl s = mg_sl_trim(mg_sl_of(g->key ? g->key : key));
	char *clean = s.n ? mg_sl_dup(s) : NULL;

	if (g->key)
		explicit_bzero(g->key, strlen(g->key));
	free(g->key);
	g->key = clean;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)clean[i] < 0x20 || clean[i] == 0x7F) {
			mg_fail(f, MG_E_CONFIG,
				"the key of %s holds a line "
				"break or another control byte",
				g->provider);
			return mg_remedy(f, "is it one line?");
		}
	return 0;
}

int
mg_agent_serve(struct mg_agent *g, const struct mg_provider *row,
	const char *base_url, struct mg_fault *f)
{
	const char *variable, *key = mg_provider_key(row, &variable);

	g->provider = mg_xstrdup(row->name);
	g->wire = mg_wire_named(row->wire);
	if (!g->wire) {
		mg_fail(f, MG_E_CONFIG,
			"%s speaks the wire `%s`, which this version does "
			"not know",
			row->name, row->wire);
		return mg_remedy(f,
			"many providers also serve the chat wire "
			"at a --base-url");
	}
	if (!base_url)
		base_url = row->base_url;
	if (!base_url) {
		mg_fail(f, MG_E_CONFIG, "%s has no address", row->name);
		return mg_remedy(f,
			"give --base-url, or base_url in the "
			"team file");
	}
	g->base_url = mg_xstrdup(base_url);
	if (set_key(g, key ? key : "", f) < 0)
		return -1;
	g->wants_key = !row->local;
	if (!g->key && g->wants_key) {
		mg_fail(f, MG_E_NO_KEY, "no key for %s", row->name);
		return mg_remedy(f, "set %s", variable ? variable : "its key");
	}
	return 0;
}

int
mg_agent_program(struct mg_agent *g, const char *spec, struct mg_fault *f)
{
	if (strncmp(spec, exec_prefix, strlen(exec_prefix)) != 0) {
		mg_fail(f, MG_E_CONFIG, "an exec model is named exec:PROGRAM");
		return -1;
	}
	return set_program(g, spec, f);
}
