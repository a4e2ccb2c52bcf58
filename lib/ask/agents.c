/* agents.c - all agents of a command: from -m, a team file, or MG_MODEL. */
#include "ask/agent.h"

#include "ask/local.h"
#include "ask/team.h"
#include "event/json.h"

#include <stdlib.h>

#define COPIES_MAX 10000 /* of one model */

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
		r = strncmp(model, "exec:", 5) == 0
			? mg_agent_program(g, model, f)
			: set_provider(g, req->base_url, p, f);
		if (r < 0 && f->code == MG_E_NO_KEY && req->keyless)
			r = 0;
	}
	free(model);
	return r;
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
