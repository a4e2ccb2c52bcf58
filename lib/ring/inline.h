/*
 * inline.h - a program that stands in the ring itself.
 *
 * Every line goes to its standard input, and what it prints goes on: so it
 * may edit and take, as a gate does, and must keep the rules of a stage,
 * print every line that it was given and flush each. Two things are done for
 * it behind its standard output:
 *
 *	- a line without `by` is new, and is signed with the stage's name;
 *	- a line of that name with `lap` has been round: it is taken off.
 *
 * All else passes byte for byte, as it was printed; a line beyond MG_LINE_MAX
 * becomes an `error`. Neither direction holds the other back: what waits,
 * waits in a spool (spool.h). The end of our input ends the program's, and
 * its end is ours, with its status (128+N where signal N ended it). Its
 * standard error goes on to ours. SIGTERM and SIGHUP kill it, SIGINT is
 * passed on, twice kills.
 *
 *	char *argv[] = {"python3", "gate.py", NULL};
 *
 *	return mg_ring_inline(&(struct mg_ring_stage){
 *		.name = "gate", .argv = argv});
 */
#ifndef MG_RING_INLINE_H
#define MG_RING_INLINE_H

#include "ring/listen.h"

/* The exit status. max_events and grace_ms mean nothing here. */
int mg_ring_inline(const struct mg_ring_stage *opts);

#endif
