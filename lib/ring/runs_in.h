/* runs_in.h - what the commands about runs share; see runs.h. */
#ifndef MG_RING_RUNS_IN_H
#define MG_RING_RUNS_IN_H

#include "base/fault.h"
#include "event/form.h"
#include "ring/rundir.h"

/*
 * What is on its way to standard output. A reader that has gone ends the
 * process by SIGPIPE, as `head` expects.
 */
struct mg_runs_out {
	struct mg_str text;
	int status; /* not 0: it could not be written, and that was said */
};

/* For struct mg_form: `arg` is a struct mg_runs_out. */
void mg_runs_put(void *arg, struct mg_sl bytes);
/* Writes what waits; the exit status, the worse of the two. */
int mg_runs_flush(struct mg_runs_out *o, int status);
/* Prints the fault; its exit status. */
int mg_runs_fail(const struct mg_fault *f);

/* "done", "crashed" and so on, of a run whose log ends with this line. */
const char *mg_runs_status(const struct mg_rundir *d, struct mg_sl last_line);
/* "3 minutes ago", as git says it. */
void mg_runs_age(struct mg_str *out, int64_t seconds);

#endif
