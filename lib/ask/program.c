/*
 * program.c - the backend that asks a program: exec:PROGRAM ARG...
 *
 * The program gets one `request` line on standard input, and its end. What
 * it writes is the answer: text, or events if its first line is one: delta,
 * message (with its tool_calls), usage, error; or, of a team (mg-run) and of
 * a line that ends in mg-vote, its `result`. Its exit status must be 0: a program that failed has not answered.
 */
#include "ask/ask.h"

#include "io/child.h"
#include "io/lines.h"

#include <stdlib.h>

struct run {
	struct mg_call *call;
	struct mg_child *child;
	struct mg_str out; /* not yet used: a line, a cut character */
	struct mg_fault fault;
	bool decided, events, message;
	bool team; /* the program is a ring: its result is what it says */
	struct mg_str why; /* it reached no result */
};

static void
free_run(struct run *r)
{
	if (r->call)
		r->call->run = NULL;
	mg_str_release(&r->out);
	mg_str_release(&r->why);
	free(r);
}

/* Text becomes a JSON string once, and then goes the way of all replies. */
static void
say(struct run *r, struct mg_sl text)
{
	struct mg_str raw = MG_STR(MG_REPLY_MAX * 2);

	mg_json_put(&raw, text);
	mg_reply_text(&r->call->reply, false, mg_str_as_sl(&raw), &r->fault);
	mg_str_release(&raw);
}

/* Bytes that end within a UTF-8 sequence wait for the rest of it. */
static size_t
whole_characters(struct mg_sl s)
{
	size_t n = s.n, back = 0;

	while (n && back < 3 && ((unsigned char)s.p[n - 1] & 0xC0) == 0x80)
		n--, back++;
	if (n && (unsigned char)s.p[n - 1] >= 0xC0) {
		unsigned char lead = (unsigned char)s.p[n - 1];
		size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;

		if (back + 1 < want)
			return n - 1;
	}
	return s.n;
}

/* The newlines at the end wait: they belong to the shell, as in $(...). */
static void
take_text(struct run *r, bool end)
{
	struct mg_sl s = mg_str_as_sl(&r->out);
	size_t n = end ? s.n : whole_characters(s);

	while (n && (s.p[n - 1] == '\n' || s.p[n - 1] == '\r'))
		n--;
	if (n)
		say(r, (struct mg_sl){s.p, n});
	mg_str_drop(&r->out, n);
}

static void
add(int64_t *sum, struct mg_sl u, const char *name)
{
	*sum = (*sum > 0 ? *sum : 0) + mg_json_int(mg_json_get(u, name), 0);
}

static void
take_usage(struct mg_reply *r, struct mg_sl u)
{
	if (mg_json_kind(u) != '{')
		return;
	/* Several calls may stand behind one reply. */
	add(&r->input, u, "input_tokens");
	add(&r->cached, u, "cached_input_tokens");
	add(&r->output, u, "output_tokens");
	add(&r->reasoning, u, "reasoning_tokens");
}

static void
take_calls(struct run *r, struct mg_sl list)
{
	struct mg_sl c, args, key;
	size_t it = 0;
	int64_t n = 0;

	while (mg_json_next(list, &it, &key, &c)) {
		struct mg_tool_call *t = mg_reply_call(&r->call->reply, n++,
			(struct mg_sl){NULL, 0}, &r->fault);

		if (!t)
			return;
		mg_json_text(mg_json_get(c, "call"), &t->id);
		mg_json_text(mg_json_get(c, "name"), &t->name);
		args = mg_json_get(c, "arguments");
		if (args.p)
			mg_str_sl(&t->args, args);
	}
}

static void
take_message(struct run *r, struct mg_sl m)
{
	struct mg_reply *reply = &r->call->reply;
	void (*delta)(void *, bool, struct mg_sl) = reply->delta;

	/* Deltas have said it already: the (last) message is what counts. */
	if (reply->content.len)
		reply->delta = NULL;
	mg_str_clear(&reply->content);
	mg_reply_drop_calls(reply);
	reply->spelt = 0;
	mg_reply_text(reply, false, mg_json_get(m, "content"), &r->fault);
	reply->delta = delta;
	free(reply->stop);
	reply->stop = mg_json_dup(mg_json_get(m, "stop"));
	take_calls(r, mg_json_get(m, "tool_calls"));
	take_usage(reply, mg_json_get(m, "usage"));
	r->message = true;
}

/* What a team or a line of mg commands came to is what it says. */
static void
take_result(struct run *r, struct mg_sl e)
{
	struct mg_sl why = mg_json_get(e, "reason");

	if (mg_json_kind(mg_json_get(e, "content")) == '"') {
		take_message(r, e);
		return;
	}
	mg_str_clear(&r->why);
	if (!mg_json_text(why, &r->why))
		mg_json_text(mg_json_get(e, "status"), &r->why);
}

static void
take_error(struct run *r, struct mg_sl e)
{
	char *words = mg_json_dup(mg_json_get(e, "message"));

	mg_fail(&r->fault, MG_E_PROGRAM, "the program reports an error: %s",
		words ? words : "no reason given");
	free(words);
}

static void
take_event(struct run *r, struct mg_sl line)
{
	struct mg_sl e = mg_sl_trim(line), type;
	const char *why = "";

	if (!e.n || r->fault.code != MG_OK)
		return;
	if (mg_json_check((char *)(uintptr_t)e.p, e.n, &why, NULL) < 0 ||
		mg_json_kind(e) != '{') {
		mg_fail(&r->fault, MG_E_MALFORMED,
			"the program wrote a line that is no event: %s", why);
		return;
	}
	type = mg_json_get(e, "type");
	if (mg_json_is(type, "init"))
		r->team |= mg_json_bool(mg_json_get(e, "ring"), false);
	else if (mg_json_is(type, "result"))
		take_result(r, e);
	else if (mg_json_is(type, "usage"))
		take_usage(&r->call->reply, e);
	else if (r->team)
		return; /* its agents speak to each other, not to us */
	else if (mg_json_is(type, "delta"))
		mg_reply_text(&r->call->reply, false, mg_json_get(e, "content"),
			&r->fault);
	else if (mg_json_is(type, "message"))
		take_message(r, e);
	else if (mg_json_is(type, "error"))
		take_error(r, e);
}

static void
take_lines(struct run *r, bool end)
{
	struct mg_sl rest = mg_str_as_sl(&r->out);
	size_t used = 0;
	const char *nl;

	while ((nl = memchr(rest.p + used, '\n', rest.n - used))) {
		take_event(r,
			(struct mg_sl){
				rest.p + used, (size_t)(nl - rest.p) - used});
		used = (size_t)(nl - rest.p) + 1;
	}
	if (end && used < rest.n) {
		take_event(r, (struct mg_sl){rest.p + used, rest.n - used});
		used = rest.n;
	}
	mg_str_drop(&r->out, used);
}

/* False: the first line is not whole yet. */
static bool
decide(struct run *r, bool end)
{
	/* A JSON answer may have a "type" of its own. */
	static const char *const events[] = {"init", "delta", "message",
		"tool_call", "usage", "step", "error", "end", NULL};
	struct mg_sl s = mg_sl_trim(mg_str_as_sl(&r->out));
	const char *nl = s.n ? memchr(s.p, '\n', s.n) : NULL;
	struct mg_str line = MG_STR(0);
	struct mg_sl type;

	if (!s.n && !end)
		return false;
	if (s.n && s.p[0] == '{') {
		if (!nl && !end)
			return false;
		mg_str_add(&line, s.p, nl ? (size_t)(nl - s.p) : s.n);
		if (mg_json_check(line.s, line.len, NULL, NULL) >= 0) {
			type = mg_json_get(mg_str_as_sl(&line), "type");
			for (size_t i = 0; events[i]; i++)
				r->events |= mg_json_is(type, events[i]);
		}
		mg_str_release(&line);
	}
	r->decided = true;
	return true;
}

static void
take_output(struct run *r, bool end)
{
	if (!r->decided && !decide(r, end))
		return;
	if (r->events)
		take_lines(r, end);
	else
		take_text(r, end);
}

static void
on_data(void *arg, const char *p, size_t n)
{
	struct run *r = arg;

	if (!r->call || r->call->state == MG_CALL_ENDED)
		return;
	mg_str_add(&r->out, p, n);
	if (r->out.over && r->fault.code == MG_OK)
		mg_fail(&r->fault, MG_E_TOO_LARGE,
			"the program wrote a line beyond %zu MiB",
			MG_LINE_MAX >> 20);
	if (r->fault.code == MG_OK)
		take_output(r, false);
	if (r->fault.code != MG_OK)
		mg_child_cancel(r->child);
}

static void
on_end(void *arg, const struct mg_child_end *end)
{
	struct run *r = arg;
	struct mg_call *c = r->call;
	struct mg_fault f;

	if (!c || c->state == MG_CALL_ENDED) {
		free_run(r);
		return;
	}
	if (r->fault.code == MG_OK && !end->timed_out)
		take_output(r, true);
	f = r->fault;
	if (f.code == MG_OK && end->timed_out)
		mg_fail(&f, MG_E_TIMEOUT, "the program took too long");
	else if (f.code == MG_OK && r->why.len && !c->reply.content.len)
		mg_fail(&f, MG_E_PROGRAM, "the team came to no answer: %.*s",
			MG_WORDS_MAX, r->why.s);
	else if (f.code == MG_OK && end->status != 0)
		mg_child_fault(end, "the program", &f);
	else if (f.code == MG_OK && !c->reply.content.len && !c->reply.ncalls)
		mg_fail(&f, MG_E_EMPTY,
			r->events ? "the program wrote events but no message"
				  : "the program wrote nothing");
	c->reply.whole = true;
	free_run(r);
	mg_call_done(c, &f, false);
}

/* The line that the program gets. */
static void
request_line(const struct mg_call *c, struct mg_str *b)
{
	struct mg_str params = MG_STR(0);
	struct mg_ask_req q;

	mg_call_request(c, &q, &params);
	mg_str_puts(b, "{\"type\":\"request\"");
	mg_conv_key(c->conv, b);
	mg_json_ms(b, "model", q.model);
	mg_str_puts(b, ",\"messages\":[");
	if (q.system.p) {
		mg_str_puts(b, "{\"role\":\"system\"");
		mg_json_m(b, "content", q.system);
		mg_str_puts(b, q.messages.n ? "}," : "}");
	}
	mg_str_sl(b, q.messages);
	mg_str_putc(b, ']');
	if (q.tools.p)
		mg_json_mraw(b, "tools", q.tools);
	if (q.params.n) {
		mg_str_putc(b, ',');
		mg_str_sl(b, q.params);
	}
	mg_str_puts(b, "}\n");
	mg_str_release(&params);
}

static int
program_start(struct mg_call *c, struct mg_fault *f)
{
	struct run *r = mg_xcalloc(1, sizeof(*r));
	struct mg_str line = MG_STR(MG_CONV_MAX);

	request_line(c, &line);
	if (line.over || c->conv->messages.over) {
		mg_str_release(&line);
		free_run(r);
		return mg_fail(f, MG_E_TOO_LARGE,
			"the request is longer than %zu MiB",
			MG_CONV_MAX >> 20);
	}
	mg_child_adopt();
	r->child = mg_child_start(mg_filter_loop(c->ask->f),
		&(struct mg_child_req){.argv = c->conv->agent->argv,
			.input = mg_str_as_sl(&line),
			.timeout_ms = c->ask->total_ms,
			.on_data = on_data,
			.on_end = on_end,
			.arg = r},
		f);
	mg_str_release(&line);
	if (!r->child) {
		free_run(r);
		return -1;
	}
	r->call = c;
	c->run = r;
	return 0;
}

static void
program_cancel(struct mg_call *c)
{
	struct run *r = c->run;

	if (r)
		mg_child_cancel(r->child);
}

static void
program_pause(struct mg_call *c, bool pause)
{
	struct run *r = c->run;

	if (r)
		mg_child_pause(r->child, pause);
}

static void
program_show(const struct mg_call *c, struct mg_str *out)
{
	mg_str_fmt(out, "%s\n\n", c->conv->agent->model);
	request_line(c, out);
	mg_str_putc(out, '\n');
}

const struct mg_backend mg_backend_program = {
	.start = program_start,
	.cancel = program_cancel,
	.pause = program_pause,
	.show = program_show,
};
