/* custom.c - functions in Python that a team names, as tools. */
#include "tools/custom_in.h"

#include "event/json.h"
#include "tools/registry_in.h"

#include <stdio.h>
#include <stdlib.h>

#define PREFIX "custom_tool__"

const struct mg_tool_kind mg_tool_python = {.name = "python",
	.start = mg_program_start,
	.cancel = mg_program_cancel};

void
mg_custom_problem(
	const struct custom_job *j, const char *remedy, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	mg_tool_source_problem(
		j->all->s, j->at->file, j->at->line, text, remedy);
}

const char *
mg_custom_who(const struct custom_job *j, char out[CUSTOM_WHO])
{
	struct mg_sl name = mg_sl_cut(mg_sl_of(j->function), 64);

	if (mg_sl_is(name, "-"))
		snprintf(out, CUSTOM_WHO, "the file's function");
	else
		snprintf(out, CUSTOM_WHO, "the function `%.*s`", (int)name.n,
			name.p);
	return out;
}

/* --- the entry ------------------------------------------------------------- */

static char *
expanded(const struct mg_node *n)
{
	return n && n->kind == MG_NODE_STR && n->text.n ? mg_expand(n->text.p)
							: NULL;
}

/* What an entry says of its i-th function: a list has one for each. */
static const struct mg_node *
nth(const struct mg_node *entry, const char *key, size_t i)
{
	const struct mg_node *n = mg_node_get(entry, key);

	return n && n->kind == MG_NODE_LIST ? mg_node_at(n, i) : n;
}

/* ${NAME} of a text is the tool's to read, and stands in no command line. */
static void
add_variables(struct custom_job *j, const char *json)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789_";

	for (const char *s = json; (s = strstr(s, "${")) != NULL; s += 2) {
		size_t n = strspn(s + 2, letters);

		if (n && (s[2 + n] == '}' || s[2 + n] == ':'))
			mg_words_add(
				&j->env, mg_sl_dup((struct mg_sl){s + 2, n}));
	}
}

/* ${cwd} is no variable of the environment. */
static char *
arguments_of(struct custom_job *j, const char *key, size_t i)
{
	const struct mg_node *n = nth(j->entry, key, i);
	struct mg_str json = MG_STR(MG_LINE_MAKE), out = MG_STR(MG_LINE_MAKE);
	struct mg_sl rest, piece;
	const char *at;

	if (!n || n->kind != MG_NODE_MAP || !n->count)
		return mg_xstrdup("{}");
	mg_node_json(n, &json);
	rest = mg_str_as_sl(&json);
	while (j->all->cwd && (at = strstr(rest.p, "${cwd}")) != NULL) {
		piece = (struct mg_sl){rest.p, (size_t)(at - rest.p)};
		mg_str_sl(&out, piece);
		mg_json_esc(&out, mg_sl_of(j->all->cwd));
		rest.p = at + strlen("${cwd}");
	}
	mg_str_puts(&out, rest.p);
	mg_str_release(&json);
	add_variables(j, out.s ? out.s : "");
	return out.s ? out.s : mg_xstrdup("{}");
}

static void
add_env(struct custom_job *j)
{
	const struct mg_node *env = mg_node_get(j->entry, "env");
	char *word;

	if (env && env->kind == MG_NODE_STR && (word = expanded(env)) != NULL)
		mg_words_add(&j->env, word);
	for (size_t i = 0; env && env->kind == MG_NODE_LIST && i < env->count;
		i++)
		if ((word = expanded(env->items[i])) != NULL)
			mg_words_add(&j->env, word);
}

static void
find_file(struct custom_job *j)
{
	const struct mg_node *path = mg_node_get(j->entry, "path");
	char *found;

	j->path = expanded(path);
	if (!j->path) {
		j->path = mg_xstrdup("-");
		return;
	}
	found = mg_team_path(path, j->path);
	if (found)
		j->file = realpath(found, NULL);
	free(found);
}

static void
add_job(struct custom *l, const struct mg_node *entry, size_t i)
{
	const struct mg_node *at = nth(entry, "function", i);
	struct custom_job *j;

	MG_GROW(l->v, l->n, l->cap);
	j = &l->v[l->n++];
	*j = (struct custom_job){.entry = entry, .all = l};
	j->at = at ? at : entry;
	j->function = expanded(at);
	if (!j->function)
		j->function = mg_xstrdup("-");
	find_file(j);
	j->name = expanded(nth(entry, "name", i));
	j->description = expanded(nth(entry, "description", i));
	j->preset = arguments_of(j, "preset_args", i);
	j->defaults = arguments_of(j, "default_params", i);
	add_env(j);
}

static void
add_jobs(struct custom *l, const struct mg_node *list)
{
	for (size_t i = 0; i < mg_node_count(list); i++) {
		const struct mg_node *e = mg_node_at(list, i);
		const struct mg_node *f = mg_node_get(e, "function");
		size_t n = f && f->kind == MG_NODE_LIST ? f->count : 1;

		for (size_t k = 0; e->kind == MG_NODE_MAP && k < n; k++)
			add_job(l, e, k);
	}
}

static void
free_job(struct custom_job *j)
{
	free(j->path);
	free(j->function);
	free(j->file);
	free(j->name);
	free(j->description);
	free(j->preset);
	free(j->defaults);
	free(j->record);
	mg_words_free(j->env);
}

/* --- the tool ---------------------------------------------------------------- */

static char *
name_of(const struct custom_job *j, struct mg_sl record)
{
	char *category = expanded(mg_node_get(j->entry, "category"));
	char *own = mg_json_dup(mg_json_get(record, "name"));
	const char *name = j->name ? j->name : own ? own : j->function;
	bool prefix = strcmp(category ? category : "", "builtin") != 0 &&
		strncmp(name, PREFIX, strlen(PREFIX)) != 0;
	struct mg_str out = MG_STR(8192);

	mg_str_fmt(&out, "%s%s", prefix ? PREFIX : "", name);
	free(category);
	free(own);
	return out.s;
}

static unsigned
labels_of(const struct mg_node *entry)
{
	const struct mg_node *n = mg_node_get(entry, "label");
	size_t count = n && n->kind == MG_NODE_LIST ? n->count : n != NULL;
	unsigned labels = 0;

	for (size_t i = 0; i < count; i++) {
		char *word = expanded(nth(entry, "label", i));

		if (word)
			labels |= mg_label_of(word);
		free(word);
	}
	return labels;
}

/* What the function wants, and nobody here can give; false: not without it. */
static bool
complete(const struct custom_job *j, struct mg_sl record)
{
	static const struct {
		const char *key, *lacks, *end, *remedy;
		bool fatal;
	} rows[] = {
		{"unknown", "has no parameter", "",
			"preset_args and default_params name its parameters",
			true},
		{"lacks", "needs", ", which only MassGen supplies",
			"give it in preset_args", true},
		{"unset", "runs without", ", which only MassGen supplies",
			"give it in preset_args", false},
	};
	struct mg_sl value;
	char who[CUSTOM_WHO];
	bool good = true;

	mg_custom_who(j, who);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct mg_sl list = mg_json_get(record, rows[i].key);
		size_t it = 0;

		while (mg_json_next(list, &it, NULL, &value)) {
			struct mg_str name = MG_STR(128);

			mg_json_text(value, &name);
			mg_custom_problem(j, rows[i].remedy, "%s %s `%s`%s",
				who, rows[i].lacks, name.s ? name.s : "",
				rows[i].end);
			mg_str_release(&name);
			good &= !rows[i].fatal;
		}
	}
	return good;
}

/* Told here, where the line is known. */
static bool
name_free(const struct custom_job *j, const char *name)
{
	void **place;

	if (!mg_tool_name_ok(mg_sl_of(name))) {
		mg_custom_problem(j,
			"give it a `name`: letters, digits, _ and -, 64 at most",
			"a tool cannot have the name that this one gets");
		return false;
	}
	place = mg_map_put(&j->all->names, mg_sl_of(name));
	if (*place) {
		mg_custom_problem(j, "give one of them another `name`",
			"there is another `%s` before it", name);
		return false;
	}
	*place = j->all;
	return true;
}

static void
make(struct custom_job *j)
{
	static const struct mg_tool_limits usual = MG_TOOL_LIMITS;
	struct mg_sl r = mg_sl_of(j->record), schema;
	const struct mg_node *timeout = mg_node_get(j->entry, "timeout");
	struct mg_tool *t;
	char *text;

	if (!j->record || !complete(j, r))
		return;
	text = name_of(j, r);
	if (!name_free(j, text)) {
		free(text);
		return;
	}
	t = mg_xcalloc(1, sizeof(*t));
	schema = mg_json_get(r, "input_schema");
	t->kind = &mg_tool_python;
	t->name = text;
	t->description = j->description
		? mg_xstrdup(j->description)
		: mg_json_dup(mg_json_get(r, "description"));
	t->labels = labels_of(j->entry);
	t->path = mg_json_dup(mg_json_get(r, "file"));
	t->command = mg_custom_command(j, "call", t->path ? t->path : j->path);
	t->files = mg_custom_files(j->all, NULL);
	t->input_schema = mg_sl_dup(schema);
	t->limits = usual;
	text = timeout ? mg_expand(mg_node_str(timeout, "")) : NULL;
	if (text)
		mg_read_ms(text, &t->limits.timeout_ms);
	free(text);
	t->env = j->env;
	j->env = NULL;
	if (!t->path)
		t->path = mg_xstrdup(j->all->own[0]);
	mg_tool_source_add(j->all->s, t);
}

void
mg_custom_load(struct mg_tool_source *s, const struct mg_team *team, size_t i)
{
	const struct mg_node *backend = mg_node_get(
		mg_team_agent(team, i), "backend");
	const struct mg_node *list = mg_node_get(backend, "custom_tools");
	struct custom l = {.s = s};

	if (!list || list->kind != MG_NODE_LIST || !list->count)
		return;
	l.own = mg_custom_own();
	if (!l.own) {
		mg_tool_source_problem(s, list->file, list->line,
			"unable to find share/adapters/python_tool.py",
			"set MG_SHARE to mg's share folder");
		return;
	}
	l.cwd = expanded(mg_node_get(backend, "cwd"));
	add_jobs(&l, list);
	mg_custom_ask(&l);
	for (size_t k = 0; k < l.n; k++) {
		make(&l.v[k]);
		free_job(&l.v[k]);
	}
	mg_map_release(&l.names);
	free(l.v);
	free(l.cwd);
	mg_words_free(l.own);
}
