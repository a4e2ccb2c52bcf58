/*
 * listen.h - any program as a listener in a ring, or in a line.
 *
 * Every live line is written to the program's standard input, while the line
 * itself goes on at once; what the program prints, one JSON object a line,
 * are new events, signed with the stage's name. So a program that buffers,
 * stops reading or dies cannot stall the ring, nor swallow or forge a line:
 *
 *	- it sees neither history nor its own events, `drain` or `end`;
 *	- `by`, `ts`, `lap`, `past` and `taken` of what it prints are dropped,
 *	  and what only the seam may say (init, task, resume, drain, end,
 *	  alarm), or in a ring the lead (result), is refused, as is what is no
 *	  object with a `type`: an `error` says so once for each kind;
 *	- what it has not read yet waits in a spool (spool.h);
 *	- of its events at most `max_events` go out, since two listeners that
 *	  answer each other would never end.
 *
 * Before `drain` passes (in a line: `end`, or the end of the input) its
 * standard input ends; it has `grace_ms` to say the rest and to end, then it
 * is killed. A dead ring or a signal kills it at once. If it fails, an `error`
 * (program_failed) says so and the stage goes on as a wire; one that ends
 * early with status 0 has simply heard enough. Its standard error goes on to
 * ours. In a line it runs once for each stream, from the first line of it.
 *
 *	char *argv[] = {"jq", "-c", "select(.type==\"usage\")", NULL};
 *
 *	return mg_ring_listen(&(struct mg_ring_stage){
 *		.name = "spender", .argv = argv});
 */
#ifndef MG_RING_LISTEN_H
#define MG_RING_LISTEN_H

#include <stdint.h>

#define MG_LISTEN_EVENTS 1000
#define MG_LISTEN_GRACE_MS 10000

struct mg_ring_stage {
	const char *name; /* signs with it; one of a kind in the ring */
	char *const *argv; /* of the program */
	int64_t max_events; /* 0: MG_LISTEN_EVENTS */
	int64_t grace_ms; /* 0: MG_LISTEN_GRACE_MS */
	const char *spool; /* folder for what waits; NULL: as spool.h */
};

/* On standard input and output, to the end of the input; the exit status. */
int mg_ring_listen(const struct mg_ring_stage *opts);

#endif
