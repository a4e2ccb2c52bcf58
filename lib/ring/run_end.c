/* run_end.c - a run that did not end well: who it was, what there is. */
#include "ring/run_in.h"

#include "event/json.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <sysexits.h>

#define GRACE_MS 150 /* for the others that a death takes along */
#define BLAME_MS 1500 /* for the healthy to leave a ring that is cut */
#define TOOK_MS 300 /* more than a healthy one takes to leave */

/* A status that says more than that a stage ended. */
static int
told(const struct mg_proc *p)
{
	static const int kept[] = {
		EX_USAGE, EX_NOINPUT, EX_UNAVAILABLE, EX_NOPERM, EX_CONFIG, 0};
	int status = p->dead && WIFEXITED(p->status) ? WEXITSTATUS(p->status)
						     : 0;

	for (size_t i = 0; kept[i]; i++)
		if (status == kept[i])
			return status;
	return 0;
}

static void
name_it(struct mg_run *r, const struct mg_proc *p, struct mg_fault *f)
{
	char fate[64];

	r->blamed = true;
	if (!p) {
		mg_fail(f, MG_E_STAGE, "%s",
			r->stalled ? "a line did not come round in time"
				   : "the ring is broken: its end was closed");
	} else {
		mg_proc_fate(p, fate, sizeof(fate));
		mg_fail(f, MG_E_STAGE, "the stage %s %s", p->name, fate);
		r->status = told(p);
	}
	mg_remedy(f, "mg-run --resume %s goes on from there", r->dir.name);
}

/* The first that does not leave when its input has ended is the one that
 * holds the ring up; else the one that took its time. If they all leave as
 * they should, one of them has swallowed a line, and nobody can tell which. */
static const struct mg_proc *
holder(const struct mg_run *r)
{
	const struct mg_procs *p = &r->procs;
	const struct mg_proc *slow = NULL;
	int64_t before = r->cut_ms, longest = TOOK_MS;

	for (size_t i = 0; i < p->n; i++) {
		int64_t left = p->v[i].dead ? p->v[i].died_ms : mg_now();

		/* Behind it the ring's end is open as well. */
		if (!p->v[i].dead && !r->seam.in.eof)
			return &p->v[i];
		if (left - before > longest) {
			longest = left - before;
			slow = &p->v[i];
		}
		if (left > before)
			before = left;
	}
	return slow;
}

void
mg_run_grace(void *arg)
{
	struct mg_run *r = arg;
	struct mg_fault f;

	if (r->blamed)
		return;
	if (!r->stalled) {
		name_it(r, mg_procs_dead(&r->procs), &f);
		mg_seam_fail(&r->seam, &f);
		return;
	}
	name_it(r, holder(r), &f);
	mg_seam_error(&r->seam, &f);
	mg_procs_end(&r->procs);
}

void
mg_run_broken(void *arg, bool stalled)
{
	struct mg_run *r = arg;
	const struct mg_proc *deaf;
	struct mg_fault f;

	if (r->blamed || r->grace.at || r->seam.phase >= MG_SEAM_CLOSING)
		return;
	r->stalled = stalled;
	if (!stalled) {
		mg_timer_set(r->loop, &r->grace, mg_now() + GRACE_MS);
		return;
	}
	deaf = mg_procs_deaf(&r->procs);
	if (deaf) {
		name_it(r, deaf, &f);
		kill(deaf->pid, SIGKILL); /* so that the others may leave */
		mg_seam_fail(&r->seam, &f);
		return;
	}
	r->cut_ms = mg_now();
	mg_timer_set(r->loop, &r->grace, r->cut_ms + BLAME_MS);
	mg_seam_stop(&r->seam, "failed");
}

void
mg_run_last_words(struct mg_run *r)
{
	if (r->grace.at && !r->blamed) {
		mg_timer_del(r->loop, &r->grace);
		mg_run_grace(r);
	}
}

/* --- what was accepted so far ------------------------------------------------ */

struct accepted {
	struct mg_map answers; /* char *, label and text, by task and agent */
	struct mg_map decided;
};

static void
key_of(struct mg_sl id, struct mg_sl agent, struct mg_str *key)
{
	mg_str_clear(key);
	mg_id_key(id, key);
	mg_str_putc(key, '\0');
	mg_str_sl(key, agent);
}

static void
note_answer(void *arg, const struct mg_event *e)
{
	char *bytes = (char *)(uintptr_t)e->raw.p; /* in the reader's buffer */
	struct mg_str key = MG_STR(MG_LINE_MAX), text = MG_STR(MG_LINE_MAX);
	bool answer = mg_event_is(e, "answer");
	struct accepted *a = arg;
	void **slot;

	if ((!answer && !mg_event_is(e, "result")) ||
		mg_json_check(bytes, e->raw.n, NULL, NULL) < 0)
		return;
	key_of(mg_json_get(e->raw, "id"),
		answer ? mg_json_get(e->raw, "agent") : MG_SL(""), &key);
	slot = mg_map_put(
		answer ? &a->answers : &a->decided, mg_str_as_sl(&key));
	if (answer) {
		mg_json_text(mg_json_get(e->raw, "label"), &text);
		mg_str_puts(&text, " (");
		mg_json_text(mg_json_get(e->raw, "agent"), &text);
		mg_str_puts(&text, "):\n");
		mg_json_text(mg_json_get(e->raw, "content"), &text);
		free(*slot);
		*slot = text.s;
	} else {
		*slot = a;
	}
	mg_str_release(&key);
}

static void
print_open(struct mg_run *r, const struct accepted *a)
{
	struct mg_str out = MG_STR(SIZE_MAX / 2);

	for (size_t i = 0; i < a->answers.n; i++) {
		struct mg_sl key = a->answers.e[i].key;
		size_t id = strlen(key.p);

		if (mg_map_get(&a->decided, (struct mg_sl){key.p, id + 1}))
			continue;
		if (!out.len)
			mg_str_puts(
				&out, "mg-run: undecided; accepted so far:\n");
		mg_str_puts(&out, a->answers.e[i].value);
		mg_str_putc(&out, '\n');
	}
	if (out.len)
		mg_face_say(r->face, mg_str_as_sl(&out));
	mg_str_release(&out);
}

void
mg_run_undecided(struct mg_run *r)
{
	struct accepted a = {0};
	struct mg_str line = MG_STR(4096);

	if (r->dir.fd >= 0)
		mg_log_each(r->dir.fd, note_answer, &a, NULL);
	print_open(r, &a);
	mg_str_fmt(
		&line, "mg-run: to go on: mg-run --resume %s\n", r->dir.name);
	mg_face_say(r->face, mg_str_as_sl(&line));
	for (size_t i = 0; i < a.answers.n; i++)
		free(a.answers.e[i].value);
	mg_map_release(&a.answers);
	mg_map_release(&a.decided);
	mg_str_release(&line);
}
