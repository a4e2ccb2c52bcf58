#include "ring/progress.h"

#include "event/json.h"

#include <stdio.h>
#include <stdlib.h>

#define QUESTION_MAX 280 /* bytes */

/* --- the members that we look at, found in one walk --- */

struct seen {
	struct mg_sl agent, agents, asks, code, counted, failed, vote, input,
		label, name, output, run, status, ts, tool_calls;
};

static const struct {
	const char *name;
	size_t at;
} members[] = {
	{"agent", offsetof(struct seen, agent)},
	{"agents", offsetof(struct seen, agents)},
	{"asks", offsetof(struct seen, asks)},
	{"code", offsetof(struct seen, code)},
	{"counted", offsetof(struct seen, counted)},
	{"failed", offsetof(struct seen, failed)},
	{"for", offsetof(struct seen, vote)},
	{"input_tokens", offsetof(struct seen, input)},
	{"label", offsetof(struct seen, label)},
	{"name", offsetof(struct seen, name)},
	{"output_tokens", offsetof(struct seen, output)},
	{"run", offsetof(struct seen, run)},
	{"status", offsetof(struct seen, status)},
	{"ts", offsetof(struct seen, ts)},
	{"tool_calls", offsetof(struct seen, tool_calls)},
};

static void
find_members(struct mg_sl raw, struct seen *s)
{
	struct mg_sl key, value;
	size_t it = 0;

	while (mg_json_next(raw, &it, &key, &value))
		for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
			if (mg_json_key_is(key, members[i].name)) {
				*(struct mg_sl *)((char *)s +
					members[i].at) = value;
				break;
			}
}

/* What fits of a JSON string; what is longer is left empty, since half a
 * label would name another answer. */
static void
copy(char *to, size_t size, struct mg_sl raw)
{
	struct mg_str s = MG_STR(size - 1);
	bool good = mg_json_text(raw, &s) && !s.over;

	memcpy(to, good && s.len ? s.s : "", good ? s.len + 1 : 1);
	mg_str_release(&s);
}

/* --- agents --- */

static struct mg_progress_agent *
find_agent(struct mg_progress *p, struct mg_sl raw, bool make)
{
	struct mg_str name = MG_STR(0);
	struct mg_progress_agent *a = NULL, **at;

	if (!mg_json_text(raw, &name)) {
		mg_str_release(&name);
		return NULL;
	}
	a = mg_map_get(&p->agents, mg_str_as_sl(&name));
	if (!a && make) {
		at = (struct mg_progress_agent **)mg_map_put(
			&p->agents, mg_str_as_sl(&name));
		a = *at = mg_xcalloc(1, sizeof(*a));
		a->name = mg_xstrdup(name.s ? name.s : "");
		a->since_ms = mg_now();
		p->changes++;
	}
	mg_str_release(&name);
	return a;
}

static void
change(struct mg_progress *p, struct mg_progress_agent *a,
	enum mg_agent_state state)
{
	if (a->state == state)
		return;
	a->state = state;
	a->since_ms = mg_now();
	p->changes++;
}

bool
mg_agent_is_active(enum mg_agent_state s)
{
	return s == MG_AGENT_ASKED || s == MG_AGENT_ANSWERING ||
		s == MG_AGENT_TOOL || s == MG_AGENT_VOTING ||
		s == MG_AGENT_PRESENTING;
}

/* --- one event each --- */

typedef void
on_fn(struct mg_progress *p, struct mg_progress_agent *a, struct seen *s);

static void
set_text(char **to, const char *text)
{
	free(*to);
	*to = mg_xstrdup(text);
}

static void
on_init(struct mg_progress *p, struct mg_progress_agent *a, struct seen *s)
{
	struct mg_sl key, name;
	char *run = mg_json_dup(s->run);
	size_t it = 0;

	if (run)
		set_text(&p->run, run);
	free(run);
	while (mg_json_next(s->agents, &it, &key, &name))
		find_agent(p, name, true);
	set_text(&p->status, "running");
	p->over = false;
}

static void
on_request(struct mg_progress *p, struct mg_progress_agent *a, struct seen *s)
{
	a->calls++;
	p->changes++;
	if (mg_json_is(s->asks, "vote"))
		change(p, a, MG_AGENT_VOTING);
	else if (mg_json_is(s->asks, "present"))
		change(p, a, MG_AGENT_PRESENTING);
	else
		change(p, a, MG_AGENT_ASKED);
}

static void
on_delta(struct mg_progress *p, struct mg_progress_agent *a, struct seen *s)
{
	if (a->state == MG_AGENT_ASKED)
		change(p, a, MG_AGENT_ANSWERING);
}

static void
on_message(struct mg_progress *p, struct mg_progress_agent *a, struct seen *s)
{
	if (mg_agent_is_active(a->state) && !mg_json_count(s->tool_calls))
		change(p, a, MG_AGENT_WAITING);
}

/* What the lead's own tools were called for, it says by `answer`, `vote`. */
static void
on_tool_call(struct mg_progress *p, struct mg_progress_agent *a, struct seen *s)
{
	if (!mg_json_is(s->name, "new_answer") && !mg_json_is(s->name, "vote"))
		change(p, a, MG_AGENT_TOOL);
}

static void
on_ready(struct mg_progress *p, struct mg_progress_agent *a, struct seen *s)
{
	if (mg_agent_is_active(a->state))
		change(p, a, MG_AGENT_WAITING);
}

static void
on_answer(struct mg_progress *p, struct mg_progress_agent *a, struct seen *s)
{
	copy(a->label, sizeof(a->label), s->label);
	a->error[0] = '\0';
	a->answers++;
	p->changes++;
	change(p, a, MG_AGENT_WAITING);
}

/* A vote said again with counted:false is void. */
static void
on_vote(struct mg_progress *p, struct mg_progress_agent *a, struct seen *s)
{
	char label[sizeof(a->voted)];

	copy(label, sizeof(label), s->vote);
	if (mg_json_bool(s->counted, false)) {
		memcpy(a->voted, label, sizeof(label));
		p->changes++;
		change(p, a, MG_AGENT_VOTED);
	} else if (strcmp(a->voted, label) == 0) {
		a->voted[0] = '\0';
		p->changes++;
		if (a->state == MG_AGENT_VOTED)
			change(p, a, MG_AGENT_WAITING);
	}
}

static void
on_usage(struct mg_progress *p, struct mg_progress_agent *a, struct seen *s)
{
	int64_t in = mg_json_int(s->input, 0), out = mg_json_int(s->output, 0);

	if (in > 0 && a->input_tokens < INT64_MAX - in)
		a->input_tokens += in;
	if (out > 0 && a->output_tokens < INT64_MAX - out)
		a->output_tokens += out;
	p->changes++;
}

/* A call that was called off is no failure of its agent. */
static void
on_error(struct mg_progress *p, struct mg_progress_agent *a, struct seen *s)
{
	if (!mg_agent_is_active(a->state))
		return;
	if (mg_json_is(s->code, "cancelled")) {
		change(p, a, MG_AGENT_WAITING);
		return;
	}
	copy(a->error, sizeof(a->error), s->code);
	change(p, a, MG_AGENT_FAILED);
}

/* Where nothing else is open, everybody begins anew. */
static void
on_task(struct mg_progress *p, const struct mg_event *e)
{
	char *question = mg_progress_question(e->raw);

	for (size_t i = 0; i < p->agents.n && p->tasks <= p->results; i++) {
		struct mg_progress_agent *a = p->agents.e[i].value;

		a->label[0] = a->voted[0] = a->error[0] = '\0';
		change(p, a, MG_AGENT_WAITING);
	}
	free(p->question);
	p->question = question;
	p->tasks++;
	p->changes++;
}

static void
on_result(struct mg_progress *p, const struct mg_event *e, struct seen *s)
{
	struct mg_progress_agent *a;
	struct mg_sl key, name;
	size_t it = 0;

	mg_str_release(&p->result);
	p->result.max = SIZE_MAX / 2;
	mg_str_sl(&p->result, e->raw);
	p->results++;
	p->changes++;
	for (size_t i = 0; i < p->agents.n && p->results >= p->tasks; i++) {
		a = p->agents.e[i].value;
		if (mg_agent_is_active(a->state))
			change(p, a, MG_AGENT_WAITING);
	}
	while (mg_json_next(s->failed, &it, &key, &name)) {
		a = find_agent(p, name, false);
		if (a)
			change(p, a, MG_AGENT_FAILED);
	}
}

static void
on_end(struct mg_progress *p, struct seen *s)
{
	char word[24];

	copy(word, sizeof(word), s->status);
	set_text(&p->status, word[0] ? word : "done");
	p->over = true;
	p->changes++;
	for (size_t i = 0; i < p->agents.n; i++) {
		struct mg_progress_agent *a = p->agents.e[i].value;

		if (mg_agent_is_active(a->state))
			change(p, a, MG_AGENT_WAITING);
	}
}

static const struct {
	const char *type;
	on_fn *fn;
} on_agent[] = {
	{"delta", on_delta},
	{"request", on_request},
	{"message", on_message},
	{"tool_call", on_tool_call},
	{"ready", on_ready},
	{"answer", on_answer},
	{"vote", on_vote},
	{"usage", on_usage},
	{"error", on_error},
};

static void
on_about_agent(struct mg_progress *p, const struct mg_event *e, struct seen *s)
{
	for (size_t i = 0; i < sizeof(on_agent) / sizeof(*on_agent); i++) {
		struct mg_progress_agent *a;

		if (!mg_event_is(e, on_agent[i].type))
			continue;
		a = find_agent(p, s->agent, on_agent[i].fn == on_request);
		if (a)
			on_agent[i].fn(p, a, s);
		return;
	}
}

void
mg_progress_event(struct mg_progress *p, const struct mg_event *e)
{
	struct seen s = {0};

	find_members(e->raw, &s);
	if (s.ts.p && !mg_event_is(e, "delta")) {
		copy(p->updated, sizeof(p->updated), s.ts);
		if (!p->started[0])
			memcpy(p->started, p->updated, sizeof(p->started));
	}
	if (mg_event_is(e, "init"))
		on_init(p, NULL, &s);
	else if (mg_event_is(e, "task"))
		on_task(p, e);
	else if (mg_event_is(e, "result"))
		on_result(p, e, &s);
	else if (mg_event_is(e, "end"))
		on_end(p, &s);
	else
		on_about_agent(p, e, &s);
}

/* --- a question's first line --- */

/* Text of a message: a string, or the text of its parts. */
static void
content_text(struct mg_sl content, struct mg_str *out)
{
	struct mg_sl key, part;
	size_t it = 0;

	if (mg_json_text(content, out))
		return;
	while (mg_json_next(content, &it, &key, &part))
		mg_json_text(mg_json_get(part, "text"), out);
}

char *
mg_progress_question(struct mg_sl task)
{
	struct mg_sl content = mg_json_get(task, "content"), key, m, line;
	struct mg_str text = MG_STR(64 << 10);
	const char *nl;
	char *copied;
	size_t it = 0;

	if (!content.p) {
		struct mg_sl messages = mg_json_get(task, "messages");

		while (mg_json_next(messages, &it, &key, &m))
			if (mg_json_is(mg_json_get(m, "role"), "user"))
				content = mg_json_get(m, "content");
	}
	content_text(content, &text);
	line = mg_sl_trim(mg_str_as_sl(&text));
	nl = memchr(line.p, '\n', line.n);
	if (nl)
		line.n = (size_t)(nl - line.p);
	line = mg_sl_cut(mg_sl_trim(line), QUESTION_MAX);
	copied = mg_sl_dup(line);
	mg_str_release(&text);
	return copied;
}

/* --- as JSON --- */

const char *
mg_agent_state_name(enum mg_agent_state s)
{
	static const char *const names[] = {
		[MG_AGENT_WAITING] = "waiting",
		[MG_AGENT_ASKED] = "asked",
		[MG_AGENT_ANSWERING] = "answering",
		[MG_AGENT_TOOL] = "tool",
		[MG_AGENT_VOTING] = "voting",
		[MG_AGENT_VOTED] = "voted",
		[MG_AGENT_PRESENTING] = "presenting",
		[MG_AGENT_FAILED] = "failed",
	};

	return names[s];
}

static void
put_agent(const struct mg_progress_agent *a, struct mg_str *out)
{
	mg_str_putc(out, '{');
	mg_json_ms(out, "agent", a->name);
	mg_json_ms(out, "state", mg_agent_state_name(a->state));
	if (a->label[0])
		mg_json_ms(out, "label", a->label);
	if (a->voted[0])
		mg_json_ms(out, "voted", a->voted);
	if (a->error[0])
		mg_json_ms(out, "error", a->error);
	mg_json_mi(out, "calls", a->calls);
	mg_json_mi(out, "answers", a->answers);
	mg_json_mi(out, "input_tokens", a->input_tokens);
	mg_json_mi(out, "output_tokens", a->output_tokens);
	mg_str_putc(out, '}');
}

/* What is a string or absent, spelt anew: the line was not checked. */
static void
put_result(const struct mg_progress *p, struct mg_str *out)
{
	static const char *const keys[] = {
		"id", "status", "winner", "label", "reason", NULL};
	struct mg_sl r = mg_str_as_sl(&p->result);
	struct mg_str text = MG_STR(4096);

	mg_str_puts(out, ",\"result\":{");
	for (size_t i = 0; keys[i]; i++) {
		mg_str_clear(&text);
		if (mg_json_text(mg_json_get(r, keys[i]), &text))
			mg_json_m(out, keys[i], mg_str_as_sl(&text));
	}
	mg_json_mb(out, "answer", mg_json_get(r, "content").p != NULL);
	mg_str_putc(out, '}');
	mg_str_release(&text);
}

void
mg_progress_json(const struct mg_progress *p, struct mg_str *out)
{
	mg_str_putc(out, '{');
	mg_json_mi(out, "v", 1);
	mg_json_ms(out, "run", p->run ? p->run : "");
	mg_json_ms(out, "status", p->status ? p->status : "running");
	mg_json_ms(out, "started", p->started);
	mg_json_ms(out, "updated", p->updated);
	mg_json_mi(out, "tasks", (int64_t)p->tasks);
	mg_json_mi(out, "results", (int64_t)p->results);
	mg_json_ms(out, "question", p->question ? p->question : "");
	mg_str_puts(out, ",\"agents\":[");
	for (size_t i = 0; i < p->agents.n; i++) {
		mg_str_puts(out, i ? "," : "");
		put_agent(p->agents.e[i].value, out);
	}
	mg_str_putc(out, ']');
	if (p->result.len)
		put_result(p, out);
	mg_str_putc(out, '}');
}

void
mg_progress_release(struct mg_progress *p)
{
	for (size_t i = 0; i < p->agents.n; i++) {
		struct mg_progress_agent *a = p->agents.e[i].value;

		free(a->name);
		free(a);
	}
	mg_map_release(&p->agents);
	free(p->run);
	free(p->status);
	free(p->question);
	mg_str_release(&p->result);
	*p = (struct mg_progress){0};
}
