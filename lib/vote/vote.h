/*
 * vote.h - the stage mg-vote: messages in, one result for each task.
 *
 * A pure state machine: it has no clock, and nothing depends on the order in
 * which the messages of a task come. Of its parts, normal.h says which
 * answers are equal, answer.h what of a content is the answer, tally.h who
 * wins, and task.h holds what was heard until a task is decided.
 *
 *	struct mg_vote vote;
 *
 *	if (mg_vote_init(&vote, &options, &fault) < 0)
 *		...
 *	status = mg_stage_main(&mg_vote_stage, &vote, &options.common);
 *	mg_vote_release(&vote);
 */
#ifndef MG_VOTE_VOTE_H
#define MG_VOTE_VOTE_H

#include "event/filter.h"
#include "vote/answer.h"
#include "vote/tally.h"
#include "vote/task.h"

struct mg_vote_options {
	struct mg_common common;
	const char *answer_re, *answer_path;
	struct mg_list weights; /* AGENT=W */
	int64_t quorum;
	const char *min_margin;
	bool explain;
};

/* Ballots that were not counted, and those that lost. */
struct mg_roll {
	struct mg_ballot *b;
	size_t n, cap;
};

struct mg_vote {
	struct mg_rules rules;
	struct mg_answer_rule answer;
	struct mg_voters agents;
	struct mg_tasks tasks;
	bool within; /* an `init` waits for its `end` */
	bool seen; /* there was something to count */
	bool complained; /* that there was not */

	/* Text for people. */
	bool explain;
	bool weighted; /* --weight was given */
	size_t shown; /* results */
	struct mg_map asked; /* char *, what a task is about, by its key */
	struct mg_map said; /* char *, a JSON array of agent and answer */

	/* Scratch for one result. */
	struct mg_tally tally;
	struct mg_roll failed, abstained, missing, dissent;
	struct mg_str content, keys;
};

/* Why a task is decided before all could be heard. */
enum mg_cut { MG_CUT_NONE, MG_CUT_TRUNCATED, MG_CUT_INTERRUPTED };

extern const struct mg_stage mg_vote_stage;

/* -1: a usage fault; nothing is to be released then. */
int mg_vote_init(
	struct mg_vote *v, const struct mg_vote_options *o, struct mg_fault *f);
void mg_vote_release(struct mg_vote *v);

/* result.c: counts a task and emits its `result`; sets the exit status. */
void mg_vote_result(struct mg_filter *f, struct mg_vote *v,
	const struct mg_task *task, enum mg_cut cut);
void mg_vote_result_release(struct mg_vote *v);

/* show.c: a `result`, for a person. */
void mg_vote_show(struct mg_filter *f, void *state, struct mg_event *e);
/* What the task is about, for a later result. */
void mg_vote_asked(struct mg_vote *v, struct mg_event *e);
/* Who said what of what was counted: a result gives only one spelling of
 * each camp. For show, right behind. */
void mg_vote_said(struct mg_vote *v, const struct mg_task *task);

#endif
