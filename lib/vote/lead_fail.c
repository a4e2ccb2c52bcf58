/* lead_fail.c - what goes wrong: errors, requests that nobody took, alarms. */
#include "vote/lead_in.h"

#include <stdlib.h>

/* Waiting does not mend these. */
static bool
is_final(struct mg_sl code)
{
	static const char *const codes[] = {"key_refused", "no_key",
		"configuration", "model_unknown", "request_refused", "nobody",
		"usage", NULL};

	for (size_t i = 0; codes[i]; i++)
		if (mg_json_is(code, codes[i]))
			return true;
	return false;
}

void
mg_lead_on_error(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_lead *l = state;
	struct lead_seat *s = mg_lead_current_seat(l, e);

	l->f = f;
	if (!s)
		return;
	/* Whoever refused it may not be who holds the conversation. */
	s->lost |= s->server && !mg_sl_is(e->by, s->server);
	s->loops = false;
	if (is_final(mg_json_get(e->raw, "code"))) {
		s->state = LEAD_REST;
		mg_lead_leaves(s, LEAD_FAILED, NULL);
	} else {
		mg_lead_fails(s,
			mg_json_int(mg_json_get(e->raw, "retry_after_ms"), 0));
	}
	mg_lead_go_on(s->task);
}

/* Our own request has been round, and nobody took it. */
void
mg_lead_on_request(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_lead *l = state;
	struct lead_seat *s = mg_lead_current_seat(l, e);

	l->f = f;
	if (!e->own || e->taken || !s || s->state != LEAD_CALLED)
		return;
	mg_lead_say_nobody(s);
	s->state = LEAD_REST;
	mg_lead_leaves(s, LEAD_FAILED, NULL);
	mg_lead_go_on(s->task);
}

/* Whoever is still at work has no more time. */
static void
overdue(struct lead_task *t, const char *why)
{
	if (t->presenting)
		return;
	for (size_t i = 0; i < t->n; i++) {
		struct lead_seat *s = &t->seats[i];

		if (s->part != LEAD_IN || s->vote || s->state == LEAD_REST)
			continue;
		t->cut = why;
		mg_lead_leaves(s, LEAD_ABSTAINS, why);
	}
	mg_lead_go_on(t);
}

/* "call/2.7" and "retry/2.7": the second agent, its turn 7. */
static struct lead_seat *
seat_of_alarm(struct lead_task *t, const char *name, enum lead_state state)
{
	const char *dot = strchr(name, '.');
	int64_t k, turn;
	char *place;
	bool good;

	if (!dot || !mg_read_int(dot + 1, 1, INT64_MAX, &turn))
		return NULL;
	place = mg_sl_dup((struct mg_sl){name, (size_t)(dot - name)});
	good = mg_read_int(place, 1, (int64_t)t->n, &k);
	free(place);
	if (!good || t->seats[k - 1].turn != turn ||
		t->seats[k - 1].state != state)
		return NULL;
	return &t->seats[k - 1];
}

static void
ring_bell(struct lead_task *t, const char *name)
{
	struct lead_session *session = t->session;
	struct mg_lead *l = t->lead;
	struct lead_seat *s;
	int64_t n;

	if (strcmp(name, "run") == 0) {
		mg_lead_cut(t, "limit", MG_SL("the time of the run is over"));
		mg_lead_pump(l, session);
	} else if (strcmp(name, "patience") == 0) {
		t->patience_over = true;
		mg_lead_go_on(t);
	} else if (strcmp(name, "agent") == 0) {
		overdue(t, "the agents' time is over");
	} else if (strncmp(name, "round/", 6) == 0) {
		if (mg_read_int(name + 6, 1, INT64_MAX, &n) && n == t->round)
			overdue(t, "the time to vote is over");
	} else if (strncmp(name, "call/", 5) == 0) {
		s = seat_of_alarm(t, name + 5, LEAD_CALLED);
		if (!s)
			return;
		mg_lead_say_cancel(t, s, "the call took too long");
		mg_lead_fails(s, 0);
		mg_lead_go_on(t);
	} else if (strncmp(name, "retry/", 6) == 0) {
		s = seat_of_alarm(t, name + 6, LEAD_WAITS);
		if (!s)
			return;
		s->state = LEAD_REST;
		mg_lead_go_on(t);
	}
}

void
mg_lead_on_alarm(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_lead *l = state;
	struct lead_task *t = mg_lead_task(l, mg_json_get(e->raw, "id"));
	char *name = mg_json_dup(mg_json_get(e->raw, "name"));

	l->f = f;
	if (t && t->begun && name &&
		mg_json_is(mg_json_get(e->raw, "for"), mg_filter_name(f)))
		ring_bell(t, name);
	free(name);
}
