/* ring_progress.c - tests of what a run's events tell, and of screen text. */
#include "base/screen.h"
#include "event/json.h"
#include "ring/progress.h"
#include "tap.h"

#include <stdlib.h>

static void
tell(struct mg_progress *p, const char *line)
{
	struct mg_event e;

	if (mg_event_look(&e, mg_sl_of(line), true, NULL) == 0)
		mg_progress_event(p, &e);
}

/* A member of agent i as JSON, or of the whole for i < 0. */
static bool
shows(const struct mg_progress *p, int i, const char *key, const char *want)
{
	struct mg_str s = MG_STR(0);
	char path[64];
	struct mg_sl v;
	bool same;

	mg_progress_json(p, &s);
	if (i < 0)
		snprintf(path, sizeof(path), "%s", key);
	else
		snprintf(path, sizeof(path), "agents.%d.%s", i, key);
	same = mg_json_check(s.s, s.len, NULL, NULL) >= 0;
	v = mg_json_path(mg_str_as_sl(&s), path);
	same = same &&
		(v.p ? mg_json_is(v, want) || mg_sl_is(v, want) : !*want);
	if (!same)
		fprintf(stderr, "# %s is %.*s in %s\n", path, (int)v.n,
			v.p ? v.p : "", s.s);
	mg_str_release(&s);
	return same;
}

static void
course(void)
{
	struct mg_progress p = {0};
	uint64_t before;

	ok(shows(&p, -1, "status", "running"), "a run without events");
	tell(&p,
		"{\"type\":\"init\",\"run\":\"r1\",\"ring\":true,\"agents\":"
		"[\"a\",\"b\",\"c\"],\"ts\":\"2026-11-21T17:09:01.000Z\"}");
	tell(&p,
		"{\"type\":\"task\",\"id\":\"1\",\"content\":\" \\nIs it?\\nSo?"
		"\",\"ts\":\"2026-11-21T17:09:02.000Z\"}");
	ok(shows(&p, -1, "question", "Is it?") && shows(&p, -1, "tasks", "1") &&
			shows(&p, -1, "run", "r1"),
		"a task is its first line");
	ok(shows(&p, -1, "started", "2026-11-21T17:09:01.000Z") &&
			shows(&p, -1, "updated", "2026-11-21T17:09:02.000Z"),
		"begun and last heard of");
	ok(p.agents.n == 3 && shows(&p, 1, "agent", "b") &&
			shows(&p, 1, "state", "waiting"),
		"agents in their order");
	tell(&p, "{\"type\":\"request\",\"agent\":\"a\",\"asks\":\"answer\"}");
	ok(shows(&p, 0, "state", "asked") && shows(&p, 0, "calls", "1"),
		"asked");
	tell(&p, "{\"type\":\"delta\",\"agent\":\"a\",\"content\":\"x\"}");
	ok(shows(&p, 0, "state", "answering"), "answering");
	before = p.changes;
	tell(&p, "{\"type\":\"delta\",\"agent\":\"a\",\"content\":\"y\"}");
	ok(p.changes == before, "more of the same is no change");
	tell(&p, "{\"type\":\"tool_call\",\"agent\":\"a\",\"name\":\"grep\"}");
	ok(shows(&p, 0, "state", "tool"), "waits for a tool");
	tell(&p, "{\"type\":\"ready\",\"agent\":\"a\"}");
	tell(&p,
		"{\"type\":\"request\",\"agent\":\"a\",\"asks\":\"continue\"}");
	tell(&p,
		"{\"type\":\"usage\",\"agent\":\"a\",\"input_tokens\":70,"
		"\"output_tokens\":5}");
	tell(&p,
		"{\"type\":\"answer\",\"agent\":\"a\",\"label\":\"agent1.1\"}");
	ok(shows(&p, 0, "state", "waiting") &&
			shows(&p, 0, "label", "agent1.1") &&
			shows(&p, 0, "input_tokens", "70") &&
			shows(&p, 0, "calls", "2"),
		"answered, and what it cost");
	tell(&p, "{\"type\":\"request\",\"agent\":\"b\",\"asks\":\"vote\"}");
	ok(shows(&p, 1, "state", "voting"), "voting");
	tell(&p,
		"{\"type\":\"vote\",\"agent\":\"b\",\"for\":\"agent1.1\","
		"\"counted\":true}");
	ok(shows(&p, 1, "state", "voted") && shows(&p, 1, "voted", "agent1.1"),
		"voted");
	tell(&p,
		"{\"type\":\"vote\",\"agent\":\"b\",\"for\":\"agent9.9\","
		"\"counted\":false}");
	ok(shows(&p, 1, "voted", "agent1.1"), "a vote that never counted");
	tell(&p,
		"{\"type\":\"vote\",\"agent\":\"b\",\"for\":\"agent1.1\","
		"\"counted\":false,\"why\":\"stale\"}");
	ok(shows(&p, 1, "state", "waiting") && shows(&p, 1, "voted", ""),
		"a vote that was made void");
	tell(&p, "{\"type\":\"request\",\"agent\":\"c\",\"asks\":\"answer\"}");
	tell(&p, "{\"type\":\"error\",\"agent\":\"c\",\"code\":\"timeout\"}");
	ok(shows(&p, 2, "state", "failed") && shows(&p, 2, "error", "timeout"),
		"failed");
	tell(&p, "{\"type\":\"request\",\"agent\":\"c\",\"asks\":\"answer\"}");
	tell(&p, "{\"type\":\"error\",\"agent\":\"c\",\"code\":\"cancelled\"}");
	ok(shows(&p, 2, "state", "waiting"), "called off is not failed");
	tell(&p,
		"{\"type\":\"result\",\"id\":\"1\",\"status\":\"done\","
		"\"winner\":\"a\",\"label\":\"agent1.1\",\"content\":\"yes\","
		"\"failed\":[\"c\"]}");
	ok(shows(&p, -1, "results", "1") && shows(&p, 2, "state", "failed") &&
			shows(&p, -1, "result.winner", "a") &&
			shows(&p, -1, "result.answer", "true"),
		"decided");
	tell(&p,
		"{\"type\":\"task\",\"id\":\"2\",\"messages\":[{\"role\":\"user\","
		"\"content\":\"old\"},{\"role\":\"user\",\"content\":[{\"text\":"
		"\"new\"}]}]}");
	ok(shows(&p, -1, "question", "new") &&
			shows(&p, 2, "state", "waiting") &&
			shows(&p, 0, "label", ""),
		"a new task is a new beginning");
	tell(&p, "{\"type\":\"end\",\"status\":\"interrupted\"}");
	ok(p.over && shows(&p, -1, "status", "interrupted"), "the end");
	mg_progress_release(&p);
}

/* Whatever comes, what goes out is JSON. */
static void
hostile(void)
{
	static const char *const lines[] = {
		"{\"type\":\"init\",\"agents\":[\"\\ud800\",\"a\xFF\",\"\\n\"]}",
		"{\"type\":\"init\",\"agents\":[[],{},7,null,\"x\"",
		"{\"type\":\"task\",\"content\":\"\\\"\x01\xFF\\u0000b\"}",
		"{\"type\":\"task\",\"content\":{}}",
		"{\"type\":\"request\",\"agent\":\"\\\"\",\"asks\":7}",
		"{\"type\":\"request\",\"agent\":\"\"}",
		"{\"type\":\"answer\",\"agent\":\"x\",\"label\":\"123456789012345"
		"678901234567890\"}",
		"{\"type\":\"usage\",\"agent\":\"\",\"input_tokens\":"
		"9223372036854775807}",
		"{\"type\":\"usage\",\"agent\":\"\",\"input_tokens\":"
		"9223372036854775807}",
		"{\"type\":\"result\",\"id\":{,\"status\":\"x\"y}",
		"{\"type\":\"end\",\"status\":tru}",
		"{\"type\":\"vote\",\"agent\":\"\",\"counted\":true}",
		NULL,
	};
	struct mg_progress p = {0};
	struct mg_str s = MG_STR(0);
	bool good = true;

	for (size_t i = 0; lines[i]; i++) {
		tell(&p, lines[i]);
		mg_str_clear(&s);
		mg_progress_json(&p, &s);
		if (mg_json_check(s.s, s.len, NULL, NULL) < 0) {
			fprintf(stderr, "# behind %s: %s\n", lines[i], s.s);
			good = false;
		}
	}
	ok(good, "JSON whatever the events hold");
	mg_str_release(&s);
	mg_progress_release(&p);
}

static bool
line_is(const char *text, size_t columns, const char *want, size_t used)
{
	struct mg_str s = MG_STR(0);
	size_t n = mg_screen_line(&s, mg_sl_of(text), columns);
	bool same = n == used && strcmp(s.s ? s.s : "", want) == 0;

	if (!same)
		fprintf(stderr, "# got %s in %zu\n", s.s ? s.s : "", n);
	mg_str_release(&s);
	return same;
}

static void
screen(void)
{
	struct mg_str s = MG_STR(0);

	ok(line_is("abc", 3, "abc", 3) && line_is("abcd", 3, "ab\u2026", 3) &&
			line_is("abcd", 0, "", 0) &&
			line_is("ab", 1, "\u2026", 1),
		"lines are cut");
	ok(line_is("\u4E2D\u6587", 4, "\u4E2D\u6587", 4) &&
			line_is("\u4E2D\u6587", 3, "\u4E2D\u2026", 3) &&
			line_is("a\u4E2D\u6587", 4, "a\u4E2D\u2026", 4) &&
			line_is("a\u4E2D\u6587", 3, "a\u2026", 2),
		"what is wide takes two");
	ok(line_is("e\u0301\u0301", 1, "e\u0301\u0301", 1) &&
			line_is("e\u0301\u0301\u0301\u0301\u0301\u0301x", 2,
				"e\u0301\u0301\u0301\u0301x", 2),
		"marks take nothing, and do not pile up");
	ok(line_is("\033[2J\a\x7F", 9, "?[2J??", 6) &&
			line_is("\xC2\x9B"
				"2J\u202E"
				"abc\u2028",
				9, "?2J?abc?", 8) &&
			line_is("\x9B\xFF\xC3", 9, "???", 3) &&
			line_is("a\tb\nc", 9, "a b c", 5) &&
			line_is("\xC0\x80\xED\xA0\x80", 9, "?????", 5),
		"what drives a terminal is a question mark");
	mg_screen_text(&s, MG_SL("a\r\nb\rc\t\033\n"));
	ok(strcmp(s.s, "a\r\nb?c\t?\n") == 0, "lines of a text stay");
	mg_str_clear(&s);
	mg_screen_pad(&s, 2, 4);
	ok(s.len == 2 && mg_screen_columns(MG_SL("a\xE4\xB8\xAD")) == 3,
		"columns are counted and filled");
	mg_str_release(&s);
}

int
main(void)
{
	course();
	hostile();
	screen();
	return done();
}
