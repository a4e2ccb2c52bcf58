#include "ring/progress.h"

#include "event/json.h"

#include <stdlib.h>

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

/* Whether it is known by its id; *value is its place then, NULL without. */
static bool
is_known(struct mg_progress *p, const struct mg_event *e, void ***value)
{
	struct mg_sl id = mg_json_get(e->raw, "id");
	struct mg_str key = MG_STR(0);
	size_t n = p->ids.n;

	*value = NULL;
	if (!id.p)
		return false;
	mg_id_key(id, &key);
	*value = mg_map_put(&p->ids, mg_str_as_sl(&key));
	mg_str_release(&key);
	return p->ids.n == n;
}

/* Where nothing else is open, everybody begins anew. */
static void
on_task(struct mg_progress *p, const struct mg_event *e)
{
	char *question;
	void **value;

	if (is_known(p, e, &value))
		return;
	question = mg_progress_question(e->raw);
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
	void **value;

	if (!is_known(p, e, &value) && value)
		p->tasks++; /* its task is in a part that was not read */
	if (value && *value)
		return;
	if (value)
		*value = p;
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

void
mg_progress_release(struct mg_progress *p)
{
	for (size_t i = 0; i < p->agents.n; i++) {
		struct mg_progress_agent *a = p->agents.e[i].value;

		free(a->name);
		free(a);
	}
	mg_map_release(&p->agents);
	mg_map_release(&p->ids);
	free(p->run);
	free(p->status);
	free(p->question);
	mg_str_release(&p->result);
	*p = (struct mg_progress){0};
}
