/* seam_own.c - what the seam itself says, and what becomes of it. */
#include "ring/seam.h"

#include "event/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

/* --- making -------------------------------------------------------------- */

struct mg_str *
mg_seam_make(struct mg_seam *s, const char *type)
{
	mg_str_clear(&s->made);
	s->made.max = MG_LINE_MAKE;
	mg_str_puts(&s->made, "{\"type\":\"");
	mg_str_puts(&s->made, type);
	mg_str_puts(&s->made, "\",\"by\":");
	mg_json_puts(&s->made, s->name);
	return &s->made;
}

static void
expect(struct mg_seam *s, int64_t number, uint64_t client)
{
	if (s->own_head && s->own_head == s->nown + s->own_head)
		s->own_head = 0;
	if (s->own_head > 1000) {
		memmove(s->own, s->own + s->own_head,
			s->nown * sizeof(*s->own));
		s->own_head = 0;
	}
	MG_GROW(s->own, s->own_head + s->nown, s->capown);
	s->own[s->own_head + s->nown++] = (struct mg_own){
		number, mg_now(), client};
}

/* `end` is logged when it is back, a probe never. */
static bool
goes_unseen(struct mg_sl line)
{
	struct mg_event e;

	return mg_event_look(&e, line, false, NULL) == 0 &&
		(mg_event_is(&e, "end") || mg_event_is(&e, "probe"));
}

void
mg_seam_sent(struct mg_seam *s, uint64_t client)
{
	mg_str_putc(&s->made, '}');
	if (goes_unseen(mg_str_as_sl(&s->made))) {
		mg_str_clear(&s->line);
		mg_str_sl(&s->line, mg_str_as_sl(&s->made));
		mg_str_putc(&s->line, '\n');
	} else if (!mg_seam_record(s, mg_str_as_sl(&s->made))) {
		return;
	}
	if (!s->first_open)
		return;
	s->number++;
	expect(s, s->number, client);
	mg_seam_send(s, s->number);
}

static void
say_error(struct mg_seam *s, const struct mg_fault *f)
{
	struct mg_str *o = mg_seam_make(s, "error");

	mg_json_ms(o, "code", mg_code_name(f->code));
	mg_json_ms(o, "message", f->message);
	if (f->remedy[0])
		mg_json_ms(o, "remedy", f->remedy);
	mg_json_mb(o, "retryable", mg_code_retryable(f->code));
	if (f->line)
		mg_json_mi(o, "line", (int64_t)f->line);
	mg_seam_sent(s, 0);
}

void
mg_seam_error(struct mg_seam *s, const struct mg_fault *f)
{
	say_error(s, f);
	mg_fault_print(f);
	s->status = mg_worse(s->status, mg_code_exit(f->code));
}

void
mg_seam_begin(struct mg_seam *s, struct mg_sl members)
{
	struct mg_str *o = mg_seam_make(s, "init");

	mg_json_mi(o, "v", 1);
	mg_json_ms(o, "command", "mg-run");
	mg_json_mb(o, "ring", true);
	if (s->phase == MG_SEAM_HISTORY)
		mg_json_mb(o, "resumed", true);
	if (members.n) {
		mg_str_putc(o, ',');
		mg_str_sl(o, members);
	}
	if (s->phase != MG_SEAM_HISTORY) {
		mg_seam_sent(s, 0);
		return;
	}
	mg_str_putc(o, '}');
	mg_seam_record(s, mg_str_as_sl(o));
	mg_str_sl(&s->held, mg_str_as_sl(&s->line));
}

/* --- from outside --------------------------------------------------------- */

void **
mg_seam_task(struct mg_seam *s, struct mg_sl id)
{
	struct mg_str key = MG_STR(MG_ID_MAX * 2);
	void **slot;

	mg_id_key(id, &key);
	slot = mg_map_put(&s->tasks, mg_str_as_sl(&key));
	mg_str_release(&key);
	return slot;
}

/* The next number that no task bears. */
static void
fresh_id(struct mg_seam *s, struct mg_str *id)
{
	do {
		mg_str_clear(id);
		mg_str_fmt(id, "\"%lld\"", (long long)++s->next_id);
	} while (*mg_seam_task(s, mg_str_as_sl(id)));
}

static int
check_id(struct mg_seam *s, struct mg_sl id, struct mg_fault *f)
{
	char kind = mg_json_kind(id);

	if (kind != '"' && kind != '0')
		return mg_fail(f, MG_E_BAD_EVENT,
			"the `id` of a task is a string or a number");
	if (id.n > MG_ID_MAX)
		return mg_fail(f, MG_E_BAD_EVENT,
			"the `id` of a task is longer than 4 KiB");
	if (*mg_seam_task(s, id)) {
		mg_fail(f, MG_E_BAD_EVENT,
			"a task of this session had that `id` before");
		return mg_remedy(f, "leave `id` out, or choose another");
	}
	return 0;
}

/* s->made and the members of what somebody says; there must be room for what
 * others append. */
static int
say_whole(struct mg_seam *s, const struct mg_str *members, struct mg_fault *f)
{
	if (members->len) {
		mg_str_putc(&s->made, ',');
		mg_str_sl(&s->made, mg_str_as_sl(members));
	}
	if (!members->over && !s->made.over)
		return 0;
	return mg_fail(f, MG_E_TOO_LARGE,
		"an event would be longer than %zu MiB", MG_LINE_MAKE >> 20);
}

static int
add_task(struct mg_seam *s, struct mg_sl id, const struct mg_str *members,
	uint64_t client, struct mg_fault *f)
{
	mg_json_mraw(mg_seam_make(s, "task"), "id", id);
	if (say_whole(s, members, f) < 0)
		return -1;
	*mg_seam_task(s, id) = MG_TASK_OPEN;
	s->open++;
	mg_seam_sent(s, client);
	return 0;
}

void
mg_seam_ask(struct mg_seam *s, struct mg_sl text)
{
	struct mg_str members = MG_STR(MG_LINE_MAX), id = MG_STR(MG_ID_MAX);
	struct mg_fault f;

	mg_str_puts(&members, "\"content\":");
	mg_json_put(&members, text);
	fresh_id(s, &id);
	if (add_task(s, mg_str_as_sl(&id), &members, 0, &f) < 0)
		mg_seam_error(s, &f);
	mg_str_release(&id);
	mg_str_release(&members);
}

/* What is not theirs to say, of what comes from outside. */
#define NOT_THEIRS "type", "by", "ts", "lap", "past", "taken"

static int
user_task(struct mg_seam *s, struct mg_sl line, uint64_t client,
	struct mg_fault *f)
{
	static const char *const drop[] = {NOT_THEIRS, "id", "role", NULL};
	struct mg_sl id = mg_json_get(line, "id");
	struct mg_str members = MG_STR(MG_LINE_MAKE), made = MG_STR(MG_ID_MAX);
	int done;

	if (mg_json_kind(mg_json_get(line, "content")) != '"' &&
		mg_json_kind(mg_json_get(line, "messages")) != '[')
		return mg_fail(f, MG_E_BAD_EVENT,
			"a task has `content`, a string, or `messages`");
	if (mg_json_kind(id) == 'n')
		id.p = NULL;
	if (id.p && check_id(s, id, f) < 0)
		return -1;
	if (!id.p) {
		fresh_id(s, &made);
		id = mg_str_as_sl(&made);
	}
	mg_seam_members(line, drop, &members);
	done = add_task(s, id, &members, client, f);
	mg_str_release(&members);
	mg_str_release(&made);
	return done;
}

int
mg_seam_user(struct mg_seam *s, struct mg_sl line, uint64_t client,
	struct mg_fault *f)
{
	static const char *const known[] = {"note", "reply", "cancel", NULL};
	static const char *const drop[] = {NOT_THEIRS, NULL};
	struct mg_sl type = mg_json_get(line, "type");
	struct mg_str members = MG_STR(MG_LINE_MAKE);
	const char *const *name = known;
	int done;

	if (s->phase != MG_SEAM_OPEN)
		return mg_fail(f, MG_E_NOBODY, "the run is ending");
	/* A team as an agent of another gets a request, and is asked once; a
	 * chat line of the user is a question, as it is to mg-ask. */
	if (mg_json_is(type, "task") || mg_json_is(type, "request") ||
		(!type.p && mg_json_is(mg_json_get(line, "role"), "user")))
		return user_task(s, line, client, f);
	while (*name && !mg_json_is(type, *name))
		name++;
	if (!*name) {
		mg_fail(f, MG_E_BAD_EVENT,
			"only task, note, reply and cancel come from outside");
		return mg_remedy(f, "see mg-run(1), INPUT");
	}
	mg_seam_members(line, drop, &members);
	mg_seam_make(s, *name);
	done = say_whole(s, &members, f);
	mg_str_release(&members);
	if (done == 0)
		mg_seam_sent(s, client);
	return done;
}

/* --- come back -------------------------------------------------------------- */

/* One of ours is off the queue; false: none that is on its way bears that
 * number. What stands before it was swallowed, and nobody will answer it. */
static bool
arrived(struct mg_seam *s, int64_t number, uint64_t *client)
{
	bool swallowed = false;

	while (s->nown && number <= s->number) {
		struct mg_own *o = &s->own[s->own_head];

		if (o->number > number)
			break;
		s->own_head++;
		s->nown--;
		*client = o->client;
		if (o->number < number) {
			swallowed = true;
			continue;
		}
		if (swallowed && s->phase != MG_SEAM_STOPPING)
			s->hooks->broken(s->arg, true);
		return true;
	}
	return false;
}

static void
nobody(struct mg_seam *s, struct mg_event *e, uint64_t client,
	struct mg_fault *f)
{
	struct mg_sl id = mg_json_get(e->raw, "id");
	struct mg_str *o;

	if (!mg_event_is(e, "task")) {
		mg_fail(f, MG_E_NOBODY, "no agent could be told");
		mg_remedy(f,
			"it has not begun, has finished, or there is none of "
			"that name");
		/* Whoever spoke to a run hears of it; the run has not
		 * failed. */
		if (client)
			say_error(s, f);
		else
			mg_seam_error(s, f);
		return;
	}
	mg_fail(f, MG_E_NOBODY,
		"no stage took the task: a ring wants a lead, mg-vote lead");
	o = mg_seam_make(s, "result");
	mg_json_mraw(o, "id", id);
	mg_json_ms(o, "status", "failed");
	mg_json_ms(o, "reason", f->message);
	mg_seam_sent(s, 0);
	mg_seam_result(s, e);
}

/* The line without its mark, as the log has it. */
static void
record_end(struct mg_seam *s, struct mg_event *e)
{
	static const char *const marks[] = {"lap", "taken", "ts", NULL};
	struct mg_str line = MG_STR(MG_LINE_MAX);

	mg_str_putc(&line, '{');
	mg_seam_members(e->raw, marks, &line);
	mg_str_putc(&line, '}');
	mg_seam_record(s, mg_str_as_sl(&line));
	s->log.sync = true;
	mg_str_release(&line);
}

void
mg_seam_back(struct mg_seam *s, struct mg_event *e)
{
	int64_t number = mg_json_int(mg_json_get(e->raw, "lap"), 0);
	uint64_t client = 0;
	bool asks = mg_event_is(e, "task") || mg_event_is(e, "note") ||
		mg_event_is(e, "reply");
	struct mg_fault f = {0};

	s->greeted |= mg_event_is(e, "init");
	if (!arrived(s, number, &client) || s->phase == MG_SEAM_STOPPING)
		return;
	if (asks && !e->taken)
		nobody(s, e, client, &f);
	if (client)
		s->hooks->answered(s->arg, client, &f);
	if (mg_event_is(e, "end") && s->phase == MG_SEAM_END)
		record_end(s, e);
	mg_seam_next_phase(s);
}

/* --- results ------------------------------------------------------------------- */

static int
exit_of(const struct mg_event *e)
{
	static const struct {
		const char *status;
		int exit, without; /* a content */
	} all[] = {{"done", 0, 0}, {"tie", 1, 1}, {"no_winner", 1, 1},
		{"limit", 0, EX_TEMPFAIL},
		{"incomplete", EX_DATAERR, EX_DATAERR},
		{"failed", EX_UNAVAILABLE, EX_UNAVAILABLE}};
	struct mg_sl status = mg_json_get(e->raw, "status");
	bool content = mg_json_kind(mg_json_get(e->raw, "content")) == '"';

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (mg_json_is(status, all[i].status))
			return content ? all[i].exit : all[i].without;
	return EX_UNAVAILABLE;
}

void
mg_seam_result(struct mg_seam *s, const struct mg_event *e)
{
	struct mg_sl id = mg_json_get(e->raw, "id");
	void **slot;

	if (!id.p || id.n > MG_ID_MAX)
		return;
	slot = mg_seam_task(s, id);
	if (*slot != MG_TASK_OPEN)
		return;
	*slot = MG_TASK_DECIDED;
	s->open--;
	s->results++;
	/* A task that nobody took comes back as itself. */
	s->status = mg_worse(s->status,
		mg_event_is(e, "task") ? EX_UNAVAILABLE : exit_of(e));
	mg_alarms_forget(s, id);
}
