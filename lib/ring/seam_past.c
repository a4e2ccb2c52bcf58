/* seam_past.c - alarms, and the log that is continued. */
#include "ring/seam.h"

#include "event/json.h"

#include <stdlib.h>

/* --- alarms ------------------------------------------------------------------------ */

static char *
text_or_empty(struct mg_sl raw)
{
	char *text = mg_json_dup(raw);

	return text ? text : mg_xstrdup("");
}

static void
forget(struct mg_seam *s, struct mg_alarm *a)
{
	mg_timer_del(s->loop, &a->timer);
	free(a->by);
	free(a->id);
	free(a->name);
	free(a);
}

/* What a task has set goes with it. */
void
mg_alarms_forget(struct mg_seam *s, struct mg_sl id)
{
	for (size_t i = s->alarms.n; i-- > 0;) {
		struct mg_alarm *a = s->alarms.e[i].value;

		if (!a->id || !mg_sl_is(id, a->id))
			continue;
		mg_map_del(&s->alarms, s->alarms.e[i].key);
		forget(s, a);
	}
}

static void
on_alarm(void *arg)
{
	struct mg_alarm *a = arg;
	struct mg_seam *s = a->seam;
	struct mg_str *o;

	if (s->phase != MG_SEAM_OPEN)
		return;
	o = mg_seam_make(s, "alarm");
	mg_json_ms(o, "for", a->by);
	if (a->id)
		mg_json_mraw(o, "id", mg_sl_of(a->id));
	mg_json_ms(o, "name", a->name);
	mg_seam_sent(s, 0);
	for (size_t i = 0; i < s->alarms.n; i++)
		if (s->alarms.e[i].value == a) {
			mg_map_del(&s->alarms, s->alarms.e[i].key);
			break;
		}
	forget(s, a);
}

/* (by, id, name), whoever asks. */
static void
alarm_key(const char *by, struct mg_sl id, const char *name, struct mg_str *key)
{
	mg_str_puts(key, by);
	mg_str_putc(key, '\0');
	if (id.p)
		mg_id_key(id, key);
	mg_str_putc(key, '\0');
	mg_str_puts(key, name);
}

/* The alarm that an event is about; made if there is none. */
static struct mg_alarm *
alarm_of(struct mg_seam *s, struct mg_sl raw, const char *member, bool make)
{
	struct mg_sl id = mg_json_get(raw, "id");
	char *by = text_or_empty(mg_json_get(raw, member));
	char *name = text_or_empty(mg_json_get(raw, "name"));
	struct mg_str key = MG_STR(MG_LINE_MAX);
	struct mg_alarm *a;

	alarm_key(by, id, name, &key);
	a = mg_map_get(&s->alarms, mg_str_as_sl(&key));
	if (!a && make) {
		a = mg_xcalloc(1, sizeof(*a));
		*a = (struct mg_alarm){.seam = s,
			.by = by,
			.name = name,
			.id = id.p ? mg_sl_dup(id) : NULL};
		a->timer = (struct mg_timer){.fn = on_alarm, .arg = a};
		*mg_map_put(&s->alarms, mg_str_as_sl(&key)) = a;
		by = name = NULL;
	}
	mg_str_release(&key);
	free(by);
	free(name);
	return a;
}

void
mg_seam_timer(struct mg_seam *s, const struct mg_event *e)
{
	int64_t ms = mg_json_int(mg_json_get(e->raw, "delay_ms"), -1);
	struct mg_alarm *a = alarm_of(s, e->raw, "by", ms >= 0);

	if (!a || s->phase > MG_SEAM_OPEN)
		return;
	if (ms < 0)
		mg_timer_del(s->loop, &a->timer);
	else
		mg_timer_set(s->loop, &a->timer, mg_now() + ms);
}

/* --- a log that is continued ---------------------------------------------------------- */

/* What is known of a log while it is read: its clock stands still between a
 * process that ended and the next one. */
struct reading {
	struct mg_seam *s;
	int64_t clock, last; /* ms */
	bool results;
};

/* The seam writes `ts` last, so it need not be looked for. */
static void
tick(struct reading *r, const struct mg_event *e)
{
	size_t n = MG_UTC_SIZE - 1;
	int64_t now = e->raw.n < n + 2
		? -1
		: mg_utc_read(e->raw.p + e->raw.n - n - 2, n);

	if (now < 0)
		return;
	if (r->last && now > r->last && !mg_event_is(e, "init"))
		r->clock += now - r->last;
	r->last = now;
}

static void
past_timer(struct reading *r, const struct mg_event *e)
{
	int64_t ms = mg_json_int(mg_json_get(e->raw, "delay_ms"), -1);
	struct mg_alarm *a = alarm_of(r->s, e->raw, "by", ms >= 0);

	if (a)
		a->wait_ms = ms < 0 ? -1 : r->clock + ms;
}

static void
act(struct reading *r, const struct mg_event *e)
{
	struct mg_seam *s = r->s;
	struct mg_sl id = mg_json_get(e->raw, "id");
	int status = s->status;

	s->ended_well = mg_event_is(e, "end") &&
		!mg_json_bool(mg_json_get(e->raw, "cut"), false);
	if (mg_event_is(e, "task") && id.p && id.n <= MG_ID_MAX) {
		void **slot = mg_seam_task(s, id);

		s->open += !*slot;
		if (!*slot)
			*slot = MG_TASK_OPEN;
	} else if (mg_event_is(e, "result")) {
		mg_seam_result(s, e);
		if (!r->results)
			s->status = status;
	} else if (mg_event_is(e, "timer")) {
		past_timer(r, e);
	} else if (mg_event_is(e, "alarm")) {
		struct mg_alarm *a = alarm_of(s, e->raw, "for", false);

		if (a)
			a->wait_ms = -1;
	} else if (mg_event_is(e, "init") && !s->agents) {
		struct mg_sl agents = mg_json_get(e->raw, "agents");

		s->agents = agents.p ? mg_sl_dup(agents) : NULL;
	}
}

static bool
matters(const struct mg_event *e)
{
	static const char *const types[] = {
		"task", "result", "timer", "alarm", "init", "end", NULL};

	for (size_t i = 0; types[i]; i++)
		if (mg_event_is(e, types[i]))
			return true;
	return false;
}

/* Alarms that have rung, or were called off, are nothing any more. */
static void
settle_alarms(struct reading *r)
{
	struct mg_map *m = &r->s->alarms;

	for (size_t i = m->n; i-- > 0;) {
		struct mg_alarm *a = m->e[i].value;

		if (a->wait_ms < 0) {
			mg_map_del(m, m->e[i].key);
			forget(r->s, a);
			continue;
		}
		a->wait_ms = a->wait_ms > r->clock ? a->wait_ms - r->clock : 0;
	}
}

static void
past_event(void *arg, const struct mg_event *e)
{
	char *bytes = (char *)(uintptr_t)e->raw.p; /* in the reader's buffer */
	struct reading *r = arg;

	tick(r, e);
	r->s->ended_well = false;
	if (matters(e) && mg_json_check(bytes, e->raw.n, NULL, NULL) >= 0)
		act(r, e);
}

int
mg_seam_read_log(
	struct mg_seam *s, int fd, off_t size, bool results, struct mg_fault *f)
{
	struct reading r = {.s = s, .results = results};

	if (mg_log_each(fd, past_event, &r, f) < 0)
		return -1;
	settle_alarms(&r);
	s->past.fd = mg_log_view(fd, f);
	s->past_left = size;
	s->phase = MG_SEAM_HISTORY;
	s->print_results = results;
	return s->past.fd < 0 ? -1 : 0;
}

bool
mg_seam_finished(const struct mg_seam *s)
{
	return !s->open && s->ended_well;
}

/* What a finished run said: how it began, its results, how it ended. */
struct reprint {
	struct mg_seam *s;
	bool begun;
	struct mg_str end;
};

static void
keep_line(struct mg_str *out, struct mg_sl line)
{
	mg_str_clear(out);
	mg_str_sl(out, line);
	mg_str_putc(out, '\n');
}

static void
reprint(void *arg, const struct mg_event *e)
{
	struct reprint *p = arg;
	bool init = mg_event_is(e, "init") && !p->begun;

	if (mg_event_is(e, "end"))
		keep_line(&p->end, e->raw);
	if (!init && !mg_event_is(e, "result"))
		return;
	p->begun |= init;
	keep_line(&p->s->line, e->raw);
	p->s->hooks->print(p->s->arg, mg_str_as_sl(&p->s->line));
}

int
mg_seam_print_log(struct mg_seam *s, int fd, struct mg_fault *f)
{
	struct reprint p = {.s = s, .end.max = MG_LINE_MAX};
	int r = mg_log_each(fd, reprint, &p, f);

	if (p.end.len)
		s->hooks->print(s->arg, mg_str_as_sl(&p.end));
	mg_str_release(&p.end);
	return r;
}
