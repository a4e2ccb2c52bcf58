/*
 * apart.h - calls made outside of a stage, in a loop of their own: by hand
 * (call.c), and to ask programs what they are (describe.c, custom_ask.c).
 *
 * Afterwards signals do what they did before. One that came meanwhile has
 * cancelled what ran; whoever does not say so himself lets it do then what it
 * would have done.
 *
 *	struct mg_apart a = {.cancel = cancel_all, .arg = self};
 *
 *	mg_apart_begin(&a);
 *	mg_work_start(a.loop, ...);
 *	mg_loop_run(a.loop, &done);
 *	if (mg_apart_end(&a))
 *		raise(a.signal);
 */
#ifndef MG_TOOLS_APART_H
#define MG_TOOLS_APART_H

#include "io/loop.h"

#include <signal.h>

struct mg_apart {
	void (*cancel)(void *arg); /* a signal came: end what runs */
	void *arg;
	struct mg_loop *loop;
	int signal; /* the last that came; 0: none */
	/* What was before. */
	struct sigaction old[3];
	sigset_t mask;
};

void mg_apart_begin(struct mg_apart *a);
/* Frees the loop; the signal that came, or 0. */
int mg_apart_end(struct mg_apart *a);

#endif
