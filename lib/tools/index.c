/*
 * The index: what files of tools have said, $XDG_CACHE_HOME/mg/tools.ndjson.
 *
 * A line is of one file, and is a flat array, so that it is read in one pass:
 *
 *	[DIR,FILE,N,(PATH,STAMP)*N,ask,N,(FILE,LINE,MESSAGE,REMEDY)*N,
 *	 N,(a tool: index_tool.c)*N]
 *	["",KEY,N,(PATH,STAMP)*N,TEXT]		what mg_index_remember() was given
 *
 * It is a cache: a line that is not what it should be is as if not there. The
 * lines are in order of bytes, so a file's is found by halving.
 */
#include "base/dirs.h"
#include "event/json.h"
#include "tools/index_in.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT_MAX 100000

static void
split(struct mg_index *x)
{
	size_t at = sizeof(MG_INDEX_HEAD) - 1;

	if (x->old.len < at || memcmp(x->old.s, MG_INDEX_HEAD, at) != 0)
		return;
	while (at < x->old.len) {
		char *p = x->old.s + at;
		char *end = memchr(p, '\n', x->old.len - at);

		if (!end)
			break;
		MG_GROW(x->lines, x->n, x->cap);
		x->lines[x->n++] = (struct mg_line){{p, (size_t)(end - p)}};
		at += (size_t)(end - p) + 1;
	}
	x->nold = x->n;
}

/* What somebody else could write is not believed. */
static bool
ours(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_uid == geteuid() &&
		!(st.st_mode & 022);
}

struct mg_index *
mg_index_open(void)
{
	struct mg_index *x = mg_xcalloc(1, sizeof(*x));

	x->old.max = MG_INDEX_MAX;
	if (!mg_dir_path(MG_DIR_CACHE, "tools.ndjson", &x->path))
		mg_str_release(&x->path);
	if (x->path.len && ours(x->path.s) &&
		mg_read_regular(x->path.s, &x->old))
		split(x);
	return x;
}

/* --- to find a line --- */

static void
prefix(const char *dir, const char *name, struct mg_str *out)
{
	mg_str_putc(out, '[');
	mg_json_puts(out, dir);
	mg_str_putc(out, ',');
	mg_json_puts(out, name);
	mg_str_putc(out, ',');
}

static int
against(struct mg_sl raw, struct mg_sl with)
{
	size_t n = raw.n < with.n ? raw.n : with.n;
	int c = memcmp(raw.p, with.p, n);

	return c ? c : raw.n < with.n ? -1 : 0;
}

/* The first line that does not stand before it. */
static size_t
lower(const struct mg_index *x, struct mg_sl with)
{
	size_t a = 0, b = x->nold;

	while (a < b) {
		size_t m = a + (b - a) / 2;

		if (against(x->lines[m].raw, with) < 0)
			a = m + 1;
		else
			b = m;
	}
	return a;
}

static struct mg_line *
find(struct mg_index *x, struct mg_sl with)
{
	size_t i = lower(x, with);

	return i < x->nold && !x->lines[i].gone &&
			against(x->lines[i].raw, with) == 0
		? &x->lines[i]
		: NULL;
}

/* --- reading --- */

struct mg_sl
mg_row_next(struct mg_row *r)
{
	struct mg_sl v = {0};

	if (!mg_json_next(r->raw, &r->it, NULL, &v))
		r->bad = true;
	return v;
}

/* Most texts have nothing to decode. */
char *
mg_row_decode(struct mg_row *r, struct mg_sl v)
{
	struct mg_str s = MG_STR(0);
	char *text = NULL;

	if (v.n >= 2 && v.p[0] == '"' && !memchr(v.p, '\\', v.n))
		return mg_arena_text(
			r->arena, (struct mg_sl){v.p + 1, v.n - 2});
	if (mg_json_text(v, &s))
		text = mg_arena_text(r->arena, mg_str_as_sl(&s));
	else if (!mg_sl_is(v, "null"))
		r->bad = true;
	mg_str_release(&s);
	return text;
}

char *
mg_row_text(struct mg_row *r)
{
	return mg_row_decode(r, mg_row_next(r));
}

int64_t
mg_row_int(struct mg_row *r)
{
	struct mg_sl v = mg_row_next(r);
	int64_t n = mg_json_int(v, -1);

	if (n < 0)
		r->bad = true;
	return n < 0 ? 0 : n;
}

size_t
mg_row_count(struct mg_row *r)
{
	int64_t n = mg_row_int(r);

	if (n > COUNT_MAX)
		r->bad = true;
	return r->bad ? 0 : (size_t)n;
}

/* The inside of a raw text that has nothing to decode; else p is NULL. */
static struct mg_sl
plain(struct mg_sl v)
{
	if (v.n < 2 || v.p[0] != '"' || memchr(v.p, '\\', v.n))
		return (struct mg_sl){0};
	return (struct mg_sl){v.p + 1, v.n - 2};
}

/* How a file of the folder was found is known; others are looked at, now or
 * by look(). */
static bool
as_it_was(struct mg_row *r, const struct mg_file *self, struct mg_dep *dep)
{
	struct mg_sl path = mg_row_next(r), was = mg_row_next(r);
	struct mg_sl p = plain(path), s = plain(was);
	const struct mg_file *file = self && p.p && !p.n ? self : NULL;

	if (!file && p.n && r->folder)
		file = mg_folder_find(r->folder, r->dir, p);
	if (file && file->stamp && s.p) {
		*dep = (struct mg_dep){file->path, file->stamp};
		return mg_sl_is(s, file->stamp);
	}
	*dep = (struct mg_dep){file ? file->path : mg_row_decode(r, path),
		mg_row_decode(r, was)};
	return dep->path && dep->stamp;
}

static bool
look(const struct mg_deps *deps)
{
	char stamp[MG_STAMP_SIZE];
	struct stat st;

	for (size_t i = 0; i < deps->n; i++) {
		mg_stamp(stat(deps->v[i].path, &st) == 0 ? &st : NULL, stamp);
		if (strcmp(stamp, deps->v[i].stamp) != 0)
			return false;
	}
	return true;
}

/* The files of the line, if those of them that are known are as they were. */
static bool
same(struct mg_row *r, const struct mg_file *self, struct mg_deps *deps)
{
	size_t n = mg_row_count(r);

	deps->kept = true;
	deps->v = mg_arena_get(r->arena, (n + 1) * sizeof(*deps->v));
	while (deps->n < n && !r->bad)
		if (!as_it_was(r, self, &deps->v[deps->n++]))
			return false;
	return !r->bad && n;
}

/*
 * What a record says does not hang on its program, which is looked at when it
 * is run: to look at all of them takes as long as all the rest. But what was
 * wrong may have been mended, and what was not there may have come.
 */
static bool
stands_alone(const struct mg_file *file)
{
	for (size_t i = 0; i < file->deps.n; i++)
		if (strcmp(file->deps.v[i].stamp, MG_STAMP_NONE) == 0)
			return false;
	return file->ntools && !file->ntold && file->stamp &&
		file->tools[0]->kind == &mg_tool_program;
}

static bool
row(struct mg_row *r, const struct mg_line *l)
{
	r->raw = l->raw;
	if (mg_json_check((char *)(uintptr_t)l->raw.p, l->raw.n, NULL, NULL) <
		0)
		return false;
	mg_row_next(r);
	mg_row_next(r);
	return !r->bad;
}

static void
read_told(struct mg_row *r, struct mg_file *file)
{
	size_t n = mg_row_count(r);

	for (size_t i = 0; i < n && !r->bad; i++) {
		char *of = mg_row_text(r);
		size_t line = (size_t)mg_row_int(r);
		char *message = mg_row_text(r), *remedy = mg_row_text(r);

		if (!message || !remedy)
			r->bad = true;
		else
			mg_file_tell(file,
				&(struct mg_told){of, line, message, remedy});
	}
}

static bool
read_file(struct mg_row *r, struct mg_file *file)
{
	size_t n;

	if (!same(r, file, &file->deps))
		return false;
	file->ask = mg_row_int(r) > 0;
	read_told(r, file);
	n = mg_row_count(r);
	for (size_t i = 0; i < n && !r->bad; i++) {
		struct mg_tool *t = mg_tool_of_row(r, file->path);

		if (!t)
			break;
		MG_GROW(file->tools, file->ntools, file->captools);
		file->tools[file->ntools++] = t;
	}
	return !r->bad && (stands_alone(file) || look(&file->deps));
}

bool
mg_index_get(struct mg_index *x, struct mg_folder *d, const char *dir,
	struct mg_file *file)
{
	struct mg_row r = {.arena = &d->arena, .folder = d, .dir = dir};
	struct mg_line *l;

	mg_str_clear(&x->key);
	prefix(dir, file->name, &x->key);
	l = find(x, mg_str_as_sl(&x->key));
	if (!l)
		return false;
	l->seen = true;
	if (row(&r, l) && read_file(&r, file)) {
		file->known = true;
		return true;
	}
	mg_file_clear(file);
	l->gone = x->changed = true;
	return false;
}

static bool
of_these(const struct mg_deps *deps, char *const *files)
{
	if (deps->n != mg_words_count(files))
		return false;
	for (size_t i = 0; i < deps->n; i++)
		if (strcmp(deps->v[i].path, files[i]) != 0)
			return false;
	return true;
}

char *
mg_index_recall(struct mg_index *x, const char *key, char *const *files)
{
	struct mg_arena arena = {0};
	struct mg_row r = {.arena = &arena};
	struct mg_deps deps = {0};
	struct mg_line *l;
	char *text = NULL;

	mg_str_clear(&x->key);
	prefix("", key, &x->key);
	l = find(x, mg_str_as_sl(&x->key));
	if (l && row(&r, l) && same(&r, NULL, &deps) && look(&deps) &&
		of_these(&deps, files))
		text = mg_row_text(&r);
	if (text)
		text = mg_xstrdup(text);
	mg_arena_release(&arena);
	if (l && !text)
		l->gone = x->changed = true;
	return text;
}

/* --- writing --- */

static void
put_line(struct mg_index *x, struct mg_str *s)
{
	if (s->over) {
		mg_str_release(s);
		return;
	}
	MG_GROW(x->lines, x->n, x->cap);
	x->lines[x->n++] = (struct mg_line){
		.raw = mg_str_as_sl(s), .owned = true, .seen = true};
	x->changed = true;
}

void
mg_row_put(struct mg_str *s, const char *text)
{
	if (text)
		mg_json_puts(s, text);
	else
		mg_str_puts(s, "null");
	mg_str_putc(s, ',');
}

/* JSON would not give these bytes back. */
static bool
put_deps(struct mg_str *s, const struct mg_deps *d, const char *self)
{
	bool good = !d->racy && d->n;

	mg_str_fmt(s, "%zu,", d->n);
	for (size_t i = 0; i < d->n && good; i++) {
		bool own = strcmp(d->v[i].path, self) == 0;

		mg_row_put(s, own ? "" : d->v[i].path);
		mg_row_put(s, d->v[i].stamp);
		good = mg_utf8_ok(d->v[i].path);
	}
	return good;
}

static void
put_file(struct mg_index *x, const char *dir, const struct mg_file *file)
{
	struct mg_str s = MG_STR(0);
	struct mg_line *l;

	prefix(dir, file->name, &s);
	l = find(x, mg_str_as_sl(&s));
	if (l)
		l->gone = x->changed = true;
	if (file->passing || !put_deps(&s, &file->deps, file->path)) {
		mg_str_release(&s);
		return;
	}
	mg_str_fmt(&s, "%d,%zu,", file->ask, file->ntold);
	for (size_t i = 0; i < file->ntold; i++) {
		mg_row_put(&s, file->told[i].file);
		mg_str_fmt(&s, "%zu,", file->told[i].line);
		mg_row_put(&s, file->told[i].message);
		mg_row_put(&s, file->told[i].remedy);
	}
	mg_str_fmt(&s, "%zu,", file->ntools);
	for (size_t i = 0; i < file->ntools; i++)
		mg_tool_put_row(&s, file->tools[i], file->path);
	mg_str_puts(&s, "0]");
	put_line(x, &s);
}

void
mg_index_remember(struct mg_index *x, const char *key, char *const *files,
	const char *text)
{
	struct mg_str s = MG_STR(0);
	struct mg_deps deps = {0};

	for (size_t i = 0; files && files[i]; i++)
		mg_deps_add(&deps, files[i]);
	prefix("", key, &s);
	if (put_deps(&s, &deps, "")) {
		mg_row_put(&s, text);
		mg_str_puts(&s, "0]");
		put_line(x, &s);
	} else {
		mg_str_release(&s);
	}
	mg_deps_release(&deps);
}

void
mg_index_folder(struct mg_index *x, const char *dir, const struct mg_folder *d)
{
	struct mg_str key = MG_STR(0);
	struct mg_sl of;

	mg_str_putc(&key, '[');
	mg_json_puts(&key, dir);
	mg_str_putc(&key, ',');
	of = mg_str_as_sl(&key);
	for (size_t i = lower(x, of);
		d->whole && i < x->nold && against(x->lines[i].raw, of) == 0;
		i++)
		if (!x->lines[i].seen && !x->lines[i].gone)
			x->lines[i].gone = x->changed = true;
	mg_str_release(&key);
	for (size_t i = 0; i < d->nfiles; i++)
		if (!d->files[i]->known)
			put_file(x, dir, d->files[i]);
}

void
mg_index_close(struct mg_index *x)
{
	if (x->changed && x->path.len)
		mg_index_write(x);
	for (size_t i = 0; i < x->n; i++)
		if (x->lines[i].owned)
			free((char *)(uintptr_t)x->lines[i].raw.p);
	free(x->lines);
	mg_str_release(&x->old);
	mg_str_release(&x->key);
	mg_str_release(&x->path);
	free(x);
}
