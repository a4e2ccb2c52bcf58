/* lead_text.c - what agents are told: prompts, answers, notes. */
#include "vote/lead_in.h"

static void
user_message(struct mg_str *out, struct mg_sl text)
{
	mg_str_puts(out, "{\"role\":\"user\"");
	mg_json_m(out, "content", text);
	mg_str_putc(out, '}');
}

void
mg_lead_earlier(const struct lead_session *s, struct mg_str *out)
{
	for (struct lead_turn *t = s->turns; t; t = t->next) {
		mg_str_puts(out,
			out->len ? "\nThen this was asked:\n\n"
				 : "Earlier this was asked:\n\n");
		mg_quote(mg_str_as_sl(&t->question), out);
		if (t->answer.len) {
			mg_str_puts(out, "\nand the team's answer was:\n\n");
			mg_quote(mg_str_as_sl(&t->answer), out);
		} else {
			mg_str_puts(out, "\nand the team chose no answer.\n");
		}
		if (t->others.len) {
			mg_str_puts(
				out, "\nThese answers were not chosen:\n\n");
			mg_str_sl(out, mg_str_as_sl(&t->others));
		}
	}
	while (out->len && out->s[out->len - 1] == '\n')
		out->s[--out->len] = '\0';
}

/* For one agent alone the earlier turns are what they were: messages. */
static void
earlier_messages(const struct lead_session *s, struct mg_str *out)
{
	for (struct lead_turn *t = s->turns; t; t = t->next) {
		if (!t->answer.len)
			continue;
		user_message(out, mg_str_as_sl(&t->question));
		mg_str_puts(out, ",{\"role\":\"assistant\"");
		mg_json_m(out, "content", mg_str_as_sl(&t->answer));
		mg_str_puts(out, "},");
	}
}

/* A question in parts keeps them; the prompt's words stand in front. */
static void
put_parts(struct lead_task *t, struct mg_sl text, struct mg_str *out)
{
	struct mg_sl parts = mg_str_as_sl(&t->parts);

	mg_str_puts(out, "{\"role\":\"user\",\"content\":[");
	if (text.n) {
		mg_str_puts(out, "{\"type\":\"text\"");
		mg_json_m(out, "text", text);
		mg_str_puts(out, "},");
	}
	mg_str_add(out, parts.p + 1, parts.n - 1);
	mg_str_putc(out, '}');
}

void
mg_lead_first(struct lead_seat *s, struct mg_str *out)
{
	struct lead_task *t = s->task;
	struct mg_str text = MG_STR(MG_LINE_MAX), earlier = MG_STR(MG_LINE_MAX);
	bool alone = t->n == 1;
	struct mg_fill fill = {0};

	if (t->before.len) {
		mg_str_sl(out, mg_str_as_sl(&t->before));
		mg_str_putc(out, ',');
	} else if (alone) {
		earlier_messages(t->session, out);
	} else {
		mg_lead_earlier(t->session, &earlier);
	}
	fill.earlier = mg_str_as_sl(&earlier);
	if (!t->parts.len)
		fill.question = mg_str_as_sl(&t->question);
	if (!alone)
		mg_prompt(&t->lead->prompts, MG_PROMPT_ANSWER, &fill, &text);
	else
		mg_str_sl(&text, fill.question);
	if (t->parts.len)
		put_parts(t, mg_str_as_sl(&text), out);
	else
		user_message(out, mg_str_as_sl(&text));
	out->over |= text.over || earlier.over;
	mg_str_release(&text);
	mg_str_release(&earlier);
}

/* A blank line between two pieces. */
static void
gap(struct mg_str *out)
{
	while (out->len && out->s[out->len - 1] == '\n')
		out->len--;
	if (out->len)
		mg_str_puts(out, "\n\n");
}

static void
put_unseen(struct lead_seat *s, struct mg_str *out)
{
	struct mg_str answers = MG_STR(MG_LINE_MAX);
	struct mg_fill fill = {0};

	for (size_t i = 0; i < s->task->n; i++) {
		struct lead_seat *of = &s->task->seats[i];

		if (of == s || !of->version || of->order <= s->seen)
			continue;
		gap(&answers);
		mg_str_fmt(&answers, "%s%s:\n\n", of->label,
			of->version > 1 ? " (its author's latest)" : "");
		mg_quote(mg_str_as_sl(&of->answer), &answers);
	}
	if (answers.len) {
		answers.s[--answers.len] = '\0';
		fill.answers = mg_str_as_sl(&answers);
		gap(out);
		mg_prompt(
			&s->task->lead->prompts, MG_PROMPT_UPDATE, &fill, out);
	}
	out->over |= answers.over;
	mg_str_release(&answers);
}

static void
put_ballot(struct lead_seat *s, struct mg_str *out)
{
	struct mg_lead *l = s->task->lead;
	struct mg_str labels = MG_STR(1 << 20), own = MG_STR(1024);
	struct mg_str limit = MG_STR(1024);
	struct mg_fill fill = {0};

	for (size_t i = 0; i < s->task->n; i++)
		if (mg_lead_may_vote_for(s, &s->task->seats[i]))
			mg_str_fmt(&labels, "%s%s", labels.len ? ", " : "",
				s->task->seats[i].label);
	if (s->version)
		mg_str_fmt(&own, "Yours is %s%s. ", s->label,
			l->rules.self_votes ? ""
					    : ", and you cannot vote for it");
	if (mg_lead_may_answer(s))
		mg_str_puts(&limit,
			"; or `new_answer`, with a better answer in full.");
	else
		mg_str_fmt(&limit, ". You cannot give a new answer: %s.",
			l->why.s);
	s->ballot = s->version;
	s->barred = !mg_lead_may_answer(s);
	fill.labels = mg_str_as_sl(&labels);
	fill.own = mg_str_as_sl(&own);
	fill.limit = mg_str_as_sl(&limit);
	gap(out);
	mg_prompt(&l->prompts, MG_PROMPT_BALLOT, &fill, out);
	mg_str_release(&labels);
	mg_str_release(&own);
	mg_str_release(&limit);
}

static void
put_criteria(struct lead_seat *s, struct mg_str *out)
{
	struct mg_lead *l = s->task->lead;
	int64_t which = l->rules.agents[s->k].sensitivity;
	struct mg_fill fill = {0};

	if (which < 0)
		which = l->rules.sensitivity;
	fill.sensitivity = mg_sl_of(l->prompts.sensitivity[which]);
	mg_prompt(&l->prompts, MG_PROMPT_VOTE, &fill, out);
}

static void
put_reminder(struct lead_seat *s, enum lead_ask ask, struct mg_str *out)
{
	struct mg_lead *l = s->task->lead;
	bool may = mg_lead_may_answer(s);
	struct mg_fill fill = {0};

	fill.why = mg_str_as_sl(&s->why);
	fill.tools = ask != LEAD_VOTE ? MG_SL("`new_answer`")
		: may		      ? MG_SL("`vote` or `new_answer`")
				      : MG_SL("`vote`");
	gap(out);
	if (ask == LEAD_SHOW)
		mg_str_sl(out, fill.why);
	else
		mg_prompt(&l->prompts, MG_PROMPT_REMIND, &fill, out);
}

void
mg_lead_more(struct lead_seat *s, enum lead_ask ask, struct mg_str *out)
{
	struct mg_str text = MG_STR(MG_LINE_MAX);
	/* How to vote is said again when something of it has changed. */
	bool ballot = ask == LEAD_VOTE &&
		(s->phase != LEAD_VOTE || !mg_lead_sees_all(s) ||
			s->ballot != s->version ||
			s->barred == mg_lead_may_answer(s));

	if (s->notes.len) {
		mg_str_sl(&text, mg_str_as_sl(&s->notes));
		mg_str_release(&s->notes);
	}
	if (ask == LEAD_VOTE && s->phase != LEAD_VOTE) {
		gap(&text);
		put_criteria(s, &text);
	}
	put_unseen(s, &text);
	if (s->why.len) {
		put_reminder(s, ask, &text);
		mg_str_release(&s->why);
	}
	if (ballot)
		put_ballot(s, &text);
	if (ask == LEAD_SHOW && s->phase != LEAD_SHOW) {
		gap(&text);
		mg_prompt(&s->task->lead->prompts, MG_PROMPT_PRESENT,
			&(struct mg_fill){0}, &text);
	}
	if (text.len)
		user_message(out, mg_str_as_sl(&text));
	out->over |= text.over;
	mg_str_release(&text);
}
