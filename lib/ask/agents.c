/* agents.c - all agents of a command: from -m, a team file, or MG_MODEL. */
#include "ask/agent.h"

#include "ask/local.h"
#include "ask/team.h"
#include "conf/team.h"
#include "event/json.h"

#include <stdlib.h>

#define LIKE_A_KEY 8 /* bytes; what is shorter may be any word */

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

static int
add_agent(struct mg_agents *a, const char *name, const char *spec,
	const struct mg_agents_req *req, const struct mg_providers *p,
	struct mg_fault *f)
{
	struct mg_agent *g;
	size_t copies;
	int r;

	MG_GROW(a->v, a->n, a->cap);
	g = &a->v[a->n++];
	*g = (struct mg_agent){.name = mg_xstrdup(name),
		.model = mg_model_copies(spec, &copies)};
	r = strncmp(g->model, "exec:", 5) == 0
		? mg_agent_program(g, g->model, f)
		: set_provider(g, req->base_url, p, f);
	return r < 0 && f->code == MG_E_NO_KEY && req->keyless ? 0 : r;
}

static int
add_models(struct mg_agents *a, const struct mg_list *models,
	const struct mg_agents_req *req, const struct mg_providers *p,
	struct mg_fault *f)
{
	struct mg_map names = {0};
	int r = mg_model_names(models, &names, f);

	for (size_t i = 0; i < names.n && r == 0; i++)
		r = add_agent(a, names.e[i].key.p,
			models->v[(uintptr_t)names.e[i].value - 1], req, p, f);
	mg_map_release(&names);
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

/* A team file may take a key from a variable of any name. */
static bool
holds_key(const void *arg, const char *value)
{
	const struct mg_agents *a = arg;

	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].key && strlen(value) >= LIKE_A_KEY &&
			strcmp(a->v[i].key, value) == 0)
			return true;
	return false;
}

int
mg_agents_load(struct mg_agents *a, const struct mg_agents_req *req,
	const struct mg_providers *p, struct mg_fault *f)
{
	const char *env = getenv("MG_MODEL");
	struct mg_list one = {0};
	int r = 0;

	if (req->team && req->models->n)
		return mg_usage(f, "-m and -c both name the agents");
	if (req->team) {
		a->named = true;
		r = mg_team_agents(a, req, p, f);
	} else if (req->models->n) {
		r = add_models(a, req->models, req, p, f);
	} else if (env && env[0]) {
		mg_list_add(&one, env);
		r = add_models(a, &one, req, p, f);
		mg_list_release(&one);
	} else {
		r = no_model(p, f);
	}
	for (size_t i = 0; i < a->n && r == 0; i++) {
		*mg_map_put(&a->by_name, mg_sl_of(a->v[i].name)) = &a->v[i];
		r = add_params(&a->v[i].params, req->params, f);
	}
	mg_keys_hide(p, holds_key, a);
	return r;
}
