/*
 * past.c - what mg-ask owes when a run goes on: see design.md, History.
 *
 * A request that the log holds no answer to is asked again; a message whose
 * tool calls it lacks says them; a turn whose results are all in says `ready`.
 * What needs no conversation any more is a debt, kept by its key until the log
 * settles it: a tool_call that nobody took wants its error result, a call that
 * was cancelled wants its `error`.
 */
#include "ask/ask.h"

#include <stdlib.h>

static void
debt_key(struct mg_sl e, const char *call, struct mg_str *key)
{
	mg_id_key(mg_json_get(e, "id"), key);
	mg_str_putc(key, '\0');
	mg_json_text(mg_json_get(e, "agent"), key);
	mg_str_putc(key, '\0');
	mg_str_sl(key, mg_json_get(e, "turn"));
	mg_str_putc(key, '\0');
	mg_json_text(mg_json_get(e, call), key);
}

static void
owe(struct mg_ask *a, struct mg_sl e, const char *call)
{
	struct mg_str key = MG_STR(MG_LINE_MAX);
	void **slot;

	debt_key(e, call, &key);
	slot = mg_map_put(&a->debts, mg_str_as_sl(&key));
	free(*slot);
	*slot = mg_sl_dup(e);
	mg_str_release(&key);
}

static void
settle(struct mg_ask *a, struct mg_sl e, const char *call)
{
	struct mg_str key = MG_STR(MG_LINE_MAX);
	char *debt;

	debt_key(e, call, &key);
	debt = mg_map_get(&a->debts, mg_str_as_sl(&key));
	if (debt) {
		mg_map_del(&a->debts, mg_str_as_sl(&key));
		free(debt);
	}
	mg_str_release(&key);
}

void
mg_past_settled(struct mg_ask *a, struct mg_event *e)
{
	settle(a, e->raw, "call");
}

void
mg_past_cut_off(struct mg_conv *c)
{
	struct mg_str e = MG_STR(MG_LINE_MAX);

	mg_str_putc(&e, '{');
	mg_conv_key(c, &e);
	mg_str_putc(&e, '}');
	owe(c->ask, mg_str_as_sl(&e), "");
	c->owed = false;
	mg_str_release(&e);
}

void
mg_past_tool_call(struct mg_ask *a, struct mg_conv *c, struct mg_event *e)
{
	struct mg_str call = MG_STR(4096);

	mg_json_text(mg_json_get(e->raw, "call"), &call);
	for (size_t i = 0; c && i < c->ncalls; i++)
		if (mg_sl_is(mg_str_as_sl(&call), c->calls[i].id))
			c->calls[i].said = true;
	if (!e->taken)
		owe(a, e->raw, "call");
	mg_str_release(&call);
}

/* It was on its way when the next request was made, and we had said it before
 * that came: so it stands in front of it. */
static void
said_before(struct mg_conv *c, struct mg_sl message)
{
	struct mg_str later = MG_STR(MG_CONV_MAX);
	size_t from = c->asked;

	if (from < c->messages.len && c->messages.s[from] == ',')
		from++;
	mg_str_add(&later, c->messages.s + from, c->messages.len - from);
	c->messages.len = c->asked;
	mg_conv_logged(c, message);
	mg_conv_abandon(c, "the call was not awaited");
	c->asked = c->messages.len;
	if (later.len && c->messages.len)
		mg_str_putc(&c->messages, ',');
	mg_str_sl(&c->messages, mg_str_as_sl(&later));
	mg_str_release(&later);
}

void
mg_past_said(struct mg_ask *a, struct mg_conv *c, struct mg_event *e)
{
	struct mg_sl turn = mg_json_get(e->raw, "turn");
	bool message = mg_event_is(e, "message");
	bool now = c && mg_json_int(turn, -1) == c->turn;
	bool owed = now && c->owed;

	if (!turn.p)
		return;
	if (mg_event_is(e, "ready")) {
		if (now)
			c->ready = false;
		return;
	}
	settle(a, e->raw, "");
	if (now)
		c->owed = false;
	if (now && message)
		mg_conv_logged(c, e->raw);
	if (now && message && !owed)
		mg_conv_abandon(c, "cancelled"); /* it crossed a cancel */
	if (!now && c && message && mg_json_int(turn, -1) < c->turn)
		said_before(c, e->raw);
}

static void
say_cancelled(struct mg_ask *a, struct mg_sl key)
{
	struct mg_fault f;

	mg_fail(&f, MG_E_CANCELLED, "cancelled");
	mg_emit_error(a->f, &f, (struct mg_sl){key.p + 1, key.n - 2});
}

void
mg_past_over(struct mg_ask *a)
{
	for (size_t i = 0; i < a->debts.n; i++) {
		struct mg_sl e = mg_sl_of(a->debts.e[i].value);

		if (mg_json_get(e, "call").p)
			mg_ask_nobody(a, e);
		else
			say_cancelled(a, e);
	}
	mg_past_release(a);
	for (size_t i = 0; i < a->convs.n; i++) {
		struct mg_conv *c = a->convs.e[i].value;

		if (c->owed)
			mg_call_begin(c);
		else if (c->ready)
			mg_ask_ready(c);
		else
			mg_call_say_tools(c);
		c->owed = false;
	}
}

void
mg_past_release(struct mg_ask *a)
{
	for (size_t i = 0; i < a->debts.n; i++)
		free(a->debts.e[i].value);
	mg_map_release(&a->debts);
	a->debts = (struct mg_map){0};
}
