/* check_tool.c - what can be wrong with one tool; see check_in.h. */
#include "tools/check_in.h"

#include "base/dirs.h"
#include "base/screen.h"
#include "event/json.h"
#include "schema/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHOWN_COLUMNS 60 /* of an output, in a finding */
#define SHEBANG_MAX 256

/* --- schemas --- */

void
mg_check_schemas(struct mg_check *c)
{
	const struct mg_tool *t = c->tool;
	struct mg_fault f;

	if (mg_schema_check(mg_sl_of(t->input_schema), &f) < 0)
		mg_check_found(c, "input_schema", 0, NULL, "`input_schema`: %s",
			f.message);
	if (t->output_schema &&
		mg_schema_check(mg_sl_of(t->output_schema), &f) < 0)
		mg_check_found(c, "output_schema", 0, NULL,
			"`output_schema`: %s", f.message);
}

/* --- programs --- */

static bool
is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
		access(path, X_OK) == 0;
}

static bool
on_path(const char *name)
{
	struct mg_str path = MG_STR(8192);
	bool there = !strchr(name, '/') && mg_program_path(name, &path);

	mg_str_release(&path);
	return there;
}

/* Where the tool will look for it: its cwd is where it stands then. */
static char *
place_of(const struct mg_tool *t, const char *program)
{
	struct mg_str path = MG_STR(0);

	if (program[0] != '/' && t->cwd)
		mg_str_fmt(&path, "%s/", t->cwd);
	mg_str_puts(&path, program);
	return path.s;
}

/* The program that a script's first line names, in buf; NULL: none. */
static const char *
interpreter(const char *path, char buf[SHEBANG_MAX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, SHEBANG_MAX - 1);
	char *word, *end;

	if (fd >= 0)
		close(fd);
	if (n < 3 || buf[0] != '#' || buf[1] != '!')
		return NULL;
	buf[n] = '\0';
	end = strchr(buf, '\n');
	if (!end)
		return NULL;
	*end = '\0';
	word = buf + 2 + strspn(buf + 2, " \t");
	end = word + strcspn(word, " \t");
	if (*end && strncmp(word, "/usr/bin/env", 12) == 0 && end == word + 12)
		word = end + strspn(end, " \t");
	word[strcspn(word, " \t\r")] = '\0';
	return word[0] && word[0] != '-' ? word : NULL;
}

static void
check_file(struct mg_check *c, const char *path)
{
	char buf[SHEBANG_MAX];
	const char *by;
	struct stat st;

	if (stat(path, &st) < 0) {
		mg_check_found(c, "command", 0, NULL, "unable to find %s: %s",
			path, strerror(errno));
	} else if (!is_program(path)) {
		mg_check_found(c, "command", 0,
			S_ISREG(st.st_mode) ? "chmod +x it" : NULL,
			"%s is not executable", path);
	} else {
		by = interpreter(path, buf);
		if (by && !(by[0] == '/' ? is_program(by) : on_path(by)))
			mg_check_found(c, "command", 0, NULL,
				"%s wants %s, which is not there", path, by);
	}
}

void
mg_check_programs(struct mg_check *c)
{
	const struct mg_tool *t = c->tool;
	struct stat st;
	char *path;

	if (t->cwd && (stat(t->cwd, &st) < 0 || !S_ISDIR(st.st_mode)))
		mg_check_found(
			c, "cwd", 0, NULL, "there is no folder %s", t->cwd);
	if (t->command && t->command[0]) {
		if (!strchr(t->command[0], '/')) {
			if (!on_path(t->command[0]))
				mg_check_found(c, "command", 0, NULL,
					"no program %s is on PATH",
					t->command[0]);
		} else {
			path = place_of(t, t->command[0]);
			check_file(c, path);
			free(path);
		}
	}
}

void
mg_check_needs(struct mg_check *c)
{
	char *const *programs = c->tool->need_programs;
	char *const *tools = c->tool->need_tools;

	for (size_t i = 0; programs && programs[i]; i++)
		if (strchr(programs[i], '/') ? !is_program(programs[i])
					     : !on_path(programs[i]))
			mg_check_found(c, "needs", 0, NULL,
				"it needs the program %s, which is not on PATH",
				programs[i]);
	for (size_t i = 0; tools && tools[i]; i++)
		if (!mg_toolset_find(c->set, mg_sl_of(tools[i])))
			mg_check_found(c, "needs", 0,
				"mg-tools list -a says which there are",
				"it needs the tool %s, which is not there",
				tools[i]);
}

void
mg_check_pin(struct mg_check *c)
{
	struct mg_fault f = {0};
	struct mg_str remedy = MG_STR(512);

	switch (mg_pins_look(c->pins, c->tool, &f)) {
	case MG_PIN_NEW:
	case MG_PIN_SAME:
		break;
	case MG_PIN_CHANGED:
		mg_str_fmt(&remedy,
			"mg-tools show %s@%s, then mg-tools accept %s@%s",
			c->tool->name, c->tool->version, c->tool->name,
			c->tool->version);
		mg_check_found(c, NULL, 0, remedy.s,
			"%s %s has changed since it was pinned", c->tool->name,
			c->tool->version);
		break;
	case MG_PIN_ERROR:
		mg_check_found(c, NULL, 0, f.remedy[0] ? f.remedy : NULL, "%s",
			f.message);
		break;
	}
	mg_str_release(&remedy);
}

/* --- examples --- */

/* text is JSON, and the same value as raw. */
static bool
same_value(struct mg_str *text, struct mg_sl raw)
{
	struct mg_str schema = MG_STR(0);
	bool same = mg_json_check(text->s, text->len, NULL, NULL) >= 0;

	if (same) {
		mg_str_puts(&schema, "{\"const\":");
		mg_str_sl(&schema, raw);
		mg_str_putc(&schema, '}');
		same = mg_schema_fits(
			mg_str_as_sl(&schema), mg_str_as_sl(text), NULL);
	}
	mg_str_release(&schema);
	return same;
}

static struct mg_sl
without_newlines(const struct mg_str *s)
{
	struct mg_sl t = mg_str_as_sl(s);

	while (t.n && (t.p[t.n - 1] == '\n' || t.p[t.n - 1] == '\r'))
		t.n--;
	return t;
}

/* As text, or as JSON where both are; a text may stand for the JSON in it. */
static bool
same_output(struct mg_str *got, struct mg_sl wanted)
{
	struct mg_str text = MG_STR(0);
	bool same = false;

	if (mg_json_text(wanted, &text)) {
		same = mg_sl_eq(without_newlines(got), without_newlines(&text));
		if (!same && text.len &&
			mg_json_check(text.s, text.len, NULL, NULL) >= 0)
			same = same_value(got, mg_str_as_sl(&text));
	}
	if (!same)
		same = same_value(got, wanted);
	mg_str_release(&text);
	return same;
}

static void
run_example(struct mg_check *c, struct mg_sl example, size_t number)
{
	struct mg_sl wanted = mg_json_get(example, "output");
	bool fails = mg_json_bool(mg_json_get(example, "is_error"), false);
	struct mg_str got = MG_STR(SIZE_MAX / 2), shown = MG_STR(0);
	bool is_error = false;
	struct mg_fault f = {0};

	c->ran++;
	if (mg_tools_try(c->tool, mg_json_get(example, "arguments"), &got,
		    &is_error, &f) < 0) {
		c->interrupted = f.code == MG_E_CANCELLED;
		mg_check_found(c, "examples", number,
			f.remedy[0] ? f.remedy : NULL, "example %zu: %s",
			number, f.message);
		mg_str_release(&got);
		return;
	}
	mg_screen_line(&shown, mg_sl_trim(mg_str_as_sl(&got)), SHOWN_COLUMNS);
	if (is_error != fails)
		mg_check_found(c, "examples", number, NULL,
			fails ? "example %zu should fail, and gave: %s"
			      : "example %zu failed: %s",
			number, shown.s ? shown.s : "");
	else if (wanted.p && !same_output(&got, wanted))
		mg_check_found(c, "examples", number, NULL,
			"example %zu gave something else: %s", number,
			shown.s ? shown.s : "");
	mg_str_release(&got);
	mg_str_release(&shown);
}

/* Whether an example's own words fit its tool's schemas. What shall fail may
 * fail for its arguments. */
static bool
check_example(struct mg_check *c, struct mg_sl example, size_t number)
{
	const struct mg_tool *t = c->tool;
	struct mg_sl arguments = mg_json_get(example, "arguments");
	bool fails = mg_json_bool(mg_json_get(example, "is_error"), false);
	struct mg_str why = MG_STR(1024);
	bool fits;

	if (mg_json_kind(arguments) != '{') {
		mg_check_found(c, "examples", number, NULL,
			"example %zu has no arguments, a map", number);
		return false;
	}
	fits = mg_schema_fits(mg_sl_of(t->input_schema), arguments, &why);
	if (!fits && !fails)
		mg_check_found(c, "examples", number, NULL,
			"the arguments of example %zu do not fit: %s", number,
			why.s ? why.s : "");
	mg_str_release(&why);
	return fits;
}

static bool
fits_as_text(const struct mg_tool *t, struct mg_sl output)
{
	struct mg_str text = MG_STR(0);
	bool fits = mg_json_text(output, &text) && text.len &&
		mg_json_check(text.s, text.len, NULL, NULL) >= 0 &&
		mg_schema_fits(
			mg_sl_of(t->output_schema), mg_str_as_sl(&text), NULL);

	mg_str_release(&text);
	return fits;
}

static void
check_output(struct mg_check *c, struct mg_sl example, size_t number)
{
	const struct mg_tool *t = c->tool;
	struct mg_sl output = mg_json_get(example, "output");
	struct mg_str why = MG_STR(1024);

	if (t->output_schema && output.p &&
		!mg_json_bool(mg_json_get(example, "is_error"), false) &&
		!mg_schema_fits(mg_sl_of(t->output_schema), output, &why) &&
		!fits_as_text(t, output))
		mg_check_found(c, "examples", number, NULL,
			"the output of example %zu does not fit: %s", number,
			why.s ? why.s : "");
	mg_str_release(&why);
}

void
mg_check_examples(struct mg_check *c)
{
	struct mg_sl all = mg_sl_of(c->tool->examples), key, example;
	bool run = c->run && !c->n;
	size_t it = 0, number = 0;
	struct mg_str remedy = MG_STR(512);

	if (run && c->tool->examples && mg_json_count(all) &&
		!mg_registry_allows(c->registry, c->tool)) {
		mg_str_fmt(&remedy, "--allow %s", c->tool->name);
		mg_check_found(c, "label", 0, remedy.s,
			"its examples are not run: it may change something");
		run = false;
	}
	while (all.p && !c->interrupted &&
		mg_json_next(all, &it, &key, &example)) {
		c->examples++;
		number++;
		check_output(c, example, number);
		if (check_example(c, example, number) && run)
			run_example(c, example, number);
	}
	mg_str_release(&remedy);
}
