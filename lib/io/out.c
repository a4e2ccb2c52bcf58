#include "io/out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define SAFE_STEP 4096
#define PIPE_STEP ((size_t)1 << 20)
#define KEEP_MAX (4 * MG_OUT_SOFT) /* memory that outlasts a long line */

static void
write_some(struct mg_out *o)
{
	size_t n = mg_out_waiting(o);
	ssize_t w;

	if (!n || o->gone || o->error)
		return;
	w = write(o->fd, o->q.s + o->head, n < o->step ? n : o->step);
	if (w >= 0) {
		o->head += (size_t)w;
		if (o->head < o->q.len)
			return;
		o->head = 0;
		if (o->q.cap > KEEP_MAX)
			mg_str_release(&o->q);
		else
			mg_str_clear(&o->q);
	} else if (errno == EPIPE) {
		o->gone = true;
	} else if (errno != EAGAIN && errno != EINTR) {
		o->error = errno;
	}
}

static void
on_ready(void *arg, short revents)
{
	struct mg_out *o = arg;

	if (revents & (POLLERR | POLLHUP | POLLNVAL))
		o->gone = true;
	else if (revents & POLLOUT)
		write_some(o);
	if (o->after)
		o->after(o->after_arg);
}

/* /dev/null, which takes whatever it is given at once. */
static bool
is_null(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

void
mg_out_init(struct mg_out *o, struct mg_loop *l, int fd)
{
	struct stat st;
	char path[32];

	*o = (struct mg_out){.loop = l, .fd = fd, .step = SAFE_STEP};
	o->q.max = SIZE_MAX / 2;
	if (fstat(fd, &st) < 0)
		st.st_mode = 0;
	if (S_ISREG(st.st_mode) || is_null(&st))
		o->step = PIPE_STEP;
	if (S_ISFIFO(st.st_mode) || isatty(fd)) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (fd >= 0) {
			o->fd = fd;
			o->own = true;
			o->step = PIPE_STEP;
		}
	}
	o->watch = (struct mg_watch){.fd = o->fd, .fn = on_ready, .arg = o};
	mg_watch_add(l, &o->watch);
}

void
mg_out_add(struct mg_out *o, const void *p, size_t n)
{
	if (o->head > o->q.len / 2 && o->head > MG_OUT_SOFT) {
		mg_str_drop(&o->q, o->head);
		o->head = 0;
	}
	mg_str_add(&o->q, p, n);
}

/*
 * What goes wrong here shows again on the next poll, so that nobody needs to
 * look between this and the turn: the watch goes only afterwards.
 */
void
mg_out_arm(struct mg_out *o)
{
	size_t waiting = mg_out_waiting(o);

	/* A closed reader shows on every poll: look at it once. */
	if (o->gone || o->error) {
		mg_watch_del(o->loop, &o->watch);
		return;
	}
	if (o->own)
		write_some(o);
	if (mg_out_waiting(o) || waiting >= MG_OUT_SOFT / 2)
		o->watch.events = POLLOUT;
	else
		o->watch.events = 0;
}

void
mg_out_release(struct mg_out *o)
{
	mg_watch_del(o->loop, &o->watch);
	if (o->own)
		close(o->fd);
	mg_str_release(&o->q);
}
