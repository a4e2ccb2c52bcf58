/*
 * input.h - what standard input is to mg-run: the rest of the question, the
 * question, or lines of events.
 *
 * With a question, whatever is on it is context for the question, read to its
 * end; a pipe that brings nothing within wait_ms is given up with a warning.
 * Without one, NDJSON if the first byte that is not blank is `{`, else plain
 * text, the question. A terminal is not read beside a question.
 *
 *	mg_stdin_start(&in, loop, mode, 3000);
 *	in.text(arg, text)	the whole text, once
 *	in.line(arg, n, line)	a line that is a checked JSON object
 *	in.bad(arg, &fault)	a line that is none
 *	in.end(arg)		nothing more comes
 */
#ifndef MG_RING_INPUT_H
#define MG_RING_INPUT_H

#include "base/fault.h"
#include "event/filter.h"
#include "io/lines.h"

struct mg_stdin {
	/* Set by the owner. */
	void (*text)(void *arg, struct mg_sl text);
	void (*line)(void *arg, size_t number, struct mg_sl line);
	void (*bad)(void *arg, const struct mg_fault *f);
	void (*end)(void *arg);
	void *arg;

	enum mg_stdin_mode {
		MG_STDIN_NOTHING,
		MG_STDIN_UNKNOWN,
		MG_STDIN_TEXT,
		MG_STDIN_LINES
	} mode;
	struct mg_loop *loop;
	struct mg_lines in;
	struct mg_watch watch;
	struct mg_timer wait;
	struct mg_str all; /* plain text, as it comes */
	bool over;
};

/* mode: MG_IN_AUTO, _TEXT, _NDJSON, or _NONE: `end` comes at once. */
void mg_stdin_start(struct mg_stdin *i, struct mg_loop *l, enum mg_input mode,
	int64_t wait_ms);
/* Lines as long as nobody says `hold`: before every turn of the loop. */
void mg_stdin_pump(struct mg_stdin *i, bool hold);
void mg_stdin_stop(struct mg_stdin *i);
void mg_stdin_release(struct mg_stdin *i);

#endif
