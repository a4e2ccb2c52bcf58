/*
 * clock.h - time, in milliseconds.
 *
 * Deadlines are absolute and monotonic (mg_now); only what people and logs
 * read is wall-clock time (mg_utc). Pure filters use neither.
 */
#ifndef MG_BASE_CLOCK_H
#define MG_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define MG_UTC_SIZE 25 /* "2026-11-21T14:07:49.123Z" and its NUL */

/* Monotonic milliseconds. */
int64_t mg_now(void);
/* RFC 3339 UTC with milliseconds; returns buf. */
char *mg_utc(char buf[MG_UTC_SIZE]);
/* Milliseconds since 1970 of such a text; -1 if it is none. */
int64_t mg_utc_read(const char *s, size_t n);

#endif
