/*
 * journal.h - which calls have been started: written before they are.
 *
 * A run that is killed and resumed must not do a thing twice. Its log says
 * which calls have a result; this file says which were begun. A call that was
 * begun and has no result is run again only if it is read-only; else nobody
 * knows what came of it, and that is its result.
 *
 * $XDG_STATE_HOME/mg/runs/RUN/tools-STAGE.ndjson, one line a call, as told by
 * the members of its tool_call (`id`, `agent`, `turn`, `call`). Where the run
 * has no folder (a line, a ring tied by hand), nothing can be resumed, and
 * nothing is written. A last line that kill -9 cut counts for nothing: its
 * call had not been begun.
 *
 *	if (mg_journal_open(&j, run, "mg-tools", &fault) < 0) ...
 *	if (mg_journal_add(&j, key, tool->labels, &fault) == 0)
 *		mg_work_start(...);
 */
#ifndef MG_TOOLS_JOURNAL_H
#define MG_TOOLS_JOURNAL_H

#include "base/fault.h"
#include "base/map.h"

struct mg_journal {
	int fd; /* -1: none is kept */
	bool cut; /* its last line is not whole */
	struct mg_map begun;
};

#define MG_JOURNAL \
	{ \
		.fd = -1 \
	}

/* The folder of a run's tools, made if the run has a folder: appends
 * ".../runs/RUN/tools"; without one ".../tools". False: there is none. */
bool mg_journal_folder(const char *run, struct mg_str *out);
/* -1 with f filled (MG_E_SYSTEM, MG_E_CONFIG): then nothing may be run. run may
 * be NULL. */
int mg_journal_open(struct mg_journal *j, const char *run, const char *stage,
	struct mg_fault *f);
/* Members as they stand in a line ("id":"1","agent":"a",...), without braces.
 * `sync`: it is on the disk before this returns. */
int mg_journal_add(
	struct mg_journal *j, struct mg_sl key, bool sync, struct mg_fault *f);
bool mg_journal_has(const struct mg_journal *j, struct mg_sl key);
void mg_journal_release(struct mg_journal *j);

#endif
