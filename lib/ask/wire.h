/*
 * wire.h - a wire format: how one model call is written and its reply read.
 *
 * A wire is one file (wire_NAME.c) with one struct mg_wire of functions and a
 * line in wires[] (wire.c). It writes a request from a struct mg_ask_req and
 * reads the reply into a struct mg_reply; it does no I/O, so it can be tested
 * and fuzzed by bytes alone. Retries, time limits, events and the rest of a
 * call's life are not its business (call.h).
 *
 *	const struct mg_wire *w = mg_wire_named("chat");
 *
 *	w->request(&req, &http);	path and body of the POST
 *	w->event(&reply, data, n, &f);	one server-sent event
 *	w->body(&reply, data, n, &f);	a reply that is no stream
 */
#ifndef MG_ASK_WIRE_H
#define MG_ASK_WIRE_H

#include "base/fault.h"
#include "base/str.h"

#define MG_REPLY_MAX ((size_t)8 << 20) /* bytes of a reply's text */
#define MG_TOOL_CALLS_MAX 256 /* of one reply */
#define MG_WORDS_MAX 600 /* of a provider's, in a message */

/* What is asked. Slices of checked JSON, borrowed. */
struct mg_ask_req {
	const char *model;
	struct mg_sl system; /* text; p == NULL: none */
	struct mg_sl messages; /* elements of the array, without brackets */
	struct mg_sl tools; /* raw array; p == NULL: none */
	struct mg_sl params; /* members, without braces */
	bool stream;
};

struct mg_tool_call {
	struct mg_str id, name, args;
	int64_t index; /* the wire's, for the pieces of a stream */
};

/* What came. Empty strings and -1 mean: not said. */
struct mg_reply {
	struct mg_str content, thinking;
	struct mg_tool_call *calls;
	size_t ncalls, capcalls;
	char *stop; /* why it ended, in the wire's own word */
	char *id; /* the provider's name for this reply */
	char *model; /* that answered */
	int64_t input, cached, output, reasoning; /* disjoint token counts */
	bool whole; /* the wire's own end of a reply was seen */
	size_t spelt; /* bytes of the content in JSON, escapes and all */
	void (*delta)(void *arg, bool thinking, struct mg_sl text);
	void *arg;
};

struct mg_wire {
	const char *name;
	const char *path; /* behind the base URL */
	/* The Authorization-like header for a key, "%s" for the key. */
	const char *key_header;
	/* Appends the body of the POST. */
	void (*request)(const struct mg_ask_req *q, struct mg_str *body);
	/* One event of a stream; data may be changed. -1 with f filled. */
	int (*event)(
		struct mg_reply *r, char *data, size_t n, struct mg_fault *f);
	/* A whole reply that is no stream. */
	int (*body)(
		struct mg_reply *r, char *data, size_t n, struct mg_fault *f);
	/* The provider's own words out of the body of a refusal. */
	bool (*refusal)(char *data, size_t n, struct mg_str *words);
};

const struct mg_wire *mg_wire_named(const char *name); /* or NULL */

void mg_reply_init(struct mg_reply *r);
void mg_reply_release(struct mg_reply *r);
/* Appends text and tells it on; -1 with f filled beyond MG_REPLY_MAX. */
int mg_reply_text(struct mg_reply *r, bool thinking, struct mg_sl rawstring,
	struct mg_fault *f);
/*
 * The call that a piece with that index of the wire belongs to: the last of
 * that index, or a new one where there is none. `id` (raw, may be absent)
 * tells them apart where a server gives all calls one index. NULL with f
 * filled beyond MG_TOOL_CALLS_MAX.
 */
struct mg_tool_call *mg_reply_call(
	struct mg_reply *r, int64_t index, struct mg_sl id, struct mg_fault *f);
void mg_reply_drop_calls(struct mg_reply *r);
/* What is missing once it has ended: -1 with f filled (stream_cut, empty,
 * broken tool arguments). Call ids that the provider left out are made. */
int mg_reply_check(struct mg_reply *r, struct mg_fault *f);
/* {"call":…,"name":…,"arguments":…} of one call, without the braces. */
void mg_reply_call_json(const struct mg_tool_call *c, struct mg_str *out);

#endif
