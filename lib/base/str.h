/*
 * str.h - growing byte buffers with a limit, and borrowed slices.
 *
 * A struct mg_str owns its bytes and always keeps a NUL behind them. It is
 * made with a limit; an add that would pass the limit adds nothing, and sets
 * `over`, which stays set: a writer adds a hundred pieces and asks once, at
 * the end. Zero bytes are legal content, so lengths count, never strlen().
 *
 * A struct mg_sl borrows bytes that somebody else keeps alive. `p` may be
 * NULL, which means "not there"; an empty slice that is there has p != NULL.
 *
 * Running out of memory ends the process with EX_OSERR (71).
 *
 *	struct mg_str s = MG_STR(4096);
 *
 *	mg_str_puts(&s, "hello ");
 *	mg_str_fmt(&s, "%d", 42);
 *	if (!s.over)
 *		write(1, s.s, s.len);
 *	mg_str_release(&s);
 */
#ifndef MG_BASE_STR_H
#define MG_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MG_LINE_MAX ((size_t)16 << 20) /* a line, as read (bytes) */
#define MG_LINE_MAKE ((size_t)15 << 20) /* a line, as made: others append */

struct mg_str {
	char *s;
	size_t len;
	size_t cap;
	size_t max; /* most bytes it may hold; 0 means MG_LINE_MAX */
	bool over;
};

struct mg_sl {
	const char *p;
	size_t n;
};

#define MG_STR(limit) \
	{ \
		.max = (limit) \
	}
#define MG_SL(literal) ((struct mg_sl){(literal), sizeof(literal) - 1})

/* Memory that is there, or the end of the process. */
void *mg_xmalloc(size_t size);
void *mg_xcalloc(size_t n, size_t size);
void *mg_xrealloc(void *p, size_t n, size_t size);
char *mg_xstrdup(const char *s);

/*
 * Makes room for one more element in an array of `*cap` elements that holds
 * `n`: MG_GROW(a, n, cap) reallocates by doubling.
 */
#define MG_GROW(a, n, cap) ((a) = mg_grow((a), (n), &(cap), sizeof(*(a))))
void *mg_grow(void *a, size_t n, size_t *cap, size_t size);

bool mg_str_add(struct mg_str *b, const void *p, size_t n);
bool mg_str_sl(struct mg_str *b, struct mg_sl s);
bool mg_str_puts(struct mg_str *b, const char *s);
bool mg_str_putc(struct mg_str *b, char c);
bool mg_str_fmt(struct mg_str *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Drops the first n bytes. */
void mg_str_drop(struct mg_str *b, size_t n);
/* Empties it and keeps the memory; `over` is forgotten. */
void mg_str_clear(struct mg_str *b);
/* Frees the memory; the limit stays, so it can be used again. */
void mg_str_release(struct mg_str *b);
/* Reads a whole file; false with errno set (EFBIG beyond the limit). */
bool mg_str_file(struct mg_str *b, const char *path);

static inline struct mg_sl
mg_sl_of(const char *s)
{
	return (struct mg_sl){s, s ? strlen(s) : 0};
}

static inline struct mg_sl
mg_str_as_sl(const struct mg_str *b)
{
	return (struct mg_sl){b->s ? b->s : "", b->len};
}

static inline bool
mg_sl_is(struct mg_sl a, const char *s)
{
	return a.p && strlen(s) == a.n && memcmp(a.p, s, a.n) == 0;
}

static inline bool
mg_sl_eq(struct mg_sl a, struct mg_sl b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* A NUL-terminated copy; the caller frees it. */
char *mg_sl_dup(struct mg_sl s);
/* Without blanks (space, tab, CR, LF) at either end. */
struct mg_sl mg_sl_trim(struct mg_sl s);
/* Bytewise order, shorter first among equals; for qsort. */
int mg_sl_cmp(struct mg_sl a, struct mg_sl b);
/* At most n bytes of s, never ending inside a UTF-8 sequence. */
struct mg_sl mg_sl_cut(struct mg_sl s, size_t n);

#endif
