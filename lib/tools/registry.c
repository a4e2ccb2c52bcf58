/* registry.h: folders read once, teams' wishes, and who is offered what. */
#include "conf/team.h"
#include "tools/choose.h"
#include "tools/custom.h"

#include "base/dirs.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* --- folders --- */

static void
tell(struct mg_registry *r, const struct mg_tool_problem *p)
{
	r->problems++;
	if (r->problem)
		r->problem(r->arg, p);
}

static int
by_version(const void *a, const void *b)
{
	const struct mg_tool *const *x = a, *const *y = b;
	int c = strcmp((*x)->name, (*y)->name);

	if (!c)
		c = mg_tool_version_cmp((*x)->version, (*y)->version);
	/* of equals the one that was read first, so that it counts */
	return c ? c : strcmp((*x)->path, (*y)->path);
}

static void
tell_twice(struct mg_registry *r, const struct mg_tool *t, const char *first)
{
	struct mg_str s = MG_STR(8192);

	mg_str_fmt(&s, "%s %s is in %s already", t->name, t->version, first);
	tell(r,
		&(struct mg_tool_problem){.file = t->path,
			.message = s.s ? s.s : "",
			.remedy = "give it another `version`"});
	mg_str_release(&s);
}

/* Of one version of a name in one folder the first counts. */
static void
gather(struct mg_registry *r, struct mg_folder *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->nfiles; i++)
		n += d->files[i]->ntools;
	d->tools = mg_xcalloc(n + 1, sizeof(*d->tools));
	for (size_t i = 0; i < d->nfiles; i++)
		for (size_t k = 0;
			!d->files[i]->claimed && k < d->files[i]->ntools; k++)
			d->tools[d->ntools++] = d->files[i]->tools[k];
	if (n)
		qsort(d->tools, n, sizeof(*d->tools), by_version);
	n = 0;
	for (size_t i = 0; i < d->ntools; i++) {
		struct mg_tool *t = d->tools[i],
			       *last = d->tools[n ? n - 1 : 0];

		if (n && strcmp(t->name, last->name) == 0 &&
			mg_tool_version_cmp(t->version, last->version) == 0)
			tell_twice(r, t, last->path);
		else
			d->tools[n++] = t;
	}
	d->ntools = n;
}

static void
tell_of(struct mg_registry *r, const struct mg_file *file)
{
	for (size_t i = 0; !file->claimed && i < file->ntold; i++) {
		const struct mg_told *t = &file->told[i];

		tell(r,
			&(struct mg_tool_problem){
				.file = t->file ? t->file : file->path,
				.line = t->line,
				.message = t->message,
				.remedy = t->remedy});
	}
}

static void
take(struct mg_registry *r, struct mg_folder *d)
{
	for (size_t i = 0; i < d->nfiles; i++)
		tell_of(r, d->files[i]);
	if (d->error)
		tell(r,
			&(struct mg_tool_problem){.file = d->path,
				.message = strerror(d->error),
				.remedy = ""});
	gather(r, d);
}

static struct mg_folder *
folder(struct mg_registry *r, const char *path, bool whole, bool by_chance)
{
	char *real = realpath(path, NULL);
	char *key = real && whole ? real : mg_xstrdup(path);
	struct mg_folder **d = (struct mg_folder **)mg_map_put(
		&r->folders, mg_sl_of(key));

	if (!*d) {
		*d = whole ? mg_folder_read(key, by_chance, r->index)
			   : mg_folder_of(key, r->index);
		take(r, *d);
	}
	if (key != real)
		free(key);
	free(real);
	return *d;
}

/* What -T or a team names; what is found by chance is so for all the same. */
struct mg_folder *
mg_registry_folder(struct mg_registry *r, const char *path, bool whole)
{
	return folder(r, path, whole, false);
}

static void
add_usual(struct mg_registry *r, const char *path, bool by_chance)
{
	struct mg_folder *d;

	if (access(path, F_OK) < 0)
		return;
	d = folder(r, path, true, by_chance);
	for (size_t i = 0; i < r->nusual; i++)
		if (r->usual[i] == d)
			return;
	r->usual[r->nusual++] = d;
}

void
mg_registry_usual(struct mg_registry *r)
{
	struct mg_str s = MG_STR(0);

	if (r->usual_read)
		return;
	r->usual_read = true;
	add_usual(r, ".mg/tools", true);
	if (mg_dir_path(MG_DIR_DATA, "tools", &s))
		add_usual(r, s.s, false);
	mg_str_clear(&s);
	if (mg_share_path("tools", &s))
		add_usual(r, s.s, false);
	mg_str_release(&s);
}

/* --- teams --- */

static void
add_wants(struct mg_wants *w, const struct mg_node *list, const char *dir)
{
	size_t n = list && list->kind == MG_NODE_LIST ? list->count : 1;

	for (size_t i = 0; list && i < n; i++) {
		const struct mg_node *at = list->kind == MG_NODE_LIST
			? list->items[i]
			: list;
		const char *s = mg_node_str(at, NULL);

		if (!s)
			continue;
		MG_GROW(w->v, w->n, w->cap);
		w->v[w->n++] = (struct mg_want){mg_expand(s), dir, at};
	}
}

static void
wants_release(struct mg_wants *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->v[i].text);
	free(w->v);
	*w = (struct mg_wants){0};
}

static const struct mg_node *
member(const struct mg_node *map, const char *key)
{
	const struct mg_node *n = mg_node_get(map, key);

	return n && n->kind != MG_NODE_NULL ? n : NULL;
}

static const struct mg_node *
custom_of(const struct mg_team *team, size_t i)
{
	return member(
		member(mg_team_agent(team, i), "backend"), "custom_tools");
}

static bool
names_its_own(const struct mg_team *team)
{
	bool yes = member(mg_team_root(team), "tools");

	for (size_t i = 0; i < mg_team_count(team); i++)
		yes = yes || member(mg_team_agent(team, i), "tools") ||
			custom_of(team, i);
	return yes;
}

static struct mg_offer *
offer(struct mg_registry *r, const char *agent)
{
	struct mg_offer *o = mg_xcalloc(1, sizeof(*o));

	o->agent = mg_xstrdup(agent);
	MG_GROW(r->offers, r->noffers, r->capoffers);
	r->offers[r->noffers++] = o;
	return o;
}

static struct mg_folder *
custom(struct mg_registry *r, const struct mg_team *team, size_t i,
	const char *path)
{
	struct mg_folder *d = mg_xcalloc(1, sizeof(*d));
	struct mg_str key = MG_STR(0);
	struct mg_tool_source s = {.index = r->index};

	d->path = mg_xstrdup(path);
	d->files = mg_xcalloc(1, sizeof(*d->files));
	d->files[d->nfiles++] = s.file = mg_file_new(&d->arena, "", path, NULL);
	mg_custom_load(&s, team, i);
	take(r, d);
	mg_str_fmt(&key, "%zu", i);
	*mg_map_put(&r->folders, mg_str_as_sl(&key)) = d;
	mg_str_release(&key);
	return d;
}

static int
agents(struct mg_registry *r, const struct mg_team *team,
	const struct mg_team_place *at, struct mg_fault *f)
{
	const struct mg_node *common = member(mg_team_root(team), "tools");

	for (size_t i = 0; i < mg_team_count(team); i++) {
		const struct mg_node *own = member(
			mg_team_agent(team, i), "tools");
		struct mg_offer *o = offer(r, mg_team_name(team, i));
		struct mg_wants w = {0};
		int e;

		add_wants(&w, own ? own : common, at->dir);
		w.all = at->all;
		if (custom_of(team, i))
			mg_offer_folder(o, custom(r, team, i, at->path));
		e = mg_offer_wants(r, o, at->wants ? at->wants : &w, f);
		wants_release(&w);
		if (e < 0)
			return -1;
	}
	return 0;
}

static int
of_team(struct mg_registry *r, const struct mg_registry_req *req,
	struct mg_wants *wants, struct mg_fault *f)
{
	struct mg_fault why = {0};
	struct mg_team *team = mg_team_open(req->team, NULL, NULL, &why);
	struct mg_team_place at = {.path = realpath(req->team, NULL)};
	struct mg_wants allow = {0}, common = {0};
	int e = 0;

	if (!team || mg_team_problems(team, MG_PROBLEM_WRONG)) {
		*f = why;
		e = -1;
		goto out;
	}
	at.dir = mg_path_dir(at.path ? at.path : req->team);
	/* What the command line says counts instead of what the file says. */
	at.wants = wants->n ? wants : NULL;
	at.all = !names_its_own(team);
	add_wants(&allow, member(mg_team_root(team), "allow_tools"), "");
	for (size_t i = 0; i < allow.n; i++)
		mg_words_add(&r->allow, mg_xstrdup(allow.v[i].text));
	add_wants(&common, member(mg_team_root(team), "tools"), at.dir);
	common.all = at.all;
	e = mg_offer_wants(r, offer(r, ""), at.wants ? at.wants : &common, f);
	if (e == 0)
		e = agents(r, team, &at, f);
out:
	wants_release(&allow);
	wants_release(&common);
	mg_team_free(team);
	free(at.path);
	free(at.dir);
	return e;
}

/* --- the whole --- */

static int
fill(struct mg_registry *r, const struct mg_registry_req *req,
	struct mg_fault *f)
{
	struct mg_wants w = {0};
	int e;

	for (size_t i = 0; req->allow && i < req->allow->n; i++)
		mg_words_add(&r->allow, mg_xstrdup(req->allow->v[i]));
	for (size_t i = 0; req->tools && i < req->tools->n; i++) {
		MG_GROW(w.v, w.n, w.cap);
		w.v[w.n++] = (struct mg_want){
			mg_xstrdup(req->tools->v[i]), "", NULL};
	}
	w.all = !w.n;
	if (req->team)
		e = of_team(r, req, &w, f);
	else
		e = mg_offer_wants(r, offer(r, ""), &w, f);
	wants_release(&w);
	return e;
}

struct mg_registry *
mg_registry_open(const struct mg_registry_req *req, struct mg_fault *f)
{
	struct mg_registry *r = mg_xcalloc(1, sizeof(*r));
	struct mg_fault why = {0};
	int e;

	r->problem = req->problem;
	r->arg = req->arg;
	r->every = req->all;
	r->index = mg_index_open();
	e = fill(r, req, f ? f : &why);
	mg_index_close(r->index);
	r->index = NULL;
	if (e < 0) {
		mg_registry_free(r);
		return NULL;
	}
	for (size_t i = 0; i < r->noffers; i++)
		mg_offer_close(r->offers[i]);
	if (r->noffers > 1)
		mg_offer_any(r);
	return r;
}

void
mg_registry_free(struct mg_registry *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->noffers; i++)
		mg_offer_free(r->offers[i]);
	mg_offer_free(r->any);
	for (size_t i = 0; i < r->folders.n; i++)
		mg_folder_free(r->folders.e[i].value);
	mg_map_release(&r->folders);
	mg_words_free(r->allow);
	free(r->offers);
	free(r);
}

size_t
mg_registry_problems(const struct mg_registry *r)
{
	return r->problems;
}

const struct mg_toolset *
mg_registry_set(const struct mg_registry *r, struct mg_sl agent)
{
	if (!agent.n)
		return r->any ? &r->any->set : &r->offers[0]->set;
	for (size_t i = 0; i < r->noffers; i++)
		if (mg_sl_is(agent, r->offers[i]->agent))
			return &r->offers[i]->set;
	return &r->offers[0]->set;
}

/* NAME or NAME@VERSION names the tool. */
static bool
named(const struct mg_tool *t, struct mg_sl word)
{
	const char *at = memchr(word.p, '@', word.n);
	struct mg_sl name = {word.p, at ? (size_t)(at - word.p) : word.n};
	char *version;
	bool yes;

	if (!mg_sl_is(name, t->name))
		return false;
	if (!at)
		return true;
	version = mg_sl_dup((struct mg_sl){at + 1, word.n - name.n - 1});
	yes = *version && mg_tool_version_fits(t->version, version);
	free(version);
	return yes;
}

bool
mg_registry_allows(const struct mg_registry *r, const struct mg_tool *t)
{
	if (mg_tool_harmless(t))
		return true;
	for (size_t i = 0; r->allow && r->allow[i]; i++)
		if (named(t, mg_sl_of(r->allow[i])))
			return true;
	return false;
}

struct mg_tool *
mg_toolset_find(const struct mg_toolset *s, struct mg_sl name)
{
	bool bare = name.p && !memchr(name.p, '@', name.n);

	/* newest first within a name */
	for (size_t i = 0; name.p && i < (bare ? s->n : s->nall); i++) {
		struct mg_tool *t = bare ? s->v[i] : s->all[i];

		if (named(t, name))
			return t;
	}
	return NULL;
}
