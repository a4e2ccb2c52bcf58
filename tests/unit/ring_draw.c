/* ring_draw.c - tests of a run's live lines: what is in them, how they fit. */
#include "base/screen.h"
#include "ring/draw.h"
#include "tap.h"

#include <stdlib.h>

static void
tell(struct mg_progress *p, const char *line)
{
	struct mg_event e;

	if (mg_event_look(&e, mg_sl_of(line), true, NULL) == 0)
		mg_progress_event(p, &e);
}

static char *
draw(const struct mg_progress *p, size_t columns, size_t rows)
{
	struct mg_draw_req req = {.columns = columns, .rows = rows};
	struct mg_str s = MG_STR(0);
	size_t lines, newlines = 0;

	lines = mg_draw(p, &req, &s);
	for (size_t i = 0; i < s.len; i++)
		newlines += s.s[i] == '\n';
	ok(lines == newlines + 1, "lines are counted");
	return s.s;
}

static bool
fits(char *page, size_t columns)
{
	bool good = true;

	for (char *s = page; s; s = strstr(s, "\r\n")) {
		const char *end;

		s += *s == '\r' ? 2 : 0;
		end = strstr(s, "\r\n");
		good = good &&
			mg_screen_columns((struct mg_sl){
				s, end ? (size_t)(end - s) : strlen(s)}) <=
				columns;
	}
	return good;
}

static void
team(void)
{
	struct mg_progress p = {0};
	struct mg_draw_req coloured = {.colour = true};
	struct mg_str s = MG_STR(0);
	char *page = draw(&p, 80, 24);

	is_str(page, "no question yet", "nothing to see");
	free(page);
	tell(&p, "{\"type\":\"init\",\"agents\":[\"gpt\",\"claude\",\"x\"]}");
	tell(&p, "{\"type\":\"task\",\"id\":\"1\",\"content\":\"Is it?\"}");
	tell(&p,
		"{\"type\":\"request\",\"agent\":\"gpt\",\"asks\":\"answer\"}");
	tell(&p, "{\"type\":\"request\",\"agent\":\"x\",\"asks\":\"answer\"}");
	tell(&p,
		"{\"type\":\"answer\",\"agent\":\"claude\",\"label\":"
		"\"agent2.1\"}");
	tell(&p,
		"{\"type\":\"usage\",\"agent\":\"claude\",\"input_tokens\":"
		"12000,\"output_tokens\":345}");
	tell(&p,
		"{\"type\":\"vote\",\"agent\":\"gpt\",\"for\":\"agent2.1\","
		"\"counted\":true}");
	tell(&p, "{\"type\":\"error\",\"agent\":\"x\",\"code\":\"timeout\"}");
	page = draw(&p, 80, 24);
	is_str(page,
		"Is it?\r\n"
		"gpt     voted for claude\r\n"
		"claude  has answered  12.3k tokens\r\n"
		"x       failed: timeout",
		"one line each");
	free(page);
	page = draw(&p, 16, 24);
	is_str(page,
		"Is it?\r\n"
		"gpt    voted f\u2026\r\n"
		"clau\u2026  has ans\u2026\r\n"
		"x      failed:\u2026",
		"cut to the width");
	free(page);
	page = draw(&p, 80, 3);
	is_str(page, "Is it?", "a low terminal");
	free(page);
	page = draw(&p, 80, 6);
	is_str(page, "Is it?\r\n\u2026 and 3 more", "a line higher");
	free(page);
	page = draw(&p, 1, 24);
	ok(fits(page, 1), "one column");
	free(page);
	tell(&p, "{\"type\":\"task\",\"id\":\"2\",\"content\":\"And?\"}");
	page = draw(&p, 80, 24);
	ok(strncmp(page, "0 of 2 decided  And?\r\n", 22) == 0, "several tasks");
	free(page);
	mg_draw(&p, &coloured, &s);
	ok(strstr(s.s, "\033[31mx ") && strstr(s.s, "\033[1m0 of 2"),
		"in colour where that is wanted");
	mg_str_release(&s);
	mg_progress_release(&p);
}

static void
strangers(void)
{
	struct mg_progress p = {0};
	char *page;

	tell(&p,
		"{\"type\":\"init\",\"agents\":[\"\\u001b[2Jevil\\u0007\","
		"\"\u4E2D\u6587\u4E2D\u6587\u4E2D\u6587\u4E2D\u6587\u4E2D\u6587"
		"\u4E2D\u6587\u4E2D\u6587\","
		"\"a-name-that-is-much-too-long-to-be-shown-in-full\","
		"\"\",\"line\\nbreak\",\"\u202Eflip\"]}");
	tell(&p,
		"{\"type\":\"task\",\"id\":\"1\",\"content\":\"\\u001b]0;t"
		"\\u0007 \\u009b2J\"}");
	tell(&p,
		"{\"type\":\"vote\",\"agent\":\"\",\"for\":\"agent1.1\","
		"\"counted\":true}");
	tell(&p,
		"{\"type\":\"vote\",\"agent\":\"line\\nbreak\",\"for\":"
		"\"\\u001b[2J\",\"counted\":true}");
	for (size_t columns = 1; columns < 100; columns++) {
		struct mg_draw_req req = {.columns = columns, .rows = 50};
		struct mg_str s = MG_STR(0);
		size_t n = mg_draw(&p, &req, &s);

		if (n != 7 || strchr(s.s, '\033') || strchr(s.s, '\a') ||
			strstr(s.s, "\xC2\x9B") ||
			!fits(s.s, columns > 1 ? columns - 1 : 1)) {
			ok(false, "a name that drives the terminal");
			fprintf(stderr, "# %zu: %s\n", columns, s.s);
		}
		mg_str_release(&s);
	}
	page = draw(&p, 80, 50);
	ok(strstr(page, "?[2Jevil?  ") && strstr(page, "?]0;t? ?2J") &&
			strstr(page,
				"a-name-that-is-much-too\u2026  waiting") &&
			strstr(page, "line break"),
		"names are harmless and cut");
	free(page);
	mg_progress_release(&p);
}

static void
crowd(void)
{
	struct mg_progress p = {0};
	char line[200], *page;

	for (int i = 0; i < 30; i++) {
		snprintf(line, sizeof(line),
			"{\"type\":\"request\",\"agent\":\"agent-%02d\"}", i);
		tell(&p, line);
		if (i % 2 == 0)
			continue;
		snprintf(line, sizeof(line),
			"{\"type\":\"answer\",\"agent\":\"agent-%02d\",\"label\":"
			"\"agent%d.1\"}",
			i, i + 1);
		tell(&p, line);
	}
	page = draw(&p, 80, 24);
	ok(strstr(page, "\r\n\u2026 and 12 more") && strstr(page, "agent-00") &&
			strstr(page, "agent-28") && strstr(page, "agent-05") &&
			!strstr(page, "agent-07") &&
			strstr(page, "agent-05") > strstr(page, "agent-04") &&
			strstr(page, "agent-05") < strstr(page, "agent-06"),
		"the busiest of thirty, in their order");
	free(page);
	page = draw(&p, 80, 100);
	ok(!strstr(page, "more") && strstr(page, "agent-29"),
		"all where there is room");
	free(page);
	mg_progress_release(&p);
}

int
main(void)
{
	team();
	strangers();
	crowd();
	return done();
}
