/* Files as stat(2) has them, and their paths; see registry_in.h. */
#include "tools/registry_in.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define REST_S 2 /* git's "racy" rule: coarser clocks than this are not known */

/* --- memory --- */

#define CHUNK ((size_t)256 << 10)

struct mg_chunk {
	struct mg_chunk *next;
	size_t size;
	_Alignas(max_align_t) char bytes[];
};

/* Memory that is written to from end to end soon: at once, not page by page. */
static void *
ready(size_t size)
{
	char *p = mg_xmalloc(size);
	size_t page = 4096, skip = page - (uintptr_t)p % page;

	if (size > CHUNK)
		(void)madvise(p + skip, (size - skip) / page * page,
			MADV_POPULATE_WRITE);
	return p;
}

void *
mg_arena_get(struct mg_arena *a, size_t n)
{
	size_t align = _Alignof(max_align_t);
	struct mg_chunk *c = a->chunk;

	n = (n + align - 1) / align * align;
	if (!c || c->size - a->used < n) {
		size_t size = n > CHUNK ? n : CHUNK;

		c = ready(sizeof(*c) + size);
		*c = (struct mg_chunk){.next = a->chunk, .size = size};
		a->chunk = c;
		a->used = 0;
	}
	a->used += n;
	return c->bytes + a->used - n;
}

char *
mg_arena_text(struct mg_arena *a, struct mg_sl s)
{
	char *p = mg_arena_get(a, s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

void
mg_arena_release(struct mg_arena *a)
{
	struct mg_chunk *c = a->chunk, *next;

	for (; c; c = next) {
		next = c->next;
		free(c);
	}
	*a = (struct mg_arena){0};
}

/* --- stamps --- */

/* snprintf() would cost more than the stat(2). */
static char *
digits(char *out, uint64_t n, char end)
{
	char buf[20];
	size_t k = 0;

	do
		buf[k++] = (char)('0' + n % 10);
	while (n /= 10);
	while (k)
		*out++ = buf[--k];
	*out++ = end;
	return out;
}

static uint64_t
ns(struct timespec t)
{
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void
mg_stamp(const struct stat *st, char out[MG_STAMP_SIZE])
{
	if (!st) {
		memcpy(out, MG_STAMP_NONE, sizeof(MG_STAMP_NONE));
		return;
	}
	out = digits(out, st->st_dev, ':');
	out = digits(out, st->st_ino, ':');
	out = digits(out, (uint64_t)st->st_size, ':');
	out = digits(out, ns(st->st_mtim), ':');
	digits(out, ns(st->st_ctim), '\0');
}

bool
mg_stamp_racy(const struct stat *st)
{
	struct timespec now;
	uint64_t rest;

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec -= REST_S;
	rest = ns(now);
	return ns(st->st_mtim) >= rest || ns(st->st_ctim) >= rest;
}

void
mg_deps_add(struct mg_deps *d, const char *path)
{
	char stamp[MG_STAMP_SIZE];
	struct stat st;
	bool there = stat(path, &st) == 0;

	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->v[i].path, path) == 0)
			return;
	mg_stamp(there ? &st : NULL, stamp);
	MG_GROW(d->v, d->n, d->cap);
	d->v[d->n++] = (struct mg_dep){mg_xstrdup(path), mg_xstrdup(stamp)};
	if (there && mg_stamp_racy(&st))
		d->racy = true;
}

void
mg_deps_release(struct mg_deps *d)
{
	for (size_t i = 0; i < d->n && !d->kept; i++) {
		free((char *)(uintptr_t)d->v[i].path);
		free((char *)(uintptr_t)d->v[i].stamp);
	}
	if (!d->kept)
		free(d->v);
	*d = (struct mg_deps){0};
}

/* --- files and paths --- */

bool
mg_read_regular(const char *path, struct mg_str *out)
{
	struct stat st;
	char buf[65536];
	ssize_t n;
	int fd, err = 0;

	/* To open a FIFO or a device may wait, or do something. */
	if (stat(path, &st) < 0)
		return false;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return false;
	}
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (fstat(fd, &st) < 0)
		err = errno;
	else if (!S_ISREG(st.st_mode))
		err = EINVAL;
	else if (!out->s && st.st_size > 0 && (size_t)st.st_size < out->max) {
		out->cap = (size_t)st.st_size + 1; /* it does not grow then */
		out->s = ready(out->cap);
	}
	while (!err && (n = read(fd, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno != EINTR)
			err = errno;
		else if (n > 0 && !mg_str_add(out, buf, (size_t)n))
			err = EFBIG;
	}
	close(fd);
	errno = err;
	return !err;
}

char *
mg_path_beside(const char *dir, const char *name)
{
	struct mg_str s = MG_STR(0);

	if (name[0] == '/')
		return mg_xstrdup(name);
	while (name[0] == '.' && name[1] == '/')
		for (name += 2; *name == '/'; name++)
			;
	mg_str_puts(&s, dir);
	if (!s.len || s.s[s.len - 1] != '/')
		mg_str_putc(&s, '/');
	mg_str_puts(&s, name);
	return s.s;
}

char *
mg_path_dir(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return mg_xstrdup(".");
	if (slash == path)
		return mg_xstrdup("/");
	return mg_sl_dup((struct mg_sl){path, (size_t)(slash - path)});
}

static size_t
sequence(const unsigned char *s)
{
	static const struct {
		unsigned char mask, lead, least, most;
		size_t n;
	} forms[] = {
		{0x80, 0x00, 0, 0, 1},
		{0xE0, 0xC0, 0x80, 0xBF, 2},
		{0xF0, 0xE0, 0x80, 0xBF, 3},
		{0xF8, 0xF0, 0x80, 0xBF, 4},
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if ((s[0] & forms[i].mask) != forms[i].lead)
			continue;
		for (size_t k = 1; k < forms[i].n; k++)
			if ((s[k] & 0xC0) != 0x80)
				return 0;
		if ((s[0] & 0xFE) == 0xC0 || s[0] > 0xF4 ||
			(s[0] == 0xE0 && s[1] < 0xA0) ||
			(s[0] == 0xED && s[1] > 0x9F) ||
			(s[0] == 0xF0 && s[1] < 0x90) ||
			(s[0] == 0xF4 && s[1] > 0x8F))
			return 0;
		return forms[i].n;
	}
	return 0;
}

bool
mg_utf8_ok(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	while (*p) {
		size_t n = sequence(p);

		if (!n)
			return false;
		p += n;
	}
	return true;
}
