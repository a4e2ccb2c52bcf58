/* check.c - `mg-tools check`: what is wrong with tools, before they are used. */
#include "tools/check_in.h"

#include "base/screen.h"
#include "conf/yaml.h"
#include "event/json.h"

#include <stdio.h>
#include <stdlib.h>

/* --- findings --- */

static void
add(struct mg_check *c, const struct mg_tool_problem *p)
{
	MG_GROW(c->v, c->n, c->cap);
	c->v[c->n++] = (struct mg_finding){.file = mg_xstrdup(p->file),
		.line = p->line,
		.message = mg_xstrdup(p->message),
		.remedy = p->remedy && p->remedy[0] ? mg_xstrdup(p->remedy)
						    : NULL};
}

/* The line of a key of the record, or of an entry of its list; 0 if the file
 * is no record. */
static size_t
line_of(const struct mg_tool *t, const char *key, size_t entry)
{
	struct mg_fault f;
	struct mg_yaml *doc = mg_yaml_file(t->path, &f);
	const struct mg_node *root = mg_yaml_root(doc), *item;
	size_t line = 0;

	for (size_t i = 0; root->kind == MG_NODE_MAP && i < root->count; i++) {
		if (!mg_sl_is(root->keys[i]->text, key))
			continue;
		item = entry ? mg_node_at(root->items[i], entry - 1) : NULL;
		line = item ? item->line : root->keys[i]->line;
	}
	mg_yaml_free(doc);
	return line;
}

void
mg_check_found(struct mg_check *c, const char *key, size_t entry,
	const char *remedy, const char *fmt, ...)
{
	struct mg_tool_problem p = {.file = c->tool->path ? c->tool->path : ""};
	char message[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	p.line = p.file[0] && key ? line_of(c->tool, key, entry) : 0;
	p.message = message;
	p.remedy = remedy;
	add(c, &p);
}

static void
forget(struct mg_check *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].file);
		free(c->v[i].message);
		free(c->v[i].remedy);
	}
	free(c->v);
	c->v = NULL;
	c->n = c->cap = 0;
}

/* --- to tell them --- */

/* "weather.yaml:7: unknown key `tmeout` (did you mean `timeout`?)" */
static void
put_line(struct mg_check *c, const struct mg_finding *v)
{
	struct mg_str line = MG_STR(0), safe = MG_STR(0);

	mg_str_puts(&line, v->file);
	if (v->line)
		mg_str_fmt(&line, ":%zu", v->line);
	mg_str_fmt(&line, ": %s", v->message);
	if (v->remedy)
		mg_str_fmt(&line, " (%s)", v->remedy);
	mg_screen_line(&safe, mg_str_as_sl(&line), SIZE_MAX);
	mg_str_putc(&safe, '\n');
	mg_tools_put(&c->out, mg_str_as_sl(&safe));
	mg_str_release(&line);
	mg_str_release(&safe);
}

static void
put_problems(struct mg_str *o, const struct mg_check *c)
{
	mg_json_mb(o, "ok", !c->n);
	mg_json_mraw(o, "problems", MG_SL("["));
	for (size_t i = 0; i < c->n; i++) {
		mg_str_puts(o, i ? ",{" : "{");
		mg_json_ms(o, "file", c->v[i].file);
		if (c->v[i].line)
			mg_json_mi(o, "line", (int64_t)c->v[i].line);
		mg_json_ms(o, "message", c->v[i].message);
		if (c->v[i].remedy)
			mg_json_ms(o, "remedy", c->v[i].remedy);
		mg_str_putc(o, '}');
	}
	mg_str_putc(o, ']');
}

/* Of c->tool, or of a file that holds none. */
static void
tell(struct mg_check *c, const char *path)
{
	struct mg_str o = MG_STR(SIZE_MAX / 2);

	if (c->n)
		c->status = mg_worse(c->status, 1);
	for (size_t i = 0; c->out.output == MG_OUT_TEXT && i < c->n; i++)
		put_line(c, &c->v[i]);
	if (c->out.output != MG_OUT_TEXT) {
		if (c->tool)
			mg_tools_json_begin(&o, "check", c->tool);
		else
			mg_str_puts(&o, "{\"type\":\"check\"");
		mg_json_ms(&o, "path", path);
		put_problems(&o, c);
		if (c->tool)
			mg_json_mi(&o, "examples", c->examples);
		if (c->tool)
			mg_json_mi(&o, "run", c->ran);
		mg_str_putc(&o, '}');
		mg_tools_object(&c->out, &o);
	}
	mg_str_release(&o);
	forget(c);
}

/* --- files that the registry could not read --- */

/* A file named after the tool, or one within a folder of that name. */
static bool
about(const char *file, const char *name)
{
	const char *slash = strrchr(file, '/');
	const char *base = slash ? slash + 1 : file, *up = slash;
	size_t n = strcspn(name, "@");

	if (strncmp(base, name, n) == 0 && (!base[n] || base[n] == '.'))
		return true;
	while (up && up > file && up[-1] != '/')
		up--;
	return up && slash > up && (size_t)(slash - up) == n &&
		strncmp(up, name, n) == 0;
}

static void
on_problem(void *arg, const struct mg_tool_problem *p)
{
	add(arg, p);
}

/* All is told unless names were given, and every one is a tool: the record of
 * one that is not there may stand in any file. */
static bool
is_wanted(const struct mg_check *c, const char *file)
{
	bool wanted = !c->names->n || !c->set;

	for (size_t i = 0; i < c->names->n && !wanted; i++)
		wanted = about(file, c->names->v[i]) ||
			!mg_toolset_find(c->set, mg_sl_of(c->names->v[i]));
	return wanted;
}

/* All that is wrong with one file goes together. */
static void
tell_problems(struct mg_check *c)
{
	struct mg_finding *v = c->v;
	size_t n = c->n;

	c->v = NULL;
	c->n = c->cap = 0;
	for (size_t i = 0; i < n; i++) {
		char *path = v[i].file ? mg_xstrdup(v[i].file) : NULL;

		for (size_t k = i; path && k < n; k++) {
			if (!v[k].file || strcmp(v[k].file, path) != 0)
				continue;
			MG_GROW(c->v, c->n, c->cap);
			c->v[c->n++] = v[k];
			v[k].file = NULL;
		}
		if (path && is_wanted(c, path))
			tell(c, path);
		else
			forget(c);
		free(path);
	}
	free(v);
}

/* --- tools --- */

static void
check_tool(struct mg_check *c, struct mg_tool *t)
{
	c->tool = t;
	c->examples = c->ran = 0;
	mg_check_schemas(c);
	mg_check_programs(c);
	mg_check_needs(c);
	mg_check_pin(c);
	mg_check_examples(c);
	tell(c, t->path ? t->path : "");
	c->tool = NULL;
}

static void
check_named(struct mg_check *c, const char *name)
{
	struct mg_fault f;
	struct mg_tool *t = mg_tools_find(c->set, name, &f);

	if (t)
		check_tool(c, t);
	else
		c->status = mg_worse(c->status, mg_tools_fail(&f));
}

int
mg_tools_check(const struct mg_tools_where *w, const struct mg_list *names,
	bool run, int output)
{
	struct mg_check c = {.names = names, .run = run};
	struct mg_fault f = {0};
	struct mg_registry *r;

	mg_tools_out_init(&c.out, output);
	r = mg_registry_open(&(struct mg_registry_req){.tools = &w->tools,
				     .team = w->team,
				     .allow = &w->allow,
				     .all = true,
				     .problem = on_problem,
				     .arg = &c},
		&f);
	c.registry = r;
	c.set = r ? mg_registry_set(r, MG_SL("")) : NULL;
	tell_problems(&c);
	if (!r)
		return mg_tools_out_end(
			&c.out, mg_worse(c.status, mg_tools_fail(&f)));
	c.pins = mg_pins_open(&f);
	for (size_t i = 0; i < names->n && !c.interrupted; i++)
		check_named(&c, names->v[i]);
	for (size_t i = 0; !names->n && !c.interrupted && i < c.set->nall; i++)
		check_tool(&c, c.set->all[i]);
	mg_pins_free(c.pins);
	mg_registry_free(r);
	c.status = mg_tools_out_end(&c.out, c.status);
	return c.interrupted ? mg_code_exit(MG_E_CANCELLED) : c.status;
}
