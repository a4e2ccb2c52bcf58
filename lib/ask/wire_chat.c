/*
 * wire_chat.c - OpenAI's chat completions (POST /chat/completions), as the
 * many compatible servers speak it. Source: OpenAI's API reference, "Create
 * chat completion" and "Streaming events"; looked up 2026-11.
 *
 * A stream ends with `data: [DONE]`. A server that leaves it out has ended
 * its reply when a finish_reason was said and the transfer ended cleanly,
 * which the caller knows: finish_reason is kept in `stop`.
 */
#include "ask/wire.h"

#include "event/json.h"

#include <stdlib.h>

static void
add_system(struct mg_str *b, struct mg_sl system)
{
	mg_str_puts(b, "{\"role\":\"system\"");
	mg_json_m(b, "content", system);
	mg_str_putc(b, '}');
}

/* Our tools are {name, description, input_schema}. */
static void
add_tools(struct mg_str *b, struct mg_sl tools)
{
	struct mg_sl tool, key;
	size_t it = 0;
	bool first = true;

	mg_str_puts(b, ",\"tools\":[");
	while (mg_json_next(tools, &it, &key, &tool)) {
		struct mg_sl d = mg_json_get(tool, "description");
		struct mg_sl s = mg_json_get(tool, "input_schema");

		mg_str_puts(b, first ? "" : ",");
		first = false;
		if (!mg_json_get(tool, "name").p) {
			mg_str_sl(b, tool); /* in the wire's own form */
			continue;
		}
		mg_str_puts(b, "{\"type\":\"function\",\"function\":{");
		mg_json_mraw(b, "name", mg_json_get(tool, "name"));
		if (d.p)
			mg_json_mraw(b, "description", d);
		if (s.p)
			mg_json_mraw(b, "parameters", s);
		mg_str_puts(b, "}}");
	}
	mg_str_putc(b, ']');
}

static void
chat_request(const struct mg_ask_req *q, struct mg_str *b)
{
	mg_str_putc(b, '{');
	mg_json_ms(b, "model", q->model);
	mg_str_puts(b, ",\"messages\":[");
	if (q->system.p)
		add_system(b, q->system);
	if (q->system.p && q->messages.n)
		mg_str_putc(b, ',');
	mg_str_sl(b, q->messages);
	mg_str_putc(b, ']');
	if (q->tools.p && mg_json_count(q->tools))
		add_tools(b, q->tools);
	if (q->params.n) {
		mg_str_putc(b, ',');
		mg_str_sl(b, q->params);
	}
	if (q->stream)
		mg_str_puts(b,
			",\"stream\":true,\"stream_options\":"
			"{\"include_usage\":true}");
	mg_str_putc(b, '}');
}

/* Ids and names become part of events: what is absurdly long is none. */
static void
keep(char **to, struct mg_sl raw)
{
	char *s = raw.n <= 1024 ? mg_json_dup(raw) : NULL;

	if (!s)
		return;
	free(*to);
	*to = s;
}

/* Their totals include the parts; our buckets are disjoint. */
static void
read_usage(struct mg_reply *r, struct mg_sl u)
{
	int64_t in = mg_json_int(mg_json_get(u, "prompt_tokens"), -1);
	int64_t out = mg_json_int(mg_json_get(u, "completion_tokens"), -1);
	int64_t cached = mg_json_int(
		mg_json_path(u, "prompt_tokens_details.cached_tokens"), 0);
	int64_t thought = mg_json_int(
		mg_json_path(u, "completion_tokens_details.reasoning_tokens"),
		0);

	if (in < 0 || out < 0)
		return;
	r->cached = cached > 0 && cached <= in ? cached : 0;
	r->reasoning = thought > 0 && thought <= out ? thought : 0;
	r->input = in - r->cached;
	r->output = out - r->reasoning;
}

/* `e` is the value of "error": an object, or some servers' bare string. */
static int
server_error(struct mg_sl e, struct mg_fault *f)
{
	struct mg_sl m = mg_json_get(e, "message"), said;
	struct mg_str words = MG_STR(0);
	int64_t status = mg_json_int(mg_json_get(e, "code"), 0);
	enum mg_code code = status == 429	 ? MG_E_RATE_LIMIT
		: status == 401 || status == 403 ? MG_E_KEY_REFUSED
		: status >= 400 && status < 500	 ? MG_E_BAD_REQUEST
						 : MG_E_PROVIDER;

	if (!mg_json_text(m.p ? m : e, &words))
		mg_str_puts(&words, "no reason given");
	said = mg_sl_cut(mg_str_as_sl(&words), MG_WORDS_MAX);
	mg_fail(f, code, "the server reports an error: %.*s", (int)said.n,
		said.p);
	mg_str_release(&words);
	return -1;
}

static int
read_calls(struct mg_reply *r, struct mg_sl calls, struct mg_fault *f)
{
	struct mg_sl c, key;
	size_t it = 0;
	int64_t n = 0;

	while (mg_json_next(calls, &it, &key, &c)) {
		struct mg_tool_call *t = mg_reply_call(r,
			mg_json_int(mg_json_get(c, "index"), n),
			mg_json_get(c, "id"), f);

		if (!t)
			return -1;
		n++;
		if (!t->id.len)
			mg_json_text(mg_json_get(c, "id"), &t->id);
		if (!t->name.len)
			mg_json_text(
				mg_json_path(c, "function.name"), &t->name);
		mg_json_text(mg_json_path(c, "function.arguments"), &t->args);
	}
	return 0;
}

/* `m` is a delta, or the message of a reply that is no stream. */
static int
read_message(struct mg_reply *r, struct mg_sl m, struct mg_fault *f)
{
	struct mg_sl thinking = mg_json_get(m, "reasoning_content");

	if (mg_json_kind(thinking) != '"')
		thinking = mg_json_get(m, "reasoning");
	if (mg_reply_text(r, true, thinking, f) < 0 ||
		mg_reply_text(r, false, mg_json_get(m, "content"), f) < 0 ||
		mg_reply_text(r, false, mg_json_get(m, "refusal"), f) < 0)
		return -1;
	return read_calls(r, mg_json_get(m, "tool_calls"), f);
}

static int
check(char *data, size_t n, struct mg_fault *f)
{
	const char *why = "";

	if (mg_json_check(data, n, &why, NULL) >= 0 &&
		mg_json_kind((struct mg_sl){data, n}) == '{')
		return 0;
	mg_fail(f, MG_E_MALFORMED,
		"the server sent what is no JSON object: "
		"%s",
		why);
	return mg_remedy(f, "does the base URL name a chat-completions API?");
}

/* What stream chunks and whole replies have in common. */
static int
read_object(struct mg_reply *r, struct mg_sl o, const char *member,
	struct mg_fault *f)
{
	struct mg_sl e = mg_json_get(o, "error");
	struct mg_sl choice = mg_json_path(o, "choices.0");

	if (mg_json_kind(e) == '{' || mg_json_kind(e) == '"')
		return server_error(e, f);
	if (!r->id)
		keep(&r->id, mg_json_get(o, "id"));
	if (!r->model)
		keep(&r->model, mg_json_get(o, "model"));
	if (mg_json_kind(mg_json_get(o, "usage")) == '{')
		read_usage(r, mg_json_get(o, "usage"));
	if (mg_json_kind(choice) != '{')
		return 0;
	keep(&r->stop, mg_json_get(choice, "finish_reason"));
	return read_message(r, mg_json_get(choice, member), f);
}

static int
chat_event(struct mg_reply *r, char *data, size_t n, struct mg_fault *f)
{
	struct mg_sl text = mg_sl_trim((struct mg_sl){data, n});

	if (r->whole)
		return 0; /* behind [DONE] nothing counts */
	if (mg_sl_is(text, "[DONE]")) {
		r->whole = true;
		return 0;
	}
	if (check(data, n, f) < 0)
		return -1;
	return read_object(r, text, "delta", f);
}

static int
chat_body(struct mg_reply *r, char *data, size_t n, struct mg_fault *f)
{
	struct mg_sl o = {data, n};

	if (check(data, n, f) < 0)
		return -1;
	if (!mg_json_get(o, "error").p && !mg_json_path(o, "choices.0").p)
		return mg_fail(
			f, MG_E_MALFORMED, "the reply holds no `choices`");
	r->whole = true;
	return read_object(r, o, "message", f);
}

static bool
chat_refusal(char *data, size_t n, struct mg_str *words)
{
	struct mg_sl e, m;

	if (mg_json_check(data, n, NULL, NULL) < 0)
		return false;
	e = mg_json_get((struct mg_sl){data, n}, "error");
	m = mg_json_get(e, "message");
	return mg_json_text(m.p ? m : e, words);
}

const struct mg_wire mg_wire_chat = {
	.name = "chat",
	.path = "/chat/completions",
	.key_header = "Authorization: Bearer %s",
	.request = chat_request,
	.event = chat_event,
	.body = chat_body,
	.refusal = chat_refusal,
};
