/* lead_ask.c - what is due to whom, now. */
#include "vote/lead_in.h"

static enum lead_ask
due_to_winner(const struct lead_seat *s)
{
	if (s != s->task->winner)
		return LEAD_NOTHING;
	return s->phase == LEAD_SHOW && s->loops ? LEAD_CONTINUE : LEAD_SHOW;
}

/*
 * An agent at its first answer is left to finish it, unless every new answer
 * is to interrupt, or it could no longer be accepted.
 */
static bool
votes_now(const struct lead_seat *s)
{
	const struct mg_lead_rules *r = &s->task->lead->rules;

	return s->task->voting && !r->skip_voting && mg_lead_may_vote(s) &&
		(s->version || s->phase == LEAD_VOTE ||
			r->on_new_answer == MG_NEW_CANCEL ||
			!mg_lead_may_answer(s));
}

static enum lead_ask
due(const struct lead_seat *s)
{
	if (s->part != LEAD_IN || s->state != LEAD_REST)
		return LEAD_NOTHING;
	if (s->task->presenting)
		return due_to_winner(s);
	if (!s->turn)
		return LEAD_ANSWER;
	if (votes_now(s)) {
		if (s->vote)
			return LEAD_NOTHING;
		return s->phase == LEAD_VOTE && s->loops ? LEAD_CONTINUE
							 : LEAD_VOTE;
	}
	if (s->version || !mg_lead_may_answer(s))
		return LEAD_NOTHING;
	return s->loops ? LEAD_CONTINUE : LEAD_ANSWER;
}

/* Who has no call left takes no further part; true if there was one. */
static bool
retire(struct lead_task *t)
{
	int64_t most = t->lead->rules.max_calls_per_agent;
	bool any = false;

	for (size_t i = 0; i < t->n; i++) {
		struct lead_seat *s = &t->seats[i];

		if (s->calls < most || due(s) == LEAD_NOTHING)
			continue;
		t->cut = "an agent has made as many calls as it may";
		mg_lead_leaves(s, LEAD_ABSTAINS, NULL);
		any = true;
	}
	return any;
}

/* True if somebody dropped out: what could not be said, is not served. */
static bool
ask_all(struct lead_task *t)
{
	bool dropped = false;

	for (size_t i = 0; i < t->n; i++) {
		struct lead_seat *s = &t->seats[i];
		enum lead_ask ask = due(s);

		if (ask == LEAD_NOTHING || mg_lead_say_request(s, ask))
			continue;
		s->state = LEAD_REST;
		mg_lead_leaves(s, LEAD_FAILED, NULL);
		dropped = true;
	}
	return dropped;
}

/* Presenting: true if it has come to an end without fine words. */
static bool
gave_up(struct lead_task *t)
{
	if (t->winner->part == LEAD_IN)
		return false;
	/* Its part in the vote stands. */
	t->winner->part = LEAD_IN;
	mg_lead_cut(t, "limit", MG_SL("its author did not present it"));
	return true;
}

void
mg_lead_step(struct lead_task *t)
{
	if (!t->begun)
		return;
	do {
		do {
			if (!t->presenting)
				mg_lead_open_voting(t);
		} while (retire(t));
		if (t->presenting ? gave_up(t) : mg_lead_decide(t))
			return;
		/* Deciding may have begun to present. */
		if (t->presenting && gave_up(t))
			return;
	} while (ask_all(t));
}
