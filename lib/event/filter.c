/* filter.c - what one line means to a stage, and in what form it passes. */
#include "event/filter_in.h"

/* Seen in the past they mean nothing: nobody waits for them. */
static const char *const idle_in_past[] = {"drain", "end", "resume", "delta",
	"step", "cost", "retry", "memory", "timer", NULL};

static bool
among(struct mg_sl type, const char *const *names)
{
	for (; *names; names++)
		if (mg_sl_is(type, *names))
			return true;
	return false;
}

static const struct mg_on *
handler(const struct mg_filter *f, const struct mg_event *e)
{
	const struct mg_on *on = f->stage->on;
	char first = e->type.n ? e->type.p[0] : '\0';

	if (e->past && among(e->type, idle_in_past))
		return NULL;
	for (; on && on->type; on++)
		if (on->type[0] == first && mg_sl_is(e->type, on->type))
			return e->own && !on->own ? NULL : on;
	return NULL;
}

/* The line as it passes: with `taken` behind its last member. */
static void
pass_taken(struct mg_filter *f, struct mg_sl raw)
{
	struct mg_sl head = mg_sl_trim((struct mg_sl){raw.p, raw.n - 1});
	struct mg_str line = MG_STR(MG_LINE_MAX);

	mg_str_sl(&line, head);
	mg_json_ms(&line, "taken", f->name);
	mg_str_puts(&line, "}\n");
	if (line.over) {
		struct mg_fault fault;

		mg_fail(&fault, MG_E_TOO_LARGE, "no room to take the line");
		mg_emit_error(f, &fault, MG_SL(""));
	} else {
		mg_form_print(&f->form, mg_str_as_sl(&line), false);
	}
	mg_str_release(&line);
}

/* `whole` is the line as it was read; most leave as they came. */
static void
pass(struct mg_filter *f, const struct mg_event *e, struct mg_sl whole)
{
	struct mg_sl raw = e->raw;

	if (e->own && e->lap && !e->past)
		return; /* it has been round */
	if (f->form.output != MG_OUT_NDJSON)
		return; /* only outcomes are shown, and those are ours */
	if (f->replaced) {
		raw = mg_str_as_sl(&f->edited);
		if (!raw.n)
			return;
		whole = (struct mg_sl){NULL, 0};
	}
	if (f->take && !e->mine) {
		pass_taken(f, raw);
	} else if (whole.p && !f->form.query) {
		mg_out_add(&f->out, whole.p, whole.n);
		mg_out_add(&f->out, "\n", 1);
	} else {
		struct mg_str line = MG_STR(MG_LINE_MAX + 1);

		mg_str_sl(&line, raw);
		mg_str_putc(&line, '\n');
		mg_form_print(&f->form, mg_str_as_sl(&line), false);
		mg_str_release(&line);
	}
}

/* What the line caused leaves behind it, one line after another. */
static void
flush_behind(struct mg_filter *f)
{
	struct mg_sl rest = mg_str_as_sl(&f->behind);

	while (rest.n) {
		const char *nl = memchr(rest.p, '\n', rest.n);
		struct mg_sl line = {rest.p, (size_t)(nl - rest.p) + 1};

		mg_form_print(&f->form, line, true);
		rest.p += line.n;
		rest.n -= line.n;
	}
	if (f->behind.cap > MG_OUT_SOFT)
		mg_str_release(&f->behind);
	else
		mg_str_clear(&f->behind);
	f->behind.max = SIZE_MAX / 2;
}

/* Calls fn for a line that has been looked at, unless it is no JSON. */
static void
act(struct mg_filter *f, struct mg_event *e, mg_on_fn *fn)
{
	struct mg_fault fault;
	const char *why = "";
	char *bytes = (char *)(uintptr_t)e->raw.p; /* in our own buffer */

	if (mg_json_check(bytes, e->raw.n, &why, NULL) < 0) {
		mg_fail(&fault, MG_E_BAD_EVENT, "not a JSON text: %s", why);
		mg_bad(f, e, &fault);
	} else {
		fn(f, f->state, e);
	}
}

static void
on_init(struct mg_filter *f, void *state, struct mg_event *e)
{
	const struct mg_on *on = handler(f, e);

	if (mg_json_bool(mg_json_get(e->raw, "ring"), false))
		f->ring = true;
	if (!e->past)
		f->inits++;
	if (on)
		on->fn(f, state, e);
}

/* A replaying stage is done with what the log holds; the rest it owes. */
static void
settle(struct mg_filter *f)
{
	struct mg_sl rest = mg_str_as_sl(&f->owed);

	rest.p += f->owed_head;
	rest.n -= f->owed_head;
	mg_str_sl(&f->behind, rest);
	mg_str_release(&f->owed);
	f->owed_head = 0;
}

/* The log holds one more of what we say again. */
static void
found_in_log(struct mg_filter *f)
{
	const char *p = f->owed.s + f->owed_head;
	const char *nl = f->owed_head < f->owed.len
		? memchr(p, '\n', f->owed.len - f->owed_head)
		: NULL;

	if (nl)
		f->owed_head += (size_t)(nl - p) + 1;
}

/* What the stage understands of lines that are no events is not passed on. */
static void
on_line(struct mg_filter *f, void *state, struct mg_event *e)
{
	if (f->stage->line(f, state, e)) {
		f->replaced = true;
		mg_str_clear(&f->edited);
	}
}

static void
one_event(struct mg_filter *f, struct mg_event *e, struct mg_sl whole)
{
	const struct mg_on *on = handler(f, e);

	f->event = e;
	f->take = f->replaced = false;
	if (mg_event_is(e, "init"))
		act(f, e, on_init);
	else if (on)
		act(f, e, on->fn);
	else if (!e->type.n && f->stage->line && !e->past)
		act(f, e, on_line);
	if (e->past && e->own && f->stage->pure)
		found_in_log(f);
	if (mg_event_is(e, "resume") && !e->past && f->stage->pure)
		settle(f);
	f->event = NULL;
	pass(f, e, whole);
	flush_behind(f);
}

void
mg_filter_bad_line(struct mg_filter *f, struct mg_fault *fault)
{
	fault->line = f->in.number;
	mg_emit_error(f, fault, MG_SL(""));
}

/* The first line, or the lack of it, decides who says `init`. */
void
mg_filter_begin(struct mg_filter *f, const struct mg_event *first)
{
	if (f->begun)
		return;
	f->begun = true;
	if (!f->stage->begin || (first && mg_event_is(first, "init")))
		return;
	f->source = true;
	f->stage->begin(f, f->state);
}

static void
on_hold(struct mg_filter *f, void *state, struct mg_event *e)
{
	f->held = mg_event_is(e, "end") ? HOLD_END : HOLD_DRAIN;
	f->held_line = *e;
	if (f->held == HOLD_END)
		return;
	f->draining = true;
	if (f->stage->cancel)
		f->stage->cancel(f, f->state);
}

/* `end` and `drain` pass when nothing is open: see mg_filter_let_go(). */
static void
hold(struct mg_filter *f, struct mg_event *e, struct mg_sl whole)
{
	f->event = e;
	f->take = f->replaced = false;
	f->held_whole = whole;
	act(f, e, on_hold);
	f->event = NULL;
	flush_behind(f);
}

/* What it says goes behind the line, as from any other function. */
static void
call_every(struct mg_filter *f, struct mg_event *e)
{
	if (!f->stage->every)
		return;
	f->event = e;
	f->stage->every(f, f->state, e);
	f->event = NULL;
}

void
mg_filter_line(struct mg_filter *f, struct mg_sl line)
{
	struct mg_event e;
	struct mg_fault fault;

	if (mg_sl_trim(line).n == 0)
		return;
	if (mg_event_look(&e, line, f->ring || !f->begun, &fault) < 0) {
		mg_filter_begin(f, NULL);
		mg_filter_bad_line(f, &fault);
		return;
	}
	e.line = f->in.number;
	e.own = ((f->ring && e.lap) || e.past) && mg_sl_is(e.by, f->name);
	/* What we took then, we take again: it stands there already. */
	e.mine = e.past && e.taken && mg_sl_is(e.taker, f->name);
	e.taken = e.taken && !e.mine;
	mg_filter_begin(f, &e);
	call_every(f, &e);
	if (!e.past && !e.own &&
		(mg_event_is(&e, "end") ||
			(f->ring && mg_event_is(&e, "drain")))) {
		hold(f, &e, line);
		return;
	}
	if (!f->ring && handler(f, &e))
		mg_event_look(&e, line, true, NULL), e.line = f->in.number;
	one_event(f, &e, line);
}

/* Nothing is open any more: `end` or `drain` may pass. */
void
mg_filter_let_go(struct mg_filter *f)
{
	struct mg_event e = f->held_line;
	struct mg_end end = {.line = e.raw};

	if (f->held == HOLD_DRAIN) {
		f->held = HOLD_NONE;
		one_event(f, &e, f->held_whole);
		return;
	}
	f->held = HOLD_NONE;
	f->take = f->replaced = false;
	end.interrupted = f->signal ||
		mg_json_is(mg_json_get(end.line, "status"), "interrupted");
	if (f->inits > f->ends)
		f->ends++;
	if (f->stage->end)
		f->stage->end(f, f->state, &end);
	pass(f, &e, f->held_whole);
}

void
mg_open(struct mg_filter *f)
{
	f->open++;
}

void
mg_full(struct mg_filter *f, bool full)
{
	f->full = full;
}

void
mg_close(struct mg_filter *f)
{
	if (!f->open)
		MG_BUG("closed more than was open");
	f->open--;
}

struct mg_loop *
mg_filter_loop(struct mg_filter *f)
{
	return f->loop;
}

const char *
mg_filter_name(const struct mg_filter *f)
{
	return f->name;
}

bool
mg_filter_ring(const struct mg_filter *f)
{
	return f->ring;
}

bool
mg_filter_draining(const struct mg_filter *f)
{
	return f->draining;
}

int
mg_filter_status(const struct mg_filter *f)
{
	return f->status;
}

int
mg_filter_signal(const struct mg_filter *f)
{
	return f->signal;
}

enum mg_output
mg_filter_output(const struct mg_filter *f)
{
	return f->form.output;
}
