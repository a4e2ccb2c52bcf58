/*
 * value.h - libjq's jv behind a strict door, and our own way out.
 *
 * A tree is built only where one is needed: for a user's jq expression (-q).
 * libjq 1.6 accepts what is not JSON, loses records behind a bad one, aborts
 * on some data and prints text that is not JSON when it is too deep; so
 * nothing reaches it that mg_json_check() has not passed, and nothing that it
 * made leaves but through mg_value_write().
 *
 * Ownership is libjq's: a function that returns a jv consumes its first jv;
 * one that returns anything else borrows.
 *
 * Numbers are doubles here. Integers beyond 2^53 lose digits; a line that was
 * flagged MG_JSON_LOSSY should be passed on by its bytes where possible.
 */
#ifndef MG_EVENT_VALUE_H
#define MG_EVENT_VALUE_H

#include "base/fault.h"
#include "base/str.h"

#include <jv.h>

/*
 * The value of one JSON text; it may change the bytes (see mg_json_check).
 * On failure an invalid jv, and f is filled (MG_E_BAD_EVENT).
 */
jv mg_value_read(char *buf, size_t len, struct mg_fault *f);

/*
 * Appends v as one line of JSON, without the newline: integers below 2^53 as
 * digits, else the shortest of 15, 16 or 17 digits that reads back the same;
 * NaN as null, infinities as the largest double. Borrows v. -1 if v is
 * invalid or deeper than MG_JSON_DEPTH (MG_E_BAD_EVENT), or passes the limit
 * of out (MG_E_TOO_LARGE); nothing is appended then.
 */
int mg_value_write(jv v, struct mg_str *out, struct mg_fault *f);

/*
 * A compiled jq expression. It cannot see the environment ($ENV, env), read
 * files, import modules or the user's ~/.jq; `input` is an error, `debug` and
 * `stderr` write nothing. What it gives to the outside is what mg_query_run()
 * appends, and a message: `error`'s own, or libjq's, which may quote about
 * ten bytes of the value that did not fit.
 *
 * A run is given up after MG_QUERY_OUTPUTS values or MG_QUERY_MS milliseconds
 * of processor time (a stopped process is not late). Then it fails like any
 * other, and the next run is good. Only where one single instruction takes
 * that long, say a regular expression that backtracks for ever, libjq cannot
 * be stopped: a second later the process says so and ends with EX_DATAERR.
 *
 * The clock is a timer_create(2) timer that sends SIGVTALRM, whose handler
 * mg_query_new() installs; a run calls timer_settime(2), and a child made by
 * fork(2) must make queries of its own. The environment is emptied during a
 * run and put back, so no second thread may look at it.
 *
 * What libjq 1.6 does not survive it does not survive here: an assertion
 * aborts the process in `[-1] | implode` and a few of its kind.
 */
#define MG_QUERY_OUTPUTS 100000
#define MG_QUERY_MS 5000

struct mg_query;

/* NULL with f filled (MG_E_USAGE) if the expression does not compile. */
struct mg_query *mg_query_new(const char *expression, struct mg_fault *f);
/* Other limits than the two above; both at least 1. */
void mg_query_limit(struct mg_query *q, int outputs, int ms);
void mg_query_free(struct mg_query *q);
/*
 * Runs it on v (consumed) and appends each result as a line, newline
 * included; with `plain`, strings are written without quotes. -1 with f
 * filled when the expression fails (MG_E_BAD_EVENT) or the results pass the
 * limit of out (MG_E_TOO_LARGE); what came before stays. `halt` ends a run
 * without failing.
 */
int mg_query_run(struct mg_query *q, jv v, bool plain, struct mg_str *out,
	struct mg_fault *f);
/* The same on the text of one value, whose bytes may change. */
int mg_query_line(struct mg_query *q, struct mg_str *line, bool plain,
	struct mg_str *out, struct mg_fault *f);

#endif
