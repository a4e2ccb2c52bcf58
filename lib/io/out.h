/*
 * out.h - what waits to be written to a descriptor.
 *
 * Adding never blocks and never fails; writing happens where it will not
 * block either. A pipe or a terminal is opened again through /proc/self/fd,
 * which gives a non-blocking description of our own: setting O_NONBLOCK on the
 * inherited one would be seen by its other holders. To such a one
 * mg_out_arm() writes at once, so that a line costs no turn of the loop, and
 * leaves the rest to poll. Where that cannot be had, 4096 bytes are written at
 * a time, which behind POLLOUT never block.
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
	/* Called last when poll has told of the descriptor: for an owner that
	 * is not asked before every turn. May release the struct. */
	void (*after)(void *arg);
	void *after_arg;
};

void mg_out_init(struct mg_out *o, struct mg_loop *l, int fd);
void mg_out_add(struct mg_out *o, const void *p, size_t n);
static inline size_t
mg_out_waiting(const struct mg_out *o)
{
	return o->q.len - o->head;
}
/* Writes what can be written at once, and asks poll for what is needed then;
 * before every turn of the loop. A turn always follows when much has been
 * written: an owner that has stopped reading may go on in it. */
void mg_out_arm(struct mg_out *o);
void mg_out_release(struct mg_out *o);

#endif
