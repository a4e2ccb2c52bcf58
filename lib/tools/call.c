/* call.c - one call of a tool by hand: `mg-tools call`. */
#include "tools/commands.h"

#include "event/form.h"
#include "event/json.h"
#include "io/child.h"
#include "io/page.h"
#include "tools/apart.h"
#include "tools/gate.h"
#include "tools/journal.h"
#include "tools/tools.h"
#include "tools/work.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct one {
	struct mg_apart apart;
	struct mg_watch reader;
	struct mg_work *work;
	bool done;
	int signal;
	struct mg_str content;
	struct mg_work_end end;
};

static void
on_done(void *arg, const struct mg_work_end *end)
{
	struct one *o = arg;

	o->end = *end;
	mg_str_sl(&o->content, end->content);
	o->end.content = mg_str_as_sl(&o->content);
	o->work = NULL;
	o->done = true;
}

static void
cancel(void *arg)
{
	struct one *o = arg;

	if (o->work)
		mg_work_cancel(o->work, "interrupted");
}

/* Nobody reads what it will say: an order to stop. */
static void
on_gone(void *arg, short revents)
{
	struct one *o = arg;

	mg_watch_del(o->apart.loop, &o->reader);
	cancel(o);
}

/* To its end, in a loop of its own. */
static int
run(struct one *o, const struct mg_tool *t, struct mg_sl arguments,
	int64_t timeout_ms, struct mg_fault *f)
{
	struct mg_str folder = MG_STR(8192);

	o->apart = (struct mg_apart){.cancel = cancel, .arg = o};
	mg_apart_begin(&o->apart);
	o->reader = (struct mg_watch){
		.fd = STDOUT_FILENO, .fn = on_gone, .arg = o};
	mg_watch_add(o->apart.loop, &o->reader);
	o->content.max = MG_LINE_MAX;
	o->work = mg_journal_folder(getenv("MG_RUN"), &folder)
		? mg_work_start(o->apart.loop,
			  &(struct mg_work_req){.tool = t,
				  .arguments = arguments,
				  .run = getenv("MG_RUN"),
				  .folder = folder.s,
				  .timeout_ms = timeout_ms,
				  .on_done = on_done,
				  .arg = o},
			  f)
		: NULL;
	if (!folder.len)
		mg_fail(f, MG_E_SYSTEM, "unable to make a folder for tools: %s",
			strerror(errno));
	if (o->work)
		mg_loop_run(o->apart.loop, &o->done);
	mg_child_end_adopted();
	mg_watch_del(o->apart.loop, &o->reader);
	o->signal = mg_apart_end(&o->apart);
	mg_str_release(&folder);
	return o->done ? 0 : -1;
}

int
mg_tools_try(const struct mg_tool *t, struct mg_sl arguments,
	struct mg_str *content, bool *is_error, struct mg_fault *f)
{
	struct one o = {0};

	if (run(&o, t, arguments, 0, f) < 0)
		return -1;
	mg_str_sl(content, mg_str_as_sl(&o.content));
	*is_error = o.end.code != MG_OK;
	mg_str_release(&o.content);
	return o.signal ? mg_fail(f, MG_E_CANCELLED, "interrupted") : 0;
}

/* --- arguments ------------------------------------------------------------------- */

/* Whether a word is to stand as JSON, by what the schema wants there. */
static bool
as_json(const struct mg_tool *t, const char *name, struct mg_str *word)
{
	struct mg_sl p = mg_json_get(mg_sl_of(t->input_schema), "properties");
	struct mg_sl type = mg_json_get(mg_json_get(p, name), "type");
	struct mg_sl value = mg_str_as_sl(word);

	if (mg_json_is(type, "string") ||
		mg_json_check(word->s, word->len, NULL, NULL) < 0)
		return false;
	/* Quotes around a text are the user's own. */
	return mg_json_kind(value) != '"';
}

static int
put_word(const struct mg_tool *t, const char *word, struct mg_str *out,
	struct mg_fault *f)
{
	const char *eq = strchr(word, '=');
	struct mg_str value = MG_STR(MG_LINE_MAX);
	char *name;

	if (!eq || eq == word) {
		mg_usage(f,
			"an argument is NAME=VALUE, or all are one JSON "
			"object");
		return mg_remedy(
			f, "mg-tools show %s says what it takes", t->name);
	}
	name = mg_sl_dup((struct mg_sl){word, (size_t)(eq - word)});
	mg_str_puts(&value, eq + 1);
	if (value.len && as_json(t, name, &value))
		mg_json_mraw(out, name, mg_str_as_sl(&value));
	else
		mg_json_m(out, name, mg_str_as_sl(&value));
	mg_str_release(&value);
	free(name);
	return 0;
}

static bool
read_stdin(struct mg_str *out)
{
	char buf[65536];
	ssize_t n;

	while ((n = read(STDIN_FILENO, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0 && !mg_str_add(out, buf, (size_t)n))
			return false;
	}
	return true;
}

/* `{"a":1}`, `a=1 b=2`, `-` for standard input, or nothing. */
static int
read_arguments(const struct mg_tool *t, const struct mg_list *args,
	struct mg_str *out, struct mg_fault *f)
{
	const char *why = "", *first = args->n ? args->v[0] : "";

	if (args->n == 1 && strcmp(first, "-") == 0) {
		if (!read_stdin(out))
			return mg_fail(
				f, MG_E_INPUT, "unable to read the arguments");
	} else if (args->n == 1 && first[strspn(first, " \t\n")] == '{') {
		mg_str_puts(out, first);
	} else {
		mg_str_putc(out, '{');
		for (size_t i = 0; i < args->n; i++)
			if (put_word(t, args->v[i], out, f) < 0)
				return -1;
		mg_str_putc(out, '}');
	}
	if (mg_json_check(out->s, out->len, &why, NULL) < 0)
		return mg_fail(f, MG_E_BAD_ARGUMENTS,
			"the arguments are no JSON: %s", why);
	return 0;
}

/* --- what it came to -------------------------------------------------------------- */

static void
show(void *arg, struct mg_event *e)
{
	struct mg_str out = MG_STR(MG_LINE_MAX);

	mg_tools_show_result(e->raw, &out);
	mg_page_put(arg, mg_str_as_sl(&out));
	mg_str_release(&out);
}

static int
print(const struct mg_tools_call *c, const char *name,
	const struct mg_work_end *end)
{
	struct mg_page page = {0};
	struct mg_form form = {.outcome = "tool_result",
		.show = show,
		.put = mg_page_put,
		.arg = &page};
	struct mg_str o = MG_STR(MG_LINE_MAX);
	struct mg_fault f;

	if (mg_form_init(&form, c->output, c->query, &f) < 0) {
		mg_fault_print(&f);
		return mg_code_exit(f.code);
	}
	mg_str_puts(&o, "{\"type\":\"tool_result\",\"by\":\"mg-tools\"");
	mg_json_ms(&o, "name", name);
	mg_json_m(&o, "content", end->content);
	mg_json_mb(&o, "is_error", end->code != MG_OK);
	if (end->code != MG_OK)
		mg_json_ms(&o, "code", mg_code_name(end->code));
	mg_json_mi(&o, "duration_ms", end->duration_ms);
	mg_json_mi(&o, "bytes", end->bytes);
	if (end->bare)
		mg_json_ms(&o, "sandbox", "none");
	mg_str_puts(&o, "}\n");
	mg_form_print(&form, mg_str_as_sl(&o), true);
	mg_str_release(&o);
	mg_form_release(&form);
	return mg_page_flush(
		&page, mg_worse(form.status, mg_code_exit(end->code)));
}

/* For a person on standard error; a program gets a result all the same. */
static int
refused(const struct mg_tools_call *c, const struct mg_fault *f)
{
	int status = mg_code_exit(f->code);
	bool text = c->output == MG_OUT_TEXT ||
		(c->output == MG_OUT_AUTO && isatty(STDOUT_FILENO));

	mg_fault_print(f);
	if (f->code == MG_E_USAGE || f->code == MG_E_CONFIG ||
		f->code == MG_E_NO_INPUT || text)
		return status;
	return mg_worse(status,
		print(c, c->name,
			&(struct mg_work_end){.content = mg_sl_of(f->message),
				.code = f->code}));
}

static struct mg_tool *
find(struct mg_registry *r, const char *name, struct mg_fault *f)
{
	const struct mg_toolset *set = mg_registry_set(r, MG_SL(""));
	struct mg_tool *t = mg_toolset_find(set, mg_sl_of(name));

	if (!t) {
		mg_fail(f, MG_E_NO_INPUT, "there is no tool %s", name);
		mg_remedy(f, "mg-tools list shows those there are");
	}
	return t;
}

static int
call(const struct mg_tools_call *c, struct mg_registry *r, struct one *o,
	struct mg_tool **tool, struct mg_fault *f)
{
	struct mg_str args = MG_STR(MG_LINE_MAKE);
	struct mg_gate gate = {.registry = r, .pins = mg_pins_open(f)};
	int done = -1;

	*tool = find(r, c->name, f);
	if (*tool && read_arguments(*tool, c->args, &args, f) == 0 &&
		mg_gate(&gate, *tool, mg_str_as_sl(&args), f) == 0)
		done = run(o, *tool, mg_str_as_sl(&args), c->timeout_ms, f);
	mg_pins_free(gate.pins);
	mg_str_release(&args);
	return done;
}

int
mg_tools_call(const struct mg_tools_call *c)
{
	struct one o = {0};
	struct mg_fault f;
	struct mg_tool *tool;
	struct mg_registry *r = mg_registry_open(
		&(struct mg_registry_req){.tools = &c->where->tools,
			.team = c->where->team,
			.allow = &c->where->allow,
			.problem = mg_tools_warn},
		&f);
	int status;

	if (!r || call(c, r, &o, &tool, &f) < 0)
		status = refused(c, &f);
	else
		status = print(c, tool->name, &o.end);
	if (o.signal)
		status = 128 + o.signal;
	mg_str_release(&o.content);
	mg_registry_free(r);
	return status;
}
