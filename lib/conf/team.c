/* team.c - the door: a team file, its agents, its problems. */
#include "conf/team.h"

#include "base/dirs.h"
#include "conf/team_in.h"
#include "event/json.h"

#include <stdio.h>
#include <stdlib.h>

struct mg_team {
	struct mg_yaml *doc, *known;
	struct mg_providers providers;
	struct mg_problems problems;
	struct mg_map asked; /* commands */
	const struct mg_node **agents;
	char **names;
	size_t n;
};

void
mg_problem_add(struct mg_problems *l, enum mg_problem_kind kind,
	const struct mg_node *at, const char *remedy, const char *fmt, ...)
{
	struct mg_str message = MG_STR(4096);
	struct found *p;
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	mg_str_puts(&message, text);
	MG_GROW(l->v, l->n, l->cap);
	p = &l->v[l->n];
	p->message = message.s ? message.s : mg_xstrdup("");
	p->remedy = mg_xstrdup(remedy ? remedy : "");
	p->order = l->n++;
	p->p = (struct mg_problem){kind, at, p->message, p->remedy};
}

/* A word of the file's for a message: cut, and without control bytes. */
const char *
mg_team_quote(struct mg_sl word, char out[MG_TEAM_WORD + 1])
{
	struct mg_sl s = mg_sl_cut(word, MG_TEAM_WORD);

	for (size_t i = 0; i < s.n; i++)
		out[i] = (unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7F
			? '?'
			: s.p[i];
	out[s.n] = '\0';
	return out;
}

static int
by_line(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->p.at->line != y->p.at->line)
		return x->p.at->line < y->p.at->line ? -1 : 1;
	if (x->p.at->column != y->p.at->column)
		return x->p.at->column < y->p.at->column ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

/* What stands behind an anchor is judged wherever its aliases are. */
static bool
same(const struct found *a, const struct found *b)
{
	return a->p.at == b->p.at && strcmp(a->message, b->message) == 0;
}

void
mg_problems_sort(struct mg_problems *l)
{
	size_t n = 0;

	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), by_line);
	for (size_t i = 0; i < l->n; i++) {
		bool again = false;

		for (size_t k = n; k > 0 && !again &&
			by_line(&l->v[k - 1], &l->v[i]) <= 0 &&
			l->v[k - 1].p.at == l->v[i].p.at;
			k--)
			again = same(&l->v[k - 1], &l->v[i]);
		if (again) {
			free(l->v[i].message);
			free(l->v[i].remedy);
		} else {
			l->v[n++] = l->v[i];
		}
	}
	l->n = n;
}

void
mg_problems_release(struct mg_problems *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].message);
		free(l->v[i].remedy);
	}
	free(l->v);
	*l = (struct mg_problems){0};
}

static void
add_agent(struct mg_team *t, const struct mg_node *agent, struct mg_map *seen)
{
	const struct mg_node *id = mg_node_get(agent, "id");
	struct mg_str name = MG_STR(0);
	char word[MG_TEAM_WORD + 1];
	void **first;

	if (id && id->kind == MG_NODE_STR && !id->text.n)
		mg_problem_add(&t->problems, MG_PROBLEM_WRONG, id, NULL,
			"an agent's `id` is empty");
	if (id && id->kind == MG_NODE_STR && id->text.n) {
		char *text = mg_expand(id->text.p);

		mg_str_puts(&name, text);
		free(text);
	} else {
		mg_str_fmt(&name, "agent%zu", t->n + 1);
	}
	first = mg_map_put(seen, mg_str_as_sl(&name));
	if (*first)
		mg_problem_add(&t->problems, MG_PROBLEM_WRONG, id ? id : agent,
			NULL, "two agents have the id `%s`",
			mg_team_quote(id && id->text.n ? id->text
						       : mg_str_as_sl(&name),
				word));
	*first = t;
	t->agents[t->n] = agent;
	t->names[t->n++] = name.s;
}

static void
find_agents(struct mg_team *t, const struct mg_node *root)
{
	const struct mg_node *list = mg_node_get(root, "agents");
	const struct mg_node *one = mg_node_get(root, "agent");
	bool many = list && list->kind == MG_NODE_LIST;
	size_t n = one ? 1 : many ? list->count : 0;
	struct mg_map seen = {0};

	if (root->kind != MG_NODE_MAP)
		return;
	if (one && list)
		mg_problem_add(&t->problems, MG_PROBLEM_WRONG,
			one->line > list->line ? one : list,
			"a team has `agents`, a single one is the `agent`",
			"`agent` beside `agents`");
	if (!one && (!list || (many && !n) || list->kind == MG_NODE_NULL))
		mg_problem_add(&t->problems, MG_PROBLEM_WRONG,
			list ? list : root, NULL,
			"no agents: `agents` is a list of at least one");
	t->agents = mg_xcalloc(n + 1, sizeof(*t->agents));
	t->names = mg_xcalloc(n + 1, sizeof(*t->names));
	for (size_t i = 0; i < n; i++)
		add_agent(t, one ? one : list->items[i], &seen);
	mg_map_release(&seen);
}

/* The first that is wrong, as a fault, and all of them for whoever listens. */
static void
report(struct mg_team *t, mg_problem_fn *say, void *arg, struct mg_fault *f)
{
	bool told = false;

	for (size_t i = 0; i < t->problems.n; i++) {
		const struct mg_problem *p = &t->problems.v[i].p;

		if (say)
			say(arg, p);
		if (p->kind != MG_PROBLEM_WRONG || told)
			continue;
		told = true;
		mg_node_fail(p->at, f, "%s", p->message);
		if (p->remedy[0])
			mg_remedy(f, "%s", p->remedy);
	}
}

static int
load(struct mg_team *t, const char *path, struct mg_fault *f)
{
	struct mg_str share = MG_STR(4096);
	int r = 0;

	t->doc = mg_yaml_file(path, f);
	if (!t->doc)
		return -1;
	if (!mg_share_path("team.yaml", &share)) {
		mg_fail(f, MG_E_CONFIG, "unable to find share/team.yaml");
		r = mg_remedy(f, "set MG_SHARE to mg's share folder");
	}
	if (r == 0) {
		t->known = mg_yaml_file(share.s, f);
		r = t->known ? mg_providers_load(&t->providers, f) : -1;
	}
	mg_str_release(&share);
	return r;
}

struct mg_team *
mg_team_open(
	const char *path, mg_problem_fn *say, void *arg, struct mg_fault *f)
{
	struct mg_team *t = mg_xcalloc(1, sizeof(*t));
	struct mg_judge j = {.problems = &t->problems,
		.providers = &t->providers,
		.asked = &t->asked};

	if (load(t, path, f) < 0) {
		mg_team_free(t);
		return NULL;
	}
	j.known = mg_yaml_root(t->known);
	mg_judge_file(&j, mg_team_root(t));
	find_agents(t, mg_team_root(t));
	mg_str_release(&j.path);
	mg_problems_sort(&t->problems);
	report(t, say, arg, f);
	return t;
}

void
mg_team_free(struct mg_team *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++)
		free(t->names[i]);
	free(t->names);
	free(t->agents);
	mg_problems_release(&t->problems);
	mg_map_release(&t->asked);
	mg_providers_release(&t->providers);
	mg_yaml_free(t->known);
	mg_yaml_free(t->doc);
	free(t);
}

size_t
mg_team_problems(const struct mg_team *t, enum mg_problem_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < t->problems.n; i++)
		n += t->problems.v[i].p.kind == kind;
	return n;
}

bool
mg_team_asks(const struct mg_team *t, const char *command)
{
	return mg_map_get(&t->asked, mg_sl_of(command)) != NULL;
}

const struct mg_node *
mg_team_root(const struct mg_team *t)
{
	return mg_yaml_root(t->doc);
}

size_t
mg_team_count(const struct mg_team *t)
{
	return t->n;
}

const struct mg_node *
mg_team_agent(const struct mg_team *t, size_t i)
{
	return i < t->n ? t->agents[i] : NULL;
}

const char *
mg_team_name(const struct mg_team *t, size_t i)
{
	return i < t->n ? t->names[i] : NULL;
}

/* How a key travels, the first in front: what stands in two of them is sent
 * once. */
static const char *const ways[] = {
	"mg-ask merges", "mg-ask sends", "mg-ask sends ", NULL};

static void
take_param(struct mg_map *found, struct mg_sl key, struct mg_node *v)
{
	void **place = mg_map_put(found, key);

	if (!*place)
		*place = v;
}

static void
take_params(const struct mg_node *members, const struct mg_node *map,
	const char *way, struct mg_map *found)
{
	size_t n = strlen(way);

	if (!map || map->kind != MG_NODE_MAP)
		return;
	for (size_t i = 0; i < map->count; i++) {
		const struct mg_sl key = map->keys[i]->text;
		const struct mg_node *spec = mg_rule_member(members, key.p);
		struct mg_rule r = mg_rule_of(spec);
		struct mg_node *v = map->items[i];

		if (!spec || v->kind == MG_NODE_NULL)
			continue;
		if (mg_sl_starts(r.fate, way) && way[n - 1] == ' ')
			take_param(found,
				(struct mg_sl){r.fate.p + n, r.fate.n - n}, v);
		else if (mg_sl_is(r.fate, way) && way != ways[0])
			take_param(found, key, v);
		else if (mg_sl_is(r.fate, way) && v->kind == MG_NODE_MAP)
			for (size_t k = 0; k < v->count; k++)
				take_param(
					found, v->keys[k]->text, v->items[k]);
		else if (r.members)
			take_params(r.members, v, way, found);
	}
}

void
mg_team_params(const struct mg_team *t, size_t i, struct mg_str *out)
{
	const struct mg_node *members = mg_node_get(
		mg_yaml_root(t->known), "backend");
	const struct mg_node *backend = mg_node_get(
		mg_team_agent(t, i), "backend");
	const char *set = mg_node_str(mg_node_get(backend, "cwd"), NULL);
	char *cwd = set ? mg_expand(set) : NULL;
	struct mg_map found = {0};

	for (size_t k = 0; ways[k]; k++)
		take_params(members, backend, ways[k], &found);
	for (size_t k = 0; k < found.n; k++) {
		if (out->len)
			mg_str_putc(out, ',');
		mg_json_put(out, found.e[k].key);
		mg_str_putc(out, ':');
		mg_expand_json(found.e[k].value, cwd, out);
	}
	mg_map_release(&found);
	free(cwd);
}

void
mg_problem_text(const struct mg_problem *p, struct mg_str *out)
{
	if (p->at)
		mg_str_fmt(out, "%s:%zu: ", p->at->file, p->at->line);
	mg_str_puts(out, p->message);
	if (p->remedy && p->remedy[0])
		mg_str_fmt(out, " (%s)", p->remedy);
}
