/* Folders of tools, file by file; see registry.h for what a tool is there. */
#include "tools/pin.h"
#include "tools/registry_in.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DOC_MAX ((size_t)4 << 20)
#define INNER "/tool.yaml"
#define NAME_ROOM (sizeof(((struct dirent *)NULL)->d_name) + sizeof(INNER))

/* A new kind is a row. A file is the first kind's that knows it. */
const struct mg_tool_kind *const mg_tool_kinds[] = {
	&mg_tool_team, &mg_tool_program, &mg_tool_describe, NULL};

struct mg_file *
mg_file_new(struct mg_arena *a, const char *dir, const char *name,
	const struct stat *st)
{
	struct mg_file *file = mg_arena_get(a, sizeof(*file));
	size_t n = strlen(dir), m = strlen(name);
	char stamp[MG_STAMP_SIZE];

	*file = (struct mg_file){.name = mg_arena_text(a, mg_sl_of(name))};
	file->path = mg_arena_get(a, n + m + 2);
	memcpy(file->path, dir, n);
	if (n && dir[n - 1] != '/')
		file->path[n++] = '/';
	memcpy(file->path + n, name, m + 1);
	if (!st)
		return file;
	mg_stamp(st, stamp);
	file->stamp = mg_arena_text(a, mg_sl_of(stamp));
	return file;
}

void
mg_file_clear(struct mg_file *file)
{
	for (size_t i = 0; i < file->ntools; i++)
		mg_tool_free(file->tools[i]);
	for (size_t i = 0; i < file->ntold; i++) {
		free((char *)(uintptr_t)file->told[i].file);
		free((char *)(uintptr_t)file->told[i].message);
		free((char *)(uintptr_t)file->told[i].remedy);
	}
	mg_deps_release(&file->deps);
	free(file->tools);
	free(file->told);
	file->tools = NULL;
	file->told = NULL;
	file->ntools = file->captools = file->ntold = file->captold = 0;
	file->ask = file->passing = false;
}

/* --- what kinds say of a file --- */

void
mg_file_tell(struct mg_file *file, const struct mg_told *t)
{
	MG_GROW(file->told, file->ntold, file->captold);
	file->told[file->ntold++] = (struct mg_told){
		.file = t->file ? mg_xstrdup(t->file) : NULL,
		.line = t->line,
		.message = mg_xstrdup(t->message),
		.remedy = mg_xstrdup(t->remedy ? t->remedy : "")};
}

void
mg_tool_source_problem(struct mg_tool_source *s, const char *file, size_t line,
	const char *message, const char *remedy)
{
	bool own = !file || strcmp(file, s->file->path) == 0;

	mg_file_tell(s->file,
		&(struct mg_told){own ? NULL : file, line, message, remedy});
}

void
mg_source_fault(struct mg_tool_source *s, const struct mg_fault *f)
{
	const char *message = f->message;
	size_t line = f->line, n = 0;
	unsigned column;
	int end = 0;

	if (sscanf(message, "-:%zu:%u: %n", &n, &column, &end) == 2 && end) {
		line = n;
		message += end;
	}
	mg_tool_source_problem(s, s->file->path, line, message, f->remedy);
}

/*
 * The file is still the one that was looked at before it was read; and of a
 * record, what was hashed are the bytes that it was read from, which no look
 * at the file can tell: it may have been another for that moment only.
 */
static bool
as_read(const struct mg_tool_source *s, const struct mg_tool *t)
{
	const struct mg_file *of = s->file;
	size_t n = of->deps.n ? strlen(of->deps.v[0].stamp) : 0;

	if (strcmp(of->path, t->path) != 0)
		return true;
	if (s->doc && strcmp(s->read, t->own) != 0)
		return false;
	return !n || !t->stamp ||
		(strncmp(t->stamp, of->deps.v[0].stamp, n) == 0 &&
			t->stamp[n] == ' ');
}

void
mg_tool_source_add(struct mg_tool_source *s, struct mg_tool *t)
{
	struct mg_file *of = s->file;
	struct mg_fault f = {0};

	if (!t->path)
		t->path = mg_xstrdup(of->path);
	if (mg_tool_finish(t, &f) < 0) {
		mg_source_fault(s, &f);
		mg_tool_free(t);
		return;
	}
	for (size_t i = 0; t->files && t->files[i]; i++)
		mg_deps_add(&of->deps, t->files[i]);
	/* What cannot be hashed could not be pinned, and would not be run. */
	if (mg_tool_hash(t, &f) == 0 && !as_read(s, t)) {
		mg_fail(&f, MG_E_CHANGED, "it is being written");
		of->passing = true;
	}
	if (f.message[0]) {
		mg_source_fault(s, &f);
		mg_tool_free(t);
		return;
	}
	memcpy(t->read, t->own, sizeof(t->read));
	MG_GROW(of->tools, of->ntools, of->captools);
	of->tools[of->ntools++] = t;
}

char *
mg_source_recall(struct mg_tool_source *s, const char *key, char *const *files)
{
	return s->index ? mg_index_recall(s->index, key, files) : NULL;
}

void
mg_source_remember(struct mg_tool_source *s, const char *key,
	char *const *files, const char *text)
{
	if (s->index)
		mg_index_remember(s->index, key, files, text);
}

static bool
ends(const char *s, const char *with)
{
	size_t n = strlen(s), m = strlen(with);

	return n > m && strcmp(s + n - m, with) == 0;
}

bool
mg_is_yaml(const char *name)
{
	return ends(name, ".yaml") || ends(name, ".yml");
}

const struct mg_node *
mg_source_yaml(struct mg_tool_source *s)
{
	struct mg_str text = MG_STR(DOC_MAX);
	struct mg_fault f = {0};

	if (s->doc)
		return mg_yaml_root(s->doc);
	if (s->failed || !mg_is_yaml(s->file->name))
		return NULL;
	if (!mg_read_regular(s->file->path, &text))
		mg_fail(&f, MG_E_NO_INPUT, "unable to read it: %s",
			strerror(errno));
	else
		s->doc = mg_yaml_text("-", mg_str_as_sl(&text), &f);
	mg_bytes_hash(mg_str_as_sl(&text), s->read);
	mg_str_release(&text);
	if (s->doc)
		return mg_yaml_root(s->doc);
	s->failed = true;
	mg_source_fault(s, &f);
	return NULL;
}

static void
load(struct mg_file *file, struct mg_index *x)
{
	struct mg_tool_source s = {.file = file, .index = x};
	bool taken = false;

	mg_deps_add(&file->deps, file->path);
	if (!mg_utf8_ok(file->path)) {
		mg_tool_source_problem(&s, file->path, 0,
			"the name of the file is not UTF-8", NULL);
		return;
	}
	for (size_t i = 0; mg_tool_kinds[i] && !taken && !s.failed; i++)
		if (mg_tool_kinds[i]->load)
			taken = mg_tool_kinds[i]->load(&s, file->path);
	mg_yaml_free(s.doc);
}

/* --- folders --- */

/*
 * Whether the entry may be a tool: the name within the folder, in `name`, and
 * how it looks. Nothing is opened that is no regular file, and a thousand
 * files that are no tools cost a stat(2) each at most.
 */
static bool
candidate(int fd, const struct dirent *e, char name[NAME_ROOM], struct stat *st)
{
	if (e->d_name[0] == '.')
		return false;
	snprintf(name, NAME_ROOM, "%s", e->d_name);
	if (e->d_type != DT_DIR) {
		if (fstatat(fd, name, st, 0) < 0)
			return false;
		if (S_ISREG(st->st_mode))
			return mg_is_yaml(name) || (st->st_mode & 0111);
		if (!S_ISDIR(st->st_mode))
			return false;
	}
	snprintf(name, NAME_ROOM, "%s" INNER, e->d_name);
	return fstatat(fd, name, st, 0) == 0 && S_ISREG(st->st_mode);
}

static int
by_name(const void *a, const void *b)
{
	const struct mg_file *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void
add(struct mg_folder *d, const char *dir, const char *name,
	const struct stat *st)
{
	MG_GROW(d->files, d->nfiles, d->capfiles);
	d->files[d->nfiles++] = mg_file_new(&d->arena, dir, name, st);
}

struct mg_file *
mg_folder_find(const struct mg_folder *d, const char *dir, struct mg_sl path)
{
	size_t n = strlen(dir), lo = 0, hi = d->nfiles;

	if (path.n <= n + 1 || memcmp(path.p, dir, n) != 0 || path.p[n] != '/')
		return NULL;
	path.p += n + 1;
	path.n -= n + 1;
	while (lo < hi) {
		size_t m = lo + (hi - lo) / 2;
		int c = mg_sl_cmp(mg_sl_of(d->files[m]->name), path);

		if (!c)
			return d->files[m];
		if (c < 0)
			lo = m + 1;
		else
			hi = m;
	}
	return NULL;
}

/* A program that says something of itself, or may. */
static bool
speaks(const struct mg_file *file)
{
	return !mg_is_yaml(file->name) &&
		(file->ask || file->ntools || file->ntold);
}

/* A program that a record names is the record's, and is no tool itself. */
static void
claim(struct mg_folder *d)
{
	struct mg_map named = {0};
	size_t n = 0;

	for (size_t i = 0; i < d->nfiles; i++)
		n += speaks(d->files[i]);
	for (size_t i = 0; n && i < d->nfiles; i++)
		for (size_t k = 1; k < d->files[i]->deps.n; k++)
			*mg_map_put(&named,
				mg_sl_of(d->files[i]->deps.v[k].stamp)) = d;
	for (size_t i = 0; named.n && i < d->nfiles; i++)
		if (speaks(d->files[i]) &&
			mg_map_get(
				&named, mg_sl_of(d->files[i]->deps.v[0].stamp)))
			d->files[i]->claimed = true;
	mg_map_release(&named);
}

static void
load_all(struct mg_folder *d, const char *dir, struct mg_index *x)
{
	if (d->nfiles)
		qsort(d->files, d->nfiles, sizeof(*d->files), by_name);
	for (size_t i = 0; i < d->nfiles; i++)
		if (!mg_index_get(x, d, dir, d->files[i]))
			load(d->files[i], x);
	claim(d);
	mg_describe_all(d, x);
	mg_index_folder(x, dir, d);
}

struct mg_folder *
mg_folder_read(const char *path, bool by_chance, struct mg_index *x)
{
	struct mg_folder *d = mg_xcalloc(1, sizeof(*d));
	DIR *dir = opendir(path);
	char name[NAME_ROOM];
	struct dirent *e;
	struct stat st;

	d->path = mg_xstrdup(path);
	d->whole = true;
	d->by_chance = by_chance;
	if (!dir) {
		d->error = errno;
		return d;
	}
	while ((e = readdir(dir)))
		if (candidate(dirfd(dir), e, name, &st))
			add(d, path, name, &st);
	closedir(dir);
	load_all(d, path, x);
	return d;
}

struct mg_folder *
mg_folder_of(const char *path, struct mg_index *x)
{
	struct mg_folder *d = mg_xcalloc(1, sizeof(*d));
	char *dir = mg_path_dir(path);
	struct stat st;
	bool there = stat(path, &st) == 0;

	d->path = mg_xstrdup(path);
	add(d, dir, strrchr(path, '/') + 1, there ? &st : NULL);
	load_all(d, dir, x);
	if (!d->files[0]->ntools && !d->files[0]->ntold)
		mg_tool_source_problem(
			&(struct mg_tool_source){.file = d->files[0]}, path, 0,
			"it is no tool",
			"a tool is a record (*.yaml), or an executable that "
			"knows --describe");
	free(dir);
	return d;
}

void
mg_folder_free(struct mg_folder *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->nfiles; i++)
		mg_file_clear(d->files[i]);
	mg_arena_release(&d->arena);
	free(d->files);
	free(d->tools);
	free(d->path);
	free(d);
}
