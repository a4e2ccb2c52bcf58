/*
 * text.c - lengths of strings, and regular expressions.
 *
 * The expressions are run by libjq's `test`, which is compiled at the first
 * pattern that is met. Oniguruma cannot be interrupted, so it is told to give
 * up by itself; that setting is the process's, so it holds for our own runs
 * only. Long texts are searched in a child. What gave up once is not tried
 * again in the same walk.
 */
#include "schema/schema_in.h"

#include "event/json.h"
#include "event/value.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LONG_TEXT 16384 /* bytes; beyond, a process of its own searches */
#define LONG_SECONDS 2 /* and gets that much of a processor */
#define RETRIES 5000000UL /* steps back within one search, at most */
#define RETRY_BYTES 500000000UL /* times the text that each may look at */
#define NS INT64_C(1000000000)
#define STACK 1000000U /* places to go back to, at once */
#define PATTERN_NS (2 * NS) /* all patterns of a walk */
#define SEARCH_COST 25600 /* bytes that could be read in the same time */

/* Like onig's own; they are of libonig 6.9.5 and later. */
struct limits {
	unsigned long (*get_retries)(void);
	int (*set_retries)(unsigned long n);
	unsigned (*get_stack)(void);
	int (*set_stack)(unsigned n);
};

static struct {
	struct mg_query *query;
	pid_t pid; /* a query's timer does not live on in a child */
	struct limits onig;
} regex;

/* The library is there already: libjq brought it. */
static void
find_limits(struct limits *l)
{
	void *lib = dlopen("libonig.so.5", RTLD_LAZY | RTLD_NOLOAD);

	if (!lib)
		return;
	*(void **)&l->get_retries = dlsym(
		lib, "onig_get_retry_limit_in_search");
	*(void **)&l->set_retries = dlsym(
		lib, "onig_set_retry_limit_in_search");
	*(void **)&l->get_stack = dlsym(lib, "onig_get_match_stack_limit_size");
	*(void **)&l->set_stack = dlsym(lib, "onig_set_match_stack_limit_size");
	dlclose(lib);
}

static void
release(void)
{
	mg_query_free(regex.query);
	regex.query = NULL;
}

/* A parent's query is left alone: its timer's number may be another's here. */
static bool
prepare(void)
{
	if (regex.query && regex.pid == getpid())
		return true;
	if (!regex.pid)
		atexit(release);
	regex.query = mg_query_new(
		".[0] as $s | .[1] as $r | $s | test($r)", NULL);
	regex.pid = getpid();
	if (regex.query)
		find_limits(&regex.onig);
	return regex.query;
}

/*
 * One step back may cost a look at all of the text, so the longer that is, the
 * fewer there are. 0: as many as it takes.
 */
static int
run(struct mg_str *line, struct mg_str *out, unsigned long most)
{
	const struct limits *l = &regex.onig;
	bool retries = l->get_retries && l->set_retries;
	bool stack = l->get_stack && l->set_stack;
	unsigned long old_retries = retries ? l->get_retries() : 0;
	unsigned old_stack = stack ? l->get_stack() : 0;
	int result;

	if (retries)
		l->set_retries(most < RETRIES ? most : RETRIES);
	if (stack)
		l->set_stack(STACK);
	result = mg_query_line(regex.query, line, true, out, NULL);
	if (retries)
		l->set_retries(old_retries);
	if (stack)
		l->set_stack(old_stack);
	return result;
}

/* MG_MATCH_LONG stands for whatever error there was. */
static enum mg_schema_match
search_here(struct mg_str *line, unsigned long most)
{
	struct mg_str out = MG_STR(256);
	enum mg_schema_match m = MG_MATCH_LONG;

	if (run(line, &out, most) == 0)
		m = mg_sl_is(mg_sl_trim(mg_str_as_sl(&out)), "true")
			? MG_MATCH_YES
			: MG_MATCH_NO;
	mg_str_release(&out);
	return m;
}

/*
 * In a long text even an honest search steps back so often that counting
 * tells nothing; there the processor's time counts, and a process can be
 * stopped anywhere. *ns is what it took.
 */
static enum mg_schema_match
search_apart(struct mg_str *line, int64_t *ns)
{
	struct rlimit cpu = {LONG_SECONDS, LONG_SECONDS}, core = {0, 0};
	struct rusage used = {0};
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		setrlimit(RLIMIT_CPU, &cpu);
		setrlimit(RLIMIT_CORE, &core);
		_exit(search_here(line, 0));
	}
	if (pid < 0)
		return MG_MATCH_LONG;
	while (wait4(pid, &status, 0, &used) < 0)
		if (errno != EINTR)
			return MG_MATCH_LONG;
	*ns = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * NS +
		(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * NS / 1000000;
	if (WIFEXITED(status) && WEXITSTATUS(status) <= MG_MATCH_YES)
		return (enum mg_schema_match)WEXITSTATUS(status);
	return MG_MATCH_LONG;
}

static enum mg_schema_match
search(struct mg_sl pattern, struct mg_sl text, int64_t *ns)
{
	struct mg_str line = MG_STR(0);
	struct mg_sl empty = MG_SL("\"\"");
	enum mg_schema_match m = MG_MATCH_LONG;

	mg_str_putc(&line, '[');
	mg_str_sl(&line, text);
	mg_str_putc(&line, ',');
	mg_str_sl(&line, pattern);
	mg_str_putc(&line, ']');
	if (!line.over && line.len > LONG_TEXT)
		m = search_apart(&line, ns);
	else if (!line.over)
		m = search_here(&line, RETRY_BYTES / line.len);
	/* Nothing takes long in an empty text: there the pattern is wrong. */
	if (m == MG_MATCH_LONG &&
		(mg_sl_eq(text, empty) ||
			search(pattern, empty, ns) > MG_MATCH_YES))
		m = MG_MATCH_BAD;
	mg_str_release(&line);
	return m;
}

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * NS + t.tv_nsec;
}

enum mg_schema_match
mg_schema_search(struct mg_schema_walk *w, struct mg_sl pattern,
	struct mg_sl text, const struct mg_schema_at *at)
{
	enum mg_schema_match m;
	int64_t start, apart = 0;

	pattern = mg_sl_trim(pattern);
	text = mg_sl_trim(text);
	if (!mg_schema_spend(w, SEARCH_COST + 8 * (pattern.n + text.n)))
		return MG_MATCH_LONG;
	if (!prepare()) {
		mg_schema_give_up(w, at,
			"cannot be compared with a pattern without libjq");
		return MG_MATCH_FAILED;
	}
	start = now_ns();
	m = search(pattern, text, &apart);
	w->pattern_ns += now_ns() - start + apart;
	if (m == MG_MATCH_BAD)
		mg_schema_give_up(w, at,
			"cannot fit: the pattern %s does not compile",
			mg_schema_quote(pattern).s);
	else if (m == MG_MATCH_LONG || w->pattern_ns > PATTERN_NS)
		mg_schema_give_up(w, at,
			"takes too long to compare with the pattern %s",
			mg_schema_quote(pattern).s);
	return m;
}

size_t
mg_schema_length(struct mg_sl raw)
{
	struct mg_str tmp = MG_STR(0);
	struct mg_sl s = mg_schema_text(raw, &tmp);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((uint8_t)s.p[i] & 0xC0) != 0x80;
	mg_str_release(&tmp);
	return n;
}

static bool
length(struct mg_schema_walk *w, const struct mg_schema_node *n, bool least)
{
	struct mg_sl limit = n->kw[least ? MG_SK_MIN_LENGTH : MG_SK_MAX_LENGTH];
	int order;

	if (mg_json_kind(limit) != '0')
		return true;
	order = mg_schema_compare_count(mg_schema_length(n->value), limit);
	if (least ? order >= 0 : order <= 0)
		return true;
	return mg_schema_say(w, n->at, "must be at %s %s character%s long",
		least ? "least" : "most", mg_schema_quote(limit).s,
		mg_schema_compare_count(1, limit) ? "s" : "");
}

bool
mg_schema_string(struct mg_schema_walk *w, const struct mg_schema_node *n)
{
	struct mg_sl pattern = n->kw[MG_SK_PATTERN];
	enum mg_schema_match m = MG_MATCH_YES;
	bool good;

	if (!mg_schema_spend(w, 2 * n->value.n))
		return false;
	good = length(w, n, true);
	if (good || mg_schema_more(w))
		good &= length(w, n, false);
	if (mg_json_kind(pattern) == '"' && (good || mg_schema_more(w)))
		m = mg_schema_search(w, pattern, n->value, n->at);
	if (m == MG_MATCH_NO)
		mg_schema_say(w, n->at, "must match the pattern %s",
			mg_schema_quote(pattern).s);
	return good && m == MG_MATCH_YES;
}
