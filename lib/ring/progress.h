/*
 * progress.h - how a run goes, told from its events alone.
 *
 * The same state feeds the live lines of a terminal (face.h), the status
 * file, and `mg-run list`. It reads events in the log's order, past ones too;
 * a result that comes again is known. Lines need not have been checked, and
 * what is no event changes nothing.
 *
 *	struct mg_progress p = {0};
 *
 *	mg_progress_event(&p, &event);
 *	mg_progress_json(&p, &out);
 *	mg_progress_release(&p);
 */
#ifndef MG_RING_PROGRESS_H
#define MG_RING_PROGRESS_H

#include "base/clock.h"
#include "base/map.h"
#include "event/event.h"

enum mg_agent_state {
	MG_AGENT_WAITING, /* nothing is asked of it */
	MG_AGENT_ASKED, /* a request is out */
	MG_AGENT_ANSWERING, /* text comes */
	MG_AGENT_TOOL, /* waits for tools */
	MG_AGENT_VOTING, /* was asked to vote */
	MG_AGENT_VOTED,
	MG_AGENT_PRESENTING,
	MG_AGENT_FAILED,
};

struct mg_progress_agent {
	char *name;
	enum mg_agent_state state;
	char label[24]; /* of its last answer; empty: none */
	char voted[24]; /* its counted vote */
	char error[32]; /* code of its last error */
	int64_t calls, answers, input_tokens, output_tokens;
	int64_t since_ms; /* mg_now() of the last change; for people */
};

struct mg_progress {
	char *run, *status; /* running, done, failed, interrupted */
	struct mg_map agents; /* struct mg_progress_agent by name */
	size_t tasks, results; /* so many began, so many are decided */
	struct mg_map ids; /* of the tasks; a value: it is decided */
	char *question; /* of the task at hand, its first line, cut */
	struct mg_str result; /* the last `result` event, whole */
	/* `ts` of the first event and of the last; empty: none had one. */
	char started[MG_UTC_SIZE], updated[MG_UTC_SIZE];
	bool over; /* `end` was seen */
	uint64_t changes; /* counts up with every change worth telling */
};

void mg_progress_event(struct mg_progress *p, const struct mg_event *e);
/* One object, appended: v, run, status, started, updated, tasks, results,
 * question, agents, and of the last result what is short. Valid JSON whatever
 * the events held. */
void mg_progress_json(const struct mg_progress *p, struct mg_str *out);
const char *mg_agent_state_name(enum mg_agent_state s);
/* Something is asked of it. */
bool mg_agent_is_active(enum mg_agent_state s);
/* The question of a `task` event: the first line of its content, or of its
 * last user message, cut to a few hundred bytes; malloc'd, never NULL. */
char *mg_progress_question(struct mg_sl task);
void mg_progress_release(struct mg_progress *p);

#endif
