#include "io/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define HOLE ((int64_t)16 << 20) /* what is given back at once */

void
mg_spool_init(struct mg_spool *s, struct mg_loop *l, int fd, const char *dir)
{
	*s = (struct mg_spool){.file = -1};
	if (!dir)
		dir = getenv("TMPDIR");
	s->dir = mg_xstrdup(dir && dir[0] ? dir : "/tmp");
	mg_out_init(&s->out, l, fd);
}

/* Not every file system has files without a name. */
static int
open_file(const char *dir)
{
	struct mg_str path = MG_STR(0);
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	mg_str_fmt(&path, "%s/mg-spool-XXXXXX", dir);
	fd = mkostemp(path.s, O_CLOEXEC);
	if (fd >= 0)
		unlink(path.s);
	mg_str_release(&path);
	return fd;
}

/* Behind the tail; the tail moves only when all of it is there. */
static void
to_file(struct mg_spool *s, const char *p, size_t n)
{
	int64_t at = s->tail;

	if (s->file < 0)
		s->file = open_file(s->dir);
	if (s->file < 0) {
		s->error = errno;
		return;
	}
	while (n) {
		ssize_t w = pwrite(s->file, p, n, at);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0) {
			s->error = w < 0 ? errno : ENOSPC;
			return;
		}
		p += w;
		n -= (size_t)w;
		at += w;
	}
	s->tail = at;
}

static void
forget(struct mg_spool *s)
{
	mg_str_release(&s->out.q);
	s->out.head = 0;
	s->head = s->tail = s->punched = 0;
	if (s->file >= 0)
		close(s->file);
	s->file = -1;
}

void
mg_spool_add(struct mg_spool *s, const void *p, size_t n)
{
	if (s->error || s->out.gone || s->out.error)
		return;
	if (s->head == s->tail && mg_out_waiting(&s->out) < MG_OUT_SOFT &&
		n <= MG_LINE_MAX + 1)
		mg_out_add(&s->out, p, n);
	else
		to_file(s, p, n);
}

/* That it cannot be given back is no fault: it is given back at the end. */
static void
give_back(struct mg_spool *s)
{
	if (s->head == s->tail) {
		s->head = s->tail = s->punched = 0;
		(void)!ftruncate(s->file, 0);
	} else if (s->head - s->punched >= HOLE) {
		fallocate(s->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			s->punched, s->head - s->punched);
		s->punched = s->head;
	}
}

static void
refill(struct mg_spool *s)
{
	char buf[65536];

	if (s->head == s->tail || mg_out_waiting(&s->out) >= MG_OUT_SOFT / 2)
		return;
	while (s->head < s->tail && mg_out_waiting(&s->out) < MG_OUT_SOFT) {
		int64_t left = s->tail - s->head;
		ssize_t n = pread(s->file, buf,
			left < (int64_t)sizeof(buf) ? (size_t)left
						    : sizeof(buf),
			s->head);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			s->error = n < 0 ? errno : EIO;
			s->head = s->tail; /* nothing may follow the gap */
			break;
		}
		mg_out_add(&s->out, buf, (size_t)n);
		s->head += n;
	}
	give_back(s);
}

void
mg_spool_arm(struct mg_spool *s)
{
	refill(s);
	mg_out_arm(&s->out);
	if (s->out.gone || s->out.error) {
		forget(s);
		return;
	}
	/* Written at once, perhaps: then poll is to ask for more. */
	refill(s);
	if (mg_out_waiting(&s->out))
		s->out.watch.events = POLLOUT;
}

void
mg_spool_release(struct mg_spool *s)
{
	forget(s);
	mg_out_release(&s->out);
	free(s->dir);
	s->dir = NULL;
}
