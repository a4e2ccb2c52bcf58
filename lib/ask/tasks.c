/* tasks.c - prompts, text, tasks, chat and batch lines: a call by every agent. */
#include "ask/ask.h"

#include "base/clock.h"

#define ID_MAX 4096 /* bytes, as spelt: every event repeats it */

/* A task is a first turn of every agent. */
static void
fan_out(struct mg_ask *a, struct mg_sl id, struct mg_sl from,
	struct mg_sl content)
{
	struct mg_sl messages = mg_json_get(from, "messages");

	a->total.tasks++;
	for (size_t i = 0; i < a->agents.n; i++) {
		struct mg_conv *c = mg_conv_get(
			a, id, mg_sl_of(a->agents.v[i].name), true);

		if (c->call)
			mg_call_cancel(c->call, "the task was asked again");
		c = mg_conv_get(a, id, mg_sl_of(a->agents.v[i].name), true);
		mg_conv_abandon(c, "the task was asked again");
		mg_conv_clear(c);
		c->turn = 1;
		c->once = true;
		mg_conv_params(c, from);
		mg_conv_tools(c, from);
		if (messages.p)
			mg_conv_append(c, messages);
		else
			mg_conv_say(c, "user", content);
		mg_call_begin(c);
	}
}

/* The task's text: its own, or what the template makes of it. */
static int
task_text(struct mg_ask *a, struct mg_sl text, struct mg_sl members,
	struct mg_str *out, struct mg_fault *f)
{
	if (!a->template)
		return mg_str_sl(out, text)
			? 0
			: mg_fail(f, MG_E_TOO_LARGE, "the prompt is too long");
	return mg_template_fill(a->template, text, a->vars, members, out, f);
}

/* A raw id for what came without one: a number that nobody has used. */
static void
fresh_id(struct mg_ask *a, struct mg_str *id)
{
	struct mg_str key = MG_STR(64);

	do {
		mg_str_clear(id);
		mg_str_clear(&key);
		mg_str_fmt(id, "\"%lld\"", (long long)++a->fresh);
		mg_id_key(mg_str_as_sl(id), &key);
	} while (mg_map_get(&a->ids, mg_str_as_sl(&key)));
	mg_str_release(&key);
}

/* An id names one task; two would share their answers. */
static int
use_id(struct mg_ask *a, struct mg_sl id, struct mg_fault *f)
{
	struct mg_str key = MG_STR(MG_LINE_MAX);
	void **used;
	bool fresh;

	if ((mg_json_kind(id) != '"' && mg_json_kind(id) != '0') ||
		id.n > ID_MAX) {
		mg_fail(f, MG_E_BAD_EVENT,
			"an id is a string or a number of "
			"at most %d bytes",
			ID_MAX);
		return mg_remedy(f, "leave it out, and the task gets one");
	}
	mg_id_key(id, &key);
	used = mg_map_put(&a->ids, mg_str_as_sl(&key));
	fresh = !*used;
	*used = a;
	mg_str_release(&key);
	if (fresh)
		return 0;
	mg_fail(f, MG_E_BAD_EVENT, "a task with this id was asked already");
	return mg_remedy(f, "give each task an id of its own, or none");
}

/* Is anything asked at all? */
static bool
asks(struct mg_sl body, struct mg_sl content)
{
	struct mg_sl messages = mg_json_get(body, "messages");

	return content.n ||
		(mg_json_kind(messages) == '[' && mg_json_count(messages));
}

static int
asks_nothing(struct mg_fault *f)
{
	mg_fail(f, MG_E_BAD_EVENT, "a task without text and without messages");
	return mg_remedy(f,
		"give it `content`, or `messages` that are not "
		"empty");
}

/* A task that we word ourselves; taken, since we do it. */
static void
own_task(struct mg_ask *a, struct mg_sl id, struct mg_sl body,
	struct mg_sl content)
{
	struct mg_sl messages = mg_json_get(body, "messages");
	struct mg_str *o = mg_emit(a->f, "task");

	mg_json_mraw(o, "id", id);
	if (messages.p)
		mg_json_mraw(o, "messages", messages);
	else
		mg_json_m(o, "content", content);
	mg_json_ms(o, "taken", mg_filter_name(a->f));
	if (mg_sent(a->f))
		fan_out(a, id, body, content);
}

static void
own_text(struct mg_ask *a, struct mg_sl text, struct mg_sl members)
{
	struct mg_str id = MG_STR(64), full = MG_STR(MG_LINE_MAKE);
	struct mg_fault f;

	fresh_id(a, &id);
	if (use_id(a, mg_str_as_sl(&id), &f) < 0 ||
		task_text(a, text, members, &full, &f) < 0) {
		mg_emit_error(a->f, &f, MG_SL(""));
		a->total.errors++;
	} else {
		own_task(a, mg_str_as_sl(&id), (struct mg_sl){NULL, 0},
			mg_str_as_sl(&full));
	}
	mg_str_release(&id);
	mg_str_release(&full);
}

void
mg_ask_begin(struct mg_filter *f, void *state)
{
	struct mg_ask *a = state;
	struct mg_str *o;

	a->f = f;
	a->began_ms = mg_now();
	o = mg_emit(f, "init");
	mg_json_mi(o, "v", 1);
	mg_json_ms(o, "command", "mg-ask");
	mg_str_puts(o, ",\"agents\":[");
	for (size_t i = 0; i < a->agents.n; i++) {
		if (i)
			mg_str_putc(o, ',');
		mg_json_puts(o, a->agents.v[i].name);
	}
	mg_str_putc(o, ']');
	mg_sent(f);
	if (a->prompt.p && a->no_stdin)
		own_text(a, a->prompt, (struct mg_sl){NULL, 0});
}

/* Text on standard input: context for the prompt, or the prompt itself. */
void
mg_ask_text(struct mg_filter *f, void *state, struct mg_sl text)
{
	struct mg_ask *a = state;
	struct mg_str both = MG_STR(MG_LINE_MAKE);

	if (mg_sl_trim(text).n == 0 && !a->prompt.p && !a->template)
		return; /* end() says that there was nothing */
	if (a->prompt.p)
		mg_str_sl(&both, a->prompt);
	if (a->prompt.p && mg_sl_trim(text).n)
		mg_str_puts(&both, "\n\n");
	if (mg_sl_trim(text).n)
		mg_str_sl(&both, text);
	a->prompt = (struct mg_sl){NULL, 0};
	own_text(a, mg_str_as_sl(&both), (struct mg_sl){NULL, 0});
	mg_str_release(&both);
}

/* A chat message, or a line of OpenAI's batch files. */
bool
mg_ask_line(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_sl role = mg_json_get(e->raw, "role");
	struct mg_sl custom = mg_json_get(e->raw, "custom_id");
	struct mg_sl body = mg_json_get(e->raw, "body");
	struct mg_sl content = mg_json_get(e->raw, "content");
	struct mg_ask *a = state;
	struct mg_fault fault;
	struct mg_str id = MG_STR(64), text = MG_STR(MG_LINE_MAKE);

	a->f = f;
	if (custom.p && mg_json_kind(body) == '{') {
		if ((!asks(body, MG_SL("")) && asks_nothing(&fault)) ||
			use_id(a, custom, &fault) < 0)
			mg_bad(f, e, &fault);
		else
			own_task(a, custom, body, MG_SL(""));
		return true;
	}
	if (!role.p)
		return false;
	if (!mg_json_is(role, "user")) {
		mg_fail(&fault, MG_E_BAD_EVENT,
			"a chat line is one task, so its role is user");
		mg_remedy(&fault,
			"put a conversation on one line: "
			"jq -sc '{type:\"task\",messages:.}'");
		mg_bad(f, e, &fault);
	} else if (mg_json_kind(content) != '"' &&
		!(mg_json_kind(content) == '[' && mg_json_count(content))) {
		asks_nothing(&fault);
		mg_bad(f, e, &fault);
	} else if (mg_json_text(content, &text)) {
		own_text(a, mg_str_as_sl(&text), e->raw);
	} else { /* content in parts */
		fresh_id(a, &id);
		use_id(a, mg_str_as_sl(&id), NULL);
		text.max = MG_LINE_MAX + 64; /* own_task() has the limit */
		mg_str_puts(&text, "{\"messages\":[");
		mg_str_sl(&text, e->raw);
		mg_str_puts(&text, "]}");
		own_task(a, mg_str_as_sl(&id), mg_str_as_sl(&text), MG_SL(""));
	}
	mg_str_release(&id);
	mg_str_release(&text);
	return true;
}

/* The line again, with the id that it lacks. */
static void
give_id(struct mg_filter *f, struct mg_event *e, struct mg_sl id)
{
	struct mg_str line = MG_STR(MG_LINE_MAX);

	mg_str_add(&line, e->raw.p, e->raw.n - 1);
	while (line.len && strchr(" \t", line.s[line.len - 1]))
		line.s[--line.len] = '\0';
	mg_json_mraw(&line, "id", id);
	mg_str_putc(&line, '}');
	mg_edit(f, e, mg_str_as_sl(&line));
	mg_str_release(&line);
}

void
mg_ask_task(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_ask *a = state;
	struct mg_sl id = mg_json_get(e->raw, "id");
	struct mg_str text = MG_STR(MG_LINE_MAKE), made = MG_STR(64);
	struct mg_str full = MG_STR(MG_LINE_MAKE);
	struct mg_fault fault;

	a->f = f;
	if (e->taken || mg_filter_ring(f))
		return; /* in a ring tasks are the lead's */
	mg_json_text(mg_json_get(e->raw, "content"), &text);
	if (!id.p) {
		fresh_id(a, &made);
		id = mg_str_as_sl(&made);
	}
	if (!asks(e->raw, mg_str_as_sl(&text))) {
		asks_nothing(&fault);
		mg_bad(f, e, &fault);
	} else if ((text.len &&
			   task_text(a, mg_str_as_sl(&text), e->raw, &full,
				   &fault) < 0) ||
		use_id(a, id, &fault) < 0) {
		mg_bad(f, e, &fault);
	} else {
		if (made.len)
			give_id(f, e, id);
		mg_take(f, e);
		fan_out(a, id, e->raw, mg_str_as_sl(&full));
	}
	mg_str_release(&text);
	mg_str_release(&made);
	mg_str_release(&full);
}
