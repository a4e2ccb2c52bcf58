/* lead.c - what each event means to the lead. */
#include "vote/lead_in.h"

#include "conf/team.h"

#include <stdlib.h>

/* --- the team and its rules --- */

static void
pump_all(struct mg_lead *l)
{
	for (size_t i = 0; i < l->sessions.n; i++)
		mg_lead_pump(l, l->sessions.e[i].value);
}

static void
enforce(struct mg_lead *l)
{
	l->in_force = true;
	for (size_t i = 0; i < l->rules.n; i++)
		*mg_map_put(&l->names, mg_sl_of(l->rules.agents[i].name)) =
			(void *)(uintptr_t)(i + 1);
	pump_all(l);
}

static void
say_rules(struct mg_lead *l)
{
	if (l->said)
		return;
	l->said = true;
	mg_lead_say_rules(l);
	/* Elsewhere than in a ring nothing comes back. */
	if (!mg_filter_ring(l->f))
		enforce(l);
}

/* `agents`: names, or objects with a `name`. */
static void
name_agents(struct mg_lead *l, struct mg_sl agents)
{
	struct mg_sl key, agent;
	size_t it = 0;

	while (mg_json_kind(agents) == '[' &&
		mg_json_next(agents, &it, &key, &agent)) {
		char *name;

		if (mg_json_kind(agent) == '{')
			agent = mg_json_get(agent, "name");
		name = mg_json_dup(agent);
		if (name && name[0])
			mg_rules_agent(&l->rules, mg_sl_of(name), NULL);
		free(name);
	}
}

static void
on_init(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_lead *l = state;

	l->f = f;
	/* The run that is resumed has said its rules. */
	if (l->said || mg_json_bool(mg_json_get(e->raw, "resumed"), false))
		return;
	if (!l->rules.n)
		name_agents(l, mg_json_get(e->raw, "agents"));
	say_rules(l);
}

static void
on_rules(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_lead *l = state;

	l->f = f;
	if (!e->own || l->in_force)
		return;
	mg_rules_read(&l->rules, e->raw);
	l->said = true;
	enforce(l);
}

/* --- tasks, notes, cancels --- */

static void
on_task(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_lead *l = state;

	l->f = f;
	/* One that is open already is nobody's: the seam says so. */
	if (e->taken || mg_lead_task(l, mg_json_get(e->raw, "id")))
		return;
	mg_take(f, e);
	say_rules(l);
	mg_lead_add(l, e->raw);
}

/* A note reaches an agent that will be asked again. */
static bool
hears(const struct lead_seat *s)
{
	bool last_word = s->phase == LEAD_VOTE && s->state == LEAD_CALLED &&
		s->task->lead->rules.on_new_answer == MG_NEW_FINISH;

	return s->part == LEAD_IN && !s->vote && !last_word &&
		!s->task->presenting;
}

static bool
note_seat(struct lead_seat *s, struct mg_sl text)
{
	if (!hears(s))
		return false;
	if (s->notes.len)
		mg_str_puts(&s->notes, "\n\n");
	mg_str_puts(&s->notes, "Note from the user: ");
	mg_str_sl(&s->notes, text);
	/* Its answer to what it is asked now may be its last word. */
	if (s->state == LEAD_CALLED &&
		(s->asked == LEAD_VOTE || s->task->n == 1)) {
		mg_lead_say_cancel(s->task, s, "there is a note from the user");
		s->state = LEAD_REST;
	}
	return true;
}

static bool
note_task(struct lead_task *t, struct mg_sl agent, struct mg_sl text)
{
	struct lead_seat *s = mg_lead_seat(t, agent);
	bool heard = false;

	if (!t->begun)
		return false;
	if (agent.p && mg_json_kind(agent) != 'n')
		return s && note_seat(s, text);
	for (size_t i = 0; i < t->n; i++)
		heard |= note_seat(&t->seats[i], text);
	return heard;
}

static void
on_note(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_lead *l = state;
	struct mg_sl agent = mg_json_get(e->raw, "agent");
	struct mg_str text = MG_STR(MG_LINE_MAX);
	bool heard = false;

	l->f = f;
	if (e->taken || !mg_json_text(mg_json_get(e->raw, "content"), &text) ||
		!text.len)
		goto out;
	/* From the end: a task that ends leaves the list. */
	for (size_t i = l->tasks.n; i-- > 0;) {
		struct lead_task *t = l->tasks.e[i].value;

		if (note_task(t, agent, mg_str_as_sl(&text))) {
			heard = true;
			mg_lead_step(t);
		}
	}
	if (heard)
		mg_take(f, e);
	pump_all(l);
out:
	mg_str_release(&text);
}

static void
cancel_task(struct lead_task *t, struct mg_sl agent, struct mg_sl reason)
{
	struct lead_seat *s = mg_lead_seat(t, agent);

	if (agent.p && mg_json_kind(agent) != 'n') {
		/* Decided, only the winner has a part left. */
		if (!s || (t->presenting && s != t->winner))
			return;
		t->cut = "an agent was cancelled";
		mg_lead_leaves(s, LEAD_ABSTAINS, NULL);
		mg_lead_step(t);
		return;
	}
	/* Whoever cancelled has ended its calls as well. */
	for (size_t i = 0; i < t->n; i++)
		t->seats[i].state = LEAD_REST;
	mg_lead_cut(t, "incomplete", reason);
}

static void
on_cancel(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_lead *l = state;
	struct mg_sl id = mg_json_get(e->raw, "id");
	struct mg_sl agent = mg_json_get(e->raw, "agent");
	struct mg_str reason = MG_STR(MG_LINE_MAX);
	struct lead_task *only = id.p ? mg_lead_task(l, id) : NULL;

	l->f = f;
	if (mg_json_get(e->raw, "call").p || (id.p && !only))
		return; /* a tool's call, or what is over */
	if (!mg_json_text(mg_json_get(e->raw, "reason"), &reason) ||
		!reason.len)
		mg_str_puts(&reason, "cancelled");
	if (only)
		cancel_task(only, agent, mg_str_as_sl(&reason));
	for (size_t i = only ? 0 : l->tasks.n; i-- > 0;)
		cancel_task(l->tasks.e[i].value, agent, mg_str_as_sl(&reason));
	pump_all(l);
	mg_str_release(&reason);
}

static const struct mg_on on[] = {
	{"message", mg_lead_on_message},
	{"tool_call", mg_lead_on_tool_call},
	{"ready", mg_lead_on_ready},
	{"error", mg_lead_on_error},
	{"request", mg_lead_on_request, .own = true},
	{"alarm", mg_lead_on_alarm},
	{"task", on_task},
	{"note", on_note},
	{"cancel", on_cancel},
	{"init", on_init},
	{"rules", on_rules, .own = true},
	{0},
};

const struct mg_stage mg_lead_stage = {
	.name = "mg-vote", .on = on, .pure = true, .outcome = "result"};

/* --- the start --- */

static int
set_models(struct mg_lead *l, const struct mg_list *models, struct mg_fault *f)
{
	struct mg_map names = {0};
	int r = mg_model_names(models, &names, f);

	for (size_t i = 0; i < names.n && r == 0; i++)
		r = mg_rules_agent(&l->rules, names.e[i].key, f);
	mg_map_release(&names);
	return r;
}

static int
set_team(struct mg_lead *l, const char *path, struct mg_fault *f)
{
	struct mg_team *t = mg_team_open(path, NULL, NULL, f);
	int r;

	if (!t)
		return -1;
	r = mg_team_problems(t, MG_PROBLEM_WRONG)
		? -1
		: mg_rules_team(&l->rules, t, f);
	mg_team_free(t);
	return r;
}

static int
set_rules(
	struct mg_lead *l, const struct mg_lead_options *o, struct mg_fault *f)
{
	if (o->team && o->models.n)
		return mg_usage(f, "-m and -c both name the agents");
	if (o->team && set_team(l, o->team, f) < 0)
		return -1;
	if (set_models(l, &o->models, f) < 0)
		return -1;
	for (size_t i = 0; i < o->rules.n; i++)
		if (mg_rules_arg(&l->rules, o->rules.v[i], f) < 0)
			return -1;
	return mg_prompts_load(&l->prompts, f);
}

int
mg_lead_init(struct mg_lead *lead, const struct mg_lead_options *o,
	struct mg_fault *f)
{
	*lead = (struct mg_lead){0};
	mg_rules_init(&lead->rules);
	if (set_rules(lead, o, f) == 0)
		return 0;
	mg_lead_release(lead);
	return -1;
}

void
mg_lead_release(struct mg_lead *lead)
{
	mg_lead_forget_all(lead);
	mg_map_release(&lead->names);
	mg_prompts_release(&lead->prompts);
	mg_rules_release(&lead->rules);
	mg_str_release(&lead->why);
}
