#include "io/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define READ_SIZE ((size_t)256 << 10)

/* Room for one more read behind what is held. */
static void
make_room(struct mg_lines *l)
{
	size_t held = l->end - l->start;

	if (l->start && (held == 0 || l->cap - l->end < READ_SIZE)) {
		memmove(l->buf, l->buf + l->start, held);
		l->start = 0;
		l->end = held;
	}
	if (l->cap - l->end >= READ_SIZE)
		return;
	l->cap = l->cap ? l->cap * 2 : READ_SIZE * 2;
	l->buf = mg_xrealloc(l->buf, l->cap, 1);
}

ssize_t
mg_lines_fill(struct mg_lines *l)
{
	ssize_t n;

	make_room(l);
	do
		n = read(l->fd, l->buf + l->end, READ_SIZE);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		l->end += (size_t)n;
	else if (n == 0)
		l->eof = true;
	return n;
}

void
mg_lines_push(struct mg_lines *l, const char *p, size_t n)
{
	while (n) {
		size_t part = n < READ_SIZE ? n : READ_SIZE;

		make_room(l);
		memcpy(l->buf + l->end, p, part);
		l->end += part;
		p += part;
		n -= part;
	}
}

/* Everything held belongs to a line that is too long already. */
static enum mg_line
skip(struct mg_lines *l, const char *nl)
{
	bool first = !l->skipping;

	l->skipping = !nl;
	l->start = nl ? (size_t)(nl + 1 - l->buf) : l->end;
	l->seen = 0;
	if (first)
		l->number++;
	return first ? MG_LINE_LONG : MG_LINE_NONE;
}

enum mg_line
mg_lines_next(struct mg_lines *l, struct mg_sl *line)
{
	char *p, *nl;
	size_t n;

	if (!l->buf)
		return MG_LINE_NONE;
again:
	p = l->buf + l->start;
	n = l->end - l->start;
	nl = n > l->seen ? memchr(p + l->seen, '\n', n - l->seen) : NULL;
	if (l->skipping) {
		skip(l, nl);
		if (nl)
			goto again;
		return MG_LINE_NONE;
	}
	if (!nl && !l->eof) {
		l->seen = n;
		return n > MG_LINE_MAX ? skip(l, NULL) : MG_LINE_NONE;
	}
	if (!nl && n == 0)
		return MG_LINE_NONE;
	if ((nl ? (size_t)(nl - p) : n) > MG_LINE_MAX)
		return skip(l, nl);
	*line = (struct mg_sl){p, nl ? (size_t)(nl - p) : n};
	l->start += line->n + (nl ? 1 : 0);
	l->seen = 0;
	l->number++;
	return MG_LINE;
}

struct mg_sl
mg_lines_rest(const struct mg_lines *l)
{
	if (!l->buf)
		return MG_SL("");
	return (struct mg_sl){l->buf + l->start, l->end - l->start};
}

void
mg_lines_release(struct mg_lines *l)
{
	free(l->buf);
	*l = (struct mg_lines){.fd = l->fd};
}
