#include "ring/inline.h"

#include "event/event.h"
#include "event/json.h"
#include "io/child.h"
#include "io/lines.h"
#include "io/spool.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

struct wrap {
	const struct mg_ring_stage *opts;
	struct mg_loop *loop;
	struct mg_child *child; /* NULL: it has ended */
	struct mg_watch in;
	struct mg_lines lines; /* what it prints */
	struct mg_str made; /* lines that go on */
	struct mg_spool out;
	bool interrupted; /* SIGINT has been passed on */
	bool hurry; /* it was killed: nobody need read what waits */
	int status;
};

/* In place of a line that cannot go on. */
static void
too_long(struct wrap *w)
{
	struct mg_str *o = &w->made;
	struct mg_fault f;

	mg_fail(&f, MG_E_BAD_LINE, "%s printed a line beyond %zu MiB",
		w->opts->argv[0], MG_LINE_MAX >> 20);
	f.line = w->lines.number;
	mg_str_puts(o, "{\"type\":\"error\"");
	mg_json_ms(o, "by", w->opts->name);
	mg_json_ms(o, "code", mg_code_name(f.code));
	mg_json_ms(o, "message", f.message);
	mg_json_ms(o, "remedy", f.remedy);
	mg_json_mb(o, "retryable", mg_code_retryable(f.code));
	mg_json_mi(o, "line", (int64_t)f.line);
	mg_str_puts(o, "}\n");
	mg_fault_print(&f);
}

/* Signed behind its last member. */
static void
sign(struct wrap *w, struct mg_sl raw)
{
	size_t before = w->made.len;

	mg_str_sl(&w->made, mg_sl_trim((struct mg_sl){raw.p, raw.n - 1}));
	mg_json_ms(&w->made, "by", w->opts->name);
	mg_str_puts(&w->made, "}\n");
	if (w->made.len - before <= MG_LINE_MAX + 1)
		return;
	w->made.len = before;
	too_long(w);
}

static void
one_line(struct wrap *w, struct mg_sl line)
{
	struct mg_event e;
	struct mg_fault f;

	if (mg_event_look(&e, line, true, &f) == 0) {
		char *bytes = (char *)(uintptr_t)e.raw.p; /* in our buffer */

		if (e.lap && !e.past && mg_sl_is(e.by, w->opts->name))
			return; /* it has been round */
		if (!e.by.p && mg_json_check(bytes, e.raw.n, NULL, NULL) >= 0) {
			sign(w, e.raw);
			return;
		}
	}
	mg_str_sl(&w->made, line);
	mg_str_putc(&w->made, '\n');
}

static void
pass_lines(struct wrap *w)
{
	struct mg_sl line;
	enum mg_line r;

	while ((r = mg_lines_next(&w->lines, &line)) != MG_LINE_NONE) {
		if (r == MG_LINE)
			one_line(w, line);
		else
			too_long(w);
	}
	mg_spool_add(&w->out, w->made.s, w->made.len);
	if (w->made.cap > MG_OUT_SOFT)
		mg_str_release(&w->made);
	else
		mg_str_clear(&w->made);
}

static void
on_data(void *arg, const char *p, size_t n)
{
	struct wrap *w = arg;

	mg_lines_push(&w->lines, p, n);
	pass_lines(w);
}

static void
on_end(void *arg, const struct mg_child_end *end)
{
	struct wrap *w = arg;

	w->child = NULL;
	w->lines.eof = true;
	pass_lines(w);
	if (!w->status)
		w->status = WIFSIGNALED(end->status)
			? 128 + WTERMSIG(end->status)
			: WEXITSTATUS(end->status);
	mg_watch_del(w->loop, &w->in);
}

/* What cannot be kept would be swallowed: better no stage than such a one. */
static void
give_up(struct wrap *w, int err)
{
	if (!w->status)
		mg_warn("unable to keep what waits, so %s was killed: %s",
			w->opts->argv[0], strerror(err));
	w->status = EX_IOERR;
	if (w->child)
		mg_child_kill(w->child, SIGKILL);
}

static void
on_input(void *arg, short revents)
{
	struct wrap *w = arg;
	char buf[65536];
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));
	int err;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		mg_watch_del(w->loop, &w->in);
		mg_child_eof(w->child);
		return;
	}
	err = mg_child_write(w->child, buf, (size_t)n);
	if (err)
		give_up(w, err);
}

static void
on_signal(void *arg, int sig)
{
	struct wrap *w = arg;

	if (sig == SIGCHLD) {
		mg_child_reap();
		return;
	}
	if (sig == SIGINT && !w->interrupted) {
		w->interrupted = true;
		if (w->child)
			mg_child_kill(w->child, SIGINT);
		return;
	}
	w->hurry = true;
	w->status = 128 + sig;
	if (w->child)
		mg_child_kill(w->child, SIGKILL);
}

/* All that waited is written, or nobody is left to wait for. */
static bool
over(const struct wrap *w)
{
	return !w->child &&
		(!mg_spool_waiting(&w->out) || w->hurry || w->out.error);
}

static bool
before_turn(void *arg)
{
	struct wrap *w = arg;

	mg_spool_arm(&w->out);
	return over(w);
}

static void
reader_gone(struct wrap *w)
{
	if (w->child)
		mg_child_kill(w->child, SIGKILL);
	mg_loop_unblock();
	signal(SIGPIPE, SIG_DFL);
	raise(SIGPIPE);
}

static void
run(struct wrap *w)
{
	while (!over(w)) {
		int err = w->out.error ? w->out.error : w->out.out.error;

		if (w->out.out.gone)
			reader_gone(w);
		if (err)
			give_up(w, err);
		mg_loop_turn(w->loop);
	}
	if (w->out.out.gone)
		reader_gone(w);
	if (w->out.error || w->out.out.error)
		w->status = EX_IOERR;
}

int
mg_ring_inline(const struct mg_ring_stage *opts)
{
	struct wrap w = {
		.opts = opts, .lines = {.fd = -1}, .made.max = SIZE_MAX / 2};
	struct mg_fault f;

	w.loop = mg_loop_new();
	mg_loop_signals(w.loop, on_signal, &w);
	mg_loop_before(w.loop, before_turn, &w);
	w.child = mg_child_start(w.loop,
		&(struct mg_child_req){.argv = opts->argv,
			.feed = true,
			.spool = opts->spool,
			.show_stderr = true,
			.on_data = on_data,
			.on_end = on_end,
			.arg = &w},
		&f);
	if (!w.child) {
		mg_fault_print(&f);
		mg_loop_free(w.loop);
		return mg_code_exit(f.code);
	}
	mg_spool_init(&w.out, w.loop, STDOUT_FILENO, opts->spool);
	w.in = (struct mg_watch){.fd = STDIN_FILENO,
		.events = POLLIN,
		.fn = on_input,
		.arg = &w};
	mg_watch_add(w.loop, &w.in);
	run(&w);
	mg_spool_release(&w.out);
	mg_lines_release(&w.lines);
	mg_str_release(&w.made);
	mg_loop_free(w.loop);
	return w.status;
}
