#include "event/filter_in.h"

#include "base/clock.h"
#include "event/value.h"
#include "io/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)8 << 20) /* a prompt: it must fit an event */
#define INTERRUPT_MS 10000 /* after SIGINT, for the source to say `end` */

const char *const mg_output_words[] = {"auto", "ndjson", "json", "text", NULL};
const char *const mg_input_words[] = {"auto", "text", "ndjson", NULL};

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
		mg_filter_print(f, mg_str_as_sl(&line), false);
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
	if (f->output != MG_OUT_NDJSON)
		return; /* only outcomes are shown, and those are ours */
	if (f->replaced) {
		raw = mg_str_as_sl(&f->edited);
		if (!raw.n)
			return;
		whole = (struct mg_sl){NULL, 0};
	}
	if (f->take) {
		pass_taken(f, raw);
	} else if (whole.p && !f->query) {
		mg_out_add(&f->out, whole.p, whole.n);
		mg_out_add(&f->out, "\n", 1);
	} else {
		struct mg_str line = MG_STR(MG_LINE_MAX + 1);

		mg_str_sl(&line, raw);
		mg_str_putc(&line, '\n');
		mg_filter_print(f, mg_str_as_sl(&line), false);
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

		mg_filter_print(f, line, true);
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

static void
bad_line(struct mg_filter *f, struct mg_fault *fault)
{
	fault->line = f->in.number;
	mg_emit_error(f, fault, MG_SL(""));
}

/* The first line, or the lack of it, decides who says `init`. */
static void
begin(struct mg_filter *f, const struct mg_event *first)
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

/* `end` and `drain` pass when nothing is open: see let_go(). */
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

static void
one_line(struct mg_filter *f, struct mg_sl line)
{
	struct mg_event e;
	struct mg_fault fault;

	if (mg_sl_trim(line).n == 0)
		return;
	if (mg_event_look(&e, line, f->ring || !f->begun, &fault) < 0) {
		begin(f, NULL);
		bad_line(f, &fault);
		return;
	}
	e.line = f->in.number;
	e.own = ((f->ring && e.lap) || e.past) && mg_sl_is(e.by, f->name);
	begin(f, &e);
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
static void
let_go(struct mg_filter *f)
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

/* The input is over, and nothing is open. */
static void
finish(struct mg_filter *f)
{
	struct mg_end end = {.ours = f->source,
		.interrupted = f->signal != 0,
		.truncated = f->inits > f->ends};
	struct mg_fault fault;

	f->done = true;
	if (f->ring && end.truncated)
		return; /* the ring is dead: what was cut off stays cut off */
	if (end.truncated) {
		mg_fail(&fault, MG_E_TRUNCATED,
			"the input stopped without its `end` event");
		mg_remedy(&fault, "the command in front of this one died");
		mg_emit_error(f, &fault, MG_SL(""));
	}
	if (f->stage->end)
		f->stage->end(f, f->state, &end);
}

static void
finish_text(struct mg_filter *f)
{
	struct mg_sl text = mg_str_as_sl(&f->text);
	struct mg_fault fault;

	f->mode = MG_IN_NONE;
	begin(f, NULL);
	if (f->text.over) {
		mg_fail(&fault, MG_E_TOO_LARGE,
			"the text on standard input is longer than %zu MiB",
			TEXT_MAX >> 20);
		mg_emit_error(f, &fault, MG_SL(""));
	} else if (!f->signal) {
		f->stage->text(f, f->state, text);
	}
}

/* Lines, as long as they can be acted on and written. */
static void
pump(struct mg_filter *f)
{
	struct mg_fault fault;
	struct mg_sl line;

	while (!f->held && !f->full && mg_out_waiting(&f->out) < MG_OUT_SOFT) {
		enum mg_line r = mg_lines_next(&f->in, &line);

		if (r == MG_LINE_NONE)
			break;
		if (r == MG_LINE) {
			one_line(f, line);
			continue;
		}
		begin(f, NULL);
		mg_fail(&fault, MG_E_BAD_LINE,
			"the line is longer than "
			"%zu MiB",
			MG_LINE_MAX >> 20);
		bad_line(f, &fault);
	}
}

static void
decide_mode(struct mg_filter *f)
{
	struct mg_sl rest = mg_sl_trim(mg_lines_rest(&f->in));

	if (rest.n == 0 && !f->in.eof)
		return;
	f->mode = rest.n && rest.p[0] == '{' ? MG_IN_NDJSON : MG_IN_TEXT;
}

static void
on_input(void *arg, short revents)
{
	struct mg_filter *f = arg;
	ssize_t n = mg_lines_fill(&f->in);
	struct mg_sl rest;

	if (n < 0) {
		mg_warn("unable to read standard input: %s", strerror(errno));
		mg_status(f, EX_IOERR);
	}
	if (n <= 0)
		f->eof = f->in.eof = true;
	if (!f->signal)
		mg_timer_del(f->loop, &f->wait);
	if (f->mode == MG_IN_AUTO)
		decide_mode(f);
	if (f->mode == MG_IN_TEXT) {
		rest = mg_lines_rest(&f->in);
		mg_str_sl(&f->text, rest);
		f->in.start = f->in.end;
		f->in.seen = 0;
		if (f->text.over)
			f->eof = true;
	}
}

static void
on_wait(void *arg)
{
	struct mg_filter *f = arg;

	if (!f->signal)
		mg_warn("nothing came on standard input; going on without it "
			"(an argument `-` waits for it)");
	f->eof = true;
}

static void
die(int sig)
{
	mg_loop_unblock();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void
on_signal(void *arg, int sig)
{
	struct mg_filter *f = arg;

	if (sig == SIGCHLD) {
		mg_child_reap();
		return;
	}
	if (f->signal)
		die(sig);
	f->signal = sig;
	if (f->stage->cancel)
		f->stage->cancel(f, f->state);
	if (sig == SIGINT && !f->source && !f->eof) {
		/* The source got it too, and will say `end`. */
		f->wait.fn = on_wait;
		mg_timer_set(f->loop, &f->wait, mg_now() + INTERRUPT_MS);
	} else {
		f->eof = f->in.eof = true;
	}
}

/* Back-pressure: what produces is held while the reader is behind. */
static void
balance(struct mg_filter *f)
{
	size_t waiting = mg_out_waiting(&f->out);
	bool pause = f->paused ? waiting > MG_OUT_SOFT / 2
			       : waiting > MG_OUT_SOFT;

	if (pause == f->paused)
		return;
	f->paused = pause;
	if (f->stage->pause)
		f->stage->pause(f, f->state, pause);
}

static void
end_of_input(struct mg_filter *f)
{
	if (f->mode == MG_IN_TEXT)
		finish_text(f);
	begin(f, NULL);
	if (f->ring && f->inits > f->ends && f->open && f->stage->cancel)
		f->stage->cancel(f, f->state);
	if (!f->open)
		finish(f);
}

static bool
before_turn(void *arg)
{
	struct mg_filter *f = arg;
	bool ready;

	if (f->stage->turn)
		f->stage->turn(f, f->state);
	balance(f);
	if (f->held && !f->open)
		let_go(f);
	if (f->mode == MG_IN_NDJSON)
		pump(f);
	ready = !f->held && !f->full && mg_out_waiting(&f->out) < MG_OUT_SOFT;
	if (f->eof && ready && !f->done)
		end_of_input(f);
	if (f->eof || !ready)
		mg_watch_del(f->loop, &f->watch);
	else
		mg_watch_add(f->loop, &f->watch);
	mg_out_arm(&f->out);
	return (f->held && !f->open) || (f->done && !mg_out_waiting(&f->out));
}

static void
reader_gone(struct mg_filter *f)
{
	if (f->stage->cancel)
		f->stage->cancel(f, f->state);
	die(SIGPIPE);
}

static int
start(struct mg_filter *f, const struct mg_common *c)
{
	struct mg_fault fault;

	f->mode = c->input;
	if (f->mode == MG_IN_AUTO && !f->stage->text)
		f->mode = MG_IN_NDJSON;
	f->eof = f->mode == MG_IN_NONE;
	f->output = c->output		? c->output
		: isatty(STDOUT_FILENO) ? MG_OUT_TEXT
					: MG_OUT_NDJSON;
	if (c->query) {
		f->query = mg_query_new(c->query, &fault);
		if (!f->query) {
			mg_fault_print(&fault);
			return mg_code_exit(fault.code);
		}
	}
	f->loop = mg_loop_new();
	mg_loop_signals(f->loop, on_signal, f);
	mg_loop_before(f->loop, before_turn, f);
	mg_out_init(&f->out, f->loop, STDOUT_FILENO);
	f->watch = (struct mg_watch){
		.fd = STDIN_FILENO, .events = POLLIN, .fn = on_input, .arg = f};
	f->wait = (struct mg_timer){.fn = on_wait, .arg = f};
	if (!f->eof && c->stdin_wait_ms)
		mg_timer_set(f->loop, &f->wait, mg_now() + c->stdin_wait_ms);
	return 0;
}

static int
status(const struct mg_filter *f)
{
	if (f->out.error) {
		mg_warn("unable to write: %s", strerror(f->out.error));
		return EX_IOERR;
	}
	if (f->signal)
		return 128 + f->signal;
	if (f->ring && f->ends)
		return 0;
	return f->status;
}

static void
release(struct mg_filter *f)
{
	mg_lines_release(&f->in);
	mg_out_release(&f->out);
	mg_str_release(&f->text);
	mg_str_release(&f->edited);
	mg_str_release(&f->behind);
	mg_str_release(&f->made);
	mg_str_release(&f->owed);
	mg_query_free(f->query);
	mg_loop_free(f->loop);
}

int
mg_stage_main(const struct mg_stage *stage, void *state,
	const struct mg_common *common)
{
	struct mg_filter f = {.stage = stage,
		.state = state,
		.name = common->as ? common->as : stage->name,
		.text.max = TEXT_MAX,
		.edited.max = MG_LINE_MAX,
		.behind.max = SIZE_MAX / 2,
		.owed.max = SIZE_MAX / 2};
	int r = start(&f, common);

	if (r)
		return r;
	while (!f.out.error && !(f.done && !mg_out_waiting(&f.out))) {
		if (f.out.gone)
			reader_gone(&f);
		mg_loop_turn(f.loop);
	}
	if (f.out.gone)
		reader_gone(&f);
	if (f.out.error && stage->cancel)
		stage->cancel(&f, state);
	r = status(&f);
	if (stage->close)
		stage->close(&f, state);
	release(&f);
	return r;
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
	return f->output;
}
