/* custom_ask.c - what the adapter says of functions, and the index keeps. */
#include "tools/custom_in.h"

#include "base/dirs.h"
#include "event/json.h"
#include "tools/registry_in.h"

#include <signal.h>
#include <stdlib.h>

#define ADAPTER "adapters/python_tool.py"
#define RECORD_MAX ((int64_t)1 << 20)
#define DESCRIBE_MS 60000 /* a function's file may import a great deal */
#define AT_ONCE 8
#define SAID_MAX 300 /* bytes of what went wrong in Python */

char **
mg_custom_own(void)
{
	static const char *const names[] = {ADAPTER,
		"adapters/python_schema.py",
		"adapters/massgen_stand_in/massgen/__init__.py",
		"adapters/massgen_stand_in/massgen/logger_config.py",
		"adapters/massgen_stand_in/massgen/tool/__init__.py",
		"adapters/massgen_stand_in/massgen/tool/_decorators.py",
		"adapters/massgen_stand_in/massgen/tool/_result.py", NULL};
	char **files = NULL;

	for (size_t i = 0; names[i]; i++) {
		struct mg_str path = MG_STR(8192);
		char *real = mg_share_path(names[i], &path)
			? realpath(path.s, NULL)
			: NULL;

		mg_str_release(&path);
		if (!real) {
			mg_words_free(files);
			return NULL;
		}
		mg_words_add(&files, real);
	}
	return files;
}

char **
mg_custom_files(const struct custom *l, const char *file)
{
	char **files = NULL;

	if (file)
		mg_words_add(&files, mg_xstrdup(file));
	for (size_t i = 0; l->own[i]; i++)
		mg_words_add(&files, mg_xstrdup(l->own[i]));
	return files;
}

static void
key_of(const struct custom_job *j, struct mg_str *key)
{
	mg_str_fmt(key, "python\n%s\n%s\n", j->path, j->function);
	mg_str_fmt(key, "%s\n%s", j->preset, j->defaults);
}

/* Where only Python finds the file, what it found is kept too. */
static void
recall(struct custom_job *j)
{
	struct mg_str key = MG_STR(MG_LINE_MAX), place = MG_STR(8192);
	char **own = mg_custom_files(j->all, NULL), **files;
	char *file;

	mg_str_fmt(&place, "python\n%s\n%s", j->path, j->function);
	file = j->file ? mg_xstrdup(j->file)
		       : mg_source_recall(j->all->s, place.s, own);
	files = mg_custom_files(j->all, file);
	key_of(j, &key);
	if (file && key.s && !key.over)
		j->record = mg_source_recall(j->all->s, key.s, files);
	mg_words_free(files);
	mg_words_free(own);
	free(file);
	mg_str_release(&key);
	mg_str_release(&place);
}

static void
remember(struct custom_job *j)
{
	struct mg_str key = MG_STR(MG_LINE_MAX), place = MG_STR(8192);
	char *file = mg_json_dup(mg_json_get(mg_sl_of(j->record), "file"));
	char **own = mg_custom_files(j->all, NULL),
	     **files = mg_custom_files(j->all, file);

	key_of(j, &key);
	mg_str_fmt(&place, "python\n%s\n%s", j->path, j->function);
	if (file && !key.over && !place.over) {
		mg_source_remember(j->all->s, place.s, own, file);
		mg_source_remember(j->all->s, key.s, files, j->record);
	}
	mg_words_free(files);
	mg_words_free(own);
	free(file);
	mg_str_release(&key);
	mg_str_release(&place);
}

char **
mg_custom_command(
	const struct custom_job *j, const char *what, const char *file)
{
	const char *const words[] = {"python3", j->all->own[0], what,
		"--as-tool", "--preset", j->preset, "--defaults", j->defaults,
		"--", file, j->function, NULL};
	char **argv = NULL;

	for (size_t i = 0; words[i]; i++)
		mg_words_add(&argv, mg_xstrdup(words[i]));
	return argv;
}

/* What went wrong, in Python's words; the last line, where it just ended. */
static void
say_error(struct custom_job *j, struct mg_sl content)
{
	struct mg_str copy = MG_STR(RECORD_MAX), text = MG_STR(RECORD_MAX);
	struct mg_sl why = mg_sl_trim(content);
	char name[CUSTOM_WHO];
	const char *line = why.n ? memrchr(why.p, '\n', why.n) : NULL;

	mg_str_sl(&copy, why);
	if (copy.len && mg_json_check(copy.s, copy.len, NULL, NULL) >= 0 &&
		mg_json_text(mg_json_get(mg_str_as_sl(&copy), "error"), &text))
		why = mg_str_as_sl(&text);
	else if (line)
		why = (struct mg_sl){
			line + 1, why.n - (size_t)(line + 1 - why.p)};
	why = mg_sl_cut(why, SAID_MAX);
	mg_custom_problem(j, NULL, "%s cannot be a tool: %.*s",
		mg_custom_who(j, name), (int)why.n, why.p);
	mg_str_release(&copy);
	mg_str_release(&text);
}

static void
on_done(void *arg, const struct mg_work_end *end)
{
	struct custom_job *j = arg;
	struct custom *l = j->all;
	char *text = mg_sl_dup(end->content);
	struct mg_sl json = {text, end->content.n};

	if (end->code == MG_OK &&
		mg_json_check(text, json.n, NULL, NULL) >= 0 &&
		mg_json_kind(mg_json_get(json, "input_schema")) == '{') {
		j->record = text;
		remember(j);
	} else {
		if (!l->apart.signal)
			say_error(j, end->content);
		free(text);
	}
	j->work = NULL;
	l->running--;
	l->idle = !l->running;
}

static void
cancel_all(void *arg)
{
	struct custom *l = arg;

	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].work)
			mg_work_cancel(l->v[i].work, "interrupted");
}

/* Whatever stands in the file runs when it is loaded: as confined as a call. */
static void
ask(struct custom *l, struct custom_job *j)
{
	struct mg_fault f = {0};

	j->asked = (struct mg_tool){.kind = &mg_tool_python,
		.name = j->function,
		.labels = MG_LABEL_READ,
		.command = mg_custom_command(
			j, "describe", j->file ? j->file : j->path),
		.env = j->env,
		.limits = MG_TOOL_LIMITS};
	j->asked.limits.output = RECORD_MAX;
	j->asked.limits.output_max = RECORD_MAX;
	j->asked.limits.timeout_ms = DESCRIBE_MS;
	j->work = mg_work_start(l->apart.loop,
		&(struct mg_work_req){.tool = &j->asked,
			.arguments = MG_SL("{}"),
			.look = true,
			.on_done = on_done,
			.arg = j},
		&f);
	if (j->work) {
		l->running++;
		l->idle = false;
	} else {
		mg_custom_problem(j, "custom_tools want python3 on the PATH",
			"%s", f.message);
	}
}

/* The first that is asked the very same. */
static const struct custom_job *
twin_of(const struct custom *l, const struct custom_job *j)
{
	for (size_t i = 0; &l->v[i] != j; i++)
		if (strcmp(l->v[i].path, j->path) == 0 &&
			strcmp(l->v[i].function, j->function) == 0 &&
			strcmp(l->v[i].preset, j->preset) == 0 &&
			strcmp(l->v[i].defaults, j->defaults) == 0)
			return &l->v[i];
	return NULL;
}

static void
ask_some(struct custom *l)
{
	size_t asked = 0;

	for (size_t i = 0; i < l->n && !l->apart.signal; i++) {
		if (l->v[i].record || l->v[i].twin)
			continue;
		ask(l, &l->v[i]);
		if (++asked % AT_ONCE == 0 && l->running)
			mg_loop_run(l->apart.loop, &l->idle);
	}
	if (l->running)
		mg_loop_run(l->apart.loop, &l->idle);
}

void
mg_custom_ask(struct custom *l)
{
	bool all = true;

	for (size_t i = 0; i < l->n; i++) {
		l->v[i].twin = twin_of(l, &l->v[i]);
		if (!l->v[i].twin)
			recall(&l->v[i]);
		all = all && (l->v[i].twin || l->v[i].record);
	}
	if (!all) {
		l->apart = (struct mg_apart){.cancel = cancel_all, .arg = l};
		mg_apart_begin(&l->apart);
		ask_some(l);
		mg_apart_end(&l->apart);
	}
	for (size_t i = 0; i < l->n; i++) {
		struct custom_job *j = &l->v[i];

		mg_words_free(j->asked.command);
		if (j->twin && j->twin->record)
			j->record = mg_xstrdup(j->twin->record);
	}
	if (l->apart.signal)
		raise(l->apart.signal);
}
