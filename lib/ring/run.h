/*
 * run.h - one run from its question to its end: the folder, the stages, the
 * seam between them, standard input and output, what people see.
 *
 *	status = mg_run(&(struct mg_run_req){.models = &models,
 *		.question = "Is 3599 prime?"});
 *
 * The parts: rundir.h (where), procs.h (who), seam.h (how), input.h and
 * inbox.h (what comes from outside), face.h (what is seen).
 */
#ifndef MG_RING_RUN_H
#define MG_RING_RUN_H

#include "base/opt.h"
#include "event/filter.h"

struct mg_run_req {
	struct mg_common common; /* input, output, query, stdin_wait_ms */
	const char *question; /* NULL: none */
	const char *team; /* -c; or NULL */
	const struct mg_list *models, *params, *rules;
	const struct mg_list *tools, *allow; /* for mg-tools */
	const char *base_url, *system;
	/* Stages given by hand, each NULL-terminated; NULL behind the last.
	 * NULL: those that the team asks for. */
	const char *const *const *stages;
	const char *session; /* -S: begun, or continued */
	const char *resume; /* --resume RUN */
	bool go_on; /* --continue: the last run */
	bool quiet, automation;
	bool by_hand; /* `mg-run seam`: 0 and 1 are the ring's ends */
	const char *events; /* by hand: where events go */
	int64_t stall_ms, drain_ms;
};

/* The exit status; what went wrong has been said. */
int mg_run(const struct mg_run_req *req);

#endif
