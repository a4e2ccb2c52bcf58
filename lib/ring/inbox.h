/*
 * inbox.h - a running team is spoken to from any shell: a socket in the
 * run's folder, one line in, one line back.
 *
 * A client writes one event on one line (note, cancel, reply) and reads one
 * object: {"ok":true}, or {"ok":false,"message":...,"remedy":...}. The answer
 * comes when the event has been round the ring, so it is the truth. It may
 * shut its side down behind the line; what it says behind it is not read.
 *
 *	inbox = mg_inbox_open(loop, &dir, on_line, arg, &fault);
 *	...
 *	on_line(arg, client, line):	mg_inbox_answer(inbox, client, true, "", "");
 *	mg_inbox_close(inbox);
 *
 * At most 64 clients at once, more wait to be let in; a line is at most
 * 1 MiB; a client whose line is not there within 10 s is hung up on. Rights
 * are those of the folder: it is its owner's alone. The socket is reached
 * through /proc/self/fd/DIRFD, since its path may be longer than sockaddr_un
 * allows.
 */
#ifndef MG_RING_INBOX_H
#define MG_RING_INBOX_H

#include "base/fault.h"
#include "io/loop.h"
#include "ring/rundir.h"

#define MG_INBOX_LINE ((size_t)1 << 20) /* bytes of a line */
#define MG_INBOX_CLIENTS 64

struct mg_inbox;

/*
 * `client` names who asks until it is answered; it is never 0. The line is a
 * checked JSON object, and lies in a buffer until the function returns. It
 * may be answered from within; the inbox must not be closed from within.
 */
typedef void mg_inbox_fn(void *arg, uint64_t client, struct mg_sl line);

/* The run must be locked by the caller: a socket that a dead one left is
 * taken away. NULL with f filled. */
struct mg_inbox *mg_inbox_open(struct mg_loop *l, const struct mg_rundir *d,
	mg_inbox_fn *fn, void *arg, struct mg_fault *f);
/* Does nothing for a client that has hung up. Message and remedy are for a
 * refusal. */
void mg_inbox_answer(struct mg_inbox *b, uint64_t client, bool ok,
	const char *message, const char *remedy);
/* Whoever still waits is told that the run has ended. b may be NULL. */
void mg_inbox_close(struct mg_inbox *b);

/*
 * The client's side: one line (without its newline) there and back, within
 * timeout_ms. 0 once it was taken, or -1 with f filled: not running, or gone
 * before it answered (MG_E_UNREACHABLE), refused (MG_E_NOBODY), no answer in
 * time (MG_E_TIMEOUT: it may still be taken).
 */
int mg_inbox_send(const struct mg_rundir *d, struct mg_sl line,
	int64_t timeout_ms, struct mg_fault *f);

#endif
