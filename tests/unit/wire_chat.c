/*
 * wire_chat.c - replies on the chat-completions wire, byte by byte.
 *
 * A stream is played through the event parser into a reply, cut at every
 * offset and chunked in every size: a cut one must never pass for whole, a
 * whole one must always come to the same.
 */
#include "ask/wire.h"
#include "event/json.h"
#include "io/sse.h"
#include "tap.h"

#include <stdlib.h>

#define CHUNK(delta) \
	"data: {\"id\":\"r1\",\"model\":\"m-1\"," \
	"\"choices\":[{\"index\":0,\"delta\":" delta \
	",\"finish_reason\":null}]}\n\n"
#define FINISH(why) \
	"data: {\"id\":\"r1\",\"choices\":[{\"index\":0," \
	"\"delta\":{},\"finish_reason\":\"" why "\"}]}\n\n"
#define USAGE \
	"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":11," \
	"\"completion_tokens\":7,\"prompt_tokens_details\":" \
	"{\"cached_tokens\":4},\"completion_tokens_details\":" \
	"{\"reasoning_tokens\":5}}}\n\n"
#define DONE "data: [DONE]\n\n"
#define CALL(args) \
	CHUNK("{\"tool_calls\":[{\"index\":0,\"function\":" \
	      "{\"arguments\":\"" args "\"}}]}")

struct play {
	struct mg_sse sse;
	struct mg_reply reply;
	struct mg_fault fault;
	struct mg_str deltas;
};

static const struct mg_wire *wire;

static void
on_event(void *arg, struct mg_sl name, char *data, size_t n)
{
	struct play *p = arg;

	if (p->fault.code == MG_OK)
		wire->event(&p->reply, data, n, &p->fault);
}

static void
on_delta(void *arg, bool thinking, struct mg_sl text)
{
	struct play *p = arg;

	if (!thinking)
		mg_str_sl(&p->deltas, text);
}

static void
begin(struct play *p)
{
	*p = (struct play){0};
	p->sse.fn = on_event;
	p->sse.arg = p;
	mg_reply_init(&p->reply);
	p->reply.delta = on_delta;
	p->reply.arg = p;
}

static void
feed(struct play *p, struct mg_sl bytes)
{
	char *copy = mg_xmalloc(bytes.n);

	if (bytes.n)
		memcpy(copy, bytes.p, bytes.n);
	mg_sse_push(&p->sse, copy, bytes.n);
	free(copy);
}

/* True: the reply is whole and good. */
static bool
end(struct play *p)
{
	return p->fault.code == MG_OK &&
		mg_reply_check(&p->reply, &p->fault) == 0;
}

static void
finish(struct play *p)
{
	mg_sse_release(&p->sse);
	mg_reply_release(&p->reply);
	mg_str_release(&p->deltas);
}

/* Everything that a message would say, as one text. */
static void
tell(const struct mg_reply *r, struct mg_str *out)
{
	mg_str_clear(out);
	mg_json_m(out, "content", mg_str_as_sl(&r->content));
	for (size_t i = 0; i < r->ncalls; i++)
		mg_reply_call_json(&r->calls[i], out);
	mg_str_fmt(out, " stop=%s id=%s model=%s in=%lld+%lld out=%lld+%lld",
		r->stop ? r->stop : "-", r->id ? r->id : "-",
		r->model ? r->model : "-", (long long)r->input,
		(long long)r->cached, (long long)r->output,
		(long long)r->reasoning);
}

static bool
run(struct mg_sl text, size_t step, struct mg_str *out, struct mg_fault *f)
{
	struct play p;
	bool good;

	begin(&p);
	for (size_t i = 0; i < text.n; i += step)
		feed(&p,
			(struct mg_sl){text.p + i,
				step < text.n - i ? step : text.n - i});
	good = end(&p);
	tell(&p.reply, out);
	good &= !good ||
		mg_sl_eq(mg_str_as_sl(&p.deltas),
			mg_str_as_sl(&p.reply.content));
	*f = p.fault;
	finish(&p);
	return good;
}

static const char text_stream[] = ": connected\n\n" CHUNK(
	"{\"role\":\"assistant\",\"content\":\"\"}")
	CHUNK("{\"content\":\"h\\u00e9llo \\ud83d\\ude00\"}") CHUNK(
		"{\"content\":\" w\xC3\xB6rld \xE2\x80\xA8\xF0\x9F\x98\x80\\n\"}")
		CHUNK("{\"content\":\" \\\\\\\"end\\\"  \"}") FINISH("stop")
			USAGE DONE;

static const char tool_stream[] = CHUNK(
	"{\"role\":\"assistant\",\"content\":null,\"tool_calls\":["
	"{\"index\":0,\"id\":\"call_a\",\"type\":\"function\","
	"\"function\":{\"name\":\"add\",\"arguments\":\"\"}}]}")
	CALL("{\\\"a\\\":") CALL(" 9007") CALL("19925") CALL("47409") CALL(
		"93,\\\"b") CALL("\\\":18446744073") CALL("709551616}")
		CHUNK("{\"tool_calls\":[{\"index\":1,\"id\":\"call_b\",\"function\":"
		      "{\"name\":\"mul\",\"arguments\":\"{\\\"x\\\": 1.0}\"}}]}")
			FINISH("tool_calls") USAGE DONE;

static const struct {
	const char *name;
	const char *stream;
	const char *told;
} wholes[] = {
	{"a text", text_stream,
		"\"content\":\"h\xC3\xA9llo \xF0\x9F\x98\x80 w\xC3\xB6rld "
		"\xE2\x80\xA8\xF0\x9F\x98\x80\\n \\\\\\\"end\\\"  \""
		" stop=stop id=r1 model=m-1 in=7+4 out=2+5"},
	{"tool calls", tool_stream,
		"\"content\":\"\",\"call\":\"call_a\",\"name\":\"add\","
		"\"arguments\":{\"a\": 9007199254740993,"
		"\"b\":18446744073709551616},\"call\":\"call_b\","
		"\"name\":\"mul\",\"arguments\":{\"x\": 1.0}"
		" stop=tool_calls id=r1 model=m-1 in=7+4 out=2+5"},
};

static void
test_every_chunk(void)
{
	struct mg_str out = MG_STR(0);
	struct mg_fault f;

	for (size_t i = 0; i < 2; i++) {
		struct mg_sl s = mg_sl_of(wholes[i].stream);
		bool same = true;
		char name[80];

		for (size_t step = 1; step <= s.n; step++)
			same &= run(s, step, &out, &f) &&
				strcmp(out.s, wholes[i].told) == 0;
		is_str(out.s, wholes[i].told, wholes[i].name);
		snprintf(name, sizeof(name), "%s, in chunks of every size",
			wholes[i].name);
		ok(same, name);
	}
	mg_str_release(&out);
}

/* A stream is whole when its [DONE] event is; not a byte before. */
static void
test_every_cut(void)
{
	struct mg_str out = MG_STR(0);
	struct mg_fault f;

	for (size_t i = 0; i < 2; i++) {
		struct mg_sl s = mg_sl_of(wholes[i].stream);
		bool cut = true;
		char name[80];

		for (size_t n = 0; n < s.n; n++)
			cut &= !run((struct mg_sl){s.p, n}, s.n, &out, &f) &&
				f.code == MG_E_STREAM_CUT;
		snprintf(name, sizeof(name), "%s, cut at every byte",
			wholes[i].name);
		ok(cut, name);
	}
	mg_str_release(&out);
}

static void
test_streams(void)
{
	static const struct {
		const char *name, *stream;
		enum mg_code code;
	} rows[] = {
		{"CRLF", "data: [DONE]\r\n\r\n", MG_E_EMPTY},
		{"nothing at all", "", MG_E_STREAM_CUT},
		{"an empty answer", FINISH("length") DONE, MG_E_EMPTY},
		{"an error in the middle",
			CHUNK("{\"content\":\"a\"}") "data: {\"error\":{\"message\":\"boom\",\"code\":500}}\n\n" DONE,
			MG_E_PROVIDER},
		{"an error with a status",
			"data: {\"error\":{\"message\":\"x\","
			"\"code\":429}}\n\n",
			MG_E_RATE_LIMIT},
		{"an error that is a string",
			"data: {\"error\":\"no\"}\n\n" DONE, MG_E_PROVIDER},
		{"what is no JSON",
			CHUNK("{\"content\":\"a\"}") "data: {\"choices\":[{\n\n" DONE,
			MG_E_MALFORMED},
		{"what is no object", "data: [1]\n\n" DONE, MG_E_MALFORMED},
		{"invalid UTF-8", CHUNK("{\"content\":\"\xFF\"}") DONE,
			MG_E_MALFORMED},
		{"broken arguments",
			CHUNK("{\"tool_calls\":[{\"index\":0,"
			      "\"id\":\"c\",\"function\":{\"name\":\"f\","
			      "\"arguments\":\"{\\\"a\\\":\"}}]}") DONE,
			MG_E_MALFORMED},
		{"arguments that are a list",
			CHUNK("{\"tool_calls\":[{"
			      "\"function\":{\"name\":\"f\",\"arguments\":\"[]\"}}]}")
				DONE,
			MG_E_MALFORMED},
		{"two objects as arguments",
			CHUNK("{\"tool_calls\":[{"
			      "\"function\":{\"name\":\"f\",\"arguments\":\"{}{}\"}}"
			      "]}") DONE,
			MG_E_MALFORMED},
		{"a call without a name",
			CHUNK("{\"tool_calls\":[{\"index\":0,"
			      "\"id\":\"c\"}]}") DONE,
			MG_E_MALFORMED},
		{"an index beyond all sense",
			CHUNK("{\"tool_calls\":[{"
			      "\"index\":999999999999}]}") DONE,
			MG_E_MALFORMED},
		{"an index below zero",
			CHUNK("{\"tool_calls\":[{"
			      "\"index\":-1}]}") DONE,
			MG_E_MALFORMED},
	};
	struct mg_str out = MG_STR(0);
	struct mg_fault f;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mg_sl s = mg_sl_of(rows[i].stream);

		ok(!run(s, s.n ? s.n : 1, &out, &f) && f.code == rows[i].code,
			rows[i].name);
	}
	ok(run(mg_sl_of(CHUNK("{\"content\":\"a\"}")
			       DONE CHUNK("{\"content\":\"b\"}")),
		   1, &out, &f) &&
			strstr(out.s, "\"content\":\"a\""),
		"behind [DONE] nothing counts");
	ok(run(mg_sl_of(CHUNK("{\"tool_calls\":[{\"function\":{\"name\":\"f\""
			      "}}]}") DONE),
		   7, &out, &f) &&
			strstr(out.s,
				"\"call\":\"call_1\",\"name\":\"f\","
				"\"arguments\":{}"),
		"a call without id and arguments gets both");
	ok(run(mg_sl_of(CHUNK("{\"tool_calls\":[{\"function\":{\"name\":\"f\","
			      "\"arguments\":\"{\\n \\\"a\\\":\\r1}\"}}]}")
			       DONE),
		   7, &out, &f) &&
			!strpbrk(out.s, "\r\n"),
		"arguments of several lines become one");
	mg_str_release(&out);
}

static bool
body(const char *text, struct mg_str *out, struct mg_fault *f)
{
	char *copy = mg_sl_dup(mg_sl_of(text));
	struct mg_reply r;
	bool good;

	*f = (struct mg_fault){0};
	mg_reply_init(&r);
	good = wire->body(&r, copy, strlen(text), f) == 0 &&
		mg_reply_check(&r, f) == 0;
	tell(&r, out);
	mg_reply_release(&r);
	free(copy);
	return good;
}

static void
test_bodies(void)
{
	struct mg_str out = MG_STR(0);
	struct mg_fault f;

	ok(body("{\"id\":\"r\",\"choices\":[{\"message\":{\"content\":\"hi\"},"
		"\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":3,"
		"\"completion_tokens\":1}}",
		   &out, &f),
		"a whole reply");
	is_str(out.s,
		"\"content\":\"hi\" stop=stop id=r model=- in=3+0 out=1+0",
		"all of it");
	ok(body("{\"choices\":[{\"message\":{\"refusal\":\"no\"}}]}", &out, &f),
		"a refusal is an answer");
	ok(!body("{\"error\":{\"message\":\"boom\"}}", &out, &f) &&
			f.code == MG_E_PROVIDER && strstr(f.message, "boom"),
		"an error in the clothes of a success");
	ok(!body("{}", &out, &f) && f.code == MG_E_MALFORMED,
		"no choices, no reply");
	ok(!body("[]", &out, &f) && f.code == MG_E_MALFORMED, "no object");
	ok(!body("", &out, &f) && f.code == MG_E_MALFORMED, "nothing");
	ok(!body("{\"choices\":[{\"message\":{\"content\":\"\"}}]}", &out,
		   &f) &&
			f.code == MG_E_EMPTY,
		"an empty answer");
	mg_str_release(&out);
}

/* Buckets are disjoint: in + cached and out + reasoning are the totals. */
static void
test_usage(void)
{
	struct mg_str out = MG_STR(0);
	struct mg_fault f;

	body("{\"choices\":[{\"message\":{\"content\":\"x\"}}],\"usage\":{"
	     "\"prompt_tokens\":10,\"completion_tokens\":2,"
	     "\"prompt_tokens_details\":{\"cached_tokens\":99}}}",
		&out, &f);
	ok(strstr(out.s, "in=10+0 out=2+0"),
		"more cached than there were is not believed");
	body("{\"choices\":[{\"message\":{\"content\":\"x\"}}],\"usage\":{"
	     "\"prompt_tokens\":-1,\"completion_tokens\":2}}",
		&out, &f);
	ok(strstr(out.s, "in=-1+-1"), "less than nothing is not believed");
	body("{\"choices\":[{\"message\":{\"content\":\"x\"}}],\"usage\":null}",
		&out, &f);
	ok(strstr(out.s, "in=-1+-1"), "what was not said is not made up");
	mg_str_release(&out);
}

static void
test_request(void)
{
	struct mg_str b = MG_STR(0);

	wire->request(
		&(struct mg_ask_req){.model = "m\"x",
			.system = MG_SL("be brief"),
			.messages = MG_SL(
				"{\"role\":\"user\",\"content\":\"hi\"}"),
			.tools = MG_SL(
				"[{\"name\":\"f\",\"description\":\"d\","
				"\"input_schema\":{\"type\":\"object\"}},"
				"{\"type\":\"function\",\"function\":{\"name\":\"g\"}}]"),
			.params = MG_SL("\"seed\":9007199254740993"),
			.stream = true},
		&b);
	is_str(b.s,
		"{\"model\":\"m\\\"x\",\"messages\":[{\"role\":\"system\","
		"\"content\":\"be brief\"},{\"role\":\"user\",\"content\":"
		"\"hi\"}],\"tools\":[{\"type\":\"function\",\"function\":{"
		"\"name\":\"f\",\"description\":\"d\",\"parameters\":{\"type\":"
		"\"object\"}}},{\"type\":\"function\",\"function\":{\"name\":"
		"\"g\"}}],\"seed\":9007199254740993,\"stream\":true,"
		"\"stream_options\":{\"include_usage\":true}}",
		"a request");
	ok(mg_json_check(b.s, b.len, NULL, NULL) >= 0, "it is JSON");
	mg_str_clear(&b);
	wire->request(&(struct mg_ask_req){.model = "m"}, &b);
	is_str(b.s, "{\"model\":\"m\",\"messages\":[]}", "an empty one");
	mg_str_release(&b);
}

static void
test_refusals(void)
{
	static const char *const rows[][2] = {
		{"{\"error\":{\"message\":\"no such model\"}}",
			"no such model"},
		{"{\"error\":\"no such model\"}", "no such model"},
		{"{\"detail\":\"x\"}", NULL},
		{"<html>", NULL},
		{"", NULL},
	};
	struct mg_str words = MG_STR(0);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *copy = mg_sl_dup(mg_sl_of(rows[i][0]));
		bool said;

		mg_str_clear(&words);
		said = wire->refusal(copy, strlen(copy), &words);
		is_str(said ? words.s : NULL, rows[i][1], "words of a refusal");
		free(copy);
	}
	mg_str_release(&words);
}

/* A message must fit a line, whatever its text needs to be spelt. */
static void
test_limits(void)
{
	struct mg_str raw = MG_STR((size_t)64 << 20);
	struct mg_fault f = {0};
	struct mg_reply r;
	bool fits = true;

	mg_str_putc(&raw, '"');
	while (raw.len < (size_t)1 << 20)
		mg_str_puts(&raw, "\\u0001");
	mg_str_putc(&raw, '"');
	mg_reply_init(&r);
	for (size_t i = 0; i < 40 && fits; i++)
		fits = mg_reply_text(&r, false, mg_str_as_sl(&raw), &f) == 0;
	ok(!fits && f.code == MG_E_TOO_LARGE,
		"a reply whose line would be too long");
	mg_str_clear(&raw);
	mg_json_put(&raw, mg_str_as_sl(&r.content));
	ok(raw.len > MG_LINE_MAKE / 2 && raw.len < MG_LINE_MAKE,
		"what came before it still fits");
	mg_reply_release(&r);
	mg_str_release(&raw);
}

int
main(void)
{
	wire = mg_wire_named("chat");
	ok(wire != NULL, "there is a wire called chat");
	ok(!mg_wire_named("nothing"), "and none called nothing");
	test_every_chunk();
	test_every_cut();
	test_streams();
	test_bodies();
	test_usage();
	test_request();
	test_refusals();
	test_limits();
	return done();
}
