/*
 * procs.h - the stages of a run as processes: their order, their pipes, and
 * that none of them is left.
 *
 * Each stage is a program with its arguments. mg's own commands stand in the
 * ring as they are; any other program listens (`mg-run stage NAME -- ...` is
 * put in front of it). Names are one of a kind: the second mg-ask is
 * mg-ask.2, and is told so (--as).
 *
 * All stages are one process group, apart from the terminal's. Each is ended
 * with us (PR_SET_PDEATHSIG: SIGTERM, so that it can end its own children),
 * and we adopt what a dying stage leaves behind (PR_SET_CHILD_SUBREAPER).
 *
 *	struct mg_procs procs = {0};
 *
 *	mg_procs_add(&procs, (const char *const[]){"mg-vote", "lead", "-m",
 *		"a", NULL}, &f);
 *	mg_procs_add(&procs, (const char *const[]){"mg-ask", "-m", "a",
 *		NULL}, &f);
 *	if (mg_procs_order(&procs, &f) < 0 || mg_procs_start(&procs, &f) < 0)
 *		...
 *	procs.first, procs.last		the ends to be joined
 *	mg_procs_end(&procs);
 */
#ifndef MG_RING_PROCS_H
#define MG_RING_PROCS_H

#include "base/fault.h"
#include "base/opt.h"
#include "base/str.h"

#include <sys/types.h>

struct mg_proc {
	char *name; /* that it signs with */
	char **argv; /* as it was asked for */
	char **run; /* as it is started */
	pid_t pid;
	bool dead;
	int status; /* of wait(2) */
	int64_t died_ms;
};

struct mg_procs {
	struct mg_proc *v;
	size_t n, cap;
	pid_t group;
	int first, last; /* input of the first, output of the last */
	int stderr_fd; /* where theirs goes; 0: ours */
	const char *run; /* $MG_RUN of theirs; or NULL */
	size_t alive;
};

int
mg_procs_add(struct mg_procs *p, const char *const *argv, struct mg_fault *f);
/* Gates stand before what they gate: MG_E_USAGE names the two that do not. */
int mg_procs_order(const struct mg_procs *p, struct mg_fault *f);
/* The stages as JSON: [["mg-vote","lead"],...], for starting them again. */
void mg_procs_json(const struct mg_procs *p, struct mg_str *out);
int
mg_procs_from_json(struct mg_procs *p, struct mg_sl raw, struct mg_fault *f);

int mg_procs_start(struct mg_procs *p, struct mg_fault *f);
/* After SIGCHLD. */
void mg_procs_reap(struct mg_procs *p);
/*
 * Whom to name when the ring is broken: the first that died of something,
 * else the first that died; NULL if none did. A stage that ends because its
 * neighbour is gone is not it.
 */
const struct mg_proc *mg_procs_dead(const struct mg_procs *p);
/* And when it is stuck: the last that has input it does not read; NULL. */
const struct mg_proc *mg_procs_deaf(const struct mg_procs *p);
/* "killed by signal 9", "ended with status 3". */
void mg_proc_fate(const struct mg_proc *p, char *buf, size_t n);
/* Kills what is left of the group and of what we adopted, and waits for it. */
void mg_procs_end(struct mg_procs *p);
void mg_procs_release(struct mg_procs *p);

#endif
