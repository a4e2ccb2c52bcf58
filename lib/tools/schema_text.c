/*
 * schema_text.c - lengths of strings, and regular expressions.
 *
 * The expressions are run by libjq's `test`, which is compiled at the first
 * pattern that is met. Oniguruma cannot be interrupted, so it is told to give
 * up by itself; that setting is the process's, so it holds for our own runs
 * only. What gave up once is not tried again in the same walk.
 */
#include "tools/schema_in.h"

#include "event/json.h"
#include "event/value.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define RETRIES 5000000UL /* steps back within one search */
#define STACK 1000000U /* places to go back to, at once */
#define PATTERN_NS INT64_C(2000000000) /* all patterns of a walk */
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

static int
run(struct mg_str *line, struct mg_str *out, struct mg_fault *f)
{
	const struct limits *l = &regex.onig;
	bool retries = l->get_retries && l->set_retries;
	bool stack = l->get_stack && l->set_stack;
	unsigned long old_retries = retries ? l->get_retries() : 0;
	unsigned old_stack = stack ? l->get_stack() : 0;
	int result;

	if (retries)
		l->set_retries(RETRIES);
	if (stack)
		l->set_stack(STACK);
	result = mg_query_line(regex.query, line, true, out, f);
	if (retries)
		l->set_retries(old_retries);
	if (stack)
		l->set_stack(old_stack);
	return result;
}

static enum mg_schema_match
search(struct mg_sl pattern, struct mg_sl text)
{
	struct mg_str line = MG_STR(0), out = MG_STR(256);
	struct mg_fault f = {0};
	enum mg_schema_match m = MG_MATCH_LONG;

	mg_str_putc(&line, '[');
	mg_str_sl(&line, text);
	mg_str_putc(&line, ',');
	mg_str_sl(&line, pattern);
	mg_str_putc(&line, ']');
	if (line.over)
		; /* too long a text is not searched */
	else if (run(&line, &out, &f) == 0)
		m = mg_sl_is(mg_sl_trim(mg_str_as_sl(&out)), "true")
			? MG_MATCH_YES
			: MG_MATCH_NO;
	else if (!strstr(f.message, "-limit") && !strstr(f.message, "took "))
		m = MG_MATCH_BAD;
	mg_str_release(&line);
	mg_str_release(&out);
	return m;
}

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

enum mg_schema_match
mg_schema_search(struct mg_schema_walk *w, struct mg_sl pattern,
	struct mg_sl text, const struct mg_schema_at *at)
{
	enum mg_schema_match m;
	int64_t start;

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
	m = search(pattern, text);
	w->pattern_ns += now_ns() - start;
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
