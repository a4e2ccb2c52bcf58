/*
 * sse.c - server-sent events, cut and chunked anywhere.
 *
 * Events are written into one text, "name|data;" each, so that two runs can
 * be compared as strings. What is pushed is a copy of exactly that length,
 * so that ASan sees a step too far.
 */
#include "io/sse.h"
#include "tap.h"

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
note(void *arg, struct mg_sl name, char *data, size_t n)
{
	struct mg_str *log = arg;

	mg_str_sl(log, name);
	mg_str_putc(log, '|');
	mg_str_add(log, data, n);
	mg_str_putc(log, ';');
}

static bool
push(struct mg_sse *s, struct mg_sl bytes)
{
	char *copy = mg_xmalloc(bytes.n);
	bool good;

	if (bytes.n)
		memcpy(copy, bytes.p, bytes.n);
	good = mg_sse_push(s, copy, bytes.n);
	free(copy);
	return good;
}

/* What is told of text[0..n), pushed in pieces of `step`, the first of
 * `first` bytes. */
static void
play(struct mg_sl text, size_t first, size_t step, struct mg_str *log)
{
	struct mg_sse sse = {.fn = note, .arg = log};

	mg_str_clear(log);
	mg_str_puts(log, "");
	for (size_t i = 0, n = first; i < text.n; i += n, n = step) {
		if (n > text.n - i)
			n = text.n - i;
		push(&sse, (struct mg_sl){text.p + i, n});
	}
	mg_sse_release(&sse);
}

#define T(literal) \
	{ \
		(literal), sizeof(literal) - 1 \
	}

static const struct {
	const char *name;
	struct mg_sl text;
	const char *told;
} samples[] = {
	{"one event", T("data: a\n\n"), "|a;"},
	{"no blank behind the colon", T("data:a\n\n"), "|a;"},
	{"only one blank is cut", T("data:  a\n\n"), "| a;"},
	{"lines end with CR", T("data: a\r\rdata: b\r\r"), "|a;|b;"},
	{"lines end with CRLF", T("data: a\r\n\r\ndata: b\r\n\r\n"), "|a;|b;"},
	{"lines end as they like", T("data: a\n\r\ndata: b\r\r\ndata: c\r\n\n"),
		"|a;|b;|c;"},
	{"a byte order mark",
		T("\xEF\xBB\xBF"
		  "data: a\n\n"),
		"|a;"},
	{"half a byte order mark is a name",
		T("\xEF\xBB"
		  "data: a\n\n"),
		""},
	{"a byte order mark later is a name",
		T("data: a\n\n\xEF\xBB\xBF"
		  "data: b\n\n"),
		"|a;"},
	{"comments", T(": ping\n\n:\ndata: a\n:x\n\n"), "|a;"},
	{"several data lines", T("data: a\ndata: b\ndata:\n\n"), "|a\nb\n;"},
	{"an empty event is told", T("data\n\n"), "|;"},
	{"without data nothing is told", T("event: x\nid: 7\n\ndata: a\n\n"),
		"|a;"},
	{"names", T("event: x\ndata: a\n\ndata: b\n\n"), "x|a;|b;"},
	{"other fields", T("id: 1\nretry: 5\nfoo: bar\nnothing\ndata: a\n\n"),
		"|a;"},
	{"blank lines in front", T("\n\n\r\n\rdata: a\n\n"), "|a;"},
	{"characters of 2, 3 and 4 bytes",
		T("data: \xC3\xA9\xE2\x80\xA8\xF0\x9F\x98\x80\n\n"),
		"|\xC3\xA9\xE2\x80\xA8\xF0\x9F\x98\x80;"},
	{"a stream as it comes",
		T(": hi\r\ndata: {\"a\":\"\\u00e9\"}\r\n\r\n"
		  "data: {\"b\": 1}\n\ndata: [DONE]\n\n"),
		"|{\"a\":\"\\u00e9\"};|{\"b\": 1};|[DONE];"},
	{"an unfinished event is not told", T("data: a\n\ndata: b\n"), "|a;"},
	{"an unfinished line is not told", T("data: a\n\ndata: b"), "|a;"},
};

static void
test_samples(void)
{
	struct mg_str log = MG_STR(0);

	for (size_t i = 0; i < COUNT(samples); i++) {
		play(samples[i].text, samples[i].text.n, 1, &log);
		is_str(log.s, samples[i].told, samples[i].name);
	}
	mg_str_release(&log);
}

static void
test_chunks(void)
{
	struct mg_str log = MG_STR(0);

	for (size_t i = 0; i < COUNT(samples); i++) {
		struct mg_sl text = samples[i].text;
		bool same = true;
		char name[128];

		for (size_t step = 1; step <= text.n; step++) {
			play(text, step, step, &log);
			same &= strcmp(log.s, samples[i].told) == 0;
			play(text, step, text.n, &log); /* two pieces */
			same &= strcmp(log.s, samples[i].told) == 0;
		}
		snprintf(name, sizeof(name), "%s, however it is chunked",
			samples[i].name);
		ok(same, name);
	}
	mg_str_release(&log);
}

/* What is told of a part is a beginning of what is told of the whole, and
 * ends with an event, not within one. */
static void
test_cuts(void)
{
	struct mg_str log = MG_STR(0);

	for (size_t i = 0; i < COUNT(samples); i++) {
		const char *told = samples[i].told;
		bool good = true;
		char name[128];

		for (size_t n = 0; n <= samples[i].text.n; n++) {
			play((struct mg_sl){samples[i].text.p, n}, n, 1, &log);
			good &= strncmp(told, log.s, log.len) == 0 &&
				(!log.len || log.s[log.len - 1] == ';');
		}
		snprintf(name, sizeof(name), "%s, cut anywhere",
			samples[i].name);
		ok(good, name);
	}
	mg_str_release(&log);
}

static void
test_open(void)
{
	struct mg_str log = MG_STR(0);
	struct mg_sse sse = {.fn = note, .arg = &log};

	ok(!mg_sse_open(&sse), "nothing is held at first");
	push(&sse, MG_SL("da"));
	ok(mg_sse_open(&sse), "half a line is held");
	push(&sse, MG_SL("ta: x\n"));
	ok(mg_sse_open(&sse), "an event without its blank line is held");
	push(&sse, MG_SL("\n: comment\n\r\n"));
	ok(!mg_sse_open(&sse), "nothing is held behind an event");
	push(&sse, (struct mg_sl){"", 0});
	is_str(log.s, "|x;", "an empty piece says nothing");
	mg_sse_release(&sse);
	mg_str_release(&log);
}

static void
test_limits(void)
{
	struct mg_str line = MG_STR(MG_SSE_MAX * 3), log = MG_STR(0);
	struct mg_sse sse = {.fn = note, .arg = &log};

	mg_str_puts(&line, "data: ");
	while (line.len < MG_SSE_MAX / 2)
		mg_str_putc(&line, 'x');
	mg_str_puts(&line, "\n");
	ok(push(&sse, mg_str_as_sl(&line)), "an event below the limit");
	ok(!push(&sse, mg_str_as_sl(&line)) || !push(&sse, mg_str_as_sl(&line)),
		"an event beyond it");
	ok(!push(&sse, MG_SL("\n\ndata: a\n\n")) && !log.len,
		"nothing is told behind it");
	mg_sse_release(&sse);

	sse = (struct mg_sse){.fn = note, .arg = &log};
	line.s[line.len - 1] = 'x';
	ok(push(&sse, mg_str_as_sl(&line)) && !push(&sse, mg_str_as_sl(&line)),
		"a line beyond the limit");
	mg_sse_release(&sse);

	sse = (struct mg_sse){.fn = note, .arg = &log};
	push(&sse,
		MG_SL("event: a-name-that-is-longer-than-any-name-of-an-"
		      "event-could-sensibly-be\ndata: a\n\n"));
	is_str(log.s, "|a;", "a name that is too long is none");
	mg_sse_release(&sse);
	mg_str_release(&line);
	mg_str_release(&log);
}

int
main(void)
{
	test_samples();
	test_chunks();
	test_cuts();
	test_open();
	test_limits();
	return done();
}
