/*
 * lines.h - lines from a descriptor, as they lie in one buffer.
 *
 * mg_lines_fill() does one read(2), which does not block behind POLLIN;
 * mg_lines_next() gives the lines that are whole, without their newline, and
 * at the end of the file the last one even if it has none. A line beyond
 * MG_LINE_MAX is skipped to its newline and reported once, so that the
 * stream goes on behind it. A line lies in the buffer, where it may be
 * changed, until the next fill.
 *
 *	struct mg_lines in = {.fd = 0};
 *	struct mg_sl line;
 *
 *	while (mg_lines_fill(&in) > 0)
 *		while (mg_lines_next(&in, &line) == MG_LINE)
 *			...
 *
 * Where the bytes come from elsewhere, from a child say, mg_lines_push() puts
 * them in and `eof` is set by hand.
 */
#ifndef MG_IO_LINES_H
#define MG_IO_LINES_H

#include "base/str.h"

#include <sys/types.h>

struct mg_lines {
	int fd;
	char *buf;
	size_t cap, start, end;
	size_t seen; /* bytes from start that hold no newline */
	size_t number; /* of the line last given, from 1 */
	bool skipping, eof;
};

enum mg_line { MG_LINE_NONE, MG_LINE, MG_LINE_LONG };

/* Bytes read; 0 at the end of the file; -1 with errno. */
ssize_t mg_lines_fill(struct mg_lines *l);
void mg_lines_push(struct mg_lines *l, const char *p, size_t n);
enum mg_line mg_lines_next(struct mg_lines *l, struct mg_sl *line);
/* What is buffered and not yet given as a line. */
struct mg_sl mg_lines_rest(const struct mg_lines *l);
void mg_lines_release(struct mg_lines *l);

#endif
