/*
 * child.h - a program beside us: bytes in, bytes out, and its end.
 *
 * The program is started with execvp() and an argument vector, never through
 * a shell, in a process group of its own, and dies with us (PR_SET_PDEATHSIG).
 * Its standard input gets `input` and then its end; its standard output comes
 * to on_data; its standard error is kept (the last 4 KiB) for messages. It
 * inherits descriptors 0 to 2 only, and `env` where that is given.
 *
 * With `feed` its standard input stays open behind `input`, for
 * mg_child_write(), until mg_child_eof(). What it has not read yet waits in a
 * spool (spool.h): the writer is never held back, and memory is bounded. A
 * program that closes its input is no fault: what is written then is dropped.
 *
 * on_end comes exactly once, after its output has ended and it has been
 * reaped; the struct is freed after that. Whatever is left of its process
 * group is killed then, so a helper that it forked away cannot outlive it.
 *
 *	struct mg_child *c = mg_child_start(loop, &(struct mg_child_req){
 *		.argv = argv, .input = MG_SL("hello\n"),
 *		.timeout_ms = 30000, .on_data = data, .on_end = end}, &f);
 *
 *	struct mg_child *c = mg_child_start(loop, &(struct mg_child_req){
 *		.argv = argv, .feed = true, .on_data = data, .on_end = end},
 *		&f);
 *
 *	mg_child_write(c, "hello\n", 6);
 *	mg_child_eof(c);
 *
 * The owner of the loop passes SIGCHLD on by mg_child_reap().
 */
#ifndef MG_IO_CHILD_H
#define MG_IO_CHILD_H

#include "base/fault.h"
#include "base/str.h"
#include "io/loop.h"

#include <sys/types.h>

struct mg_child;

struct mg_child_end {
	int status; /* as wait(2) has it */
	bool timed_out;
	bool cancelled;
	struct mg_sl stderr_tail; /* valid during the call */
};

struct mg_child_req {
	char *const *argv;
	char *const *env; /* NULL: ours */
	const char *dir; /* where it works; NULL: where we do */
	bool session; /* of its own: it has no terminal, /dev/tty neither */
	int64_t memory; /* bytes of data of each process; 0: no limit */
	struct mg_sl input; /* copied */
	bool feed; /* more input will follow: mg_child_write() */
	const char *spool; /* feed: folder for what waits; NULL: as spool.h */
	bool show_stderr; /* its standard error goes on to ours, as it comes */
	int64_t timeout_ms; /* 0: none */
	int64_t idle_ms; /* between two pieces of output; 0: none */
	void (*on_data)(void *arg, const char *p, size_t n);
	void (*on_end)(void *arg, const struct mg_child_end *end);
	void *arg;
};

/* NULL with f filled (MG_E_PROGRAM) if it cannot be started. */
struct mg_child *mg_child_start(
	struct mg_loop *l, const struct mg_child_req *req, struct mg_fault *f);
/* Kills the group; on_end follows with `cancelled`. */
void mg_child_cancel(struct mg_child *c);
/*
 * feed: appends to its input; written in the loop's next turn, or whenever it
 * reads. 0, or the errno that keeps what waits from being kept (the disk is
 * full): then this piece and all that follow are dropped.
 */
int mg_child_write(struct mg_child *c, const void *p, size_t n);
/* feed: when what waits has been written, its input ends. Again: nothing. */
void mg_child_eof(struct mg_child *c);
/* A signal to its group. Unlike cancel: what it has written still comes. */
void mg_child_kill(struct mg_child *c, int sig);
/* Stops and goes on reading its output: back-pressure. */
void mg_child_pause(struct mg_child *c, bool pause);
/* After SIGCHLD: collects whoever has ended. */
void mg_child_reap(void);
/* Fills f (MG_E_PROGRAM): how `who` ended, and the last line of its standard
 * error; -1. */
int mg_child_fault(
	const struct mg_child_end *end, const char *who, struct mg_fault *f);
/* How many run; for "nothing left behind" at the end of a process. */
size_t mg_child_count(void);

/*
 * Descendants may leave their group, and outlive it. Whoever adopts them
 * (PR_SET_CHILD_SUBREAPER: they become its children when their parents have
 * died) can end them all: before it ends, since others may still be at work.
 */
void mg_child_adopt(void);
/* Kills all children, adopted ones too, and waits for them, 2 s at most; but
 * none that was there before mg_child_adopt(): the shell that became us had
 * it. Does nothing where nobody was to be adopted. */
void mg_child_end_adopted(void);
/*
 * Kills the adopted ones that no running child has brought forth, as far as
 * can be told: `ours` looks at what a process was started with, at /proc/PID/
 * environ (it may be NULL: nobody is spared). What these leave behind in turn
 * is killed too, for 50 ms at most. How many they were.
 */
size_t mg_child_sweep(bool (*ours)(void *arg, pid_t pid), void *arg);
/* There are any: one system call. */
bool mg_child_any(void);
/* Kills them, without waiting; how many they were. */
size_t mg_child_kill_all(void);

#endif
