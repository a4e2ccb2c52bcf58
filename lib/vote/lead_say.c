/* lead_say.c - the events that the lead makes, but for `result`. */
#include "vote/lead_in.h"

#include <stdio.h>

static void
put_id(struct mg_str *o, const struct lead_task *t)
{
	if (t->id.len)
		mg_json_mraw(o, "id", mg_str_as_sl(&t->id));
}

static void
put_key(struct mg_str *o, const struct lead_seat *s)
{
	put_id(o, s->task);
	mg_json_m(o, "agent", s->voter.name);
}

void
mg_lead_say_rules(struct mg_lead *l)
{
	mg_rules_write(&l->rules, mg_emit(l->f, "rules"));
	mg_sent(l->f);
}

static void
put_new_answer(struct mg_str *o)
{
	mg_str_puts(o,
		"{\"name\":\"new_answer\",\"description\":\"Give your whole "
		"answer to the task, or a better one in place of it.\","
		"\"input_schema\":{\"type\":\"object\",\"properties\":"
		"{\"content\":{\"type\":\"string\"}},\"required\":"
		"[\"content\"],\"additionalProperties\":false}}");
}

static void
put_vote(struct mg_str *o, const struct lead_seat *s)
{
	bool first = true;

	mg_str_puts(o,
		"{\"name\":\"vote\",\"description\":\"Vote for the best "
		"answer as it stands.\",\"input_schema\":{\"type\":"
		"\"object\",\"properties\":{\"label\":{\"type\":\"string\","
		"\"enum\":[");
	for (size_t i = 0; i < s->task->n; i++) {
		const struct lead_seat *to = &s->task->seats[i];

		if (!mg_lead_may_vote_for(s, to))
			continue;
		mg_str_puts(o, first ? "" : ",");
		mg_json_puts(o, to->label);
		first = false;
	}
	mg_str_puts(o,
		"]},\"reason\":{\"type\":\"string\"}},\"required\":"
		"[\"label\",\"reason\"],\"additionalProperties\":false}}");
}

static void
put_tools(struct mg_str *o, const struct lead_seat *s)
{
	bool vote = s->phase == LEAD_VOTE;
	bool answer = s->phase != LEAD_SHOW && mg_lead_may_answer(s);

	mg_str_puts(o, ",\"tools\":[");
	if (vote)
		put_vote(o, s);
	if (vote && answer)
		mg_str_putc(o, ',');
	if (answer)
		put_new_answer(o);
	mg_str_putc(o, ']');
}

static void
put_shown(struct mg_str *o, const struct lead_seat *s)
{
	bool first = true;

	mg_str_puts(o, ",\"shown\":[");
	for (size_t i = 0; i < s->task->n; i++) {
		const struct lead_seat *of = &s->task->seats[i];

		if (of == s || !of->version || of->order > s->seen)
			continue;
		mg_str_puts(o, first ? "" : ",");
		mg_json_puts(o, of->label);
		first = false;
	}
	mg_str_putc(o, ']');
}

/*
 * What the conversation of its agent lacks. As long as nothing was heard of
 * it, nobody can be known to hold it, and it is sent as a whole; likewise what
 * was sent since the last reply, if somebody else refused it.
 */
static void
put_messages(struct mg_str *o, struct lead_seat *s, struct mg_str *more)
{
	struct mg_sl all;

	if (s->unheard.len && more->len)
		mg_str_putc(&s->unheard, ',');
	mg_str_sl(&s->unheard, mg_str_as_sl(more));
	all = mg_str_as_sl(s->heard && !s->lost ? more : &s->unheard);
	mg_str_puts(o, s->heard ? ",\"append\":[" : ",\"messages\":[");
	mg_str_sl(o, all);
	mg_str_putc(o, ']');
	o->over |= s->unheard.over || more->over;
}

bool
mg_lead_say_request(struct lead_seat *s, enum lead_ask ask)
{
	static const char *const asks[] = {[LEAD_ANSWER] = "answer",
		[LEAD_CONTINUE] = "continue",
		[LEAD_VOTE] = "vote",
		[LEAD_SHOW] = "present"};
	struct mg_str more = MG_STR(MG_LINE_MAKE);
	struct mg_str *o;
	char call[LEAD_LABEL_MAX + 32];

	if (!s->turn)
		mg_lead_first(s, &more);
	else
		mg_lead_more(s, ask, &more);
	s->seen = s->task->accepted;
	s->asked = ask;
	if (ask != LEAD_CONTINUE)
		s->phase = ask;
	s->state = LEAD_CALLED;
	s->acted = s->loops = false;
	s->turn++;
	s->calls++;
	s->task->calls++;
	s->task->asked |= ask == LEAD_VOTE;
	o = mg_emit(s->task->lead->f, "request");
	put_key(o, s);
	mg_json_mi(o, "turn", s->turn);
	put_messages(o, s, &more);
	mg_str_release(&more);
	s->lost = false;
	if (s->task->n > 1)
		put_tools(o, s);
	mg_json_ms(o, "asks", asks[ask]);
	put_shown(o, s);
	if (!mg_sent(s->task->lead->f))
		return false;
	snprintf(call, sizeof(call), "call/%zu.%lld", s->k + 1,
		(long long)s->turn);
	mg_lead_say_timer(s->task, call, s->task->lead->rules.call_timeout);
	return true;
}

void
mg_lead_say_cancel(
	struct lead_task *t, const struct lead_seat *s, const char *reason)
{
	struct mg_str *o = mg_emit(t->lead->f, "cancel");

	if (s)
		put_key(o, s);
	else
		put_id(o, t);
	mg_json_ms(o, "reason", reason);
	mg_sent(t->lead->f);
}

void
mg_lead_say_answer(const struct lead_seat *s)
{
	struct mg_str *o = mg_emit(s->task->lead->f, "answer");

	put_key(o, s);
	mg_json_ms(o, "label", s->label);
	mg_json_m(o, "content", mg_str_as_sl(&s->answer));
	mg_sent(s->task->lead->f);
}

void
mg_lead_say_vote(const struct lead_seat *s, struct mg_sl label,
	struct mg_sl reason, const char *why)
{
	struct mg_str *o = mg_emit(s->task->lead->f, "vote");

	put_key(o, s);
	mg_json_m(o, "for", mg_sl_cut(label, LEAD_LABEL_MAX));
	if (reason.n)
		mg_json_m(o, "reason", mg_sl_cut(reason, LEAD_REASON_MAX));
	mg_json_mb(o, "counted", !why);
	if (why)
		mg_json_ms(o, "why", why);
	mg_sent(s->task->lead->f);
}

void
mg_lead_say_tool_result(
	struct mg_lead *l, struct mg_event *e, struct mg_sl text, bool bad)
{
	struct mg_sl call = mg_json_get(e->raw, "call");
	struct mg_str *o = mg_emit(l->f, "tool_result");

	mg_emit_key(o, e);
	if (call.p)
		mg_json_mraw(o, "call", call);
	mg_json_m(o, "content", text);
	mg_json_mb(o, "is_error", bad);
	mg_sent(l->f);
}

void
mg_lead_say_nobody(const struct lead_seat *s)
{
	struct mg_str *o = mg_emit(s->task->lead->f, "error");

	put_key(o, s);
	mg_json_mi(o, "turn", s->turn);
	mg_json_ms(o, "code", mg_code_name(MG_E_NOBODY));
	mg_json_ms(o, "message", "no stage of the ring serves this agent");
	mg_json_ms(o, "remedy",
		"give the lead and mg-ask the same team: -c FILE or -m MODEL");
	mg_json_mb(o, "retryable", false);
	mg_sent(s->task->lead->f);
}

void
mg_lead_say_timer(struct lead_task *t, const char *name, int64_t ms)
{
	struct mg_str *o;

	if (!ms)
		return;
	o = mg_emit(t->lead->f, "timer");
	put_id(o, t);
	mg_json_ms(o, "name", name);
	mg_json_mi(o, "delay_ms", ms);
	mg_sent(t->lead->f);
}
