#include "io/loop.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/str.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <unistd.h>

struct mg_loop {
	struct mg_watch **watches;
	size_t nwatches, capwatches;
	struct pollfd *polls; /* of this turn */
	size_t cappolls;
	struct mg_timer **heap;
	size_t nheap, capheap;
	struct mg_watch signals;
	void (*on_signal)(void *, int);
	void *signal_arg;
	bool (*before)(void *);
	void *before_arg;
};

struct mg_loop *
mg_loop_new(void)
{
	struct mg_loop *l = mg_xcalloc(1, sizeof(*l));

	l->signals.fd = -1;
	return l;
}

void
mg_loop_free(struct mg_loop *l)
{
	if (!l)
		return;
	if (l->signals.fd >= 0)
		close(l->signals.fd);
	free(l->watches);
	free(l->polls);
	free(l->heap);
	free(l);
}

void
mg_watch_add(struct mg_loop *l, struct mg_watch *w)
{
	if (w->at)
		return;
	MG_GROW(l->watches, l->nwatches, l->capwatches);
	l->watches[l->nwatches++] = w;
	w->at = l->nwatches;
}

/* The hole is closed between turns, since a turn walks by index. */
void
mg_watch_del(struct mg_loop *l, struct mg_watch *w)
{
	if (!w->at)
		return;
	l->watches[w->at - 1] = NULL;
	w->at = 0;
}

static void
compact(struct mg_loop *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->nwatches; i++)
		if (l->watches[i]) {
			l->watches[n++] = l->watches[i];
			l->watches[n - 1]->at = n;
		}
	l->nwatches = n;
}

static void
place(struct mg_loop *l, size_t i, struct mg_timer *t)
{
	l->heap[i] = t;
	t->at = i + 1;
}

static void
sift_up(struct mg_loop *l, size_t i)
{
	struct mg_timer *t = l->heap[i];

	for (; i && l->heap[(i - 1) / 2]->due > t->due; i = (i - 1) / 2)
		place(l, i, l->heap[(i - 1) / 2]);
	place(l, i, t);
}

static void
sift_down(struct mg_loop *l, size_t i)
{
	struct mg_timer *t = l->heap[i];

	for (;;) {
		size_t c = 2 * i + 1;

		if (c + 1 < l->nheap && l->heap[c + 1]->due < l->heap[c]->due)
			c++;
		if (c >= l->nheap || l->heap[c]->due >= t->due)
			break;
		place(l, i, l->heap[c]);
		i = c;
	}
	place(l, i, t);
}

void
mg_timer_del(struct mg_loop *l, struct mg_timer *t)
{
	size_t i = t->at;

	if (!i--)
		return;
	t->at = 0;
	if (i == --l->nheap)
		return;
	place(l, i, l->heap[l->nheap]);
	sift_down(l, i);
	sift_up(l, i);
}

void
mg_timer_set(struct mg_loop *l, struct mg_timer *t, int64_t due)
{
	mg_timer_del(l, t);
	t->due = due;
	MG_GROW(l->heap, l->nheap, l->capheap);
	place(l, l->nheap++, t);
	sift_up(l, l->nheap - 1);
}

static void
read_signals(void *arg, short revents)
{
	struct mg_loop *l = arg;
	struct signalfd_siginfo info;

	while (read(l->signals.fd, &info, sizeof(info)) == sizeof(info))
		l->on_signal(l->signal_arg, (int)info.ssi_signo);
}

void
mg_loop_signals(struct mg_loop *l, void (*fn)(void *, int), void *arg)
{
	static const int wanted[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};
	struct sigaction old;
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		sigaction(wanted[i], NULL, &old);
		if (wanted[i] == SIGCHLD)
			signal(SIGCHLD, SIG_DFL);
		if (wanted[i] == SIGCHLD || old.sa_handler != SIG_IGN)
			sigaddset(&set, wanted[i]);
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a full disk, by another name */
	sigprocmask(SIG_BLOCK, &set, NULL);
	l->on_signal = fn;
	l->signal_arg = arg;
	l->signals = (struct mg_watch){
		.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC),
		.events = POLLIN,
		.fn = read_signals,
		.arg = l};
	if (l->signals.fd >= 0)
		mg_watch_add(l, &l->signals);
}

/* Only what is safe in a handler: it kills, or does nothing. */
static void
on_alarm(int sig)
{
	static const int deadly[] = {SIGINT, SIGTERM, SIGHUP};
	sigset_t waiting;

	sigpending(&waiting);
	for (size_t i = 0; i < sizeof(deadly) / sizeof(*deadly); i++)
		if (sigismember(&waiting, deadly[i]) == 1) {
			signal(deadly[i], SIG_DFL);
			sigprocmask(SIG_UNBLOCK, &waiting, NULL);
		}
}

void
mg_loop_foreign(bool on)
{
	struct sigaction action = {
		.sa_handler = on_alarm, .sa_flags = SA_RESTART};
	struct itimerval every = {{on, 0}, {on, 0}};

	if (on)
		sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

void
mg_loop_unblock(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
}

void
mg_loop_before(struct mg_loop *l, bool (*fn)(void *), void *arg)
{
	l->before = fn;
	l->before_arg = arg;
}

static int
wait_ms(const struct mg_loop *l)
{
	int64_t ms;

	if (!l->nheap)
		return -1;
	ms = l->heap[0]->due - mg_now();
	return ms < 0 ? 0 : ms > INT_MAX ? INT_MAX : (int)ms;
}

static void
run_timers(struct mg_loop *l)
{
	int64_t now;

	if (!l->nheap)
		return;
	now = mg_now();
	while (l->nheap && l->heap[0]->due <= now) {
		struct mg_timer *t = l->heap[0];

		mg_timer_del(l, t);
		t->fn(t->arg);
	}
}

void
mg_loop_turn(struct mg_loop *l)
{
	bool busy = l->before && l->before(l->before_arg);
	size_t n;
	int ready;

	compact(l);
	n = l->nwatches;
	if (n > l->cappolls) {
		l->cappolls = n * 2;
		l->polls = mg_xrealloc(
			l->polls, l->cappolls, sizeof(*l->polls));
	}
	for (size_t i = 0; i < n; i++)
		l->polls[i] = (struct pollfd){.fd = l->watches[i]->fd,
			.events = l->watches[i]->events};
	ready = poll(l->polls, n, busy ? 0 : wait_ms(l));
	if (ready < 0 && errno != EINTR)
		MG_BUG("poll");
	for (size_t i = 0; i < n && ready > 0; i++) {
		struct mg_watch *w = l->watches[i];

		if (!l->polls[i].revents)
			continue;
		ready--;
		if (w && w->fd == l->polls[i].fd)
			w->fn(w->arg, l->polls[i].revents);
	}
	run_timers(l);
}

void
mg_loop_run(struct mg_loop *l, const bool *done)
{
	while (!*done)
		mg_loop_turn(l);
}

void
mg_loop_more_descriptors(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) == 0) {
		lim.rlim_cur = lim.rlim_max;
		setrlimit(RLIMIT_NOFILE, &lim);
	}
}
