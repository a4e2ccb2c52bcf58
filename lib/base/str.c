#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

static void
oom(void)
{
	static const char msg[] = "mg: unable to get memory\n";

	if (write(2, msg, sizeof(msg) - 1) < 0)
		_exit(EX_OSERR);
	_exit(EX_OSERR);
}

void *
mg_xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		oom();
	return p;
}

void *
mg_xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		oom();
	return p;
}

void *
mg_xrealloc(void *p, size_t n, size_t size)
{
	p = reallocarray(p, n ? n : 1, size ? size : 1);
	if (!p)
		oom();
	return p;
}

char *
mg_xstrdup(const char *s)
{
	return mg_sl_dup(mg_sl_of(s));
}

void *
mg_grow(void *a, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return a;
	*cap = *cap ? *cap * 2 : 8;
	return mg_xrealloc(a, *cap, size);
}

static bool
reserve(struct mg_str *b, size_t n)
{
	size_t max = b->max ? b->max : MG_LINE_MAX;
	size_t cap;

	if (b->over || n > max || b->len > max - n) {
		b->over = true;
		return false;
	}
	if (b->len + n + 1 <= b->cap)
		return true;
	cap = b->cap ? b->cap * 2 : 64;
	if (cap < b->len + n + 1)
		cap = b->len + n + 1;
	b->s = mg_xrealloc(b->s, cap, 1);
	b->cap = cap;
	return true;
}

bool
mg_str_add(struct mg_str *b, const void *p, size_t n)
{
	if (!reserve(b, n))
		return false;
	if (n)
		memcpy(b->s + b->len, p, n);
	b->len += n;
	b->s[b->len] = '\0';
	return true;
}

bool
mg_str_sl(struct mg_str *b, struct mg_sl s)
{
	return mg_str_add(b, s.p, s.n);
}

bool
mg_str_puts(struct mg_str *b, const char *s)
{
	return mg_str_add(b, s, strlen(s));
}

bool
mg_str_putc(struct mg_str *b, char c)
{
	return mg_str_add(b, &c, 1);
}

bool
mg_str_fmt(struct mg_str *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || !reserve(b, (size_t)n))
		return false;
	va_start(ap, fmt);
	vsnprintf(b->s + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
	return true;
}

void
mg_str_drop(struct mg_str *b, size_t n)
{
	if (n >= b->len) {
		mg_str_clear(b);
		return;
	}
	memmove(b->s, b->s + n, b->len - n + 1);
	b->len -= n;
}

void
mg_str_clear(struct mg_str *b)
{
	b->len = 0;
	b->over = false;
	if (b->s)
		b->s[0] = '\0';
}

void
mg_str_release(struct mg_str *b)
{
	free(b->s);
	*b = (struct mg_str){.max = b->max};
}

bool
mg_str_file(struct mg_str *b, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char buf[16384];
	ssize_t n;

	if (fd < 0)
		return false;
	while ((n = read(fd, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n > 0 && mg_str_add(b, buf, (size_t)n))
			continue;
		n = n < 0 ? errno : EFBIG;
		close(fd);
		errno = (int)n;
		return false;
	}
	close(fd);
	return true;
}

char *
mg_sl_dup(struct mg_sl s)
{
	char *p = mg_xmalloc(s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct mg_sl
mg_sl_trim(struct mg_sl s)
{
	while (s.n && is_blank(s.p[0]))
		s.p++, s.n--;
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

int
mg_sl_cmp(struct mg_sl a, struct mg_sl b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	if (c)
		return c;
	return (a.n > b.n) - (a.n < b.n);
}

struct mg_sl
mg_sl_cut(struct mg_sl s, size_t n)
{
	if (s.n <= n)
		return s;
	while (n && ((unsigned char)s.p[n] & 0xC0) == 0x80)
		n--;
	return (struct mg_sl){s.p, n};
}
