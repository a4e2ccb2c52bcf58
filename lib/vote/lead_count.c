/* lead_count.c - when it is time to vote, when it is decided, and for whom. */
#include "vote/lead_in.h"

#include "vote/normal.h"

static size_t
count_in(const struct lead_task *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		n += t->seats[i].part == LEAD_IN;
	return n;
}

/* Agents with an answer, whether they still take part or not. */
static size_t
count_answers(const struct lead_task *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		n += t->seats[i].version > 0;
	return n;
}

static struct lead_seat *
earliest(const struct lead_task *t)
{
	struct lead_seat *first = NULL;

	for (size_t i = 0; i < t->n; i++) {
		struct lead_seat *s = &t->seats[i];

		if (s->version && (!first || s->order < first->order))
			first = s;
	}
	return first;
}

/* Nobody's first answer is still to come. */
static bool
all_answered(const struct lead_task *t)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct lead_seat *s = &t->seats[i];

		if (s->part == LEAD_IN && !s->version && mg_lead_may_answer(s))
			return false;
	}
	return true;
}

void
mg_lead_open_voting(struct lead_task *t)
{
	const struct mg_lead_rules *r = &t->lead->rules;

	if (t->voting || t->n == 1 || !count_answers(t))
		return;
	if (!t->patience_over && !all_answered(t) &&
		(r->vote_after != MG_AFTER_FIRST || r->skip_voting))
		return;
	t->voting = true;
	if (!r->skip_voting)
		mg_lead_round(t);
}

/* --- counting --- */

void
mg_lead_tally(const struct lead_task *t, struct mg_tally *tally)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct lead_seat *s = &t->seats[i];

		if (s->vote)
			mg_tally_add(tally,
				(struct mg_ballot){.agent = &s->voter,
					.key = mg_sl_of(s->vote->label)});
	}
	mg_tally_count(tally);
}

static int64_t
weight_of(const struct mg_tally *tally, const struct lead_seat *author)
{
	for (size_t i = 0; i < tally->ncamps; i++)
		if (mg_sl_is(tally->camps[i].first->key, author->label))
			return tally->camps[i].weight;
	return 0;
}

/* The heaviest; of equals the one that was accepted first. */
static struct lead_seat *
leader(const struct lead_task *t, const struct mg_tally *tally)
{
	struct lead_seat *best = NULL;
	int64_t most = 0;

	for (size_t i = 0; i < t->n; i++) {
		struct lead_seat *s = &t->seats[i];
		int64_t w = s->version ? weight_of(tally, s) : 0;

		if (w > most || (w && w == most && s->order < best->order)) {
			best = s;
			most = w;
		}
	}
	return best;
}

/* The weight of the votes that may still come; *n: how many they are. */
static int64_t
open_weight(const struct lead_task *t, size_t *n)
{
	int64_t weight = 0;

	*n = 0;
	for (size_t i = 0; i < t->n; i++) {
		const struct lead_seat *s = &t->seats[i];

		if (s->part != LEAD_IN || s->vote || !mg_lead_may_vote(s))
			continue;
		weight += s->voter.weight;
		++*n;
	}
	return weight;
}

/*
 * Whatever the open votes say, this answer wins: it leads the others by more
 * than they could bring. That they could still make it a tie is enough to wait
 * for them, though a tie would go to the same answer: a result says so.
 */
static bool
is_sure(const struct lead_task *t, const struct mg_tally *tally,
	const struct lead_seat *first, int64_t open)
{
	int64_t least = t->lead->rules.min_margin, second = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct lead_seat *s = &t->seats[i];
		int64_t w = s == first ? 0 : weight_of(tally, s);

		if (w > second)
			second = w;
	}
	if (!open)
		return true;
	return weight_of(tally, first) - second - open >= (least ? least : 1);
}

/* --- the outcome --- */

static bool
usable(const struct lead_seat *s)
{
	return s->part == LEAD_IN &&
		s->calls < s->task->lead->rules.max_calls_per_agent;
}

static void
cancel_open(struct lead_task *t)
{
	bool open = false;

	for (size_t i = 0; i < t->n; i++) {
		struct lead_seat *s = &t->seats[i];

		open |= mg_lead_is_open(s);
		s->state = LEAD_REST;
		s->loops = false;
	}
	if (open)
		mg_lead_say_cancel(t, NULL, "the task is decided");
}

static void
outcome(struct lead_task *t, const char *status, struct lead_seat *winner,
	const char *reason)
{
	t->status = status;
	t->winner = winner;
	mg_str_clear(&t->reason);
	mg_str_puts(&t->reason, reason);
	cancel_open(t);
}

/* It was voted for; its author may be asked to write it out: false. */
static bool
won(struct lead_task *t, struct lead_seat *winner, const char *reason)
{
	outcome(t, "done", winner, reason);
	if (t->lead->rules.present == MG_PRESENT_WINNER && usable(winner)) {
		t->presenting = true;
		winner->reminded = 0;
		return false;
	}
	if (t->lead->rules.present == MG_PRESENT_WINNER)
		mg_str_puts(&t->reason,
			"its author can no longer present it: as it was voted "
			"for");
	mg_lead_end(t);
	return true;
}

static bool
ended(struct lead_task *t, const char *status, struct lead_seat *winner,
	const char *reason)
{
	outcome(t, status, winner, reason);
	mg_lead_end(t);
	return true;
}

static bool
by_verdict(struct lead_task *t, const struct mg_tally *tally)
{
	struct mg_rules rules = {.quorum = t->lead->rules.quorum,
		.min_margin = t->lead->rules.min_margin};

	switch (mg_tally_judge(tally, &rules)) {
	case MG_DONE:
		return won(t, leader(t, tally), "");
	case MG_TIE:
		if (rules.min_margin)
			break;
		t->tie = true;
		return won(t, leader(t, tally), "");
	case MG_NO_VOTES:
		return ended(t, "no_winner", NULL, "no vote was counted");
	case MG_NO_WEIGHT:
		return ended(t, "no_winner", NULL, "the votes weigh nothing");
	case MG_NO_QUORUM:
		return ended(t, "no_winner", NULL,
			"fewer votes were counted than the quorum");
	case MG_NO_MARGIN:
		break;
	}
	return ended(
		t, "no_winner", NULL, "the lead is smaller than min_margin");
}

static bool
by_votes(struct lead_task *t)
{
	struct mg_tally tally = {0};
	struct lead_seat *first;
	size_t open;
	int64_t weight = open_weight(t, &open);
	bool over, gone = false;

	mg_lead_tally(t, &tally);
	if (open && (int64_t)(tally.n + open) < t->lead->rules.quorum) {
		mg_tally_release(&tally);
		return ended(t, "no_winner", NULL,
			"fewer agents can vote than the quorum");
	}
	first = leader(t, &tally);
	over = !open;
	if (open && first && (int64_t)tally.n >= t->lead->rules.quorum)
		over = is_sure(t, &tally, first, weight);
	if (over)
		gone = by_verdict(t, &tally);
	mg_tally_release(&tally);
	return gone;
}

/* They agree without being asked, as long as that would be enough. */
static bool
all_equal(const struct lead_task *t)
{
	const struct lead_seat *first = earliest(t);
	struct mg_str key = MG_STR(0), other = MG_STR(0);
	int64_t n = 0, weight = 0;
	bool equal = true;

	mg_normal(mg_str_as_sl(&first->answer), &key);
	for (size_t i = 0; i < t->n && equal; i++) {
		const struct lead_seat *s = &t->seats[i];

		if (!s->version)
			continue;
		mg_str_clear(&other);
		mg_normal(mg_str_as_sl(&s->answer), &other);
		equal = mg_sl_eq(mg_str_as_sl(&key), mg_str_as_sl(&other));
		n++;
		weight += s->voter.weight;
	}
	mg_str_release(&key);
	mg_str_release(&other);
	return equal && n > 1 && n >= t->lead->rules.quorum &&
		weight >= t->lead->rules.min_margin;
}

static bool
decide_alone(struct lead_task *t)
{
	struct lead_seat *s = &t->seats[0];

	if (s->version)
		return ended(t, "done", s, "");
	if (s->part == LEAD_IN)
		return false;
	return t->cut ? ended(t, "limit", NULL, t->cut)
		      : ended(t, "failed", NULL, "the agent failed");
}

/* Its author is the only one who could answer. */
static bool
only_one(const struct lead_task *t)
{
	const struct lead_seat *s = earliest(t);

	return count_answers(t) == 1 &&
		count_in(t) == (s->part == LEAD_IN ? 1 : 0);
}

bool
mg_lead_decide(struct lead_task *t)
{
	const struct mg_lead_rules *r = &t->lead->rules;
	size_t in = count_in(t);

	if (t->n == 1)
		return decide_alone(t);
	if (!count_answers(t)) {
		if (in)
			return false;
		return t->cut ? ended(t, "limit", NULL, t->cut)
			      : ended(t, "failed", NULL, "no agent answered");
	}
	if (only_one(t))
		return r->quorum > 1
			? ended(t, "no_winner", NULL,
				  "only one agent answered, and the quorum is "
				  "larger")
			: ended(t, "done", earliest(t),
				  "only one agent answered");
	if (!in && t->cut)
		return ended(t, "limit", earliest(t), t->cut);
	if (!t->voting)
		return false;
	if (r->skip_voting)
		return won(t, earliest(t), "no vote was held");
	if (!t->asked && all_answered(t) && all_equal(t))
		return ended(t, "done", earliest(t), "all answers are equal");
	return by_votes(t);
}

void
mg_lead_cut(struct lead_task *t, const char *otherwise, struct mg_sl reason)
{
	struct mg_tally tally = {0};
	struct lead_seat *best;

	if (t->presenting) {
		/* It is decided; only the fine words are missing. */
		mg_str_clear(&t->reason);
		mg_str_puts(&t->reason, "as it was voted for: ");
		mg_str_sl(&t->reason, mg_sl_cut(reason, LEAD_REASON_MAX));
		mg_str_clear(&t->final);
		cancel_open(t);
		mg_lead_end(t);
		return;
	}
	mg_lead_tally(t, &tally);
	best = leader(t, &tally);
	mg_tally_release(&tally);
	if (!best)
		best = earliest(t);
	outcome(t, best ? "limit" : otherwise, best, "");
	mg_str_sl(&t->reason, mg_sl_cut(reason, LEAD_REASON_MAX));
	mg_lead_end(t);
}
