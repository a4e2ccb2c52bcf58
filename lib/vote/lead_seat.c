/* lead_seat.c - what an agent may do, and what follows when it does it. */
#include "vote/lead_in.h"

#include "vote/normal.h"
#include "vote/similar.h"

#include <stdio.h>
#include <stdlib.h>

#define RETRY_MAX ((int64_t)600000) /* ms; the longest wait for a retry */

static bool
no(struct mg_lead *l, const char *why)
{
	mg_str_clear(&l->why);
	mg_str_puts(&l->why, why);
	l->excused = false;
	return false;
}

bool
mg_lead_current(const struct lead_seat *s, int64_t turn)
{
	return s->turn == turn &&
		(s->state == LEAD_CALLED || s->state == LEAD_TOOLS);
}

bool
mg_lead_is_open(const struct lead_seat *s)
{
	return s->state == LEAD_CALLED || (s->state == LEAD_TOOLS && s->works);
}

/* How far the slowest of the others has come, of those who still take part. */
static int64_t
slowest(const struct lead_seat *s)
{
	int64_t least = INT64_MAX;

	for (size_t i = 0; i < s->task->n; i++) {
		const struct lead_seat *o = &s->task->seats[i];

		if (o != s && o->part == LEAD_IN && o->version < least)
			least = o->version;
	}
	return least;
}

bool
mg_lead_may_answer(const struct lead_seat *s)
{
	struct mg_lead *l = s->task->lead;
	const struct mg_lead_rules *r = &l->rules;
	int64_t least = slowest(s);

	if (s->task->n == 1)
		return true;
	if (r->max_answers_per_agent && s->version >= r->max_answers_per_agent)
		return no(l, "you have given as many answers as one agent may");
	if (r->max_answers && s->task->accepted >= r->max_answers)
		return no(l, "the team has given as many answers as it may");
	if (r->lead_cap && least < s->version &&
		s->version - least >= r->lead_cap)
		return no(l, "the other agents must answer first");
	return true;
}

bool
mg_lead_may_vote_for(
	const struct lead_seat *s, const struct lead_seat *for_whom)
{
	return for_whom->version &&
		(for_whom != s || s->task->lead->rules.self_votes);
}

bool
mg_lead_may_vote(const struct lead_seat *s)
{
	for (size_t i = 0; i < s->task->n; i++)
		if (mg_lead_may_vote_for(s, &s->task->seats[i]))
			return true;
	return false;
}

bool
mg_lead_sees_all(const struct lead_seat *s)
{
	for (size_t i = 0; i < s->task->n; i++) {
		const struct lead_seat *o = &s->task->seats[i];

		if (o != s && o->version && o->order > s->seen)
			return false;
	}
	return true;
}

/* --- answers --- */

static bool
repeats(const struct lead_seat *s, struct mg_sl text)
{
	static const int64_t most[] = {
		[MG_NOVEL_BALANCED] = 700000, [MG_NOVEL_STRICT] = 500000};
	struct mg_lead *l = s->task->lead;
	struct mg_str key = MG_STR(0), other = MG_STR(0);
	const struct lead_seat *twin = NULL;

	mg_normal(text, &key);
	for (size_t i = 0; i < s->task->n && !twin; i++) {
		const struct lead_seat *o = &s->task->seats[i];
		struct mg_sl theirs = mg_str_as_sl(&o->answer);

		if (!o->version)
			continue;
		mg_str_clear(&other);
		mg_normal(theirs, &other);
		if (mg_sl_eq(mg_str_as_sl(&key), mg_str_as_sl(&other)) ||
			(l->rules.novelty != MG_NOVEL_LENIENT &&
				mg_similar(text, theirs) >
					most[l->rules.novelty]))
			twin = o;
	}
	mg_str_release(&key);
	mg_str_release(&other);
	if (!twin)
		return false;
	no(l, "the answer repeats ");
	mg_str_puts(&l->why, twin->label);
	return true;
}

static bool
acceptable(struct lead_seat *s, struct mg_sl text)
{
	struct mg_lead *l = s->task->lead;

	if (!mg_unblank(text).n)
		return no(l, "the answer is empty");
	if (s->task->n > 1 && text.n > LEAD_ANSWER_MAX)
		return no(l, "the answer is longer than 1 MiB");
	if (s->phase == LEAD_SHOW)
		return no(l, "the vote is over; reply with the final answer");
	if (!mg_lead_may_answer(s)) {
		/* It was asked for one when it still could. */
		l->excused = s->phase == LEAD_ANSWER;
		return false;
	}
	/* A first answer that is the same is agreement. */
	return !s->version || !repeats(s, text);
}

/* Votes cast without knowing it no longer count. */
static void
void_votes(const struct lead_seat *author, const char *old)
{
	for (size_t i = 0; i < author->task->n; i++) {
		struct lead_seat *s = &author->task->seats[i];

		if (!s->vote)
			continue;
		mg_lead_say_vote(s,
			mg_sl_of(s->vote == author ? old : s->vote->label),
			(struct mg_sl){NULL, 0}, "stale");
		s->vote = NULL;
	}
}

/* Whose open call has become worthless, by the rule on_new_answer. */
static void
interrupt(const struct lead_seat *author)
{
	int64_t rule = author->task->lead->rules.on_new_answer;

	if (rule == MG_NEW_FINISH)
		return;
	for (size_t i = 0; i < author->task->n; i++) {
		struct lead_seat *s = &author->task->seats[i];

		if (s == author || s->part != LEAD_IN || !mg_lead_is_open(s))
			continue;
		if (rule == MG_NEW_APPEND &&
			(s->state != LEAD_CALLED || s->asked != LEAD_VOTE))
			continue;
		mg_lead_say_cancel(
			author->task, s, "another agent gave a new answer");
		s->state = LEAD_REST;
		s->loops = false;
	}
}

void
mg_lead_round(struct lead_task *t)
{
	struct mg_str name = MG_STR(64);

	t->round++;
	mg_str_fmt(&name, "round/%lld", (long long)t->round);
	mg_lead_say_timer(t, name.s, t->lead->rules.round_timeout);
	mg_str_release(&name);
}

bool
mg_lead_answers(struct lead_seat *s, struct mg_sl text)
{
	struct lead_task *t = s->task;
	char old[LEAD_LABEL_MAX];

	if (!acceptable(s, text))
		return false;
	memcpy(old, s->label, sizeof(old));
	s->version++;
	s->order = ++t->accepted;
	s->reminded = 0;
	snprintf(s->label, sizeof(s->label), "agent%zu.%lld", s->k + 1,
		(long long)s->version);
	mg_str_clear(&s->answer);
	mg_str_sl(&s->answer, text);
	mg_lead_say_answer(s);
	void_votes(s, old);
	interrupt(s);
	if (t->voting)
		mg_lead_round(t);
	return true;
}

/* --- votes --- */

/* agentK.V, in exactly this form; false if nobody has that place. */
static bool
read_label(struct lead_task *t, struct mg_sl label, struct lead_seat **author,
	int64_t *version)
{
	char text[LEAD_LABEL_MAX], *dot;
	int64_t k;

	if (label.n >= sizeof(text) || label.n < 8 ||
		memcmp(label.p, "agent", 5) != 0)
		return false;
	memcpy(text, label.p, label.n);
	text[label.n] = '\0';
	dot = strchr(text, '.');
	if (!dot || memchr(label.p, '\0', label.n))
		return false;
	*dot = '\0';
	if (!mg_read_int(text + 5, 1, (int64_t)t->n, &k) ||
		!mg_read_int(dot + 1, 1, INT64_MAX, version))
		return false;
	*author = &t->seats[k - 1];
	return true;
}

/* Why it does not count, in one word; NULL: it does. */
static const char *
judge(struct lead_seat *s, struct mg_sl label, struct lead_seat **to)
{
	int64_t version;

	if (!read_label(s->task, label, to, &version) ||
		version > (*to)->version)
		return "unknown";
	if (version < (*to)->version)
		return "stale";
	if (*to == s)
		return !s->task->lead->rules.self_votes ? "own"
			: mg_lead_sees_all(s)		? NULL
							: "stale";
	if ((*to)->order > s->seen)
		return "unseen";
	return mg_lead_sees_all(s) ? NULL : "stale";
}

static const char *
explain(const char *why)
{
	static const char *const texts[][2] = {
		{"unknown", "there is no answer of that label"},
		{"stale",
			"there are newer answers than those that you voted "
			"on"},
		{"own", "you cannot vote for your own answer"},
		{"unseen", "you have not been shown that answer"},
		{"late", "it came too late: you have been asked again"}};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (strcmp(texts[i][0], why) == 0)
			return texts[i][1];
	return "it cannot be counted";
}

void
mg_lead_votes_late(struct lead_seat *s, struct mg_sl label, struct mg_sl reason)
{
	mg_lead_say_vote(s, label, reason, "late");
	no(s->task->lead, explain("late"));
}

bool
mg_lead_votes(struct lead_seat *s, struct mg_sl label, struct mg_sl reason)
{
	struct lead_seat *to = NULL;
	const char *why;

	label = mg_unblank(label);
	if (s->phase != LEAD_VOTE)
		return no(s->task->lead,
			s->phase == LEAD_SHOW
				? "the vote is over; reply with the final "
				  "answer"
				: "votes are not asked for yet");
	why = judge(s, label, &to);
	mg_lead_say_vote(s, label, reason, why);
	if (why) {
		no(s->task->lead, explain(why));
		/* It could not know better. */
		s->task->lead->excused = !mg_lead_sees_all(s);
		return false;
	}
	s->vote = to;
	s->reminded = 0;
	return true;
}

/* --- what goes wrong --- */

void
mg_lead_leaves(struct lead_seat *s, enum lead_part part, const char *reason)
{
	if (s->part != LEAD_IN)
		return;
	if (reason && mg_lead_is_open(s))
		mg_lead_say_cancel(s->task, s, reason);
	s->part = part;
	s->state = LEAD_REST;
	if (!s->task->presenting)
		s->vote = NULL;
	mg_str_release(&s->notes);
	mg_str_release(&s->why);
	mg_str_release(&s->unheard);
}

void
mg_lead_remind(struct lead_seat *s)
{
	if (++s->reminded > s->task->lead->rules.reminders)
		mg_lead_leaves(s, LEAD_ABSTAINS, "it did what was not asked");
}

void
mg_lead_fails(struct lead_seat *s, int64_t retry_ms)
{
	const struct mg_lead_rules *r = &s->task->lead->rules;
	struct mg_str name = MG_STR(64);
	int64_t wait = r->retry_wait;

	s->state = LEAD_WAITS;
	if (++s->failures >= r->tries) {
		mg_lead_leaves(s, LEAD_FAILED, NULL);
		return;
	}
	for (int64_t i = 1; i < s->failures && wait < RETRY_MAX; i++)
		wait *= 2;
	if (wait < retry_ms)
		wait = retry_ms;
	if (wait > RETRY_MAX)
		wait = RETRY_MAX;
	mg_str_fmt(&name, "retry/%zu.%lld", s->k + 1, (long long)s->turn);
	if (wait)
		mg_lead_say_timer(s->task, name.s, wait);
	else
		s->state = LEAD_REST;
	mg_str_release(&name);
}
