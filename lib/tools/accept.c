/* accept.c - `mg-tools accept`: what a tool is now is what it shall be. */
#include "tools/commands_in.h"

#include "base/dirs.h"
#include "event/json.h"
#include "io/lines.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* --- what was pinned: for people only, so no fault if it cannot be read --- */

static bool
names_tool(struct mg_sl pin, const struct mg_tool *t)
{
	return mg_json_is(mg_json_get(pin, "path"), t->path ? t->path : "") &&
		mg_json_is(mg_json_get(pin, "name"), t->name) &&
		mg_json_is(mg_json_get(pin, "version"), t->version);
}

static void
look_at_pin(struct mg_sl line, const struct mg_tool *t, char **hash)
{
	if (mg_json_check((char *)(uintptr_t)line.p, line.n, NULL, NULL) < 0 ||
		!names_tool(line, t))
		return;
	free(*hash);
	*hash = mg_json_dup(mg_json_get(line, "hash"));
}

/* "sha256:…" of the last line about it; malloc'd, NULL: there is none. */
static char *
pinned(const struct mg_tool *t)
{
	struct mg_str path = MG_STR(0);
	struct mg_lines in = {.fd = -1};
	char *hash = NULL;
	struct mg_sl line;
	enum mg_line got;

	if (mg_dir_path(MG_DIR_DATA, "pins.ndjson", &path))
		in.fd = open(path.s, O_RDONLY | O_CLOEXEC);
	while (in.fd >= 0 && mg_lines_fill(&in) > 0)
		while ((got = mg_lines_next(&in, &line)) != MG_LINE_NONE)
			if (got == MG_LINE)
				look_at_pin(line, t, &hash);
	if (in.fd >= 0)
		close(in.fd);
	mg_lines_release(&in);
	mg_str_release(&path);
	return hash;
}

/* --- to accept --- */

static int
accept_one(struct mg_pins *pins, struct mg_tool *t)
{
	struct mg_fault f = {0};
	enum mg_pin pin = mg_pins_look(pins, t, &f);
	char *old;

	if (pin == MG_PIN_ERROR)
		return mg_tools_fail(&f);
	if (pin == MG_PIN_SAME) {
		mg_tools_say("%s %s is what was pinned: sha256:%s", t->name,
			t->version, t->hash);
		return 0;
	}
	old = pinned(t);
	if (mg_pins_accept(pins, t, &f) < 0) {
		free(old);
		return mg_tools_fail(&f);
	}
	mg_tools_say("%s %s: %s -> sha256:%s", t->name, t->version,
		old ? old : "new", t->hash);
	free(old);
	return 0;
}

/* All names are looked up before the first pin is set. */
static int
accept_named(struct mg_pins *pins, const struct mg_toolset *set,
	const struct mg_list *names)
{
	struct mg_tool **v = mg_xcalloc(names->n, sizeof(*v));
	struct mg_fault f;
	int status = 0;
	size_t found = 0;

	for (size_t i = 0; i < names->n; i++) {
		v[found] = mg_tools_find(set, names->v[i], &f);
		if (v[found])
			found++;
		else
			status = mg_worse(status, mg_tools_fail(&f));
	}
	for (size_t i = 0; found == names->n && i < found; i++)
		status = mg_worse(status, accept_one(pins, v[i]));
	free(v);
	return status;
}

int
mg_tools_accept(
	const struct mg_tools_where *w, const struct mg_list *names, bool all)
{
	struct mg_fault f = {0};
	const struct mg_toolset *set;
	struct mg_registry *r;
	struct mg_pins *pins;
	int status = 0;

	if (!names->n == !all) {
		mg_usage(&f,
			all ? "names or --all, not both"
			    : "which tool? --all accepts all of them");
		return mg_tools_fail(&f);
	}
	r = mg_tools_open(w, true, &f);
	if (!r)
		return mg_tools_fail(&f);
	set = mg_registry_set(r, MG_SL(""));
	pins = mg_pins_open(&f);
	if (!all)
		status = accept_named(pins, set, names);
	for (size_t i = 0; all && i < set->nall; i++)
		status = mg_worse(status, accept_one(pins, set->all[i]));
	mg_pins_free(pins);
	mg_registry_free(r);
	return status;
}
