/* ring_inbox.c - tests of the inbox: what is said to it, and by whom. */
#include "base/clock.h"
#include "ring/inbox.h"
#include "tap.h"

#include <ftw.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static struct mg_fault fault;
static struct mg_rundir dir;

struct host {
	struct mg_loop *loop;
	struct mg_inbox *inbox;
	char last[100]; /* the beginning of the last line heard */
	size_t heard, length;
	uint64_t waiting; /* who asked to be left waiting */
};

/* Does what the line's "do" says. */
static void
on_line(void *arg, uint64_t client, struct mg_sl line)
{
	struct host *h = arg;

	h->heard++;
	h->length = line.n;
	snprintf(h->last, sizeof(h->last), "%.*s",
		(int)(line.n < 99 ? line.n : 99), line.p);
	if (strstr(h->last, "\"wait\""))
		h->waiting = client;
	else
		mg_inbox_answer(h->inbox, client, !strstr(h->last, "\"no\""),
			"nobody \"took\" it", "say it again");
}

static void
turns(struct host *h, int64_t ms)
{
	int64_t due = mg_now() + ms;

	while (mg_now() < due)
		mg_loop_turn(h->loop);
}

/* The loop never sleeps, so that a turn always ends. */
static bool
awake(void *arg)
{
	poll(NULL, 0, 1);
	return true;
}

/* Runs mg_inbox_send() in a child; its code, 0 for taken. */
static int
tell(struct host *h, const char *line, size_t n, int64_t ms)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		mg_inbox_send(&dir, (struct mg_sl){line, n}, ms, &fault);
		_exit(fault.code +
			(strstr(fault.message, "nobody \"took\" it") ? 100
								     : 0));
	}
	while (waitpid(pid, &status, WNOHANG) == 0)
		mg_loop_turn(h->loop);
	return WEXITSTATUS(status);
}

static int
knock(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/inbox",
		dir.dirfd);
	connect(fd, (struct sockaddr *)&a, sizeof(a));
	return fd;
}

static bool
hears(int fd, const char *want)
{
	char buf[512];
	ssize_t n = read(fd, buf, sizeof(buf) - 1);

	buf[n < 0 ? 0 : n] = '\0';
	return strstr(buf, want) != NULL;
}

static void
lines(struct host *h)
{
	size_t big = MG_INBOX_LINE;
	char *text = malloc(big + 1);
	struct stat st;

	ok(stat(dir.inbox, &st) == 0 && S_ISSOCK(st.st_mode) &&
			(st.st_mode & 0077) == 0,
		"the socket is its owner's alone");
	ok(tell(h, "{\"do\":\"yes\"}", 12, 5000) == 0 &&
			strcmp(h->last, "{\"do\":\"yes\"}") == 0,
		"one line there, yes back");
	ok(tell(h, "{\"do\":\"no\"}", 11, 5000) == MG_E_NOBODY + 100,
		"a refusal says why");
	ok(tell(h, "[]", 2, 5000) == MG_E_NOBODY &&
			tell(h, "", 0, 5000) == MG_E_NOBODY &&
			tell(h, "{\"a\":}", 6, 5000) == MG_E_NOBODY &&
			h->heard == 2,
		"what is no object is not heard");
	memset(text, ' ', big + 1);
	memcpy(text, "{\"do\":\"", 7);
	memcpy(text + big - 2, "\"}", 2);
	ok(tell(h, text, big, 20000) == 0 && h->length == big,
		"the longest line");
	memcpy(text + big - 2, " \"}", 3);
	ok(tell(h, text, big + 1, 20000) == MG_E_NOBODY && h->heard == 3,
		"a byte more is refused");
	ok(tell(h, "{\"do\":\"wait\"}", 13, 100) == MG_E_TIMEOUT,
		"who waits too long gives up");
	turns(h, 20);
	mg_inbox_answer(h->inbox, h->waiting, true, "", "");
	mg_inbox_answer(h->inbox, 0, true, "", "");
	ok(true, "an answer for one who hung up is for nobody");
	free(text);
}

static void
manners(struct host *h)
{
	int a = knock(), b = knock(), c = knock();

	turns(h, 20);
	write(a, "{\"do\":\"y", 8);
	turns(h, 20);
	write(a, "es\"}\n{\"and\":1}\n", 15);
	write(b, "{\"do\":\"half\"}", 13);
	shutdown(b, SHUT_WR);
	close(c);
	turns(h, 50);
	ok(hears(a, "{\"ok\":true}\n"), "a line in pieces is one line");
	ok(hears(b, "{\"ok\":true}\n"), "the last line needs no newline");
	ok(h->heard == 6, "and what is behind a line is not read");
	close(a);
	close(b);
}

static void
crowds(struct host *h)
{
	enum { N = MG_INBOX_CLIENTS + 20 };
	int fd[N];
	size_t served = 0;
	struct rlimit few, old;

	for (int i = 0; i < N; i++) {
		fd[i] = knock();
		turns(h, 2);
	}
	for (int i = 0; i < N; i++)
		write(fd[i], "{\"do\":\"yes\"}\n", 13);
	turns(h, 100);
	for (int i = 0; i < N; i++) {
		served += hears(fd[i], "true");
		close(fd[i]);
	}
	ok(served == N, "more than there is room for: all are served");

	fd[0] = knock();
	getrlimit(RLIMIT_NOFILE, &old);
	few = old;
	few.rlim_cur = (rlim_t)fd[0] + 1;
	setrlimit(RLIMIT_NOFILE, &few);
	turns(h, 100);
	setrlimit(RLIMIT_NOFILE, &old);
	write(fd[0], "{\"do\":\"yes\"}\n", 13);
	turns(h, 1200);
	ok(hears(fd[0], "true"), "no descriptor left: they wait");
	close(fd[0]);
}

static void
ends(struct host *h)
{
	int fd = knock();

	write(fd, "{\"do\":\"wait\"}\n", 14);
	turns(h, 20);
	mg_inbox_close(h->inbox);
	ok(hears(fd, "the run has ended"), "who waits at the end is told");
	ok(access(dir.inbox, F_OK) < 0, "and no socket is left");
	close(fd);
	ok(mg_inbox_send(&dir, MG_SL("{}"), 1000, &fault) < 0 &&
			fault.code == MG_E_UNREACHABLE &&
			strstr(fault.message, "is not running"),
		"then it is not running");
	mg_inbox_close(NULL);
}

static int
drop(const char *path, const struct stat *st, int type, struct FTW *w)
{
	return remove(path);
}

int
main(void)
{
	char work[] = "/tmp/mg-ring-XXXXXX", state[4096];
	struct host h = {.loop = mg_loop_new()};

	if (!mkdtemp(work))
		return 71;
	snprintf(state, sizeof(state), "%s/%0150d/%0150d", work, 1, 2);
	setenv("XDG_STATE_HOME", state, 1);
	if (mg_rundir_make(&dir, "speaks", &fault) < 0)
		return 71;
	mg_loop_before(h.loop, awake, NULL);
	h.inbox = mg_inbox_open(h.loop, &dir, on_line, &h, &fault);
	ok(h.inbox, "an inbox, however long its path");
	mg_inbox_close(h.inbox);
	ok(symlink("nowhere", dir.inbox) == 0 &&
			(h.inbox = mg_inbox_open(
				 h.loop, &dir, on_line, &h, &fault)),
		"what a dead one left does not matter");
	lines(&h);
	manners(&h);
	crowds(&h);
	ends(&h);
	mg_loop_free(h.loop);
	mg_rundir_close(&dir);
	nftw(work, drop, 8, FTW_DEPTH | FTW_PHYS);
	return done();
}
