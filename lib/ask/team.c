#include "ask/team.h"

#include "base/dirs.h"
#include "event/json.h"

#include <stdlib.h>

#define KEYS_MAX 256

struct team {
	struct mg_agents *agents;
	const struct mg_agents_req *req;
	const struct mg_providers *providers;
	const struct mg_node *known; /* root of share/team.yaml */
	const char *dir; /* programs are named relative to it */
};

/* ${VAR}, where VAR is set; everything else as it stands. */
static char *
expand(const char *s)
{
	struct mg_str out = MG_STR(1 << 20);

	while (*s) {
		const char *close = s[0] == '$' && s[1] == '{' ? strchr(s, '}')
							       : NULL;
		char *name = close ? mg_sl_dup((struct mg_sl){
					     s + 2, (size_t)(close - s - 2)})
				   : NULL;
		const char *value = name ? getenv(name) : NULL;

		free(name);
		if (value) {
			mg_str_puts(&out, value);
			s = close + 1;
		} else {
			mg_str_putc(&out, *s++);
		}
	}
	return out.s ? out.s : mg_xstrdup("");
}

static size_t
add_keys(const struct mg_node *list, const char **names, size_t n)
{
	for (size_t i = 0; i < mg_node_count(list) && n < KEYS_MAX - 1; i++)
		names[n++] = mg_node_str(mg_node_at(list, i), "");
	return n;
}

/* Every key of the map is one that share/team.yaml lists for it. */
static int
check_keys(const struct team *t, const struct mg_node *map, const char *level,
	const char *where, struct mg_fault *f)
{
	const struct mg_node *known = mg_node_get(t->known, level);
	const char *names[KEYS_MAX];
	size_t n = add_keys(mg_node_get(known, "served"), names, 0);

	n = add_keys(mg_node_get(known, "sent"), names, n);
	n = add_keys(mg_node_get(known, "other"), names, n);
	names[n] = NULL;
	return mg_node_known(map, where, names, f);
}

static void
add_member(struct mg_str *out, struct mg_sl key, const struct mg_node *value)
{
	if (out->len)
		mg_str_putc(out, ',');
	mg_json_put(out, key);
	mg_str_putc(out, ':');
	mg_node_json(value, out);
}

/* The parameters that travel with every request of this agent. */
static void
set_params(
	const struct team *t, struct mg_agent *g, const struct mg_node *backend)
{
	const struct mg_node *sent = mg_node_get(
		mg_node_get(t->known, "backend"), "sent");
	const struct mg_node *extra = mg_node_get(backend, "extra_body");

	for (size_t i = 0; i < mg_node_count(sent); i++) {
		const char *key = mg_node_str(mg_node_at(sent, i), "");
		const struct mg_node *v = mg_node_get(backend, key);

		if (v && v->kind != MG_NODE_NULL)
			add_member(&g->params, mg_sl_of(key), v);
	}
	for (size_t i = 0;
		extra && extra->kind == MG_NODE_MAP && i < extra->count; i++)
		add_member(&g->params, extra->keys[i]->text, extra->items[i]);
}

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

static int
set_backend(const struct team *t, struct mg_agent *g,
	const struct mg_node *backend, struct mg_fault *f)
{
	const char *type = NULL, *model = NULL, *url = NULL, *key = NULL;
	struct mg_provider row;
	char *base = NULL;
	int r;

	if (mg_node_text(backend, "type", &type, f) < 0 ||
		mg_node_text(backend, "model", &model, f) < 0 ||
		mg_node_text(backend, "base_url", &url, f) < 0 ||
		mg_node_text(backend, "api_key", &key, f) < 0)
		return -1;
	if (!model)
		return mg_node_fail(backend, f, "a backend without `model`");
	g->model = expand(model);
	set_params(t, g, backend);
	if (type && strcmp(type, "exec") == 0) {
		if (mg_agent_program(g, g->model, f) < 0)
			return mg_node_fail(mg_node_get(backend, "model"), f,
				"an exec backend's model is exec:PROGRAM");
		beside(t, g);
		return 0;
	}
	if (type ? !mg_provider_named(t->providers, type, &row)
		 : !mg_provider_of_model(t->providers, g->model, &row)) {
		mg_node_fail(backend, f, "no provider is known for %s `%s`",
			type ? "type" : "model", type ? type : g->model);
		return mg_remedy(f,
			"this version serves the types of "
			"share/providers.yaml, and exec");
	}
	if (key)
		g->key = expand(key);
	if (g->key && strncmp(g->key, "${", 2) == 0) {
		free(g->key);
		g->key = NULL;
		mg_node_fail(mg_node_get(backend, "api_key"), f,
			"the variable that `api_key` names is not set");
		f->code = MG_E_NO_KEY;
		if (!t->req->keyless)
			return mg_remedy(f, "set %s", key);
	}
	if (t->req->base_url)
		base = mg_xstrdup(t->req->base_url);
	else if (url)
		base = expand(url);
	r = mg_agent_serve(g, &row, base, f);
	free(base);
	if (r < 0 && f->code == MG_E_NO_KEY && t->req->keyless)
		r = 0;
	return r;
}

static int
add_agent(const struct team *t, const struct mg_node *n, size_t number,
	struct mg_fault *f)
{
	const struct mg_node *backend = mg_node_get(n, "backend");
	const char *id = NULL, *system = NULL;
	struct mg_agents *a = t->agents;
	struct mg_str name = MG_STR(256);

	if (check_keys(t, n, "agent", "an agent", f) < 0 ||
		mg_node_text(n, "id", &id, f) < 0 ||
		mg_node_text(n, "system_message", &system, f) < 0)
		return -1;
	if (id && !id[0])
		return mg_node_fail(
			mg_node_get(n, "id"), f, "an agent's `id` is empty");
	if (!backend || backend->kind != MG_NODE_MAP)
		return mg_node_fail(n, f, "an agent without `backend`");
	if (check_keys(t, backend, "backend", "a backend", f) < 0)
		return -1;
	for (size_t i = 0; id && i < a->n; i++)
		if (strcmp(a->v[i].name, id) == 0)
			return mg_node_fail(
				n, f, "two agents have the id `%s`", id);
	if (!id)
		mg_str_fmt(&name, "agent%zu", number);
	MG_GROW(a->v, a->n, a->cap);
	a->v[a->n++] = (struct mg_agent){.name = id ? mg_xstrdup(id) : name.s,
		.system = system ? expand(system) : NULL};
	return set_backend(t, &a->v[a->n - 1], backend, f);
}

static int
add_agents(const struct team *t, const struct mg_node *root, struct mg_fault *f)
{
	const struct mg_node *list = mg_node_get(root, "agents");
	const struct mg_node *one = mg_node_get(root, "agent");

	if (check_keys(t, root, "top", "the file", f) < 0)
		return -1;
	if (one && list)
		return mg_node_fail(one, f, "`agent` beside `agents`");
	if (one)
		return add_agent(t, one, 1, f);
	if (!list || list->kind != MG_NODE_LIST || !list->count)
		return mg_node_fail(list ? list : root, f,
			"no agents: `agents` is a list of at least one");
	for (size_t i = 0; i < list->count; i++)
		if (add_agent(t, list->items[i], i + 1, f) < 0)
			return -1;
	return 0;
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
	struct team t = {.agents = a, .req = req, .providers = p};
	struct mg_yaml *known = NULL, *doc = mg_yaml_file(req->team, f);
	struct mg_str path = MG_STR(4096);
	char *dir = folder_of(req->team);
	int r = doc ? 0 : -1;

	if (r == 0 && !mg_share_path("team.yaml", &path))
		r = mg_fail(f, MG_E_CONFIG, "unable to find share/team.yaml");
	if (r == 0) {
		known = mg_yaml_file(path.s, f);
		r = known ? 0 : -1;
	}
	if (r == 0) {
		t.known = mg_yaml_root(known);
		t.dir = dir;
		r = add_agents(&t, mg_yaml_root(doc), f);
	}
	mg_yaml_free(known);
	mg_yaml_free(doc);
	mg_str_release(&path);
	free(dir);
	return r;
}
