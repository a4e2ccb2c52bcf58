/*
 * lead.c - fuzzes the lead: a small world whose agents, people and clock say
 * whatever they like, in whatever order. A line of the input is an event, or
 * a short form of a plausible one:
 *
 *	m0TEXT		agent 0 ends its turn with this text
 *	a0TEXT v0LABEL	or calls new_answer, or vote, and says so
 *	x0NAME		or a tool of this name, with no result yet
 *	r0 e0CODE	`ready`, `error`
 *	tID nTEXT cID	a task, a note, a cancel
 *	bNAME		an alarm of the first task
 *	w		its own lines come round (else before every line)
 *
 * In a ring, what must hold for any input: what it says is JSON, a request
 * never repeats a turn, no task has more results than it was begun, and its
 * log makes it say the same again: a second lead that reads the first k lines
 * as history owes at `resume` exactly what the first one had said by then and
 * the log does not hold.
 */
#include "../unit/lead_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LINES 160 /* more than this is slow, and says nothing new */

struct small {
	struct stage stage;
	struct lines log, pending, made;
	int64_t turn[AGENTS];
	size_t n, head, tasks, results;
	bool manual, line; /* own lines wait for `w`; no ring */
};

static void
need(bool holds, const char *what)
{
	if (holds)
		return;
	dprintf(2, "does not hold: %s\n", what);
	abort();
}

/* --- what the lead says --- */

static void
see_own(struct small *w, const char *line)
{
	struct mg_sl agent = member(line, "agent");
	int64_t turn = mg_json_int(member(line, "turn"), 0);

	push(&w->made, mg_sl_of(line));
	push(&w->pending, mg_sl_of(line));
	w->results += is(line, "type", "result");
	if (!is(line, "type", "request"))
		return;
	need(agent.n == 4 && agent.p[2] >= '0' &&
			(size_t)(agent.p[2] - '0') < w->n,
		"a request is for somebody of the team");
	w->turn[agent.p[2] - '0'] = turn;
}

static void
see(struct small *w, struct lines *out)
{
	for (size_t i = 0; i < out->n; i++) {
		struct mg_str copy = MG_STR(0);
		char *line = out->v[i];

		mg_str_puts(&copy, line);
		if (is(line, "by", "mg-vote") && !member(line, "lap").p) {
			need(mg_json_check(copy.s, copy.len, NULL, NULL) >= 0,
				"what it says is JSON");
			see_own(w, line);
		}
		mg_str_release(&copy);
	}
	need(w->results <= w->tasks, "no more results than tasks");
}

static void
deliver_line(struct small *w, const char *line)
{
	struct lines out = {0};

	push(&w->log, mg_sl_of(line));
	if (is_leaf(line) && is(line, "by", "mg-vote"))
		return;
	stage_feed(&w->stage, w->line ? "" : "\"lap\":1,", line, &out);
	see(w, &out);
	free_lines(&out);
}

static void
come_round(struct small *w)
{
	while (!w->line && w->head < w->pending.n)
		deliver_line(w, w->pending.v[w->head++]);
}

/* --- what others say --- */

static bool
has(struct mg_sl s, const char *what)
{
	return memmem(s.p, s.n, what, strlen(what)) != NULL;
}

/* What the seam keeps out, or makes itself. */
static bool
is_possible(struct mg_sl line)
{
	static const char *const kept[] = {"mg-vote", "\"lap\"", "\"past\"",
		"\"ts\"", "\"taken\"", "\\u", "init", "resume", "drain",
		"\"end\"", NULL};

	if (line.n < 4 || line.p[0] != '{' || line.p[line.n - 1] != '}' ||
		memchr(line.p, '\0', line.n) || line.p[1] != '"')
		return false;
	for (size_t i = 0; kept[i]; i++)
		if (has(line, kept[i]))
			return false;
	return true;
}

static void
begin_ask(struct small *w, struct mg_str *o, const char *type, size_t k)
{
	mg_str_fmt(o,
		"{\"type\":\"%s\",\"by\":\"mg-ask\",\"id\":\"1\",\"agent\":"
		"\"a%zu\",\"turn\":%" PRId64,
		type, k, w->turn[k]);
}

static void
end_line(struct small *w, struct mg_str *o)
{
	mg_str_putc(o, '}');
	deliver_line(w, o->s);
	mg_str_clear(o);
}

static void
put_call(struct mg_str *o, const char *name, const char *key, struct mg_sl text)
{
	mg_str_fmt(o,
		"\"call\":\"c\",\"name\":\"%s\",\"arguments\":{\"%s\":", name,
		key);
	mg_json_put(o, text);
	mg_str_putc(o, '}');
}

/* `message` with a call, and the call. */
static void
call(struct small *w, size_t k, const char *name, const char *key,
	struct mg_sl text)
{
	struct mg_str o = MG_STR(0);

	begin_ask(w, &o, "message", k);
	mg_str_puts(&o, ",\"content\":\"\",\"tool_calls\":[{");
	put_call(&o, name, key, text);
	mg_str_puts(&o, "}]");
	end_line(w, &o);
	if (!w->manual)
		come_round(w);
	begin_ask(w, &o, "tool_call", k);
	mg_str_putc(&o, ',');
	put_call(&o, name, key, text);
	end_line(w, &o);
	mg_str_release(&o);
}

static void
people(struct small *w, char what, struct mg_sl text)
{
	struct mg_str o = MG_STR(0);
	const char *type = what == 't' ? "task"
		: what == 'n'	       ? "note"
		: what == 'c'	       ? "cancel"
				       : "alarm";

	mg_str_fmt(&o, "{\"type\":\"%s\",\"by\":\"mg-run\"", type);
	if (what == 't' || what == 'c')
		mg_json_m(&o, "id", text);
	else if (what == 'b')
		mg_json_ms(&o, "id", "1");
	if (what == 't' || what == 'n')
		mg_json_m(&o, "content", text);
	if (what == 'b') {
		mg_json_ms(&o, "for", "mg-vote");
		mg_json_m(&o, "name", text);
	}
	w->tasks += what == 't';
	end_line(w, &o);
	mg_str_release(&o);
}

static void
agent_does(struct small *w, char what, size_t k, struct mg_sl text)
{
	struct mg_str o = MG_STR(0);

	if (what == 'a') {
		call(w, k, "new_answer", "content", text);
	} else if (what == 'v') {
		call(w, k, "vote", "label", text);
	} else if (what == 'x') {
		call(w, k, "search", "for", text);
	} else {
		begin_ask(w, &o,
			what == 'm'	      ? "message"
				: what == 'r' ? "ready"
					      : "error",
			k);
		mg_json_m(&o, what == 'm' ? "content" : "code", text);
		end_line(w, &o);
	}
	mg_str_release(&o);
}

static void
one_line(struct small *w, struct mg_sl line)
{
	struct mg_sl rest = {line.p + 1, line.n - 1};

	if (!w->manual)
		come_round(w);
	if (line.p[0] == '{') {
		struct mg_str copy = MG_STR(0);

		mg_str_sl(&copy, line);
		if (is_possible(line)) {
			w->tasks += has(line, "task");
			deliver_line(w, copy.s);
		}
		mg_str_release(&copy);
	} else if (line.p[0] == 'w') {
		come_round(w);
	} else if (strchr("tncb", line.p[0])) {
		people(w, line.p[0], rest);
	} else if (strchr("mavxre", line.p[0]) && line.n > 1) {
		agent_does(w, line.p[0], (unsigned char)line.p[1] % w->n,
			(struct mg_sl){line.p + 2, line.n - 2});
	}
}

/* --- the same again --- */

static const char *
next_own(const struct lines *l, size_t *i)
{
	while (*i < l->n) {
		const char *line = l->v[(*i)++];

		if (is(line, "by", "mg-vote") && !member(line, "lap").p &&
			!member(line, "past").p)
			return line;
	}
	return NULL;
}

static void
set_rules(struct mg_lead_rules *r, const uint8_t *bits)
{
	static const char *const some[] = {"vote_after=first",
		"on_new_answer=cancel", "on_new_answer=finish",
		"present=winner", "self_votes=false", "quorum=2",
		"max_answers_per_agent=1", "lead_cap=1", "novelty=strict",
		"round_timeout=20s", "agent_timeout=30s", "call_timeout=5s",
		"reminders=0", "tries=1", "max_calls_per_agent=3",
		"skip_voting=true"};

	for (size_t i = 0; i < sizeof(some) / sizeof(*some); i++)
		if (bits[i / 8] & 1 << i % 8)
			mg_rules_arg(r, some[i], NULL);
}

static void
replay(const struct small *w, const struct mg_prompts *prompts,
	const uint8_t *bits)
{
	static const char resume[] = "{\"type\":\"resume\",\"by\":\"mg-run\"}";
	struct lines out = {0};
	struct stage again;
	size_t in_log = 0, i = 0;
	const char *owed;

	stage_init(&again, prompts);
	set_rules(&again.lead.rules, bits);
	for (size_t k = 0; k < w->log.n; k++) {
		in_log += is(w->log.v[k], "by", "mg-vote");
		stage_feed(&again, "\"past\":1,", w->log.v[k], &out);
	}
	need(next_own(&out, &i) == NULL, "in the past nothing is said");
	free_lines(&out);
	stage_feed(&again, "\"lap\":1,", resume, &out);
	i = 0;
	for (size_t k = in_log; k < w->made.n; k++) {
		owed = next_own(&out, &i);
		if (!owed || strcmp(owed, w->made.v[k]) != 0)
			dprintf(2, "said %s\nnow  %s\n", w->made.v[k],
				owed ? owed : "nothing");
		need(owed && strcmp(owed, w->made.v[k]) == 0,
			"the log makes it say the same again");
	}
	need(next_own(&out, &i) == NULL, "it owes no more than it had said");
	free_lines(&out);
	stage_release(&again);
}

static void
begin(struct small *w)
{
	struct mg_str o = MG_STR(0);

	mg_str_fmt(&o,
		"{\"type\":\"init\",\"by\":\"mg-run\",\"ring\":%s,"
		"\"agents\":[",
		w->line ? "false" : "true");
	for (size_t k = 0; k < w->n; k++)
		mg_str_fmt(&o, "%s\"a%zu\"", k ? "," : "", k);
	mg_str_puts(&o, "]");
	end_line(w, &o);
	mg_str_release(&o);
	people(w, 't', MG_SL("1"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mg_prompts prompts;
	struct small w = {0};
	struct mg_sl rest;

	if (!prompts.text[0]) {
		setenv("MG_SHARE", "share", 0);
		if (mg_prompts_load(&prompts, NULL) < 0)
			abort();
		if (!getenv("MG_FUZZ_STDERR"))
			mg_prog = NULL;
	}
	if (size < 4)
		return 0;
	stage_init(&w.stage, &prompts);
	w.n = 1 + data[0] % AGENTS;
	w.manual = data[0] & 0x40;
	w.line = data[0] & 0x80;
	set_rules(&w.stage.lead.rules, data + 1);
	rest = (struct mg_sl){(const char *)data + 3, size - 3};
	begin(&w);
	for (int i = 0; rest.n && i < LINES; i++) {
		const char *nl = memchr(rest.p, '\n', rest.n);
		size_t n = nl ? (size_t)(nl - rest.p) : rest.n;

		if (n)
			one_line(&w, (struct mg_sl){rest.p, n});
		rest.p += n + (nl ? 1 : 0);
		rest.n -= n + (nl ? 1 : 0);
	}
	if (!w.line)
		replay(&w, &prompts, data + 1);
	stage_release(&w.stage);
	free_lines(&w.log);
	free_lines(&w.pending);
	free_lines(&w.made);
	return 0;
}
