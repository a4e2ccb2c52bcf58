/* commands.c - what the sub-commands of mg-tools share; see commands_in.h. */
#include "tools/commands_in.h"

#include "base/near.h"
#include "event/json.h"
#include "tools/tools.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* --- standard output --- */

void
mg_tools_out_init(struct mg_tools_out *o, int output)
{
	*o = (struct mg_tools_out){0};
	o->output = output		? (enum mg_output)output
		: isatty(STDOUT_FILENO) ? MG_OUT_TEXT
					: MG_OUT_NDJSON;
}

void
mg_tools_put(struct mg_tools_out *o, struct mg_sl bytes)
{
	mg_page_put(&o->page, bytes);
}

void
mg_tools_object(struct mg_tools_out *o, struct mg_str *object)
{
	if (o->output == MG_OUT_JSON)
		mg_tools_put(o, o->objects ? MG_SL(",\n") : MG_SL("["));
	o->objects++;
	mg_tools_put(o, mg_str_as_sl(object));
	if (o->output != MG_OUT_JSON)
		mg_tools_put(o, MG_SL("\n"));
	mg_str_clear(object);
}

int
mg_tools_out_end(struct mg_tools_out *o, int status)
{
	if (o->output == MG_OUT_JSON)
		mg_tools_put(o, o->objects ? MG_SL("]\n") : MG_SL("[]\n"));
	return mg_page_flush(&o->page, status);
}

/* --- standard error --- */

int
mg_tools_fail(const struct mg_fault *f)
{
	mg_fault_print(f);
	return mg_code_exit(f->code);
}

void
mg_tools_say(const char *fmt, ...)
{
	struct mg_fault f = {0};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f.message, sizeof(f.message), fmt, ap);
	va_end(ap);
	mg_fault_print(&f);
}

/* --- tools --- */

struct mg_registry *
mg_tools_open(const struct mg_tools_where *w, bool all, struct mg_fault *f)
{
	return mg_registry_open(&(struct mg_registry_req){.tools = &w->tools,
					.team = w->team,
					.allow = &w->allow,
					.all = all,
					.problem = mg_tools_warn},
		f);
}

static char *
nearest(const struct mg_toolset *set, const char *name)
{
	const char **names = mg_xcalloc(set->nall + 1, sizeof(*names));
	const char *near;
	char *copy;

	for (size_t i = 0; i < set->nall; i++)
		names[i] = set->all[i]->name;
	near = mg_near(name, names);
	copy = near ? mg_xstrdup(near) : NULL;
	free(names);
	return copy;
}

struct mg_tool *
mg_tools_find(
	const struct mg_toolset *set, const char *name, struct mg_fault *f)
{
	struct mg_tool *t = mg_toolset_find(set, mg_sl_of(name));
	char *bare, *near;

	if (t)
		return t;
	mg_fail(f, MG_E_NO_INPUT, "there is no tool %s", name);
	bare = mg_xstrdup(name);
	bare[strcspn(bare, "@")] = '\0';
	near = nearest(set, bare);
	if (near && strcmp(near, bare) == 0)
		mg_remedy(f, "mg-tools list -a says which versions there are");
	else if (near)
		mg_remedy(f, "did you mean %s?", near);
	else
		mg_remedy(f, "mg-tools list says which there are");
	free(bare);
	free(near);
	return NULL;
}

const char *
mg_tools_pin_word(enum mg_pin pin)
{
	switch (pin) {
	case MG_PIN_NEW:
		return "new";
	case MG_PIN_SAME:
		return "ok";
	case MG_PIN_CHANGED:
		return "changed";
	case MG_PIN_ERROR:
		break;
	}
	return "error";
}

void
mg_tools_json_begin(struct mg_str *o, const char *type, const struct mg_tool *t)
{
	mg_str_putc(o, '{');
	mg_json_ms(o, "type", type);
	mg_json_ms(o, "name", t->name);
	mg_json_ms(o, "version", t->version);
}

void
mg_tools_json_labels(struct mg_str *o, unsigned labels)
{
	static const struct {
		unsigned label;
		const char *word;
	} words[] = {{MG_LABEL_READ, "read"}, {MG_LABEL_WRITE, "write"},
		{MG_LABEL_NETWORK, "network"},
		{MG_LABEL_IRREVERSIBLE, "irreversible"}};
	bool first = true;

	mg_json_mraw(o, "labels", MG_SL("["));
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!(labels & words[i].label))
			continue;
		if (!first)
			mg_str_putc(o, ',');
		mg_json_puts(o, words[i].word);
		first = false;
	}
	mg_str_putc(o, ']');
}

void
mg_tools_json_list(struct mg_str *o, const char *key, char *const *v)
{
	mg_json_mraw(o, key, MG_SL("["));
	for (size_t i = 0; v && v[i]; i++) {
		if (i)
			mg_str_putc(o, ',');
		mg_json_puts(o, v[i]);
	}
	mg_str_putc(o, ']');
}
