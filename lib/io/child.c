#include "io/child.h"

#include "base/clock.h"
#include "io/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define TAIL_MAX 4096
#define REST_MS 2000 /* for what was killed to be gone */
#define SWEEP_MS 50 /* what multiplies as fast as it is killed waits */
#define STACK_SIZE 65536 /* of a child until its exec */
#define DRAIN_MS 1000 /* for output, once the program itself has ended */

struct mg_child {
	struct mg_loop *loop;
	struct mg_child *next;
	pid_t pid;
	bool reaped;
	struct mg_child_req req;
	struct mg_str input;
	size_t sent;
	struct mg_watch in, out, err;
	struct mg_spool feed; /* instead of input and in, if req.feed */
	int feed_fd; /* -1: the spool has its own */
	bool fed; /* the feed has ended */
	bool eof; /* it is to end when nothing waits */
	struct mg_watch shown; /* room on our standard error is waited for */
	struct mg_timer deadline, idle;
	struct mg_str tail;
	struct mg_child_end end;
};

/* waitpid() knows pids only, so somebody must know whose they are. */
static struct mg_child *children;

static void
shut(struct mg_child *c, struct mg_watch *w)
{
	if (w->fd < 0)
		return;
	mg_watch_del(c->loop, w);
	close(w->fd);
	w->fd = -1;
}

static void
end_feed(struct mg_child *c)
{
	if (c->fed)
		return;
	c->fed = true;
	mg_spool_release(&c->feed);
	if (c->feed_fd >= 0)
		close(c->feed_fd);
}

/* A program that does not read its input is no fault of ours. */
static void
on_fed(void *arg)
{
	struct mg_child *c = arg;

	mg_spool_arm(&c->feed);
	if (c->feed.out.gone || c->feed.out.error ||
		(c->eof && !mg_spool_waiting(&c->feed)))
		end_feed(c);
}

/* Over when it is reaped and its output has ended. */
static void
maybe_end(struct mg_child *c)
{
	struct mg_child **p = &children;

	if (!c->reaped || c->out.fd >= 0 || c->err.fd >= 0)
		return;
	shut(c, &c->in);
	end_feed(c);
	mg_watch_del(c->loop, &c->shown);
	mg_timer_del(c->loop, &c->deadline);
	mg_timer_del(c->loop, &c->idle);
	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	c->end.stderr_tail = mg_sl_trim(mg_str_as_sl(&c->tail));
	c->req.on_end(c->req.arg, &c->end);
	mg_str_release(&c->tail);
	mg_str_release(&c->input);
	free(c);
}

static void
on_in(void *arg, short revents)
{
	struct mg_child *c = arg;
	ssize_t n = write(
		c->in.fd, c->input.s + c->sent, c->input.len - c->sent);

	if (n > 0)
		c->sent += (size_t)n;
	/* A program that does not read its input is no fault of ours. */
	if ((n < 0 && errno != EAGAIN && errno != EINTR) ||
		c->sent == c->input.len)
		shut(c, &c->in);
}

static void
on_out(void *arg, short revents)
{
	struct mg_child *c = arg;
	char buf[65536];
	ssize_t n = read(c->out.fd, buf, sizeof(buf));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		if (c->req.idle_ms)
			mg_timer_set(
				c->loop, &c->idle, mg_now() + c->req.idle_ms);
		if (!c->end.cancelled)
			c->req.on_data(c->req.arg, buf, (size_t)n);
		return;
	}
	shut(c, &c->out);
	maybe_end(c);
}

/* There is room again: see room(). */
static void
on_room(void *arg, short revents)
{
	struct mg_child *c = arg;

	mg_watch_del(c->loop, &c->shown);
	if (c->err.fd >= 0)
		mg_watch_add(c->loop, &c->err);
}

/*
 * Room on our standard error for a piece of its own. If there is none, the
 * program is held back and not we: its standard error is not read until then.
 */
static bool
room(struct mg_child *c, bool *closed)
{
	struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};

	*closed = poll(&p, 1, 0) > 0 && !(p.revents & POLLOUT);
	if (p.revents)
		return true;
	mg_watch_del(c->loop, &c->err);
	mg_watch_add(c->loop, &c->shown);
	return false;
}

static void
on_err(void *arg, short revents)
{
	struct mg_child *c = arg;
	char buf[TAIL_MAX];
	bool closed = true;
	ssize_t n;

	if (c->req.show_stderr && !room(c, &closed))
		return;
	n = read(c->err.fd, buf, sizeof(buf));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		shut(c, &c->err);
		maybe_end(c);
		return;
	}
	if (!closed)
		(void)!write(STDERR_FILENO, buf, (size_t)n);
	if (c->tail.len + (size_t)n > TAIL_MAX)
		mg_str_drop(&c->tail, c->tail.len + (size_t)n - TAIL_MAX);
	mg_str_add(&c->tail, buf, (size_t)n);
}

/* Once it is reaped its number may be a stranger's. */
void
mg_child_kill(struct mg_child *c, int sig)
{
	if (c->reaped)
		return;
	if (kill(-c->pid, sig) < 0)
		kill(c->pid, sig); /* it has no group of its own yet */
}

static void
kill_group(struct mg_child *c)
{
	mg_child_kill(c, SIGKILL);
}

static void
on_deadline(void *arg)
{
	struct mg_child *c = arg;

	c->end.timed_out = true;
	kill_group(c);
}

/* Where we have no standard input ourselves, a pipe may have its number. */
static int
above(int fd)
{
	return fd > 2 ? fd : fcntl(fd, F_DUPFD, 3);
}

/* Data, and not address space: what is only reserved costs nothing. */
static void
limit_memory(int64_t bytes)
{
	struct rlimit data = {(rlim_t)bytes, (rlim_t)bytes}, none = {0, 0};

	setrlimit(RLIMIT_DATA, &data);
	setrlimit(RLIMIT_CORE, &none);
}

struct start {
	const struct mg_child_req *req;
	const int *fds; /* six: open_pipes() */
	pid_t parent;
};

/* In the child; it never returns. */
static int
run_child(void *arg)
{
	const struct start *s = arg;
	const struct mg_child_req *req = s->req;
	int in = above(s->fds[0]), out = above(s->fds[3]);
	int err = above(s->fds[5]);

	if (req->session)
		setsid();
	else
		setpgid(0, 0);
	mg_loop_unblock();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != s->parent) /* it died before prctl() */
		_exit(127);
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
		_exit(127);
	close_range(3, ~0U, 0); /* what we inherited is not for it */
	if (req->dir && chdir(req->dir) < 0) {
		dprintf(2, "unable to enter %s: %s\n", req->dir,
			strerror(errno));
		_exit(126);
	}
	if (req->memory)
		limit_memory(req->memory);
	if (req->env)
		execvpe(req->argv[0], req->argv, req->env);
	else
		execvp(req->argv[0], req->argv);
	dprintf(2, "unable to run %s: %s\n", req->argv[0], strerror(errno));
	_exit(127);
}

#ifdef __SANITIZE_ADDRESS__
/* AddressSanitizer takes a second stack for a fault. */
static pid_t
start_child(const struct mg_child_req *req, const int fds[6])
{
	struct start s = {req, fds, getpid()};
	pid_t pid = fork();

	if (pid == 0)
		run_child(&s);
	return pid;
}
#else
/*
 * The child works in our memory until its exec, on a stack of its own, and we
 * wait that long, as posix_spawn(3) has it: it changes nothing there. To copy
 * our memory would take longer than all the rest.
 */
static pid_t
start_child(const struct mg_child_req *req, const int fds[6])
{
	struct start s = {req, fds, getpid()};
	char *stack = mg_xmalloc(STACK_SIZE);
	pid_t pid = clone(run_child, stack + STACK_SIZE,
		CLONE_VM | CLONE_VFORK | SIGCHLD, &s);

	free(stack);
	return pid;
}
#endif

/* fds: in read, in write, out read, out write, err read, err write. */
static bool
open_pipes(int fds[6])
{
	for (int i = 0; i < 6; i++)
		fds[i] = -1;
	for (int i = 0; i < 6; i += 2)
		if (pipe2(fds + i, O_CLOEXEC) < 0)
			return false;
	fcntl(fds[1], F_SETFL, O_NONBLOCK);
	fcntl(fds[2], F_SETFL, O_NONBLOCK);
	fcntl(fds[4], F_SETFL, O_NONBLOCK);
	return true;
}

static void
close_all(const int *fds, size_t n, size_t step)
{
	for (size_t i = 0; i < n; i += step)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* A second descriptor of the pipe would keep it open behind its end. */
static void
arm_feed(struct mg_child *c, int fd)
{
	c->in.fd = -1;
	c->feed_fd = fd;
	mg_spool_init(&c->feed, c->loop, fd, c->req.spool);
	if (c->feed.out.own) {
		close(fd);
		c->feed_fd = -1;
	}
	c->feed.out.after = on_fed;
	c->feed.out.after_arg = c;
	mg_child_write(c, c->req.input.p, c->req.input.n);
}

static void
arm_input(struct mg_child *c, int fd)
{
	c->fed = true;
	mg_str_sl(&c->input, c->req.input);
	c->in = (struct mg_watch){
		.fd = fd, .events = POLLOUT, .fn = on_in, .arg = c};
	mg_watch_add(c->loop, &c->in);
}

static void
arm(struct mg_child *c, const int fds[6])
{
	if (c->req.feed)
		arm_feed(c, fds[1]);
	else
		arm_input(c, fds[1]);
	c->out = (struct mg_watch){
		.fd = fds[2], .events = POLLIN, .fn = on_out, .arg = c};
	c->err = (struct mg_watch){
		.fd = fds[4], .events = POLLIN, .fn = on_err, .arg = c};
	c->shown = (struct mg_watch){.fd = STDERR_FILENO,
		.events = POLLOUT,
		.fn = on_room,
		.arg = c};
	mg_watch_add(c->loop, &c->out);
	mg_watch_add(c->loop, &c->err);
	c->deadline.fn = c->idle.fn = on_deadline;
	c->deadline.arg = c->idle.arg = c;
	if (c->req.timeout_ms)
		mg_timer_set(
			c->loop, &c->deadline, mg_now() + c->req.timeout_ms);
	if (c->req.idle_ms)
		mg_timer_set(c->loop, &c->idle, mg_now() + c->req.idle_ms);
}

struct mg_child *
mg_child_start(
	struct mg_loop *l, const struct mg_child_req *req, struct mg_fault *f)
{
	struct mg_child *c;
	int fds[6];
	pid_t pid = -1;

	if (open_pipes(fds))
		pid = start_child(req, fds);
	if (pid < 0) {
		mg_fail(f, MG_E_SYSTEM, "unable to start %s: %s", req->argv[0],
			strerror(errno));
		close_all(fds, 6, 1);
		return NULL;
	}
	if (!req->session) /* a leader of a group cannot begin a session */
		setpgid(pid, pid);
	close(fds[0]);
	close_all(fds + 3, 3, 2);
	c = mg_xcalloc(1, sizeof(*c));
	c->loop = l;
	c->pid = pid;
	c->req = *req;
	c->tail.max = TAIL_MAX;
	c->next = children;
	children = c;
	arm(c, fds);
	return c;
}

void
mg_child_cancel(struct mg_child *c)
{
	c->end.cancelled = true;
	kill_group(c);
}

int
mg_child_write(struct mg_child *c, const void *p, size_t n)
{
	if (c->fed || c->eof || !n)
		return 0;
	mg_spool_add(&c->feed, p, n);
	c->feed.out.watch.events = POLLOUT; /* on_fed() sees to the rest */
	return c->feed.error;
}

void
mg_child_eof(struct mg_child *c)
{
	c->eof = true;
	if (!c->fed && !mg_spool_waiting(&c->feed))
		end_feed(c);
}

void
mg_child_pause(struct mg_child *c, bool pause)
{
	c->out.events = pause ? 0 : POLLIN;
	if (c->reaped && !pause)
		mg_timer_set(c->loop, &c->deadline, mg_now() + DRAIN_MS);
}

/* Something that left the group still holds the pipe: not our answer. What is
 * not read because the reader is behind is. */
static void
on_drained(void *arg)
{
	struct mg_child *c = arg;

	if (c->out.fd >= 0 && !c->out.events && !c->end.cancelled) {
		mg_timer_set(c->loop, &c->deadline, mg_now() + DRAIN_MS);
		return;
	}
	shut(c, &c->out);
	shut(c, &c->err);
	maybe_end(c);
}

/*
 * The leader has ended, but it is not waited for yet: its pid still names the
 * group, so the group can be killed without hitting a stranger.
 */
void
mg_child_reap(void)
{
	struct mg_child *c = children, *next;

	for (; c; c = next) {
		siginfo_t info = {0};

		next = c->next;
		if (c->reaped ||
			waitid(P_PID, (id_t)c->pid, &info,
				WEXITED | WNOHANG | WNOWAIT) < 0 ||
			info.si_pid == 0)
			continue;
		kill_group(c);
		waitpid(c->pid, &c->end.status, 0);
		c->reaped = true;
		c->deadline.fn = on_drained;
		mg_timer_set(c->loop, &c->deadline, mg_now() + DRAIN_MS);
		mg_timer_del(c->loop, &c->idle);
		maybe_end(c);
	}
}

int
mg_child_fault(
	const struct mg_child_end *end, const char *who, struct mg_fault *f)
{
	struct mg_sl why = end->stderr_tail;
	int words;

	/* The last line tells most. */
	for (size_t i = why.n; i > 0; i--)
		if (why.p[i - 1] == '\n') {
			why.n -= i;
			why.p += i;
			break;
		}
	words = (int)(why.n < 600 ? why.n : 600);
	if (WIFSIGNALED(end->status))
		return mg_fail(f, MG_E_PROGRAM,
			"%s was ended by signal %d%s%.*s", who,
			WTERMSIG(end->status), words ? ": " : "", words, why.p);
	return mg_fail(f, MG_E_PROGRAM, "%s ended with status %d%s%.*s", who,
		WEXITSTATUS(end->status), words ? ": " : "", words, why.p);
}

size_t
mg_child_count(void)
{
	size_t n = 0;

	for (struct mg_child *c = children; c; c = c->next)
		n++;
	return n;
}

/* --- what our children leave behind --- */

static bool adopts;

/* "PID (NAME) STATE PPID ...": NAME may hold anything. */
static pid_t
parent_of(const char *pid)
{
	char path[300], stat[512];
	ssize_t n = -1;
	int fd, parent = 0;
	char *paren;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, stat, sizeof(stat) - 1);
		close(fd);
	}
	if (n <= 0)
		return 0;
	stat[n] = '\0';
	paren = strrchr(stat, ')');
	if (!paren || sscanf(paren + 1, " %*c %d", &parent) != 1)
		return 0;
	return parent;
}

/* One call knows whether there are any; to find them takes hundreds. */
bool
mg_child_any(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* Children of the shell that became us by exec (a process substitution, say)
 * are not ours to end. */
static struct {
	pid_t *v;
	size_t n, cap;
} others;

static bool
is_other(pid_t pid)
{
	for (size_t i = 0; i < others.n; i++)
		if (others.v[i] == pid)
			return true;
	return false;
}

/* True: it is one more to be waited for. */
static bool
note_other(void *arg, pid_t pid)
{
	MG_GROW(others.v, others.n, others.cap);
	others.v[others.n++] = pid;
	return false;
}

static bool
kill_child(void *arg, pid_t pid)
{
	return !is_other(pid) && kill(pid, SIGKILL) == 0;
}

static size_t
each_child(bool (*fn)(void *arg, pid_t pid), void *arg)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	size_t n = 0;

	while (proc && (e = readdir(proc)))
		if (e->d_name[0] >= '1' && e->d_name[0] <= '9' &&
			parent_of(e->d_name) == getpid())
			n += fn(arg, (pid_t)strtol(e->d_name, NULL, 10));
	if (proc)
		closedir(proc);
	return n;
}

size_t
mg_child_kill_all(void)
{
	return each_child(kill_child, NULL);
}

void
mg_child_adopt(void)
{
	if (!adopts && mg_child_any())
		each_child(note_other, NULL);
	adopts = prctl(PR_SET_CHILD_SUBREAPER, 1) == 0;
}

/* It cannot refuse, but what it waits for may hold it. */
static bool
wait_dead(pid_t pid)
{
	int64_t until = mg_now() + SWEEP_MS;
	pid_t got;

	while ((got = waitpid(pid, NULL, WNOHANG)) == 0 && mg_now() < until)
		usleep(200);
	return got == pid;
}

struct sweep {
	bool (*ours)(void *arg, pid_t pid);
	void *arg;
};

static bool
sweep_child(void *arg, pid_t pid)
{
	const struct sweep *s = arg;

	for (struct mg_child *c = children; c; c = c->next)
		if (c->pid == pid && !c->reaped)
			return false;
	if (s->ours && s->ours(s->arg, pid))
		return false;
	return kill_child(NULL, pid) && wait_dead(pid);
}

size_t
mg_child_sweep(bool (*ours)(void *arg, pid_t pid), void *arg)
{
	struct sweep s = {ours, arg};
	int64_t until = mg_now() + SWEEP_MS;
	size_t n = 0, more;

	if (!adopts || !mg_child_any())
		return 0;
	do {
		more = each_child(sweep_child, &s);
		n += more;
	} while (more && mg_now() < until);
	return n;
}

void
mg_child_end_adopted(void)
{
	int64_t until = mg_now() + REST_MS;

	while (adopts && mg_child_any() && mg_child_kill_all() &&
		mg_now() < until) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			continue;
		usleep(1000);
	}
}
