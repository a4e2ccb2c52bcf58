/* lead_result.c - the `result` of a task. */
#include "vote/lead_in.h"

/* What is left out, one after the other, where a result would be too large. */
enum fit { WHOLE, WITHOUT_DISSENT, WITHOUT_VOTED, CUT };

static void
put_weight(struct mg_str *o, const char *key, int64_t weight)
{
	char buf[MG_WEIGHT_TEXT];

	mg_json_mraw(o, key, mg_weight_text(weight, buf));
}

static const struct lead_seat *
of_label(const struct lead_task *t, struct mg_sl label)
{
	for (size_t i = 0; i < t->n; i++)
		if (mg_sl_is(label, t->seats[i].label))
			return &t->seats[i];
	MG_BUG("a vote for nobody");
}

static void
put_votes(struct mg_str *o, const struct lead_task *t)
{
	struct mg_tally tally = {0};

	mg_lead_tally(t, &tally);
	mg_str_puts(o, ",\"votes\":[");
	for (size_t i = 0; i < tally.ncamps; i++) {
		const struct mg_camp *c = &tally.camps[i];

		mg_str_puts(o, i ? ",{" : "{");
		mg_json_m(o, "label", c->first->key);
		mg_json_m(o, "agent", of_label(t, c->first->key)->voter.name);
		put_weight(o, "weight", c->weight);
		mg_str_puts(o, ",\"agents\":[");
		for (size_t k = 0; k < c->n; k++) {
			mg_str_puts(o, k ? "," : "");
			mg_json_put(o, c->first[k].agent->name);
		}
		mg_str_puts(o, "]}");
	}
	mg_str_putc(o, ']');
	put_weight(o, "margin", tally.margin);
	put_weight(o, "total", tally.total);
	mg_tally_release(&tally);
}

static void
put_dissent(struct mg_str *o, const struct lead_task *t, enum fit fit)
{
	bool first = true;

	mg_str_puts(o, ",\"dissent\":[");
	for (size_t i = 0; i < t->n; i++) {
		const struct lead_seat *s = &t->seats[i];

		if (s == t->winner || !s->version)
			continue;
		mg_str_puts(o, first ? "{" : ",{");
		mg_json_m(o, "agent", s->voter.name);
		mg_json_ms(o, "label", s->label);
		if (fit < WITHOUT_DISSENT)
			mg_json_m(o, "content", mg_str_as_sl(&s->answer));
		mg_str_putc(o, '}');
		first = false;
	}
	mg_str_putc(o, ']');
}

static void
put_names(struct mg_str *o, const char *key, const struct lead_task *t,
	enum lead_part part)
{
	bool first = true;

	mg_str_fmt(o, ",\"%s\":[", key);
	for (size_t i = 0; i < t->n; i++) {
		if (t->seats[i].part != part)
			continue;
		mg_str_puts(o, first ? "" : ",");
		mg_json_put(o, t->seats[i].voter.name);
		first = false;
	}
	mg_str_putc(o, ']');
}

static void
put_winner(struct mg_str *o, const struct lead_task *t,
	const struct lead_seat *winner, enum fit fit)
{
	struct mg_sl content = mg_str_as_sl(&winner->answer);

	if (t->final.len)
		content = mg_str_as_sl(&t->final);
	if (fit == CUT)
		content = mg_sl_cut(content, LEAD_ANSWER_MAX);
	mg_json_m(o, "content", content);
	mg_json_m(o, "winner", winner->voter.name);
	mg_json_ms(o, "label", winner->label);
	if (t->tie)
		mg_json_mb(o, "tie", true);
}

static void
put_voted(struct mg_str *o, const struct lead_seat *winner, enum fit fit)
{
	mg_str_puts(o, ",\"voted\":{");
	mg_json_ms(o, "label", winner->label);
	if (fit < WITHOUT_VOTED)
		mg_json_m(o, "content", mg_str_as_sl(&winner->answer));
	mg_str_putc(o, '}');
}

static void
put_members(struct mg_str *o, const struct lead_task *t, enum fit fit)
{
	if (t->id.len)
		mg_json_mraw(o, "id", mg_str_as_sl(&t->id));
	mg_json_ms(o, "status", t->status);
	if (t->winner)
		put_winner(o, t, t->winner, fit);
	if (t->reason.len)
		mg_json_m(o, "reason", mg_str_as_sl(&t->reason));
	put_votes(o, t);
	put_dissent(o, t, fit);
	put_names(o, "failed", t, LEAD_FAILED);
	put_names(o, "abstained", t, LEAD_ABSTAINS);
	mg_json_mi(o, "answers", t->accepted);
	mg_json_mi(o, "calls", t->calls);
	if (t->winner && t->final.len)
		put_voted(o, t->winner, fit);
}

/* A task gets its result, however much it would hold: only whoever reads the
 * log then has the rest. */
void
mg_lead_say_result(const struct lead_task *t)
{
	enum fit fit = WHOLE;
	struct mg_str *o = mg_emit(t->lead->f, "result");
	size_t head = o->len;

	for (; fit <= CUT; fit++) {
		o->len = head;
		o->over = false;
		put_members(o, t, fit);
		if (!o->over)
			break;
	}
	mg_sent(t->lead->f);
}
