#include "tools/choose.h"

#include "base/near.h"

#include <stdlib.h>
#include <sys/stat.h>

static void
bring(struct mg_offer *o, struct mg_tool *t)
{
	MG_GROW(o->v, o->n, o->cap);
	o->v[o->n] = (struct mg_brought){t, o->n};
	o->n++;
}

void
mg_offer_folder(struct mg_offer *o, const struct mg_folder *d)
{
	for (size_t i = 0; i < d->ntools; i++)
		bring(o, d->tools[i]);
}

/* --- names --- */

struct word {
	char *name, *version; /* version: NULL for any */
};

/* False if it is no name of a tool. */
static bool
word_of(const char *text, struct word *w)
{
	const char *at = strchr(text, '@');
	struct mg_sl name = {text, at ? (size_t)(at - text) : strlen(text)};

	*w = (struct word){0};
	if (!mg_tool_name_ok(name) || (at && !mg_tool_version_ok(at + 1)))
		return false;
	w->name = mg_sl_dup(name);
	w->version = at ? mg_xstrdup(at + 1) : NULL;
	return true;
}

static void
word_release(struct word *w)
{
	free(w->name);
	free(w->version);
}

static bool
fits(const struct mg_tool *t, const struct word *w)
{
	return strcmp(t->name, w->name) == 0 &&
		mg_tool_version_fits(t->version, w->version);
}

/* The newer; of equals the first. */
static void
better(struct mg_tool **best, struct mg_tool *t)
{
	if (!*best || mg_tool_version_cmp(t->version, (*best)->version) > 0)
		*best = t;
}

static int
name_it(struct mg_offer *o, const struct mg_want *want, struct mg_tool *t,
	struct mg_fault *f)
{
	for (size_t i = 0; i < o->nnamed; i++) {
		const struct mg_tool *other = o->named[i];

		if (other == t)
			return 0;
		if (strcmp(other->name, t->name) != 0)
			continue;
		mg_node_fail(want->at, f, "two versions of %s: %s@%s and %s@%s",
			t->name, t->name, other->version, t->name, t->version);
		if (!want->at && f)
			f->code = MG_E_USAGE;
		return mg_remedy(f, "an agent has one of them");
	}
	MG_GROW(o->named, o->nnamed, o->capnamed);
	o->named[o->nnamed++] = t;
	return 0;
}

/* 1: there is no such tool. */
static int
by_name(struct mg_registry *r, struct mg_offer *o, const struct mg_want *want,
	struct mg_fault *f)
{
	struct mg_tool *best = NULL;
	struct word w;

	if (!word_of(want->text, &w))
		return 1;
	for (size_t i = 0; i < o->n; i++)
		if (fits(o->v[i].t, &w))
			better(&best, o->v[i].t);
	if (best)
		goto out;
	mg_registry_usual(r);
	for (size_t i = 0; i < r->nusual; i++)
		for (size_t k = 0; k < r->usual[i]->ntools; k++) {
			struct mg_tool *t = r->usual[i]->tools[k];

			if (fits(t, &w))
				better(&best, t);
			if (fits(t, &w) ||
				(r->every && strcmp(t->name, w.name) == 0))
				bring(o, t);
		}
out:
	word_release(&w);
	return best ? name_it(o, want, best, f) : 1;
}

/* --- paths --- */

static bool
is_path(const char *s)
{
	return strchr(s, '/') || strcmp(s, ".") == 0 || strcmp(s, "..") == 0;
}

/* 1: there is nothing of the name. */
static int
by_path(struct mg_registry *r, struct mg_offer *o, const struct mg_want *want,
	struct mg_fault *f)
{
	char *path = want->dir[0] ? mg_path_beside(want->dir, want->text)
				  : mg_xstrdup(want->text);
	char *dir = mg_path_dir(path), *real = realpath(dir, NULL), *file;
	struct mg_folder *d = NULL;
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		d = mg_registry_folder(r, path, true);
	} else if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && real) {
		const char *slash = strrchr(path, '/');

		file = mg_path_beside(real, slash ? slash + 1 : path);
		d = mg_registry_folder(r, file, false);
		free(file);
	}
	free(path);
	free(dir);
	free(real);
	if (!d)
		return 1;
	if (d->error) {
		mg_node_fail(want->at, f, "unable to read %s: %s", want->text,
			strerror(d->error));
		if (!want->at && f)
			f->code = MG_E_NO_INPUT;
		return -1;
	}
	mg_offer_folder(o, d);
	return 0;
}

static int
not_there(struct mg_registry *r, const struct mg_offer *o,
	const struct mg_want *want, struct mg_fault *f)
{
	char *name = mg_sl_dup(
		(struct mg_sl){want->text, strcspn(want->text, "@")});
	char **all = mg_xcalloc(1, sizeof(*all));
	const char *near = NULL;

	for (size_t i = 0; i < o->n; i++)
		mg_words_add(&all, mg_xstrdup(o->v[i].t->name));
	for (size_t i = 0; i < r->nusual; i++)
		for (size_t k = 0; k < r->usual[i]->ntools; k++)
			mg_words_add(
				&all, mg_xstrdup(r->usual[i]->tools[k]->name));
	if (!is_path(want->text))
		near = mg_near(name, (const char *const *)all);
	mg_node_fail(want->at, f, "there is no %s %s",
		is_path(want->text) ? "folder or file" : "tool", want->text);
	if (!want->at && f)
		f->code = MG_E_NO_INPUT;
	if (near && strcmp(near, name) == 0)
		mg_remedy(f, "there are other versions of %s", near);
	else if (near)
		mg_remedy(f, "did you mean %s?", near);
	else if (is_path(want->text))
		mg_remedy(f, "a folder of tools, or the file of one");
	else
		mg_remedy(f, "mg-tools list names them; a folder has a slash");
	free(name);
	mg_words_free(all);
	return -1;
}

int
mg_offer_wants(struct mg_registry *r, struct mg_offer *o,
	const struct mg_wants *w, struct mg_fault *f)
{
	int e = 0;

	for (size_t i = 0; i < w->n && e == 0; i++) {
		if (!is_path(w->v[i].text))
			continue;
		e = by_path(r, o, &w->v[i], f);
		if (e > 0)
			return not_there(r, o, &w->v[i], f);
	}
	for (size_t i = 0; i < w->n && e == 0; i++) {
		if (is_path(w->v[i].text))
			continue;
		e = by_name(r, o, &w->v[i], f);
		if (e > 0)
			e = by_path(r, o, &w->v[i], f);
		if (e > 0)
			return not_there(r, o, &w->v[i], f);
	}
	if (e < 0 || !w->all)
		return e;
	mg_registry_usual(r);
	for (size_t i = 0; i < r->nusual; i++)
		mg_offer_folder(o, r->usual[i]);
	return 0;
}

/* --- sets --- */

/* By name; the newest first; of equals what was brought first. */
static int
in_order(const void *a, const void *b)
{
	const struct mg_brought *x = a, *y = b;
	int c = strcmp(x->t->name, y->t->name);

	if (!c)
		c = mg_tool_version_cmp(y->t->version, x->t->version);
	return c ? c : x->at < y->at ? -1 : x->at > y->at;
}

static struct mg_tool *
chosen(const struct mg_offer *o, struct mg_tool *newest)
{
	for (size_t i = 0; i < o->nnamed; i++)
		if (strcmp(o->named[i]->name, newest->name) == 0)
			return o->named[i];
	return newest;
}

void
mg_offer_close(struct mg_offer *o)
{
	struct mg_toolset *s = &o->set;
	size_t room = 1;

	if (o->n)
		qsort(o->v, o->n, sizeof(*o->v), in_order);
	s->v = mg_xcalloc(o->n + 1, sizeof(struct mg_tool *));
	s->all = mg_xcalloc(o->n + 1, sizeof(struct mg_tool *));
	for (size_t i = 0; i < o->n; i++) {
		struct mg_tool *t = o->v[i].t;
		struct mg_tool *last = s->nall ? s->all[s->nall - 1] : NULL;
		bool same = last && strcmp(last->name, t->name) == 0;

		if (same && mg_tool_version_cmp(last->version, t->version) == 0)
			continue;
		s->all[s->nall++] = t;
		if (!same) {
			s->v[s->n++] = chosen(o, t);
			room += strlen(s->v[s->n - 1]->schema) + 1;
		}
	}
	s->schemas = (struct mg_str){
		.s = mg_xmalloc(room), .cap = room, .max = room};
	s->schemas.s[0] = '\0';
	for (size_t i = 0; i < s->n; i++) {
		if (i)
			mg_str_putc(&s->schemas, ',');
		mg_str_puts(&s->schemas, s->v[i]->schema);
	}
}

void
mg_offer_any(struct mg_registry *r)
{
	struct mg_offer *any = mg_xcalloc(1, sizeof(*any));

	r->any = any;
	any->agent = mg_xstrdup("");
	for (size_t i = 0; i < r->noffers; i++) {
		const struct mg_offer *o = r->offers[i];

		for (size_t k = 0; k < o->set.nall; k++)
			bring(any, o->set.all[k]);
	}
	/* one version was the first agent's choice */
	for (size_t i = 0; i < r->noffers; i++)
		for (size_t k = 0; k < r->offers[i]->nnamed; k++)
			(void)name_it(any, &(struct mg_want){0},
				r->offers[i]->named[k], NULL);
	mg_offer_close(any);
}

void
mg_offer_free(struct mg_offer *o)
{
	if (!o)
		return;
	free(o->set.v);
	free(o->set.all);
	mg_str_release(&o->set.schemas);
	free(o->agent);
	free(o->v);
	free(o->named);
	free(o);
}
