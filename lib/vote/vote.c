/*
 * vote.c - what mg-vote makes of each event, and when a task is decided.
 *
 * With an `init` that names its agents, a task is decided as soon as each of
 * them has answered or failed, else in front of `end` or at the end of the
 * input. An `init` begins anew: what is still undecided then had no chance
 * to be completed if its own stream has not ended.
 */
#include "vote/vote.h"

#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

/* The members that matter, raw; read in one walk over the line. */
struct members {
	struct mg_sl id, agent, content, stop, tool_calls;
	struct mg_voter *who; /* NULL: `agent` is no name */
};

/* NULL if raw is no name. */
static struct mg_voter *
agent_of(struct mg_vote *v, struct mg_sl raw)
{
	mg_str_clear(&v->content);
	if (!mg_json_text(raw, &v->content) || !v->content.len)
		return NULL;
	return mg_voters_get(&v->agents, mg_str_as_sl(&v->content));
}

static void
note_member(struct members *m, struct mg_sl key, struct mg_sl value)
{
	static const struct {
		const char *name;
		size_t n, at;
	} known[] = {{"id", 2, offsetof(struct members, id)},
		{"agent", 5, offsetof(struct members, agent)},
		{"content", 7, offsetof(struct members, content)},
		{"stop", 4, offsetof(struct members, stop)},
		{"tool_calls", 10, offsetof(struct members, tool_calls)}};

	/* The first letter spares most keys the decoding of escapes. */
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (key.n >= known[i].n + 2 &&
			(key.p[1] == known[i].name[0] || key.p[1] == '\\') &&
			mg_json_key_is(key, known[i].name))
			*(struct mg_sl *)((char *)m + known[i].at) = value;
}

static void
read_members(struct mg_vote *v, struct mg_sl raw, struct members *m)
{
	struct mg_sl key, value;
	size_t it = 0;

	*m = (struct members){0};
	while (mg_json_next(raw, &it, &key, &value))
		note_member(m, key, value);
	if (mg_json_kind(m->id) == 'n')
		m->id = (struct mg_sl){NULL, 0};
	m->who = agent_of(v, m->agent);
}

/* An id that can name a task: a string, a number, or none at all. */
static bool
good_id(struct mg_sl id)
{
	char kind = mg_json_kind(id);

	return !id.p || kind == '"' || kind == '0';
}

static void
decide(struct mg_filter *f, struct mg_vote *v, struct mg_task *task,
	enum mg_cut cut)
{
	/* After a signal the source cancels, and what it says of that is no
	 * failure of the agents. */
	if (mg_filter_signal(f))
		cut = MG_CUT_INTERRUPTED;
	mg_vote_result(f, v, task, cut);
	mg_tasks_decided(&v->tasks, task);
}

static void
decide_all(struct mg_filter *f, struct mg_vote *v, enum mg_cut cut)
{
	for (size_t i = 0; v->tasks.open && i < v->tasks.map.n; i++)
		if (mg_tasks_at(&v->tasks, i))
			decide(f, v, mg_tasks_at(&v->tasks, i), cut);
}

/* The agent has spoken; content.p == NULL: it failed. */
static void
heard(struct mg_filter *f, struct mg_vote *v, const struct members *m,
	struct mg_sl content)
{
	struct mg_task *task = mg_tasks_get(&v->tasks, m->id);

	v->seen = true;
	if (!task)
		return; /* it is too late */
	mg_task_says(task, m->who, content);
	if (v->agents.nnamed && task->heard == v->agents.nnamed)
		decide(f, v, task, MG_CUT_NONE);
}

static void
on_message(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_vote *v = state;
	struct mg_fault fault;
	const char *wrong = NULL;
	struct members m;
	char kind;

	if (e->taken)
		return;
	read_members(v, e->raw, &m);
	kind = mg_json_kind(m.content);
	if (!m.who)
		wrong = "a message without `agent`";
	else if (!good_id(m.id))
		wrong = "`id` is neither a string nor a number";
	else if (kind && kind != 'n' && kind != '"')
		wrong = "`content` is no string";
	if (wrong) {
		mg_fail(&fault, MG_E_BAD_EVENT, "%s", wrong);
		mg_bad(f, e, &fault);
	} else if (mg_json_is(m.stop, "tool_calls") ||
		(mg_json_kind(m.tool_calls) == '[' &&
			mg_json_count(m.tool_calls))) {
		v->seen = true; /* a turn on the way to an answer */
		mg_tasks_get(&v->tasks, m.id);
	} else {
		heard(f, v, &m, m.content.p ? m.content : MG_SL("null"));
	}
}

static void
on_error(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_vote *v = state;
	struct members m;

	read_members(v, e->raw, &m);
	if (m.id.p && good_id(m.id) && m.who)
		heard(f, v, &m, (struct mg_sl){NULL, 0});
}

static void
on_task(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_vote *v = state;
	struct members m;

	if (!e->taken)
		return; /* nobody works on it, so nobody will answer */
	read_members(v, e->raw, &m);
	if (!good_id(m.id))
		return;
	v->seen = true;
	if (v->explain && mg_filter_output(f) == MG_OUT_TEXT)
		mg_vote_asked(v, e);
	mg_tasks_get(&v->tasks, m.id);
}

/* `agents`: names, or objects with a `name`. */
static void
name_agents(struct mg_vote *v, struct mg_sl agents)
{
	struct mg_sl key, agent;
	size_t it = 0;

	while (mg_json_kind(agents) == '[' &&
		mg_json_next(agents, &it, &key, &agent)) {
		if (mg_json_kind(agent) == '{')
			agent = mg_json_get(agent, "name");
		mg_str_clear(&v->content);
		if (mg_json_text(agent, &v->content) && v->content.len)
			mg_voters_name(&v->agents, mg_str_as_sl(&v->content));
	}
}

static void
on_init(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_vote *v = state;

	/* In a ring a second one goes on with the same run. */
	if (!mg_filter_ring(f)) {
		decide_all(f, v, v->within ? MG_CUT_TRUNCATED : MG_CUT_NONE);
		mg_tasks_clear(&v->tasks);
		mg_voters_unname(&v->agents);
		v->within = true;
	}
	name_agents(v, mg_json_get(e->raw, "agents"));
}

static void
nothing(struct mg_filter *f, struct mg_vote *v)
{
	struct mg_fault fault;

	v->complained = true;
	mg_fail(&fault, MG_E_NO_INPUT, "nothing to count");
	mg_remedy(&fault, "the messages that mg-ask prints are counted");
	mg_emit_error(f, &fault, MG_SL(""));
}

/* In front of an `end`, and once more at the end of the input. */
static void
on_end(struct mg_filter *f, void *state, const struct mg_end *end)
{
	struct mg_vote *v = state;
	enum mg_cut cut = end->interrupted ? MG_CUT_INTERRUPTED
		: end->truncated	   ? MG_CUT_TRUNCATED
					   : MG_CUT_NONE;

	decide_all(f, v, cut);
	if (cut == MG_CUT_INTERRUPTED)
		/* Tasks may be missing, or decided by what was cancelled. */
		mg_status(f, EX_DATAERR);
	if (cut || mg_filter_ring(f))
		v->complained = true; /* or need not */
	if (!v->seen && !v->complained)
		nothing(f, v);
	mg_voters_unname(&v->agents);
	v->within = false;
}

static const struct mg_on on[] = {{"message", on_message}, {"error", on_error},
	{"task", on_task}, {"init", on_init}, {0}};

const struct mg_stage mg_vote_stage = {.name = "mg-vote",
	.on = on,
	.pure = true,
	.end = on_end,
	.show = mg_vote_show,
	.outcome = "result"};

static int
read_weights(
	struct mg_vote *v, const struct mg_list *weights, struct mg_fault *f)
{
	for (size_t i = 0; i < weights->n; i++) {
		const char *w = weights->v[i], *eq = strrchr(w, '=');
		struct mg_sl name = {w, eq ? (size_t)(eq - w) : 0};
		int64_t weight;

		if (!name.n || !mg_weight_read(eq + 1, &weight))
			return mg_usage(f,
				"--weight takes AGENT=W, W a decimal number "
				"from 0 to 1000000 with at most 6 digits "
				"behind the point");
		mg_voters_get(&v->agents, name)->weight = weight;
		v->weighted = true;
	}
	return 0;
}

int
mg_vote_init(
	struct mg_vote *v, const struct mg_vote_options *o, struct mg_fault *f)
{
	*v = (struct mg_vote){.rules.quorum = o->quorum,
		.keys.max = SIZE_MAX / 2,
		.explain = o->explain || isatty(STDOUT_FILENO)};
	if (mg_answer_rule_init(&v->answer, o->answer_re, o->answer_path, f) <
		0)
		return -1;
	if (o->min_margin &&
		!mg_weight_read(o->min_margin, &v->rules.min_margin))
		mg_usage(f,
			"--min-margin takes a decimal number from 0 to "
			"1000000 with at most 6 digits behind the point");
	else if (read_weights(v, &o->weights, f) == 0)
		return 0;
	mg_vote_release(v);
	return -1;
}

static void
free_texts(struct mg_map *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->e[i].value);
	mg_map_release(m);
}

void
mg_vote_release(struct mg_vote *v)
{
	free_texts(&v->asked);
	free_texts(&v->said);
	mg_answer_rule_release(&v->answer);
	mg_tasks_release(&v->tasks);
	mg_voters_release(&v->agents);
	mg_vote_result_release(v);
}
