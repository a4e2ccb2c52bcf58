#include "ask/ask.h"

#include <stdlib.h>

static void
make_key(struct mg_sl id, struct mg_sl name, struct mg_str *key)
{
	mg_id_key(id, key);
	mg_str_putc(key, '\0');
	mg_str_sl(key, name);
}

struct mg_conv *
mg_conv_get(struct mg_ask *a, struct mg_sl id, struct mg_sl name, bool make)
{
	struct mg_str key = MG_STR(0);
	struct mg_conv *c;

	make_key(id, name, &key);
	c = mg_map_get(&a->convs, mg_str_as_sl(&key));
	if (!c && make) {
		c = mg_xcalloc(1, sizeof(*c));
		c->ask = a;
		c->agent = mg_agents_find(&a->agents, name);
		c->name = mg_sl_dup(name);
		mg_str_sl(&c->id, id);
		c->messages.max = MG_CONV_MAX;
		*mg_map_put(&a->convs, mg_str_as_sl(&key)) = c;
	}
	mg_str_release(&key);
	return c;
}

static void
drop_calls(struct mg_conv *c)
{
	for (size_t i = 0; i < c->ncalls; i++) {
		free(c->calls[i].id);
		mg_str_release(&c->calls[i].json);
		mg_str_release(&c->calls[i].result);
	}
	free(c->calls);
	c->calls = NULL;
	c->ncalls = 0;
	c->waits = false;
}

void
mg_conv_free(struct mg_conv *c)
{
	struct mg_str key = MG_STR(0);

	make_key(mg_str_as_sl(&c->id), mg_sl_of(c->name), &key);
	mg_map_del(&c->ask->convs, mg_str_as_sl(&key));
	mg_str_release(&key);
	drop_calls(c);
	free(c->name);
	mg_str_release(&c->id);
	mg_str_release(&c->messages);
	mg_str_release(&c->tools);
	mg_str_release(&c->params);
	free(c);
}

void
mg_conv_clear(struct mg_conv *c)
{
	mg_str_clear(&c->messages);
	c->complete = 0;
}

static void
comma(struct mg_str *list)
{
	if (list->len)
		mg_str_putc(list, ',');
}

void
mg_conv_say(struct mg_conv *c, const char *role, struct mg_sl text)
{
	comma(&c->messages);
	mg_str_putc(&c->messages, '{');
	mg_json_ms(&c->messages, "role", role);
	mg_json_m(&c->messages, "content", text);
	mg_str_putc(&c->messages, '}');
}

void
mg_conv_append(struct mg_conv *c, struct mg_sl array)
{
	struct mg_sl m, key;
	size_t it = 0;

	while (mg_json_next(array, &it, &key, &m)) {
		comma(&c->messages);
		mg_str_sl(&c->messages, m);
	}
}

void
mg_conv_key(const struct mg_conv *c, struct mg_str *out)
{
	if (c->id.len)
		mg_json_mraw(out, "id", mg_str_as_sl(&c->id));
	mg_json_ms(out, "agent", c->name);
	mg_json_mi(out, "turn", c->turn);
}

/* An element of tool_calls in the shape of a chat message: arguments are a
 * string there, and its text is the bytes that the model wrote. */
static void
chat_call(struct mg_str *out, struct mg_sl id, struct mg_sl name,
	struct mg_sl args)
{
	mg_str_putc(out, '{');
	mg_json_m(out, "id", id);
	mg_json_ms(out, "type", "function");
	mg_str_puts(out, ",\"function\":{");
	mg_json_m(out, "name", name);
	mg_json_m(out, "arguments", args);
	mg_str_puts(out, "}}");
}

static void
begin_reply(struct mg_conv *c, struct mg_sl content, bool calls)
{
	drop_calls(c);
	comma(&c->messages);
	mg_str_puts(&c->messages, "{\"role\":\"assistant\"");
	if (content.n || !calls)
		mg_json_m(&c->messages, "content", content);
	else
		mg_json_mraw(&c->messages, "content", MG_SL("null"));
}

/* A turn is complete when its tool results are in, too. */
static void
end_reply(struct mg_conv *c)
{
	c->waits = c->ncalls > 0;
	if (!c->waits)
		c->complete = c->messages.len;
}

void
mg_conv_reply(struct mg_conv *c, const struct mg_reply *r)
{
	begin_reply(c, mg_str_as_sl(&r->content), r->ncalls > 0);
	c->calls = mg_xcalloc(r->ncalls, sizeof(*c->calls));
	for (size_t i = 0; i < r->ncalls; i++) {
		const struct mg_tool_call *t = &r->calls[i];

		mg_str_puts(&c->messages, i ? "," : ",\"tool_calls\":[");
		chat_call(&c->messages, mg_str_as_sl(&t->id),
			mg_str_as_sl(&t->name), mg_str_as_sl(&t->args));
		c->calls[i].id = mg_xstrdup(t->id.s);
		mg_reply_call_json(t, &c->calls[i].json);
	}
	c->ncalls = r->ncalls;
	mg_str_puts(&c->messages, r->ncalls ? "]}" : "}");
	end_reply(c);
}

void
mg_conv_logged(struct mg_conv *c, struct mg_sl message)
{
	struct mg_sl list = mg_json_get(message, "tool_calls"), m, key;
	struct mg_str text = MG_STR(0), id = MG_STR(0), name = MG_STR(0);
	size_t n = mg_json_count(list), it = 0;

	mg_json_text(mg_json_get(message, "content"), &text);
	begin_reply(c, mg_str_as_sl(&text), n > 0);
	c->calls = mg_xcalloc(n, sizeof(*c->calls));
	while (mg_json_next(list, &it, &key, &m)) {
		struct mg_conv_call *t = &c->calls[c->ncalls];

		mg_str_clear(&id);
		mg_str_clear(&name);
		mg_json_text(mg_json_get(m, "call"), &id);
		mg_json_text(mg_json_get(m, "name"), &name);
		mg_str_puts(
			&c->messages, c->ncalls++ ? "," : ",\"tool_calls\":[");
		chat_call(&c->messages, mg_str_as_sl(&id), mg_str_as_sl(&name),
			mg_json_get(m, "arguments"));
		t->id = mg_sl_dup(mg_str_as_sl(&id));
		mg_json_m(&t->json, "call", mg_str_as_sl(&id));
		mg_json_m(&t->json, "name", mg_str_as_sl(&name));
		mg_json_mraw(
			&t->json, "arguments", mg_json_get(m, "arguments"));
	}
	mg_str_puts(&c->messages, c->ncalls ? "]}" : "}");
	end_reply(c);
	mg_str_release(&text);
	mg_str_release(&id);
	mg_str_release(&name);
}

/* The results go back in the order of the calls, whenever they came. */
static void
close_results(struct mg_conv *c)
{
	for (size_t i = 0; i < c->ncalls; i++) {
		comma(&c->messages);
		mg_str_puts(&c->messages, "{\"role\":\"tool\"");
		mg_json_ms(&c->messages, "tool_call_id", c->calls[i].id);
		mg_json_m(&c->messages, "content",
			mg_str_as_sl(&c->calls[i].result));
		mg_str_putc(&c->messages, '}');
	}
	drop_calls(c);
	c->complete = c->messages.len;
}

bool
mg_conv_result(struct mg_conv *c, struct mg_sl call, struct mg_sl text)
{
	size_t missing = 0;
	bool fits = false;

	for (size_t i = 0; i < c->ncalls; i++) {
		struct mg_conv_call *t = &c->calls[i];

		if (!t->done && mg_sl_is(call, t->id)) {
			mg_str_sl(&t->result, text);
			t->done = fits = true;
		}
		missing += !t->done;
	}
	if (!fits || missing)
		return false;
	close_results(c);
	return true;
}

void
mg_conv_abandon(struct mg_conv *c, const char *why)
{
	for (size_t i = 0; i < c->ncalls; i++)
		if (!c->calls[i].done)
			mg_str_fmt(&c->calls[i].result, "error: %s", why);
	if (c->ncalls)
		close_results(c);
}

/* Parameters of a model that may stand in a line: in `parameters`, or under
 * their own names, as batch files and OpenAI's requests have them. */
void
mg_conv_params(struct mg_conv *c, struct mg_sl from)
{
	static const char *const names[] = {"temperature", "top_p",
		"max_tokens", "max_completion_tokens", "seed", "stop",
		"frequency_penalty", "presence_penalty", "response_format",
		"tool_choice", "parallel_tool_calls", "reasoning_effort",
		"logprobs", "top_logprobs", "logit_bias", NULL};
	struct mg_sl more = mg_json_get(from, "parameters"), key, value;
	struct mg_str *p = &c->params;
	size_t it = 0;

	mg_str_clear(p);
	for (size_t i = 0; names[i]; i++) {
		value = mg_json_get(from, names[i]);
		if (!value.p)
			continue;
		mg_str_puts(p, p->len ? ",\"" : "\"");
		mg_str_puts(p, names[i]);
		mg_str_puts(p, "\":");
		mg_str_sl(p, value);
	}
	while (mg_json_next(more, &it, &key, &value)) {
		if (p->len)
			mg_str_putc(p, ',');
		mg_str_sl(p, key);
		mg_str_putc(p, ':');
		mg_str_sl(p, value);
	}
}

void
mg_conv_tools(struct mg_conv *c, struct mg_sl from)
{
	struct mg_sl tools = mg_json_get(from, "tools");

	if (mg_json_kind(tools) != '[')
		return;
	mg_str_clear(&c->tools);
	mg_str_sl(&c->tools, tools);
}
