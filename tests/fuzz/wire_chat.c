/*
 * wire_chat.c - fuzzes replies on the chat-completions wire.
 *
 * What must hold for any bytes: a reply that passes as whole can be said as a
 * message that is one line of JSON; its deltas come to its content; chunked
 * otherwise it is the same reply; and what breaks it has a message.
 */
#include "ask/wire.h"
#include "event/json.h"
#include "io/sse.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct play {
	const struct mg_wire *wire;
	struct mg_reply reply;
	struct mg_fault fault;
	struct mg_str deltas, said;
};

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
on_delta(void *arg, bool thinking, struct mg_sl text)
{
	struct play *p = arg;

	must(text.n > 0);
	if (!thinking)
		mg_str_sl(&p->deltas, text);
}

static void
on_event(void *arg, struct mg_sl name, char *data, size_t n)
{
	struct play *p = arg;

	if (p->fault.code == MG_OK)
		must((p->wire->event(&p->reply, data, n, &p->fault) < 0) ==
			(p->fault.code != MG_OK));
}

static void
begin(struct play *p)
{
	*p = (struct play){.wire = mg_wire_named("chat")};
	mg_reply_init(&p->reply);
	p->reply.delta = on_delta;
	p->reply.arg = p;
}

/* Writes what a message would say; what is not whole says why. */
static void
end(struct play *p)
{
	struct mg_reply *r = &p->reply;
	bool good = p->fault.code == MG_OK && mg_reply_check(r, &p->fault) == 0;

	must(good || (p->fault.code != MG_OK && p->fault.message[0]));
	must(mg_sl_eq(mg_str_as_sl(&p->deltas), mg_str_as_sl(&r->content)));
	mg_str_putc(&p->said, '{');
	mg_json_ms(&p->said, "why", good ? "" : p->fault.message);
	mg_json_m(&p->said, "content", mg_str_as_sl(&r->content));
	if (r->stop)
		mg_json_ms(&p->said, "stop", r->stop);
	for (size_t i = 0; good && i < r->ncalls; i++) {
		mg_str_puts(&p->said, i ? ",{" : ",\"calls\":[{");
		mg_reply_call_json(&r->calls[i], &p->said);
		mg_str_puts(&p->said, i + 1 < r->ncalls ? "}" : "}]");
	}
	mg_str_putc(&p->said, '}');
	must(!p->said.over && !memchr(p->said.s, '\n', p->said.len));
	must(mg_json_check(p->said.s, p->said.len, NULL, NULL) >= 0);
	must(!good || r->whole);
}

static void
finish(struct play *p)
{
	mg_reply_release(&p->reply);
	mg_str_release(&p->deltas);
	mg_str_release(&p->said);
}

static void
stream(struct play *p, const uint8_t *data, size_t size, size_t step)
{
	struct mg_sse sse = {.fn = on_event, .arg = p};

	begin(p);
	for (size_t i = 0; i < size; i += step)
		mg_sse_push(&sse, (const char *)data + i,
			step < size - i ? step : size - i);
	mg_sse_release(&sse);
	end(p);
}

static void
body(const uint8_t *data, size_t size)
{
	struct mg_str copy = MG_STR(0), words = MG_STR(0);
	struct play p;

	begin(&p);
	mg_str_add(&copy, data, size);
	mg_str_puts(&copy, "");
	p.wire->refusal(copy.s, copy.len, &words);
	p.wire->body(&p.reply, copy.s, copy.len, &p.fault);
	end(&p);
	finish(&p);
	mg_str_release(&copy);
	mg_str_release(&words);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct play whole, pieces;

	stream(&whole, data, size, size ? size : 1);
	stream(&pieces, data, size, 1 + size % 7);
	must(mg_sl_eq(mg_str_as_sl(&whole.said), mg_str_as_sl(&pieces.said)));
	finish(&whole);
	finish(&pieces);
	body(data, size);
	return 0;
}
