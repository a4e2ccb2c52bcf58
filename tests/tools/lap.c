/*
 * lap - how long an event takes round a ring, and how many a ring carries
 *
 *   lap --plain N [--bytes BYTES] [--laps LAPS]
 *	N filters, each a read(2) and a write(2) and nothing else, whose ends
 *	are joined. The first of them sends a line, waits until it is back,
 *	sends the next; LAPS (2000) times. Prints "MEDIAN P99" in microseconds.
 *
 *   lap --laps LAPS [--bytes BYTES] [OPTION ...]
 *	The same as a stage of a ring, beside others and the seam: it takes the
 *	`task`, sends `ping` events of so many bytes (300), one after the other,
 *	and the task's `result` has the same text.
 *
 *   lap --deltas N [OPTION ...]
 *	A stage that takes the `task` and says N deltas, as fast as they can be
 *	written, then the `result`: "MS CPU GAP", the milliseconds that it took,
 *	its own processor time, and for how long at most it could write none.
 *
 *   lap [OPTION ...]
 *	A stage that lets everything pass.
 *
 * A stage's name is that by which it is called.
 */
#include "base/clock.h"
#include "event/filter.h"

#include <signal.h>
#include <sys/prctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WARM 50 /* laps that are not counted */
#define PIECE 64 /* deltas between two looks at the loop */

struct lap {
	struct mg_common common;
	struct mg_filter *f;
	struct mg_timer timer;
	int64_t plain, bytes, laps, deltas;
	int64_t done; /* laps or deltas */
	double *us; /* of each lap */
	char *fill;
	double sent, begun, last, gap;
	struct mg_str id; /* raw, of the task */
};

static double
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* "MEDIAN P99" of the laps that count. */
static void
put_times(double *us, int64_t n, char *buf, size_t size)
{
	size_t count = (size_t)(n - WARM);

	us += WARM;
	qsort(us, count, sizeof(*us), by_value);
	snprintf(buf, size, "%.1f %.1f", us[count / 2], us[count * 99 / 100]);
}

/* --- plain filters ---------------------------------------------------------- */

static bool
write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t w = write(fd, p, n);

		if (w < 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

/* A child of the ring, which ends with it. */
static bool
is_child(void)
{
	if (fork() != 0)
		return false;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return true;
}

static void
plain_filter(int in, int out)
{
	static char buf[256 << 10];
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (!write_all(out, buf, (size_t)n))
			break;
	_exit(0);
}

/*
 * The first filter. A line longer than a pipe is read while it is written, so
 * a copy of us reads, and tells by a byte what is back.
 */
static void
plain_lap(const struct lap *l, int in, int out)
{
	char *line = l->fill, text[100], byte;
	static char buf[256 << 10];
	int back[2];

	line[l->bytes - 1] = '\n';
	if (pipe(back) < 0)
		exit(71);
	if (l->bytes > 32 << 10 && is_child()) {
		ssize_t n;

		while ((n = read(in, buf, sizeof(buf))) > 0)
			if (buf[n - 1] == '\n' && write(back[1], "", 1) < 0)
				break;
		_exit(0);
	}
	for (int64_t i = 0; i < l->laps; i++) {
		double begin = now_us();
		ssize_t n = 1;

		if (!write_all(out, line, (size_t)l->bytes))
			exit(71);
		if (l->bytes > 32 << 10)
			n = read(back[0], &byte, 1);
		else
			for (int64_t got = 0; got < l->bytes && n > 0; got += n)
				n = read(in, buf, sizeof(buf));
		if (n <= 0)
			exit(71);
		l->us[i] = now_us() - begin;
	}
	put_times(l->us, l->laps, text, sizeof(text));
	puts(text);
}

static int
plain_ring(const struct lap *l)
{
	int first[2], in, fds[2];

	if (pipe(first) < 0)
		return 71;
	in = first[0];
	for (int64_t i = 1; i < l->plain; i++) {
		if (pipe(fds) < 0)
			return 71;
		if (is_child()) {
			close(first[1]);
			close(fds[0]);
			plain_filter(in, fds[1]);
		}
		close(in);
		close(fds[1]);
		in = fds[0];
	}
	plain_lap(l, in, first[1]);
	return 0;
}

/* --- a stage ---------------------------------------------------------------- */

static void
say_result(struct lap *l, const char *text)
{
	struct mg_str *o = mg_emit(l->f, "result");

	mg_json_mraw(o, "id", mg_str_as_sl(&l->id));
	mg_json_ms(o, "status", "done");
	mg_json_ms(o, "content", text);
	mg_sent(l->f);
	mg_close(l->f);
}

static void
ping(struct lap *l)
{
	struct mg_str *o = mg_emit(l->f, "ping");

	mg_json_mi(o, "n", l->done);
	mg_json_m(o, "content", (struct mg_sl){l->fill, (size_t)l->bytes - 90});
	l->sent = now_us();
	mg_sent(l->f);
}

static void
on_ping(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct lap *l = state;
	char text[100];

	if (!e->own || e->past)
		return;
	l->us[l->done++] = now_us() - l->sent;
	if (l->done < l->laps) {
		ping(l);
		return;
	}
	put_times(l->us, l->laps, text, sizeof(text));
	say_result(l, text);
}

static double
cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Deltas, as long as somebody takes them. */
static void
on_time(void *arg)
{
	struct lap *l = arg;
	double now = now_us();
	char text[100];

	if (now - l->last > l->gap)
		l->gap = now - l->last;
	l->last = now;

	for (int i = 0; i < PIECE && l->done < l->deltas; i++, l->done++) {
		struct mg_str *o = mg_emit(l->f, "delta");

		mg_json_mraw(o, "id", mg_str_as_sl(&l->id));
		mg_json_ms(o, "agent", "a");
		mg_json_mi(o, "turn", 1);
		mg_json_ms(o, "content", " word");
		mg_sent(l->f);
	}
	if (l->done < l->deltas) {
		mg_timer_set(mg_filter_loop(l->f), &l->timer, mg_now());
		return;
	}
	snprintf(text, sizeof(text), "%.1f %.1f %.1f",
		(now_us() - l->begun) / 1e3, cpu_ms(), l->gap / 1e3);
	say_result(l, text);
}

static void
on_task(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct lap *l = state;

	if (e->taken || e->past)
		return;
	mg_take(f, e);
	mg_open(f);
	l->f = f;
	l->begun = l->last = now_us();
	mg_str_sl(&l->id, mg_json_get(e->raw, "id"));
	if (l->laps)
		ping(l);
	else
		mg_timer_set(mg_filter_loop(f), &l->timer, mg_now());
}

/* The reader is behind: no more before it has read. */
static void
hold(struct mg_filter *f, void *state, bool pause)
{
	struct lap *l = state;

	if (!l->f || l->done == l->deltas)
		return;
	if (pause)
		mg_timer_del(mg_filter_loop(f), &l->timer);
	else
		mg_timer_set(mg_filter_loop(f), &l->timer, mg_now());
}

static const struct mg_on on[] = {
	{"task", on_task},
	{"ping", on_ping, .own = true},
	{0},
};

static const struct mg_on nothing[] = {{0}};

static const struct mg_opt options[] = {
	MG_COMMON_OPTIONS(struct lap, common),
	{0, "bytes", "N", "the length of an event", MG_OPT_INT,
		offsetof(struct lap, bytes), 100, 15 << 20},
	{0, "deltas", "N", "so many at once", MG_OPT_INT,
		offsetof(struct lap, deltas), 1, 1000000000},
	{0, "laps", "N", "so many times round", MG_OPT_INT,
		offsetof(struct lap, laps), WARM * 2, 10000000},
	{0, "plain", "N", "a ring of plain filters", MG_OPT_INT,
		offsetof(struct lap, plain), 1, 100},
	{0},
};

int
main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	const char *name = slash ? slash + 1 : argv[0];
	struct mg_cmd cmd = {.name = name,
		.summary = "a lap round a ring",
		.usage = "[OPTION ...]",
		.opts = options};
	struct mg_stage stage = {.name = name,
		.on = nothing,
		.pause = hold,
		.outcome = "result"};
	struct lap l = {.bytes = 300, .id = MG_STR(4096)};
	struct mg_list args = {0};
	int status = mg_cmd_begin(&cmd, &l, argc, argv, &args);

	mg_list_release(&args);
	if (status >= 0)
		return status;
	if (l.laps || l.deltas)
		stage.on = on;
	if (l.plain && !l.laps)
		l.laps = 2000;
	l.timer = (struct mg_timer){.fn = on_time, .arg = &l};
	l.fill = mg_xcalloc((size_t)l.bytes, 1);
	memset(l.fill, 'x', (size_t)l.bytes);
	l.us = mg_xcalloc((size_t)l.laps + 1, sizeof(*l.us));
	status = l.plain ? plain_ring(&l)
			 : mg_stage_main(&stage, &l, &l.common);
	free(l.us);
	free(l.fill);
	mg_str_release(&l.id);
	return status;
}
