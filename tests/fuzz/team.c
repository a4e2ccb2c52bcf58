/*
 * team.c - any YAML as a team file: it is judged in words, or its agents,
 * rules and parameters can be had, and what is had is JSON.
 */
#include "conf/team.h"
#include "event/json.h"
#include "vote/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
need(bool holds, const char *what)
{
	if (holds)
		return;
	dprintf(2, "does not hold: %s\n", what);
	abort();
}

struct judged {
	size_t kinds[MG_PROBLEM_HARMLESS + 1], line;
};

static void
judge(void *arg, const struct mg_problem *p)
{
	struct mg_str text = MG_STR(8192);
	struct judged *j = arg;

	need(p->at && p->at->line && p->message[0] && p->remedy,
		"a problem has a place and words");
	need(p->at->line >= j->line, "problems come in the order of lines");
	j->line = p->at->line;
	j->kinds[p->kind]++;
	mg_problem_text(p, &text);
	need(text.len && !memchr(text.s, '\n', text.len), "one line each");
	mg_str_release(&text);
}

/* As members of an object. */
static void
is_json(struct mg_str *members)
{
	struct mg_str all = MG_STR((size_t)256 << 20);

	mg_str_putc(&all, '{');
	mg_str_sl(&all, mg_str_as_sl(members));
	mg_str_putc(&all, '}');
	need(mg_json_check(all.s, all.len, NULL, NULL) >= 0, "JSON");
	mg_str_release(&all);
	mg_str_clear(members);
}

static void
walk(const struct mg_team *t)
{
	struct mg_str out = MG_STR((size_t)256 << 20);

	for (size_t i = 0; i < mg_team_count(t); i++) {
		need(mg_team_name(t, i)[0], "an agent has a name");
		need(mg_team_agent(t, i) != NULL, "and is in the file");
		mg_team_params(t, i, &out);
		is_json(&out);
	}
	mg_str_puts(&out, "\"all\":");
	mg_expand_json(mg_team_root(t), NULL, &out);
	is_json(&out);
	mg_str_release(&out);
}

static void
rules(const struct mg_team *t)
{
	struct mg_lead_rules r, again;
	struct mg_str out = MG_STR((size_t)256 << 20), twice = out;
	struct mg_fault f = {0};

	mg_rules_init(&r);
	mg_rules_init(&again);
	if (mg_rules_team(&r, t, &f) < 0) {
		need(f.code == MG_E_CONFIG && f.message[0], "refused in words");
	} else {
		mg_str_puts(&out, "{\"type\":\"rules\"");
		mg_rules_write(&r, &out);
		mg_str_putc(&out, '}');
		need(mg_json_check(out.s, out.len, NULL, NULL) >= 0, "JSON");
		mg_rules_read(&again, mg_str_as_sl(&out));
		mg_str_puts(&twice, "{\"type\":\"rules\"");
		mg_rules_write(&again, &twice);
		mg_str_putc(&twice, '}');
		need(mg_sl_eq(mg_str_as_sl(&out), mg_str_as_sl(&twice)),
			"rules that are read are those that were written");
	}
	mg_rules_release(&r);
	mg_rules_release(&again);
	mg_str_release(&out);
	mg_str_release(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	struct judged j = {0};
	struct mg_fault f = {0};
	struct mg_team *t;
	char path[40];

	if (fd < 0) {
		fd = memfd_create("team", 0);
		setenv("MG_SHARE", "share", 0);
		setenv("FUZZ", "a \"word\"", 1);
	}
	if (ftruncate(fd, 0) < 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	t = mg_team_open(path, judge, &j, &f);
	if (!t) {
		need(f.code != MG_OK && f.message[0], "refused in words");
		return 0;
	}
	for (int k = 0; k <= MG_PROBLEM_HARMLESS; k++)
		need(mg_team_problems(t, (enum mg_problem_kind)k) == j.kinds[k],
			"problems are counted");
	walk(t);
	if (!j.kinds[MG_PROBLEM_WRONG])
		rules(t);
	mg_team_free(t);
	return 0;
}
