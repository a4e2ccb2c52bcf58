#include "ask/team.h"

#include "conf/team.h"

#include <stdlib.h>

struct team {
	const struct mg_team *file;
	const struct mg_agents_req *req;
	const struct mg_providers *providers;
	const char *dir; /* programs are named relative to it */
};

/* A relative program stands beside the team file, as its author sees it. */
static void
beside(const struct team *t, struct mg_agent *g)
{
	struct mg_str path = MG_STR(8192);

	if (g->argv[0][0] == '/' || !strchr(g->argv[0], '/') || !t->dir[0])
		return;
	mg_str_fmt(&path, "%s/%s", t->dir, g->argv[0]);
	free(g->argv[0]);
	g->argv[0] = path.s;
}

/* A member of a backend, expanded; NULL if it is not there. */
static char *
member(const struct mg_node *backend, const char *key)
{
	const char *s = mg_node_str(mg_node_get(backend, key), NULL);
	const char *cwd = mg_node_str(mg_node_get(backend, "cwd"), NULL);

	return s ? mg_expand_in(s, cwd) : NULL;
}

static int
no_provider(const struct mg_node *backend, struct mg_fault *f)
{
	const struct mg_node *type = mg_node_get(backend, "type");

	mg_node_fail(type ? type : backend, f, "no provider is known for %s",
		type ? "this type" : "this model");
	return mg_remedy(f,
		"this version serves the types of "
		"share/providers.yaml, and exec");
}

static int
set_key(const struct team *t, struct mg_agent *g, const struct mg_node *backend,
	struct mg_fault *f)
{
	const struct mg_node *key = mg_node_get(backend, "api_key");

	g->key = member(backend, "api_key");
	if (!g->key || strncmp(g->key, "${", 2) != 0)
		return 0;
	free(g->key);
	g->key = NULL;
	mg_node_fail(key, f, "the variable that `api_key` names is not set");
	f->code = MG_E_NO_KEY;
	return t->req->keyless ? 0
			       : mg_remedy(f, "set %s", mg_node_str(key, "it"));
}

static int
set_backend(const struct team *t, struct mg_agent *g,
	const struct mg_node *backend, struct mg_fault *f)
{
	char *type = member(backend, "type"), *base = NULL;
	struct mg_provider row;
	bool found;
	int r;

	g->model = member(backend, "model");
	if (!g->model)
		g->model = mg_xstrdup("");
	if (type && strcmp(type, "exec") == 0) {
		free(type);
		r = mg_agent_program(g, g->model, f);
		if (r == 0)
			beside(t, g);
		return r;
	}
	/* Another server gets none of the provider's keys. */
	found = t->req->base_url
		? mg_provider_named(t->providers, "custom", &row)
		: type ? mg_provider_named(t->providers, type, &row)
		       : mg_provider_of_model(t->providers, g->model, &row);
	free(type);
	if (!found)
		return no_provider(backend, f);
	if (!t->req->base_url && set_key(t, g, backend, f) < 0)
		return -1;
	base = t->req->base_url ? mg_xstrdup(t->req->base_url)
				: member(backend, "base_url");
	r = mg_agent_serve(g, &row, base, f);
	free(base);
	if (r < 0 && f->code == MG_E_NO_KEY && t->req->keyless)
		r = 0;
	return r;
}

static int
add_agent(
	const struct team *t, size_t i, struct mg_agents *a, struct mg_fault *f)
{
	const struct mg_node *n = mg_team_agent(t->file, i);
	const char *system = mg_node_str(
		mg_node_get(n, "system_message"), NULL);
	struct mg_agent *g;

	MG_GROW(a->v, a->n, a->cap);
	g = &a->v[a->n++];
	*g = (struct mg_agent){.name = mg_xstrdup(mg_team_name(t->file, i)),
		.system = system ? mg_expand(system) : NULL};
	mg_team_params(t->file, i, &g->params);
	return set_backend(t, g, mg_node_get(n, "backend"), f);
}

static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return mg_xstrdup("");
	return mg_sl_dup((struct mg_sl){
		path, slash == path ? 1 : (size_t)(slash - path)});
}

int
mg_team_agents(struct mg_agents *a, const struct mg_agents_req *req,
	const struct mg_providers *p, struct mg_fault *f)
{
	struct mg_team *file = mg_team_open(req->team, NULL, NULL, f);
	char *dir = folder_of(req->team);
	struct team t = {.file = file, .req = req, .providers = p, .dir = dir};
	int r = file && !mg_team_problems(file, MG_PROBLEM_WRONG) ? 0 : -1;

	for (size_t i = 0; r == 0 && i < mg_team_count(file); i++)
		r = add_agent(&t, i, a, f);
	mg_team_free(file);
	free(dir);
	return r;
}
