/*
 * toolset [-c TEAM] [-A] [-a AGENT]... [-l ALLOW]... [-p] [TOOLS]...: prints
 * what a registry offers to the agents, one JSON object a line; problems go to
 * standard error. -A: every version. -p: what the pins say of each, and pins
 * it. -t: only the milliseconds that it took to open, and how many there are.
 */
#include "event/json.h"
#include "tools/pin.h"
#include "tools/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void
problem(void *arg, const struct mg_tool_problem *p)
{
	struct mg_str s = MG_STR(0);

	mg_str_fmt(&s, "problem: %s:%zu: %s (%s)\n", p->file, p->line,
		p->message, p->remedy);
	fputs(s.s, stderr);
	mg_str_release(&s);
}

static void
show(const char *agent, struct mg_tool *t, bool allowed, struct mg_pins *pins)
{
	static const char *const words[] = {"new", "same", "changed", "error"};
	struct mg_str s = MG_STR(0);
	struct mg_fault f = {0};

	mg_str_putc(&s, '{');
	mg_json_ms(&s, "agent", agent);
	mg_json_ms(&s, "kind", t->kind->name);
	mg_json_ms(&s, "name", t->name);
	mg_json_ms(&s, "version", t->version);
	mg_json_ms(&s, "path", t->path);
	mg_json_ms(&s, "command", t->command ? t->command[0] : "");
	mg_json_mi(&s, "labels", t->labels);
	mg_json_mb(&s, "allowed", allowed);
	if (pins) {
		mg_json_ms(&s, "pin", words[mg_pins_look(pins, t, &f)]);
		mg_json_mi(&s, "use", mg_pins_use(pins, t, &f));
		mg_json_ms(&s, "hash", t->hash);
	}
	mg_json_mraw(&s, "schema", mg_sl_of(t->schema));
	mg_str_puts(&s, "}\n");
	fwrite(s.s, 1, s.len, stdout);
	mg_str_release(&s);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

int
main(int argc, char **argv)
{
	struct mg_list tools = {0}, allow = {0}, agents = {0};
	struct mg_registry_req req = {
		.tools = &tools, .allow = &allow, .problem = problem};
	struct mg_pins *pins = NULL;
	struct mg_registry *r;
	struct mg_fault f = {0};
	bool all = false, timed = false;
	double began = now();
	int c;

	mg_prog = "toolset";
	while ((c = getopt(argc, argv, "c:a:l:Apt")) != -1) {
		if (c == 'c')
			req.team = optarg;
		else if (c == 'a')
			mg_list_add(&agents, optarg);
		else if (c == 'l')
			mg_list_add(&allow, optarg);
		else if (c == 'A')
			all = req.all = true;
		else if (c == 'p')
			pins = mg_pins_open(&f);
		else if (c == 't')
			timed = true;
		else
			return 64;
	}
	for (int i = optind; i < argc; i++)
		mg_list_add(&tools, argv[i]);
	if (!agents.n)
		mg_list_add(&agents, "");
	r = mg_registry_open(&req, &f);
	if (!r) {
		mg_fault_print(&f);
		c = mg_code_exit(f.code);
		goto out;
	}
	c = 0;
	for (size_t i = 0; i < agents.n && !timed; i++) {
		const struct mg_toolset *s = mg_registry_set(
			r, mg_sl_of(agents.v[i]));

		for (size_t k = 0; k < (all ? s->nall : s->n); k++) {
			struct mg_tool *t = all ? s->all[k] : s->v[k];

			show(agents.v[i], t, mg_registry_allows(r, t), pins);
		}
	}
	if (timed)
		printf("%.2f ms, %zu tools\n", now() - began,
			mg_registry_set(r, MG_SL(""))->n);
	mg_registry_free(r);
out:
	if (pins)
		mg_pins_free(pins);
	mg_list_release(&tools);
	mg_list_release(&allow);
	mg_list_release(&agents);
	return c;
}
