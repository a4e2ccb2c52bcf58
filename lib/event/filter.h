/*
 * filter.h - the loop that every command shares.
 *
 * A command is a struct mg_stage: a table of event types with one function
 * each, and a few hooks. The filter does the rest, as mg-events(5) states it:
 * lines pass byte for byte; what a function emits goes behind the line that
 * caused it; what is taken says so; bad lines are replaced by an `error`;
 * `end` waits until nothing is open; a stream without its `end` is truncated;
 * and in a ring, a line that comes back to its maker is taken off.
 *
 *	static void
 *	on_ping(struct mg_filter *f, void *state, struct mg_event *e)
 *	{
 *		mg_take(f, e);
 *		mg_json_ms(mg_emit(f, "pong"), "content", "hello");
 *		mg_sent(f);
 *	}
 *
 *	static const struct mg_on on[] = {{"ping", on_ping}, {0}};
 *	static const struct mg_stage stage = {.name = "mg-pong", .on = on};
 *
 *	int
 *	main(int argc, char **argv)
 *	{
 *		...
 *		return mg_stage_main(&stage, &state, &common);
 *	}
 *
 * A function is called for live lines and for past ones (e->past: change
 * state and take, nothing else: what is emitted then is dropped, or, for a
 * pure stage, compared with the log), and with .own for the stage's own lines
 * that come back (e->own). In a ring it may look at e->taken to know whether
 * anybody took what it asked.
 *
 * What is given to a function lies in the input buffer until it returns.
 */
#ifndef MG_EVENT_FILTER_H
#define MG_EVENT_FILTER_H

#include "base/opt.h"
#include "event/event.h"
#include "event/form.h"
#include "event/json.h"
#include "io/loop.h"

struct mg_filter;

typedef void mg_on_fn(struct mg_filter *f, void *state, struct mg_event *e);

struct mg_on {
	const char *type;
	mg_on_fn *fn;
	bool own; /* also for the stage's own lines */
};

struct mg_end {
	/* The line, or p == NULL: the input ended without one. */
	struct mg_sl line;
	bool truncated; /* an `init` without its `end` */
	bool interrupted; /* a signal to this process, or `end` says so */
	bool ours; /* we are the source: say `end` */
};

struct mg_stage {
	const char *name;
	const struct mg_on *on; /* ends with type NULL */
	/* Same lines in, same lines out: replays the log by itself. */
	bool pure;
	/* A line that is no event (mg-ask: chat and batch lines). True: it
	 * was understood, and is not passed on. NULL: such lines pass. */
	bool (*line)(struct mg_filter *f, void *state, struct mg_event *e);
	/* Every good line, of any type and anybody's, before it is acted on
	 * and passes. */
	mg_on_fn *every;
	/* Plain text on standard input, whole. NULL: bad lines. */
	void (*text)(struct mg_filter *f, void *state, struct mg_sl text);
	/* We are the source: say `init`. NULL: never a source. */
	void (*begin)(struct mg_filter *f, void *state);
	/* Nothing is open and nothing more comes: say what is left to say. */
	void (*end)(struct mg_filter *f, void *state, const struct mg_end *e);
	/* Stop what is open: a signal, a reader gone, drain, a dead ring. */
	void (*cancel)(struct mg_filter *f, void *state);
	/* The input is over and its last line has passed, but something is
	 * open: nothing more comes for it. Called on every turn until it is
	 * closed. In a ring that is dead: cancel. */
	void (*eof)(struct mg_filter *f, void *state);
	/* Hold back or let go what produces output. */
	void (*pause)(struct mg_filter *f, void *state, bool pause);
	/* Before each turn of the loop; and when all is over, while the loop
	 * still stands. */
	void (*turn)(struct mg_filter *f, void *state);
	void (*close)(struct mg_filter *f, void *state);
	/* -o text: one of our own events, whole, for a person. */
	void (*show)(struct mg_filter *f, void *state, struct mg_event *e);
	/* -o json: the types of event that are this command's outcome. */
	const char *outcome;
};

enum mg_input { MG_IN_AUTO, MG_IN_TEXT, MG_IN_NDJSON, MG_IN_NONE };

/* The options that every filter has; members of a command's own struct. */
struct mg_common {
	int output; /* enum mg_output */
	int input; /* enum mg_input */
	const char *query; /* -q */
	const char *as; /* --as: the name to sign with */
	int64_t stdin_wait_ms; /* plain text: for the first byte; 0: for ever */
};

extern const char *const mg_input_words[];

#define MG_COMMON_OPTIONS(type, m) \
	{0, "as", "NAME", "sign events with this name, in a ring", MG_OPT_STR, \
		offsetof(type, m.as)}, \
		{'o', "output", "FORMAT", \
			"ndjson, json, text (text on a terminal)", \
			MG_OPT_WORD, offsetof(type, m.output), \
			.words = mg_output_words}, \
		{'q', "query", "EXPR", \
			"print what this jq expression makes of it", \
			MG_OPT_STR, offsetof(type, m.query)}, \
	{ \
		't', "text", NULL, "short for --output text", MG_OPT_SET, \
			offsetof(type, m.output), .min = MG_OUT_TEXT \
	}

/* Runs the stage on standard input and output; the exit status. */
int mg_stage_main(const struct mg_stage *stage, void *state,
	const struct mg_common *common);

/* --- within the functions of a stage ----------------------------------- */

/* Appends "taken" to the line as it passes. In the past too. */
void mg_take(struct mg_filter *f, struct mg_event *e);
/* The line passes as `line` instead (an object; its newline is added). */
void mg_edit(struct mg_filter *f, struct mg_event *e, struct mg_sl line);

/*
 * Begins an event: {"type":TYPE,"by":NAME. The caller adds members, then
 * mg_sent() closes it, stamps it where we are the source, and sends it behind
 * the line at hand (or at once, from a callback of the loop). An event that
 * has grown beyond MG_LINE_MAKE becomes an `error` (too_large); false then.
 */
struct mg_str *mg_emit(struct mg_filter *f, const char *type);
bool mg_sent(struct mg_filter *f);
/* Copies members of an event that are there: id, agent, turn. */
void mg_emit_key(struct mg_str *out, const struct mg_event *e);

/* An `error` event, one line on standard error, and its exit status. The
 * members in `where` (raw: "id":"1","agent":"a") may be empty. */
void mg_emit_error(
	struct mg_filter *f, const struct mg_fault *fault, struct mg_sl where);
/* The line cannot be acted on: an error in its place, with its number. */
void mg_bad(struct mg_filter *f, struct mg_event *e, struct mg_fault *fault);

/* What is open keeps `end` from passing. */
void mg_open(struct mg_filter *f);
void mg_close(struct mg_filter *f);
/* Enough for now: no more lines are read until it is told otherwise. Not in
 * a ring, where a `cancel` may be behind. */
void mg_full(struct mg_filter *f, bool full);

/* The exit status becomes the worse of the two (mg_worse). */
void mg_status(struct mg_filter *f, int status);
/* Text for a person, -o text only. */
void mg_print(struct mg_filter *f, struct mg_sl text);
struct mg_loop *mg_filter_loop(struct mg_filter *f);
const char *mg_filter_name(const struct mg_filter *f);
bool mg_filter_ring(const struct mg_filter *f);
bool mg_filter_draining(const struct mg_filter *f);
int mg_filter_status(const struct mg_filter *f); /* the worst so far */
int mg_filter_signal(const struct mg_filter *f);
enum mg_output mg_filter_output(const struct mg_filter *f);

#endif
