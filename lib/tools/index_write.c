/* The index is written: what is new, and what others will ask for again. */
#include "event/json.h"
#include "tools/index_in.h"

#include "base/dirs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder, and whether it is there: lines of one follow each other. */
struct place {
	struct mg_sl raw;
	bool there;
};

/* Of a line that begins with a folder's name, or with none and then the first
 * file that it depends on: whether that is still there. */
static bool
wanted(const struct mg_line *l, struct place *last)
{
	struct mg_sl dir = {0};
	size_t it = 0;
	char *path;

	if (l->seen)
		return true;
	if (mg_json_check((char *)(uintptr_t)l->raw.p, l->raw.n, NULL, NULL) <
		0)
		return false;
	mg_json_next(l->raw, &it, NULL, &dir);
	if (mg_sl_is(dir, "\"\""))
		for (int i = 0; i < 3; i++) /* KEY, N, PATH */
			if (!mg_json_next(l->raw, &it, NULL, &dir))
				return false;
	if (last->raw.p && mg_sl_eq(last->raw, dir))
		return last->there;
	path = mg_json_dup(dir);
	*last = (struct place){dir, path && access(path, F_OK) == 0};
	free(path);
	return last->there;
}

static int
by_bytes(const void *a, const void *b)
{
	const struct mg_line *x = a, *y = b;

	return mg_sl_cmp(x->raw, y->raw);
}

static bool
write_all(int fd, struct mg_sl s)
{
	ssize_t n;

	for (; s.n; s.p += n, s.n -= (size_t)n) {
		n = write(fd, s.p, s.n);
		if (n < 0 && errno == EINTR)
			n = 0;
		if (n < 0)
			return false;
	}
	return true;
}

/* Whoever holds the lock of the new file writes; the others need not. What is
 * no file, a FIFO say, would be waited for. */
static int
open_new(const char *path)
{
	int fd = open(path,
		O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
			O_CLOEXEC,
		0600);
	struct stat a, b;

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &a) == 0 &&
		S_ISREG(a.st_mode) && stat(path, &b) == 0 &&
		a.st_ino == b.st_ino && a.st_dev == b.st_dev &&
		ftruncate(fd, 0) == 0)
		return fd;
	close(fd);
	return -1;
}

void
mg_index_write(struct mg_index *x)
{
	struct mg_str out = MG_STR(MG_INDEX_MAX), new = MG_STR(0);
	struct place last = {0};
	int fd;

	if (x->n)
		qsort(x->lines, x->n, sizeof(*x->lines), by_bytes);
	mg_str_puts(&out, MG_INDEX_HEAD);
	for (size_t i = 0; i < x->n; i++) {
		if (x->lines[i].gone || !wanted(&x->lines[i], &last))
			continue;
		mg_str_sl(&out, x->lines[i].raw);
		mg_str_putc(&out, '\n');
	}
	mg_str_fmt(&new, "%s.new", x->path.s);
	if (!out.over && mg_dir_make(x->path.s) &&
		(fd = open_new(new.s)) >= 0) {
		if (!write_all(fd, mg_str_as_sl(&out)) ||
			rename(new.s, x->path.s) < 0)
			unlink(new.s);
		close(fd);
	}
	mg_str_release(&new);
	mg_str_release(&out);
}
