#include "tools/output.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

void
mg_written_init(struct mg_written *o, const char *name, const char *folder,
	const struct mg_tool_limits *limits, bool whole)
{
	int64_t limit = limits->output < MG_OUTPUT_SHOWN ? limits->output
							 : MG_OUTPUT_SHOWN;
	int64_t keep = whole && limit < MG_OUTPUT_WHOLE ? MG_OUTPUT_WHOLE
							: limit;

	*o = (struct mg_written){.name = name,
		.folder = folder,
		.limit = (size_t)limit,
		.keep = (size_t)keep,
		.max = limits->output_max,
		.fd = -1,
		.all.max = (size_t)keep + 1,
		.tail.max = (size_t)keep + 1};
}

/* --- the file ---------------------------------------------------------------- */

static void
keep_bytes(struct mg_written *o, struct mg_sl s)
{
	while (s.n && !o->error) {
		ssize_t n = write(o->fd, s.p, s.n);

		if (n < 0 && errno != EINTR)
			o->error = errno;
		if (n <= 0)
			continue;
		s.p += n;
		s.n -= (size_t)n;
	}
}

static void
open_file(struct mg_written *o)
{
	struct mg_str path = MG_STR(8192);

	mg_str_fmt(&path, "%s/%s-XXXXXX", o->folder ? o->folder : "", o->name);
	errno = ENOENT;
	o->fd = o->folder ? mkstemp(path.s) : -1;
	if (o->fd < 0)
		o->error = errno;
	else
		o->path = mg_xstrdup(path.s);
	mg_str_release(&path);
	keep_bytes(o, mg_str_as_sl(&o->all));
}

/* --- bytes -------------------------------------------------------------------- */

/* Only the last half of the limit is wanted, but moving it at every piece
 * would be quadratic. */
static void
add_tail(struct mg_written *o, struct mg_sl s)
{
	size_t half = o->limit / 2;

	if (s.n >= half) {
		mg_str_clear(&o->tail);
		s.p += s.n - half;
		s.n = half;
	}
	if (o->tail.len + s.n > o->tail.max)
		mg_str_drop(&o->tail, o->tail.len - half);
	mg_str_sl(&o->tail, s);
}

bool
mg_written_add(struct mg_written *o, const char *p, size_t n)
{
	size_t room = o->keep - o->all.len;
	struct mg_sl more = {p, n};

	if (o->total + (int64_t)n > o->max)
		return false;
	o->total += (int64_t)n;
	if (n <= room)
		return mg_str_add(&o->all, p, n);
	/* Its last part is needed too, once it is not whole any more. */
	if (o->fd < 0 && !o->error) {
		open_file(o);
		add_tail(o, mg_str_as_sl(&o->all));
	}
	keep_bytes(o, more);
	add_tail(o, more);
	mg_str_add(&o->all, p, room);
	return true;
}

struct mg_sl
mg_written_whole(const struct mg_written *o)
{
	if (o->total > (int64_t)o->all.len)
		return (struct mg_sl){NULL, 0};
	return mg_str_as_sl(&o->all);
}

/* --- what a result shows ---------------------------------------------------------- */

/* The last n bytes, from the beginning of a character. */
static struct mg_sl
last(struct mg_sl s, size_t n)
{
	if (s.n > n) {
		s.p += s.n - n;
		s.n = n;
	}
	for (int i = 0; i < 3 && s.n && ((unsigned char)*s.p & 0xC0) == 0x80;
		i++)
		s.p++, s.n--;
	return s;
}

/* JSON can hold a NUL, but hardly anybody who reads it can. */
static void
put(struct mg_str *out, struct mg_sl s)
{
	const char *nul;

	while (s.n && (nul = memchr(s.p, '\0', s.n))) {
		mg_str_add(out, s.p, (size_t)(nul - s.p));
		mg_str_puts(out, "\xEF\xBF\xBD");
		s.n -= (size_t)(nul - s.p) + 1;
		s.p = nul + 1;
	}
	mg_str_sl(out, s);
}

void
mg_written_text(struct mg_written *o, struct mg_str *out)
{
	struct mg_sl all = mg_str_as_sl(&o->all), head, tail;
	int64_t left;

	if (o->total <= (int64_t)o->limit) {
		put(out, all);
		return;
	}
	if (o->fd < 0 && !o->error)
		open_file(o);
	head = mg_sl_cut(all, o->limit / 2);
	tail = last(o->tail.len ? mg_str_as_sl(&o->tail) : all, o->limit / 2);
	left = o->total - (int64_t)head.n - (int64_t)tail.n;
	put(out, head);
	mg_str_fmt(out, "\n[... %lld bytes left out; ", (long long)left);
	if (o->error)
		mg_str_fmt(out, "they could not be kept: %s ...]\n",
			strerror(o->error));
	else
		mg_str_fmt(out, "all of it: %s ...]\n", o->path);
	put(out, tail);
}

void
mg_written_clear(struct mg_written *o)
{
	mg_str_clear(&o->all);
	mg_str_clear(&o->tail);
	o->total = 0;
	if (o->fd >= 0)
		close(o->fd);
	if (o->path)
		unlink(o->path);
	o->fd = -1;
	free(o->path);
	o->path = NULL;
}

void
mg_written_release(struct mg_written *o)
{
	if (o->fd >= 0)
		close(o->fd);
	o->fd = -1;
	free(o->path);
	o->path = NULL;
	mg_str_release(&o->all);
	mg_str_release(&o->tail);
}
