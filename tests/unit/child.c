/* child.c - a program whose standard input is fed. */
#include "io/child.h"
#include "tap.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)

struct run {
	struct mg_loop *loop;
	struct mg_child *child;
	struct mg_timer tick;
	char words[256]; /* the first of what it said */
	size_t said;
	uint64_t sum; /* of the bytes it said, by their place */
	int status;
	struct mg_str tail;
	bool ended;
};

static uint64_t
sum(uint64_t from, const char *p, size_t n, size_t at)
{
	for (size_t i = 0; i < n; i++)
		from += (unsigned char)p[i] * (uint64_t)(at + i + 1);
	return from;
}

static void
on_data(void *arg, const char *p, size_t n)
{
	struct run *r = arg;

	for (size_t i = 0; i < n && r->said + i < sizeof(r->words) - 1; i++)
		r->words[r->said + i] = p[i];
	r->sum = sum(r->sum, p, n, r->said);
	r->said += n;
}

static void
on_end(void *arg, const struct mg_child_end *end)
{
	struct run *r = arg;
	struct mg_fault f;

	r->status = end->status;
	mg_child_fault(end, "it", &f);
	mg_str_puts(&r->tail, f.message);
	r->ended = true;
}

static void
on_signal(void *arg, int sig)
{
	if (sig == SIGCHLD)
		mg_child_reap();
}

static void
on_tick(void *arg)
{
}

static void
begin(struct run *r, const char *script, const char *input)
{
	char sh[] = "sh", dash_c[] = "-c", *text = mg_xstrdup(script);
	char *argv[] = {sh, dash_c, text, NULL};
	struct mg_fault f;

	*r = (struct run){.loop = mg_loop_new(), .tick = {.fn = on_tick}};
	mg_loop_signals(r->loop, on_signal, r);
	r->child = mg_child_start(r->loop,
		&(struct mg_child_req){.argv = argv,
			.feed = true,
			.show_stderr = true,
			.input = mg_sl_of(input),
			.on_data = on_data,
			.on_end = on_end,
			.arg = r},
		&f);
	free(text);
}

/* Turns for so long, or until it has ended. */
static void
turns(struct run *r, size_t n)
{
	while (n-- && !r->ended) {
		mg_timer_set(r->loop, &r->tick, 0);
		mg_loop_turn(r->loop);
	}
}

static void
finish(struct run *r)
{
	mg_loop_run(r->loop, &r->ended);
	mg_timer_del(r->loop, &r->tick);
	mg_loop_free(r->loop);
	mg_str_release(&r->tail);
}

static void
echo(void)
{
	struct run r;

	begin(&r, "cat", "one ");
	mg_child_write(r.child, "two ", 4);
	while (r.said < 8)
		mg_loop_turn(r.loop);
	mg_child_write(r.child, "three", 5);
	mg_child_eof(r.child);
	mg_child_eof(r.child);
	mg_child_write(r.child, "late", 4);
	mg_loop_run(r.loop, &r.ended);
	is_str(r.words, "one two three", "input, what is fed, and its end");
	ok(r.status == 0 && !mg_child_count(), "and it has ended");
	finish(&r);
}

static void
much(void)
{
	struct run r;
	char *block = mg_xmalloc(MIB);
	uint64_t want = 0;
	struct mallinfo2 before = mallinfo2(), after;

	for (size_t i = 0; i < MIB; i++)
		block[i] = (char)(i * 31 ^ i >> 7);
	begin(&r, "sleep 0.2; cat", NULL);
	for (size_t i = 0; i < 64; i++) {
		mg_child_write(r.child, block, MIB);
		want = sum(want, block, MIB, i * MIB);
	}
	after = mallinfo2();
	ok(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd <
			4 * MIB,
		"64 MiB wait, but not in memory");
	mg_child_eof(r.child);
	mg_loop_run(r.loop, &r.ended);
	ok(r.said == 64 * MIB && r.sum == want, "all of it, in order");
	finish(&r);
	free(block);
}

static void
deaf(void)
{
	struct run r;
	char *block = mg_xcalloc(1, MIB);

	begin(&r, "head -c 3; exec <&-; sleep 0.1; echo .", "abcdef");
	while (r.said < 3)
		mg_loop_turn(r.loop);
	for (size_t i = 0; i < 4; i++) {
		mg_child_write(r.child, block, MIB);
		turns(&r, 10);
	}
	mg_child_eof(r.child);
	mg_loop_run(r.loop, &r.ended);
	is_str(r.words, "abc.\n", "a program that has closed its input");
	ok(r.status == 0, "is no error");
	finish(&r);

	begin(&r, "trap '' TERM; sleep 60 & echo here; wait; wait", NULL);
	mg_child_write(r.child, block, MIB);
	mg_child_write(r.child, block, MIB);
	mg_child_eof(r.child);
	while (!r.said)
		mg_loop_turn(r.loop);
	turns(&r, 100);
	ok(!r.ended, "a program that never reads, is still there");
	mg_child_kill(r.child, SIGKILL);
	mg_loop_run(r.loop, &r.ended);
	ok(WIFSIGNALED(r.status) && WTERMSIG(r.status) == SIGKILL,
		"until it is killed");
	is_str(r.words, "here\n", "what it said is not lost");
	is_str(r.tail.s, "it was ended by signal 9", "and the fault says so");
	finish(&r);
	free(block);
}

/* Our standard error is a full pipe: the program waits, and we do not. */
static void
errors(void)
{
	struct run r;
	int saved = dup(STDERR_FILENO), fds[2];
	char buf[65536];
	size_t got = 0;
	ssize_t n;

	if (pipe2(fds, O_CLOEXEC) < 0)
		abort();
	dup2(fds[1], STDERR_FILENO);
	begin(&r, "head -c 500000 /dev/zero >&2; echo end >&2; exit 3", NULL);
	mg_child_eof(r.child);
	turns(&r, 2000);
	ok(!r.ended, "standard error that nobody reads holds the program");
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	while (!r.ended) {
		turns(&r, 1);
		while ((n = read(fds[0], buf, sizeof(buf))) > 0)
			got += (size_t)n;
	}
	dup2(saved, STDERR_FILENO);
	ok(got == 500004, "all of it goes on");
	ok(strstr(r.tail.s, "it ended with status 3: ") != NULL, "status");
	finish(&r);
	close(fds[0]);
	close(fds[1]);
	close(saved);
}

int
main(void)
{
	echo();
	much();
	deaf();
	errors();
	return done();
}
