/* http.c - the backend that speaks a wire over HTTP. */
#include "ask/ask.h"

#include "io/http.h"
#include "io/sse.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define LINGER_MS 1000 /* for a stream to end, once its end was said */

struct run {
	struct mg_call *call;
	struct mg_transfer *transfer;
	struct mg_str body; /* sent */
	struct mg_sse sse;
	struct mg_str whole; /* a reply that is no stream */
	struct mg_fault fault; /* found in the reply */
	bool decided, stream;
};

static void
free_run(struct run *r)
{
	if (r->call)
		r->call->run = NULL;
	mg_str_release(&r->body);
	mg_str_release(&r->whole);
	mg_sse_release(&r->sse);
	free(r);
}

static void
on_event(void *arg, struct mg_sl name, char *data, size_t n)
{
	struct run *r = arg;
	struct mg_call *c = r->call;

	bool whole = c->reply.whole;

	if (r->fault.code == MG_OK)
		c->conv->agent->wire->event(&c->reply, data, n, &r->fault);
	/* Not cut off at once: an ended stream's connection serves again. */
	if (c->reply.whole && !whole)
		mg_http_enough(r->transfer, LINGER_MS);
}

/* text/event-stream, or what looks like neither JSON nor HTML; blanks in
 * front say nothing yet. */
static void
decide(struct run *r, const char *type, struct mg_sl bytes)
{
	struct mg_sl text = mg_sl_trim(bytes);

	r->decided = true;
	if (strncasecmp(type, "text/event-stream", 17) == 0)
		r->stream = true;
	else if (strncasecmp(type, "application/json", 16) == 0)
		r->stream = false;
	else if (text.n)
		r->stream = text.p[0] != '{' && text.p[0] != '<';
	else
		r->decided = false;
}

static bool
on_data(void *arg, const char *type, struct mg_sl bytes)
{
	struct run *r = arg;

	if (!r->call || r->call->state == MG_CALL_ENDED)
		return false;
	if (!r->decided)
		decide(r, type, bytes);
	if (!r->stream) {
		mg_str_sl(&r->whole, bytes);
		if (r->whole.over)
			mg_fail(&r->fault, MG_E_TOO_LARGE,
				"the reply is longer than %zu MiB",
				MG_REPLY_MAX >> 20);
	} else if (!mg_sse_push(&r->sse, bytes.p, bytes.n)) {
		mg_fail(&r->fault, MG_E_TOO_LARGE,
			"one event of the reply is longer than %zu MiB",
			MG_SSE_MAX >> 20);
	}
	return r->fault.code == MG_OK;
}

/* An HTML page where JSON should be is a wrong address; nothing at all is a
 * cut, unless the protocol says that it is everything. */
static int
read_whole(struct run *r, const struct mg_http_end *end, struct mg_fault *f)
{
	struct mg_sl text = mg_sl_trim(mg_str_as_sl(&r->whole));
	struct mg_call *c = r->call;

	if (!text.n)
		return mg_fail(f, end->framed ? MG_E_EMPTY : MG_E_STREAM_CUT,
			"the server sent nothing behind its head");
	if (text.p[0] == '<') {
		mg_fail(f, MG_E_MALFORMED,
			"the server sent a page (%s), not "
			"an answer",
			end->type);
		return mg_remedy(f,
			"the base URL of most servers ends in "
			"/v1");
	}
	return c->conv->agent->wire->body(
		&c->reply, r->whole.s, r->whole.len, f);
}

/* The provider's own words, behind ours. */
static void
quote(struct run *r, const struct mg_http_end *end, struct mg_fault *f)
{
	struct mg_str words = MG_STR(0), body = MG_STR(0);
	struct mg_sl said;

	mg_str_sl(&body, end->body);
	if (body.len &&
		r->call->conv->agent->wire->refusal(body.s, body.len, &words) &&
		words.len) {
		said = mg_sl_cut(mg_str_as_sl(&words), MG_WORDS_MAX);
		snprintf(f->message + strlen(f->message),
			sizeof(f->message) - strlen(f->message), ": %.*s",
			(int)said.n, said.p);
	}
	mg_str_release(&words);
	mg_str_release(&body);
}

/*
 * A stream without its own end mark is whole if the model said why it
 * stopped, and the transfer says that nothing is missing.
 */
static void
judge(struct run *r, const struct mg_http_end *end, struct mg_fault *f)
{
	struct mg_reply *reply = &r->call->reply;

	if (r->fault.code != MG_OK) {
		*f = r->fault;
		return;
	}
	*f = end->fault;
	if (r->stream && reply->whole &&
		(f->code == MG_E_STREAM_CUT || f->code == MG_E_TIMEOUT))
		f->code = MG_OK;
	if (f->code != MG_OK) {
		quote(r, end, f);
		return;
	}
	if (!r->stream)
		read_whole(r, end, f);
	else if (reply->stop && end->framed && !mg_sse_open(&r->sse))
		reply->whole = true;
}

static void
on_end(void *arg, const struct mg_http_end *end)
{
	struct run *r = arg;
	struct mg_call *c = r->call;
	struct mg_fault f = {0};
	bool again;

	r->transfer = NULL;
	if (!c || c->state == MG_CALL_ENDED) {
		free_run(r);
		return;
	}
	judge(r, end, &f);
	if (f.code == MG_OK)
		mg_reply_check(&c->reply, &f);
	again = f.code == MG_E_RATE_LIMIT || f.code == MG_E_OVERLOADED ||
		f.code == MG_E_PROVIDER || f.code == MG_E_UNREACHABLE ||
		f.code == MG_E_STREAM_CUT || end->status == 408;
	free_run(r);
	mg_call_done(c, &f, again);
}

static void
make_url(const struct mg_agent *g, struct mg_str *url)
{
	size_t n = strcspn(g->base_url, "?");
	const char *query = g->base_url + n;

	while (n && g->base_url[n - 1] == '/')
		n--;
	mg_str_add(url, g->base_url, n);
	mg_str_puts(url, g->wire->path);
	mg_str_puts(url, query);
}

static void
key_header(const struct mg_agent *g, const char *key, struct mg_str *out)
{
	const char *at = strstr(g->wire->key_header, "%s");

	mg_str_add(
		out, g->wire->key_header, (size_t)(at - g->wire->key_header));
	mg_str_puts(out, key);
	mg_str_puts(out, at + 2);
}

/* The body is kept: libcurl reads it as it sends, and a retry sends it again. */
static int
make_body(const struct mg_call *c, struct mg_str *body, struct mg_fault *f)
{
	struct mg_str params = MG_STR(0);
	struct mg_ask_req q;

	mg_call_request(c, &q, &params);
	c->conv->agent->wire->request(&q, body);
	mg_str_release(&params);
	if (body->over || c->conv->messages.over)
		return mg_fail(f, MG_E_TOO_LARGE,
			"the request is longer than %zu MiB",
			MG_CONV_MAX >> 20);
	return 0;
}

static int
http_start(struct mg_call *c, struct mg_fault *f)
{
	struct mg_ask *a = c->ask;
	const struct mg_agent *g = c->conv->agent;
	struct mg_str url = MG_STR(8192), key = MG_STR(8192);
	const char *headers[4] = {"Content-Type: application/json",
		"Accept: text/event-stream, application/json"};
	struct run *r = mg_xcalloc(1, sizeof(*r));

	r->body.max = MG_CONV_MAX;
	r->whole.max = MG_REPLY_MAX * 2; /* escapes take room */
	r->sse.fn = on_event;
	r->sse.arg = r;
	if (make_body(c, &r->body, f) < 0) {
		free_run(r);
		return -1;
	}
	if (!a->http)
		a->http = mg_http_new(mg_filter_loop(a->f));
	r->call = c;
	c->run = r;
	make_url(g, &url);
	if (g->key) {
		key_header(g, g->key, &key);
		headers[2] = key.s;
	}
	r->transfer = mg_http_start(a->http,
		&(struct mg_http_req){.url = url.s,
			.headers = headers,
			.body = mg_str_as_sl(&r->body),
			.connect_ms = a->connect_ms,
			.first_ms = a->first_ms,
			.idle_ms = a->idle_ms,
			.total_ms = a->total_ms,
			.on_data = on_data,
			.on_end = on_end,
			.arg = r});
	if (key.s)
		explicit_bzero(key.s, key.len);
	mg_str_release(&key);
	mg_str_release(&url);
	return 0;
}

static void
http_cancel(struct mg_call *c)
{
	struct run *r = c->run;

	if (r && r->transfer)
		mg_http_cancel(r->transfer);
}

static void
http_pause(struct mg_call *c, bool pause)
{
	struct run *r = c->run;

	if (r && r->transfer)
		mg_http_pause(r->transfer, pause);
}

static void
http_show(const struct mg_call *c, struct mg_str *out)
{
	const struct mg_agent *g = c->conv->agent;
	struct mg_fault f;

	mg_str_puts(out, "POST ");
	make_url(g, out);
	mg_str_puts(out, "\nContent-Type: application/json\n");
	if (g->key || g->wants_key) {
		key_header(g, g->key ? "***" : "(no key)", out);
		mg_str_putc(out, '\n');
	}
	mg_str_putc(out, '\n');
	make_body(c, out, &f);
	mg_str_puts(out, "\n\n");
}

const struct mg_backend mg_backend_http = {
	.start = http_start,
	.cancel = http_cancel,
	.pause = http_pause,
	.show = http_show,
};
