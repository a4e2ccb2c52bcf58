/*
 * spool.h - what waits to be written to a descriptor, without a limit.
 *
 * A struct mg_out (out.h) holds its owner back when the reader is slow. A
 * spool never does: about MG_OUT_SOFT bytes wait in memory, the rest in a
 * file, and everything leaves in the order in which it was added. So whoever
 * must not wait for a reader does not, and memory stays within a few MiB
 * whatever is added (one piece of up to MG_LINE_MAX may come on top).
 *
 * The file has no name (O_TMPFILE, or unlinked at once), is made when it is
 * first needed, gives back what has been read (in holes of 16 MiB, where the
 * file system can), and is emptied when it has been read to its end. It ends
 * with the process, however that ends.
 *
 * What can go wrong, and stays so:
 *	out.gone	nobody reads any more (see out.h)
 *	out.error	a write to the descriptor failed otherwise: errno
 *	error		the file failed, the disk is full say: errno
 * After the first two, what waits and what is added is dropped. After the
 * third, what is added is dropped, each piece whole or not at all, and what
 * waits is still written (unless the file could not be read).
 *
 *	struct mg_spool s;
 *
 *	mg_spool_init(&s, loop, fd, "/var/tmp");
 *	mg_spool_add(&s, line.p, line.n);
 *	while (mg_spool_waiting(&s) && !s.error) {
 *		mg_spool_arm(&s);
 *		mg_loop_turn(loop);
 *	}
 *	mg_spool_release(&s);
 *
 * The struct must not move while it is in use.
 */
#ifndef MG_IO_SPOOL_H
#define MG_IO_SPOOL_H

#include "io/out.h"

struct mg_spool {
	struct mg_out out; /* the oldest bytes, in memory */
	char *dir; /* where the file is made */
	int file; /* -1: none yet */
	int64_t head, tail; /* what of the file waits: from, to */
	int64_t punched; /* before this it has been given back */
	int error; /* errno */
};

/* dir is copied; NULL: $TMPDIR, else /tmp. fd stays the caller's. */
void
mg_spool_init(struct mg_spool *s, struct mg_loop *l, int fd, const char *dir);
/* One piece; never blocks for the reader, though it may for the disk. */
void mg_spool_add(struct mg_spool *s, const void *p, size_t n);
/* Bytes in memory and in the file. */
static inline size_t
mg_spool_waiting(const struct mg_spool *s)
{
	return mg_out_waiting(&s->out) + (size_t)(s->tail - s->head);
}
/* Refills memory from the file, then as mg_out_arm(): before every turn of
 * the loop, or after what may have changed (see `after` in out.h). */
void mg_spool_arm(struct mg_spool *s);
void mg_spool_release(struct mg_spool *s);

#endif
