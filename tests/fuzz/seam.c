/*
 * seam.c - fuzzes the seam: any lines from the ring's end and from people,
 * in a ring whose stages pass on whatever they get. A line of the input is
 * one of the ring's end; or, behind `<`, one of a person; `?` and a question;
 * `*`: the ring's first line is lost; `=`: it comes twice.
 *
 * What must hold for any input: what is logged is one event a line, stamped
 * once; standard output is the log and the deltas; nothing circulates; a run
 * whose tasks have their results ends by itself, and any other when it is
 * stopped; `end` is said once, and is last.
 */
#include "ring/seam.h"

#include "event/json.h"
#include "io/loop.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define QUIET 3 /* turns without a word */
#define TURNS \
	4000 /* more than any input needs, but for a ring that never rests */

struct ring {
	struct mg_loop *loop;
	struct mg_seam seam;
	int to_seam, from_seam, log;
	struct mg_str first, back, printed; /* bytes that wait; said so far */
	bool takes, lose, twice, broken, closed;
	size_t quiet, turns;
};

static void
need(bool holds, const char *what)
{
	if (holds)
		return;
	dprintf(2, "does not hold: %s\n", what);
	abort();
}

/* --- hooks --- */

static void
on_print(void *arg, struct mg_sl line)
{
	struct ring *r = arg;
	struct mg_event e;

	need(line.n && line.p[line.n - 1] == '\n', "whole lines are printed");
	need(mg_event_look(&e, line, false, NULL) == 0, "of events");
	if (!mg_event_is(&e, "delta"))
		mg_str_sl(&r->printed, line);
}

static void
on_answered(void *arg, uint64_t client, const struct mg_fault *f)
{
}

static void
on_broken(void *arg, bool stalled)
{
	struct ring *r = arg;
	struct mg_fault f = {0};

	r->broken = true;
	mg_fail(&f, MG_E_STAGE, "broken");
	mg_seam_fail(&r->seam, &f);
}

static void
on_last_words(void *arg)
{
}

static bool
before(void *arg)
{
	struct ring *r = arg;

	mg_seam_before(&r->seam);
	return true; /* never wait */
}

/* --- the ring --- */

/* One line, as the stages pass it on. */
static void
pass(struct ring *r, struct mg_sl line)
{
	struct mg_event e;
	bool takes = r->takes && mg_event_look(&e, line, true, NULL) == 0 &&
		(mg_event_is(&e, "task") || mg_event_is(&e, "note"));

	for (int i = 0; i < 1 + r->twice && !r->lose; i++) {
		mg_str_add(&r->back, line.p, takes ? line.n - 1 : line.n);
		mg_str_puts(
			&r->back, takes ? ",\"taken\":\"mg-vote\"}\n" : "\n");
	}
	r->lose = r->twice = false;
}

static void
stages(struct ring *r)
{
	char buf[65536];
	const char *nl;
	ssize_t n;

	while ((n = read(r->from_seam, buf, sizeof(buf))) > 0) {
		mg_str_add(&r->first, buf, (size_t)n);
		r->quiet = 0;
	}
	while (r->first.len && (nl = memchr(r->first.s, '\n', r->first.len))) {
		n = nl - r->first.s;
		pass(r, (struct mg_sl){r->first.s, (size_t)n});
		mg_str_drop(&r->first, (size_t)n + 1);
	}
	if (r->closed)
		mg_str_clear(&r->back);
	n = r->back.len ? write(r->to_seam, r->back.s, r->back.len) : 0;
	if (n > 0)
		mg_str_drop(&r->back, (size_t)n);
	if (!r->seam.first_open && !r->back.len && !r->closed) {
		r->closed = true;
		close(r->to_seam);
	}
}

static void
turn(struct ring *r)
{
	stages(r);
	if (r->seam.phase != MG_SEAM_OVER)
		mg_loop_turn(r->loop);
	r->quiet++;
	need(r->turns++ < TURNS, "a ring that gets nothing comes to rest");
}

static void
settle(struct ring *r)
{
	do
		turn(r);
	while (r->quiet < QUIET || r->back.len);
}

static void
one_line(struct ring *r, struct mg_sl line)
{
	struct mg_sl rest = {line.p + 1, line.n - 1};
	struct mg_str copy = MG_STR(0);
	struct mg_fault f;

	switch (line.p[0]) {
	case '<':
		mg_str_sl(&copy, rest);
		if (copy.len &&
			mg_json_check(copy.s, copy.len, NULL, NULL) >= 0 &&
			mg_json_kind(mg_str_as_sl(&copy)) == '{')
			mg_seam_user(&r->seam, mg_sl_trim(mg_str_as_sl(&copy)),
				0, &f);
		break;
	case '?':
		if (r->seam.phase == MG_SEAM_OPEN)
			mg_seam_ask(&r->seam, rest);
		break;
	case '*':
		r->lose = true;
		break;
	case '=':
		r->twice = true;
		break;
	default:
		mg_str_sl(&r->back, line);
		mg_str_putc(&r->back, '\n');
		break;
	}
	mg_str_release(&copy);
	r->quiet = 0;
}

/* --- what must hold --- */

static size_t
count(struct mg_sl s, const char *what)
{
	size_t n = 0;
	const char *at;

	while ((at = memmem(s.p, s.n, what, strlen(what)))) {
		n++;
		s.n -= (size_t)(at + 1 - s.p);
		s.p = at + 1;
	}
	return n;
}

static void
judge_log(struct ring *r)
{
	struct mg_str log = MG_STR(0);
	struct mg_event e = {0};
	char buf[65536];
	bool end = false;
	ssize_t n;

	lseek(r->log, 0, SEEK_SET);
	while ((n = read(r->log, buf, sizeof(buf))) > 0)
		mg_str_add(&log, buf, (size_t)n);
	if (getenv("MG_FUZZ_SHOW"))
		dprintf(2, "log\n%sprinted\n%s", log.s, r->printed.s);
	need(mg_sl_eq(mg_str_as_sl(&log), mg_str_as_sl(&r->printed)),
		"the log is what is printed");
	for (struct mg_sl rest = mg_str_as_sl(&log); rest.n;) {
		const char *nl = memchr(rest.p, '\n', rest.n);
		struct mg_sl line;

		need(nl != NULL, "whole lines are logged");
		line = (struct mg_sl){rest.p, (size_t)(nl - rest.p)};
		rest.p += line.n + 1;
		rest.n -= line.n + 1;
		need(mg_event_look(&e, line, true, NULL) == 0, "of events");
		need(count(line, "Z\"}") >= 1, "with their time");
		need(!end, "`end` is last");
		end = mg_event_is(&e, "end") && mg_sl_is(e.by, "mg-run");
	}
	need(end, "there is an `end`");
	mg_str_release(&log);
}

static void
open_ring(struct ring *r)
{
	static const struct mg_seam_hooks hooks = {.print = on_print,
		.answered = on_answered,
		.broken = on_broken,
		.last_words = on_last_words};
	int back[2], first[2];

	if (pipe2(back, O_NONBLOCK | O_CLOEXEC) < 0 ||
		pipe2(first, O_NONBLOCK | O_CLOEXEC) < 0)
		abort();
	r->log = memfd_create("log", 0);
	r->to_seam = back[1];
	r->from_seam = first[0];
	r->loop = mg_loop_new();
	mg_loop_before(r->loop, before, r);
	mg_seam_init(&r->seam,
		&(struct mg_seam_req){.loop = r->loop,
			.log = r->log,
			.dir = "/tmp",
			.hooks = &hooks,
			.arg = r});
	mg_seam_join(&r->seam, back[0], first[1]);
	mg_seam_begin(&r->seam, MG_SL("\"run\":\"x\""));
}

static void
close_ring(struct ring *r)
{
	int in = r->seam.in.fd;

	mg_seam_release(&r->seam);
	mg_loop_free(r->loop);
	close(in);
	if (!r->closed)
		close(r->to_seam);
	close(r->from_seam);
	close(r->log);
	mg_str_release(&r->first);
	mg_str_release(&r->back);
	mg_str_release(&r->printed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ring r = {0};
	struct mg_sl rest;

	signal(SIGPIPE, SIG_IGN);
	if (!getenv("MG_FUZZ_STDERR"))
		mg_prog = NULL;
	if (size < 2)
		return 0;
	r.takes = data[0] & 1;
	rest = (struct mg_sl){(const char *)data + 1, size - 1};
	open_ring(&r);
	for (int i = 0; rest.n && i < 400; i++) {
		const char *nl = memchr(rest.p, '\n', rest.n);
		size_t n = nl ? (size_t)(nl - rest.p) : rest.n;

		if (n)
			one_line(&r, (struct mg_sl){rest.p, n});
		if (n && data[0] & 2)
			turn(&r);
		rest.p += n + (nl ? 1 : 0);
		rest.n -= n + (nl ? 1 : 0);
	}
	settle(&r);
	mg_seam_no_more(&r.seam);
	settle(&r);
	/* A result is owed, or a line was lost. */
	if (r.seam.phase != MG_SEAM_OVER)
		mg_seam_stop(&r.seam, "interrupted");
	settle(&r);
	need(r.seam.phase == MG_SEAM_OVER, "it ends");
	judge_log(&r);
	close_ring(&r);
	return 0;
}
