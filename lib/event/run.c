/* run.c - a stage on standard input and output: the loop around it. */
#include "event/filter_in.h"

#include "base/clock.h"
#include "io/child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)8 << 20) /* a prompt: it must fit an event */
#define INTERRUPT_MS 10000 /* after a signal, to say what must be said */

const char *const mg_input_words[] = {"auto", "text", "ndjson", NULL};

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
	mg_filter_begin(f, NULL);
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
			mg_filter_line(f, line);
			continue;
		}
		mg_filter_begin(f, NULL);
		mg_fail(&fault, MG_E_BAD_LINE,
			"the line is longer than "
			"%zu MiB",
			MG_LINE_MAX >> 20);
		mg_filter_bad_line(f, &fault);
	}
}

static void
decide_mode(struct mg_filter *f)
{
	struct mg_sl rest = mg_sl_trim(mg_lines_rest(&f->in));

	if (rest.n == 0 && !f->in.eof && mg_lines_rest(&f->in).n <= TEXT_MAX)
		return;
	f->mode = rest.n && rest.p[0] == '{' ? MG_IN_NDJSON : MG_IN_TEXT;
}

static void
on_input(void *arg, short revents)
{
	struct mg_filter *f = arg;
	ssize_t n = mg_lines_fill(&f->in);
	struct mg_fault fault;
	struct mg_sl rest;

	if (n < 0 && errno == EAGAIN)
		return; /* somebody else who reads here was faster */
	if (n < 0) {
		mg_fail(&fault, MG_E_INPUT, "unable to read standard input: %s",
			strerror(errno));
		mg_filter_begin(f, NULL);
		mg_emit_error(f, &fault, MG_SL(""));
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
	mg_child_end_adopted();
	mg_loop_unblock();
	signal(sig, SIG_DFL);
	raise(sig);
}

/* Nobody reads what is still to be said. */
static void
on_overdue(void *arg)
{
	struct mg_filter *f = arg;

	die(f->signal);
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
		f->wait.fn = on_overdue;
		mg_timer_set(f->loop, &f->wait, mg_now() + INTERRUPT_MS);
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
	mg_filter_begin(f, NULL);
	if (f->ring && f->inits > f->ends && f->open && f->stage->cancel)
		f->stage->cancel(f, f->state);
	else if (f->open && f->stage->eof)
		f->stage->eof(f, f->state);
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
		mg_filter_let_go(f);
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

static void
put(void *arg, struct mg_sl bytes)
{
	struct mg_filter *f = arg;

	mg_out_add(&f->out, bytes.p, bytes.n);
}

static void
show(void *arg, struct mg_event *e)
{
	struct mg_filter *f = arg;

	f->stage->show(f, f->state, e);
}

static int
start(struct mg_filter *f, const struct mg_common *c)
{
	struct mg_fault fault;

	if (!f->name[0]) {
		mg_usage(&fault, "--as wants a name");
		mg_fault_print(&fault);
		return mg_code_exit(fault.code);
	}
	f->mode = c->input;
	if (f->mode == MG_IN_AUTO && !f->stage->text)
		f->mode = MG_IN_NDJSON;
	f->eof = f->mode == MG_IN_NONE;
	f->form.outcome = f->stage->outcome;
	f->form.show = f->stage->show ? show : NULL;
	f->form.put = put;
	f->form.arg = f;
	if (mg_form_init(&f->form, c->output, c->query, &fault) < 0) {
		mg_fault_print(&fault);
		return mg_code_exit(fault.code);
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
	return mg_worse(f->status, f->form.status);
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
	mg_form_release(&f->form);
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
	mg_child_end_adopted();
	release(&f);
	return r;
}
