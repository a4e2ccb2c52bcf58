/* runs_in.h - what the commands about runs share; see runs.h. */
#ifndef MG_RING_RUNS_IN_H
#define MG_RING_RUNS_IN_H

#include "base/fault.h"
#include "event/form.h"
#include "io/page.h"
#include "ring/rundir.h"

/* Prints the fault; its exit status. */
int mg_runs_fail(const struct mg_fault *f);

/* "done", "crashed" and so on, of a run whose log ends with this line. */
const char *mg_runs_status(const struct mg_rundir *d, struct mg_sl last_line);
/* "3 minutes ago", as git says it. */
void mg_runs_age(struct mg_str *out, int64_t seconds);

#endif
