/*
 * loop.h - one poll(2) loop: descriptors, timers, signals.
 *
 * Watches and timers are structs of their owner, linked into the loop while
 * they are armed; the loop allocates nothing for them. The set handed to
 * poll is rebuilt from state on every turn, so a callback may add and remove
 * whatever it likes, itself included. Deadlines are absolute (mg_now).
 *
 * SIGINT, SIGTERM, SIGHUP and SIGCHLD arrive through a signalfd, so that no
 * code runs inside a signal handler; children must be started with the mask
 * that mg_loop_unblock() restores (child.h does).
 *
 *	struct mg_loop *loop = mg_loop_new();
 *	struct mg_watch in = {.fd = 0, .events = POLLIN, .fn = readable};
 *
 *	mg_watch_add(loop, &in);
 *	mg_loop_run(loop, &done);
 *	mg_loop_free(loop);
 */
#ifndef MG_IO_LOOP_H
#define MG_IO_LOOP_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mg_loop;

/*
 * events 0 keeps a descriptor in the set for POLLERR and POLLHUP alone: that
 * is how a writer learns that its reader has gone. A regular file is always
 * ready, as poll has it.
 */
struct mg_watch {
	int fd;
	short events;
	void (*fn)(void *arg, short revents);
	void *arg;
	size_t at; /* the loop's: index plus one while added */
};

struct mg_timer {
	int64_t due;
	void (*fn)(void *arg);
	void *arg;
	size_t at; /* the loop's: heap index plus one while armed */
};

struct mg_loop *mg_loop_new(void);
void mg_loop_free(struct mg_loop *l);

void mg_watch_add(struct mg_loop *l, struct mg_watch *w);
void mg_watch_del(struct mg_loop *l, struct mg_watch *w); /* may be absent */

/* Arms it, or moves it when it is armed. */
void mg_timer_set(struct mg_loop *l, struct mg_timer *t, int64_t due);
void mg_timer_del(struct mg_loop *l, struct mg_timer *t); /* may be absent */

/*
 * From now on these signals are delivered to fn between turns. A signal that
 * was ignored when the process started (nohup) stays ignored, but SIGPIPE and
 * SIGXFSZ, which are ignored from here on, and SIGCHLD, which is received.
 */
void
mg_loop_signals(struct mg_loop *l, void (*fn)(void *arg, int sig), void *arg);
/* In a child before exec: the signal mask, SIGPIPE and SIGXFSZ as they were. */
void mg_loop_unblock(void);

/*
 * Around a call of a library that may run for long, a user's regular
 * expression say: signals wait to be read, so nothing would stop it. From a
 * second on, one that is waiting kills the process, as if never asked for.
 */
void mg_loop_foreign(bool on);

/* Called once before every poll; returns what to add to the wait: true when
 * there is work at hand, so poll must not wait. */
void mg_loop_before(struct mg_loop *l, bool (*fn)(void *arg), void *arg);

/* As many descriptors as we may have: a thousand calls at once need more than
 * the usual 1024. What is started by child.h has them too. */
void mg_loop_more_descriptors(void);

/* One turn: waits until something happens. */
void mg_loop_turn(struct mg_loop *l);
/* Turns until *done. */
void mg_loop_run(struct mg_loop *l, const bool *done);

#endif
