#include "ask/wire.h"

#include "event/json.h"

#include <stdlib.h>

extern const struct mg_wire mg_wire_chat;

static const struct mg_wire *const wires[] = {&mg_wire_chat, NULL};

const struct mg_wire *
mg_wire_named(const char *name)
{
	for (size_t i = 0; wires[i]; i++)
		if (strcmp(wires[i]->name, name) == 0)
			return wires[i];
	return NULL;
}

void
mg_reply_init(struct mg_reply *r)
{
	*r = (struct mg_reply){.content.max = MG_REPLY_MAX,
		.thinking.max = MG_REPLY_MAX,
		.input = -1,
		.cached = -1,
		.output = -1,
		.reasoning = -1};
}

void
mg_reply_drop_calls(struct mg_reply *r)
{
	for (size_t i = 0; i < r->ncalls; i++) {
		mg_str_release(&r->calls[i].id);
		mg_str_release(&r->calls[i].name);
		mg_str_release(&r->calls[i].args);
	}
	free(r->calls);
	r->calls = NULL;
	r->ncalls = r->capcalls = 0;
}

void
mg_reply_release(struct mg_reply *r)
{
	mg_reply_drop_calls(r);
	free(r->stop);
	free(r->id);
	free(r->model);
	mg_str_release(&r->content);
	mg_str_release(&r->thinking);
}

static int
too_large(struct mg_fault *f)
{
	mg_fail(f, MG_E_TOO_LARGE, "the reply is longer than %zu MiB",
		MG_REPLY_MAX >> 20);
	return mg_remedy(f, "limit it: -p max_tokens=N");
}

/* A message is one line of at most MG_LINE_MAKE, however it is spelt; what
 * else stands in it needs less than 64 KiB. */
static bool
fits(const struct mg_reply *r)
{
	size_t n = r->spelt;

	for (size_t i = 0; i < r->ncalls; i++)
		n += r->calls[i].args.len +
			2 * (r->calls[i].id.len + r->calls[i].name.len) + 64;
	return n <= MG_LINE_MAKE - ((size_t)64 << 10);
}

static size_t
spelt(struct mg_sl text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		n += c < 0x20 ? 6 : c == '"' || c == '\\' ? 2 : 1;
	}
	return n;
}

int
mg_reply_text(
	struct mg_reply *r, bool thinking, struct mg_sl raw, struct mg_fault *f)
{
	struct mg_str *to = thinking ? &r->thinking : &r->content;
	size_t before = to->len;
	struct mg_sl piece;

	if (!mg_json_text(raw, to) && !to->over)
		return 0; /* null, or not said */
	piece = (struct mg_sl){to->s + before, to->len - before};
	if (!thinking)
		r->spelt += spelt(piece);
	if (to->over || !fits(r)) {
		/* What came before it still fits an error. */
		r->spelt -= thinking ? 0 : spelt(piece);
		to->len = before;
		return too_large(f);
	}
	if (r->delta && piece.n)
		r->delta(r->arg, thinking, piece);
	return 0;
}

/* The piece names a call, and it is another one. */
static bool
other_id(const struct mg_tool_call *c, struct mg_sl id)
{
	struct mg_str text = MG_STR(1024);
	bool other;

	mg_json_text(id, &text);
	other = text.len && c->id.len &&
		!mg_sl_eq(mg_str_as_sl(&text), mg_str_as_sl(&c->id));
	mg_str_release(&text);
	return other;
}

struct mg_tool_call *
mg_reply_call(
	struct mg_reply *r, int64_t index, struct mg_sl id, struct mg_fault *f)
{
	size_t i = r->ncalls;

	while (i > 0 && r->calls[i - 1].index != index)
		i--;
	if (i > 0 && !other_id(&r->calls[i - 1], id))
		return &r->calls[i - 1];
	if (r->ncalls == MG_TOOL_CALLS_MAX) {
		mg_fail(f, MG_E_MALFORMED,
			"a reply with more than %d tool "
			"calls",
			MG_TOOL_CALLS_MAX);
		return NULL;
	}
	MG_GROW(r->calls, r->ncalls, r->capcalls);
	r->calls[r->ncalls] = (struct mg_tool_call){.id.max = 1024,
		.name.max = 1024,
		.args.max = MG_REPLY_MAX,
		.index = index};
	return &r->calls[r->ncalls++];
}

/* The arguments must be one JSON object: they become part of an event. */
static int
check_call(struct mg_tool_call *c, size_t number, struct mg_fault *f)
{
	struct mg_sl args = mg_sl_trim(mg_str_as_sl(&c->args));
	const char *why = "not an object";

	if (c->id.over || c->name.over || c->args.over)
		return too_large(f);
	if (!c->name.len)
		return mg_fail(f, MG_E_MALFORMED, "a tool call without a name");
	if (!c->id.len || memchr(c->id.s, '\0', c->id.len)) {
		mg_str_clear(&c->id);
		mg_str_fmt(&c->id, "call_%zu", number);
	}
	if (!args.n) {
		mg_str_puts(&c->args, "{}");
		return 0;
	}
	if (mg_json_check(c->args.s, c->args.len, &why, NULL) < 0 ||
		args.p[0] != '{')
		return mg_fail(f, MG_E_MALFORMED,
			"the arguments of a tool call are no JSON object: %s",
			why);
	/* One event is one line, whatever the model wrote between tokens. */
	for (size_t i = 0; i < c->args.len; i++)
		if (c->args.s[i] == '\n' || c->args.s[i] == '\r')
			c->args.s[i] = ' ';
	return 0;
}

int
mg_reply_check(struct mg_reply *r, struct mg_fault *f)
{
	if (!r->whole)
		return mg_fail(f, MG_E_STREAM_CUT,
			"the answer ended before its end was said");
	for (size_t i = 0; i < r->ncalls; i++)
		if (check_call(&r->calls[i], i + 1, f) < 0)
			return -1;
	if (!fits(r))
		return too_large(f);
	if (!r->content.len && !r->ncalls) {
		mg_fail(f, MG_E_EMPTY, "the reply is empty%s%s",
			r->stop ? "; the model stopped for: " : "",
			r->stop ? r->stop : "");
		return mg_remedy(f,
			"a larger max_tokens leaves room to "
			"answer");
	}
	return 0;
}

void
mg_reply_call_json(const struct mg_tool_call *c, struct mg_str *out)
{
	mg_json_m(out, "call", mg_str_as_sl(&c->id));
	mg_json_m(out, "name", mg_str_as_sl(&c->name));
	mg_json_mraw(out, "arguments", mg_sl_trim(mg_str_as_sl(&c->args)));
}
