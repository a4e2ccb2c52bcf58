/* stage.c - mg-ask on the event stream: what each line asks of it. */
#include "ask/ask.h"

#include "base/clock.h"
#include "io/http.h"

#include <stdio.h>
#include <stdlib.h>

static void
text_of(struct mg_sl raw, const char *name, struct mg_str *out)
{
	mg_json_text(mg_json_get(raw, name), out);
}

/* A copy of a conversation up to its last complete turn. */
static void
fork_from(struct mg_ask *a, struct mg_conv *to, struct mg_sl id)
{
	struct mg_conv *from = mg_conv_get(a, id, mg_sl_of(to->name), false);

	mg_conv_clear(to);
	if (!from)
		return;
	mg_str_add(&to->messages, from->messages.s, from->complete);
	to->complete = to->messages.len;
}

/* To refuse is to take, and to answer. */
static void
refuse(struct mg_filter *f, const struct mg_event *e, enum mg_code code,
	const char *why)
{
	struct mg_str where = MG_STR(MG_LINE_MAX);
	struct mg_fault fault;

	mg_str_putc(&where, '{');
	mg_emit_key(&where, e);
	mg_fail(&fault, code, "%s", why);
	mg_emit_error(f, &fault, (struct mg_sl){where.s + 1, where.len - 1});
	mg_str_release(&where);
}

static void
on_request(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_ask *a = state;
	struct mg_sl messages = mg_json_get(e->raw, "messages");
	struct mg_sl append = mg_json_get(e->raw, "append");
	struct mg_sl fork = mg_json_get(e->raw, "fork");
	struct mg_str name = MG_STR(4096);
	struct mg_conv *c = NULL;

	a->f = f;
	if (e->taken)
		return;
	text_of(e->raw, "agent", &name);
	if (!name.len && a->agents.n)
		mg_str_puts(&name, a->agents.v[0].name);
	if (mg_agents_find(&a->agents, mg_str_as_sl(&name)))
		c = mg_conv_get(a, mg_json_get(e->raw, "id"),
			mg_str_as_sl(&name), true);
	mg_str_release(&name);
	if (!c)
		return; /* another mg-ask may serve it */
	mg_take(f, e);
	if (mg_filter_draining(f)) {
		refuse(f, e, MG_E_CANCELLED, "the run is ending");
		return;
	}
	c->once = false; /* it lives on, whatever ends now */
	if (c->owed)
		mg_past_cut_off(c);
	if (c->call)
		mg_call_cancel(c->call, "the agent was asked again");
	mg_conv_abandon(c, "the call was not awaited");
	c->turn = mg_json_int(mg_json_get(e->raw, "turn"), c->turn + 1);
	if (fork.p)
		fork_from(a, c, fork);
	if (messages.p)
		mg_conv_clear(c);
	c->asked = c->messages.len;
	mg_conv_append(c, messages.p ? messages : append);
	mg_conv_params(c, e->raw);
	mg_conv_tools(c, e->raw);
	c->owed = e->past;
	c->ready = false;
	if (!e->past && !messages.p && !c->messages.len)
		refuse(f, e, MG_E_BAD_EVENT, "the conversation is empty");
	else if (!e->past)
		mg_call_begin(c);
}

static struct mg_conv *
conv_of(struct mg_ask *a, struct mg_sl e)
{
	struct mg_str name = MG_STR(4096);
	struct mg_conv *c;

	text_of(e, "agent", &name);
	c = mg_conv_get(a, mg_json_get(e, "id"), mg_str_as_sl(&name), false);
	mg_str_release(&name);
	return c;
}

void
mg_ask_ready(struct mg_conv *c)
{
	struct mg_str *o = mg_emit(c->ask->f, "ready");

	c->ready = false;
	mg_conv_key(c, o);
	mg_sent(c->ask->f);
}

static void
on_tool_result(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_ask *a = state;
	struct mg_conv *c = conv_of(a, e->raw);
	struct mg_str call = MG_STR(4096), text = MG_STR(MG_LINE_MAX);
	struct mg_sl content = mg_json_get(e->raw, "content");

	a->f = f;
	/* Our own was heard when it was said, but in history. */
	if (e->own && !e->past)
		return;
	if (e->past)
		mg_past_settled(a, e);
	text_of(e->raw, "call", &call);
	if (!mg_json_text(content, &text))
		mg_str_sl(&text, content); /* an object, as it is spelt */
	if (c && mg_conv_result(c, mg_str_as_sl(&call), mg_str_as_sl(&text))) {
		if (e->past)
			c->ready = true;
		else
			mg_ask_ready(c);
	}
	mg_str_release(&call);
	mg_str_release(&text);
}

/* Nobody took this call of ours, so nobody else will answer it. */
void
mg_ask_nobody(struct mg_ask *a, struct mg_sl tool_call)
{
	static const char *const key[] = {"id", "agent", "turn", "call", NULL};
	struct mg_conv *c = conv_of(a, tool_call);
	struct mg_str *o, text = MG_STR(2048), call = MG_STR(4096);

	text_of(tool_call, "call", &call);
	mg_str_puts(&text, "error: there is no tool ");
	text_of(tool_call, "name", &text);
	o = mg_emit(a->f, "tool_result");
	for (size_t i = 0; key[i]; i++)
		if (mg_json_get(tool_call, key[i]).p)
			mg_json_mraw(o, key[i], mg_json_get(tool_call, key[i]));
	mg_json_m(o, "content", mg_str_as_sl(&text));
	mg_json_mb(o, "is_error", true);
	mg_sent(a->f);
	if (c && mg_conv_result(c, mg_str_as_sl(&call), mg_str_as_sl(&text)))
		mg_ask_ready(c);
	mg_str_release(&text);
	mg_str_release(&call);
}

/* Our own call came back. */
static void
on_own_tool_call(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_ask *a = state;

	a->f = f;
	if (e->own && e->past)
		mg_past_tool_call(a, conv_of(a, e->raw), e);
	else if (e->own && !e->taken)
		mg_ask_nobody(a, e->raw);
}

/* History: what we said then. */
static void
on_own_past(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_ask *a = state;

	a->f = f;
	if (e->own && e->past)
		mg_past_said(a, conv_of(a, e->raw), e);
}

static void
on_resume(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_ask *a = state;

	a->f = f;
	mg_past_over(a);
}

static bool
same_id(struct mg_sl a, struct mg_sl b)
{
	struct mg_str x = MG_STR(MG_LINE_MAX), y = MG_STR(MG_LINE_MAX);
	bool same;

	mg_id_key(a, &x);
	mg_id_key(b, &y);
	same = mg_sl_eq(mg_str_as_sl(&x), mg_str_as_sl(&y));
	mg_str_release(&x);
	mg_str_release(&y);
	return same;
}

/* `cancel` names a call, an agent or a task; naming nothing, it names all. */
static bool
meant(const struct mg_conv *c, struct mg_sl id, struct mg_sl agent)
{
	return (!id.p || mg_sl_eq(id, mg_str_as_sl(&c->id)) ||
		       same_id(id, mg_str_as_sl(&c->id))) &&
		(!agent.p || mg_json_is(agent, c->name));
}

static void
on_cancel(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_ask *a = state;
	struct mg_str why = MG_STR(900);
	struct mg_sl call = mg_json_get(e->raw, "call");
	struct mg_sl id = mg_json_get(e->raw, "id");
	struct mg_sl agent = mg_json_get(e->raw, "agent");
	size_t n = a->convs.n;

	a->f = f;
	text_of(e->raw, "reason", &why);
	/* From the end: a conversation that ends leaves the list. */
	while (!call.p && n-- > 0) {
		struct mg_conv *c = n < a->convs.n ? a->convs.e[n].value : NULL;

		if (!c || !meant(c, id, agent))
			continue;
		mg_conv_abandon(c, "cancelled");
		c->ready = false;
		if (c->owed)
			mg_past_cut_off(c);
		else if (c->call)
			mg_call_cancel(c->call, why.len ? why.s : "cancelled");
	}
	mg_str_release(&why);
}

/* The task is decided: nobody goes on with its conversations. */
static void
on_result(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_ask *a = state;
	struct mg_sl id = mg_json_get(e->raw, "id");

	if (!mg_filter_ring(f) || !id.p)
		return;
	for (size_t n = a->convs.n; n-- > 0;) {
		struct mg_conv *c = a->convs.e[n].value;

		if (c->call || !meant(c, id, (struct mg_sl){NULL, 0}))
			continue;
		if (c->owed)
			mg_past_cut_off(c);
		mg_conv_free(c);
	}
}

static void
cancel_all(struct mg_filter *f, void *state)
{
	struct mg_ask *a = state;

	a->f = f;
	/* A ring that died says no more, a drained one does; in a line there
	 * is nobody to tell when it is not a signal, but a reader gone. */
	a->silent = mg_filter_ring(f) ? !mg_filter_draining(f)
				      : !mg_filter_signal(f);
	while (a->queue)
		mg_call_cancel(a->queue, "cancelled before it began");
	while (a->calls)
		mg_call_cancel(a->calls, "cancelled");
}

static void
on_pause(struct mg_filter *f, void *state, bool pause)
{
	struct mg_ask *a = state;

	a->paused = pause;
	for (struct mg_call *c = a->calls; c; c = c->next)
		if (c->state == MG_CALL_RUNS && c->paused != pause) {
			c->paused = pause;
			c->backend->pause(c, pause);
		} else if (c->held && !pause) {
			c->held = false;
			mg_timer_set(mg_filter_loop(f), &c->timer, 0);
		}
}

struct total {
	const char *name;
	int64_t n;
};

/* The members of `end`, with what another mg-ask has counted before us. */
static void
add_totals(const struct mg_ask *a, struct mg_str *o, struct mg_sl before)
{
	const struct total totals[] = {{"tasks", a->total.tasks},
		{"num_turns", a->total.requests},
		{"messages", a->total.messages}, {"errors", a->total.errors},
		{"input_tokens", a->total.input},
		{"cached_input_tokens", a->total.cached},
		{"output_tokens", a->total.output},
		{"reasoning_tokens", a->total.reasoning}};

	for (size_t i = 0; i < sizeof(totals) / sizeof(*totals); i++)
		mg_json_mi(o, totals[i].name,
			totals[i].n +
				mg_json_int(mg_json_get(before, totals[i].name),
					0));
}

static const char *
end_status(const struct mg_ask *a, bool interrupted)
{
	if (interrupted)
		return "interrupted";
	if (mg_filter_status(a->f) == mg_code_exit(MG_E_INPUT))
		return "failed"; /* there were more tasks, perhaps */
	return !a->total.messages && (a->total.errors || !a->total.requests)
		? "failed"
		: "done";
}

/* Somebody else's `end` passes: our numbers join it. */
static void
edit_end(struct mg_ask *a, struct mg_filter *f, struct mg_sl line)
{
	struct mg_str o = MG_STR(MG_LINE_MAX);
	struct mg_sl key, value;
	size_t it = 0;
	struct mg_str sums = MG_STR(1024);

	mg_str_putc(&sums, '{');
	if (mg_filter_signal(f))
		mg_json_ms(&sums, "status", "interrupted");
	add_totals(a, &sums, line);
	mg_str_putc(&sums, '}');
	mg_str_putc(&o, '{');
	while (mg_json_next(line, &it, &key, &value)) {
		char *name = mg_json_dup(key);

		if (name && !mg_json_get(mg_str_as_sl(&sums), name).p)
			mg_json_mraw(&o, name, value);
		free(name);
	}
	if (o.len > 1)
		mg_str_putc(&o, ',');
	mg_str_add(&o, sums.s + 1, sums.len - 1);
	mg_edit(f, NULL, mg_str_as_sl(&o));
	mg_str_release(&o);
	mg_str_release(&sums);
}

static void
nothing_asked(struct mg_ask *a)
{
	struct mg_fault f;

	mg_fail(&f, MG_E_NO_INPUT, "nothing was asked");
	mg_remedy(&f, "give a prompt, or tasks on standard input");
	mg_emit_error(a->f, &f, MG_SL(""));
}

static void
on_end(struct mg_filter *f, void *state, const struct mg_end *e)
{
	struct mg_ask *a = state;
	struct mg_str *o;

	a->f = f;
	if (!e->ours) {
		if (e->line.p && (a->total.requests || mg_filter_signal(f)))
			edit_end(a, f, e->line);
		return;
	}
	if (!a->total.tasks && !a->total.requests && !mg_filter_status(f) &&
		!e->interrupted)
		nothing_asked(a);
	o = mg_emit(f, "end");
	mg_json_ms(o, "status", end_status(a, e->interrupted));
	add_totals(a, o, (struct mg_sl){NULL, 0});
	mg_json_mi(o, "duration_ms", mg_now() - a->began_ms);
	mg_sent(f);
}

void
mg_ask_release(struct mg_ask *a)
{
	mg_calls_sweep(a);
	while (a->convs.n)
		mg_conv_free(a->convs.e[a->convs.n - 1].value);
	mg_map_release(&a->convs);
	mg_past_release(a);
	mg_map_release(&a->ids);
	mg_gates_release(&a->gates);
	mg_agents_release(&a->agents);
	mg_show_free(a->show);
}

static void
on_turn(struct mg_filter *f, void *state)
{
	mg_calls_sweep(state);
}

static void
on_close(struct mg_filter *f, void *state)
{
	struct mg_ask *a = state;

	mg_http_free(a->http);
	a->http = NULL;
}

static const struct mg_on on[] = {
	{"task", mg_ask_task},
	{"request", on_request},
	{"tool_result", on_tool_result, .own = true},
	{"tool_call", on_own_tool_call, .own = true},
	{"message", on_own_past, .own = true},
	{"error", on_own_past, .own = true},
	{"ready", on_own_past, .own = true},
	{"cancel", on_cancel},
	{"result", on_result},
	{"resume", on_resume},
	{0},
};

const struct mg_stage mg_ask_stage = {
	.name = "mg-ask",
	.on = on,
	.line = mg_ask_line,
	.text = mg_ask_text,
	.begin = mg_ask_begin,
	.end = on_end,
	.cancel = cancel_all,
	.pause = on_pause,
	.turn = on_turn,
	.close = on_close,
	.show = mg_ask_show,
	.outcome = "message",
};
