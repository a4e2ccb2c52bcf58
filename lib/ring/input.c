#include "ring/input.h"

#include "base/clock.h"
#include "event/json.h"

#include <errno.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)8 << 20) /* a question must fit an event */

static void
finish(struct mg_stdin *i)
{
	struct mg_fault f;

	if (i->over)
		return;
	i->over = true;
	mg_watch_del(i->loop, &i->watch);
	mg_timer_del(i->loop, &i->wait);
	if (i->all.over) {
		mg_fail(&f, MG_E_TOO_LARGE,
			"the text on standard input is longer than 8 MiB");
		i->bad(i->arg, &f);
	} else if (i->mode != MG_STDIN_LINES && i->mode != MG_STDIN_NOTHING) {
		i->text(i->arg, mg_str_as_sl(&i->all));
	}
	i->end(i->arg);
}

static void
one_line(struct mg_stdin *i, struct mg_sl line)
{
	char *bytes = (char *)(uintptr_t)line.p; /* in our own buffer */
	const char *why = "not a JSON object on one line";
	struct mg_fault f;

	if (!mg_sl_trim(line).n)
		return;
	if (mg_json_check(bytes, line.n, &why, NULL) >= 0 &&
		mg_json_kind(line) == '{') {
		i->line(i->arg, i->in.number, mg_sl_trim(line));
		return;
	}
	mg_fail(&f, MG_E_BAD_LINE, "%s", why);
	if (mg_sl_is(mg_sl_trim(line), "{"))
		mg_remedy(&f, "one object a line: jq -c");
	f.line = i->in.number;
	i->bad(i->arg, &f);
}

void
mg_stdin_pump(struct mg_stdin *i, bool hold)
{
	struct mg_sl line;
	struct mg_fault f;
	enum mg_line r = MG_LINE;

	if (i->over)
		return;
	while (!hold && i->mode == MG_STDIN_LINES &&
		(r = mg_lines_next(&i->in, &line)) != MG_LINE_NONE) {
		if (r == MG_LINE) {
			one_line(i, line);
			continue;
		}
		mg_fail(&f, MG_E_BAD_LINE, "the line is longer than 16 MiB");
		f.line = i->in.number;
		i->bad(i->arg, &f);
	}
	if (i->in.eof && r == MG_LINE_NONE)
		finish(i);
	else if (hold || i->in.eof)
		mg_watch_del(i->loop, &i->watch);
	else
		mg_watch_add(i->loop, &i->watch);
}

static void
on_readable(void *arg, short revents)
{
	struct mg_stdin *i = arg;
	ssize_t n = mg_lines_fill(&i->in);
	struct mg_fault f;
	struct mg_sl rest = mg_sl_trim(mg_lines_rest(&i->in));

	if (n < 0 && errno == EAGAIN)
		return;
	if (n < 0) {
		mg_fail(&f, MG_E_INPUT, "unable to read standard input: %s",
			strerror(errno));
		i->bad(i->arg, &f);
	}
	if (n <= 0)
		i->in.eof = true;
	mg_timer_del(i->loop, &i->wait);
	if (i->mode == MG_STDIN_UNKNOWN && (rest.n || i->in.eof))
		i->mode = rest.n && rest.p[0] == '{' ? MG_STDIN_LINES
						     : MG_STDIN_TEXT;
	if (i->mode == MG_STDIN_LINES)
		return; /* the pump reads them */
	rest = mg_lines_rest(&i->in);
	mg_str_sl(&i->all, rest);
	i->in.start = i->in.end;
	i->in.seen = 0;
	if (i->in.eof || i->all.over)
		finish(i);
}

static void
on_wait(void *arg)
{
	struct mg_stdin *i = arg;

	mg_warn("nothing came on standard input; going on without it "
		"(an argument `-` waits for it)");
	finish(i);
}

void
mg_stdin_start(struct mg_stdin *i, struct mg_loop *l, enum mg_input mode,
	int64_t wait_ms)
{
	static const enum mg_stdin_mode modes[] = {
		[MG_IN_AUTO] = MG_STDIN_UNKNOWN,
		[MG_IN_TEXT] = MG_STDIN_TEXT,
		[MG_IN_NDJSON] = MG_STDIN_LINES,
		[MG_IN_NONE] = MG_STDIN_NOTHING};

	i->loop = l;
	i->mode = modes[mode];
	i->all.max = TEXT_MAX;
	i->watch = (struct mg_watch){.fd = STDIN_FILENO,
		.events = POLLIN,
		.fn = on_readable,
		.arg = i};
	i->wait = (struct mg_timer){.fn = on_wait, .arg = i};
	if (mode == MG_IN_NONE) {
		finish(i);
		return;
	}
	mg_watch_add(l, &i->watch);
	if (wait_ms)
		mg_timer_set(l, &i->wait, mg_now() + wait_ms);
}

void
mg_stdin_stop(struct mg_stdin *i)
{
	if (!i->loop)
		return;
	i->over = true;
	mg_watch_del(i->loop, &i->watch);
	mg_timer_del(i->loop, &i->wait);
}

void
mg_stdin_release(struct mg_stdin *i)
{
	mg_lines_release(&i->in);
	mg_str_release(&i->all);
}
