#include "tools/apart.h"

#include "io/child.h"

/* What a loop changes and nobody else puts back. */
static const int kept[] = {SIGPIPE, SIGXFSZ, SIGCHLD};

static void
on_signal(void *arg, int sig)
{
	struct mg_apart *a = arg;

	if (sig == SIGCHLD) {
		mg_child_reap();
		return;
	}
	a->signal = sig;
	a->cancel(a->arg);
}

void
mg_apart_begin(struct mg_apart *a)
{
	sigprocmask(SIG_SETMASK, NULL, &a->mask);
	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		sigaction(kept[i], NULL, &a->old[i]);
	a->signal = 0;
	a->loop = mg_loop_new();
	mg_loop_signals(a->loop, on_signal, a);
}

int
mg_apart_end(struct mg_apart *a)
{
	mg_loop_free(a->loop);
	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		sigaction(kept[i], &a->old[i], NULL);
	sigprocmask(SIG_SETMASK, &a->mask, NULL);
	return a->signal;
}
