/*
 * work.h - one call of a tool, from its start to its result.
 *
 * The owner has checked that the call may be made (gate.h). It begins in the
 * loop given, and on_done comes exactly once, later, with what there is to
 * say; the struct is freed behind it. Output that is events is told step by
 * step; what it amounts to in the end is text, cut to what a result may show
 * (output.h).
 *
 * A failure of any sort is an error result: an exit status other than 0, a
 * signal, too much output, too much time, a line that is no event where
 * events were begun, output that does not fit the tool's output_schema.
 *
 *	struct mg_work *w = mg_work_start(loop, &(struct mg_work_req){
 *		.tool = tool, .arguments = MG_SL("{\"city\":\"Rome\"}"),
 *		.folder = folder, .on_done = done, .arg = self}, &fault);
 *
 * A tool runs with an environment of its own (environ.h) and, where bubblewrap
 * is, in name spaces of its own: its processes end with it, and without the
 * label `network` it has none.
 */
#ifndef MG_TOOLS_WORK_H
#define MG_TOOLS_WORK_H

#include "io/child.h"
#include "tools/output.h"

struct mg_work_end {
	struct mg_sl content;
	enum mg_code code; /* MG_OK: it is no error */
	int64_t duration_ms;
	int64_t bytes; /* that the tool wrote */
	bool bare; /* not confined: bubblewrap is not there */
};

struct mg_work_req {
	const struct mg_tool *tool; /* kept until on_done */
	struct mg_sl arguments; /* checked JSON, an object; copied */
	/* For the tool's environment; NULL where there is none; copied. */
	const char *agent, *call, *run;
	const char *folder; /* for its own state, and for long output */
	int64_t timeout_ms; /* 0: the tool's own */
	bool look; /* only asked what it is: where it can be confined, it can
		    * write nothing */
	/* What happens in between, an event as the tool said it; may be NULL. */
	void (*on_step)(void *arg, struct mg_sl event);
	void (*on_done)(void *arg, const struct mg_work_end *end);
	void *arg;
};

struct mg_work {
	struct mg_loop *loop;
	struct mg_work_req req;
	const struct mg_tool *tool;
	struct mg_str arguments;
	char *agent, *call, *run;
	int64_t began_ms;
	bool bare;
	/* What the kind makes of it. */
	struct mg_written output;
	struct mg_str line; /* of events, not whole yet */
	bool decided, events, said; /* said: the result is in `output` */
	bool failed; /* the tool says so itself */
	enum mg_code code; /* the first thing that went wrong */
	struct mg_str why; /* in words, for the model */
	struct mg_child *child;
	int64_t bytes;
	bool cancelled;
	/* Bare calls that run: whose a process is (program.c). */
	struct mg_work *next;
	char mark[48];
};

/* NULL with f filled if it cannot begin; then on_done does not come. */
struct mg_work *mg_work_start(
	struct mg_loop *l, const struct mg_work_req *req, struct mg_fault *f);
/* on_done comes, with MG_E_CANCELLED and `why`. */
void mg_work_cancel(struct mg_work *w, const char *why);
/* Holds back what it says. */
void mg_work_pause(struct mg_work *w, bool pause);

/* --- for kinds ------------------------------------------------------------- */

/* A piece of output, text or events: false if it is to be ended. */
bool mg_work_take(struct mg_work *w, const char *p, size_t n);
/* The output is over: what it comes to, unless something went wrong. `died`
 * says how the tool ended, NULL: well. */
void mg_work_over(struct mg_work *w, const char *died);
/* The first thing that went wrong counts. */
void mg_work_fail(struct mg_work *w, enum mg_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Tells the owner and frees it. */
void mg_work_done(struct mg_work *w);

/* program.c: a call of a program. The kinds whose tools are programs share it. */
int mg_program_start(struct mg_work *w, struct mg_fault *f);
void mg_program_cancel(struct mg_work *w);
int mg_team_start(struct mg_work *w, struct mg_fault *f);
/* Bubblewrap works here, and is not switched off. */
bool mg_program_confined(void);

#endif
