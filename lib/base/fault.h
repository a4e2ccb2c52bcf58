/*
 * fault.h - one failure, told once, printed twice.
 *
 * Library code never prints and never exits. It fills a struct mg_fault and
 * returns -1; the command prints it as a line on standard error
 * (mg_fault_print) and, once a stream has begun, as an `error` event
 * (mg_error in event/emit.h). Both are made from the same struct, so they
 * cannot disagree.
 *
 * The codes are a table: name, exit status, whether trying again can help.
 * mg-events(5) lists the same table, and a test compares them.
 *
 *	return mg_fail(f, MG_E_CONFIG, "unable to read %s: %s", path,
 *		strerror(errno));
 *
 * Messages say what could not be done and why; they never hold input text,
 * header values or keys. Control bytes are replaced when printed.
 */
#ifndef MG_BASE_FAULT_H
#define MG_BASE_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mg_code {
	MG_OK,
	MG_E_USAGE,
	MG_E_BAD_LINE, /* a line that cannot be an event */
	MG_E_BAD_EVENT, /* an event that cannot be acted on */
	MG_E_TRUNCATED, /* the stream ended without its `end` */
	MG_E_NO_INPUT,
	MG_E_UNREACHABLE, /* no connection, or it broke before the reply */
	MG_E_STREAM_CUT, /* it broke within the reply */
	MG_E_PROVIDER, /* the provider says that it failed (5xx) */
	MG_E_BAD_REQUEST, /* the provider refused the request (4xx) */
	MG_E_NO_MODEL, /* the provider does not know the model (404) */
	MG_E_PROGRAM, /* an exec: model failed */
	MG_E_NOBODY, /* no stage took what was asked */
	MG_E_STAGE, /* a stage of a ring died or stalled */
	MG_E_BUG,
	MG_E_SYSTEM,
	MG_E_INPUT,
	MG_E_OUTPUT,
	MG_E_TIMEOUT,
	MG_E_RATE_LIMIT,
	MG_E_OVERLOADED,
	MG_E_MALFORMED, /* a reply that is not what the wire promises */
	MG_E_TOO_LARGE, /* a reply or an event beyond its limit */
	MG_E_EMPTY, /* a reply without text and without tool calls */
	MG_E_KEY_REFUSED,
	MG_E_NO_KEY,
	MG_E_CONFIG,
	MG_E_BAD_ARGUMENTS, /* a tool's, by its schema */
	MG_E_REFUSED, /* a tool that nobody has allowed */
	MG_E_CHANGED, /* a tool that is not what was pinned */
	MG_E_TOOL, /* a tool that ran and failed */
	MG_E_UNKNOWN, /* nobody knows whether a tool ran */
	MG_E_CANCELLED,
	MG_E_COUNT
};

struct mg_fault {
	enum mg_code code;
	size_t line; /* of the input or the file; 0: none */
	char place[128]; /* who it is about, for people; may be empty */
	int64_t retry_after_ms; /* what the provider asked for; 0: nothing */
	char message[1024];
	char remedy[512]; /* what the user can do */
};

/* Table look-ups. */
const char *mg_code_name(enum mg_code code);
int mg_code_exit(enum mg_code code);
bool mg_code_retryable(enum mg_code code);

/*
 * The worse of two exit statuses: the order of mg-ask(1), EXIT STATUS. What
 * waiting cannot mend is worse than what it can.
 */
int mg_worse(int a, int b);

/* Fills f (which may be NULL) and returns -1. The remedy is the code's own,
 * until mg_remedy() says a better one. */
int mg_fail(struct mg_fault *f, enum mg_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Adds the remedy; returns -1, so that it can end a function. */
int mg_remedy(struct mg_fault *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The name under which this process speaks on standard error; NULL: it keeps
 * silent (fuzzers). */
extern const char *mg_prog;

/* "PROG: line 12: MESSAGE (REMEDY)", one write to standard error. */
void mg_fault_print(const struct mg_fault *f);
/* "PROG: warning: ...". */
void mg_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "Our fault": says where, and ends the process with EX_SOFTWARE (70). */
#define MG_BUG(what) mg_bug(__FILE__, __LINE__, (what))
void
mg_bug(const char *file, int line, const char *what) __attribute__((noreturn));

#endif
