/*
 * inbox.h - a running team is spoken to from any shell: a socket in the
 * run's folder, one line in, one line back.
 *
 * A client writes one event on one line (note, cancel, reply) and reads one
 * object: {"ok":true}, or {"ok":false,"message":...,"remedy":...}. The answer
 * comes when the event has been round the ring, so it is the truth.
 *
 *	inbox = mg_inbox_open(loop, &dir, on_line, arg, &fault);
 *	...
 *	on_line(arg, client, line):	mg_inbox_answer(inbox, client, true, "");
 *	mg_inbox_close(inbox);
 *
 * At most 64 clients at once; a line is at most 1 MiB; a client that says
 * nothing for 10 s is hung up on. The socket is bound through
 * /proc/self/fd/DIRFD, since its path may be longer than sockaddr_un allows.
 */
#ifndef MG_RING_INBOX_H
#define MG_RING_INBOX_H

#include "base/fault.h"
#include "io/loop.h"
#include "ring/rundir.h"

struct mg_inbox;

/* `client` names who asks until it is answered; it is never 0. The line is a
 * checked JSON object. */
typedef void mg_inbox_fn(void *arg, uint64_t client, struct mg_sl line);

struct mg_inbox *mg_inbox_open(struct mg_loop *l, const struct mg_rundir *d,
	mg_inbox_fn *fn, void *arg, struct mg_fault *f);
/* Does nothing for a client that has hung up. */
void mg_inbox_answer(struct mg_inbox *b, uint64_t client, bool ok,
	const char *message, const char *remedy);
/* Whoever still waits is told that the run has ended. */
void mg_inbox_close(struct mg_inbox *b);

/* The client's side: one line there and back, within timeout_ms. 0, or -1
 * with f filled: not running (MG_E_UNREACHABLE), refused (MG_E_NOBODY). */
int mg_inbox_send(const struct mg_rundir *d, struct mg_sl line,
	int64_t timeout_ms, struct mg_fault *f);

#endif
