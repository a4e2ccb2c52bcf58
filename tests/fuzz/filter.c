/*
 * filter.c - fuzzes the whole filter loop: bytes on standard input, through a
 * stage that takes `ping`, to standard output. What must hold for any input:
 * every line that is not blank comes out once, in order, either as it was, or
 * taken, or replaced by one `error`; nothing else comes out but the error
 * that says the stream was truncated. (In a ring, own lines may be missing.)
 */
#include "event/filter.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
on_ping(struct mg_filter *f, void *state, struct mg_event *e)
{
	if (!e->taken)
		mg_take(f, e);
}

static const struct mg_on on[] = {{"ping", on_ping, .own = true}, {0}};
static const struct mg_stage stage = {.name = "fuzz", .on = on};

static void
need(bool holds, const char *what)
{
	if (holds)
		return;
	dprintf(2, "does not hold: %s\n", what);
	abort();
}

static struct mg_sl
next_line(struct mg_sl *rest)
{
	const char *nl = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
	struct mg_sl line = {rest->p, nl ? (size_t)(nl - rest->p) : rest->n};

	rest->p += line.n + (nl ? 1 : 0);
	rest->n -= line.n + (nl ? 1 : 0);
	return line;
}

static bool
starts(struct mg_sl s, const char *with)
{
	return s.n >= strlen(with) && memcmp(s.p, with, strlen(with)) == 0;
}

static bool
has(struct mg_sl s, const char *what)
{
	return memmem(s.p, s.n, what, strlen(what)) != NULL;
}

static void
compare(struct mg_sl in, struct mg_sl out)
{
	bool ring = has(in, "ring");

	while (in.n) {
		struct mg_sl was = next_line(&in), is;

		if (!mg_sl_trim(was).n)
			continue;
		if (ring && has(was, "fuzz"))
			return; /* may be ours, come back */
		need(out.n > 0, "a line was lost");
		is = next_line(&out);
		if (getenv("MG_FUZZ_SHOW"))
			dprintf(2, "was %.*s\nis  %.*s\n", (int)was.n, was.p,
				(int)is.n, is.p);
		need(mg_sl_eq(is, was) || starts(is, "{\"type\":\"error\"") ||
				(has(was, "\\u") && has(is, "\\ufffd")) ||
				(has(was, "ping") &&
					has(is, "\"taken\":\"fuz")),
			"a line came out changed");
	}
	if (out.n)
		need(has(next_line(&out), "truncated") && !out.n,
			"a line from nowhere");
}

static void
slurp(int fd, struct mg_str *out)
{
	char buf[65536];
	ssize_t n;

	lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		mg_str_add(out, buf, (size_t)n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int in = -1, out = -1;
	struct mg_common common = {.output = MG_OUT_NDJSON};
	struct mg_str made = MG_STR(0);

	if (in < 0) {
		in = memfd_create("in", 0);
		out = memfd_create("out", 0);
		dup2(in, 0);
		dup2(out, 1);
		if (!getenv("MG_FUZZ_STDERR"))
			mg_prog = NULL;
	}
	if (ftruncate(in, 0) < 0 || ftruncate(out, 0) < 0)
		return 0;
	lseek(out, 0, SEEK_SET);
	need(pwrite(in, data, size, 0) == (ssize_t)size, "memory file");
	lseek(in, 0, SEEK_SET);
	mg_stage_main(&stage, NULL, &common);
	slurp(out, &made);
	compare((struct mg_sl){(const char *)data, size}, mg_str_as_sl(&made));
	mg_str_release(&made);
	return 0;
}
