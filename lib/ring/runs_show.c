/* runs_show.c - the outcome of a run, from its log; see runs.h. */
#include "ring/runs.h"

#include "base/screen.h"
#include "event/json.h"
#include "io/lines.h"
#include "ring/draw.h"
#include "ring/progress.h"
#include "ring/runs_in.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NAME_COLUMNS 32
#define TEXT_COLUMNS 200 /* of a reason */

struct task {
	char *id; /* raw, for people */
	char *question;
	char *result; /* the event; NULL: there is none yet */
};

struct shown {
	const struct mg_rundir *dir;
	struct mg_form form;
	struct mg_page out;
	struct mg_progress progress;
	struct mg_map tasks; /* struct task by the key of its id */
	struct mg_str last; /* the last line, if it is `end` */
	struct mg_str text; /* of the page */
	bool person, colour;
};

/* --- the log, line by line --- */

static struct task *
task_of(struct shown *s, struct mg_sl id)
{
	struct mg_str key = MG_STR(0);
	struct task **t;

	mg_id_key(id, &key);
	t = (struct task **)mg_map_put(&s->tasks, mg_str_as_sl(&key));
	if (!*t) {
		struct mg_str name = MG_STR(256);

		*t = mg_xcalloc(1, sizeof(**t));
		if (!mg_json_text(id, &name))
			mg_str_sl(&name, id);
		(*t)->id = mg_sl_dup(mg_str_as_sl(&name));
		mg_str_release(&name);
	}
	mg_str_release(&key);
	return *t;
}

static void
keep_task(struct shown *s, const struct mg_event *e)
{
	struct mg_sl id = mg_json_get(e->raw, "id");

	if (mg_event_is(e, "task")) {
		struct task *t = task_of(s, id);

		free(t->question);
		t->question = mg_progress_question(e->raw);
	} else if (mg_event_is(e, "result")) {
		struct task *t = task_of(s, id);

		free(t->result);
		t->result = mg_sl_dup(e->raw);
	}
}

static void
print_result(struct shown *s, const struct mg_event *e)
{
	struct mg_str line = MG_STR(SIZE_MAX / 2);

	if (!mg_event_is(e, "result"))
		return;
	mg_str_sl(&line, e->raw);
	mg_str_putc(&line, '\n');
	mg_form_print(&s->form, mg_str_as_sl(&line), true);
	mg_str_release(&line);
}

static void
bad_line(size_t number, const char *why)
{
	mg_warn("line %zu of the log is passed over: %s", number, why);
}

static void
one_line(struct shown *s, struct mg_sl line, size_t number)
{
	struct mg_event e;
	struct mg_fault f;
	const char *why = "";

	mg_str_clear(&s->last);
	if (!mg_sl_trim(line).n)
		return;
	if (mg_event_look(&e, line, true, &f) < 0) {
		bad_line(number, f.message);
		return;
	}
	if (mg_json_check((char *)(uintptr_t)e.raw.p, e.raw.n, &why, NULL) <
		0) {
		bad_line(number, why);
		return;
	}
	if (mg_event_is(&e, "end"))
		mg_str_sl(&s->last, e.raw);
	if (s->person) {
		mg_progress_event(&s->progress, &e);
		keep_task(s, &e);
	} else {
		print_result(s, &e);
	}
}

/* A last line without its newline is being written, or was cut by a crash. */
static int
read_log(struct shown *s)
{
	struct mg_lines in = {.fd = s->dir->fd};
	enum mg_line got;
	struct mg_fault f;
	struct mg_sl line, rest;
	ssize_t n;

	while ((n = mg_lines_fill(&in)) > 0) {
		while ((got = mg_lines_next(&in, &line)) != MG_LINE_NONE) {
			if (got == MG_LINE)
				one_line(s, line, in.number);
			else
				bad_line(in.number, "it is too long");
		}
	}
	rest = mg_lines_rest(&in);
	if (rest.n) {
		mg_str_clear(&s->last);
		if (!mg_rundir_running(s->dir))
			mg_warn("the log's last line is cut, and left out");
	}
	mg_lines_release(&in);
	if (n == 0)
		return 0;
	mg_fail(&f, MG_E_INPUT, "unable to read the log: %s", strerror(errno));
	return mg_runs_fail(&f);
}

/* --- the page: one task --- */

static struct mg_sl
member(const struct task *t, const char *key)
{
	return mg_json_get(mg_sl_of(t->result), key);
}

static void
put_raw(struct shown *s, struct mg_sl raw, size_t columns)
{
	struct mg_str text = MG_STR(0);

	if (!mg_json_text(raw, &text))
		mg_str_sl(&text, raw);
	mg_screen_line(&s->text, mg_str_as_sl(&text), columns);
	mg_str_release(&text);
}

/* "a, b, c" */
static void
put_names(struct shown *s, struct mg_sl names)
{
	struct mg_sl key, name;
	size_t it = 0;

	for (bool first = true; mg_json_next(names, &it, &key, &name);
		first = false) {
		mg_str_puts(&s->text, first ? "" : ", ");
		put_raw(s, name, NAME_COLUMNS);
	}
}

static void
put_named(struct shown *s, const char *what, struct mg_sl names)
{
	if (!mg_json_count(names))
		return;
	mg_str_puts(&s->text, what);
	put_names(s, names);
	mg_str_putc(&s->text, '\n');
}

static void
bold(struct shown *s, bool on)
{
	if (s->colour)
		mg_str_puts(&s->text, on ? "\033[1m" : "\033[m");
}

/* What a model wrote: to a terminal made harmless, else as it is. */
static void
put_content(struct shown *s, struct mg_sl content)
{
	struct mg_str text = MG_STR(0);

	if (mg_json_text(content, &text)) {
		if (isatty(STDOUT_FILENO))
			mg_screen_text(&s->text, mg_str_as_sl(&text));
		else
			mg_str_sl(&s->text, mg_str_as_sl(&text));
		if (!text.len || text.s[text.len - 1] != '\n')
			mg_str_putc(&s->text, '\n');
		mg_str_putc(&s->text, '\n');
	}
	mg_str_release(&text);
}

/* "gpt wins with agent1.1 (a tie: the earliest answer)" */
static void
put_verdict(struct shown *s, const struct task *t)
{
	struct mg_sl status = member(t, "status");
	struct mg_sl winner = member(t, "winner");

	bold(s, true);
	if (winner.p) {
		put_raw(s, winner, NAME_COLUMNS);
		mg_str_puts(&s->text, " wins");
		if (member(t, "label").p) {
			mg_str_puts(&s->text, " with ");
			put_raw(s, member(t, "label"), NAME_COLUMNS);
		}
	} else {
		mg_str_puts(&s->text, "no answer");
	}
	if (mg_json_bool(member(t, "tie"), false))
		mg_str_puts(&s->text, " (a tie: the earliest answer)");
	if (!mg_json_is(status, "done")) {
		mg_str_puts(&s->text, ": ");
		put_raw(s, status, NAME_COLUMNS);
	}
	if (mg_json_kind(member(t, "reason")) == '"') {
		mg_str_puts(&s->text, ": ");
		put_raw(s, member(t, "reason"), TEXT_COLUMNS);
	}
	bold(s, false);
	mg_str_putc(&s->text, '\n');
}

/* "  agent1.1 by gpt: 2 of 3 (gpt, claude)" */
static void
put_tally(struct shown *s, const struct task *t)
{
	struct mg_sl votes = member(t, "votes"), key, v, by;
	size_t it = 0;

	while (mg_json_next(votes, &it, &key, &v)) {
		mg_str_puts(&s->text, "  ");
		put_raw(s, mg_json_get(v, "label"), NAME_COLUMNS);
		mg_str_puts(&s->text, " by ");
		put_raw(s, mg_json_get(v, "agent"), NAME_COLUMNS);
		mg_str_puts(&s->text, ": ");
		put_raw(s, mg_json_get(v, "weight"), NAME_COLUMNS);
		mg_str_puts(&s->text, " of ");
		put_raw(s, member(t, "total"), NAME_COLUMNS);
		by = mg_json_get(v, "agents");
		if (mg_json_count(by)) {
			mg_str_puts(&s->text, " (");
			put_names(s, by);
			mg_str_putc(&s->text, ')');
		}
		mg_str_putc(&s->text, '\n');
	}
}

static void
put_dissent(struct shown *s, const struct task *t)
{
	struct mg_sl dissent = member(t, "dissent"), key, d;
	size_t it = 0;

	for (bool first = true; mg_json_next(dissent, &it, &key, &d);
		first = false) {
		mg_str_puts(&s->text, first ? "not chosen: " : ", ");
		put_raw(s, mg_json_get(d, "agent"), NAME_COLUMNS);
	}
	if (it)
		mg_str_putc(&s->text, '\n');
}

static void
put_task(struct shown *s, const struct task *t)
{
	bold(s, true);
	if (s->tasks.n > 1) {
		mg_screen_line(&s->text, mg_sl_of(t->id), NAME_COLUMNS);
		mg_str_puts(&s->text, ": ");
	}
	mg_screen_line(&s->text, mg_sl_of(t->question), SIZE_MAX);
	bold(s, false);
	mg_str_puts(&s->text, "\n\n");
	if (!t->result) {
		mg_str_puts(&s->text, "not decided\n\n");
		return;
	}
	put_content(s, member(t, "content"));
	put_verdict(s, t);
	put_tally(s, t);
	put_dissent(s, t);
	put_named(s, "failed: ", member(t, "failed"));
	put_named(s, "abstained: ", member(t, "abstained"));
	mg_str_putc(&s->text, '\n');
}

/* --- the page: agents, and how it stands --- */

static void
put_number(struct mg_str *o, const char *before, int64_t n, const char *after)
{
	mg_str_puts(o, before);
	mg_draw_count(o, n);
	mg_str_puts(o, after);
	mg_str_puts(o, n == 1 ? "" : "s");
}

static void
put_agents(struct shown *s)
{
	size_t columns = 0;

	for (size_t i = 0; i < s->progress.agents.n; i++) {
		size_t n = mg_screen_columns(s->progress.agents.e[i].key);

		if (n > columns)
			columns = n < NAME_COLUMNS ? n : NAME_COLUMNS;
	}
	for (size_t i = 0; i < s->progress.agents.n; i++) {
		struct mg_progress_agent *a = s->progress.agents.e[i].value;
		size_t used = mg_screen_line(
			&s->text, mg_sl_of(a->name), columns);

		mg_screen_pad(&s->text, used, columns);
		put_number(&s->text, "  ", a->calls, " call");
		put_number(&s->text, ", ", a->answers, " answer");
		put_number(&s->text, ", ", a->input_tokens, " token");
		mg_str_puts(&s->text, " in, ");
		mg_draw_count(&s->text, a->output_tokens);
		mg_str_puts(&s->text, " out");
		if (a->error[0]) {
			mg_str_puts(&s->text, ", last error: ");
			mg_screen_line(
				&s->text, mg_sl_of(a->error), NAME_COLUMNS);
		}
		mg_str_putc(&s->text, '\n');
	}
}

/* "run NAME: done 3 minutes ago, 1 of 1 decided" */
static void
put_state(struct shown *s)
{
	const char *status = mg_runs_status(s->dir, mg_str_as_sl(&s->last));
	struct stat st = {0};
	size_t decided = 0;

	if (fstat(s->dir->fd, &st) < 0)
		st.st_mtime = time(NULL);
	for (size_t i = 0; i < s->tasks.n; i++)
		decided += ((struct task *)s->tasks.e[i].value)->result != NULL;
	mg_str_fmt(&s->text, "%srun %s: %s ", s->progress.agents.n ? "\n" : "",
		s->dir->name, status);
	mg_runs_age(&s->text, (int64_t)(time(NULL) - st.st_mtime));
	mg_str_fmt(&s->text, ", %zu of %zu decided\n", decided, s->tasks.n);
	if (strcmp(status, "interrupted") == 0 ||
		strcmp(status, "crashed") == 0)
		mg_str_fmt(&s->text,
			"unfinished: mg-run --resume %s goes on with it\n",
			s->dir->name);
	else if (strcmp(status, "running") == 0)
		mg_str_fmt(&s->text,
			"mg-run log -f %s watches it, mg-run tell %s speaks "
			"to it\n",
			s->dir->name, s->dir->name);
}

static void
put_page(struct shown *s)
{
	s->text.max = SIZE_MAX / 2;
	for (size_t i = 0; i < s->tasks.n; i++) {
		put_task(s, s->tasks.e[i].value);
		mg_page_put(&s->out, mg_str_as_sl(&s->text));
		mg_str_clear(&s->text);
	}
	put_agents(s);
	put_state(s);
	mg_page_put(&s->out, mg_str_as_sl(&s->text));
}

static void
release(struct shown *s)
{
	for (size_t i = 0; i < s->tasks.n; i++) {
		struct task *t = s->tasks.e[i].value;

		free(t->id);
		free(t->question);
		free(t->result);
		free(t);
	}
	mg_map_release(&s->tasks);
	mg_progress_release(&s->progress);
	mg_form_release(&s->form);
	mg_str_release(&s->last);
	mg_str_release(&s->text);
}

int
mg_runs_show(const struct mg_runs_req *req)
{
	struct shown s = {
		.form = {.outcome = "result", .put = mg_page_put},
	};
	struct mg_rundir d;
	struct mg_fault f;
	int status;

	if (mg_rundir_open(&d, req->run, false, &f) < 0)
		return mg_runs_fail(&f);
	s.dir = &d;
	s.form.arg = &s.out;
	if (mg_form_init(&s.form, req->output, req->query, &f) < 0) {
		mg_rundir_close(&d);
		return mg_runs_fail(&f);
	}
	s.person = s.form.output == MG_OUT_TEXT && !req->query;
	s.colour = mg_screen_colour(STDOUT_FILENO);
	status = read_log(&s);
	if (s.person)
		put_page(&s);
	status = mg_page_flush(&s.out, mg_worse(status, s.form.status));
	release(&s);
	mg_rundir_close(&d);
	return status;
}
