/* stage.c - mg-tools on the event stream: what each line asks of it. */
#include "tools/tools_in.h"

#include "base/screen.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* In a line nobody is asked for more calls than that. */
#define WAITING_MAX 256
#define WAITING_BYTES ((size_t)64 << 20)
#define DESCRIPTORS 4 /* of a call */
#define DESCRIPTORS_OURS 32

void
mg_tools_warn(void *arg, const struct mg_tool_problem *p)
{
	const char *open = p->remedy[0] ? " (" : "";
	const char *shut = p->remedy[0] ? ")" : "";

	if (p->line)
		mg_warn("%s:%zu: %s%s%s%s", p->file, p->line, p->message, open,
			p->remedy, shut);
	else
		mg_warn("%s: %s%s%s%s", p->file, p->message, open, p->remedy,
			shut);
}

static bool
enough(const struct mg_tools *t)
{
	return t->waiting > WAITING_MAX || t->waiting_bytes > WAITING_BYTES;
}

static size_t
jobs_for(int64_t wanted)
{
	struct rlimit lim;
	rlim_t most = 1;

	if (getrlimit(RLIMIT_NOFILE, &lim) < 0)
		return (size_t)wanted;
	if (lim.rlim_cur > DESCRIPTORS_OURS + DESCRIPTORS)
		most = (lim.rlim_cur - DESCRIPTORS_OURS) / DESCRIPTORS;
	return (rlim_t)wanted < most ? (size_t)wanted : (size_t)most;
}

int
mg_tools_init(struct mg_tools *t, const struct mg_tools_options *o,
	struct mg_fault *f)
{
	struct mg_fault pins;

	*t = (struct mg_tools){.o = o, .journal = MG_JOURNAL};
	t->last = &t->calls;
	t->jobs = jobs_for(o->jobs);
	t->folder.max = 8192;
	t->registry = mg_registry_open(
		&(struct mg_registry_req){.tools = &o->where.tools,
			.team = o->where.team,
			.allow = &o->where.allow,
			.problem = mg_tools_warn},
		f);
	if (!t->registry)
		return -1;
	t->gate.registry = t->registry;
	t->gate.pins = mg_pins_open(&pins);
	return 0;
}

void
mg_tools_release(struct mg_tools *t)
{
	mg_tcalls_sweep(t);
	for (size_t i = 0; i < t->owed.n; i++)
		free(t->owed.e[i].value);
	mg_map_release(&t->owed);
	mg_journal_release(&t->journal);
	mg_pins_free(t->gate.pins);
	mg_registry_free(t->registry);
	mg_str_release(&t->folder);
	free(t->run);
}

static void
on_init(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_tools *t = state;

	t->f = f;
	if (!t->run && mg_filter_ring(f))
		t->run = mg_json_dup(mg_json_get(e->raw, "run"));
}

/* --- requests ------------------------------------------------------------------ */

static void
no_room(struct mg_filter *f, struct mg_event *e)
{
	struct mg_str where = MG_STR(MG_LINE_MAX);
	struct mg_fault fault;

	mg_take(f, e);
	mg_str_putc(&where, '{');
	mg_emit_key(&where, e);
	mg_fail(&fault, MG_E_TOO_LARGE,
		"the request has no room for the schemas of the tools");
	mg_emit_error(f, &fault, (struct mg_sl){where.s + 1, where.len - 1});
	mg_str_release(&where);
}

static void
on_request(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_tools *t = state;
	struct mg_str agent = MG_STR(MG_TCALL_KEY), line = MG_STR(MG_LINE_MAKE);
	const struct mg_toolset *set;

	t->f = f;
	/* What is past has them; a fork only asks for words. */
	if (e->taken || e->past || mg_json_get(e->raw, "fork").p)
		return;
	mg_json_text(mg_json_get(e->raw, "agent"), &agent);
	set = mg_registry_set(t->registry, mg_str_as_sl(&agent));
	if (mg_put_schemas(set, e->raw, &line)) {
		if (line.over)
			no_room(f, e);
		else
			mg_edit(f, e, mg_str_as_sl(&line));
	}
	mg_str_release(&agent);
	mg_str_release(&line);
}

/* --- calls ----------------------------------------------------------------------- */

static void
ending(struct mg_tools *t, struct mg_sl line)
{
	struct mg_fault why;

	mg_fail(&why, MG_E_CANCELLED, "the run is ending");
	mg_tcall_refuse(t, line, &why);
}

static void
on_tool_call(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_tools *t = state;
	struct mg_str key = MG_STR(MG_TCALL_KEY);
	struct mg_fault why;
	struct mg_tool *tool;
	char **slot;

	t->f = f;
	if (e->taken)
		return;
	tool = mg_tcall_tool(t, e->raw);
	if (!tool)
		return; /* nobody's, or another's behind us */
	if (!mg_tcall_key(e->raw, &key)) {
		mg_fail(&why, MG_E_BAD_EVENT,
			"what names the call is longer than %d bytes",
			MG_TCALL_KEY);
		mg_bad(f, e, &why);
		mg_str_release(&key);
		return;
	}
	mg_take(f, e);
	if (e->past) {
		slot = (char **)mg_map_put(&t->owed, mg_str_as_sl(&key));
		free(*slot);
		*slot = mg_sl_dup(e->raw);
	} else if (mg_filter_draining(f)) {
		ending(t, e->raw);
	} else {
		mg_tcall_begin(t, tool, e->raw);
		mg_tcalls_go(t);
		mg_full(f, !mg_filter_ring(f) && enough(t));
	}
	mg_str_release(&key);
}

/* History: whoever answered a call, it is answered. */
static void
on_tool_result(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_tools *t = state;
	struct mg_str key = MG_STR(MG_TCALL_KEY);
	char *line;

	t->f = f;
	if (e->past && mg_tcall_key(e->raw, &key)) {
		line = mg_map_get(&t->owed, mg_str_as_sl(&key));
		if (line)
			mg_map_del(&t->owed, mg_str_as_sl(&key));
		free(line);
	}
	mg_str_release(&key);
}

/* --- cancelled --------------------------------------------------------------------- */

/* In the past: its result was still owed when the run broke off. */
#define CANCELLED_MARK '!'

static void
cancel_past(struct mg_tools *t, struct mg_sl cancel)
{
	for (size_t i = 0; i < t->owed.n; i++) {
		char *line = t->owed.e[i].value;

		if (*line != CANCELLED_MARK &&
			mg_cancel_means(cancel, mg_sl_of(line)))
			*line = CANCELLED_MARK; /* it was a brace */
	}
}

static void
on_cancel(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_tools *t = state;
	struct mg_str why = MG_STR(1024);

	t->f = f;
	if (e->past) {
		cancel_past(t, e->raw);
		return;
	}
	mg_str_puts(&why, "cancelled");
	if (mg_json_kind(mg_json_get(e->raw, "reason")) == '"') {
		mg_str_puts(&why, ": ");
		mg_json_text(mg_json_get(e->raw, "reason"), &why);
	}
	mg_tcalls_cancel(t, e->raw, why.s);
	mg_str_release(&why);
}

/* --- history is over ------------------------------------------------------------------ */

/* `lost`: the journal cannot be read, so nothing may be run. */
static void
owed_call(struct mg_tools *t, const char *key, char *line,
	const struct mg_fault *lost)
{
	struct mg_fault f;
	struct mg_tool *tool;
	struct mg_sl l = mg_sl_of(line);
	bool cancelled = *line == CANCELLED_MARK;

	*line = '{';
	tool = mg_tcall_tool(t, l);
	if (cancelled) {
		mg_fail(&f, MG_E_CANCELLED, "cancelled");
		mg_tcall_refuse(t, l, &f);
	} else if (lost) {
		mg_tcall_refuse(t, l, lost);
	} else if (mg_journal_has(&t->journal, mg_sl_of(key)) &&
		!mg_tool_repeatable(tool)) {
		mg_fail(&f, MG_E_UNKNOWN,
			"the run broke off while %s was running: it may have "
			"done its work, or a part of it, or nothing",
			tool->name);
		mg_tcall_refuse(t, l, &f);
	} else {
		mg_tcall_begin(t, tool, l);
	}
}

static void
on_resume(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_tools *t = state;
	const char *run = t->run ? t->run : getenv("MG_RUN");
	struct mg_fault fault;

	t->f = f;
	if (e->past || !t->owed.n)
		return;
	if (!t->journal_open &&
		mg_journal_open(&t->journal, run, mg_filter_name(f), &fault) ==
			0)
		t->journal_open = true;
	for (size_t i = 0; i < t->owed.n; i++) {
		owed_call(t, t->owed.e[i].key.p, t->owed.e[i].value,
			t->journal_open ? NULL : &fault);
		free(t->owed.e[i].value);
	}
	mg_map_release(&t->owed);
	mg_tcalls_go(t);
}

/* --- the stage -------------------------------------------------------------------------- */

/* A dead ring says nothing more of what it cut off; drain, and a signal in a
 * line, give every call its result. */
static void
cancel_all(struct mg_filter *f, void *state)
{
	struct mg_tools *t = state;

	t->f = f;
	if (mg_filter_ring(f) && !mg_filter_draining(f))
		mg_tcalls_drop(t);
	else
		mg_tcalls_cancel(t, (struct mg_sl){NULL, 0},
			mg_filter_draining(f) ? "the run is ending"
					      : "interrupted");
}

static void
on_pause(struct mg_filter *f, void *state, bool pause)
{
	struct mg_tools *t = state;

	t->paused = pause;
	for (struct mg_tcall *c = t->calls; c; c = c->next)
		if (c->work)
			mg_work_pause(c->work, pause);
}

static void
on_turn(struct mg_filter *f, void *state)
{
	struct mg_tools *t = state;

	if (!t->calls)
		return;
	mg_tcalls_sweep(t);
	mg_tcalls_go(t);
	mg_full(f, !mg_filter_ring(f) && enough(t));
}

/* A terminal gets no byte that could drive it. */
void
mg_tools_show_result(struct mg_sl result, struct mg_str *out)
{
	struct mg_str text = MG_STR(MG_LINE_MAX);

	mg_json_text(mg_json_get(result, "content"), &text);
	if (isatty(STDOUT_FILENO))
		mg_screen_text(out, mg_str_as_sl(&text));
	else
		mg_str_sl(out, mg_str_as_sl(&text));
	mg_str_putc(out, '\n');
	mg_str_release(&text);
}

static void
show(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_str out = MG_STR(MG_LINE_MAX);

	mg_tools_show_result(e->raw, &out);
	mg_print(f, mg_str_as_sl(&out));
	mg_str_release(&out);
}

static const struct mg_on on[] = {
	{"init", on_init},
	{"request", on_request},
	{"tool_call", on_tool_call},
	{"tool_result", on_tool_result, .own = true},
	{"cancel", on_cancel},
	{"resume", on_resume},
	{0},
};

const struct mg_stage mg_tools_stage = {
	.name = "mg-tools",
	.on = on,
	.cancel = cancel_all,
	.pause = on_pause,
	.turn = on_turn,
	.show = show,
	.outcome = "tool_result",
};
