/*
 * ask.h - mg-ask's stage: requests in, messages out.
 *
 *	lines ──> tasks.c ──> struct mg_conv ──> struct mg_call ──> a backend
 *	          stage.c     (a conversation,    (one model call:   (http.c: a
 *	                       by id and agent)    queue, retries,    wire over
 *	                                           its events)        HTTP; or
 *	                                                              program.c)
 *
 * A task is a call by every agent; a request is one call by its agent. Both
 * end as a conversation with one call open. The call reports what it says
 * (delta, usage, message, tool_call, error) as events; the conversation keeps
 * messages for the next turn, and says `ready` once all tool results are in.
 */
#ifndef MG_ASK_ASK_H
#define MG_ASK_ASK_H

#include "ask/agent.h"
#include "ask/wire.h"
#include "base/map.h"
#include "event/filter.h"
#include "io/retry.h"

struct mg_call;
struct mg_http;
struct mg_show;

/* What cmd/mg-ask.c sets before mg_stage_main(). */
struct mg_ask {
	struct mg_agents agents;
	struct mg_sl prompt; /* p == NULL: none was given */
	bool no_stdin; /* nothing joins the prompt */
	const char *system; /* or NULL */
	const char *template; /* text of the template, or NULL */
	const struct mg_list *vars; /* NAME=VALUE */
	int64_t jobs;
	struct mg_retry retry;
	int64_t connect_ms, first_ms, idle_ms, total_ms;
	bool no_stream, dry_run;

	/* The rest is the stage's own. */
	struct mg_filter *f;
	struct mg_http *http; /* made when the first call needs it */
	struct mg_gates gates;
	struct mg_map convs; /* id, NUL, agent -> struct mg_conv */
	struct mg_map debts; /* what the log began and did not end: past.c */
	struct mg_map ids; /* raw ids of tasks, each used once */
	int64_t fresh; /* the last id that we made */
	struct mg_call *queue, **queue_end; /* waiting for one of the jobs */
	struct mg_call *calls; /* running */
	struct mg_call
		*ended; /* to be freed when the stack is theirs no more */
	int64_t running, queued;
	bool silent; /* what is cut off now says nothing more */
	bool paused; /* the reader is behind */
	int64_t began_ms;
	struct {
		int64_t tasks, requests, messages, errors;
		int64_t input, cached, output, reasoning;
	} total;
	struct mg_show *show;
};

extern const struct mg_stage mg_ask_stage;

void mg_ask_release(struct mg_ask *a);

/* --- tasks.c: the stage's hooks for what is asked ------------------------ */

mg_on_fn mg_ask_task;
void mg_ask_begin(struct mg_filter *f, void *state);
void mg_ask_text(struct mg_filter *f, void *state, struct mg_sl text);
bool mg_ask_line(struct mg_filter *f, void *state, struct mg_event *e);

/* --- conv.c ------------------------------------------------------------ */

/* A tool call of the last turn, and its answer once it is there. */
struct mg_conv_call {
	char *id;
	struct mg_str json; /* of the tool_call event's members */
	struct mg_str result; /* content, decoded */
	bool done, said; /* answered; its tool_call event is in the log */
};

#define MG_CONV_MAX ((size_t)64 << 20) /* bytes of messages, and of a request */

struct mg_conv {
	struct mg_ask *ask;
	struct mg_agent *agent;
	char *name; /* the agent's, as the events have it */
	struct mg_str id; /* raw JSON; empty: none */
	int64_t turn;
	struct mg_str messages; /* elements of the array */
	size_t complete; /* bytes of them up to the last complete turn */
	struct mg_str tools, params;
	struct mg_conv_call *calls;
	size_t ncalls;
	struct mg_call *call; /* open, or NULL */
	bool once; /* of a task in a line: forgotten with its message */
	size_t asked; /* bytes of messages before the last request's */
	bool owed; /* history: the request has no answer yet */
	bool ready; /* history: all results are in, `ready` was not said */
	bool waits; /* for tool results */
};

struct mg_conv *
mg_conv_get(struct mg_ask *a, struct mg_sl id, struct mg_sl name, bool make);
void mg_conv_free(struct mg_conv *c); /* and forgets it */
/* Forgets what was said. */
void mg_conv_clear(struct mg_conv *c);
/* The model's parameters and the tools that a task, a request or the body of
 * a batch line brings; all of them raw objects. */
void mg_conv_params(struct mg_conv *c, struct mg_sl from);
void mg_conv_tools(struct mg_conv *c, struct mg_sl from);
/* {"role":ROLE,"content":TEXT}. */
void mg_conv_say(struct mg_conv *c, const char *role, struct mg_sl text);
/* Elements of a raw array of chat messages. */
void mg_conv_append(struct mg_conv *c, struct mg_sl array);
/* "id":…,"agent":…,"turn":… for events. */
void mg_conv_key(const struct mg_conv *c, struct mg_str *out);
/* The assistant's turn, from a reply or from a logged message event. */
void mg_conv_reply(struct mg_conv *c, const struct mg_reply *r);
void mg_conv_logged(struct mg_conv *c, struct mg_sl message);
/* One tool result is in; true when it was the last that was missing: then
 * the results are part of the conversation. */
bool mg_conv_result(struct mg_conv *c, struct mg_sl call, struct mg_sl text);
/* Calls still open get an error result; none is awaited any more. */
void mg_conv_abandon(struct mg_conv *c, const char *why);

/* --- call.c ------------------------------------------------------------ */

enum mg_call_state {
	MG_CALL_QUEUED,
	MG_CALL_WAITS,
	MG_CALL_RUNS,
	MG_CALL_ENDED
};

struct mg_call {
	struct mg_ask *ask;
	struct mg_conv *conv;
	struct mg_call *next, *prev;
	enum mg_call_state state;
	struct mg_reply reply;
	int64_t tries; /* made */
	bool shown; /* a delta has left: no more retries */
	bool paused, held; /* back-pressure: while it runs; before */
	struct mg_timer timer; /* of a wait */
	const struct mg_backend *backend;
	void *run; /* the backend's, while it runs */
};

/*
 * How a call reaches a model. start() leads to exactly one
 * mg_call_done(), on a later turn of the loop, unless it returns -1.
 */
struct mg_backend {
	int (*start)(struct mg_call *c, struct mg_fault *f);
	void (*cancel)(struct mg_call *c);
	void (*pause)(struct mg_call *c, bool pause);
	void (*show)(const struct mg_call *c, struct mg_str *out); /* dry run */
};

extern const struct mg_backend mg_backend_http, mg_backend_program;

/* Queues the next model call of a conversation. */
void mg_call_begin(struct mg_conv *conv);
/* The backend's run is over; f->code MG_OK for a good reply in c->reply.
 * `again`: this kind of failure is worth a retry. */
void mg_call_done(struct mg_call *c, struct mg_fault *f, bool again);
/* Ends it with an error event (or silently). */
void mg_call_cancel(struct mg_call *c, const char *why);
/* What the model is asked, from the conversation. */
void mg_call_request(
	const struct mg_call *c, struct mg_ask_req *q, struct mg_str *params);
/* Frees what has ended; from the loop, never from within a callback. */
void mg_calls_sweep(struct mg_ask *a);
/* The tool_call events that the log lacks yet. */
void mg_call_say_tools(struct mg_conv *conv);

/* --- stage.c ------------------------------------------------------------ */

/* All results of the turn's tool calls are in. */
void mg_ask_ready(struct mg_conv *c);
/* A tool_call of ours, raw, that nobody took: its error result. */
void mg_ask_nobody(struct mg_ask *a, struct mg_sl tool_call);

/* --- past.c: the log of a run that is continued -------------------------- */

/* Past events of ours: message, error, ready; and tool_call. c may be NULL. */
void mg_past_said(struct mg_ask *a, struct mg_conv *c, struct mg_event *e);
void mg_past_tool_call(struct mg_ask *a, struct mg_conv *c, struct mg_event *e);
/* A past tool_result, anybody's: the call has its answer. */
void mg_past_settled(struct mg_ask *a, struct mg_event *e);
/* The call that is owed was cancelled: its `error` is, unless it is logged. */
void mg_past_cut_off(struct mg_conv *c);
/* The log is over: whatever has no end there gets it now. */
void mg_past_over(struct mg_ask *a);
void mg_past_release(struct mg_ask *a);

/* --- template.c -------------------------------------------------------- */

/*
 * Fills {{NAME}}: `input` is the text at hand, the rest come from vars
 * (NAME=VALUE) and from `members`, a raw object (or p == NULL) whose strings
 * count. An unknown name is a fault. Values are put in as they are: they are
 * not looked through for names again.
 */
int mg_template_fill(const char *text, struct mg_sl input,
	const struct mg_list *vars, struct mg_sl members, struct mg_str *out,
	struct mg_fault *f);

/* --- show.c: -o text --------------------------------------------------- */

void mg_ask_show(struct mg_filter *f, void *state, struct mg_event *e);
void mg_show_free(struct mg_show *s);

#endif
