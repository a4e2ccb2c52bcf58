/* lead_task.c - tasks, and the sessions whose turns they are. */
#include "vote/lead_in.h"

#include <stdlib.h>

struct lead_task *
mg_lead_task(struct mg_lead *l, struct mg_sl id)
{
	struct mg_str key = MG_STR(MG_LINE_MAX);
	struct lead_task *t;

	mg_id_key(id, &key);
	t = mg_map_get(&l->tasks, mg_str_as_sl(&key));
	mg_str_release(&key);
	return t;
}

struct lead_seat *
mg_lead_seat(struct lead_task *t, struct mg_sl agent)
{
	struct mg_str name = MG_STR(MG_LINE_MAX);
	uintptr_t place = 0;

	if (t && t->begun && mg_json_text(agent, &name))
		place = (uintptr_t)mg_map_get(
			&t->lead->names, mg_str_as_sl(&name));
	mg_str_release(&name);
	return place ? &t->seats[place - 1] : NULL;
}

struct lead_seat *
mg_lead_current_seat(struct mg_lead *l, const struct mg_event *e)
{
	struct lead_task *t = mg_lead_task(l, mg_json_get(e->raw, "id"));
	struct lead_seat *s = mg_lead_seat(t, mg_json_get(e->raw, "agent"));
	int64_t turn = mg_json_int(mg_json_get(e->raw, "turn"), -1);

	return s && mg_lead_current(s, turn) ? s : NULL;
}

void
mg_lead_go_on(struct lead_task *t)
{
	struct lead_session *session = t->session;
	struct mg_lead *l = t->lead;

	mg_lead_step(t);
	mg_lead_pump(l, session);
}

/* --- what a task asks --- */

/* The text of a content: a string, or the texts among its parts. */
static void
text_of(struct mg_sl content, struct mg_str *out)
{
	struct mg_sl key, part;
	size_t it = 0;

	if (mg_json_text(content, out) || mg_json_kind(content) != '[')
		return;
	while (mg_json_next(content, &it, &key, &part)) {
		if (mg_json_kind(mg_json_get(part, "text")) != '"')
			continue;
		if (out->len)
			mg_str_putc(out, '\n');
		mg_json_text(mg_json_get(part, "text"), out);
	}
}

static void
set_question(struct lead_task *t, struct mg_sl content)
{
	text_of(content, &t->question);
	if (mg_json_kind(content) == '[' && mg_json_count(content))
		mg_str_sl(&t->parts, content);
}

/* The user's last message is the question, the others stand before it. */
static void
set_messages(struct lead_task *t, struct mg_sl messages)
{
	struct mg_sl key, m, last = {NULL, 0};
	size_t it = 0;

	while (mg_json_next(messages, &it, &key, &m))
		if (mg_json_is(mg_json_get(m, "role"), "user"))
			last = m;
	for (it = 0; mg_json_next(messages, &it, &key, &m);) {
		if (m.p == last.p)
			continue;
		if (t->before.len)
			mg_str_putc(&t->before, ',');
		mg_str_sl(&t->before, m);
	}
	set_question(t, mg_json_get(last, "content"));
}

/* --- its beginning --- */

static void
take_seats(struct lead_task *t)
{
	const struct mg_lead_rules *r = &t->lead->rules;

	t->n = r->n;
	t->seats = mg_xcalloc(r->n, sizeof(*t->seats));
	for (size_t i = 0; i < r->n; i++) {
		struct lead_seat *s = &t->seats[i];

		s->task = t;
		s->k = i;
		s->voter = (struct mg_voter){
			.name = mg_sl_of(r->agents[i].name),
			.number = (uint32_t)i,
			.rank = (uint32_t)i + 1,
			.weight = r->agents[i].weight};
	}
}

static void
begin(struct lead_task *t)
{
	const struct mg_lead_rules *r = &t->lead->rules;
	const char *why = !r->n ? "there is no agent"
		: !t->question.len && !t->parts.len
		? "the task asks nothing: `content`, or `messages` with one "
		  "of the user's"
		: NULL;

	t->begun = true;
	take_seats(t);
	if (why) {
		mg_lead_cut(t, "failed", mg_sl_of(why));
		return;
	}
	mg_lead_say_timer(t, "run", r->run_timeout);
	mg_lead_say_timer(t, "agent", r->agent_timeout);
	if (r->n > 1 && (r->vote_after == MG_AFTER_ALL || r->skip_voting))
		mg_lead_say_timer(t, "patience", r->patience);
	mg_lead_step(t);
}

void
mg_lead_pump(struct mg_lead *l, struct lead_session *s)
{
	while (l->in_force && s->first && !s->first->begun)
		begin(s->first);
}

static struct lead_session *
session_of(struct mg_lead *l, struct mg_sl name)
{
	struct mg_str key = MG_STR(MG_LINE_MAX);
	void **at;

	if (name.p && mg_json_kind(name) != 'n')
		mg_id_key(name, &key);
	at = mg_map_put(&l->sessions, mg_str_as_sl(&key));
	if (!*at)
		*at = mg_xcalloc(1, sizeof(struct lead_session));
	mg_str_release(&key);
	return *at;
}

void
mg_lead_add(struct mg_lead *l, struct mg_sl event)
{
	struct mg_sl id = mg_json_get(event, "id");
	struct mg_sl messages = mg_json_get(event, "messages");
	struct lead_task *t = mg_xcalloc(1, sizeof(*t));

	t->lead = l;
	t->session = session_of(l, mg_json_get(event, "session"));
	mg_id_key(id, &t->key);
	mg_str_sl(&t->id, id);
	if (mg_json_kind(messages) == '[')
		set_messages(t, messages);
	else
		set_question(t, mg_json_get(event, "content"));
	if (t->session->last)
		t->session->last->next = t;
	else
		t->session->first = t;
	t->session->last = t;
	*mg_map_put(&l->tasks, mg_str_as_sl(&t->key)) = t;
	mg_lead_pump(l, t->session);
}

/* --- its end --- */

static void
free_turn(struct lead_turn *turn)
{
	mg_str_release(&turn->question);
	mg_str_release(&turn->answer);
	mg_str_release(&turn->others);
	free(turn);
}

static void
drop_oldest(struct lead_session *s)
{
	struct lead_turn *turn = s->turns;

	s->turns = turn->next;
	if (!s->turns)
		s->last_turn = NULL;
	s->size -= turn->question.len + turn->answer.len + turn->others.len;
	free_turn(turn);
}

static void
put_others(const struct lead_task *t, struct mg_str *out)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct lead_seat *s = &t->seats[i];

		if (s == t->winner || !s->version)
			continue;
		mg_str_fmt(out, "%s%s:\n\n", out->len ? "\n" : "", s->label);
		mg_quote(mg_str_as_sl(&s->answer), out);
	}
}

/* What the next turn of the session is told. Question and answer of one turn
 * always fit; what lost goes first. */
static void
remember(const struct lead_task *t)
{
	struct lead_session *s = t->session;
	struct lead_turn *turn = mg_xcalloc(1, sizeof(*turn));
	const struct mg_str *text = t->final.len ? &t->final
		: t->winner			 ? &t->winner->answer
						 : NULL;
	size_t most = LEAD_HISTORY_MAX / 2;

	mg_str_sl(&turn->question, mg_sl_cut(mg_str_as_sl(&t->question), most));
	if (text)
		mg_str_sl(&turn->answer, mg_sl_cut(mg_str_as_sl(text), most));
	turn->others.max = LEAD_HISTORY_MAX;
	put_others(t, &turn->others);
	if (turn->others.over ||
		turn->question.len + turn->answer.len + turn->others.len >
			LEAD_HISTORY_MAX)
		mg_str_release(&turn->others);
	s->size += turn->question.len + turn->answer.len + turn->others.len;
	if (s->last_turn)
		s->last_turn->next = turn;
	else
		s->turns = turn;
	s->last_turn = turn;
	while (s->size > LEAD_HISTORY_MAX)
		drop_oldest(s);
}

static void
leave_session(struct lead_task *t)
{
	struct lead_session *s = t->session;
	struct lead_task *before = NULL, **p = &s->first;

	while (*p != t) {
		before = *p;
		p = &before->next;
	}
	*p = t->next;
	if (s->last == t)
		s->last = before;
}

static void
free_task(struct lead_task *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct lead_seat *s = &t->seats[i];

		free(s->server);
		mg_str_release(&s->unheard);
		mg_str_release(&s->answer);
		mg_str_release(&s->notes);
		mg_str_release(&s->why);
	}
	free(t->seats);
	mg_str_release(&t->key);
	mg_str_release(&t->id);
	mg_str_release(&t->question);
	mg_str_release(&t->parts);
	mg_str_release(&t->before);
	mg_str_release(&t->reason);
	mg_str_release(&t->final);
	free(t);
}

void
mg_lead_end(struct lead_task *t)
{
	mg_lead_say_result(t);
	if (t->begun && t->question.len)
		remember(t);
	leave_session(t);
	mg_map_del(&t->lead->tasks, mg_str_as_sl(&t->key));
	free_task(t);
}

void
mg_lead_forget_all(struct mg_lead *l)
{
	for (size_t i = 0; i < l->tasks.n; i++)
		free_task(l->tasks.e[i].value);
	mg_map_release(&l->tasks);
	for (size_t i = 0; i < l->sessions.n; i++) {
		struct lead_session *s = l->sessions.e[i].value;

		while (s->turns)
			drop_oldest(s);
		free(s);
	}
	mg_map_release(&l->sessions);
}
