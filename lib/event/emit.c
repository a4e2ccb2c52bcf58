/* emit.c - what a stage says: events and errors. */
#include "event/filter_in.h"

#include "base/clock.h"

#include <stdio.h>

#define KEY_MAX 4096 /* bytes of a member that names what an error is about */

struct mg_str *
mg_emit(struct mg_filter *f, const char *type)
{
	if (f->making)
		MG_BUG("an event within an event");
	f->making = true;
	mg_str_clear(&f->made);
	f->made.max = MG_LINE_MAKE;
	mg_str_puts(&f->made, "{\"type\":\"");
	mg_str_puts(&f->made, type);
	mg_str_puts(&f->made, "\",\"by\":");
	mg_json_puts(&f->made, f->name);
	return &f->made;
}

/* What could not be said in a line is said to be missing. */
static void
too_large(struct mg_filter *f)
{
	static const char *const key[] = {"id", "agent", "turn", NULL};
	struct mg_str where = MG_STR(4 * KEY_MAX);
	struct mg_fault fault;

	mg_str_putc(&where, '{');
	for (size_t i = 0; key[i]; i++) {
		struct mg_sl v = mg_json_get(mg_str_as_sl(&f->made), key[i]);

		if (v.p && v.n <= KEY_MAX && mg_json_kind(v))
			mg_json_mraw(&where, key[i], v);
	}
	mg_fail(&fault, MG_E_TOO_LARGE, "an event would be longer than %zu MiB",
		MG_LINE_MAKE >> 20);
	mg_emit_error(f, &fault, (struct mg_sl){where.s + 1, where.len - 1});
	mg_str_release(&where);
}

bool
mg_sent(struct mg_filter *f)
{
	char ts[MG_UTC_SIZE];

	f->making = false;
	if (f->source)
		mg_json_ms(&f->made, "ts", mg_utc(ts));
	mg_str_puts(&f->made, "}\n");
	if (f->made.over) {
		too_large(f);
		return false;
	}
	mg_filter_send(f, mg_str_as_sl(&f->made));
	return true;
}

void
mg_emit_key(struct mg_str *out, const struct mg_event *e)
{
	static const char *const names[] = {"id", "agent", "turn", NULL};

	for (size_t i = 0; names[i]; i++) {
		struct mg_sl v = mg_json_get(e->raw, names[i]);

		if (v.p)
			mg_json_mraw(out, names[i], v);
	}
}

void
mg_emit_error(
	struct mg_filter *f, const struct mg_fault *fault, struct mg_sl where)
{
	struct mg_str *o = mg_emit(f, "error");

	if (where.n) {
		mg_str_putc(o, ',');
		mg_str_sl(o, where);
	}
	mg_json_ms(o, "code", mg_code_name(fault->code));
	mg_json_ms(o, "message", fault->message);
	if (fault->remedy[0])
		mg_json_ms(o, "remedy", fault->remedy);
	mg_json_mb(o, "retryable", mg_code_retryable(fault->code));
	if (fault->retry_after_ms)
		mg_json_mi(o, "retry_after_ms", fault->retry_after_ms);
	if (fault->line)
		mg_json_mi(o, "line", (int64_t)fault->line);
	mg_sent(f);
	/* In a ring a call that is called off is nobody's trouble. */
	if (!f->ring || fault->code != MG_E_CANCELLED)
		mg_fault_print(fault);
	if (fault->code != MG_E_CANCELLED)
		mg_status(f, mg_code_exit(fault->code));
}

void
mg_bad(struct mg_filter *f, struct mg_event *e, struct mg_fault *fault)
{
	bool past = e->past;

	fault->line = e->line;
	f->replaced = true;
	mg_str_clear(&f->edited);
	/* An error stands in its place in history too; but what a pure stage
	 * said then is in the log, and counted. */
	e->past = past && f->stage->pure;
	mg_emit_error(f, fault, MG_SL(""));
	e->past = past;
}

void
mg_take(struct mg_filter *f, struct mg_event *e)
{
	f->take = true;
}

void
mg_edit(struct mg_filter *f, struct mg_event *e, struct mg_sl line)
{
	f->replaced = true;
	mg_str_clear(&f->edited);
	mg_str_sl(&f->edited, line);
}

void
mg_status(struct mg_filter *f, int status)
{
	f->status = mg_worse(f->status, status);
}

void
mg_print(struct mg_filter *f, struct mg_sl text)
{
	mg_out_add(&f->out, text.p, text.n);
}

/* A pure stage in the past says again what the log holds already. */
static void
owe(struct mg_filter *f, struct mg_sl line)
{
	mg_str_sl(&f->owed, line);
}

void
mg_filter_send(struct mg_filter *f, struct mg_sl line)
{
	if (f->event && f->event->past) {
		if (f->stage->pure)
			owe(f, line);
	} else if (f->event) {
		mg_str_sl(&f->behind, line);
	} else {
		mg_form_print(&f->form, line, true);
	}
}
