/*
 * spool.c - what waits for a slow reader: order, memory, and what goes wrong.
 *
 * What is written is a count of 64-bit numbers, so that a byte lost, doubled
 * or moved shows at once.
 */
#include "io/spool.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)
#define WORDS (MIB / sizeof(uint64_t))

struct world {
	struct mg_loop *loop;
	struct mg_spool spool;
	struct mg_timer tick; /* so that no turn waits for ever */
	int fds[2];
	uint64_t written, read;
	bool good;
	uint64_t block[WORDS];
};

static void
on_tick(void *arg)
{
}

static struct world *
begin(void)
{
	struct world *w = mg_xcalloc(1, sizeof(*w));

	if (pipe2(w->fds, O_CLOEXEC) < 0)
		abort();
	fcntl(w->fds[0], F_SETFL, O_NONBLOCK);
	w->loop = mg_loop_new();
	w->good = true;
	w->tick = (struct mg_timer){.fn = on_tick};
	mg_spool_init(&w->spool, w->loop, w->fds[1], NULL);
	/* Ours, where the spool has one of its own, would hide its end. */
	if (w->spool.out.own)
		close(w->fds[1]);
	return w;
}

static void
finish(struct world *w)
{
	mg_timer_del(w->loop, &w->tick);
	mg_spool_release(&w->spool);
	mg_loop_free(w->loop);
	if (w->fds[0] >= 0)
		close(w->fds[0]);
	free(w);
}

static void
add(struct world *w, size_t n)
{
	for (size_t i = 0; i < n / sizeof(uint64_t); i++)
		w->block[i] = w->written++;
	mg_spool_add(&w->spool, w->block, n);
}

static void
turn(struct world *w)
{
	mg_timer_set(w->loop, &w->tick, 0);
	mg_spool_arm(&w->spool);
	mg_loop_turn(w->loop);
}

/* A pipe gives whole numbers: all that is written is a multiple of 8. */
static ssize_t
drain(struct world *w, size_t n)
{
	uint64_t buf[8192];
	ssize_t r = read(w->fds[0], buf, n < sizeof(buf) ? n : sizeof(buf));

	for (ssize_t i = 0; i < r / 8; i++)
		if (buf[i] != w->read++)
			w->good = false;
	return r;
}

static void
drain_all(struct world *w)
{
	while (mg_spool_waiting(&w->spool) && !w->spool.out.gone) {
		turn(w);
		while (drain(w, SIZE_MAX) > 0)
			;
	}
}

static int64_t
disk(const struct world *w)
{
	struct stat st;

	if (w->spool.file < 0 || fstat(w->spool.file, &st) < 0)
		return 0;
	return (int64_t)st.st_blocks * 512;
}

static size_t
memory(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static void
slow_reader(void)
{
	struct world *w = begin();
	size_t before = memory(), most = 0;
	int64_t full;

	for (size_t i = 0; i < 300; i++) {
		add(w, MIB);
		turn(w);
		drain(w, 8192);
		if (memory() - before > most)
			most = memory() - before;
	}
	ok(mg_spool_waiting(&w->spool) + w->read * 8 + 65536 >= 300 * MIB,
		"what waits is counted");
	full = disk(w);
	while (w->read * 8 < 200 * MIB) {
		turn(w);
		while (drain(w, SIZE_MAX) > 0)
			;
		if (memory() - before > most)
			most = memory() - before;
	}
	ok(full > (int64_t)(290 * MIB), "it waits in the file");
	ok(disk(w) < full / 2, "what has been read is given back");
	drain_all(w);
	ok(w->good && w->read == w->written, "300 MB in order");
	ok(disk(w) == 0, "a file that has been read is empty");
	if (!ok(most < 5 * MIB, "memory stays within a few MiB"))
		fprintf(stderr, "# %zu bytes\n", most);
	add(w, MIB);
	drain_all(w);
	ok(w->good && w->read == w->written, "and it goes on");
	finish(w);
}

/* Every mixture of small and large, of memory and file. */
static void
any_order(void)
{
	struct world *w = begin();
	unsigned seed = 1;

	for (size_t i = 0; i < 20000; i++) {
		seed = seed * 1103515245 + 12345;
		add(w, (seed >> 16) % (i % 100 ? 300 : 100000) / 8 * 8);
		if (seed >> 28 == 0)
			turn(w);
		if (seed >> 20 & 1)
			drain(w, 4096);
	}
	drain_all(w);
	ok(w->good && w->read == w->written, "pieces of any size, in order");
	finish(w);
}

static void
long_lines(void)
{
	struct world *w = begin();
	size_t before = memory(), n = 64 * MIB;
	char *big = mg_xcalloc(n, 1);

	before = memory();
	mg_spool_add(&w->spool, big, 16 * MIB);
	mg_spool_add(&w->spool, big, 16 * MIB);
	ok(memory() - before < 18 * MIB, "one long line waits in memory");
	while (mg_spool_waiting(&w->spool)) {
		turn(w);
		while (drain(w, SIZE_MAX) > 0)
			;
	}
	ok(memory() - before < 5 * MIB, "and its memory is given back");
	mg_spool_add(&w->spool, big, n);
	ok(memory() - before < 5 * MIB, "what is longer waits in the file");
	free(big);
	finish(w);
}

static void
reader_gone(void)
{
	struct world *w = begin();

	add(w, MIB);
	add(w, MIB);
	add(w, MIB);
	turn(w);
	ok(!w->spool.out.gone, "a reader that does not read is there");
	close(w->fds[0]);
	w->fds[0] = -1;
	turn(w);
	turn(w);
	ok(w->spool.out.gone && !w->spool.error, "a reader that has gone");
	add(w, MIB);
	turn(w);
	ok(!mg_spool_waiting(&w->spool) && !disk(w), "nothing is kept for it");
	finish(w);
	w = begin();
	close(w->fds[0]);
	w->fds[0] = -1;
	turn(w);
	turn(w);
	ok(w->spool.out.gone, "seen before anything is written");
	finish(w);
}

static void
disk_full(void)
{
	struct rlimit old, small;
	struct world *w = begin();
	uint64_t whole;

	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = 3 * MIB + MIB / 2;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	for (size_t i = 0; i < 4; i++)
		add(w, MIB);
	ok(!w->spool.error, "four MiB have room");
	whole = w->written;
	add(w, MIB);
	ok(w->spool.error == EFBIG, "the fifth has not");
	setrlimit(RLIMIT_FSIZE, &old);
	add(w, MIB);
	ok(w->spool.error == EFBIG, "and it stays so");
	drain_all(w);
	ok(w->good && w->read == whole, "what waited came whole, no more");
	finish(w);
}

static void
no_folder(void)
{
	struct mg_loop *l = mg_loop_new();
	struct mg_spool s;
	char *big = mg_xcalloc(2 * MIB, 1);
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		abort();
	mg_spool_init(&s, l, fds[1], "/nonexistent/folder");
	mg_spool_add(&s, big, 2 * MIB);
	ok(!s.error, "no file is made before it is needed");
	mg_spool_add(&s, big, 1);
	ok(s.error == ENOENT, "a folder that is not there");
	mg_spool_release(&s);
	close(fds[0]);
	close(fds[1]);
	free(big);
	mg_loop_free(l);
}

static void
no_descriptor(void)
{
	struct mg_loop *l = mg_loop_new();
	struct mg_spool s;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		abort();
	close(fds[0]);
	close(fds[1]);
	mg_spool_init(&s, l, fds[1], NULL);
	mg_spool_add(&s, "x", 1);
	mg_spool_arm(&s);
	mg_loop_turn(l);
	mg_spool_arm(&s);
	ok(s.out.gone && !mg_spool_waiting(&s), "a descriptor that is closed");
	mg_spool_release(&s);
	mg_loop_free(l);
}

/* A line that leaves at once costs no turn. */
static void
at_once(void)
{
	struct world *w = begin();

	add(w, 64);
	mg_spool_arm(&w->spool);
	ok(w->spool.out.own && !mg_spool_waiting(&w->spool) &&
			drain(w, 64) == 64,
		"written without a turn of the loop");
	ok(w->spool.out.watch.events == 0, "and nothing is asked of poll");
	finish(w);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	slow_reader();
	any_order();
	long_lines();
	reader_gone();
	disk_full();
	no_folder();
	no_descriptor();
	at_once();
	return done();
}
