/*
 * rundir.h - where a run lives: a folder of its own under
 * $XDG_STATE_HOME/mg/runs, made with mode 0700.
 *
 *	NAME/log.ndjson		the log; it alone decides what was
 *	NAME/run.json		how to start the stages again
 *	NAME/status.json	how it goes, for other programs
 *	NAME/answer.md		the last answer, once there is one
 *	NAME/inbox		the socket that `mg-run tell` speaks to
 *
 * Whoever runs it holds a lock on the log, so a run has one seam, and where
 * nobody holds it, nobody runs it. It is a lock of the open file description
 * (F_OFD_SETLK): asking who holds it takes nothing, so a `list` never stands
 * in the way of a `--resume`; and it ends with the process, however that
 * died. A name is what -S says, or the time in UTC and six letters:
 * 20261121-170901-kqxwzt.
 *
 *	struct mg_rundir d;
 *
 *	if (mg_rundir_make(&d, NULL, &fault) < 0)
 *		...
 *	write(d.fd, line.s, line.len);
 *	mg_rundir_put(&d, d.status, text);
 *	mg_rundir_close(&d);
 */
#ifndef MG_RING_RUNDIR_H
#define MG_RING_RUNDIR_H

#include "base/fault.h"
#include "base/str.h"

#define MG_RUN_NAME_MAX 100

struct mg_rundir {
	char *name, *path; /* the folder */
	char *log, *run, *status, *answer, *inbox;
	int fd; /* of the log, for reading; locked: for appending too */
	int dirfd;
	bool locked; /* by us */
};

/*
 * Makes a new run, and holds its lock. A name is letters, digits, `.`, `_`
 * and `-`, does not begin with a dot or a dash, and is not "last"; one that
 * exists already is MG_E_USAGE. -1 with f filled; d needs no closing then.
 */
int mg_rundir_make(struct mg_rundir *d, const char *name, struct mg_fault *f);
/*
 * Opens one that exists; NULL or "last": the one whose log was written last.
 * With `lock`, MG_E_SYSTEM "is running" if somebody holds it; without, the
 * log is opened for reading only. MG_E_NO_INPUT if there is none of that
 * name: the remedy names the nearest.
 */
int mg_rundir_open(
	struct mg_rundir *d, const char *name, bool lock, struct mg_fault *f);
bool mg_rundir_exists(const char *name);
/* A name made up within another run ($MG_RUN), by a team that is an agent of
 * another: it ends in ".in", is never the last run, and not listed unasked. */
bool mg_rundir_inner(const char *name);
/* Somebody runs it, we ourselves perhaps. */
bool mg_rundir_running(const struct mg_rundir *d);
/* Gives the lock back. May be called again, and on a struct of zeroes. */
void mg_rundir_close(struct mg_rundir *d);
/* The names of all runs, the newest (by the log's time) first; malloc'd,
 * NULL behind the last. Never NULL itself. */
char **mg_rundir_list(void);
void mg_rundir_list_free(char **names);
/*
 * Writes a small file of the run's folder by rename, so that whoever reads it
 * finds the old text or the new one, whole; `path` is one of d's. All but the
 * status, which is soon written again, is on the disk before it has its name.
 * False with errno; the old text stands then.
 */
bool
mg_rundir_put(const struct mg_rundir *d, const char *path, struct mg_sl text);

#endif
