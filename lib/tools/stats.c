/* stats.c - how the tools of a run did, counted; see stats.h. */
#include "tools/stats_in.h"

#include "event/event.h"
#include "event/json.h"

#include <stdlib.h>

#define COUNT_MAX ((int64_t)1 << 53) /* of bytes that an event claims */

struct mg_stats *
mg_stats_new(void)
{
	struct mg_stats *s = mg_xcalloc(1, sizeof(*s));

	s->line = s->key = s->text = (struct mg_str)MG_STR(0);
	return s;
}

/* --- to forget --- */

static void
release_sums(struct sums *s)
{
	for (size_t i = 0; i < s->codes.n; i++)
		free(s->codes.e[i].value);
	mg_map_release(&s->codes);
	free(s->ms.v);
}

void
mg_stats_next(struct mg_stats *s)
{
	for (size_t i = 0; i < s->calls.n; i++) {
		struct call *c = s->calls.e[i].value;

		free(c->name);
		free(c);
	}
	mg_map_release(&s->calls);
	mg_map_release(&s->requests);
	s->calls = s->requests = (struct mg_map){0};
}

void
mg_stats_free(struct mg_stats *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->tools.n; i++) {
		struct tool *t = s->tools.e[i].value;

		release_sums(&t->sums);
		free(t->by);
		free(t);
	}
	mg_map_release(&s->tools);
	mg_stats_next(s);
	release_sums(&s->all);
	free(s->schemas.v);
	mg_str_release(&s->line);
	mg_str_release(&s->key);
	mg_str_release(&s->text);
	free(s);
}

/* --- to count --- */

static void
add_number(struct numbers *n, int64_t v)
{
	MG_GROW(n->v, n->n, n->cap);
	n->v[n->n++] = v;
}

static void
add_code(struct sums *s, struct mg_sl code)
{
	int64_t **n = (int64_t **)mg_map_put(&s->codes, code);

	if (!*n)
		*n = mg_xcalloc(1, sizeof(**n));
	++**n;
}

static struct tool *
tool_of(struct mg_stats *s, struct mg_sl name)
{
	struct tool **t = (struct tool **)mg_map_put(&s->tools, name);

	if (!*t)
		*t = mg_xcalloc(1, sizeof(**t));
	return *t;
}

/* s->key becomes what tells the event's call, or its request, apart: each
 * part with its length, so that no text can look like two. */
static void
make_key(struct mg_stats *s, struct mg_sl raw)
{
	static const char *const parts[] = {"id", "agent", "turn", "call"};

	mg_str_clear(&s->key);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		struct mg_sl v = mg_json_get(raw, parts[i]);
		size_t before = s->key.len;

		mg_id_key(v, &s->key);
		mg_str_fmt(&s->key, "\t%zu\t", s->key.len - before);
	}
}

static struct call *
call_of(struct mg_stats *s, struct mg_sl raw)
{
	struct call **c;

	make_key(s, raw);
	c = (struct call **)mg_map_put(&s->calls, mg_str_as_sl(&s->key));
	if (!*c)
		*c = mg_xcalloc(1, sizeof(**c));
	return *c;
}

/* s->text: the event's name, else that of the call it answers; "" if nobody
 * knows. */
static struct mg_sl
name_of(struct mg_stats *s, struct mg_sl raw, struct call *c)
{
	struct mg_sl name = mg_json_get(raw, "name");

	mg_str_clear(&s->text);
	if (!mg_json_text(name, &s->text) && c->name)
		mg_str_puts(&s->text, c->name);
	if (!c->name)
		c->name = mg_json_dup(name);
	return mg_str_as_sl(&s->text);
}

static void
on_call(struct mg_stats *s, const struct mg_event *e)
{
	struct call *c = call_of(s, e->raw);
	struct tool *t;

	if (e->lap && c->called)
		return;
	c->called = true;
	t = tool_of(s, name_of(s, e->raw, c));
	t->sums.calls++;
	s->all.calls++;
}

static void
add_result(struct sums *s, struct mg_sl raw, int64_t content)
{
	int64_t ms = mg_json_int(mg_json_get(raw, "duration_ms"), -1);
	int64_t bytes = mg_json_int(mg_json_get(raw, "bytes"), -1);

	s->results++;
	s->content += content;
	if (bytes >= 0 && bytes <= COUNT_MAX && s->output <= COUNT_MAX)
		s->output += bytes;
	if (ms >= 0)
		add_number(&s->ms, ms);
}

static void
add_error(struct mg_stats *s, struct tool *t, struct mg_sl raw)
{
	struct mg_sl code;

	mg_str_clear(&s->text);
	mg_json_text(mg_json_get(raw, "code"), &s->text);
	code = s->text.len ? mg_str_as_sl(&s->text) : MG_SL("none");
	add_code(&t->sums, code);
	add_code(&s->all, code);
	t->sums.errors++;
	s->all.errors++;
}

static void
on_result(struct mg_stats *s, const struct mg_event *e)
{
	struct call *c = call_of(s, e->raw);
	struct mg_sl content, by;
	struct tool *t;

	if (e->lap && c->answered)
		return;
	c->answered = true;
	t = tool_of(s, name_of(s, e->raw, c));
	by = mg_json_get(e->raw, "by");
	if (!t->by && mg_json_kind(by) == '"')
		t->by = mg_sl_dup(by);
	content = mg_json_get(e->raw, "content");
	mg_str_clear(&s->text);
	if (!mg_json_text(content, &s->text) && content.p)
		mg_str_sl(&s->text, content);
	add_result(&t->sums, e->raw, (int64_t)s->text.len);
	add_result(&s->all, e->raw, (int64_t)s->text.len);
	if (mg_json_bool(mg_json_get(e->raw, "is_error"), false))
		add_error(s, t, e->raw);
}

static void
on_request(struct mg_stats *s, const struct mg_event *e)
{
	struct mg_sl tools = mg_json_get(e->raw, "tools");
	void **seen;

	make_key(s, e->raw);
	seen = mg_map_put(&s->requests, mg_str_as_sl(&s->key));
	if (e->lap && *seen)
		return;
	*seen = s; /* anything but NULL */
	s->nrequests++;
	if (mg_json_count(tools))
		add_number(&s->schemas, (int64_t)tools.n);
}

/* A run that goes on goes on with its ids. */
static void
on_init(struct mg_stats *s, const struct mg_event *e)
{
	if (!e->lap && !mg_json_bool(mg_json_get(e->raw, "resumed"), false))
		mg_stats_next(s);
}

void
mg_stats_line(struct mg_stats *s, struct mg_sl line)
{
	static const struct {
		const char *type;
		void (*fn)(struct mg_stats *s, const struct mg_event *e);
	} on[] = {{"tool_call", on_call}, {"tool_result", on_result},
		{"request", on_request}, {"init", on_init}};
	struct mg_event e;

	if (!mg_sl_trim(line).n)
		return;
	s->lines++;
	if (mg_event_look(&e, line, true, NULL) < 0) {
		s->bad++;
		return;
	}
	if (e.past)
		return;
	for (size_t i = 0; i < sizeof(on) / sizeof(*on); i++) {
		if (!mg_event_is(&e, on[i].type))
			continue;
		/* The check may mend the bytes, which are not ours. */
		mg_str_clear(&s->line);
		if (!mg_str_sl(&s->line, e.raw) ||
			mg_json_check(s->line.s, s->line.len, NULL, NULL) < 0) {
			s->bad++;
			return;
		}
		e.raw = mg_str_as_sl(&s->line);
		on[i].fn(s, &e);
	}
}

size_t
mg_stats_bad(const struct mg_stats *s)
{
	return (size_t)s->bad;
}
