/* show.c - `mg-tools show`: everything about a tool. */
#include "tools/commands_in.h"

#include "base/screen.h"
#include "event/json.h"

#include <stdlib.h>

#define INDENT 2

struct shown {
	const struct mg_registry *registry;
	const struct mg_toolset *set;
	struct mg_pins *pins;
	struct mg_tools_out out;
	int status;
};

/* --- JSON, laid out for people --- */

static void
new_line(struct mg_str *o, size_t depth)
{
	mg_str_putc(o, '\n');
	for (size_t i = 0; i < depth * INDENT; i++)
		mg_str_putc(o, ' ');
}

/* Checked JSON is no deeper than MG_JSON_DEPTH, so recursion is bounded. */
static void
put_pretty(struct mg_str *o, struct mg_sl raw, size_t depth)
{
	char kind = mg_json_kind(raw);
	struct mg_sl key, value;
	size_t it = 0, n = 0;

	if (kind != '{' && kind != '[') {
		mg_str_sl(o, mg_sl_trim(raw));
		return;
	}
	mg_str_putc(o, kind);
	while (mg_json_next(raw, &it, &key, &value)) {
		if (n++)
			mg_str_putc(o, ',');
		new_line(o, depth + 1);
		if (kind == '{') {
			mg_str_sl(o, key);
			mg_str_puts(o, ": ");
		}
		put_pretty(o, value, depth + 1);
	}
	if (n)
		new_line(o, depth);
	mg_str_putc(o, kind == '{' ? '}' : ']');
}

static bool
put_json(struct mg_str *o, const char *title, const char *raw)
{
	if (!raw)
		return false;
	mg_str_fmt(o, "\n%s:\n", title);
	put_pretty(o, mg_sl_of(raw), 0);
	return mg_str_putc(o, '\n');
}

/* --- a page --- */

static void
put_key(struct mg_str *o, const char *key)
{
	mg_str_puts(o, key);
	mg_screen_pad(o, strlen(key), 10);
}

static void
put_pair(struct mg_str *o, const char *key, const char *text)
{
	if (!text)
		return;
	put_key(o, key);
	mg_screen_line(o, mg_sl_of(text), SIZE_MAX);
	mg_str_putc(o, '\n');
}

/* As JSON, so that it is seen where a word of it ends. */
static void
put_words(struct mg_str *o, const char *key, char *const *v)
{
	struct mg_str s = MG_STR(0);

	for (size_t i = 0; v && v[i]; i++) {
		if (i)
			mg_str_putc(&s, ' ');
		mg_json_puts(&s, v[i]);
	}
	if (s.len)
		put_pair(o, key, s.s);
	mg_str_release(&s);
}

static void
put_size(struct mg_str *o, int64_t n)
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB"};
	size_t u = 0;

	while (u < 3 && n >= 1024 && n % 1024 == 0) {
		n /= 1024;
		u++;
	}
	mg_str_fmt(o, "%lld %s", (long long)n, units[u]);
}

static void
put_limits(struct mg_str *o, const struct mg_tool_limits *l)
{
	put_key(o, "limits");
	if (l->timeout_ms % 1000)
		mg_str_fmt(o, "%lld ms", (long long)l->timeout_ms);
	else
		mg_str_fmt(o, "%lld s", (long long)l->timeout_ms / 1000);
	mg_str_puts(o, "; output ");
	put_size(o, l->output);
	mg_str_puts(o, " are shown, ");
	put_size(o, l->output_max);
	mg_str_puts(o, " at most; memory ");
	if (l->memory)
		put_size(o, l->memory);
	else
		mg_str_puts(o, "without limit");
	mg_str_putc(o, '\n');
}

static void
put_labels(struct shown *s, struct mg_str *o, const struct mg_tool *t)
{
	put_key(o, "label");
	mg_label_names(t->labels, o);
	if (!mg_registry_allows(s->registry, t))
		mg_str_fmt(o, "; not without --allow %s", t->name);
	else if (!mg_tool_harmless(t))
		mg_str_puts(o, "; allowed");
	mg_str_putc(o, '\n');
}

static void
put_pin(struct mg_str *o, const struct mg_tool *t, enum mg_pin pin,
	const char *why)
{
	put_key(o, "pin");
	switch (pin) {
	case MG_PIN_NEW:
		mg_str_puts(o, "new: its first use pins it");
		break;
	case MG_PIN_SAME:
		mg_str_puts(o, "ok: it is what was pinned");
		break;
	case MG_PIN_CHANGED:
		mg_str_fmt(o,
			"changed since it was pinned, and refused: "
			"mg-tools accept %s@%s",
			t->name, t->version);
		break;
	case MG_PIN_ERROR:
		mg_str_puts(o, "error: ");
		mg_screen_line(o, mg_sl_of(why), SIZE_MAX);
		break;
	}
	mg_str_putc(o, '\n');
}

static void
put_examples(struct mg_str *o, const char *raw)
{
	struct mg_sl key, example, member;
	size_t it = 0, n = 0;

	while (raw && mg_json_next(mg_sl_of(raw), &it, &key, &example)) {
		mg_str_puts(o, n++ ? "" : "\nexamples:\n");
		mg_str_sl(o, mg_json_get(example, "arguments"));
		member = mg_json_get(example, "output");
		if (member.p) {
			mg_str_puts(o, " gives ");
			mg_str_sl(o, member);
		}
		if (mg_json_bool(mg_json_get(example, "is_error"), false))
			mg_str_puts(o, ", an error");
		mg_str_putc(o, '\n');
	}
}

static void
put_page(struct shown *s, struct mg_tool *t, enum mg_pin pin, const char *why)
{
	struct mg_str o = MG_STR(SIZE_MAX / 2), safe = MG_STR(SIZE_MAX / 2);

	mg_str_fmt(&o, "%s%s %s\n", s->out.objects++ ? "\n" : "", t->name,
		t->version);
	mg_str_fmt(&o, "%s\n\n", t->description ? t->description : "");
	put_labels(s, &o, t);
	put_pair(&o, "from", t->path);
	put_pair(&o, "kind", t->kind ? t->kind->name : NULL);
	put_words(&o, "command", t->command);
	put_pair(&o, "cwd", t->cwd);
	put_words(&o, "env", t->env);
	put_words(&o, "files", t->files);
	put_words(&o, "writes", t->writes);
	put_words(&o, "programs", t->need_programs);
	put_words(&o, "tools", t->need_tools);
	put_limits(&o, &t->limits);
	if (t->hash[0])
		mg_str_fmt(&o, "hash      sha256:%s\n", t->hash);
	put_pin(&o, t, pin, why);
	mg_str_fmt(
		&o, "schema    %zu bytes of each request\n", strlen(t->schema));
	put_json(&o, "input", t->input_schema);
	put_json(&o, "output", t->output_schema);
	put_examples(&o, t->examples);
	mg_screen_text(&safe, mg_str_as_sl(&o));
	mg_tools_put(&s->out, mg_str_as_sl(&safe));
	mg_str_release(&o);
	mg_str_release(&safe);
}

/* --- an object --- */

static void
put_object_limits(struct mg_str *o, const struct mg_tool_limits *l)
{
	mg_json_mraw(o, "limits", MG_SL("{"));
	mg_json_mi(o, "timeout_ms", l->timeout_ms);
	mg_json_mi(o, "output", l->output);
	mg_json_mi(o, "output_max", l->output_max);
	mg_json_mi(o, "memory", l->memory);
	mg_str_putc(o, '}');
}

static void
put_object(struct shown *s, struct mg_tool *t, enum mg_pin pin)
{
	struct mg_str o = MG_STR(SIZE_MAX / 2);

	mg_tools_json_begin(&o, "tool", t);
	mg_json_ms(&o, "description", t->description ? t->description : "");
	mg_tools_json_labels(&o, t->labels);
	mg_json_mb(&o, "allowed", mg_registry_allows(s->registry, t));
	mg_json_ms(&o, "kind", t->kind ? t->kind->name : "");
	mg_json_ms(&o, "path", t->path ? t->path : "");
	mg_json_ms(&o, "pin", mg_tools_pin_word(pin));
	if (t->hash[0]) {
		mg_json_mraw(&o, "hash", MG_SL("\"sha256:"));
		mg_str_fmt(&o, "%s\"", t->hash);
	}
	mg_tools_json_list(&o, "command", t->command);
	if (t->cwd)
		mg_json_ms(&o, "cwd", t->cwd);
	mg_tools_json_list(&o, "env", t->env);
	mg_tools_json_list(&o, "files", t->files);
	mg_tools_json_list(&o, "writes", t->writes);
	mg_json_mraw(&o, "needs", MG_SL("{"));
	mg_tools_json_list(&o, "programs", t->need_programs);
	mg_tools_json_list(&o, "tools", t->need_tools);
	mg_str_putc(&o, '}');
	put_object_limits(&o, &t->limits);
	mg_json_mi(&o, "schema_bytes", (int64_t)strlen(t->schema));
	mg_json_mraw(&o, "input_schema", mg_sl_of(t->input_schema));
	if (t->output_schema)
		mg_json_mraw(&o, "output_schema", mg_sl_of(t->output_schema));
	mg_json_mraw(&o, "examples",
		t->examples ? mg_sl_of(t->examples) : MG_SL("[]"));
	mg_str_putc(&o, '}');
	mg_tools_object(&s->out, &o);
	mg_str_release(&o);
}

static void
show_one(struct shown *s, const char *name)
{
	struct mg_fault f = {0};
	struct mg_tool *t = mg_tools_find(s->set, name, &f);
	enum mg_pin pin;

	if (!t) {
		s->status = mg_worse(s->status, mg_tools_fail(&f));
		return;
	}
	pin = mg_pins_look(s->pins, t, &f);
	if (s->out.output == MG_OUT_TEXT) {
		put_page(s, t, pin, f.message);
		return;
	}
	if (pin == MG_PIN_ERROR)
		mg_warn("%s: %s", t->name, f.message);
	put_object(s, t, pin);
}

int
mg_tools_show(
	const struct mg_tools_where *w, const struct mg_list *names, int output)
{
	struct mg_fault f = {0};
	struct shown s = {0};
	struct mg_registry *r;

	if (!names->n) {
		mg_usage(&f, "which tool?");
		return mg_tools_fail(&f);
	}
	r = mg_tools_open(w, true, &f);
	if (!r)
		return mg_tools_fail(&f);
	s.registry = r;
	s.set = mg_registry_set(r, MG_SL(""));
	s.pins = mg_pins_open(&f);
	mg_tools_out_init(&s.out, output);
	for (size_t i = 0; i < names->n; i++)
		show_one(&s, names->v[i]);
	mg_pins_free(s.pins);
	mg_registry_free(r);
	return mg_tools_out_end(&s.out, s.status);
}
