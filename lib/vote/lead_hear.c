/* lead_hear.c - what agents say: calls of our tools, and text. */
#include "vote/lead_in.h"

#include <stdlib.h>

enum tool { TOOL_OTHER, TOOL_NEW_ANSWER, TOOL_VOTE };

/* The right name, or what models make of it. */
static enum tool
tool_of(struct mg_sl raw)
{
	struct mg_str name = MG_STR(MG_LINE_MAX);
	char plain[16];
	size_t n = 0;
	struct mg_sl s;

	mg_json_text(raw, &name);
	s = mg_str_as_sl(&name);
	if (s.n > 10 && memcmp(s.p, "functions.", 10) == 0)
		s = (struct mg_sl){s.p + 10, s.n - 10};
	for (size_t i = 0; i < s.n && n < sizeof(plain) - 1; i++)
		if (s.p[i] != '_' && s.p[i] != '-' && s.p[i] != ' ')
			plain[n++] = (char)(s.p[i] >= 'A' && s.p[i] <= 'Z'
					? s.p[i] | 0x20
					: s.p[i]);
	plain[n] = '\0';
	mg_str_release(&name);
	return strcmp(plain, "newanswer") == 0 ? TOOL_NEW_ANSWER
		: strcmp(plain, "vote") == 0   ? TOOL_VOTE
					       : TOOL_OTHER;
}

/* Both take strings, one that must be there and one that may. */
static bool
only_members(struct mg_sl object, const char *must, const char *may)
{
	struct mg_sl key, value;
	bool found = false;
	size_t it = 0;

	if (mg_json_kind(object) != '{')
		return false;
	while (mg_json_next(object, &it, &key, &value)) {
		bool is = mg_json_key_is(key, must);

		if (mg_json_kind(value) != '"' ||
			(!is && !(may && mg_json_key_is(key, may))))
			return false;
		found |= is;
	}
	return found;
}

static bool
answer_with(struct lead_seat *s, struct mg_sl object, const char *must)
{
	struct mg_str text = MG_STR(MG_LINE_MAX);
	bool counts;

	mg_json_text(mg_json_get(object, must), &text);
	counts = mg_lead_answers(s, mg_str_as_sl(&text));
	mg_str_release(&text);
	return counts;
}

static bool
vote_with(struct lead_seat *s, struct mg_sl object, const char *must, bool late)
{
	struct mg_str label = MG_STR(MG_LINE_MAX), reason = MG_STR(MG_LINE_MAX);
	bool counts = false;

	mg_json_text(mg_json_get(object, must), &label);
	mg_json_text(mg_json_get(object, "reason"), &reason);
	if (late)
		mg_lead_votes_late(
			s, mg_str_as_sl(&label), mg_str_as_sl(&reason));
	else
		counts = mg_lead_votes(
			s, mg_str_as_sl(&label), mg_str_as_sl(&reason));
	mg_str_release(&label);
	mg_str_release(&reason);
	return counts;
}

static bool
refuse(struct mg_lead *l, const char *why)
{
	mg_str_clear(&l->why);
	mg_str_puts(&l->why, why);
	l->excused = false;
	return false;
}

/* One call of ours, in an open task: false with the reason in l->why. */
static bool
call_counts(struct lead_seat *s, enum tool tool, struct mg_event *e)
{
	struct mg_lead *l = s->task->lead;
	struct mg_sl args = mg_json_get(e->raw, "arguments");
	int64_t turn = mg_json_int(mg_json_get(e->raw, "turn"), -1);
	bool current = mg_lead_current(s, turn);

	if (current && s->acted) {
		refuse(l,
			"only the first call of `new_answer` or `vote` in a "
			"turn counts");
		l->excused = true;
		return false;
	}
	if (current) {
		s->acted = true;
		s->loops = false;
	}
	if (tool == TOOL_VOTE && !only_members(args, "label", "reason"))
		return refuse(l, "`vote` takes `label` and `reason`");
	if (tool == TOOL_VOTE)
		return vote_with(s, args, "label", !current);
	if (!current)
		return refuse(l, "it came too late");
	if (!only_members(args, "content", NULL))
		return refuse(l,
			"`new_answer` takes `content`, the whole answer, and "
			"nothing else");
	return answer_with(s, args, "content");
}

void
mg_lead_on_tool_call(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_lead *l = state;
	enum tool tool = tool_of(mg_json_get(e->raw, "name"));
	struct lead_task *t = mg_lead_task(l, mg_json_get(e->raw, "id"));
	struct lead_seat *s = mg_lead_seat(t, mg_json_get(e->raw, "agent"));
	int64_t turn = mg_json_int(mg_json_get(e->raw, "turn"), -1);
	bool current = s && mg_lead_current(s, turn), counts;
	struct mg_str text = MG_STR(4096);

	l->f = f;
	/* One agent alone has no tools of ours. */
	if (e->taken || tool == TOOL_OTHER || l->rules.n == 1)
		return;
	mg_take(f, e);
	if (!s) {
		mg_lead_say_tool_result(
			l, e, MG_SL("error: the task is over"), true);
		return;
	}
	counts = call_counts(s, tool, e);
	if (!counts)
		mg_str_fmt(&text, "error: %s", l->why.s);
	else if (tool == TOOL_VOTE)
		mg_str_fmt(&text, "your vote for %s counts", s->vote->label);
	else
		mg_str_fmt(&text, "your answer is %s", s->label);
	mg_lead_say_tool_result(l, e, mg_str_as_sl(&text), !counts);
	mg_str_release(&text);
	if (!counts && current && !l->excused)
		mg_lead_remind(s);
	if (current)
		mg_lead_go_on(t);
}

/* The one fenced block that a text is; else the text. */
static struct mg_sl
unfence(struct mg_sl text)
{
	const char *nl;

	text = mg_sl_trim(text);
	if (text.n < 8 || memcmp(text.p, "```", 3) != 0 ||
		memcmp(text.p + text.n - 3, "```", 3) != 0)
		return text;
	nl = memchr(text.p, '\n', text.n - 3);
	if (!nl)
		return text;
	return mg_sl_trim((struct mg_sl){
		nl + 1, (size_t)(text.p + text.n - 3 - (nl + 1))});
}

/* A call in writing: {"new_answer":...} or {"vote":...,"reason":...}. */
static enum tool
written_call(struct mg_sl text, struct mg_str *json)
{
	text = unfence(text);
	if (!text.n || text.p[0] != '{')
		return TOOL_OTHER;
	mg_str_sl(json, text);
	if (json->over || mg_json_check(json->s, json->len, NULL, NULL) < 0)
		return TOOL_OTHER;
	text = mg_str_as_sl(json);
	if (only_members(text, "new_answer", NULL))
		return TOOL_NEW_ANSWER;
	return only_members(text, "vote", "reason") ? TOOL_VOTE : TOOL_OTHER;
}

static bool
text_counts(struct lead_seat *s, struct mg_sl text)
{
	struct mg_str json = MG_STR(MG_LINE_MAX);
	struct mg_lead *l = s->task->lead;
	enum tool tool = written_call(text, &json);
	bool counts;

	if (s->task->n == 1)
		tool = TOOL_OTHER; /* no tools of ours, in writing neither */
	if (tool == TOOL_VOTE)
		counts = vote_with(s, mg_str_as_sl(&json), "vote", false);
	else if (tool == TOOL_NEW_ANSWER)
		counts = answer_with(s, mg_str_as_sl(&json), "new_answer");
	else if (!s->version)
		counts = mg_lead_answers(s, text);
	else
		counts = refuse(l, "it was no call");
	mg_str_release(&json);
	return counts;
}

/* The final answer in the winner's words; false: it is still missing. */
static bool
presents(struct lead_seat *s, struct mg_sl text)
{
	struct mg_str json = MG_STR(MG_LINE_MAX);
	struct mg_str *final = &s->task->final;

	if (written_call(text, &json) == TOOL_NEW_ANSWER)
		mg_json_text(
			mg_json_get(mg_str_as_sl(&json), "new_answer"), final);
	else
		mg_str_sl(final, text);
	mg_str_release(&json);
	if (mg_sl_trim(mg_str_as_sl(final)).n && final->len <= LEAD_ANSWER_MAX)
		return true;
	mg_str_clear(final);
	return refuse(s->task->lead,
		"The final answer is missing, or longer than 1 MiB. Reply "
		"with it.");
}

/* The end of a turn without tool calls. */
static void
hear(struct lead_seat *s, struct mg_sl text)
{
	struct lead_task *t = s->task;
	struct lead_session *session = t->session;
	struct mg_lead *l = t->lead;

	s->state = LEAD_REST;
	s->loops = false;
	if (t->presenting && presents(s, text)) {
		mg_lead_end(t);
		mg_lead_pump(l, session);
		return;
	}
	if (t->presenting || !text_counts(s, text)) {
		mg_str_clear(&s->why);
		mg_str_sl(&s->why, mg_str_as_sl(&l->why));
		if (!l->excused)
			mg_lead_remind(s);
	}
	mg_lead_go_on(t);
}

/* Some of a turn's calls are for the tools of others. */
static bool
calls_others(struct mg_sl calls)
{
	struct mg_sl key, call;
	size_t it = 0;

	while (mg_json_next(calls, &it, &key, &call))
		if (tool_of(mg_json_get(call, "name")) == TOOL_OTHER)
			return true;
	return false;
}

void
mg_lead_on_message(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_lead *l = state;
	struct lead_seat *s = mg_lead_current_seat(l, e);
	struct mg_sl calls = mg_json_get(e->raw, "tool_calls");
	struct mg_str text = MG_STR(MG_LINE_MAX);

	l->f = f;
	if (!s || s->state != LEAD_CALLED)
		return;
	s->failures = 0;
	s->heard = true;
	free(s->server);
	s->server = mg_sl_dup(e->by);
	mg_str_release(&s->unheard);
	if (mg_json_kind(calls) == '[' && mg_json_count(calls)) {
		s->state = LEAD_TOOLS;
		s->loops = true;
		s->works = s->task->n == 1 || calls_others(calls);
		return;
	}
	mg_json_text(mg_json_get(e->raw, "content"), &text);
	hear(s, mg_str_as_sl(&text));
	mg_str_release(&text);
}

void
mg_lead_on_ready(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_lead *l = state;
	struct lead_seat *s = mg_lead_current_seat(l, e);

	l->f = f;
	if (!s)
		return;
	s->state = LEAD_REST;
	mg_lead_go_on(s->task);
}
