#include "ring/inbox.h"

#include "base/clock.h"
#include "event/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE_MS 10000 /* for a client's line */
#define PAUSE_MS 1000 /* before we accept again, where we could not */
#define READ_SIZE ((size_t)16 << 10)

struct client {
	struct mg_inbox *b;
	uint64_t id; /* 0: the place is free */
	struct mg_watch watch;
	struct mg_timer patience;
	struct mg_str line;
};

struct mg_inbox {
	struct mg_loop *loop;
	const struct mg_rundir *dir;
	mg_inbox_fn *fn;
	void *arg;
	struct mg_watch door;
	struct mg_timer pause;
	struct client clients[MG_INBOX_CLIENTS];
	size_t n;
	uint64_t last; /* id given */
};

static struct sockaddr_un
address(const struct mg_rundir *d)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/%s",
		d->dirfd, strrchr(d->inbox, '/') + 1);
	return a;
}

/* --- those who ask --- */

static void
hang_up(struct client *c)
{
	struct mg_inbox *b = c->b;

	mg_watch_del(b->loop, &c->watch);
	mg_timer_del(b->loop, &c->patience);
	close(c->watch.fd);
	mg_str_release(&c->line);
	c->id = 0;
	b->n--;
	mg_watch_add(b->loop, &b->door);
}

/* A reply fits the socket's buffer many times: who does not take it at once
 * has not read what it was sent, so nothing is lost. */
static void
answer(struct client *c, bool ok, const char *message, const char *remedy)
{
	struct mg_str s = MG_STR(0);
	ssize_t n;

	mg_str_putc(&s, '{');
	mg_json_mb(&s, "ok", ok);
	if (!ok) {
		mg_json_ms(&s, "message", message);
		mg_json_ms(&s, "remedy", remedy);
	}
	mg_str_puts(&s, "}\n");
	do
		n = send(c->watch.fd, s.s, s.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	mg_str_release(&s);
	hang_up(c);
}

/* From here on we only want to know whether it hangs up. */
static void
take_line(struct client *c, size_t n)
{
	struct mg_inbox *b = c->b;
	struct mg_sl line;
	const char *why = "not an object";

	mg_timer_del(b->loop, &c->patience);
	c->watch.events = 0;
	line = mg_sl_trim((struct mg_sl){c->line.s, n});
	if (mg_json_check(c->line.s, n, &why, NULL) < 0 ||
		mg_json_kind(line) != '{') {
		answer(c, false, "the line is no JSON object",
			"mg help events says what it must hold");
		return;
	}
	b->fn(b->arg, c->id, line);
}

static void
on_readable(void *arg, short revents)
{
	struct client *c = arg;
	char buf[READ_SIZE];
	const char *nl;
	ssize_t n;

	if (!c->watch.events) {
		hang_up(c);
		return;
	}
	n = recv(c->watch.fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0 || (n == 0 && !c->line.len)) {
		hang_up(c);
		return;
	}
	nl = n ? memchr(buf, '\n', (size_t)n) : NULL;
	if (!mg_str_add(&c->line, buf, nl ? (size_t)(nl - buf) : (size_t)n))
		answer(c, false, "the line is longer than 1 MiB",
			"put long text into a file and name it");
	else if (nl || n == 0)
		take_line(c, c->line.len);
}

static void
on_silence(void *arg)
{
	hang_up(arg);
}

static struct client *
find(struct mg_inbox *b, uint64_t id)
{
	for (size_t i = 0; i < MG_INBOX_CLIENTS; i++)
		if (b->clients[i].id == id)
			return &b->clients[i];
	return NULL;
}

void
mg_inbox_answer(struct mg_inbox *b, uint64_t client, bool ok,
	const char *message, const char *remedy)
{
	struct client *c = client ? find(b, client) : NULL;

	if (c)
		answer(c, ok, message, remedy);
}

/* --- the door --- */

static void
let_in(struct mg_inbox *b, int fd)
{
	struct client *c = find(b, 0);

	*c = (struct client){.b = b,
		.id = ++b->last,
		.line = MG_STR(MG_INBOX_LINE),
		.watch = {.fd = fd,
			.events = POLLIN,
			.fn = on_readable,
			.arg = c},
		.patience = {.fn = on_silence, .arg = c}};
	mg_watch_add(b->loop, &c->watch);
	mg_timer_set(b->loop, &c->patience, mg_now() + PATIENCE_MS);
	if (++b->n == MG_INBOX_CLIENTS)
		mg_watch_del(b->loop, &b->door);
}

static void
on_knock(void *arg, short revents)
{
	struct mg_inbox *b = arg;
	int fd = accept4(b->door.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0) {
		let_in(b, fd);
	} else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
		/* No descriptor to be had: whoever knocks will be there. */
		mg_watch_del(b->loop, &b->door);
		mg_timer_set(b->loop, &b->pause, mg_now() + PAUSE_MS);
	}
}

static void
on_pause_over(void *arg)
{
	struct mg_inbox *b = arg;

	if (b->n < MG_INBOX_CLIENTS)
		mg_watch_add(b->loop, &b->door);
}

struct mg_inbox *
mg_inbox_open(struct mg_loop *l, const struct mg_rundir *d, mg_inbox_fn *fn,
	void *arg, struct mg_fault *f)
{
	struct sockaddr_un a = address(d);
	struct mg_inbox *b;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	unlinkat(d->dirfd, strrchr(d->inbox, '/') + 1, 0);
	if (fd < 0 || fchmod(fd, 0600) < 0 ||
		bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
		listen(fd, MG_INBOX_CLIENTS) < 0) {
		mg_fail(f, MG_E_SYSTEM, "unable to open the inbox: %s",
			strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	b = mg_xcalloc(1, sizeof(*b));
	b->loop = l;
	b->dir = d;
	b->fn = fn;
	b->arg = arg;
	b->door = (struct mg_watch){
		.fd = fd, .events = POLLIN, .fn = on_knock, .arg = b};
	b->pause = (struct mg_timer){.fn = on_pause_over, .arg = b};
	mg_watch_add(l, &b->door);
	return b;
}

void
mg_inbox_close(struct mg_inbox *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < MG_INBOX_CLIENTS; i++)
		if (b->clients[i].id)
			answer(&b->clients[i], false, "the run has ended",
				"mg-run --continue asks the team again");
	mg_watch_del(b->loop, &b->door);
	mg_timer_del(b->loop, &b->pause);
	unlinkat(b->dir->dirfd, strrchr(b->dir->inbox, '/') + 1, 0);
	close(b->door.fd);
	free(b);
}

/* --- the client's side --- */

struct call {
	const struct mg_rundir *dir;
	struct mg_fault *f;
	int fd;
	int64_t due;
};

static int
no_answer(struct call *c)
{
	mg_fail(c->f, MG_E_TIMEOUT, "run %s has not answered in time",
		c->dir->name);
	return mg_remedy(
		c->f, "mg-run log %s shows whether it was taken", c->dir->name);
}

static int
not_running(struct call *c)
{
	mg_fail(c->f, MG_E_UNREACHABLE, "run %s is not running", c->dir->name);
	return mg_remedy(
		c->f, "mg-run show %s says how it ended", c->dir->name);
}

static int
gone(struct call *c)
{
	mg_fail(c->f, MG_E_UNREACHABLE, "run %s ended before it answered",
		c->dir->name);
	return mg_remedy(
		c->f, "mg-run show %s says how it ended", c->dir->name);
}

/* Waits for the socket; false when time is over. */
static bool
wait_for(struct call *c, short events)
{
	struct pollfd p = {.fd = c->fd, .events = events};
	int64_t left;

	do {
		left = c->due - mg_now();
		if (left <= 0)
			return false;
	} while (poll(&p, 1, left > 60000 ? 60000 : (int)left) <= 0);
	return true;
}

/* EAGAIN: the queue in front of the door is full. */
static int
connect_to(struct call *c)
{
	struct sockaddr_un a = address(c->dir);

	for (;;) {
		if (connect(c->fd, (struct sockaddr *)&a, sizeof(a)) == 0)
			return 0;
		if (errno != EAGAIN && errno != EINTR)
			return not_running(c);
		if (mg_now() >= c->due)
			return no_answer(c);
		poll(NULL, 0, 20);
	}
}

/* A broken pipe is no end: why it hung up may be there to be read. */
static int
say(struct call *c, struct mg_sl text)
{
	while (text.n) {
		ssize_t n = send(c->fd, text.p, text.n, MSG_NOSIGNAL);

		if (n >= 0) {
			text.p += n;
			text.n -= (size_t)n;
		} else if (errno == EAGAIN) {
			if (!wait_for(c, POLLOUT))
				return no_answer(c);
		} else if (errno != EINTR) {
			break;
		}
	}
	return 0;
}

static int
hear(struct call *c, struct mg_str *reply)
{
	char buf[4096];
	ssize_t n;

	for (;;) {
		n = recv(c->fd, buf, sizeof(buf), 0);
		if (n > 0 && !mg_str_add(reply, buf, (size_t)n))
			return gone(c);
		if (n > 0 && memchr(buf, '\n', (size_t)n))
			return 0;
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			return gone(c);
		if (n < 0 && errno == EAGAIN && !wait_for(c, POLLIN))
			return no_answer(c);
	}
}

static int
judge(struct call *c, struct mg_str *reply)
{
	struct mg_str message = MG_STR(4096), remedy = MG_STR(4096);
	struct mg_sl r = mg_str_as_sl(reply);

	if (mg_json_check(reply->s, reply->len, NULL, NULL) < 0)
		return gone(c);
	if (mg_json_bool(mg_json_get(r, "ok"), false))
		return 0;
	mg_json_text(mg_json_get(r, "message"), &message);
	mg_json_text(mg_json_get(r, "remedy"), &remedy);
	mg_fail(c->f, MG_E_NOBODY, "%s",
		message.len ? message.s : "it was refused");
	mg_remedy(c->f, "%s", remedy.len ? remedy.s : "");
	mg_str_release(&message);
	mg_str_release(&remedy);
	return -1;
}

int
mg_inbox_send(const struct mg_rundir *d, struct mg_sl line, int64_t timeout_ms,
	struct mg_fault *f)
{
	struct call c = {.dir = d, .f = f, .due = mg_now() + timeout_ms};
	struct mg_str reply = MG_STR(64 << 10);
	int r = -1;

	c.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c.fd < 0)
		return mg_fail(f, MG_E_SYSTEM, "unable to make a socket: %s",
			strerror(errno));
	if (connect_to(&c) == 0 && say(&c, line) == 0 &&
		say(&c, MG_SL("\n")) == 0 && hear(&c, &reply) == 0)
		r = judge(&c, &reply);
	close(c.fd);
	mg_str_release(&reply);
	return r;
}
