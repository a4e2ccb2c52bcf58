/*
 * lead.h - the stage `mg-vote lead`: agents answer a task, see each other's
 * answers, and vote until they agree; one `result` for each task.
 *
 * It stands first in a ring and is a pure state machine: no clock, no chance,
 * no environment behind the start. What it knows it has read, so a log makes
 * it say the same again, byte for byte; time comes to it as `alarm` events
 * for which it has asked by `timer`.
 *
 * Its rules come into force when its own `rules` event has been round the
 * ring; tasks wait for that. So a replay finds them in the log in front of
 * the first thing that depends on them.
 *
 *	struct mg_lead lead;
 *
 *	if (mg_lead_init(&lead, &options, &fault) < 0)
 *		...
 *	status = mg_stage_main(&mg_lead_stage, &lead, &options.common);
 *	mg_lead_release(&lead);
 *
 * The parts: lead.c reads events, lead_task.c keeps tasks and sessions,
 * lead_seat.c what an agent may do and does, lead_count.c when it is decided
 * and for whom, lead_ask.c what is asked of whom next, lead_text.c in what
 * words, lead_say.c and lead_result.c write events. What they share is in
 * lead_in.h.
 */
#ifndef MG_VOTE_LEAD_H
#define MG_VOTE_LEAD_H

#include "base/map.h"
#include "event/filter.h"
#include "vote/prompts.h"
#include "vote/rules.h"

struct mg_lead_options {
	struct mg_common common;
	const char *team; /* -c */
	struct mg_list models; /* -m */
	struct mg_list rules; /* --rule NAME=VALUE */
};

struct mg_lead {
	struct mg_filter *f; /* of the event at hand */
	struct mg_lead_rules rules;
	struct mg_prompts prompts;
	bool said; /* `rules` */
	bool in_force; /* they have been round */
	struct mg_map names; /* an agent's place from 1, by its name */
	struct mg_map tasks; /* struct lead_task * by the key of its id */
	struct mg_map sessions; /* struct lead_session * */
	struct mg_str why; /* scratch: why something does not count */
	bool excused; /* and it is not the agent's fault */
};

extern const struct mg_stage mg_lead_stage;

/* -1 with f filled; nothing is to be released then. */
int mg_lead_init(struct mg_lead *lead, const struct mg_lead_options *o,
	struct mg_fault *f);
void mg_lead_release(struct mg_lead *lead);

#endif
