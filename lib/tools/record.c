/* A record, the way mg-tool(5) has it, as a struct mg_tool. */
#include "base/near.h"
#include "base/opt.h"
#include "tools/registry_in.h"
#include "schema/schema.h"
#include "tools/work.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define JSON_MAX ((size_t)1 << 20) /* a schema, the examples */
#define WORDS_MAX 1000

#define KEYS \
	"name", "description", "version", "label", "cwd", "env", "files", \
		"timeout", "limits", "input_schema", "output_schema", \
		"writes", "needs", "examples"
static const char *const keys[] = {KEYS, "command", NULL};
static const char *const keys_described[] = {KEYS, NULL};

struct reader {
	const struct mg_record *r;
	struct mg_tool *t;
	char *dir; /* of the record */
	struct mg_fault *f;
};

static const struct mg_node *
get(const struct mg_node *map, const char *key)
{
	const struct mg_node *n = mg_node_get(map, key);

	return n && n->kind != MG_NODE_NULL ? n : NULL;
}

/* Text, or a number or a truth as it is written: `version: 1.10`. */
static int
scalar(const struct mg_node *n, const char *key, char **out, struct mg_fault *f)
{
	if (n->kind == MG_NODE_NULL || n->kind >= MG_NODE_LIST)
		return mg_node_fail(n, f, "`%s` must be text", key);
	if (memchr(n->text.p, '\0', n->text.n))
		return mg_node_fail(n, f, "`%s` holds a zero byte", key);
	free(*out);
	*out = mg_xstrdup(n->text.p);
	return 0;
}

static int
text(struct reader *d, const char *key, bool must, char **out)
{
	const struct mg_node *n = get(d->r->root, key);

	if (n)
		return scalar(n, key, out, d->f);
	if (!must)
		return 0;
	return mg_node_fail(d->r->root, d->f, "`%s` is missing", key);
}

/* A list of text; a text alone is a list of one. */
static int
words(const struct mg_node *map, const char *key, char ***out,
	struct mg_fault *f)
{
	const struct mg_node *n = get(map, key);
	size_t count = n && n->kind == MG_NODE_LIST ? n->count : 1;

	if (!n)
		return 0;
	if (n->kind == MG_NODE_MAP)
		return mg_node_fail(n, f, "`%s` must be a list of text", key);
	if (count > WORDS_MAX)
		return mg_node_fail(
			n, f, "`%s` has more than %d entries", key, WORDS_MAX);
	for (size_t i = 0; i < count; i++) {
		const struct mg_node *w = n->kind == MG_NODE_LIST ? n->items[i]
								  : n;
		char *word = NULL;

		if (scalar(w, key, &word, f) < 0)
			return -1;
		mg_words_add(out, word);
	}
	return 0;
}

/* The node of a word that words() has read. */
static const struct mg_node *
word_at(const struct mg_node *map, const char *key, size_t i)
{
	const struct mg_node *n = get(map, key);

	return n && n->kind == MG_NODE_LIST ? mg_node_at(n, i) : n;
}

/* --- names --- */

static int
name(struct reader *d)
{
	if (text(d, "name", true, &d->t->name) < 0)
		return -1;
	if (mg_tool_name_ok(mg_sl_of(d->t->name)))
		return 0;
	mg_node_fail(
		get(d->r->root, "name"), d->f, "a tool cannot be named so");
	return mg_remedy(d->f, "1 to %d of A-Z a-z 0-9 _ -", MG_TOOL_NAME_MAX);
}

static int
version(struct reader *d)
{
	if (text(d, "version", false, &d->t->version) < 0)
		return -1;
	if (!d->t->version || mg_tool_version_ok(d->t->version))
		return 0;
	mg_node_fail(get(d->r->root, "version"), d->f, "`version` is none");
	return mg_remedy(d->f, "dotted numbers, as in 1.4.0 or 2.0-rc1");
}

int
mg_record_labels(
	const struct mg_node *map, unsigned *labels, struct mg_fault *f)
{
	static const char *const all[] = {
		"read", "write", "network", "irreversible", NULL};
	char **w = NULL;
	int r = words(map, "label", &w, f);

	*labels = 0;
	for (size_t i = 0; r == 0 && w && w[i]; i++) {
		unsigned label = mg_label_of(w[i]);
		const char *near = mg_near(w[i], all);

		*labels |= label;
		if (label)
			continue;
		r = mg_node_fail(word_at(map, "label", i), f,
			"`label` is none of read, write, network, "
			"irreversible");
		if (near)
			mg_remedy(f, "did you mean `%s`?", near);
	}
	mg_words_free(w);
	return r;
}

/* --- the program and its files --- */

static bool
relative(const char *word)
{
	return strncmp(word, "./", 2) == 0 || strncmp(word, "../", 3) == 0;
}

/* A file that belongs to the definition. */
static void
belongs(struct reader *d, const char *path)
{
	for (size_t i = 0; d->t->files && d->t->files[i]; i++)
		if (strcmp(d->t->files[i], path) == 0)
			return;
	mg_words_add(&d->t->files, mg_xstrdup(path));
}

static bool
in_system(const char *path)
{
	static const char *const folders[] = {"/bin/", "/sbin/", "/lib/",
		"/lib32/", "/lib64/", "/libx32/", "/usr/bin/", "/usr/sbin/",
		"/usr/lib/", "/usr/lib32/", "/usr/lib64/", "/usr/libx32/",
		"/usr/libexec/", NULL};

	for (size_t i = 0; folders[i]; i++)
		if (strncmp(path, folders[i], strlen(folders[i])) == 0)
			return true;
	return false;
}

/* An upgrade of the system is no change of a definition. The path has to be
 * the system's as it is written, too: others may turn their links. */
static bool
the_systems(const char *program)
{
	char *real;
	bool yes;

	if (!in_system(program) || strstr(program, "/../"))
		return false;
	real = realpath(program, NULL);
	yes = real && in_system(real);
	free(real);
	return yes;
}

/* What a record names is its own, also if it cannot be used: so the words are
 * all looked at before the first that is wrong is told. */
static void
resolve(struct reader *d)
{
	char **w = d->t->command;
	struct stat st;

	for (size_t i = 0; w && w[i]; i++) {
		char *path;

		if (relative(w[i])) {
			path = mg_path_beside(d->dir, w[i]);
			free(w[i]);
			w[i] = path;
			mg_deps_add(d->r->deps, path);
			belongs(d, path); /* also if it is no file yet */
		} else if (i == 0 && w[0][0] == '/') {
			mg_deps_add(d->r->deps, w[0]);
			if (!the_systems(w[0]) && stat(w[0], &st) == 0 &&
				S_ISREG(st.st_mode))
				belongs(d, w[0]);
		}
	}
}

static int
command(struct reader *d)
{
	const struct mg_node *list = get(d->r->root, "command");
	const struct mg_node *at = word_at(d->r->root, "command", 0);
	const char *program, *wrong;

	if (d->r->described) {
		mg_words_add(&d->t->command, mg_xstrdup(d->r->path));
		return 0;
	}
	if (words(d->r->root, "command", &d->t->command, d->f) < 0)
		return -1;
	resolve(d);
	if (!mg_words_count(d->t->command) || !d->t->command[0][0])
		return mg_node_fail(at ? at
				: list ? list
				       : d->r->root,
			d->f, "`command` is missing or empty");
	program = d->t->command[0];
	if (program[0] != '/' && strchr(program, '/')) {
		mg_node_fail(at, d->f,
			"`command` names a program by a path that begins "
			"nowhere");
		return mg_remedy(
			d->f, "write ./ in front: it begins at the record");
	}
	wrong = program[0] == '/' ? mg_program_wrong(program) : NULL;
	return wrong ? mg_node_fail(at, d->f, "%s", wrong) : 0;
}

static int
files(struct reader *d)
{
	char **w = NULL;
	int r = words(d->r->root, "files", &w, d->f);
	struct stat st;

	for (size_t i = 0; r == 0 && w && w[i]; i++) {
		char *path = mg_path_beside(d->dir, w[i]);
		bool there = stat(path, &st) == 0;

		mg_deps_add(d->r->deps, path);
		belongs(d, path);
		if (!there || !S_ISREG(st.st_mode))
			r = mg_node_fail(word_at(d->r->root, "files", i), d->f,
				there ? "one of `files` is no regular file"
				      : "one of `files` is missing");
		free(path);
	}
	mg_words_free(w);
	return r;
}

static int
cwd(struct reader *d)
{
	char *given = NULL;

	if (text(d, "cwd", false, &given) < 0)
		return -1;
	if (given)
		d->t->cwd = mg_path_beside(d->dir, given);
	free(given);
	return 0;
}

static int
env(struct reader *d)
{
	if (words(d->r->root, "env", &d->t->env, d->f) < 0)
		return -1;
	for (size_t i = 0; d->t->env && d->t->env[i]; i++)
		if (!d->t->env[i][0] || strchr(d->t->env[i], '='))
			return mg_node_fail(word_at(d->r->root, "env", i), d->f,
				"`env` takes names of variables");
	return 0;
}

/* --- limits --- */

static bool
size_of(const char *s, int64_t *out)
{
	static const struct {
		const char *unit;
		unsigned shift;
	} units[] = {{"", 0}, {"B", 0}, {"K", 10}, {"KB", 10}, {"KiB", 10},
		{"M", 20}, {"MB", 20}, {"MiB", 20}, {"G", 30}, {"GB", 30},
		{"GiB", 30}};
	size_t n = strspn(s, "0123456789");
	char number[16];
	int64_t i;

	if (!n || n >= sizeof(number))
		return false;
	memcpy(number, s, n);
	number[n] = '\0';
	s += n + strspn(s + n, " ");
	for (size_t k = 0; k < sizeof(units) / sizeof(units[0]); k++)
		if (strcmp(s, units[k].unit) == 0) {
			if (!mg_read_int(number, 0,
				    INT64_MAX >> (units[k].shift + 1), &i))
				return false;
			*out = i << units[k].shift;
			return true;
		}
	return false;
}

static int
size(const struct mg_node *map, const char *key, int64_t *out,
	struct mg_fault *f)
{
	const struct mg_node *n = get(map, key);
	bool unlimited = strcmp(key, "memory") == 0;
	const char *s = mg_node_str(n, "");

	if (!n)
		return 0;
	if (unlimited && strcmp(s, "none") == 0) {
		*out = 0;
		return 0;
	}
	if (size_of(s, out) && *out > 0)
		return 0;
	mg_node_fail(n, f, "`%s` must be a size", key);
	return mg_remedy(
		f, "as in 500, 64KiB, 1GiB%s", unlimited ? ", or none" : "");
}

static int
sizes(const struct mg_node *map, struct mg_tool_limits *l, struct mg_fault *f)
{
	return size(map, "output", &l->output, f) < 0 ||
			size(map, "output_max", &l->output_max, f) < 0 ||
			size(map, "memory", &l->memory, f) < 0
		? -1
		: 0;
}

static int
limits(struct reader *d)
{
	static const char *const inner[] = {
		"output", "output_max", "memory", NULL};
	static const struct mg_tool_limits usual = MG_TOOL_LIMITS;
	const struct mg_node *n = get(d->r->root, "timeout");
	const struct mg_node *map = get(d->r->root, "limits");
	struct mg_tool_limits *l = &d->t->limits;

	*l = usual;
	if (n &&
		(!mg_read_ms(mg_node_str(n, ""), &l->timeout_ms) ||
			l->timeout_ms < 1)) {
		mg_node_fail(n, d->f, "`timeout` must be a time");
		return mg_remedy(d->f, "as in 250ms, 10s, 5m, 2h");
	}
	if (map && map->kind != MG_NODE_MAP)
		return mg_node_fail(map, d->f, "`limits` must be a map");
	if (mg_node_known(map, "limits", inner, d->f) < 0 ||
		sizes(map, l, d->f) < 0)
		return -1;
	return 0;
}

/* --- JSON --- */

static int
json(const struct mg_node *n, const char *key, char **out, struct mg_fault *f)
{
	struct mg_str s = MG_STR(JSON_MAX);

	mg_node_json(n, &s);
	if (s.over) {
		mg_str_release(&s);
		return mg_node_fail(n, f, "`%s` is longer than %zu KiB", key,
			JSON_MAX >> 10);
	}
	*out = s.s;
	return 0;
}

static int
schema(struct reader *d, const char *key, char **out)
{
	const struct mg_node *n = get(d->r->root, key);
	struct mg_fault why = {0};

	if (!n)
		return 0;
	if (n->kind != MG_NODE_MAP)
		return mg_node_fail(n, d->f, "`%s` must be a map", key);
	if (json(n, key, out, d->f) < 0)
		return -1;
	if (mg_schema_check(mg_sl_of(*out), &why) == 0)
		return 0;
	mg_node_fail(n, d->f, "`%s`: %s", key, why.message);
	return mg_remedy(d->f, "%s", why.remedy);
}

static int
examples(struct reader *d)
{
	static const char *const inner[] = {
		"arguments", "output", "is_error", NULL};
	const struct mg_node *n = get(d->r->root, "examples");
	bool yes;

	if (!n)
		return 0;
	if (n->kind != MG_NODE_LIST)
		return mg_node_fail(n, d->f, "`examples` must be a list");
	for (size_t i = 0; i < n->count; i++) {
		const struct mg_node *e = n->items[i];
		const struct mg_node *a = mg_node_get(e, "arguments");

		if (mg_node_known(e, "an example", inner, d->f) < 0 ||
			mg_node_bool(e, "is_error", &yes, d->f) < 0)
			return -1;
		if (!a || a->kind != MG_NODE_MAP)
			return mg_node_fail(a ? a : e, d->f,
				"an example needs `arguments`, a map");
	}
	return json(n, "examples", &d->t->examples, d->f);
}

static int
needs(struct reader *d)
{
	static const char *const inner[] = {"programs", "tools", NULL};
	const struct mg_node *n = get(d->r->root, "needs");

	if (!n)
		return 0;
	if (mg_node_known(n, "needs", inner, d->f) < 0 ||
		words(n, "programs", &d->t->need_programs, d->f) < 0 ||
		words(n, "tools", &d->t->need_tools, d->f) < 0)
		return -1;
	return 0;
}

static int
read_all(struct reader *d)
{
	const struct mg_node *root = d->r->root;

	/* First of all what it names, so that it is known whose it is. */
	if (root->kind != MG_NODE_MAP)
		return mg_node_fail(root, d->f, "a record must be a map");
	if (command(d) < 0 || files(d) < 0 ||
		mg_node_known(root, "a record",
			d->r->described ? keys_described : keys, d->f) < 0 ||
		name(d) < 0 || version(d) < 0 ||
		text(d, "description", true, &d->t->description) < 0 ||
		mg_record_labels(root, &d->t->labels, d->f) < 0 || cwd(d) < 0 ||
		env(d) < 0 || limits(d) < 0 ||
		schema(d, "input_schema", &d->t->input_schema) < 0 ||
		schema(d, "output_schema", &d->t->output_schema) < 0 ||
		words(root, "writes", &d->t->writes, d->f) < 0 ||
		needs(d) < 0 || examples(d) < 0)
		return -1;
	return 0;
}

struct mg_tool *
mg_record_read(const struct mg_record *r, struct mg_fault *f)
{
	struct mg_tool *t = mg_xcalloc(1, sizeof(*t));
	struct reader d = {r, t, mg_path_dir(r->path), f};

	t->kind = r->described ? &mg_tool_describe : &mg_tool_program;
	t->path = mg_xstrdup(r->path);
	if (read_all(&d) < 0) {
		mg_tool_free(t);
		t = NULL;
	}
	free(d.dir);
	return t;
}

/* --- the kind --- */

static bool
load(struct mg_tool_source *s, const char *path)
{
	const struct mg_node *root = mg_source_yaml(s);
	struct mg_fault f = {0};
	struct mg_tool *t;

	if (!root)
		return false;
	t = mg_record_read(
		&(struct mg_record){
			.root = root, .path = path, .deps = &s->file->deps},
		&f);
	if (t)
		mg_tool_source_add(s, t);
	else
		mg_source_fault(s, &f);
	return true;
}

const struct mg_tool_kind mg_tool_program = {
	.name = "program",
	.load = load,
	.start = mg_program_start,
	.cancel = mg_program_cancel,
};
