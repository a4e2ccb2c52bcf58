/*
 * log.h - the log of a run: one event a line, in the order that decides.
 *
 * Lines are collected during a turn of the loop and written by one write(2)
 * before anybody else hears of them; with `sync` they survive the machine, too. A write that fails (a full disk) leaves the log as it was up
 * to a cut last line, sets `error`, and nothing more is written.
 *
 *	struct mg_log log = {.fd = dir.fd};
 *
 *	mg_log_add(&log, line);
 *	if (!mg_log_flush(&log))
 *		... log.error
 */
#ifndef MG_RING_LOG_H
#define MG_RING_LOG_H

#include "base/fault.h"
#include "base/str.h"
#include "event/event.h"

#include <sys/types.h>

struct mg_log {
	int fd; /* opened with O_APPEND; -1: nothing is kept */
	struct mg_str pending;
	int error; /* errno; 0: good */
	bool sync; /* what is pending ends something */
};

/* A whole line with its newline. */
void mg_log_add(struct mg_log *l, struct mg_sl line);
bool mg_log_flush(struct mg_log *l);
void mg_log_release(struct mg_log *l);

/*
 * Cuts off a last line that has no newline, as a crash leaves it, with a
 * warning; *size becomes the log's size. -1 with f filled (MG_E_SYSTEM).
 */
int mg_log_mend(int fd, off_t *size, struct mg_fault *f);

/* Another description of the same file, at its beginning, for reading; the
 * caller's to close. -1 with f filled. */
int mg_log_view(int fd, struct mg_fault *f);
/*
 * Calls fn for each line that is an event, from the beginning; what fn wants
 * to look into it checks first (mg_json_check). -1 with f filled if the log
 * cannot be read.
 */
int mg_log_each(int fd, void (*fn)(void *, const struct mg_event *), void *arg,
	struct mg_fault *f);

#endif
