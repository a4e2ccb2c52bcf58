/* filter_in.h - what filter.c, run.c and emit.c share; nobody else includes it. */
#ifndef MG_EVENT_FILTER_IN_H
#define MG_EVENT_FILTER_IN_H

#include "event/filter.h"
#include "io/lines.h"
#include "io/out.h"

struct mg_filter {
	const struct mg_stage *stage;
	void *state;
	const char *name;
	struct mg_loop *loop;

	/* Input. */
	struct mg_lines in;
	struct mg_watch watch;
	struct mg_timer wait; /* for the first byte, or after SIGINT */
	enum mg_input mode;
	struct mg_str text; /* plain text, as it comes */
	bool source; /* we say `init` and `end` */
	bool begun; /* the first line, or the lack of it, was seen */
	bool ring;
	size_t inits, ends;
	bool eof; /* nothing more is read */
	bool full; /* the stage has enough for now */
	enum { HOLD_NONE, HOLD_END, HOLD_DRAIN } held;
	struct mg_event held_line;
	struct mg_sl held_whole; /* as it was read */
	bool draining, interrupted;

	/* The line at hand. */
	struct mg_event *event; /* NULL between lines */
	bool take, replaced;
	struct mg_str edited; /* the line that passes instead */
	struct mg_str behind; /* what the line caused */

	/* Output. */
	struct mg_out out;
	struct mg_form form;
	struct mg_str made; /* the event being made */
	bool making, paused;
	struct mg_str owed; /* replay: events that the log may hold yet */
	size_t owed_head;
	size_t open;
	int status, signal;
	bool done;
};

/* The first line, or the lack of it (NULL), decides who says `init`. */
void mg_filter_begin(struct mg_filter *f, const struct mg_event *first);
/* One line as it was read, without its newline. */
void mg_filter_line(struct mg_filter *f, struct mg_sl line);
/* An error in place of the line that was read last. */
void mg_filter_bad_line(struct mg_filter *f, struct mg_fault *fault);
/* Nothing is open any more: the `end` or `drain` that is held may pass. */
void mg_filter_let_go(struct mg_filter *f);
/* Where a line of ours goes: behind the line at hand, or out. */
void mg_filter_send(struct mg_filter *f, struct mg_sl line);

#endif
