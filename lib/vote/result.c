/*
 * result.c - one task: its words become ballots, the ballots a `result`.
 *
 * Everything is sorted before it is written, so that the same words give the
 * same bytes in whatever order they came.
 */
#include "vote/normal.h"
#include "vote/vote.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sysexits.h>

#define ANSWER_MAX 280
#define SCRATCH_KEEP ((size_t)1 << 20) /* more than that is given back */

static void
enrol(struct mg_roll *r, struct mg_ballot b)
{
	MG_GROW(r->b, r->n, r->cap);
	r->b[r->n++] = b;
}

static int
by_agent(const void *x, const void *y)
{
	const struct mg_ballot *a = x, *b = y;

	return mg_voter_cmp(a->agent, b->agent);
}

static void
sort_roll(struct mg_roll *r)
{
	if (r->n)
		qsort(r->b, r->n, sizeof(*r->b), by_agent);
}

/* One word: a ballot, unless the agent failed or abstains. The key and the
 * short answer go to v->keys, which may still move. */
static void
read_word(struct mg_vote *v, const struct mg_word *w)
{
	struct mg_ballot b = {.agent = w->agent, .content = {w->content, w->n}};
	size_t at = v->keys.len;
	struct mg_sl answer;

	if (!w->content) {
		enrol(&v->failed, b);
		return;
	}
	mg_str_clear(&v->content);
	mg_json_text(b.content, &v->content);
	if (!mg_answer(&v->answer, &v->content, &answer) ||
		!mg_normal(answer, &v->keys)) {
		enrol(&v->abstained, b);
		return;
	}
	answer = mg_sl_cut(mg_unblank(answer), ANSWER_MAX);
	b.key.n = v->keys.len - at;
	b.answer.n = answer.n;
	mg_str_sl(&v->keys, answer);
	mg_tally_add(&v->tally, b);
}

static void
read_words(struct mg_vote *v, const struct mg_task *task)
{
	const char *p;

	for (size_t i = 0; i < task->n; i++)
		read_word(v, &task->words[i]);
	p = v->keys.s;
	for (size_t i = 0; i < v->tally.n; i++) {
		struct mg_ballot *b = &v->tally.ballots[i];

		b->key.p = p;
		b->answer.p = p + b->key.n;
		p = b->answer.p + b->answer.n;
	}
	for (size_t i = 0;
		task->heard < v->agents.nnamed && i < v->agents.nnamed; i++)
		if (!mg_task_word(task, v->agents.named[i]))
			enrol(&v->missing,
				(struct mg_ballot){v->agents.named[i]});
	sort_roll(&v->failed);
	sort_roll(&v->abstained);
}

/* --- the event --- */

/* What goes between two elements of an array: nothing behind its bracket. */
static void
comma(struct mg_str *o)
{
	if (o->s[o->len - 1] != '[')
		mg_str_putc(o, ',');
}

static void
put_agents(
	struct mg_str *o, const char *key, const struct mg_ballot *b, size_t n)
{
	mg_json_mraw(o, key, MG_SL("["));
	for (size_t i = 0; i < n; i++) {
		comma(o);
		mg_json_put(o, b[i].agent->name);
	}
	mg_str_putc(o, ']');
}

static void
put_weight(struct mg_str *o, const char *key, int64_t weight)
{
	char buf[MG_WEIGHT_TEXT];

	mg_json_mraw(o, key, mg_weight_text(weight, buf));
}

static void
put_winner(struct mg_str *o, const struct mg_tally *t)
{
	const struct mg_ballot *b = t->camps[0].first;

	mg_json_mraw(o, "content", b->content);
	mg_json_m(o, "answer", b->answer);
	mg_json_m(o, "winner", b->agent->name);
}

static void
put_winners(struct mg_str *o, const struct mg_tally *t)
{
	mg_json_mraw(o, "winners", MG_SL("["));
	for (size_t i = 0; i < t->leading; i++) {
		comma(o);
		mg_json_put(o, t->camps[i].first->agent->name);
	}
	mg_str_putc(o, ']');
}

static void
put_votes(struct mg_str *o, const struct mg_tally *t)
{
	mg_json_mraw(o, "votes", MG_SL("["));
	for (size_t i = 0; i < t->ncamps; i++) {
		const struct mg_camp *c = &t->camps[i];

		comma(o);
		mg_str_putc(o, '{');
		mg_json_m(o, "answer", c->first->answer);
		put_weight(o, "weight", c->weight);
		put_agents(o, "agents", c->first, c->n);
		mg_str_putc(o, '}');
	}
	mg_str_putc(o, ']');
	put_weight(o, "margin", t->margin);
	put_weight(o, "total", t->total);
}

static void
put_dissent(struct mg_str *o, struct mg_vote *v)
{
	const struct mg_camp *won = v->tally.camps;
	struct mg_roll *r = &v->dissent;

	for (size_t i = 0; i < v->tally.n; i++) {
		const struct mg_ballot *b = &v->tally.ballots[i];

		if (b < won->first || b >= won->first + won->n)
			enrol(r, *b);
	}
	sort_roll(r);
	mg_json_mraw(o, "dissent", MG_SL("["));
	for (size_t i = 0; i < r->n; i++) {
		comma(o);
		mg_str_putc(o, '{');
		mg_json_m(o, "agent", r->b[i].agent->name);
		mg_json_m(o, "answer", r->b[i].answer);
		mg_str_putc(o, '}');
	}
	mg_str_putc(o, ']');
}

/* What a verdict is called, and why there is no winner. */
struct outcome {
	const char *status;
	int exit;
	struct mg_str reason; /* empty: it needs none */
};

static void
judge(const struct mg_vote *v, enum mg_verdict verdict, struct outcome *o)
{
	struct mg_str *why = &o->reason;
	char buf[MG_WEIGHT_TEXT];

	*o = (struct outcome){"no_winner", 1, MG_STR(256)};
	switch (verdict) {
	case MG_DONE:
		o->status = "done";
		o->exit = 0;
		break;
	case MG_TIE:
		o->status = "tie";
		break;
	case MG_NO_VOTES:
		if (v->abstained.n) {
			mg_str_puts(why, "all who answered abstained");
			break;
		}
		o->status = "failed";
		o->exit = EX_UNAVAILABLE;
		mg_str_puts(why, "no agent answered");
		break;
	case MG_NO_WEIGHT:
		mg_str_puts(why, "the votes weigh nothing");
		break;
	case MG_NO_QUORUM:
		mg_str_fmt(why, "%zu voted, the quorum is %" PRId64, v->tally.n,
			v->rules.quorum);
		break;
	case MG_NO_MARGIN:
		mg_str_puts(why, "the margin is ");
		mg_str_sl(why, mg_weight_text(v->tally.margin, buf));
		mg_str_puts(why, ", it must be ");
		mg_str_sl(why, mg_weight_text(v->rules.min_margin, buf));
		break;
	}
}

static void
clear(struct mg_vote *v)
{
	mg_tally_clear(&v->tally);
	v->failed.n = v->abstained.n = v->missing.n = v->dissent.n = 0;
	mg_str_clear(&v->keys);
	if (v->keys.cap > SCRATCH_KEEP)
		mg_str_release(&v->keys);
	if (v->content.cap > SCRATCH_KEEP)
		mg_str_release(&v->content);
}

void
mg_vote_result(struct mg_filter *f, struct mg_vote *v,
	const struct mg_task *task, enum mg_cut cut)
{
	struct outcome is;
	enum mg_verdict verdict;
	struct mg_str *o;

	read_words(v, task);
	mg_tally_count(&v->tally);
	if (v->explain && mg_filter_output(f) == MG_OUT_TEXT)
		mg_vote_said(v, task);
	verdict = mg_tally_judge(&v->tally, &v->rules);
	judge(v, verdict, &is);
	if (cut) {
		is.status = "incomplete";
		is.exit = EX_DATAERR;
		mg_str_clear(&is.reason);
		mg_str_puts(&is.reason,
			cut == MG_CUT_INTERRUPTED
				? "interrupted"
				: "the stream stopped without its end");
	}
	o = mg_emit(f, "result");
	if (task->id.p)
		mg_json_mraw(o, "id", task->id);
	mg_json_ms(o, "status", is.status);
	if (is.reason.len)
		mg_json_m(o, "reason", mg_str_as_sl(&is.reason));
	if (!cut && verdict == MG_DONE)
		put_winner(o, &v->tally);
	if (!cut && verdict == MG_TIE)
		put_winners(o, &v->tally);
	put_votes(o, &v->tally);
	if (!cut && verdict == MG_DONE)
		put_dissent(o, v);
	put_agents(o, "failed", v->failed.b, v->failed.n);
	put_agents(o, "abstained", v->abstained.b, v->abstained.n);
	if (v->missing.n)
		put_agents(o, "missing", v->missing.b, v->missing.n);
	mg_sent(f);
	mg_status(f, is.exit);
	mg_str_release(&is.reason);
	clear(v);
}

void
mg_vote_result_release(struct mg_vote *v)
{
	mg_tally_release(&v->tally);
	free(v->failed.b);
	free(v->abstained.b);
	free(v->missing.b);
	free(v->dissent.b);
	mg_str_release(&v->content);
	mg_str_release(&v->keys);
}
