/*
 * sse.h - server-sent events, as the HTML standard parses them (section
 * 9.2.6, "Interpreting an event stream"; looked up 2026-11).
 *
 * Bytes are pushed as they come, cut anywhere; each event is told once its
 * blank line has been seen. LF, CR and CRLF end a line; a BOM in front is
 * skipped; lines beginning with a colon are comments; several `data` lines
 * are joined by LF. An event without its blank line at the end of the stream
 * is incomplete and is never told, as the standard has it.
 *
 *	struct mg_sse sse = {.fn = on_event, .arg = call};
 *
 *	if (!mg_sse_push(&sse, p, n))
 *		... an event beyond MG_SSE_MAX
 *	mg_sse_release(&sse);
 */
#ifndef MG_IO_SSE_H
#define MG_IO_SSE_H

#include "base/str.h"

#define MG_SSE_MAX ((size_t)8 << 20) /* bytes of one event */

struct mg_sse {
	/* name is empty where the event has none. The bytes of data may be
	 * changed by the callee (mg_json_check does). */
	void (*fn)(void *arg, struct mg_sl name, char *data, size_t n);
	void *arg;
	struct mg_str line, data;
	char name[64];
	bool has_data, after_cr;
	unsigned bom; /* bytes of it seen; 3 once past the start */
};

/* False once an event or a line is too long; nothing is told after that. */
bool mg_sse_push(struct mg_sse *s, const char *p, size_t n);
/* True if bytes of an unfinished event are held. */
bool mg_sse_open(const struct mg_sse *s);
void mg_sse_release(struct mg_sse *s);

#endif
