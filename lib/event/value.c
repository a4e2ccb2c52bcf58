/*
 * value.c - reads, writes and queries trees of libjq 1.6.
 *
 * Three parts: in through the check, out through a writer of our own, and
 * the user's jq expressions. libjq is told everything explicitly and finds
 * no environment, so that nothing about the user's machine changes a result.
 */
#include "event/value.h"

#include "event/jqlib.h"
#include "event/json.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define DETAIL_MAX 200 /* bytes of what libjq says, in a message of ours */
#define GRACE_MS 1000 /* between asking libjq to stop and giving up */
#define TIMER_SIGNAL SIGVTALRM /* nobody else's, unlike SIGALRM */

/*
 * Put before the user's expression, on its line so that line numbers hold.
 * `stderr` would write there; `modulemeta` would look for files; and behind a
 * definition no `import` or `include` is grammatical, not even one that names
 * a directory of its own.
 */
static const char prelude[] =
	"def stderr: .; def modulemeta: error(\"there are no modules here\"); ";

struct mg_query {
	jq_state *jq;
	timer_t timer;
	bool timed; /* there is a timer */
	volatile sig_atomic_t running;
	volatile sig_atomic_t late; /* the time was up */
	int outputs;
	int ms;
	struct mg_str said; /* the first thing that libjq complained of */
};

static void
no_memory(void *unused)
{
	static const char msg[] = "mg: unable to get memory\n";

	(void)unused;
	if (write(STDERR_FILENO, msg, sizeof(msg) - 1) < 0)
		_exit(EX_OSERR);
	_exit(EX_OSERR);
}

jv
mg_value_read(char *buf, size_t len, struct mg_fault *f)
{
	const char *why;
	jv_parser *parser;
	size_t at;
	jv v;

	if (len > MG_LINE_MAX) {
		mg_fail(f, MG_E_BAD_EVENT,
			"unable to read JSON: it is longer "
			"than %zu bytes",
			MG_LINE_MAX);
		return jv_invalid();
	}
	if (mg_json_check(buf, len, &why, &at) < 0) {
		mg_fail(f, MG_E_BAD_EVENT, "unable to read JSON: %s (byte %zu)",
			why, at + 1);
		return jv_invalid();
	}
	if (mg_jq_load(f) < 0)
		mg_bug(__FILE__, __LINE__, f ? f->message : "no libjq");
	jv_nomem_handler(no_memory, NULL);
	parser = jv_parser_new(0);
	jv_parser_set_buf(parser, buf, (int)len, 0);
	v = jv_parser_next(parser);
	jv_parser_free(parser);
	if (jv_is_valid(v))
		return v;
	jv_free(v);
	mg_fail(f, MG_E_BAD_EVENT, "unable to read JSON: libjq refuses it");
	return jv_invalid();
}

static void
write_number(double d, struct mg_str *out)
{
	char text[32];

	if (isnan(d)) {
		mg_str_puts(out, "null");
		return;
	}
	if (isinf(d))
		d = copysign(DBL_MAX, d);
	if (d == floor(d) && fabs(d) < 9007199254740992.0) {
		mg_str_fmt(out, "%.0f", d);
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, d);
		if (strtod(text, NULL) == d)
			break;
	}
	mg_str_puts(out, text);
}

static struct mg_sl
string_of(jv v)
{
	return (struct mg_sl){
		jv_string_value(v), (size_t)jv_string_length_bytes(jv_copy(v))};
}

static bool write_value(jv v, int depth, struct mg_str *out);

static bool
write_array(jv v, int depth, struct mg_str *out)
{
	bool good = true;

	mg_str_putc(out, '[');
	jv_array_foreach(v, i, element)
	{
		if (i)
			mg_str_putc(out, ',');
		good = write_value(element, depth, out);
		jv_free(element);
		if (!good)
			return false;
	}
	mg_str_putc(out, ']');
	return true;
}

static bool
write_object(jv v, int depth, struct mg_str *out)
{
	bool good, first = true;

	mg_str_putc(out, '{');
	jv_object_foreach(v, key, value)
	{
		if (!first)
			mg_str_putc(out, ',');
		first = false;
		mg_json_put(out, string_of(key));
		mg_str_putc(out, ':');
		good = write_value(value, depth, out);
		jv_free(key);
		jv_free(value);
		if (!good)
			return false;
	}
	mg_str_putc(out, '}');
	return true;
}

/* Recursion is safe: `depth` is what is left of MG_JSON_DEPTH. */
static bool
write_value(jv v, int depth, struct mg_str *out)
{
	switch (jv_get_kind(v)) {
	case JV_KIND_NULL:
		return mg_str_puts(out, "null");
	case JV_KIND_FALSE:
		return mg_str_puts(out, "false");
	case JV_KIND_TRUE:
		return mg_str_puts(out, "true");
	case JV_KIND_NUMBER:
		write_number(jv_number_value(v), out);
		return !out->over;
	case JV_KIND_STRING:
		mg_json_put(out, string_of(v));
		return !out->over;
	case JV_KIND_ARRAY:
		return depth && write_array(v, depth - 1, out);
	case JV_KIND_OBJECT:
		return depth && write_object(v, depth - 1, out);
	case JV_KIND_INVALID:
		break;
	}
	return false;
}

int
mg_value_write(jv v, struct mg_str *out, struct mg_fault *f)
{
	size_t before = out->len;

	if (write_value(v, MG_JSON_DEPTH, out))
		return 0;
	if (out->s)
		out->s[out->len = before] = '\0';
	if (out->over)
		return mg_fail(f, MG_E_TOO_LARGE,
			"unable to write a value: "
			"it is too long");
	if (!jv_is_valid(v))
		return mg_fail(f, MG_E_BAD_EVENT,
			"unable to write a value: "
			"there is none");
	return mg_fail(f, MG_E_BAD_EVENT,
		"unable to write a value: it is "
		"nested deeper than %d",
		MG_JSON_DEPTH);
}

/* Everything that libjq says comes here; the first thing is the cause. */
static void
on_message(void *query, jv msg)
{
	static const char prefix[] = "jq: error: ";
	struct mg_query *q = query;
	struct mg_sl text;

	if (!q->said.len && jv_get_kind(msg) == JV_KIND_STRING) {
		text = string_of(msg);
		text.n = strcspn(text.p, "\n");
		if (text.n && text.p[text.n - 1] == ':')
			text.n--; /* the source follows, on lines of its own */
		if (strncmp(text.p, prefix, sizeof(prefix) - 1) == 0) {
			text.p += sizeof(prefix) - 1;
			text.n -= sizeof(prefix) - 1;
		}
		mg_str_sl(&q->said, mg_sl_cut(text, DETAIL_MAX));
	}
	jv_free(msg);
}

/* libjq calls an uninitialised pointer if there is none. */
static void
on_debug(void *unused, jv msg)
{
	(void)unused;
	jv_free(msg);
}

static jv
on_input(jq_state *jq, void *unused)
{
	(void)jq;
	(void)unused;
	return jv_invalid_with_msg(jv_string("there is no further input here"));
}

/*
 * The interpreter looks at the `halted` mark before each instruction, so
 * that is how it is asked to stop. One that does not look, because it is
 * within one long instruction (a regular expression that backtracks for
 * ever), cannot be stopped from outside; the process ends instead.
 */
static void
on_timer(int sig, siginfo_t *info, void *context)
{
	static const char msg[] = "mg: a jq expression does not end\n";
	struct mg_query *q = info->si_value.sival_ptr;

	(void)sig;
	(void)context;
	if (info->si_code != SI_TIMER || !q->running)
		return;
	if (q->late) {
		if (write(STDERR_FILENO, msg, sizeof(msg) - 1) < 0)
			_exit(EX_DATAERR);
		_exit(EX_DATAERR);
	}
	q->late = 1;
	if (!jq_halted(q->jq))
		jq_halt(q->jq, jv_null(), jv_null()); /* allocates nothing */
}

static bool
start_timer(struct mg_query *q)
{
	struct sigaction act = {.sa_sigaction = on_timer};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL};

	act.sa_flags = SA_SIGINFO | SA_RESTART;
	sigemptyset(&act.sa_mask);
	event.sigev_signo = TIMER_SIGNAL;
	event.sigev_value.sival_ptr = q;
	if (timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &q->timer) < 0)
		return false;
	q->timed = true;
	sigaddset(&act.sa_mask, TIMER_SIGNAL);
	sigprocmask(SIG_UNBLOCK, &act.sa_mask, NULL);
	return sigaction(TIMER_SIGNAL, &act, NULL) == 0;
}

/* With 0 it is stopped. */
static void
set_timer(struct mg_query *q, int ms)
{
	struct itimerspec when = {
		.it_value = {ms / 1000, ms % 1000 * 1000000L},
		.it_interval = {GRACE_MS / 1000, GRACE_MS % 1000 * 1000000L},
	};

	q->running = ms != 0;
	timer_settime(q->timer, 0, &when, NULL);
}

static int
compile(struct mg_query *q, const char *expression)
{
	struct mg_str program = MG_STR(MG_LINE_MAX);
	char *none[] = {NULL}, **outer = environ;
	int good;

	mg_str_puts(&program, prelude);
	mg_str_puts(&program, expression);
	environ = none; /* $ENV is made now, and $HOME/.jq would be read */
	good = !program.over && jq_compile(q->jq, program.s);
	environ = outer;
	mg_str_release(&program);
	return good ? 0 : -1;
}

struct mg_query *
mg_query_new(const char *expression, struct mg_fault *f)
{
	struct mg_query *q = mg_xcalloc(1, sizeof(*q));

	mg_query_limit(q, MG_QUERY_OUTPUTS, MG_QUERY_MS);
	if (mg_jq_load(f) < 0) {
		free(q);
		return NULL;
	}
	jv_nomem_handler(no_memory, NULL);
	q->jq = jq_init();
	if (!q->jq || !start_timer(q)) {
		mg_fail(f, MG_E_SYSTEM, "unable to set up jq: %s",
			strerror(errno));
		mg_query_free(q);
		return NULL;
	}
	jq_set_nomem_handler(q->jq, no_memory, NULL);
	jq_set_error_cb(q->jq, on_message, q);
	jq_set_debug_cb(q->jq, on_debug, NULL);
	jq_set_input_cb(q->jq, on_input, NULL);
	jq_set_attr(q->jq, jv_string("JQ_LIBRARY_PATH"), jv_array());
	jq_set_attr(q->jq, jv_string("JQ_ORIGIN"), jv_string("/nowhere"));
	jq_set_attr(q->jq, jv_string("PROGRAM_ORIGIN"), jv_string("/nowhere"));
	if (compile(q, expression) == 0)
		return q;
	mg_fail(f, MG_E_USAGE, "unable to compile the jq expression: %s",
		q->said.len ? q->said.s : "libjq does not say why");
	mg_query_free(q);
	return NULL;
}

void
mg_query_limit(struct mg_query *q, int outputs, int ms)
{
	q->outputs = outputs;
	q->ms = ms;
}

void
mg_query_free(struct mg_query *q)
{
	if (!q)
		return;
	if (q->timed)
		timer_delete(q->timer);
	if (q->jq)
		jq_teardown(&q->jq);
	mg_str_release(&q->said);
	free(q);
}

/* With what the expression raised: any value, mostly a string. */
static int
fail_with(jv msg, struct mg_fault *f)
{
	struct mg_str text = MG_STR(MG_LINE_MAX);
	struct mg_sl sl;

	if (jv_get_kind(msg) == JV_KIND_STRING)
		mg_str_sl(&text, string_of(msg));
	else if (mg_value_write(msg, &text, NULL) < 0)
		mg_str_puts(&text, "it raises what cannot be written");
	jv_free(msg);
	sl = mg_sl_trim(mg_sl_cut(mg_str_as_sl(&text), DETAIL_MAX));
	mg_fail(f, MG_E_BAD_EVENT, "unable to run the jq expression: %.*s",
		(int)sl.n, sl.p);
	mg_str_release(&text);
	return -1;
}

/* The run gave no value; was that its end, or why not? Consumes `last`. */
static int
conclude(struct mg_query *q, jv last, struct mg_fault *f)
{
	jv msg;

	if (!jq_halted(q->jq)) {
		msg = jv_invalid_get_msg(last);
		if (jv_get_kind(msg) != JV_KIND_NULL)
			return fail_with(msg, f);
		jv_free(msg);
		return 0;
	}
	jv_free(last);
	if (q->late)
		return mg_fail(f, MG_E_BAD_EVENT,
			"unable to run the jq "
			"expression: it took more than %d ms",
			q->ms);
	msg = jq_get_error_message(q->jq);
	if (jv_is_valid(msg)) /* `halt_error`; after `halt` there is none */
		return fail_with(msg, f);
	jv_free(msg);
	return 0;
}

static int
put_result(jv v, bool plain, struct mg_str *out, struct mg_fault *f)
{
	if (!plain || jv_get_kind(v) != JV_KIND_STRING) {
		if (mg_value_write(v, out, f) < 0)
			return -1;
	} else {
		mg_str_sl(out, string_of(v));
	}
	mg_str_putc(out, '\n');
	if (out->over)
		return mg_fail(f, MG_E_TOO_LARGE,
			"unable to run the jq "
			"expression: its results are too long");
	return 0;
}

static int
put_results(
	struct mg_query *q, bool plain, struct mg_str *out, struct mg_fault *f)
{
	int n = 0, status;
	jv v;

	while (v = jq_next(q->jq), jv_is_valid(v)) {
		if (n++ == q->outputs)
			status = mg_fail(f, MG_E_BAD_EVENT,
				"unable to run "
				"the jq expression: it gave more than %d "
				"values",
				q->outputs);
		else
			status = put_result(v, plain, out, f);
		jv_free(v);
		if (status < 0)
			return status;
	}
	return conclude(q, v, f);
}

int
mg_query_run(struct mg_query *q, jv v, bool plain, struct mg_str *out,
	struct mg_fault *f)
{
	char *none[] = {NULL}, **outer = environ;
	int status;

	environ = none; /* `env` is made on each use */
	q->late = 0;
	jq_start(q->jq, v, 0);
	set_timer(q, q->ms);
	status = put_results(q, plain, out, f);
	set_timer(q, 0);
	environ = outer;
	return status;
}

int
mg_query_line(struct mg_query *q, struct mg_str *line, bool plain,
	struct mg_str *out, struct mg_fault *f)
{
	jv v = mg_value_read(line->s, line->len, f);

	if (!jv_is_valid(v))
		return -1;
	return mg_query_run(q, v, plain, out, f);
}
