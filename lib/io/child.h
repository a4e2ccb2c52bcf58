/*
 * child.h - a program beside us: bytes in, bytes out, and its end.
 *
 * The program is started with execvp() and an argument vector, never through
 * a shell, in a process group of its own, and dies with us (PR_SET_PDEATHSIG).
 * Its standard input gets `input` and then its end; its standard output comes
 * to on_data; its standard error is kept (the last 4 KiB) for messages. It
 * inherits descriptors 0 to 2 only, and `env` where that is given.
 *
 * on_end comes exactly once, after its output has ended and it has been
 * reaped; the struct is freed after that. Whatever is left of its process
 * group is killed then, so a helper that it forked away cannot outlive it.
 *
 *	struct mg_child *c = mg_child_start(loop, &(struct mg_child_req){
 *		.argv = argv, .input = MG_SL("hello\n"),
 *		.timeout_ms = 30000, .on_data = data, .on_end = end}, &f);
 *
 * The owner of the loop passes SIGCHLD on by mg_child_reap().
 */
#ifndef MG_IO_CHILD_H
#define MG_IO_CHILD_H

#include "base/fault.h"
#include "base/str.h"
#include "io/loop.h"

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
	struct mg_sl input; /* copied */
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
/* Stops and goes on reading its output: back-pressure. */
void mg_child_pause(struct mg_child *c, bool pause);
/* After SIGCHLD: collects whoever has ended. */
void mg_child_reap(void);
/* How many run; for "nothing left behind" at the end of a process. */
size_t mg_child_count(void);

#endif
