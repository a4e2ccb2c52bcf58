/* run_in.h - what run.c, run_plan.c and run_end.c share; nobody else. */
#ifndef MG_RING_RUN_IN_H
#define MG_RING_RUN_IN_H

#include "ring/face.h"
#include "ring/inbox.h"
#include "ring/input.h"
#include "ring/procs.h"
#include "ring/run.h"
#include "ring/seam.h"

struct mg_run {
	const struct mg_run_req *req;
	struct mg_loop *loop;
	struct mg_rundir dir;
	size_t tasks; /* of the log that is continued */
	off_t log_size; /* what there was before; 0: a new run */
	bool opened, begun, known; /* dir is; seam is; the run existed */
	char *prompt; /* of the team file: where nothing else is asked */
	bool wants_tools; /* the team does */
	struct mg_map names; /* of the agents; empty: not known */
	struct mg_procs procs;
	struct mg_seam seam;
	struct mg_stdin in;
	struct mg_inbox *inbox;
	struct mg_face *face;
	struct mg_form form;
	struct mg_spool out;
	int out_fd;
	int stages_err[2]; /* their standard error, while we draw */
	struct mg_lines err_in;
	struct mg_watch err_watch;
	struct mg_timer grace, rest;
	bool stalled, blamed, gone, ended;
	bool flushing; /* nothing but output is waited for */
	int64_t cut_ms; /* when the ring was cut, for a line that is late */
	int signal;
	int status; /* of a stage that died of its configuration; 0: none */
};

/* run_plan.c: the stages, the folder, and what both are made from. -1 with f
 * filled (and all that is to be said beside it, said). */
int mg_run_plan(struct mg_run *r, struct mg_fault *f);
/* "run":…,"agents":… for `init`; and what the log says of them must agree. */
int mg_run_members(struct mg_run *r, struct mg_str *out, struct mg_fault *f);

/* run_end.c: who was it? */
void mg_run_broken(void *arg, bool stalled);
void mg_run_last_words(struct mg_run *r);
void mg_run_grace(void *arg);
/* What was accepted so far, and how to go on: on standard error. */
void mg_run_undecided(struct mg_run *r);

#endif
