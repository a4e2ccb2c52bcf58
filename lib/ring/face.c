#include "ring/face.h"

#include "base/screen.h"
#include "event/json.h"
#include "io/out.h"
#include "ring/draw.h"
#include "ring/log.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define DRAW_MS 100 /* from one frame to the next */
#define ASIDE_MS 300 /* for another's words, before lines come back */
#define CLOCK_MS 1000 /* how often the time that something takes is shown */
#define FILES_MS 500
#define FLUSH_MS 1000 /* at the end, for what a terminal has not taken */
#define WAITING_MAX ((size_t)4 << 20) /* said, and not yet taken (bytes) */
#define CLEAR "\r\033[J"

struct mg_face {
	struct mg_loop *loop;
	const struct mg_rundir *dir;
	struct mg_progress progress;
	struct mg_out err;
	struct mg_timer draw, files;
	int64_t drawn_ms, written_ms;
	uint64_t drawn, written; /* progress.changes then */
	size_t dropped; /* lines that nobody took */
	bool live, colour, up; /* up: our lines stand on the terminal */
	bool stands; /* they have been left there, and nothing is open */
	bool keeps, answer_due, complained, over;
};

/* --- the lines --- */

static void
add(struct mg_face *f, struct mg_sl text)
{
	mg_out_add(&f->err, text.p, text.n);
}

static void
take_down(struct mg_face *f)
{
	if (f->up)
		add(f, MG_SL(CLEAR));
	f->up = false;
}

/* Lines do not wrap while they are drawn, whatever a font makes of them. Those
 * that stay are left behind, as any other output. */
static void
put_up(struct mg_face *f, bool stay)
{
	struct mg_draw_req req = {.colour = f->colour, .now_ms = mg_now()};
	struct mg_str s = MG_STR(0);
	size_t lines;

	mg_screen_size(STDERR_FILENO, &req.columns, &req.rows);
	take_down(f);
	mg_str_puts(&s, "\033[?7l");
	lines = mg_draw(&f->progress, &req, &s);
	mg_str_puts(&s, "\033[?7h\r");
	if (stay)
		mg_str_puts(&s, "\n");
	else if (lines > 1)
		mg_str_fmt(&s, "\033[%zuA", lines - 1);
	add(f, mg_str_as_sl(&s));
	mg_str_release(&s);
	f->up = !stay;
	f->stands = stay;
	f->drawn = f->progress.changes;
	f->drawn_ms = req.now_ms;
}

static bool
anybody_active(const struct mg_progress *p)
{
	for (size_t i = 0; i < p->agents.n; i++) {
		const struct mg_progress_agent *a = p->agents.e[i].value;

		if (mg_agent_is_active(a->state))
			return true;
	}
	return false;
}

/* When the next frame is due, if one is; a nearer one is left alone. */
static void
plan_frame(struct mg_face *f, int64_t wait_ms)
{
	int64_t due = f->drawn_ms + wait_ms;

	if (f->live && !f->stands && (!f->draw.at || f->draw.due > due))
		mg_timer_set(f->loop, &f->draw, due);
}

static void
on_frame(void *arg)
{
	struct mg_face *f = arg;

	/* A terminal that takes nothing gets no more to take. */
	if (mg_out_waiting(&f->err)) {
		f->drawn_ms = mg_now();
		plan_frame(f, DRAW_MS);
		return;
	}
	put_up(f, false);
	mg_out_arm(&f->err);
	if (anybody_active(&f->progress))
		plan_frame(f, CLOCK_MS);
}

void
mg_face_say(struct mg_face *f, struct mg_sl line)
{
	struct mg_str safe = MG_STR(0);

	if (mg_out_waiting(&f->err) > WAITING_MAX) {
		f->dropped++;
		return;
	}
	if (line.n && line.p[line.n - 1] == '\n')
		line.n--;
	take_down(f);
	if (f->live) {
		mg_screen_text(&safe, line);
		line = mg_str_as_sl(&safe);
	}
	add(f, line);
	add(f, f->live ? MG_SL("\r\n") : MG_SL("\n"));
	mg_str_release(&safe);
	plan_frame(f, DRAW_MS);
	mg_out_arm(&f->err);
}

void
mg_face_aside(struct mg_face *f)
{
	if (!f->up)
		return;
	take_down(f);
	mg_out_arm(&f->err);
	f->drawn_ms = mg_now();
	mg_timer_del(f->loop, &f->draw);
	plan_frame(f, ASIDE_MS);
}

/* The last state stands; once is enough. */
static void
stand(struct mg_face *f)
{
	mg_timer_del(f->loop, &f->draw);
	if (f->live && !f->stands && !mg_out_waiting(&f->err))
		put_up(f, true);
	f->stands = true;
	mg_out_arm(&f->err);
}

/* A result is likely to be shown on the same terminal now: the lines go, or
 * stand above it where it is the last. */
static void
make_room(struct mg_face *f)
{
	if (f->progress.results < f->progress.tasks)
		mg_face_aside(f);
	else
		stand(f);
}

/* --- the files --- */

static void
complain(struct mg_face *f, const char *file)
{
	struct mg_str s = MG_STR(4096);

	if (!f->complained)
		mg_str_fmt(&s, "%s: warning: unable to write %s: %s", mg_prog,
			file, strerror(errno));
	if (!f->complained)
		mg_face_say(f, mg_str_as_sl(&s));
	mg_str_release(&s);
	f->complained = true;
}

static void
write_answer(struct mg_face *f)
{
	struct mg_sl content = mg_json_get(
		mg_str_as_sl(&f->progress.result), "content");
	struct mg_str text = MG_STR(0);

	f->answer_due = false;
	if (mg_json_text(content, &text)) {
		if (text.len && text.s[text.len - 1] != '\n')
			mg_str_putc(&text, '\n');
		if (!mg_rundir_put(f->dir, f->dir->answer, mg_str_as_sl(&text)))
			complain(f, f->dir->answer);
	}
	mg_str_release(&text);
}

static void
write_files(struct mg_face *f)
{
	struct mg_str s = MG_STR(SIZE_MAX / 2);

	if (f->answer_due)
		write_answer(f);
	mg_progress_json(&f->progress, &s);
	mg_str_putc(&s, '\n');
	if (!mg_rundir_put(f->dir, f->dir->status, mg_str_as_sl(&s)))
		complain(f, f->dir->status);
	mg_str_release(&s);
	f->written = f->progress.changes;
	f->written_ms = mg_now();
}

static void
on_files(void *arg)
{
	write_files(arg);
}

/* --- events --- */

void
mg_face_event(struct mg_face *f, const struct mg_event *e)
{
	size_t results = f->progress.results;

	if (f->over)
		return;
	mg_progress_event(&f->progress, e);
	if (mg_event_is(e, "result"))
		make_room(f);
	else if (f->progress.tasks > f->progress.results)
		f->stands = false;
	if (f->keeps && f->progress.results != results) {
		f->answer_due = true;
		write_files(f);
	}
	if (f->progress.changes != f->drawn)
		plan_frame(f, DRAW_MS);
	if (f->keeps && f->progress.changes != f->written && !f->files.at)
		mg_timer_set(f->loop, &f->files, f->written_ms + FILES_MS);
}

/* What a run that is gone on with has behind it. */
static void
on_history(void *arg, const struct mg_event *e)
{
	struct mg_face *f = arg;
	size_t results = f->progress.results;

	mg_progress_event(&f->progress, e);
	f->answer_due = f->answer_due || f->progress.results != results;
}

static void
after_poll(void *arg)
{
	mg_out_arm(arg);
}

struct mg_face *
mg_face_new(const struct mg_face_req *req)
{
	const char *term = getenv("TERM");
	struct mg_face *f = mg_xcalloc(1, sizeof(*f));

	f->loop = req->loop;
	f->dir = req->dir;
	f->live = req->live && !(term && strcmp(term, "dumb") == 0);
	f->keeps = req->files && req->dir && req->dir->path;
	f->colour = f->live && mg_screen_colour(STDERR_FILENO);
	f->draw = (struct mg_timer){.fn = on_frame, .arg = f};
	f->files = (struct mg_timer){.fn = on_files, .arg = f};
	mg_out_init(&f->err, f->loop, STDERR_FILENO);
	f->err.after = after_poll;
	f->err.after_arg = &f->err;
	if (req->dir && req->dir->name)
		f->progress.run = mg_xstrdup(req->dir->name);
	if (f->keeps) {
		mg_log_each(f->dir->fd, on_history, f, NULL);
		write_files(f);
	}
	return f;
}

/* Gives a slow terminal its time, but not for ever. */
static void
flush(struct mg_face *f)
{
	struct pollfd p = {.fd = f->err.fd, .events = POLLOUT};
	int64_t due = mg_now() + FLUSH_MS, left;

	for (;;) {
		mg_out_arm(&f->err);
		left = due - mg_now();
		if (!mg_out_waiting(&f->err) || f->err.gone || f->err.error ||
			left <= 0)
			return;
		if (poll(&p, 1, (int)left) > 0 && !f->err.own)
			f->err.watch.fn(&f->err, p.revents);
	}
}

void
mg_face_end(struct mg_face *f)
{
	if (f->over)
		return;
	mg_timer_del(f->loop, &f->files);
	if (f->keeps)
		write_files(f);
	f->over = true;
	stand(f);
	flush(f);
	if (f->dropped)
		mg_warn("%zu lines of diagnostics were left out: nobody read "
			"them",
			f->dropped);
}

void
mg_face_free(struct mg_face *f)
{
	if (!f)
		return;
	mg_timer_del(f->loop, &f->draw);
	mg_timer_del(f->loop, &f->files);
	take_down(f);
	flush(f);
	mg_out_release(&f->err);
	mg_progress_release(&f->progress);
	free(f);
}
