/*
 * lead_in.h - what the files of the lead share; nobody else includes it.
 *
 * A task has a seat for each agent of the team. A seat rests, or a call of
 * its agent is open; after every event mg_lead_step() looks at all of it
 * again: may voting begin, is it decided, and what is due to whoever rests.
 * So nothing depends on how a state came about, only on what it is.
 *
 * Answers are numbered in the order in which they were accepted. Whenever an
 * agent is asked it is shown every current answer that it has not seen, so
 * one number, `seen`, tells what it knows.
 */
#ifndef MG_VOTE_LEAD_IN_H
#define MG_VOTE_LEAD_IN_H

#include "vote/lead.h"
#include "vote/tally.h"

#define LEAD_ANSWER_MAX ((size_t)1 << 20) /* bytes of a team's answer */
#define LEAD_LABEL_MAX 64
#define LEAD_REASON_MAX 4096 /* bytes of a vote's reason */
#define LEAD_HISTORY_MAX ((size_t)1 << 20) /* of a session's earlier turns */

enum lead_state {
	LEAD_REST, /* nothing is open */
	LEAD_CALLED, /* a request is out, its message has not come */
	LEAD_TOOLS, /* the message has, `ready` has not */
	LEAD_WAITS, /* for the alarm after a failure */
};

enum lead_part { LEAD_IN, LEAD_FAILED, LEAD_ABSTAINS };

enum lead_ask {
	LEAD_NOTHING,
	LEAD_ANSWER,
	LEAD_CONTINUE,
	LEAD_VOTE,
	LEAD_SHOW
};

struct lead_seat {
	struct lead_task *task;
	size_t k; /* place in the team, from 0 */
	struct mg_voter voter; /* name and weight */
	enum lead_part part;
	enum lead_state state;
	int64_t turn; /* of the last request; 0: none was made */
	enum lead_ask asked; /* by the last request */
	enum lead_ask phase; /* the same, but never LEAD_CONTINUE */
	bool acted; /* this turn has had its one workflow call */
	bool loops; /* this turn called others' tools only */
	bool works; /* and some of its calls are not ours to answer */
	int64_t calls, failures, reminded;

	/* What its conversation holds. */
	bool heard; /* a reply, so whoever serves it holds it */
	char *server; /* who said that reply */
	bool lost; /* somebody else refused a request since */
	struct mg_str unheard; /* raw messages since the last reply */
	int64_t seen; /* answers up to this number were shown */
	int64_t ballot; /* its version when it was told how to vote */
	bool barred; /* and that it may not answer any more */

	/* Its current answer; version 0: none. */
	int64_t version, order;
	char label[LEAD_LABEL_MAX];
	struct mg_str answer;

	struct lead_seat *vote; /* counted, for the author's current answer */
	struct mg_str notes, why; /* for its next request */
};

struct lead_task {
	struct mg_lead *lead;
	struct lead_session *session;
	struct lead_task *next; /* behind it in its session */
	struct mg_str key, id; /* id: raw; empty: none */
	struct mg_str question; /* text */
	struct mg_str parts; /* raw: the question, where it is not text */
	struct mg_str before; /* raw messages in front of it */

	bool begun, voting, asked; /* asked: a vote, of anybody */
	bool patience_over, presenting;
	int64_t accepted, calls, round;
	const char *cut; /* the limit that took somebody out; NULL: none */
	struct lead_seat *seats;
	size_t n;

	/* The outcome. */
	const char *status;
	struct lead_seat *winner;
	bool tie;
	struct mg_str reason;
	struct mg_str final; /* as presented; empty: as voted */
};

struct lead_turn {
	struct mg_str question, answer, others;
	struct lead_turn *next;
};

struct lead_session {
	struct lead_task *first, *last; /* in the order they came */
	struct lead_turn *turns, *last_turn;
	size_t size; /* bytes in turns */
};

/* --- lead_task.c --- */

/* NULL: there is no such open task, or no such agent. */
struct lead_task *mg_lead_task(struct mg_lead *l, struct mg_sl id);
struct lead_seat *mg_lead_seat(struct lead_task *t, struct mg_sl agent);
/* A task came; it begins when its session and the rules let it. */
void mg_lead_add(struct mg_lead *l, struct mg_sl event);
/* What may begin in a session begins. */
void mg_lead_pump(struct mg_lead *l, struct lead_session *s);
/* Says the result, remembers it for the session, forgets the task. */
void mg_lead_end(struct lead_task *t);
void mg_lead_forget_all(struct mg_lead *l);

/* The open seat that an event's id, agent and turn name; NULL: none. */
struct lead_seat *
mg_lead_current_seat(struct mg_lead *l, const struct mg_event *e);
/* mg_lead_step(), and what may begin behind it; t may be gone then. */
void mg_lead_go_on(struct lead_task *t);

/* --- lead_seat.c --- */

/* A call of that agent is open, and this is its turn. */
bool mg_lead_current(const struct lead_seat *s, int64_t turn);
/* Something of it is under way elsewhere, and could be cancelled. */
bool mg_lead_is_open(const struct lead_seat *s);
/* False with the reason in lead->why. */
bool mg_lead_may_answer(const struct lead_seat *s);
bool mg_lead_may_vote_for(
	const struct lead_seat *s, const struct lead_seat *for_whom);
/* For anything. */
bool mg_lead_may_vote(const struct lead_seat *s);
/* It is shown, or is, the author of every current answer. */
bool mg_lead_sees_all(const struct lead_seat *s);
/* False with the reason in lead->why: it does not count. */
bool mg_lead_answers(struct lead_seat *s, struct mg_sl text);
bool
mg_lead_votes(struct lead_seat *s, struct mg_sl label, struct mg_sl reason);
/* The same when it comes too late to count. */
void mg_lead_votes_late(
	struct lead_seat *s, struct mg_sl label, struct mg_sl reason);
/* The time of a round of votes begins anew. */
void mg_lead_round(struct lead_task *t);
/* What was asked of it did not come: a reminder, or it abstains. */
void mg_lead_remind(struct lead_seat *s);
/* A call failed; retry_ms: what the provider asked for. */
void mg_lead_fails(struct lead_seat *s, int64_t retry_ms);
/* It takes no further part; an open call is cancelled. */
void
mg_lead_leaves(struct lead_seat *s, enum lead_part part, const char *reason);

/* --- lead_ask.c --- */

/* Everything that follows from the state as it is; t may be gone then. */
void mg_lead_step(struct lead_task *t);

/* --- lead_count.c --- */

/* Opens the voting if it is time. */
void mg_lead_open_voting(struct lead_task *t);
/* True: it has its result, and t is gone. It may be decided and presenting:
 * then false. */
bool mg_lead_decide(struct lead_task *t);
/* A limit or a cancel: the best so far, at once. `otherwise` is the status
 * where there is no answer. */
void
mg_lead_cut(struct lead_task *t, const char *otherwise, struct mg_sl reason);
/* The counted votes, in camps; key: the label. To be released. */
void mg_lead_tally(const struct lead_task *t, struct mg_tally *tally);

/* --- lead_text.c --- */

/* The first messages, raw, comma-separated. */
void mg_lead_first(struct lead_seat *s, struct mg_str *out);
/* What it is told now, at most one message. */
void mg_lead_more(struct lead_seat *s, enum lead_ask ask, struct mg_str *out);
/* Earlier turns of a session as text. */
void mg_lead_earlier(const struct lead_session *s, struct mg_str *out);

/* --- lead_say.c --- */

void mg_lead_say_rules(struct mg_lead *l);
/* False: it was too large, and that was said. */
bool mg_lead_say_request(struct lead_seat *s, enum lead_ask ask);
/* s == NULL: the task's calls. */
void mg_lead_say_cancel(
	struct lead_task *t, const struct lead_seat *s, const char *reason);
void mg_lead_say_answer(const struct lead_seat *s);
/* why == NULL: it counts. */
void mg_lead_say_vote(const struct lead_seat *s, struct mg_sl label,
	struct mg_sl reason, const char *why);
void mg_lead_say_tool_result(
	struct mg_lead *l, struct mg_event *e, struct mg_sl text, bool bad);
void mg_lead_say_nobody(const struct lead_seat *s);
/* ms 0: no timer is wanted. */
void mg_lead_say_timer(struct lead_task *t, const char *name, int64_t ms);

/* --- lead_hear.c, lead_fail.c: events --- */

mg_on_fn mg_lead_on_tool_call, mg_lead_on_message, mg_lead_on_ready;
mg_on_fn mg_lead_on_error, mg_lead_on_request, mg_lead_on_alarm;

/* --- lead_result.c --- */

void mg_lead_say_result(const struct lead_task *t);

#endif
