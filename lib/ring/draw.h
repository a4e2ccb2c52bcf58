/*
 * draw.h - the state of a run as a few lines for a terminal.
 *
 * Nothing is written and nothing asked here: the same progress, size and time
 * give the same lines. Each fits the width; names are a stranger's, so they
 * are cut and made harmless. Where there are more agents than lines, the
 * busiest are shown in their order, and the last line counts the others.
 *
 *	struct mg_draw_req req = {
 *		.columns = 80, .rows = 24, .colour = true, .now_ms = mg_now()};
 *	size_t lines = mg_draw(&progress, &req, &out);
 */
#ifndef MG_RING_DRAW_H
#define MG_RING_DRAW_H

#include "ring/progress.h"

struct mg_draw_req {
	size_t columns, rows; /* of the terminal; 0: 80 and 24 */
	bool colour;
	int64_t now_ms; /* mg_now(), for how long something takes */
};

/* Appends the lines, "\r\n" between them, none behind the last; gives how
 * many. At most rows - 4 of them, but one at least. */
size_t mg_draw(const struct mg_progress *p, const struct mg_draw_req *req,
	struct mg_str *out);
/* "950", "12.3k", "1.2M". */
void mg_draw_count(struct mg_str *out, int64_t n);

#endif
