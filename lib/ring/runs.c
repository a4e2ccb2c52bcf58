#include "ring/runs.h"

#include "base/screen.h"
#include "event/json.h"
#include "ring/progress.h"
#include "ring/runs_in.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define HEAD ((size_t)64 << 10)
#define TAIL ((size_t)256 << 10)
#define QUESTION_MAX 280 /* bytes of a question whose line is cut */

int
mg_runs_fail(const struct mg_fault *f)
{
	mg_fault_print(f);
	return mg_code_exit(f->code);
}

/* --- words --- */

const char *
mg_runs_status(const struct mg_rundir *d, struct mg_sl last_line)
{
	static const char *const known[] = {
		"done", "failed", "interrupted", NULL};
	struct mg_event e;

	if (mg_rundir_running(d))
		return "running";
	if (mg_event_look(&e, last_line, true, NULL) < 0 ||
		!mg_event_is(&e, "end"))
		return "crashed";
	for (size_t i = 0; known[i]; i++)
		if (mg_json_is(mg_json_get(e.raw, "status"), known[i]))
			return known[i];
	return "done";
}

void
mg_runs_age(struct mg_str *out, int64_t seconds)
{
	static const struct {
		int64_t upto, unit;
		const char *name;
	} units[] = {{90, 1, "second"}, {90 * 60, 60, "minute"},
		{36 * 3600, 3600, "hour"}, {14 * 86400, 86400, "day"},
		{70 * 86400, 7 * 86400, "week"},
		{365 * 86400, 30 * 86400, "month"},
		{INT64_MAX, 365 * 86400, "year"}};
	size_t i = 0;
	int64_t n;

	if (seconds < 1) {
		mg_str_puts(out, "now");
		return;
	}
	while (seconds >= units[i].upto)
		i++;
	n = (seconds + units[i].unit / 2) / units[i].unit;
	mg_str_fmt(out, "%lld %s%s ago", (long long)n, units[i].name,
		n == 1 ? "" : "s");
}

/* --- what a log tells at a glance --- */

struct row {
	char *name, *question, *log;
	const char *status;
	char started[MG_UTC_SIZE], updated[MG_UTC_SIZE];
	int64_t tasks, results;
	time_t written;
};

static void
free_row(struct row *r)
{
	free(r->name);
	free(r->question);
	free(r->log);
}

/* Whole lines of text; what is left of the last one is returned. The first
 * question stands for the run, not the last. */
static struct mg_sl
tell_lines(struct mg_progress *p, struct row *r, struct mg_sl text)
{
	const char *nl;

	while ((nl = memchr(text.p, '\n', text.n))) {
		struct mg_sl line = {text.p, (size_t)(nl - text.p)};
		struct mg_event e;

		if (mg_event_look(&e, line, true, NULL) == 0)
			mg_progress_event(p, &e);
		if (!r->question && p->question)
			r->question = mg_xstrdup(p->question);
		text.n -= line.n + 1;
		text.p = nl + 1;
	}
	return text;
}

/* The first line of the question in a task whose line was cut. */
static char *
cut_question(struct mg_sl line)
{
	static const char mark[] = "\"content\":\"";
	const char *p = memmem(line.p, line.n, mark, sizeof(mark) - 1);
	struct mg_str text = MG_STR(0), plain = MG_STR(0);
	size_t n = 0, room;
	char *question = NULL;

	if (!p)
		return NULL;
	p += sizeof(mark) - 1;
	room = line.n - (size_t)(p - line.p);
	while (n < QUESTION_MAX && n + 6 < room && p[n] != '"') {
		if (p[n] == '\\' && p[n + 1] == 'n' && n)
			break;
		n += p[n] != '\\' ? 1 : p[n + 1] == 'u' ? 6 : 2;
	}
	mg_str_putc(&text, '"');
	mg_str_sl(&text, mg_sl_cut((struct mg_sl){p, room}, n));
	mg_str_putc(&text, '"');
	if (mg_json_check(text.s, text.len, NULL, NULL) >= 0 &&
		mg_json_text(mg_str_as_sl(&text), &plain))
		question = mg_sl_dup(mg_sl_trim(mg_str_as_sl(&plain)));
	mg_str_release(&text);
	mg_str_release(&plain);
	return question;
}

/* Reads [from, from + n) of the log, less where it is shorter. */
static void
read_part(int fd, struct mg_str *out, off_t from, size_t n)
{
	char *buf = mg_xmalloc(n + 1);
	size_t got = 0;
	ssize_t r;

	while (got < n) {
		r = pread(fd, buf + got, n - got, from + (off_t)got);
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			break;
		got += (size_t)r;
	}
	mg_str_add(out, buf, got);
	free(buf);
}

static struct mg_sl
last_line(struct mg_sl text)
{
	const char *nl;

	if (!text.n || text.p[text.n - 1] != '\n')
		return MG_SL("");
	nl = memrchr(text.p, '\n', text.n - 1);
	return nl ? (struct mg_sl){nl + 1, text.n - (size_t)(nl + 1 - text.p)}
		  : text;
}

/* The numbers of a log too long to be counted. */
static void
believe_status(const struct mg_rundir *d, struct row *r)
{
	struct mg_str s = MG_STR(0);
	struct mg_sl o;

	if (mg_str_file(&s, d->status) &&
		mg_json_check(s.s, s.len, NULL, NULL) >= 0) {
		o = mg_str_as_sl(&s);
		r->tasks = mg_json_int(mg_json_get(o, "tasks"), r->tasks);
		r->results = mg_json_int(mg_json_get(o, "results"), r->results);
	}
	mg_str_release(&s);
}

static void
glance(const struct mg_rundir *d, off_t size, struct row *r)
{
	struct mg_str head = MG_STR(0), tail = MG_STR(0);
	struct mg_progress p = {0};
	bool whole = size <= (off_t)(HEAD + TAIL);
	struct mg_sl rest, end;
	const char *nl;

	read_part(d->fd, &head, 0, whole ? (size_t)size : HEAD);
	if (!whole)
		read_part(d->fd, &tail, size - (off_t)TAIL, TAIL);
	rest = tell_lines(&p, r, mg_str_as_sl(&head));
	if (!r->question)
		r->question = cut_question(rest);
	end = mg_str_as_sl(whole ? &head : &tail);
	r->status = mg_runs_status(d, last_line(end));
	nl = whole ? NULL : memchr(end.p, '\n', end.n);
	if (nl)
		tell_lines(&p, r,
			(struct mg_sl){
				nl + 1, end.n - (size_t)(nl + 1 - end.p)});
	memcpy(r->started, p.started, sizeof(r->started));
	memcpy(r->updated, p.updated, sizeof(r->updated));
	r->tasks = (int64_t)p.tasks;
	r->results = (int64_t)p.results;
	if (!whole)
		believe_status(d, r);
	mg_progress_release(&p);
	mg_str_release(&head);
	mg_str_release(&tail);
}

static bool
read_row(const char *name, struct row *r)
{
	struct mg_rundir d;
	struct mg_fault f;
	struct stat st;

	*r = (struct row){0};
	if (mg_rundir_open(&d, name, false, &f) < 0) {
		/* Gone since it was listed, or not ours to read. */
		mg_fault_print(&f);
		return false;
	}
	if (fstat(d.fd, &st) < 0)
		st = (struct stat){0};
	r->name = mg_xstrdup(name);
	r->log = mg_xstrdup(d.log);
	r->written = st.st_mtime;
	glance(&d, st.st_size, r);
	mg_rundir_close(&d);
	return true;
}

/* --- the list --- */

static void
put_event(struct mg_form *form, const struct row *r)
{
	struct mg_str s = MG_STR(0);

	mg_str_puts(&s, "{\"type\":\"run\"");
	mg_json_ms(&s, "run", r->name);
	mg_json_ms(&s, "status", r->status);
	mg_json_ms(&s, "started", r->started);
	mg_json_ms(&s, "updated", r->updated);
	mg_json_mi(&s, "tasks", r->tasks);
	mg_json_mi(&s, "results", r->results);
	mg_json_ms(&s, "question", r->question ? r->question : "");
	mg_json_ms(&s, "log", r->log);
	mg_str_puts(&s, "}\n");
	mg_form_print(form, mg_str_as_sl(&s), true);
	mg_str_release(&s);
}

static const char *
colour_of(const char *status)
{
	return strcmp(status, "running") == 0	 ? "36"
		: strcmp(status, "done") == 0	 ? "32"
		: strcmp(status, "crashed") == 0 ? "31"
		: strcmp(status, "failed") == 0	 ? "31"
						 : "33";
}

/* "20261121-170901-kqxwzt  done  3 minutes ago  1/1  Is 3 599 prime?" */
static void
put_row(struct mg_page *o, const struct row *r, size_t name_columns)
{
	bool colour = mg_screen_colour(STDOUT_FILENO);
	struct mg_str s = MG_STR(0), cell = MG_STR(0);
	size_t used, columns, rows;

	mg_screen_size(STDOUT_FILENO, &columns, &rows);
	used = mg_screen_line(&s, mg_sl_of(r->name), name_columns);
	mg_screen_pad(&s, used, name_columns + 2);
	if (colour)
		mg_str_fmt(&s, "\033[%sm", colour_of(r->status));
	mg_str_fmt(&s, "%-11s%s  ", r->status, colour ? "\033[m" : "");
	mg_runs_age(&cell, (int64_t)(time(NULL) - r->written));
	mg_str_fmt(&s, "%-14s  ", cell.s);
	mg_str_clear(&cell);
	mg_str_fmt(
		&cell, "%lld/%lld", (long long)r->results, (long long)r->tasks);
	mg_str_fmt(&s, "%-5s  ", cell.s);
	used = name_columns + 2 + 13 + 16 + 7;
	mg_screen_line(&s, mg_sl_of(r->question),
		!columns		 ? SIZE_MAX
			: columns > used ? columns - used
					 : 0);
	while (s.len && s.s[s.len - 1] == ' ')
		s.len--;
	mg_str_putc(&s, '\n');
	mg_page_put(o, mg_str_as_sl(&s));
	mg_str_release(&s);
	mg_str_release(&cell);
}

static size_t
longest(char **names)
{
	size_t n = 0;

	for (size_t i = 0; names[i]; i++)
		if (strlen(names[i]) > n)
			n = strlen(names[i]);
	return n < 40 ? n : 40;
}

int
mg_runs_list(const struct mg_runs_req *req)
{
	struct mg_page out = {0};
	struct mg_form form = {
		.outcome = "run", .put = mg_page_put, .arg = &out};
	struct mg_fault f;
	char **names;
	size_t columns;
	struct row r;

	if (mg_form_init(&form, req->output, req->query, &f) < 0)
		return mg_runs_fail(&f);
	names = mg_rundir_list();
	columns = longest(names);
	for (size_t i = 0; names[i] && !out.status; i++) {
		if (!req->all && mg_rundir_inner(names[i]))
			continue;
		if (!read_row(names[i], &r))
			continue;
		if (form.output == MG_OUT_TEXT && !req->query)
			put_row(&out, &r, columns);
		else
			put_event(&form, &r);
		free_row(&r);
	}
	mg_rundir_list_free(names);
	mg_form_release(&form);
	return mg_page_flush(&out, form.status);
}
