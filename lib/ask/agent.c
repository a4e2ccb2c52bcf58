#include "ask/agent.h"

#include "ask/local.h"
#include "ask/team.h"
#include "ask/wire.h"
#include "event/json.h"

#include <stdio.h>
#include <stdlib.h>

#define COPIES_MAX 10000 /* of one model */

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

/* Where the model is served; a provider is named in front of a slash. */
static int
set_provider(struct mg_agent *g, const char *base_url,
	const struct mg_providers *p, struct mg_fault *f)
{
	char *slash = base_url ? NULL : strchr(g->model, '/');
	struct mg_provider row;
	bool found;

	if (base_url) {
		found = mg_provider_named(p, "custom", &row);
	} else if (slash) {
		*slash = '\0';
		found = mg_provider_named(p, g->model, &row);
		*slash = '/';
		if (found)
			memmove(g->model, slash + 1, strlen(slash + 1) + 1);
	} else {
		found = mg_provider_of_model(p, g->model, &row);
	}
	if (!found) {
		mg_fail(f, MG_E_CONFIG, "no provider is known for the model %s",
			g->model);
		return mg_remedy(f,
			"write PROVIDER/MODEL, or give "
			"--base-url; mg help ask lists providers");
	}
	return mg_agent_serve(g, &row, base_url, f);
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

/* An all-digit tail behind the last colon is a count; 0: a wrong one. */
static size_t
copies(char *model)
{
	char *colon = strrchr(model, ':');
	int64_t n;

	if (!colon || colon == model ||
		!mg_read_int(colon + 1, 0, INT64_MAX, &n))
		return 1;
	if (n > COPIES_MAX)
		return 0;
	*colon = '\0';
	return (size_t)n;
}

/* NAME, or NAME#2 and so on; *k is where to go on counting. */
static char *
fresh_name(const struct mg_agents *a, const char *model, size_t *k)
{
	struct mg_str name = MG_STR(4096);
	bool used = true;

	for (; used; ++*k) {
		mg_str_clear(&name);
		mg_str_puts(&name, model);
		if (*k > 1)
			mg_str_fmt(&name, "#%zu", *k);
		used = false;
		for (size_t i = 0; i < a->n && !used; i++)
			used = a->v[i].name &&
				strcmp(a->v[i].name, name.s) == 0;
	}
	return name.s;
}

static int
add_model(struct mg_agents *a, const char *spec,
	const struct mg_agents_req *req, const struct mg_providers *p,
	struct mg_fault *f)
{
	char *model = mg_xstrdup(spec);
	size_t n = copies(model), k = 1;
	int r = n
		? 0
		: mg_usage(f, "%s: a count is from 1 to %d", spec, COPIES_MAX);

	for (size_t i = 0; i < n && r == 0; i++) {
		char *name = fresh_name(a, model, &k);
		struct mg_agent *g;

		MG_GROW(a->v, a->n, a->cap);
		g = &a->v[a->n++];
		*g = (struct mg_agent){
			.name = name, .model = mg_xstrdup(model)};
		r = strncmp(model, exec_prefix, strlen(exec_prefix)) == 0
			? set_program(g, model, f)
			: set_provider(g, req->base_url, p, f);
		if (r < 0 && f->code == MG_E_NO_KEY && req->keyless)
			r = 0;
	}
	free(model);
	return r;
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

/* KEY=VALUE: a value that is JSON is sent as it is, else as a string. */
static int
add_params(struct mg_str *out, const struct mg_list *params, struct mg_fault *f)
{
	for (size_t i = 0; i < params->n; i++) {
		const char *eq = strchr(params->v[i], '=');
		struct mg_str value = MG_STR(1 << 20);
		struct mg_sl key;

		if (!eq || eq == params->v[i])
			return mg_usage(f, "--param takes KEY=VALUE");
		key = (struct mg_sl){params->v[i], (size_t)(eq - params->v[i])};
		mg_str_puts(&value, eq + 1);
		if (out->len)
			mg_str_putc(out, ',');
		mg_json_put(out, key);
		mg_str_putc(out, ':');
		if (value.len &&
			mg_json_check(value.s, value.len, NULL, NULL) >= 0)
			mg_str_sl(out, mg_str_as_sl(&value));
		else
			mg_json_puts(out, eq + 1);
		mg_str_release(&value);
	}
	return 0;
}

/* Nobody named a model: the environment may have. */
static int
no_model(const struct mg_providers *p, struct mg_fault *f)
{
	struct mg_str keys = MG_STR(512), local = MG_STR(1 << 20);
	size_t first;

	mg_provider_key_names(p, &keys);
	mg_local_models(p, &local);
	first = local.len ? strcspn(local.s, "\n") : 0;
	mg_fail(f, MG_E_USAGE, "no model was named");
	if (first)
		mg_remedy(f,
			"say -m MODEL or set MG_MODEL; a server on this "
			"machine offers -m %.*s; keys are read from %s",
			(int)first, local.s, keys.s);
	else
		mg_remedy(f,
			"say -m MODEL or set MG_MODEL; keys are read "
			"from %s; a server of yours: --base-url URL; a "
			"program: -m exec:PROGRAM",
			keys.s);
	mg_str_release(&keys);
	mg_str_release(&local);
	return -1;
}

int
mg_agents_load(struct mg_agents *a, const struct mg_agents_req *req,
	const struct mg_providers *p, struct mg_fault *f)
{
	const char *env = getenv("MG_MODEL");
	int r = 0;

	if (req->team && req->models->n)
		return mg_usage(f, "-m and -c both name the agents");
	if (req->team) {
		a->named = true;
		r = mg_team_agents(a, req, p, f);
	} else if (req->models->n) {
		for (size_t i = 0; i < req->models->n && r == 0; i++)
			r = add_model(a, req->models->v[i], req, p, f);
	} else if (env && env[0]) {
		r = add_model(a, env, req, p, f);
	} else {
		r = no_model(p, f);
	}
	for (size_t i = 0; i < a->n && r == 0; i++) {
		*mg_map_put(&a->by_name, mg_sl_of(a->v[i].name)) = &a->v[i];
		r = add_params(&a->v[i].params, req->params, f);
	}
	mg_agents_hide_keys(a, p);
	return r;
}
