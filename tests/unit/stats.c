/* tools/stats.h: what is counted, against what was counted by hand. */
#include "tools/stats.h"

#include "event/json.h"

#include <stdlib.h>

#include "tap.h"

static struct mg_stats *
of(const char *const *lines)
{
	struct mg_stats *s = mg_stats_new();

	for (size_t i = 0; lines[i]; i++)
		mg_stats_line(s, mg_sl_of(lines[i]));
	return s;
}

/* The object of a tool, or the total for NULL; malloc'd. */
static char *
object(const struct mg_stats *s, const char *name)
{
	struct mg_str out = MG_STR(SIZE_MAX / 2);
	struct mg_sl rest;
	char *found = NULL;
	const char *nl;

	mg_stats_json(s, &out);
	rest = mg_str_as_sl(&out);
	while (!found && (nl = memchr(rest.p, '\n', rest.n))) {
		struct mg_sl line = {rest.p, (size_t)(nl - rest.p)};

		ok(mg_json_check(
			   (char *)(uintptr_t)line.p, line.n, NULL, NULL) >= 0,
			"an object is JSON");
		if (name ? mg_json_is(mg_json_get(line, "name"), name)
			 : mg_json_bool(mg_json_get(line, "total"), false))
			found = mg_sl_dup(line);
		rest.n -= line.n + 1;
		rest.p = nl + 1;
	}
	mg_str_release(&out);
	return found;
}

/* The member of a tool's object is spelt so; "" if it is not there. */
static void
is(const struct mg_stats *s, const char *tool, const char *path,
	const char *want)
{
	char *o = object(s, tool);
	char *got = mg_sl_dup(mg_json_path(mg_sl_of(o), path));

	is_str(o ? got ? got : "" : NULL, want, path);
	free(got);
	free(o);
}

/* One tool with these durations. */
static struct mg_stats *
with_durations(const int *ms, size_t n)
{
	struct mg_stats *s = mg_stats_new();

	for (size_t i = 0; i < n; i++) {
		struct mg_str line = MG_STR(0);

		mg_str_fmt(&line,
			"{\"type\":\"tool_result\",\"name\":\"t\","
			"\"call\":\"c%zu\",\"content\":\"\","
			"\"duration_ms\":%d}",
			i, ms[i]);
		mg_stats_line(s, mg_str_as_sl(&line));
		mg_str_release(&line);
	}
	return s;
}

static void
percentiles(void)
{
	static const int one[] = {7}, two[] = {9, 4}, four[] = {40, 10, 30, 20},
			 five[] = {15, 20, 35, 40, 50};
	struct {
		const int *ms;
		size_t n;
		const char *p50, *p95;
	} rows[] = {
		{one, 1, "7", "7"},
		{two, 2, "4", "9"},
		{four, 4, "20", "40"},
		/* The textbook's example of the nearest rank. */
		{five, 5, "35", "50"},
	};
	int many[200];
	struct mg_stats *s;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		s = with_durations(rows[i].ms, rows[i].n);
		is(s, "t", "p50_ms", rows[i].p50);
		is(s, "t", "p95_ms", rows[i].p95);
		mg_stats_free(s);
	}
	/* 1 to 200, the large ones first: ranks 100 and 190. */
	for (int i = 0; i < 200; i++)
		many[i] = 200 - i;
	s = with_durations(many, 200);
	is(s, "t", "p50_ms", "100");
	is(s, "t", "p95_ms", "190");
	is(s, "t", "max_ms", "200");
	mg_stats_free(s);
	/* 1 to 19: 0.95 * 19 = 18.05, so the 19th. */
	s = with_durations(many + 181, 19);
	is(s, "t", "p95_ms", "19");
	is(s, NULL, "p95_ms", "19");
	mg_stats_free(s);
}

/* Behind a mark, or the empty text. */
#define CALL_(mark, call, name) \
	"{" mark "\"type\":\"tool_call\",\"id\":\"1\",\"agent\":\"a\"," \
	"\"turn\":1,\"call\":\"" call "\",\"name\":\"" name \
	"\",\"arguments\":{}}"
#define RESULT_(mark, call, rest) \
	"{" mark "\"type\":\"tool_result\",\"by\":\"mg-tools\"," \
	"\"id\":\"1\",\"agent\":\"a\",\"turn\":1,\"call\":\"" call "\"" rest \
	"}"
#define CALL(call, name) CALL_("", call, name)
#define RESULT(call, rest) RESULT_("", call, rest)
#define LAP "\"lap\":1,"

static void
sums(void)
{
	static const char *const log[] = {
		CALL("1", "x"),
		CALL("2", "x"),
		CALL("3", "y"),
		CALL("4", "y"),
		RESULT("1",
			",\"name\":\"x\",\"content\":\"abc\","
			"\"duration_ms\":5,\"bytes\":300"),
		/* Without a name: that of its call. */
		RESULT("2",
			",\"content\":\"\\u00e4\",\"is_error\":true,"
			"\"code\":\"timeout\",\"duration_ms\":9,\"bytes\":2"),
		RESULT("3",
			",\"content\":{\"a\":1},\"is_error\":true,"
			"\"code\":\"timeout\""),
		"{\"type\":\"message\",\"content\":\"no tool\"}",
		"no event",
		"{\"type\":\"tool_call\",\"name\":}",
		"",
		NULL,
	};
	struct mg_stats *s = of(log);

	is(s, "x", "calls", "2");
	is(s, "x", "results", "2");
	is(s, "x", "errors", "1");
	is(s, "x", "codes", "{\"timeout\":1}");
	is(s, "x", "content_bytes", "5");
	is(s, "x", "output_bytes", "302");
	is(s, "x", "by", "\"mg-tools\"");
	is(s, "y", "calls", "2");
	is(s, "y", "results", "1");
	is(s, "y", "content_bytes", "7");
	is(s, "y", "p50_ms", "");
	is(s, NULL, "tools", "2");
	is(s, NULL, "calls", "4");
	is(s, NULL, "results", "3");
	is(s, NULL, "errors", "2");
	is(s, NULL, "codes", "{\"timeout\":2}");
	is(s, NULL, "content_bytes", "12");
	is(s, NULL, "lines", "10");
	is(s, NULL, "bad_lines", "2");
	ok(mg_stats_bad(s) == 2, "two lines are no events");
	mg_stats_free(s);
}

/* A stream tapped in a ring has copies. */
static void
copies(void)
{
	static const char *const log[] = {
		CALL_("\"past\":1,", "9", "x"),
		CALL("1", "x"),
		CALL_(LAP, "1", "x"),
		RESULT("1", ",\"content\":\"a\""),
		RESULT_(LAP, "1", ",\"content\":\"a\""),
		/* The first that was seen of it was marked. */
		CALL_(LAP, "2", "x"),
		CALL_(LAP, "2", "x"),
		/* Ids come again in the next stream. */
		"{\"type\":\"init\"}",
		CALL("1", "x"),
		CALL_(LAP, "1", "x"),
		/* The stream goes on: its ids are still these. */
		"{\"type\":\"init\",\"resumed\":true}",
		CALL_(LAP, "1", "x"),
		NULL,
	};
	struct mg_stats *s = of(log);

	is(s, "x", "calls", "3");
	is(s, "x", "results", "1");
	is(s, NULL, "calls", "3");
	mg_stats_next(s);
	mg_stats_line(s, MG_SL(CALL_(LAP, "1", "x")));
	is(s, "x", "calls", "4");
	mg_stats_free(s);
}

static void
keys(void)
{
	static const char *const log[] = {
		"{\"lap\":1,\"type\":\"tool_call\",\"id\":1,\"call\":\"c\","
		"\"name\":\"x\"}",
		"{\"lap\":1,\"type\":\"tool_call\",\"id\":\"1\",\"call\":\"c\""
		",\"name\":\"x\"}",
		"{\"lap\":1,\"type\":\"tool_call\",\"id\":\"\\u0031\","
		"\"call\":\"c\",\"name\":\"x\"}",
		"{\"lap\":1,\"type\":\"tool_call\",\"id\":\"1\",\"agent\":"
		"\"\\t2\\t\\\"b\",\"call\":\"c\",\"name\":\"x\"}",
		"{\"lap\":1,\"type\":\"tool_call\",\"id\":\"1\\t2\\t\","
		"\"agent\":\"b\",\"call\":\"c\",\"name\":\"x\"}",
		NULL,
	};
	struct mg_stats *s = of(log);

	/* "1" is not 1, however it is spelt it is "1", and no text is two. */
	is(s, "x", "calls", "4");
	mg_stats_free(s);
}

static void
schemas(void)
{
	static const char *const log[] = {
		"{\"type\":\"request\",\"id\":\"1\",\"turn\":1,"
		"\"tools\":[{\"name\":\"a\"}]}", /* 14 bytes */
		"{\"lap\":1,\"type\":\"request\",\"id\":\"1\",\"turn\":1,"
		"\"tools\":[{\"name\":\"a\"}]}",
		"{\"type\":\"request\",\"id\":\"1\",\"turn\":2,\"append\":[]}",
		"{\"type\":\"request\",\"id\":\"1\",\"turn\":3,\"tools\":[]}",
		"{\"type\":\"request\",\"id\":\"2\",\"turn\":1,"
		"\"tools\":[{\"name\":\"abcdef\"}]}", /* 19 */
		"{\"type\":\"request\",\"id\":\"3\",\"turn\":1,"
		"\"tools\":[{\"name\":\"abc\"}]}", /* 16 */
		NULL,
	};
	struct mg_stats *s = of(log);

	is(s, NULL, "requests", "5");
	is(s, NULL, "schema_bytes.requests", "3");
	is(s, NULL, "schema_bytes.min", "14");
	is(s, NULL, "schema_bytes.median", "16");
	is(s, NULL, "schema_bytes.max", "19");
	mg_stats_free(s);
}

/* Nothing of a log drives a terminal, or a sum. */
static void
hostile(void)
{
	static const char *const log[] = {
		CALL("1", "\\u001b[2J\\u202e\\n$(id)\\u0000\\u009b"),
		RESULT("1",
			",\"name\":\"\\u001b[2J\\u202e\\n$(id)\\u0000\\u009b\","
			"\"is_error\":true,\"code\":\"\\u001b]0;x\\u0007\","
			"\"content\":\"\\ud800\",\"duration_ms\":-1,"
			"\"bytes\":9223372036854775807"),
		RESULT("2",
			",\"name\":[],\"duration_ms\":1e3,\"bytes\":-5,"
			"\"is_error\":\"true\",\"content\":null"),
		RESULT("2", ",\"duration_ms\":\"7\",\"code\":7"),
		"{\"type\":\"request\",\"tools\":\"none\"}",
		NULL,
	};
	struct mg_stats *s = of(log);
	struct mg_str text = MG_STR(0);
	bool harmless = true;

	mg_stats_text(s, &text);
	for (size_t i = 0; i < text.len; i++)
		harmless = harmless &&
			((unsigned char)text.s[i] >= 0x20 || text.s[i] == '\n');
	ok(harmless && !strstr(text.s, "\xE2\x80\xAE") &&
			!strstr(text.s, "\xC2\x9B"),
		"the table has no control characters");
	ok(strstr(text.s, "?[2J?"), "the name is there, made harmless");
	mg_str_release(&text);
	is(s, NULL, "results", "3");
	is(s, NULL, "errors", "1");
	is(s, NULL, "output_bytes", "0");
	is(s, NULL, "p50_ms", "");
	is(s, "", "results", "2");
	is(s, NULL, "codes", "{\"\\u001b]0;x\\u0007\":1}");
	mg_stats_free(s);
}

static void
nothing(void)
{
	struct mg_stats *s = mg_stats_new();
	struct mg_str text = MG_STR(0);

	is(s, NULL, "calls", "0");
	is(s, NULL, "schema_bytes", "{\"requests\":0}");
	mg_stats_text(s, &text);
	ok(strstr(text.s, "TOTAL"), "a table without tools");
	mg_str_release(&text);
	mg_stats_free(s);
	mg_stats_free(NULL);
}

int
main(void)
{
	percentiles();
	sums();
	copies();
	keys();
	schemas();
	hostile();
	nothing();
	return done();
}
