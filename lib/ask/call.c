/* call.c - the life of one model call: queue, backend, retries, events. */
#include "ask/ask.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>

static void
link_call(struct mg_call **list, struct mg_call *c)
{
	c->prev = NULL;
	c->next = *list;
	if (*list)
		(*list)->prev = c;
	*list = c;
}

static void
unlink_call(struct mg_call **list, struct mg_call *c)
{
	if (c->next)
		c->next->prev = c->prev;
	if (c->prev)
		c->prev->next = c->next;
	else
		*list = c->next;
}

/* Each piece of text leaves as it comes, unless nobody would see it. */
static void
on_delta(void *arg, bool thinking, struct mg_sl text)
{
	struct mg_call *c = arg;
	struct mg_str *o;

	if (mg_filter_output(c->ask->f) == MG_OUT_JSON)
		return;
	c->shown = true;
	o = mg_emit(c->ask->f, "delta");
	mg_conv_key(c->conv, o);
	mg_json_m(o, thinking ? "thinking" : "content", text);
	mg_sent(c->ask->f);
}

/*
 * The agent's parameters, then the line's, as members; of equal keys only the
 * last is sent, and none that the wire writes itself.
 */
static void
merge(const struct mg_str *ours, const struct mg_str *lines, struct mg_str *out)
{
	static const char *const taken[] = {
		"model", "messages", "stream", "stream_options", NULL};
	struct mg_str all = MG_STR(0);
	struct mg_sl key, value;
	size_t it = 0;

	mg_str_putc(&all, '{');
	mg_str_sl(&all, mg_str_as_sl(ours));
	if (ours->len && lines->len)
		mg_str_putc(&all, ',');
	mg_str_sl(&all, mg_str_as_sl(lines));
	mg_str_putc(&all, '}');
	while (mg_json_next(mg_str_as_sl(&all), &it, &key, &value)) {
		char *name = mg_json_dup(key);
		bool sent = name &&
			mg_json_get(mg_str_as_sl(&all), name).p == value.p;

		for (size_t i = 0; sent && taken[i]; i++)
			sent = strcmp(taken[i], name) != 0;
		if (sent && out->len)
			mg_str_putc(out, ',');
		if (sent) {
			mg_json_put(out, mg_sl_of(name));
			mg_str_putc(out, ':');
			mg_str_sl(out, value);
		}
		free(name);
	}
	mg_str_release(&all);
}

void
mg_call_request(
	const struct mg_call *c, struct mg_ask_req *q, struct mg_str *params)
{
	const struct mg_agent *g = c->conv->agent;

	merge(&g->params, &c->conv->params, params);
	*q = (struct mg_ask_req){.model = g->model,
		.messages = mg_str_as_sl(&c->conv->messages),
		.params = mg_str_as_sl(params),
		.stream = !c->ask->no_stream};
	if (c->conv->tools.len)
		q->tools = mg_str_as_sl(&c->conv->tools);
	if (g->system)
		q->system = mg_sl_of(g->system);
	else if (c->ask->system)
		q->system = mg_sl_of(c->ask->system);
}

static void start_next(struct mg_ask *a);

/* It is over, whatever the outcome; its memory is freed by the sweep. */
static void
close_call(struct mg_call *c)
{
	struct mg_ask *a = c->ask;

	mg_timer_del(mg_filter_loop(a->f), &c->timer);
	unlink_call(&a->calls, c);
	a->running--;
	c->state = MG_CALL_ENDED;
	link_call(&a->ended, c);
	c->conv->call = NULL;
	mg_close(a->f);
	if (c->conv->once && !c->conv->waits)
		mg_conv_free(c->conv);
	c->conv = NULL;
	start_next(a);
}

static void
emit_usage(struct mg_call *c)
{
	struct mg_reply *r = &c->reply;
	struct mg_ask *a = c->ask;
	struct mg_str *o;

	if (r->input < 0)
		return;
	a->total.input += r->input;
	a->total.cached += r->cached > 0 ? r->cached : 0;
	a->total.output += r->output;
	a->total.reasoning += r->reasoning > 0 ? r->reasoning : 0;
	o = mg_emit(a->f, "usage");
	mg_conv_key(c->conv, o);
	mg_json_ms(o, "model", r->model ? r->model : c->conv->agent->model);
	if (c->conv->agent->provider)
		mg_json_ms(o, "provider", c->conv->agent->provider);
	if (r->id)
		mg_json_ms(o, "response_id", r->id);
	mg_json_mi(o, "input_tokens", r->input);
	mg_json_mi(o, "cached_input_tokens", r->cached > 0 ? r->cached : 0);
	mg_json_mi(o, "output_tokens", r->output);
	mg_json_mi(o, "reasoning_tokens", r->reasoning > 0 ? r->reasoning : 0);
	mg_sent(a->f);
}

static void
emit_message(struct mg_call *c)
{
	struct mg_reply *r = &c->reply;
	struct mg_str *o = mg_emit(c->ask->f, "message");

	mg_conv_key(c->conv, o);
	mg_json_ms(o, "model", r->model ? r->model : c->conv->agent->model);
	mg_json_m(o, "content", mg_str_as_sl(&r->content));
	for (size_t i = 0; i < r->ncalls; i++) {
		mg_str_puts(o, i ? "," : ",\"tool_calls\":[");
		mg_str_putc(o, '{');
		mg_reply_call_json(&r->calls[i], o);
		mg_str_putc(o, '}');
	}
	if (r->ncalls)
		mg_str_putc(o, ']');
	mg_json_ms(o, "stop",
		r->stop		    ? r->stop
			: r->ncalls ? "tool_calls"
				    : "stop");
	if (mg_sent(c->ask->f))
		c->ask->total.messages++;
	else
		c->ask->total.errors++;
}

void
mg_call_say_tools(struct mg_conv *conv)
{
	for (size_t i = 0; i < conv->ncalls; i++) {
		struct mg_str *o;

		if (conv->calls[i].said)
			continue;
		conv->calls[i].said = true;
		o = mg_emit(conv->ask->f, "tool_call");
		mg_conv_key(conv, o);
		mg_str_putc(o, ',');
		/* The members were made behind nothing, so without a comma. */
		mg_str_sl(o, mg_str_as_sl(&conv->calls[i].json));
		mg_sent(conv->ask->f);
	}
}

/* Ids of providers need not be unique in a run; ours must be. */
static void
name_calls(struct mg_call *c)
{
	for (size_t i = 0; i < c->reply.ncalls; i++)
		for (size_t k = 0; k < i; k++)
			if (mg_sl_eq(mg_str_as_sl(&c->reply.calls[i].id),
				    mg_str_as_sl(&c->reply.calls[k].id))) {
				mg_str_fmt(
					&c->reply.calls[i].id, "_%zu", i + 1);
				break;
			}
}

static void
succeed(struct mg_call *c)
{
	struct mg_conv *conv = c->conv;

	name_calls(c);
	emit_usage(c);
	mg_conv_reply(conv, &c->reply);
	emit_message(c);
	mg_call_say_tools(conv);
	close_call(c);
}

/* The text so far was paid for: it is kept, and marked as what it is. */
static void
fail(struct mg_call *c, struct mg_fault *f)
{
	struct mg_ask *a = c->ask;
	struct mg_str where = MG_STR(0);

	emit_usage(c); /* was paid for, whoever still listens */
	if (!a->silent) {
		mg_str_putc(&where, '{');
		mg_conv_key(c->conv, &where);
		if (c->reply.content.len)
			mg_json_m(&where, "partial",
				mg_str_as_sl(&c->reply.content));
		snprintf(f->place, sizeof(f->place), "%s", c->conv->name);
		mg_emit_error(
			a->f, f, (struct mg_sl){where.s + 1, where.len - 1});
		mg_str_release(&where);
		if (f->code != MG_E_CANCELLED)
			a->total.errors++;
	}
	close_call(c);
}

static void
emit_retry(struct mg_call *c, const struct mg_fault *f, int64_t ms)
{
	struct mg_str *o = mg_emit(c->ask->f, "retry");

	mg_conv_key(c->conv, o);
	mg_json_mi(o, "attempt", c->tries);
	mg_json_ms(o, "code", mg_code_name(f->code));
	mg_json_ms(o, "message", f->message);
	mg_json_mi(o, "delay_ms", ms);
	mg_sent(c->ask->f);
}

static void
run(struct mg_call *c)
{
	struct mg_fault f = {0};

	c->state = MG_CALL_RUNS;
	c->tries++;
	mg_reply_release(&c->reply);
	mg_reply_init(&c->reply);
	c->reply.delta = on_delta;
	c->reply.arg = c;
	if (c->backend->start(c, &f) < 0)
		fail(c, &f);
}

static void
dry_run(struct mg_call *c)
{
	struct mg_str text = MG_STR(SIZE_MAX / 2);

	c->backend->show(c, &text);
	mg_print(c->ask->f, mg_str_as_sl(&text));
	mg_str_release(&text);
	close_call(c);
}

/* All calls to one server with one key share its gate. */
static void
gate_name(const struct mg_agent *g, struct mg_str *name)
{
	mg_str_fmt(name, "%s %s", g->base_url ? g->base_url : g->model,
		g->key ? g->key : "");
}

/* Waits while the gate is closed; fails when that would be too long. */
static void
enter(void *arg)
{
	struct mg_call *c = arg;
	struct mg_str name = MG_STR(8192);
	struct mg_fault f = {0};
	int64_t ms;

	if (c->ask->dry_run) {
		dry_run(c);
		return;
	}
	if (c->ask->paused) {
		c->held = true; /* what it said would only pile up */
		return;
	}
	gate_name(c->conv->agent, &name);
	ms = mg_gate_wait(&c->ask->gates, name.s);
	explicit_bzero(name.s, name.len);
	mg_str_release(&name);
	if (!ms) {
		run(c);
		return;
	}
	mg_fail(&f, MG_E_RATE_LIMIT, "the server asked to wait");
	f.retry_after_ms = ms;
	if (ms > c->ask->retry.cap_ms) {
		mg_remedy(&f, "try again in %lld s",
			(long long)(ms + 999) / 1000);
		fail(c, &f);
		return;
	}
	c->state = MG_CALL_WAITS;
	emit_retry(c, &f, ms);
	mg_timer_set(mg_filter_loop(c->ask->f), &c->timer, mg_now() + ms);
}

static void
start_next(struct mg_ask *a)
{
	while (a->queue && a->running < a->jobs) {
		struct mg_call *c = a->queue;

		a->queue = c->next;
		if (!a->queue)
			a->queue_end = &a->queue;
		a->queued--;
		a->running++;
		link_call(&a->calls, c);
		c->timer = (struct mg_timer){.fn = enter, .arg = c};
		c->state = MG_CALL_WAITS;
		/* On a later turn: whoever queues it has more to say first. */
		mg_timer_set(mg_filter_loop(a->f), &c->timer, 0);
	}
	if (!mg_filter_ring(a->f))
		mg_full(a->f, a->queued > a->jobs);
}

void
mg_call_begin(struct mg_conv *conv)
{
	struct mg_ask *a = conv->ask;
	struct mg_call *c = mg_xcalloc(1, sizeof(*c));

	c->ask = a;
	c->conv = conv;
	mg_reply_init(&c->reply); /* it may be cancelled before it runs */
	c->backend = conv->agent->wire ? &mg_backend_http : &mg_backend_program;
	conv->call = c;
	conv->owed = false;
	a->total.requests++;
	mg_open(a->f);
	if (!a->queue_end)
		a->queue_end = &a->queue;
	*a->queue_end = c;
	a->queue_end = &c->next;
	a->queued++;
	if (mg_filter_signal(a->f)) /* nothing new begins behind it */
		mg_call_cancel(c, "cancelled before it began");
	else
		start_next(a);
}

/* A key must not come back in an error text, not even as the half of one that
 * stands where the text was cut. */
static void
mask(char *text, const char *key)
{
	size_t n = key ? strlen(key) : 0, len = strlen(text);
	char *p;

	while (n >= 4 && (p = strstr(text, key)))
		memset(p, '*', n);
	for (size_t k = n < len ? n : len; k >= 4; k--)
		if (strncmp(text + len - k, key, k) == 0) {
			memset(text + len - k, '*', k);
			break;
		}
}

void
mg_call_done(struct mg_call *c, struct mg_fault *f, bool again)
{
	struct mg_ask *a = c->ask;
	struct mg_str name = MG_STR(8192);
	int64_t ms = -1;

	if (c->state == MG_CALL_ENDED)
		return;
	mask(f->message, c->conv->agent->key);
	if (f->code == MG_OK && mg_reply_check(&c->reply, f) == 0) {
		succeed(c);
		return;
	}
	if (again && !c->shown && f->code != MG_E_CANCELLED)
		ms = mg_retry_wait(&a->retry, c->tries - 1, f);
	if (f->retry_after_ms) {
		gate_name(c->conv->agent, &name);
		mg_gate_close(&a->gates, name.s, f->retry_after_ms);
		mg_str_release(&name);
	}
	if (ms < 0) {
		fail(c, f);
		return;
	}
	c->state = MG_CALL_WAITS;
	emit_retry(c, f, ms);
	c->timer.fn = enter;
	mg_timer_set(mg_filter_loop(a->f), &c->timer, mg_now() + ms);
}

void
mg_call_cancel(struct mg_call *c, const char *why)
{
	struct mg_ask *a = c->ask;
	struct mg_fault f;

	mg_fail(&f, MG_E_CANCELLED, "%s", why);
	if (c->state == MG_CALL_QUEUED) {
		struct mg_call **p = &a->queue;

		while (*p != c)
			p = &(*p)->next;
		*p = c->next;
		if (!c->next)
			a->queue_end = p;
		a->queued--;
		a->running++;
		link_call(&a->calls, c);
	} else if (c->state == MG_CALL_RUNS) {
		c->backend->cancel(c);
	}
	if (c->state != MG_CALL_ENDED)
		fail(c, &f);
}

void
mg_calls_sweep(struct mg_ask *a)
{
	struct mg_call *c = a->ended, *next;

	for (; c; c = next) {
		next = c->next;
		if (c->run)
			continue; /* its backend is not done with it */
		unlink_call(&a->ended, c);
		mg_reply_release(&c->reply);
		free(c);
	}
}
