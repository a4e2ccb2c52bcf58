/*
 * out.h - what waits to be written to a descriptor.
 *
 * Adding never blocks and never fails; writing happens when poll says that it
 * will not block either. A pipe or a terminal is opened again through
 * /proc/self/fd, which gives a non-blocking description of our own: setting
 * O_NONBLOCK on the inherited one would be seen by its other holders. Where
 * that cannot be had, 4096 bytes are written at a time, which behind POLLOUT
 * never block.
 *
 * Above MG_OUT_SOFT bytes the owner stops reading and pauses its transfers.
 * That the reader has gone is an event, `gone`, not an error.
 */
#ifndef MG_IO_OUT_H
#define MG_IO_OUT_H

#include "base/str.h"
#include "io/loop.h"

#define MG_OUT_SOFT ((size_t)1 << 20)

struct mg_out {
	struct mg_loop *loop;
	struct mg_watch watch;
	int fd;
	bool own; /* fd is a description of our own */
	size_t step; /* most bytes of one write */
	struct mg_str q;
	size_t head; /* bytes of q already written */
	bool gone; /* nobody reads any more */
	int error; /* errno of a write that failed otherwise */
};

void mg_out_init(struct mg_out *o, struct mg_loop *l, int fd);
void mg_out_add(struct mg_out *o, const void *p, size_t n);
static inline size_t
mg_out_waiting(const struct mg_out *o)
{
	return o->q.len - o->head;
}
/* Asks poll for what is needed now; before every turn of the loop. */
void mg_out_arm(struct mg_out *o);
void mg_out_release(struct mg_out *o);

#endif
