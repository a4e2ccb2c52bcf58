#include "tools/work.h"

#include "base/clock.h"
#include "event/event.h"
#include "event/json.h"
#include "schema/schema.h"

#include <stdio.h>
#include <stdlib.h>

#define WHY_MAX 8192

void
mg_work_fail(struct mg_work *w, enum mg_code code, const char *fmt, ...)
{
	char words[WHY_MAX];
	va_list ap;

	if (w->code != MG_OK)
		return;
	w->code = code;
	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	mg_str_puts(&w->why, words);
}

/* --- output: text ------------------------------------------------------------- */

static bool
too_much(struct mg_work *w)
{
	mg_work_fail(w, MG_E_TOO_LARGE,
		"the tool wrote more than %lld bytes, and was ended",
		(long long)w->tool->limits.output_max);
	return false;
}

static bool
keep(struct mg_work *w, const char *p, size_t n)
{
	return mg_written_add(&w->output, p, n) || too_much(w);
}

/* --- output: events ------------------------------------------------------------ */

/* What a tool says once more stands for what it has said before. */
static bool
result(struct mg_work *w, struct mg_sl content)
{
	struct mg_str text = MG_STR(MG_LINE_MAX);
	bool done;

	mg_written_clear(&w->output);
	if (!mg_json_text(content, &text) && mg_json_kind(content))
		mg_str_sl(&text, content);
	done = keep(w, text.s ? text.s : "", text.len);
	mg_str_release(&text);
	return done;
}

/* `content`, or of a team without one the reason that it gives. */
static bool
outcome(struct mg_work *w, struct mg_sl e)
{
	struct mg_sl content = mg_json_get(e, "content");

	w->said = true;
	w->failed = false;
	if (mg_json_kind(content) == '"')
		return result(w, content);
	w->failed = true;
	content = mg_json_get(e, "reason");
	return result(w, content.p ? content : mg_json_get(e, "status"));
}

static bool
tool_result(struct mg_work *w, struct mg_sl e)
{
	struct mg_sl failed = mg_json_get(e, "is_error");

	if (!failed.p)
		failed = mg_json_get(e, "isError"); /* as MCP spells it */
	w->said = true;
	/* Whatever is not plainly good is not good. */
	w->failed = failed.p && mg_json_kind(failed) != 'n' &&
		mg_json_kind(failed) != 'f';
	return result(w, mg_json_get(e, "content"));
}

static bool
error(struct mg_work *w, struct mg_sl e)
{
	/* In a team or a line of commands others may make up for it. */
	if (w->said)
		return true;
	w->failed = true;
	return result(w, mg_json_get(e, "message"));
}

static bool
event(struct mg_work *w, struct mg_sl line)
{
	static const char *const told[] = {
		"step", "delta", "answer", "vote", NULL};
	struct mg_sl e = mg_sl_trim(line), type;
	const char *why = "";

	if (!e.n)
		return true;
	if (mg_json_check((char *)(uintptr_t)e.p, e.n, &why, NULL) < 0 ||
		mg_json_kind(e) != '{') {
		mg_work_fail(w, MG_E_MALFORMED,
			"the tool wrote a line that is no event: %s", why);
		return false;
	}
	type = mg_json_get(e, "type");
	if (mg_json_is(type, "tool_result"))
		return tool_result(w, e);
	if (mg_json_is(type, "result"))
		return outcome(w, e);
	if (mg_json_is(type, "error"))
		return error(w, e);
	if (mg_json_is(type, "message") && !w->said) {
		w->failed = false;
		return result(w, mg_json_get(e, "content"));
	}
	for (size_t i = 0; told[i] && w->req.on_step; i++)
		if (mg_json_is(type, told[i]))
			w->req.on_step(w->req.arg, e);
	return true;
}

static bool
lines(struct mg_work *w, bool end)
{
	struct mg_sl rest = mg_str_as_sl(&w->line);
	size_t used = 0;
	const char *nl;
	bool good = true;

	while (good &&
		(nl = memchr(rest.p + used, '\n', rest.n - used)) != NULL) {
		good = event(w,
			(struct mg_sl){
				rest.p + used, (size_t)(nl - rest.p) - used});
		used = (size_t)(nl - rest.p) + 1;
	}
	if (good && end && used < rest.n) {
		good = event(w, (struct mg_sl){rest.p + used, rest.n - used});
		used = rest.n;
	}
	mg_str_drop(&w->line, used);
	return good;
}

/* --- which of the two it is ------------------------------------------------------- */

/* Where it is no whole line of JSON: a `type` that stands first. */
static struct mg_sl
type_in_front(struct mg_sl line)
{
	static const char *const parts[] = {"{", "\"type\"", ":", "\"", NULL};
	const char *end;

	for (size_t i = 0; parts[i]; i++) {
		size_t n = strlen(parts[i]);

		line = mg_sl_trim(line);
		if (line.n < n || memcmp(line.p, parts[i], n) != 0)
			return (struct mg_sl){NULL, 0};
		line.p += n;
		line.n -= n;
	}
	end = memchr(line.p, '"', line.n);
	return (struct mg_sl){line.p, end ? (size_t)(end - line.p) : line.n};
}

/*
 * A tool's answer may be JSON with a `type` of its own: only these begin
 * events. Whether the line is good JSON is asked later, for one that is not
 * must not pass for an answer.
 */
static bool
begins_events(struct mg_sl line)
{
	static const char *const types[] = {"step", "delta", "tool_result",
		"message", "result", "init", "error", "usage", NULL};
	struct mg_event e;
	struct mg_sl type;
	bool yes = false;

	type = mg_event_look(&e, line, true, NULL) == 0 ? e.type
							: type_in_front(line);
	for (size_t i = 0; types[i] && !yes; i++)
		yes = mg_sl_is(type, types[i]);
	return yes;
}

/* False: the first line is not whole yet. */
static bool
decide(struct mg_work *w, bool end)
{
	struct mg_sl s = mg_str_as_sl(&w->line), first;
	const char *nl;

	first = s;
	if (first.n >= 3 && memcmp(first.p, "\xEF\xBB\xBF", 3) == 0)
		first.p += 3, first.n -= 3;
	while (first.n && strchr(" \t\r\n", *first.p))
		first.p++, first.n--;
	if (!first.n && !end)
		return s.n >= 4096; /* blanks without end are text */
	if (first.n && *first.p == '{') {
		nl = memchr(first.p, '\n', first.n);
		if (!nl && !end && !w->line.over)
			return false;
		if (nl)
			first.n = (size_t)(nl - first.p);
		w->events = begins_events(first);
	}
	return true;
}

static bool
settle(struct mg_work *w, bool end)
{
	struct mg_str text = w->line;
	bool good;

	if (!decide(w, end))
		return true;
	w->decided = true;
	if (w->events)
		return lines(w, end);
	w->line = (struct mg_str)MG_STR(MG_LINE_MAX);
	good = keep(w, text.s ? text.s : "", text.len);
	mg_str_release(&text);
	return good;
}

bool
mg_work_take(struct mg_work *w, const char *p, size_t n)
{
	w->bytes += (int64_t)n;
	if (w->decided && !w->events)
		return keep(w, p, n);
	if (w->bytes > w->tool->limits.output_max)
		return too_much(w);
	if (mg_str_add(&w->line, p, n))
		return w->decided ? lines(w, false) : settle(w, false);
	if (w->events) {
		mg_work_fail(w, MG_E_TOO_LARGE,
			"the tool wrote an event beyond %zu MiB",
			MG_LINE_MAX >> 20);
		return false;
	}
	w->line.over = true;
	return settle(w, true) && keep(w, p, n);
}

/* --- the end ------------------------------------------------------------------------ */

static void
check_output(struct mg_work *w)
{
	struct mg_sl schema = mg_sl_of(w->tool->output_schema);
	struct mg_sl whole = mg_sl_trim(mg_written_whole(&w->output));
	struct mg_str why = MG_STR(WHY_MAX / 2);
	const char *bad = "";

	if (!schema.p)
		return;
	if (!whole.p)
		mg_work_fail(w, MG_E_TOO_LARGE,
			"the output is too long to be checked");
	else if (mg_json_check(
			 (char *)(uintptr_t)whole.p, whole.n, &bad, NULL) < 0)
		mg_work_fail(w, MG_E_MALFORMED,
			"the output is not the JSON that it should be: %s",
			bad);
	else if (!mg_schema_fits(schema, whole, &why))
		mg_work_fail(w, MG_E_MALFORMED,
			"the output is not what it should be: %.*s",
			(int)why.len, why.s ? why.s : "");
	mg_str_release(&why);
}

void
mg_work_over(struct mg_work *w, const char *died)
{
	if (!w->decided)
		settle(w, true);
	else if (w->events && w->code == MG_OK)
		lines(w, true);
	/* What a tool says of its failure is better than its status. */
	if (w->failed)
		mg_work_fail(w, MG_E_TOOL, "%s", "");
	if (died)
		mg_work_fail(w, MG_E_TOOL, "%s", died);
	if (w->events && !w->said && !w->output.total)
		mg_work_fail(w, MG_E_TOOL,
			"the tool said no result among its events");
	if (w->code == MG_OK)
		check_output(w);
}

/* Text for a model: what the tool wrote, and what went wrong. */
static void
put_content(struct mg_work *w, struct mg_str *out)
{
	mg_written_text(&w->output, out);
	while (w->code == MG_OK && out->len &&
		(out->s[out->len - 1] == '\n' || out->s[out->len - 1] == '\r'))
		out->s[--out->len] = '\0';
	if (w->code != MG_OK && w->why.len) {
		if (out->len && out->s[out->len - 1] != '\n')
			mg_str_putc(out, '\n');
		mg_str_sl(out, mg_str_as_sl(&w->why));
	}
	if (!out->len)
		mg_str_puts(out,
			w->code == MG_OK ? "(no output)"
					 : "the tool failed and did not say "
					   "why");
}

static void
free_work(struct mg_work *w)
{
	mg_written_release(&w->output);
	mg_str_release(&w->arguments);
	mg_str_release(&w->line);
	mg_str_release(&w->why);
	free(w->agent);
	free(w->call);
	free(w->run);
	free(w);
}

void
mg_work_done(struct mg_work *w)
{
	struct mg_str content = MG_STR(MG_OUTPUT_SHOWN * 4);

	put_content(w, &content);
	w->req.on_done(w->req.arg,
		&(struct mg_work_end){.content = mg_str_as_sl(&content),
			.code = w->code,
			.duration_ms = mg_now() - w->began_ms,
			.bytes = w->bytes,
			.bare = w->bare});
	mg_str_release(&content);
	free_work(w);
}

/* --- begun and ended from outside ------------------------------------------------------ */

static char *
copy(const char *s)
{
	return s ? mg_xstrdup(s) : NULL;
}

struct mg_work *
mg_work_start(
	struct mg_loop *l, const struct mg_work_req *req, struct mg_fault *f)
{
	struct mg_work *w = mg_xcalloc(1, sizeof(*w));
	const struct mg_tool *t = req->tool;

	w->loop = l;
	w->req = *req;
	w->tool = t;
	w->agent = copy(req->agent);
	w->call = copy(req->call);
	w->run = copy(req->run);
	w->arguments.max = MG_LINE_MAX;
	w->line.max = MG_LINE_MAX;
	w->why.max = WHY_MAX;
	mg_str_sl(&w->arguments, req->arguments);
	mg_written_init(&w->output, t->name, req->folder, &t->limits,
		t->output_schema != NULL);
	w->began_ms = mg_now();
	if (t->kind->start(w, f) < 0) {
		free_work(w);
		return NULL;
	}
	return w;
}

void
mg_work_cancel(struct mg_work *w, const char *why)
{
	if (w->cancelled)
		return;
	w->cancelled = true;
	mg_work_fail(w, MG_E_CANCELLED, "%s", why);
	w->tool->kind->cancel(w);
}

void
mg_work_pause(struct mg_work *w, bool pause)
{
	if (w->child)
		mg_child_pause(w->child, pause);
}
