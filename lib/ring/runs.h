/*
 * runs.h - the runs that were: behind `mg-run list`, `show`, `log`, `tell`.
 *
 * Each function does what its command does, on standard output and standard
 * error, and returns the exit status; a run that is not there is 66, with the
 * nearest name. They read logs, and change nothing. What a log holds comes
 * from strangers: nothing of it drives a terminal. A bad line of a log is
 * told with its number, and passed over.
 *
 *	return mg_runs_show(&(struct mg_runs_req){.run = "last"});
 */
#ifndef MG_RING_RUNS_H
#define MG_RING_RUNS_H

#include <stdbool.h>

struct mg_runs_req {
	const char *run; /* NULL or "last": the one written last */
	int output; /* enum mg_output; AUTO: text on a terminal, else NDJSON */
	const char *query; /* -q, for list and show; or NULL */
	bool all; /* list: the runs within runs too */
	bool follow; /* log: go on until `end` */
	bool path; /* log: only where it is */
	const char *agent; /* tell: to whom; NULL: to whoever still works */
	const char *text; /* tell */
};

/*
 * One line per run, the newest first; as NDJSON or JSON
 * {"type":"run","run","status","started","updated","tasks","results",
 * "question","log"}. The status is running, done, failed, interrupted, or
 * crashed: nobody runs it, and its log has no `end`. Of a log that is long
 * only the beginning and the end are read, and status.json is believed for
 * the numbers.
 */
int mg_runs_list(const struct mg_runs_req *req);
/*
 * For a person: each question, its outcome and how it was counted, what each
 * agent did, and how to go on where it is unfinished. As NDJSON or JSON: the
 * `result` events.
 */
int mg_runs_show(const struct mg_runs_req *req);
/*
 * The log as it is, up to its last whole line. Following ends with `end`, or
 * with 65 where nobody runs it any more and there is none.
 */
int mg_runs_log(const struct mg_runs_req *req);
/* A note for a running team: 0 when it was taken; 69 if the run is not
 * running, or nobody took it; 75 if no answer came in time. */
int mg_runs_tell(const struct mg_runs_req *req);

#endif
