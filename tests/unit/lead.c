/*
 * lead.c - the lead in 10,000 small worlds: whatever order things come in,
 * whatever models, people and clocks do, it ends, its votes are fresh, its
 * limits hold, and its log makes it say the same again.
 *
 *	lead		all of them (fewer under a sanitizer, more with MG_SOAK)
 *	lead SEED	this one, its log on standard output
 */
#include "lead_world.h"

#include "tap.h"

#ifdef __SANITIZE_ADDRESS__
#define WORLDS 600
#else
#define WORLDS 10000
#endif

#define ANSWERS 256

/* --- models --- */

static void
put_call(struct world *w, struct mg_str *list, struct mg_str *events, size_t k,
	const char *name, const char *args)
{
	struct model *m = &w->models[k];
	struct mg_str one = MG_STR(0);

	mg_str_fmt(&one,
		"\"call\":\"c%zu.%zu\",\"name\":\"%s\",\"arguments\":%s", k,
		++m->calls, name, args);
	mg_str_fmt(list, "%s{%s}", list->len ? "," : "", one.s);
	ask_begin(events, "tool_call", k, m->turn);
	mg_str_fmt(events, ",%s}\n", one.s);
	m->waits++;
	if (strcmp(name, "search") == 0) {
		free(m->foreign);
		m->foreign = mg_xcalloc(1, 32);
		snprintf(m->foreign, 32, "c%zu.%zu", k, m->calls);
	}
	mg_str_release(&one);
}

/* A turn ends: its text, or the calls in `list`. */
static void
reply(struct world *w, size_t k, const char *text, struct mg_str *list,
	struct mg_str *events)
{
	struct model *m = &w->models[k];
	struct mg_str o = MG_STR(0);
	struct mg_sl rest = mg_str_as_sl(events);

	m->open = false;
	ask_begin(&o, "message", k, m->turn);
	mg_json_ms(&o, "content", text);
	if (list->len)
		mg_str_fmt(&o, ",\"tool_calls\":[%s]", list->s);
	mg_str_putc(&o, '}');
	ask_says(w, &o);
	while (rest.n) {
		const char *nl = memchr(rest.p, '\n', rest.n);

		push(&w->to_seam,
			(struct mg_sl){rest.p, (size_t)(nl - rest.p)});
		rest.n -= (size_t)(nl - rest.p) + 1;
		rest.p = nl + 1;
	}
	mg_str_release(list);
	mg_str_release(events);
}

static void
answer_text(struct world *w, size_t k, struct mg_str *out)
{
	static const char *const words[] = {
		"yes", "no", "seven", "blue", "it depends", "on the\\n> sea"};

	mg_str_clear(out);
	mg_str_fmt(
		out, "%s %zu-%zu", words[roll(w, 6)], k, w->models[k].said++);
	if (w->wild && chance(w, 20)) {
		mg_str_clear(out);
		mg_str_puts(out, "42"); /* what others may say, too */
	}
}

/* A label that may be voted for, or none of them. */
static void
pick_label(struct world *w, size_t k, bool good, struct mg_str *out)
{
	struct mg_sl labels = mg_sl_of(w->models[k].labels), key, v;
	size_t n = mg_json_count(labels), it = 0, at;

	mg_str_clear(out);
	if (!good || !n) {
		k = roll(w, w->n);
		if (chance(w, 60)) /* it has heard of it somehow */
			mg_str_fmt(out, "agent%zu.%" PRId64, k + 1,
				w->models[k].version);
		else
			mg_str_fmt(out, "agent%d.%d", (int)roll(w, w->n + 2),
				(int)roll(w, 4));
		return;
	}
	at = roll(w, n);
	while (mg_json_next(labels, &it, &key, &v) && at--)
		;
	mg_json_text(v, out);
}

/* new_answer or vote with these arguments, as a call or in writing. */
static void
act(struct world *w, size_t k, bool vote, const char *what)
{
	struct mg_str list = MG_STR(0), events = MG_STR(0), args = MG_STR(0);
	bool written = chance(w, 30), odd = w->wild && chance(w, w->wild);
	const char *name = vote ? "vote" : "new_answer";

	if (!vote && chance(w, 20)) {
		reply(w, k, what, &list, &events);
		return;
	}
	mg_str_fmt(&args, "{\"%s\":\"%s\"%s}",
		written	       ? name
			: odd  ? "why"
			: vote ? "label"
			       : "content",
		what, vote ? ",\"reason\":\"r\"" : "");
	if (written) {
		reply(w, k, args.s, &list, &events);
		mg_str_release(&args);
		return;
	}
	if (w->wild && chance(w, 20))
		put_call(w, &list, &events, k, "search", "{}");
	if (w->wild && chance(w, 10))
		name = vote ? "Vote" : "newAnswer";
	put_call(w, &list, &events, k, name, args.s);
	if (w->wild && chance(w, 10))
		put_call(w, &list, &events, k, chance(w, 50) ? "vote" : name,
			args.s);
	reply(w, k, "", &list, &events);
	mg_str_release(&args);
}

static void
behave_oddly(struct world *w, size_t k)
{
	static const char *const codes[] = {"timeout", "provider_failed",
		"rate_limited", "key_refused", "model_unknown"};
	struct mg_str list = MG_STR(0), events = MG_STR(0), text = MG_STR(0);

	switch (roll(w, 9)) {
	case 0:
		ask_fails(w, k, codes[roll(w, 5)]);
		break;
	case 1:
		w->models[k].silent = true;
		break;
	case 2:
		reply(w, k, chance(w, 50) ? "" : "hm", &list, &events);
		break;
	case 3:
		put_call(w, &list, &events, k, "search", "{}");
		reply(w, k, "let me see", &list, &events);
		break;
	case 4:
		pick_label(w, k, false, &text);
		act(w, k, true, text.s);
		break;
	default:
		answer_text(w, k, &text);
		act(w, k, false, text.s);
		break;
	}
	mg_str_release(&text);
}

static void
end_call(struct world *w, size_t k)
{
	struct mg_str text = MG_STR(0);

	if (w->wild && chance(w, w->wild)) {
		behave_oddly(w, k);
		return;
	}
	if (w->models[k].labels)
		pick_label(w, k, true, &text);
	else
		answer_text(w, k, &text);
	act(w, k, w->models[k].labels != NULL, text.s);
	mg_str_release(&text);
}

/* --- a world --- */

static void
set_rules(struct world *w)
{
	static const char *const some[] = {"vote_after=first", "patience=1s",
		"patience=none", "on_new_answer=cancel", "on_new_answer=finish",
		"present=winner", "self_votes=false", "quorum=2",
		"min_margin=1.5", "max_answers_per_agent=1",
		"max_answers_per_agent=2", "max_answers=4", "lead_cap=1",
		"lead_cap=none", "novelty=strict", "novelty=balanced",
		"round_timeout=20s", "agent_timeout=30s", "call_timeout=5s",
		"reminders=0", "reminders=1", "tries=1", "tries=5",
		"retry_wait=none", "max_calls_per_agent=3",
		"max_calls_per_agent=6", "skip_voting=true", "run_timeout=40s"};
	struct mg_lead_rules *r = &w->stage.lead.rules;
	int n = w->wild ? (int)roll(w, 7) : 0;

	while (n--)
		mg_rules_arg(
			r, some[roll(w, sizeof(some) / sizeof(*some))], NULL);
	if (!w->wild)
		mg_rules_set(r, "on_new_answer",
			(const char *[]){
				"append", "cancel", "finish"}[roll(w, 3)],
			NULL);
	if (!w->wild && r->on_new_answer == MG_NEW_CANCEL)
		mg_rules_set(r, "on_new_answer", "append", NULL);
}

static void
open_world(struct world *w, uint64_t seed, const struct mg_prompts *prompts)
{
	struct mg_str line = MG_STR(0);

	*w = (struct world){.seed = seed * 0x9E3779B97F4A7C15u + 1, .tasks = 1};
	for (int i = 0; i < 8; i++)
		roll(w, 2);
	stage_init(&w->stage, prompts);
	w->n = 1 + roll(w, AGENTS);
	w->wild = chance(w, 25) ? 0 : (int)roll(w, 60) + 1;
	set_rules(w);
	for (size_t k = 0; k < w->n; k++)
		w->models[k].unserved = w->wild && chance(w, 4);
	mg_str_puts(&line,
		"{\"type\":\"init\",\"by\":\"mg-run\",\"ring\":true,"
		"\"agents\":[");
	for (size_t k = 0; k < w->n; k++)
		mg_str_fmt(&line, "%s\"a%zu\"", k ? "," : "", k);
	mg_str_puts(&line, "]}");
	say(w, &line);
	mg_str_puts(&line,
		"{\"type\":\"task\",\"by\":\"mg-run\",\"id\":\"t\","
		"\"content\":\"?\"}");
	say(w, &line);
}

/* What a person does: seldom. */
static bool
meddle(struct world *w)
{
	struct mg_str line = MG_STR(0);
	int what = (int)roll(w, 12);

	if (!w->wild || !chance(w, 2))
		return false;
	mg_str_puts(&line,
		what ? "{\"type\":\"note\",\"by\":\"mg-run\",\"content\":"
		       "\"look again\""
		     : "{\"type\":\"cancel\",\"by\":\"mg-run\",\"reason\":"
		       "\"enough\"");
	if (chance(w, what ? 50 : 80))
		mg_str_fmt(&line, ",\"agent\":\"a%d\"", (int)roll(w, w->n));
	mg_str_putc(&line, '}');
	say(w, &line);
	return true;
}

/* Something happens; false if nothing can. */
static bool
happen(struct world *w)
{
	size_t k = roll(w, w->n);

	if (w->results < w->tasks && meddle(w))
		return true;
	for (int tries = 0; tries < 8; tries++)
		switch (roll(w, 4)) {
		case 0:
			if (w->to_ask.head == w->to_ask.n)
				break;
			ask_reads(w);
			return true;
		case 1:
			if (w->to_seam.head == w->to_seam.n)
				break;
			deliver(w, w->to_seam.v[w->to_seam.head++]);
			return true;
		case 2:
			k = roll(w, w->n);
			if (!w->models[k].open || w->models[k].silent)
				break;
			w->now += (int64_t)roll(w, 3000);
			end_call(w, k);
			return true;
		default:
			k = roll(w, w->n);
			if (!w->models[k].foreign)
				break;
			tool_ends(w, &w->models[k]);
			return true;
		}
	if (w->to_ask.head < w->to_ask.n)
		ask_reads(w);
	else if (w->to_seam.head < w->to_seam.n)
		deliver(w, w->to_seam.v[w->to_seam.head++]);
	else
		return false;
	return true;
}

static bool
someone_works(const struct world *w)
{
	for (size_t k = 0; k < w->n; k++)
		if ((w->models[k].open && !w->models[k].silent) ||
			w->models[k].foreign)
			return true;
	return false;
}

static bool
timers_due(const struct world *w)
{
	for (size_t i = 0; i < w->ntimers; i++)
		if (w->timers[i].at <= w->now)
			return true;
	return false;
}

static void
run_world(struct world *w)
{
	for (int i = 0; i < STEPS && !w->wrong; i++) {
		if (timers_due(w) && w->results < w->tasks && chance(w, 50))
			next_alarm(w);
		if (happen(w) || someone_works(w))
			continue;
		if (w->results >= w->tasks)
			return;
		if (!next_alarm(w))
			w->wrong = "nothing happens, and there is no result";
	}
	if (!w->wrong)
		w->wrong = "it does not end";
}

/* --- what must hold --- */

struct proof {
	int64_t version[AGENTS], calls[AGENTS];
	int64_t shown[AGENTS][AGENTS]; /* versions */
	int64_t vote[AGENTS], voted[AGENTS]; /* for whom, from 1; version */
	int64_t order[AGENTS];
	int64_t answers, all_calls;
	int64_t history[ANSWERS][AGENTS]; /* versions behind each answer */
	size_t author[ANSWERS];
	const char *wrong;
};

static size_t
agent_in(const char *line)
{
	return (size_t)(member(line, "agent").p[2] - '0');
}

/* "agentK.V", quoted: K from 0. */
static int64_t
label_in(struct mg_sl raw, size_t *k)
{
	long long v = 0;
	int place = 0;

	if (!raw.p || sscanf(raw.p, "\"agent%d.%lld\"", &place, &v) != 2)
		return 0;
	*k = (size_t)place - 1;
	return place > 0 && place <= AGENTS ? v : 0;
}

static void
see_request(struct proof *p, const char *line)
{
	struct mg_sl shown = member(line, "shown"), key, v;
	size_t a = agent_in(line), k = 0, it = 0;

	p->calls[a]++;
	p->all_calls++;
	while (mg_json_next(shown, &it, &key, &v)) {
		int64_t version = label_in(v, &k);

		if (!version || version != p->version[k] || k == a)
			p->wrong = "something was shown that is not current";
		p->shown[a][k] = version;
	}
}

static void
see_answer(struct world *w, struct proof *p, const char *line)
{
	size_t a = agent_in(line), k = 0;
	int64_t version = label_in(member(line, "label"), &k);

	if (k != a || version != ++p->version[a])
		p->wrong = "a wrong label";
	p->order[a] = ++p->answers;
	if (p->answers > ANSWERS) {
		p->wrong = "too many answers";
		return;
	}
	p->author[p->answers - 1] = a;
	memcpy(p->history[p->answers - 1], p->version, sizeof(p->version));
}

static void
see_vote(struct world *w, struct proof *p, const char *line)
{
	size_t a = agent_in(line), k = 0;
	int64_t version = label_in(member(line, "for"), &k);

	if (!mg_json_bool(member(line, "counted"), false)) {
		if (p->vote[a] && !is(line, "why", "late"))
			p->vote[a] = 0;
		return;
	}
	if (!version || version != p->version[k])
		p->wrong = "a vote for what is not current counted";
	else if (k != a && p->shown[a][k] != version)
		p->wrong = "a vote for what was not shown counted";
	else if (k == a && !w->stage.lead.rules.self_votes)
		p->wrong = "a vote for its own counted";
	for (size_t i = 0; i < w->n; i++)
		if (i != a && p->shown[a][i] != p->version[i])
			p->wrong = "a vote counted that had not seen all";
	p->vote[a] = (int64_t)k + 1;
	p->voted[a] = version;
}

static bool
named(const char *line, const char *list, size_t k)
{
	struct mg_sl key, v;
	size_t it = 0;
	char name[16];

	snprintf(name, sizeof(name), "a%d", (int)k);
	while (mg_json_next(member(line, list), &it, &key, &v))
		if (mg_json_is(v, name))
			return true;
	return false;
}

/* Who took part to the end was never left behind by more than the cap. */
static void
check_cap(struct world *w, struct proof *p, const char *line)
{
	int64_t cap = w->stage.lead.rules.lead_cap;

	for (int64_t i = 0; cap && i < p->answers; i++)
		for (size_t k = 0; k < w->n; k++)
			if (!named(line, "failed", k) &&
				!named(line, "abstained", k) &&
				p->history[i][p->author[i]] - p->history[i][k] >
					cap)
				p->wrong = "somebody is too far ahead";
}

static void
see_result(struct world *w, struct proof *p, const char *line)
{
	int64_t weight[AGENTS] = {0}, total = 0, best = 0, claimed;
	struct mg_sl key, v;
	size_t it = 0, k = 0, winner = 0;

	for (size_t a = 0; a < w->n; a++) {
		/* Whoever left took its vote along. */
		if (!p->vote[a] || named(line, "failed", a) ||
			named(line, "abstained", a))
			continue;
		k = (size_t)p->vote[a] - 1;
		if (p->voted[a] != p->version[k])
			p->wrong = "a void vote is counted";
		weight[k]++;
		total++;
	}
	while (mg_json_next(member(line, "votes"), &it, &key, &v)) {
		claimed = label_in(mg_json_get(v, "label"), &k);
		if (!claimed ||
			mg_json_int(mg_json_get(v, "weight"), 0) != weight[k])
			p->wrong = "a camp of the result is wrong";
	}
	if (mg_json_int(member(line, "total"), -1) != total)
		p->wrong = "the result counts other votes";
	if (mg_json_int(member(line, "calls"), -1) != p->all_calls)
		p->wrong = "the result counts other calls";
	for (size_t a = 0; a < w->n; a++)
		if (weight[a] > best ||
			(best && weight[a] == best &&
				p->order[a] < p->order[winner])) {
			best = weight[a];
			winner = a;
		}
	if (best && member(line, "label").p &&
		(label_in(member(line, "label"), &k) != p->version[k] ||
			k != winner))
		p->wrong = "it is not the winner";
	check_cap(w, p, line);
}

/* A turn has one call that counts, at most. */
static bool
one_counts(struct world *w)
{
	int64_t turn[AGENTS] = {0};

	for (size_t i = 0; i < w->made.n; i++) {
		const char *line = w->made.v[i];
		int64_t n = mg_json_int(member(line, "turn"), 0);

		if (!is(line, "type", "tool_result") ||
			mg_json_bool(member(line, "is_error"), true))
			continue;
		if (turn[agent_in(line)] >= n)
			return false;
		turn[agent_in(line)] = n;
	}
	return true;
}

/* Each call of ours has exactly one result. */
static const char *
check_calls(struct world *w)
{
	if (!one_counts(w))
		return "two calls of one turn count";
	for (size_t i = 0; i < w->log.n; i++) {
		const char *line = w->log.v[i];
		size_t results = 0;

		if (!is(line, "type", "tool_call") ||
			is(line, "name", "search") || w->n == 1)
			continue;
		for (size_t k = i; k < w->log.n; k++)
			results += is(w->log.v[k], "type", "tool_result") &&
				is(w->log.v[k], "by", "mg-vote") &&
				mg_sl_eq(member(w->log.v[k], "call"),
					member(line, "call"));
		if (results != 1)
			return results ? "two results of one call"
				       : "a call without result";
	}
	return NULL;
}

static const char *
check_world(struct world *w)
{
	const struct mg_lead_rules *r = &w->stage.lead.rules;
	struct proof p = {0};

	for (size_t i = 0; i < w->made.n && !p.wrong; i++) {
		const char *line = w->made.v[i];

		if (is(line, "type", "request"))
			see_request(&p, line);
		else if (is(line, "type", "answer"))
			see_answer(w, &p, line);
		else if (is(line, "type", "vote"))
			see_vote(w, &p, line);
		else if (is(line, "type", "result"))
			see_result(w, &p, line);
	}
	for (size_t k = 0; k < w->n && !p.wrong; k++)
		if (p.calls[k] > r->max_calls_per_agent)
			p.wrong = "too many calls";
		else if (w->n > 1 && r->max_answers_per_agent &&
			p.version[k] > r->max_answers_per_agent)
			p.wrong = "too many answers of one agent";
	if (!p.wrong && w->n > 1 && r->max_answers &&
		p.answers > r->max_answers)
		p.wrong = "too many answers";
	if (!p.wrong && w->results != 1)
		p.wrong = "not one result";
	if (!p.wrong && !w->wild && w->n > 1 &&
		p.all_calls > (int64_t)(2 * w->n))
		p.wrong = "more calls than needed";
	return p.wrong ? p.wrong : check_calls(w);
}

/* --- replay --- */

static bool
same(const struct lines *got, const struct world *w, size_t from, size_t to)
{
	size_t k = 0;

	for (size_t i = 0; i < got->n; i++) {
		const char *line = got->v[i];

		if (!is(line, "by", "mg-vote") || member(line, "lap").p ||
			member(line, "past").p)
			continue;
		if (from + k >= to || strcmp(line, w->made.v[from + k++]) != 0)
			return false;
	}
	return from + k == to;
}

/* The log up to a cut as history, `resume`, and the rest of it live: nothing
 * is said twice, and nothing is missing. */
static const char *
check_replay(struct world *w, const struct mg_prompts *prompts)
{
	size_t cut = 2 + roll(w, w->log.n - 1), logged = 0, said = 0;
	struct stage *s = mg_xcalloc(1, sizeof(*s));
	struct lines out = {0};
	const char *wrong = NULL;

	stage_init(s, prompts); /* other rules than the log's */
	for (size_t i = 0; i < cut && i < w->log.n; i++) {
		stage_feed(s, "\"past\":1,", w->log.v[i], &out);
		logged += is(w->log.v[i], "by", "mg-vote");
	}
	while (said < w->made.n && w->cause[said] < cut)
		said++;
	if (!same(&out, w, 0, 0))
		wrong = "it speaks in the past";
	free_lines(&out);
	/* Rules that were not logged yet would be the file's. */
	s->lead.rules.run_timeout = w->stage.lead.rules.run_timeout;
	stage_feed(s, "\"lap\":1,", "{\"type\":\"resume\",\"by\":\"mg-run\"}",
		&out);
	if (!wrong && logged && !same(&out, w, logged, said))
		wrong = "resumed, it does not say what the log lacks";
	free_lines(&out);
	for (size_t i = cut; i < w->log.n; i++)
		if (!is_leaf(w->log.v[i]))
			stage_feed(s, "\"lap\":1,", w->log.v[i], &out);
	if (!wrong && logged && !same(&out, w, said, w->made.n))
		wrong = "resumed, it goes another way";
	free_lines(&out);
	stage_release(s);
	free(s);
	return wrong;
}

static const char *
try_world(uint64_t seed, const struct mg_prompts *prompts, bool show)
{
	struct world *w = mg_xcalloc(1, sizeof(*w));
	const char *wrong;

	open_world(w, seed, prompts);
	run_world(w);
	wrong = w->wrong;
	for (size_t i = 0; show && i < w->log.n; i++)
		puts(w->log.v[i]);
	if (!wrong)
		wrong = check_world(w);
	if (!wrong)
		wrong = check_replay(w, prompts);
	world_release(w);
	free(w);
	return wrong;
}

int
main(int argc, char **argv)
{
	struct mg_prompts prompts;
	struct mg_fault fault;
	uint64_t worlds = getenv("MG_SOAK") ? 20 * WORLDS : WORLDS;
	size_t bad = 0;

	setenv("MG_SHARE", "../share", 0);
	if (mg_prompts_load(&prompts, &fault) < 0) {
		fprintf(stderr, "%s\n", fault.message);
		return 1;
	}
	if (argc > 1) {
		const char *wrong = try_world(
			strtoull(argv[1], NULL, 10), &prompts, true);

		fprintf(stderr, "%s\n", wrong ? wrong : "all is well");
		mg_prompts_release(&prompts);
		return wrong != NULL;
	}
	for (uint64_t seed = 1; seed <= worlds && bad < 10; seed++) {
		const char *wrong = try_world(seed, &prompts, false);

		if (!wrong)
			continue;
		bad++;
		fprintf(stderr, "# seed %d: %s\n", (int)seed, wrong);
	}
	ok(bad == 0, "whatever happens, in whatever order");
	mg_prompts_release(&prompts);
	return done();
}
