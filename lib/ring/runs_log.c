/* runs_log.c - a run's log as it is, and a word to a run; see runs.h. */
#include "ring/runs.h"

#include "base/near.h"
#include "event/json.h"
#include "io/lines.h"
#include "ring/inbox.h"
#include "ring/progress.h"
#include "ring/runs_in.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK ((size_t)256 << 10)
#define POLL_MS 200 /* between looks at a log that grows */
#define KEPT ((size_t)64 << 10) /* of a line: `end` is shorter */
#define TELL_MS 75000 /* a lap of the ring, and what it may be late */

/* --- the log --- */

struct copy {
	const struct mg_rundir *dir;
	struct mg_page out;
	off_t at; /* copied up to here, the end of a line */
	size_t number; /* of the line at hand, from 1 */
	struct mg_str line; /* its beginning */
	size_t length;
	char last; /* its last byte that is no blank */
	bool ended; /* the last line was `end` */
	struct mg_fault fault;
};

/* The end of the last whole line between c->at and the end of the file. */
static off_t
last_newline(struct copy *c, char *buf)
{
	struct stat st;
	off_t end;

	if (fstat(c->dir->fd, &st) < 0)
		return c->at;
	for (end = st.st_size; end > c->at;) {
		size_t n = end - c->at < (off_t)BLOCK ? (size_t)(end - c->at)
						      : BLOCK;
		ssize_t got = pread(c->dir->fd, buf, n, end - (off_t)n);
		const char *nl = got > 0 ? memrchr(buf, '\n', (size_t)got)
					 : NULL;

		if (nl)
			return end - (off_t)n + (nl + 1 - buf);
		end -= (off_t)n;
	}
	return c->at;
}

/* A line has been copied: what it was, as far as that is seen in passing. */
static void
look_at_line(struct copy *c)
{
	struct mg_sl line = mg_sl_trim(mg_str_as_sl(&c->line));
	struct mg_event e;

	c->ended = mg_event_look(&e, line, true, NULL) == 0 &&
		mg_event_is(&e, "end");
	if (c->length && (!line.n || line.p[0] != '{' || c->last != '}'))
		mg_warn("line %zu of the log is no event", c->number);
	mg_str_clear(&c->line);
	c->length = 0;
	c->last = '\0';
	c->number++;
}

static void
look_at(struct copy *c, struct mg_sl block)
{
	const char *nl;

	while (block.n) {
		struct mg_sl part = block, seen;
		size_t kept;

		nl = memchr(block.p, '\n', block.n);
		if (nl)
			part.n = (size_t)(nl - block.p);
		seen = mg_sl_trim(part);
		if (seen.n)
			c->last = seen.p[seen.n - 1];
		c->length += seen.n;
		kept = part.n;
		if (kept > KEPT - c->line.len)
			kept = KEPT - c->line.len;
		mg_str_add(&c->line, part.p, kept);
		if (nl)
			look_at_line(c);
		block.p += part.n + (nl ? 1 : 0);
		block.n -= part.n + (nl ? 1 : 0);
	}
}

/* Copies what is whole; false if it cannot be read or written. */
static bool
copy_more(struct copy *c, char *buf)
{
	off_t end = last_newline(c, buf);

	while (c->at < end) {
		size_t n = end - c->at < (off_t)BLOCK ? (size_t)(end - c->at)
						      : BLOCK;
		ssize_t got = pread(c->dir->fd, buf, n, c->at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			mg_fail(&c->fault, MG_E_INPUT,
				"unable to read the log: %s",
				got ? strerror(errno) : "it became shorter");
			return false;
		}
		mg_page_put(&c->out, (struct mg_sl){buf, (size_t)got});
		look_at(c, (struct mg_sl){buf, (size_t)got});
		c->at += got;
	}
	return mg_page_flush(&c->out, 0) == 0;
}

/* Waits for more; a reader that has gone ends us, as its next line would. */
static void
wait_for_more(void)
{
	struct pollfd p = {.fd = STDOUT_FILENO};

	if (poll(&p, 1, POLL_MS) <= 0)
		return;
	if (p.revents & POLLERR) {
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	poll(NULL, 0, POLL_MS);
}

/*
 * An `end` that was there before, of a run that goes on, is the end of an
 * earlier question.
 */
static bool
follow(struct copy *c, char *buf)
{
	size_t old = 0; /* lines that were there */

	for (;;) {
		bool running = mg_rundir_running(c->dir);

		if (!copy_more(c, buf))
			return false;
		if (!old)
			old = c->number;
		if (c->ended && (!running || c->number > old))
			return true;
		if (!running)
			break;
		wait_for_more();
	}
	mg_fail(&c->fault, MG_E_TRUNCATED, "run %s has stopped without an end",
		c->dir->name);
	mg_remedy(
		&c->fault, "mg-run --resume %s goes on with it", c->dir->name);
	return false;
}

static void
warn_of_rest(const struct copy *c)
{
	struct stat st;

	if (fstat(c->dir->fd, &st) == 0 && st.st_size > c->at &&
		!mg_rundir_running(c->dir))
		mg_warn("the log's last line is cut, and left out");
}

static int
print_path(const struct mg_rundir *d)
{
	struct mg_page out = {0};

	mg_page_put(&out, mg_sl_of(d->log));
	mg_page_put(&out, MG_SL("\n"));
	return mg_page_flush(&out, 0);
}

int
mg_runs_log(const struct mg_runs_req *req)
{
	struct copy c = {.number = 1, .line = MG_STR(KEPT)};
	struct mg_rundir d;
	struct mg_fault f;
	char *buf;
	int status = 0;

	if (mg_rundir_open(&d, req->run, false, &f) < 0)
		return mg_runs_fail(&f);
	if (req->path) {
		status = print_path(&d);
		mg_rundir_close(&d);
		return status;
	}
	c.dir = &d;
	buf = mg_xmalloc(BLOCK);
	if (!(req->follow ? follow(&c, buf) : copy_more(&c, buf)))
		status = c.out.status ? c.out.status : mg_runs_fail(&c.fault);
	warn_of_rest(&c);
	free(buf);
	mg_str_release(&c.line);
	mg_rundir_close(&d);
	return status;
}

/* --- a word to a run --- */

/* The agents that the first line of the log names; NULL behind the last. */
static char **
read_agents(const struct mg_rundir *d)
{
	struct mg_lines in = {.fd = d->fd};
	struct mg_sl line, agents, key, name;
	char **names = NULL;
	size_t n = 0, cap = 0, it = 0;
	enum mg_line got = MG_LINE_NONE;

	while (got == MG_LINE_NONE && mg_lines_fill(&in) > 0)
		got = mg_lines_next(&in, &line);
	if (got != MG_LINE ||
		mg_json_check((char *)(uintptr_t)line.p, line.n, NULL, NULL) <
			0)
		line = MG_SL("{}");
	agents = mg_json_get(line, "agents");
	MG_GROW(names, n, cap);
	while (mg_json_next(agents, &it, &key, &name)) {
		names[n] = mg_json_dup(name);
		n += names[n] != NULL;
		MG_GROW(names, n, cap);
	}
	names[n] = NULL;
	mg_lines_release(&in);
	return names;
}

/* An agent that is not there cannot be meant. */
static int
check_agent(const struct mg_rundir *d, const char *agent, struct mg_fault *f)
{
	char **names = read_agents(d);
	const char *near = mg_near(agent, (const char *const *)names);
	bool known = !names[0];

	for (size_t i = 0; names[i]; i++)
		known = known || strcmp(names[i], agent) == 0;
	if (!known) {
		mg_fail(f, MG_E_NOBODY, "run %s has no agent of that name",
			d->name);
		mg_remedy(f,
			near		   ? "did you mean %s?"
				: names[1] ? "it has %s and so on"
					   : "it has %s",
			near ? near : names[0]);
	}
	mg_rundir_list_free(names);
	return known ? 0 : -1;
}

static int
tell(const struct mg_rundir *d, const struct mg_runs_req *req,
	struct mg_fault *f)
{
	struct mg_str line = MG_STR(MG_INBOX_LINE);
	int r;

	if (!mg_sl_trim(mg_sl_of(req->text)).n)
		return mg_fail(f, MG_E_USAGE, "there is nothing to tell");
	if (req->agent && check_agent(d, req->agent, f) < 0)
		return -1;
	mg_str_puts(&line, "{\"type\":\"note\"");
	if (req->agent)
		mg_json_ms(&line, "agent", req->agent);
	mg_json_ms(&line, "content", req->text);
	mg_str_putc(&line, '}');
	if (line.over) {
		mg_fail(f, MG_E_TOO_LARGE, "a note is at most 1 MiB");
		r = mg_remedy(f, "put long text into a file and name it");
	} else {
		r = mg_inbox_send(d, mg_str_as_sl(&line), TELL_MS, f);
	}
	mg_str_release(&line);
	return r;
}

int
mg_runs_tell(const struct mg_runs_req *req)
{
	struct mg_rundir d;
	struct mg_fault f;
	int r;

	if (mg_rundir_open(&d, req->run, false, &f) < 0)
		return mg_runs_fail(&f);
	r = tell(&d, req, &f);
	mg_rundir_close(&d);
	return r < 0 ? mg_runs_fail(&f) : 0;
}
