/* run.c - the parts of a run, joined; see run.h. */
#include "ring/run_in.h"

#include "base/screen.h"
#include "event/json.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#define LEAVE_MS 5000 /* for the stages, once the ring is cut */
#define TASKS_AT_ONCE 1000 /* waiting for a result, before more are read */
#define LEAVE_BY_HAND_MS 300 /* they are the shell's to wait for */

/* --- what leaves ------------------------------------------------------------- */

static void
put(void *arg, struct mg_sl bytes)
{
	struct mg_run *r = arg;

	if (!r->gone)
		mg_spool_add(&r->out, bytes.p, bytes.n);
}

/* A result for a person; what is wrong with it goes to standard error. What a
 * model wrote, or a tool, cannot drive a terminal. */
static void
show(void *arg, struct mg_event *e)
{
	struct mg_run *r = arg;
	struct mg_str text = MG_STR(MG_LINE_MAX), safe = MG_STR(SIZE_MAX / 2);

	if (!mg_event_is(e, "result"))
		return;
	if (mg_json_text(mg_json_get(e->raw, "content"), &text)) {
		if (!text.len || text.s[text.len - 1] != '\n')
			mg_str_putc(&text, '\n');
		if (isatty(r->out_fd))
			mg_screen_text(&safe, mg_str_as_sl(&text));
		put(r, mg_str_as_sl(safe.len ? &safe : &text));
	}
	mg_str_release(&text);
	mg_str_release(&safe);
}

/* A status that is not plainly good is told, whatever the form. */
static void
tell_status(struct mg_run *r, const struct mg_event *e)
{
	struct mg_sl status = mg_json_get(e->raw, "status");
	struct mg_sl why = mg_json_get(e->raw, "reason");
	struct mg_str line = MG_STR(8192);

	if (mg_json_is(status, "done"))
		return;
	mg_str_puts(&line, "mg-run: ");
	mg_json_text(status, &line);
	if (mg_json_kind(why) == '"') {
		mg_str_puts(&line, ": ");
		mg_json_text(why, &line);
	}
	for (size_t i = 0; i < line.len; i++)
		if ((unsigned char)line.s[i] < ' ')
			line.s[i] = ' ';
	mg_str_putc(&line, '\n');
	mg_face_say(r->face, mg_str_as_sl(&line));
	mg_str_release(&line);
}

/* Each line of the log, and each delta. */
static void
print(void *arg, struct mg_sl line)
{
	struct mg_run *r = arg;
	struct mg_event e;

	if (mg_event_look(&e, line, false, NULL) < 0)
		return;
	if (r->face)
		mg_face_event(r->face, &e);
	if (mg_event_is(&e, "result"))
		tell_status(r, &e);
	if (r->face && mg_event_is(&e, "error"))
		mg_face_aside(r->face); /* it is said on stderr, too */
	mg_form_print(&r->form, line, true);
}

static void
answered(void *arg, uint64_t client, const struct mg_fault *f)
{
	struct mg_run *r = arg;

	if (r->inbox)
		mg_inbox_answer(
			r->inbox, client, !f->code, f->message, f->remedy);
}

static void
last_words(void *arg)
{
	mg_run_last_words(arg);
}

/* --- what comes in ------------------------------------------------------------ */

static void
on_text(void *arg, struct mg_sl text)
{
	struct mg_run *r = arg;
	struct mg_str all = MG_STR(MG_LINE_MAKE);

	if (r->req->question)
		mg_str_puts(&all, r->req->question);
	if (mg_sl_trim(text).n) {
		if (all.len)
			mg_str_puts(&all, "\n\n");
		mg_str_sl(&all, text);
	}
	if (!mg_sl_trim(mg_str_as_sl(&all)).n && r->prompt)
		mg_str_puts(&all, r->prompt);
	if (mg_sl_trim(mg_str_as_sl(&all)).n)
		mg_seam_ask(&r->seam, mg_str_as_sl(&all));
	mg_str_release(&all);
}

static void
on_line(void *arg, size_t number, struct mg_sl line)
{
	struct mg_run *r = arg;
	struct mg_fault f;

	if (mg_seam_user(&r->seam, line, 0, &f) < 0) {
		f.line = number;
		mg_seam_error(&r->seam, &f);
	}
}

static void
on_bad(void *arg, const struct mg_fault *f)
{
	struct mg_run *r = arg;

	mg_seam_error(&r->seam, f);
}

static void
on_in_end(void *arg)
{
	struct mg_run *r = arg;
	struct mg_fault f;

	if (r->in.mode == MG_STDIN_NOTHING && (r->req->question || r->prompt))
		on_text(r, MG_SL(""));
	/* Nor was anything left to be done. */
	if (r->seam.tasks.n == r->tasks && !r->seam.open && !r->seam.status &&
		!(r->req->resume && r->tasks)) {
		mg_fail(&f, MG_E_NO_INPUT, "nothing was asked");
		mg_remedy(&f, "give a question, or tasks on standard input");
		mg_seam_error(&r->seam, &f);
	}
	mg_seam_no_more(&r->seam);
}

static void
on_told(void *arg, uint64_t client, struct mg_sl line)
{
	struct mg_run *r = arg;
	struct mg_fault f;

	if (mg_seam_user(&r->seam, line, client, &f) < 0)
		mg_inbox_answer(r->inbox, client, false, f.message, f.remedy);
}

/* What the stages say to people, while lines of ours are being redrawn. */
static void
on_stage_err(void *arg, short revents)
{
	struct mg_run *r = arg;
	ssize_t n = mg_lines_fill(&r->err_in);
	struct mg_sl line;

	while (mg_lines_next(&r->err_in, &line) == MG_LINE) {
		struct mg_str whole = MG_STR(MG_LINE_MAX + 1);

		mg_str_sl(&whole, line);
		mg_str_putc(&whole, '\n');
		mg_face_say(r->face, mg_str_as_sl(&whole));
		mg_str_release(&whole);
	}
	if (n == 0 || (n < 0 && errno != EAGAIN))
		mg_watch_del(r->loop, &r->err_watch);
}

/* --- signals -------------------------------------------------------------------- */

static void
die(struct mg_run *r, int sig)
{
	mg_procs_end(&r->procs);
	mg_loop_unblock();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void
on_signal(void *arg, int sig)
{
	struct mg_run *r = arg;

	if (sig == SIGCHLD) {
		mg_procs_reap(&r->procs);
		if (r->begun && r->procs.alive < r->procs.n)
			mg_run_broken(r, false);
		return;
	}
	if (r->signal || r->flushing)
		die(r, sig);
	r->signal = sig;
	mg_stdin_stop(&r->in);
	mg_seam_stop(&r->seam, "interrupted");
}

static void
reader_gone(struct mg_run *r)
{
	r->gone = true;
	mg_stdin_stop(&r->in);
	mg_seam_stop(&r->seam, "interrupted");
}

/* --- the loop --------------------------------------------------------------------- */

static bool
before_turn(void *arg)
{
	enum mg_seam_phase phase;
	struct mg_run *r = arg;
	bool busy;

	mg_stdin_pump(&r->in,
		r->seam.phase != MG_SEAM_OPEN || r->seam.open > TASKS_AT_ONCE ||
			mg_spool_waiting(&r->seam.first) > MG_OUT_SOFT);
	busy = mg_seam_before(&r->seam);
	phase = r->seam.phase;
	mg_spool_arm(&r->out);
	if (r->out.out.gone && !r->gone)
		reader_gone(r);
	if (r->out.error && r->seam.phase < MG_SEAM_CLOSING) {
		mg_warn("unable to keep what standard output has not read: %s",
			strerror(r->out.error));
		r->seam.status = mg_worse(r->seam.status, EX_IOERR);
		mg_seam_stop(&r->seam, "interrupted");
	}
	/* What has come to pass just now is not to be waited for. */
	return busy || phase != r->seam.phase ||
		(r->flushing && !mg_spool_waiting(&r->out));
}

/* Until standard output has everything. */
static void
flush(struct mg_run *r)
{
	r->flushing = true;
	if (r->signal)
		mg_timer_set(r->loop, &r->rest, mg_now() + LEAVE_MS);
	while (!r->gone && !r->out.out.error && mg_spool_waiting(&r->out) &&
		(!r->signal || r->rest.at))
		mg_loop_turn(r->loop);
	mg_timer_del(r->loop, &r->rest);
}

static void
on_rest(void *arg)
{
	struct mg_run *r = arg;

	mg_procs_end(&r->procs);
	r->ended = true;
}

/* Until the stages have left, and what was said has been read. */
static void
finish(struct mg_run *r)
{
	mg_timer_set(r->loop, &r->rest, mg_now() + LEAVE_MS);
	while (r->procs.alive && !r->ended)
		mg_loop_turn(r->loop);
	mg_timer_del(r->loop, &r->rest);
	mg_procs_end(&r->procs);
	if (r->face)
		mg_face_end(r->face);
	if (r->signal)
		mg_run_undecided(r);
	flush(r);
}

static int
open_seam(struct mg_run *r, struct mg_fault *f)
{
	static const struct mg_seam_hooks hooks = {.print = print,
		.answered = answered,
		.broken = mg_run_broken,
		.last_words = last_words};

	mg_seam_init(&r->seam,
		&(struct mg_seam_req){.loop = r->loop,
			.log = r->dir.fd,
			.dir = r->dir.path,
			.stall_ms = r->req->stall_ms,
			.drain_ms = r->req->drain_ms,
			.leave_ms = r->req->by_hand ? LEAVE_BY_HAND_MS : 0,
			.hooks = &hooks,
			.arg = r});
	if (!r->log_size)
		return 0;
	if (mg_seam_read_log(&r->seam, r->dir.fd, r->log_size,
		    r->req->resume != NULL, f) < 0)
		return -1;
	r->tasks = r->seam.tasks.n;
	return 0;
}

/* A run that is over needs no stages to be told again. */
static int
tell_again(struct mg_run *r, struct mg_fault *f)
{
	int done = mg_seam_print_log(&r->seam, r->dir.fd, f);

	mg_warn("%s has finished", r->dir.name);
	flush(r);
	return done;
}

static int
begin(struct mg_run *r, struct mg_fault *f)
{
	struct mg_str members = MG_STR(MG_LINE_MAX);
	const struct mg_run_req *q = r->req;

	if (!q->by_hand)
		r->inbox = mg_inbox_open(r->loop, &r->dir, on_told, r, f);
	if (!q->by_hand && !r->inbox)
		return -1;
	mg_str_putc(&members, '{');
	if (mg_run_members(r, &members, f) < 0) {
		mg_str_release(&members);
		return -1;
	}
	mg_seam_begin(&r->seam, (struct mg_sl){members.s + 1, members.len - 1});
	mg_str_release(&members);
	r->in.text = on_text;
	r->in.line = on_line;
	r->in.bad = on_bad;
	r->in.end = on_in_end;
	r->in.arg = r;
	return 0;
}

/* The question is asked, and input read, from the moment history is over. */
static void
listen(struct mg_run *r)
{
	const struct mg_common *c = &r->req->common;
	int mode = r->prompt && !c->input && isatty(STDIN_FILENO) ? MG_IN_NONE
								  : c->input;

	while (r->seam.phase == MG_SEAM_HISTORY && !r->signal)
		mg_loop_turn(r->loop);
	if (r->seam.phase == MG_SEAM_OPEN)
		mg_stdin_start(
			&r->in, r->loop, (enum mg_input)mode, c->stdin_wait_ms);
}

static void
go(struct mg_run *r)
{
	listen(r);
	while (r->seam.phase != MG_SEAM_OVER)
		mg_loop_turn(r->loop);
	mg_inbox_close(r->inbox);
	r->inbox = NULL;
	finish(r);
}

/* Not where a stream of events goes to the same terminal. */
static bool
draws(const struct mg_run *r)
{
	return isatty(STDERR_FILENO) && !r->req->quiet &&
		(r->form.output == MG_OUT_TEXT || !isatty(r->out_fd));
}

/* While we draw, what the stages say to people is drawn around. */
static void
catch_stderr(struct mg_run *r)
{
	if (!draws(r) || pipe2(r->stages_err, O_CLOEXEC) < 0)
		return;
	fcntl(r->stages_err[0], F_SETFL, O_NONBLOCK);
	r->procs.stderr_fd = r->stages_err[1];
	r->err_in.fd = r->stages_err[0];
	r->err_watch = (struct mg_watch){.fd = r->err_in.fd,
		.events = POLLIN,
		.fn = on_stage_err,
		.arg = r};
	mg_watch_add(r->loop, &r->err_watch);
}

static int
start_stages(struct mg_run *r, struct mg_fault *f)
{
	if (r->req->by_hand) {
		mg_seam_join(&r->seam, STDIN_FILENO, STDOUT_FILENO);
		return 0;
	}
	catch_stderr(r);
	r->procs.run = r->dir.name;
	if (mg_procs_start(&r->procs, f) < 0)
		return -1;
	if (r->procs.stderr_fd)
		close(r->procs.stderr_fd);
	mg_seam_join(&r->seam, r->procs.last, r->procs.first);
	r->begun = true;
	return 0;
}

static void
announce(struct mg_run *r)
{
	struct mg_str text = MG_STR(64 << 10);

	mg_str_fmt(&text, "LOG: %s\nSTATUS: %s\nANSWER: %s\n", r->dir.log,
		r->dir.status, r->dir.answer);
	put(r, mg_str_as_sl(&text));
	mg_str_release(&text);
}

/* Events go to standard output; where that is the ring's, to a file. */
static int
open_output(struct mg_run *r, struct mg_fault *f)
{
	const struct mg_run_req *q = r->req;
	int form = q->common.output ? q->common.output
		: q->automation	    ? MG_OUT_TEXT
		: q->by_hand	    ? MG_OUT_NDJSON
				    : MG_OUT_AUTO;

	r->out_fd = STDOUT_FILENO;
	if (q->by_hand)
		r->out_fd = open(q->events ? q->events : "/dev/null",
			O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (r->out_fd < 0)
		return mg_fail(f, MG_E_OUTPUT, "unable to write %s: %s",
			q->events, strerror(errno));
	r->form = (struct mg_form){
		.outcome = "result", .show = show, .put = put, .arg = r};
	return mg_form_init(&r->form, form, q->common.query, f);
}

static int
prepare(struct mg_run *r, struct mg_fault *f)
{
	const struct mg_run_req *q = r->req;

	if (open_output(r, f) < 0 || mg_run_plan(r, f) < 0)
		return -1;
	r->loop = mg_loop_new();
	mg_loop_signals(r->loop, on_signal, r);
	mg_loop_before(r->loop, before_turn, r);
	mg_spool_init(&r->out, r->loop, r->out_fd, r->dir.path);
	if (q->automation)
		announce(r);
	r->face = mg_face_new(&(struct mg_face_req){.loop = r->loop,
		.dir = &r->dir,
		.live = draws(r),
		.files = true});
	r->grace = (struct mg_timer){.fn = mg_run_grace, .arg = r};
	r->rest = (struct mg_timer){.fn = on_rest, .arg = r};
	return open_seam(r, f);
}

static int
run(struct mg_run *r, struct mg_fault *f)
{
	const struct mg_run_req *q = r->req;

	if (prepare(r, f) < 0)
		return -1;
	if (q->resume && !q->question && mg_seam_finished(&r->seam))
		return tell_again(r, f);
	if (start_stages(r, f) < 0 || begin(r, f) < 0) {
		mg_procs_end(&r->procs);
		return -1;
	}
	go(r);
	return 0;
}

static int
status_of(struct mg_run *r)
{
	if (r->out.out.error) {
		mg_warn("unable to write: %s", strerror(r->out.out.error));
		return EX_IOERR;
	}
	if (r->signal)
		return 128 + r->signal;
	if (r->blamed && r->status)
		return r->status;
	return mg_worse(r->seam.status, r->form.status);
}

static void
release(struct mg_run *r)
{
	mg_face_free(r->face);
	mg_inbox_close(r->inbox);
	if (r->loop) {
		mg_stdin_stop(&r->in);
		mg_seam_release(&r->seam);
		mg_spool_release(&r->out);
	}
	mg_stdin_release(&r->in);
	mg_lines_release(&r->err_in);
	mg_procs_release(&r->procs);
	mg_map_release(&r->names);
	free(r->prompt);
	mg_form_release(&r->form);
	if (r->opened)
		mg_rundir_close(&r->dir);
	mg_loop_free(r->loop);
}

int
mg_run(const struct mg_run_req *req)
{
	struct mg_run r = {.req = req, .dir = {.fd = -1}};
	struct mg_fault f = {0};
	int status;

	if (run(&r, &f) < 0) {
		mg_fault_print(&f);
		status = mg_code_exit(f.code);
	} else {
		status = status_of(&r);
	}
	if (r.gone) {
		release(&r);
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	release(&r);
	return status;
}
