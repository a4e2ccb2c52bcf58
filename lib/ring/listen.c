#include "ring/listen.h"

#include "base/clock.h"
#include "event/filter.h"
#include "io/child.h"
#include "io/lines.h"
#include "io/out.h"

#include <errno.h>
#include <signal.h>

/* What is said of a program once, however often it does it. */
enum said {
	SAID_NO_OBJECT = 1,
	SAID_NO_TYPE = 2,
	SAID_SEAMS = 4,
	SAID_LONG = 8,
	SAID_MANY = 16,
	SAID_COPY = 32,
};

struct listen {
	const struct mg_ring_stage *opts;
	struct mg_filter *f;
	struct mg_child *child; /* NULL: it does not run */
	bool ran; /* it was started for this stream */
	bool closing; /* its input is at its end */
	bool overdue; /* killed, since it did not end */
	bool killed; /* and nothing is to be said of it */
	bool paused; /* our reader is behind: it is not read */
	struct mg_timer grace;
	struct mg_lines out; /* what it prints */
	struct mg_str line; /* for it, with its newline */
	int64_t events;
	unsigned said; /* set of enum said */
};

static void
complain(struct listen *l, enum said what, const struct mg_fault *fault)
{
	if (l->said & what)
		return;
	l->said |= what;
	mg_emit_error(l->f, fault, MG_SL(""));
}

/* Members that are not a listener's to set. */
static bool
is_envelope(struct mg_sl rawkey)
{
	static const char *const names[] = {
		"type", "by", "ts", "lap", "past", "taken", NULL};

	for (size_t i = 0; names[i]; i++)
		if (mg_json_key_is(rawkey, names[i]))
			return true;
	return false;
}

/* In a ring a `result` ends its task, and is for the lead to say. */
static bool
is_seams(const struct listen *l, struct mg_sl type)
{
	static const char *const types[] = {
		"init", "task", "resume", "drain", "end", "alarm", NULL};

	for (size_t i = 0; types[i]; i++)
		if (mg_json_is(type, types[i]))
			return true;
	return mg_filter_ring(l->f) && mg_json_is(type, "result");
}

/*
 * In a ring a line that was given to the program, and that some stage acts
 * on, would be acted on again: a copied `request` costs a call. It still
 * bears the name of its maker.
 */
static bool
is_copy(const struct listen *l, struct mg_sl line, struct mg_sl type)
{
	static const char *const types[] = {"request", "message", "tool_call",
		"tool_result", "ready", "error", "cancel", "note", "reply",
		"question", "usage", "answer", "vote", "rules", "timer", NULL};
	struct mg_sl by = mg_json_get(line, "by");

	if (!mg_filter_ring(l->f) || mg_json_kind(by) != '"' ||
		mg_json_is(by, l->opts->name))
		return false;
	for (size_t i = 0; types[i]; i++)
		if (mg_json_is(type, types[i]))
			return true;
	return false;
}

static void
emit(struct listen *l, struct mg_sl line, struct mg_sl text)
{
	struct mg_str type = MG_STR(0), *o;
	struct mg_sl key, value;
	size_t it = 0;

	mg_json_esc(&type, text);
	o = mg_emit(l->f, type.s);
	while (mg_json_next(line, &it, &key, &value)) {
		if (is_envelope(key))
			continue;
		mg_str_putc(o, ',');
		mg_str_sl(o, key);
		mg_str_putc(o, ':');
		mg_str_sl(o, value);
	}
	mg_sent(l->f);
	mg_str_release(&type);
}

/* One line that the program printed is an event, if it may be one. */
static void
say(struct listen *l, struct mg_sl line)
{
	const char *who = l->opts->argv[0], *why = "";
	struct mg_str text = MG_STR(0);
	struct mg_fault f;
	struct mg_sl type;

	line = mg_sl_trim(line);
	if (!line.n || (l->said & SAID_MANY))
		return;
	if (mg_json_check((char *)(uintptr_t)line.p, line.n, &why, NULL) < 0 ||
		mg_json_kind(line) != '{') {
		mg_fail(&f, MG_E_BAD_EVENT,
			"%s printed a line that is no JSON object%s%s; such "
			"lines are dropped",
			who, why[0] ? ": " : "", why);
		mg_remedy(&f, "print one JSON object a line");
		complain(l, SAID_NO_OBJECT, &f);
		return;
	}
	type = mg_json_get(line, "type");
	mg_json_text(type, &text);
	if (!text.len) {
		mg_fail(&f, MG_E_BAD_EVENT,
			"%s printed an object without a type; such objects "
			"are dropped",
			who);
		mg_remedy(&f, "{\"type\":\"...\", and then the rest");
		complain(l, SAID_NO_TYPE, &f);
	} else if (is_seams(l, type)) {
		mg_fail(&f, MG_E_BAD_EVENT,
			"%s printed an event that only the run itself makes "
			"(init, task, result, resume, drain, end, alarm); such "
			"events are dropped",
			who);
		mg_remedy(&f, "print what is new, not the lines it was given");
		complain(l, SAID_SEAMS, &f);
	} else if (is_copy(l, line, type)) {
		mg_fail(&f, MG_E_BAD_EVENT,
			"%s printed a line that it was given; such copies are "
			"dropped",
			who);
		mg_remedy(&f, "print what is new; without `by`, it is");
		complain(l, SAID_COPY, &f);
	} else if (l->events == l->opts->max_events) {
		mg_fail(&f, MG_E_PROGRAM,
			"%s printed more than %lld events; what else it prints "
			"is dropped",
			who, (long long)l->opts->max_events);
		mg_remedy(&f,
			"a listener says little, and does not answer "
			"what answers it; the limit can be raised");
		complain(l, SAID_MANY, &f);
	} else {
		l->events++;
		emit(l, line, mg_str_as_sl(&text));
	}
	mg_str_release(&text);
}

static void
say_lines(struct listen *l)
{
	struct mg_fault f;
	struct mg_sl line;
	enum mg_line r;

	while ((r = mg_lines_next(&l->out, &line)) != MG_LINE_NONE) {
		if (r == MG_LINE) {
			say(l, line);
			continue;
		}
		mg_fail(&f, MG_E_TOO_LARGE,
			"%s printed a line beyond %zu MiB; such lines are "
			"dropped",
			l->opts->argv[0], MG_LINE_MAX >> 20);
		mg_remedy(&f, "print one JSON object a line");
		complain(l, SAID_LONG, &f);
	}
}

static void
on_data(void *arg, const char *p, size_t n)
{
	struct listen *l = arg;

	if (l->killed)
		return;
	mg_lines_push(&l->out, p, n);
	say_lines(l);
}

/* How it ended, if that is worth a word. */
static void
report(struct listen *l, const struct mg_child_end *end)
{
	struct mg_fault f;

	if (l->overdue) {
		mg_fail(&f, MG_E_PROGRAM,
			"%s did not end within %lld ms of the end of its "
			"input, and was killed",
			l->opts->argv[0], (long long)l->opts->grace_ms);
		mg_remedy(&f, "it must leave when its standard input ends");
	} else if (end->status != 0) {
		mg_child_fault(end, l->opts->argv[0], &f);
		mg_remedy(&f,
			"the run goes on without it; try it by hand with "
			"the log of a run as its input");
	} else {
		return;
	}
	mg_emit_error(l->f, &f, MG_SL(""));
}

static void
on_child_end(void *arg, const struct mg_child_end *end)
{
	struct listen *l = arg;

	l->child = NULL;
	mg_timer_del(mg_filter_loop(l->f), &l->grace);
	if (!l->killed) {
		l->out.eof = true;
		say_lines(l);
		report(l, end);
	}
	mg_lines_release(&l->out);
	mg_close(l->f);
}

static void
start(struct listen *l)
{
	struct mg_fault f;

	l->ran = true;
	l->closing = l->overdue = l->killed = false;
	l->events = 0;
	l->said = 0;
	l->out = (struct mg_lines){.fd = -1};
	l->child = mg_child_start(mg_filter_loop(l->f),
		&(struct mg_child_req){.argv = l->opts->argv,
			.feed = true,
			.spool = l->opts->spool,
			.show_stderr = true,
			.on_data = on_data,
			.on_end = on_child_end,
			.arg = l},
		&f);
	if (!l->child) {
		mg_emit_error(l->f, &f, MG_SL(""));
		return;
	}
	mg_open(l->f);
	if (l->paused)
		mg_child_pause(l->child, true);
}

static void
stop(struct listen *l)
{
	if (!l->child)
		return;
	l->killed = true;
	mg_child_kill(l->child, SIGKILL);
}

static void
set_grace(struct listen *l)
{
	mg_timer_set(
		mg_filter_loop(l->f), &l->grace, mg_now() + l->opts->grace_ms);
}

static void
on_grace(void *arg)
{
	struct listen *l = arg;

	if (l->paused) { /* it waits for us */
		set_grace(l);
		return;
	}
	l->overdue = true;
	mg_child_kill(l->child, SIGKILL);
}

static void
close_input(struct listen *l)
{
	if (!l->child || l->closing)
		return;
	l->closing = true;
	mg_child_eof(l->child);
	set_grace(l);
}

static void
hear(struct listen *l, struct mg_sl line)
{
	struct mg_fault f;
	int err;

	mg_str_clear(&l->line);
	mg_str_sl(&l->line, line);
	mg_str_putc(&l->line, '\n');
	err = mg_child_write(l->child, l->line.s, l->line.len);
	if (l->line.cap > MG_OUT_SOFT)
		mg_str_release(&l->line);
	if (!err || l->killed)
		return;
	mg_fail(&f, MG_E_SYSTEM,
		"unable to keep what %s has not read yet, so it was killed: %s",
		l->opts->argv[0], strerror(err));
	mg_emit_error(l->f, &f, MG_SL(""));
	stop(l);
}

static void
on_every(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct listen *l = state;

	l->f = f;
	if (e->past || e->own || mg_event_is(e, "drain"))
		return;
	if (mg_event_is(e, "end")) {
		close_input(l);
		l->ran = false; /* another stream may follow */
		return;
	}
	if (!l->ran)
		start(l);
	if (l->child && !l->closing)
		hear(l, e->raw);
}

static void
on_eof(struct mg_filter *f, void *state)
{
	close_input(state);
}

/* In a line, an interrupt goes to its source, and the end comes from there. */
static void
on_cancel(struct mg_filter *f, void *state)
{
	struct listen *l = state;

	if (mg_filter_draining(f) && !mg_filter_signal(f) && !l->closing)
		close_input(l);
	else if (mg_filter_ring(f) || mg_filter_signal(f) != SIGINT)
		stop(l);
}

static void
on_pause(struct mg_filter *f, void *state, bool pause)
{
	struct listen *l = state;

	l->paused = pause;
	if (l->child)
		mg_child_pause(l->child, pause);
}

/* Still there only if the output has failed: it does not outlive us. */
static void
on_close(struct mg_filter *f, void *state)
{
	struct listen *l = state;

	stop(l);
	mg_lines_release(&l->out);
	mg_str_release(&l->line);
}

int
mg_ring_listen(const struct mg_ring_stage *opts)
{
	struct mg_ring_stage filled = *opts;
	struct listen l = {.opts = &filled, .line.max = MG_LINE_MAX + 1};
	const struct mg_stage stage = {.name = opts->name,
		.every = on_every,
		.cancel = on_cancel,
		.eof = on_eof,
		.pause = on_pause,
		.close = on_close};

	l.grace = (struct mg_timer){.fn = on_grace, .arg = &l};
	if (!filled.max_events)
		filled.max_events = MG_LISTEN_EVENTS;
	if (!filled.grace_ms)
		filled.grace_ms = MG_LISTEN_GRACE_MS;
	return mg_stage_main(&stage, &l,
		&(struct mg_common){.as = opts->name, .output = MG_OUT_NDJSON});
}
