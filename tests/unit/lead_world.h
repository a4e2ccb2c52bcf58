/*
 * lead_world.h - a ring in one process for tests of the lead: the real stage,
 * fed line by line, a seam, and an mg-ask whose models do as they are told, or
 * as chance has it. Chance is a seed, so every run can be had again.
 *
 *	lead -> to_ask -> (mg-ask) -> to_seam -> (the seam: its log) -> lead
 *
 * Which queue moves next is chance, too; within each, order is kept.
 */
#ifndef TESTS_UNIT_LEAD_WORLD_H
#define TESTS_UNIT_LEAD_WORLD_H

#include "event/filter_in.h"
#include "vote/lead_in.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define AGENTS 6
#define STEPS 20000 /* no world takes that long */

struct lines {
	char **v;
	size_t n, cap, head;
};

/* The lead, as a filter that is fed by hand. */
struct stage {
	struct mg_filter f;
	struct mg_lead lead;
};

/* What mg-ask knows of one agent. */
struct model {
	bool open, silent; /* a call; which does not end by itself */
	int64_t turn;
	char *asks, *labels; /* of the request: raw JSON */
	size_t waits; /* tool calls without a result */
	char *foreign; /* a call of somebody else's tool, under way */
	bool unserved;
	size_t calls; /* tool calls so far, for their ids */
	size_t said; /* answers */
	int64_t version; /* of its answer, as far as is known here */
};

struct timer {
	char *name, *id;
	int64_t at;
};

struct world {
	uint64_t seed;
	int64_t now;
	size_t n; /* agents */
	int wild; /* of 100 replies, how many are odd */
	struct stage stage;
	struct model models[AGENTS];
	struct lines to_ask, to_seam;
	struct lines log; /* as the seam wrote it */
	struct lines made; /* by the lead, in order */
	size_t *cause; /* of each: the line of the log, by its index */
	size_t causes;
	struct timer timers[4096];
	size_t ntimers;
	size_t results, tasks;
	const char *wrong; /* a rule of the ring that was broken */
};

static inline uint64_t
roll(struct world *w, uint64_t n)
{
	w->seed ^= w->seed << 13;
	w->seed ^= w->seed >> 7;
	w->seed ^= w->seed << 17;
	return w->seed % n;
}

static inline bool
chance(struct world *w, int percent)
{
	return (int)roll(w, 100) < percent;
}

static inline void
push(struct lines *l, struct mg_sl line)
{
	MG_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = mg_sl_dup(line);
}

static inline void
free_lines(struct lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct lines){0};
}

static inline struct mg_sl
member(const char *line, const char *key)
{
	return mg_json_get(mg_sl_of(line), key);
}

static inline bool
is(const char *line, const char *key, const char *value)
{
	return mg_json_is(member(line, key), value);
}

/* --- the stage --- */

static inline void
keep(void *arg, struct mg_sl bytes)
{
	struct mg_filter *f = arg;

	mg_out_add(&f->out, bytes.p, bytes.n);
}

static inline void
stage_init(struct stage *s, const struct mg_prompts *prompts)
{
	*s = (struct stage){.f = {.stage = &mg_lead_stage,
				    .name = "mg-vote",
				    .form.output = MG_OUT_NDJSON,
				    .form.put = keep,
				    .form.arg = &s->f,
				    .edited.max = MG_LINE_MAX,
				    .behind.max = SIZE_MAX / 2,
				    .owed.max = SIZE_MAX / 2,
				    .out.q.max = SIZE_MAX / 2}};
	s->f.state = &s->lead;
	mg_rules_init(&s->lead.rules);
	s->lead.prompts = *prompts;
}

static inline void
stage_release(struct stage *s)
{
	s->lead.prompts = (struct mg_prompts){0}; /* they are shared */
	mg_lead_release(&s->lead);
	mg_str_release(&s->f.edited);
	mg_str_release(&s->f.behind);
	mg_str_release(&s->f.owed);
	mg_str_release(&s->f.made);
	mg_str_release(&s->f.out.q);
}

/* One line in, marked; what comes out is appended to `out`, line by line. */
static inline void
stage_feed(
	struct stage *s, const char *mark, const char *line, struct lines *out)
{
	struct mg_str in = MG_STR(0);
	struct mg_sl rest, one;

	mg_str_fmt(&in, "{%s%s", mark, line + 1);
	mg_filter_line(&s->f, mg_str_as_sl(&in));
	mg_str_release(&in);
	rest = mg_str_as_sl(&s->f.out.q);
	while (rest.n) {
		const char *nl = memchr(rest.p, '\n', rest.n);

		one = (struct mg_sl){rest.p, (size_t)(nl - rest.p)};
		push(out, one);
		rest.p += one.n + 1;
		rest.n -= one.n + 1;
	}
	mg_str_clear(&s->f.out.q);
}

/* --- the seam --- */

static inline bool
is_leaf(const char *line)
{
	return is(line, "type", "timer");
}

static inline void
note_timer(struct world *w, const char *line)
{
	struct timer *t = &w->timers[w->ntimers];

	if (!is_leaf(line) || w->ntimers == sizeof(w->timers) / sizeof(*t))
		return;
	t->name = mg_json_dup(member(line, "name"));
	t->id = mg_sl_dup(member(line, "id"));
	t->at = w->now + mg_json_int(member(line, "delay_ms"), 0);
	w->ntimers++;
}

/* Into the log, and into the lead; what it says goes on to mg-ask. */
static inline void
deliver(struct world *w, const char *line)
{
	struct lines out = {0};
	size_t i = w->log.n;

	push(&w->log, mg_sl_of(line));
	note_timer(w, line);
	if (is_leaf(line))
		return;
	stage_feed(&w->stage, "\"lap\":1,", line, &out);
	for (size_t k = 0; k < out.n; k++) {
		bool ours = is(out.v[k], "by", "mg-vote") &&
			!member(out.v[k], "lap").p;

		push(&w->to_ask, mg_sl_of(out.v[k]));
		if (!ours)
			continue;
		push(&w->made, mg_sl_of(out.v[k]));
		w->cause = mg_xrealloc(
			w->cause, w->causes + 1, sizeof(*w->cause));
		w->cause[w->causes++] = i;
		w->results += is(out.v[k], "type", "result");
	}
	free_lines(&out);
}

static inline void
say(struct world *w, struct mg_str *line)
{
	deliver(w, line->s);
	mg_str_release(line);
}

/* The alarm that is due first; false if none is set. */
static inline bool
next_alarm(struct world *w)
{
	struct mg_str line = MG_STR(0);
	struct timer t;
	size_t first = 0;

	if (!w->ntimers)
		return false;
	for (size_t i = 1; i < w->ntimers; i++)
		if (w->timers[i].at < w->timers[first].at)
			first = i;
	t = w->timers[first];
	w->timers[first] = w->timers[--w->ntimers];
	if (w->now < t.at)
		w->now = t.at;
	mg_str_fmt(&line,
		"{\"type\":\"alarm\",\"by\":\"mg-run\",\"for\":\"mg-vote\","
		"\"id\":%s,\"name\":\"%s\"}",
		t.id, t.name);
	free(t.id);
	free(t.name);
	say(w, &line);
	return true;
}

/* --- mg-ask --- */

static inline void
ask_says(struct world *w, struct mg_str *line)
{
	push(&w->to_seam, mg_str_as_sl(line));
	mg_str_release(line);
}

static inline void
ask_begin(struct mg_str *o, const char *type, size_t k, int64_t turn)
{
	mg_str_fmt(o,
		"{\"type\":\"%s\",\"by\":\"mg-ask\",\"id\":\"t\",\"agent\":"
		"\"a%zu\",\"turn\":%" PRId64,
		type, k, turn);
}

static inline void
ask_fails(struct world *w, size_t k, const char *code)
{
	struct mg_str o = MG_STR(0);

	w->models[k].open = false;
	ask_begin(&o, "error", k, w->models[k].turn);
	mg_str_fmt(&o, ",\"code\":\"%s\",\"message\":\"m\"}", code);
	ask_says(w, &o);
}

static inline void
drop_foreign(struct model *m)
{
	free(m->foreign);
	m->foreign = NULL;
	m->waits = 0;
}

static inline void
ask_cancel(struct world *w, const char *line)
{
	for (size_t k = 0; k < w->n; k++) {
		char name[16];

		snprintf(name, sizeof(name), "a%d", (int)k);
		if (member(line, "agent").p && !is(line, "agent", name))
			continue;
		drop_foreign(&w->models[k]);
		if (w->models[k].open)
			ask_fails(w, k, "cancelled");
	}
}

/* The labels that a request's tool `vote` takes; NULL: it has none. */
static inline char *
labels_of(const char *line)
{
	struct mg_sl tools = member(line, "tools"), key, t;
	size_t it = 0;

	while (mg_json_next(tools, &it, &key, &t))
		if (mg_json_is(mg_json_get(t, "name"), "vote"))
			return mg_sl_dup(mg_json_path(
				t, "input_schema.properties.label.enum"));
	return NULL;
}

static inline struct model *
model_of(struct world *w, const char *line)
{
	struct mg_sl agent = member(line, "agent");

	return &w->models[agent.p[2] - '0'];
}

static inline void
ask_request(struct world *w, const char *line)
{
	struct model *m = model_of(w, line);
	int64_t turn = mg_json_int(member(line, "turn"), 0);
	struct mg_str taken = MG_STR(0);

	if (m->unserved) {
		push(&w->to_seam, mg_sl_of(line));
		return;
	}
	if (m->open || m->foreign)
		w->wrong = "asked again while a call was open";
	if (turn <= m->turn)
		w->wrong = "a turn was not counted";
	free(m->asks);
	free(m->labels);
	m->asks = mg_json_dup(member(line, "asks"));
	m->labels = labels_of(line);
	m->turn = turn;
	m->open = true;
	m->silent = false;
	m->waits = 0;
	mg_str_puts(&taken, line);
	taken.len--;
	mg_str_puts(&taken, ",\"taken\":\"mg-ask\"}");
	ask_says(w, &taken);
}

static inline void
ask_ready(struct world *w, struct model *m)
{
	struct mg_str o = MG_STR(0);

	ask_begin(&o, "ready", (size_t)(m - w->models), m->turn);
	mg_str_putc(&o, '}');
	ask_says(w, &o);
}

static inline void
ask_result(struct world *w, const char *line)
{
	struct model *m = model_of(w, line);
	bool current = mg_json_int(member(line, "turn"), 0) == m->turn;

	push(&w->to_seam, mg_sl_of(line));
	if (current && m->waits && !--m->waits)
		ask_ready(w, m);
}

/* mg-ask reads one line. */
static inline void
ask_reads(struct world *w)
{
	char *line = w->to_ask.v[w->to_ask.head++];
	bool ours = is(line, "by", "mg-vote");

	if (is(line, "type", "answer") && ours)
		model_of(w, line)->version++;
	if (is(line, "type", "cancel") && ours)
		push(&w->to_seam, mg_sl_of(line));
	if (is(line, "type", "cancel"))
		ask_cancel(w, line);
	else if (is(line, "type", "request") && ours)
		ask_request(w, line);
	else if (is(line, "type", "tool_result") && ours)
		ask_result(w, line);
	else if (ours)
		push(&w->to_seam, mg_sl_of(line));
}

/* Somebody else's tool is done. */
static inline void
tool_ends(struct world *w, struct model *m)
{
	struct mg_str o = MG_STR(0);

	mg_str_fmt(&o,
		"{\"type\":\"tool_result\",\"by\":\"mg-tools\",\"id\":\"t\","
		"\"agent\":\"a%zu\",\"turn\":%" PRId64
		",\"call\":\"%s\",\"content\":\"x\",\"is_error\":false}",
		(size_t)(m - w->models), m->turn, m->foreign);
	free(m->foreign);
	m->foreign = NULL;
	ask_says(w, &o);
	if (m->waits && !--m->waits)
		ask_ready(w, m);
}

static inline void
world_release(struct world *w)
{
	stage_release(&w->stage);
	for (size_t k = 0; k < AGENTS; k++) {
		drop_foreign(&w->models[k]);
		free(w->models[k].asks);
		free(w->models[k].labels);
	}
	for (size_t i = 0; i < w->ntimers; i++) {
		free(w->timers[i].id);
		free(w->timers[i].name);
	}
	free_lines(&w->to_ask);
	free_lines(&w->to_seam);
	free_lines(&w->log);
	free_lines(&w->made);
	free(w->cause);
}

#endif
