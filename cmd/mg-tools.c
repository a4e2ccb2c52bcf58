/*
 * mg-tools - any program as a tool.
 *
 * As a filter it offers tools to the agents whose requests pass, and runs the
 * calls that come back: one result each. Behind a word it lists, shows, calls,
 * checks, makes and accepts tools, and says how they did. The work is in
 * lib/tools.
 */
#include "io/loop.h"
#include "tools/tools.h"

#include <stdio.h>

#define MAX_MS ((int64_t)24 * 3600 * 1000)

struct opts {
	struct mg_tools_options stage; /* common, where, jobs */
	const char *lang, *dir;
	int64_t timeout_ms;
	bool all, run;
};

#define ALLOW_OPTION \
	{ \
		0, "allow", "NAME", "let this tool write, or do what it may", \
			MG_OPT_LIST, offsetof(struct opts, stage.where.allow) \
	}
#define CONFIG_OPTION \
	{ \
		'c', "config", "FILE", "the tools of this team file", \
			MG_OPT_STR, offsetof(struct opts, stage.where.team), \
			.complete = MG_COMPLETE_FILE \
	}
#define OUTPUT_OPTION \
	{ \
		'o', "output", "FORMAT", \
			"ndjson, json, text (text on a terminal)", \
			MG_OPT_WORD, \
			offsetof(struct opts, stage.common.output), \
			.words = mg_output_words \
	}
#define TEXT_OPTION \
	{ \
		't', "text", NULL, "short for --output text", MG_OPT_SET, \
			offsetof(struct opts, stage.common.output), \
			.min = MG_OUT_TEXT \
	}
#define TOOLS_OPTION \
	{ \
		'T', "tools", "DIR|NAME", \
			"a folder of tools, or one of the usual ones", \
			MG_OPT_LIST, offsetof(struct opts, stage.where.tools), \
			.complete = MG_COMPLETE_FILE \
	}

static const struct mg_opt options[] = {
	ALLOW_OPTION,
	CONFIG_OPTION,
	{'j', "jobs", "N", "calls at once (16)", MG_OPT_INT,
		offsetof(struct opts, stage.jobs), 1, 10000},
	MG_COMMON_OPTIONS(struct opts, stage.common),
	TOOLS_OPTION,
	{0},
};

static const struct mg_opt list_options[] = {
	{'a', "all", NULL, "every version of each", MG_OPT_FLAG,
		offsetof(struct opts, all)},
	CONFIG_OPTION,
	OUTPUT_OPTION,
	TEXT_OPTION,
	TOOLS_OPTION,
	{0},
};

static const struct mg_opt show_options[] = {
	CONFIG_OPTION,
	OUTPUT_OPTION,
	TEXT_OPTION,
	TOOLS_OPTION,
	{0},
};

static const struct mg_opt call_options[] = {
	ALLOW_OPTION,
	CONFIG_OPTION,
	OUTPUT_OPTION,
	{'q', "query", "EXPR", "print what this jq expression makes of it",
		MG_OPT_STR, offsetof(struct opts, stage.common.query)},
	TEXT_OPTION,
	{0, "timeout", "TIME", "for the call (the tool's own)", MG_OPT_MS,
		offsetof(struct opts, timeout_ms), 1, MAX_MS},
	TOOLS_OPTION,
	{0},
};

static const struct mg_opt check_options[] = {
	ALLOW_OPTION,
	CONFIG_OPTION,
	OUTPUT_OPTION,
	{0, "run", NULL, "run the examples too", MG_OPT_FLAG,
		offsetof(struct opts, run)},
	TEXT_OPTION,
	TOOLS_OPTION,
	{0},
};

static const struct mg_opt new_options[] = {
	{'d', "dir", "DIR", "where its folder is made (./.mg/tools)",
		MG_OPT_STR, offsetof(struct opts, dir),
		.complete = MG_COMPLETE_FILE},
	{'l', "lang", "LANG", "sh, awk, python, c (sh)", MG_OPT_STR,
		offsetof(struct opts, lang)},
	{0},
};

static const struct mg_opt accept_options[] = {
	{'a', "all", NULL, "all of them", MG_OPT_FLAG,
		offsetof(struct opts, all)},
	CONFIG_OPTION,
	TOOLS_OPTION,
	{0},
};

static const struct mg_opt stats_options[] = {
	OUTPUT_OPTION,
	TEXT_OPTION,
	{0},
};

static const struct mg_cmd list_cmd = {
	.name = "mg-tools list",
	.summary = "the tools there are, and what they cost",
	.usage = "[OPTION]...",
	.examples = "mg-tools list\n"
		    "mg-tools list -T ./tools -o ndjson | jq .schema_bytes",
	.opts = list_options,
};
static const struct mg_cmd show_cmd = {
	.name = "mg-tools show",
	.summary = "all about a tool",
	.usage = "[OPTION]... NAME...",
	.examples = "mg-tools show calc",
	.opts = show_options,
};
static const struct mg_cmd call_cmd = {
	.name = "mg-tools call",
	.summary = "call a tool by hand",
	.usage = "[OPTION]... NAME [JSON | - | NAME=VALUE ...]",
	.examples = "mg-tools call calc expression='6*7'\n"
		    "mg-tools call -t date '{\"zone\":\"Asia/Tokyo\"}'",
	.opts = call_options,
};
static const struct mg_cmd check_cmd = {
	.name = "mg-tools check",
	.summary = "what is wrong with tools",
	.usage = "[OPTION]... [NAME...]",
	.examples = "mg-tools check --run -T ./tools",
	.opts = check_options,
};
static const struct mg_cmd new_cmd = {
	.name = "mg-tools new",
	.summary = "begin a tool that runs, with its test",
	.usage = "[OPTION]... NAME",
	.examples = "mg-tools new word_count --lang awk",
	.opts = new_options,
};
static const struct mg_cmd accept_cmd = {
	.name = "mg-tools accept",
	.summary = "accept tools as they are now",
	.usage = "[OPTION]... NAME...",
	.examples = "mg-tools accept weather",
	.opts = accept_options,
};
static const struct mg_cmd stats_cmd = {
	.name = "mg-tools stats",
	.summary = "how the tools of runs did",
	.usage = "[OPTION]... [RUN | FILE]...",
	.examples = "mg-tools stats last\n"
		    "mg-tools stats <log.ndjson",
	.opts = stats_options,
};

static const struct mg_cmd *const subs[] = {&list_cmd, &show_cmd, &call_cmd,
	&check_cmd, &new_cmd, &accept_cmd, &stats_cmd, NULL};

static const struct mg_cmd cmd = {
	.name = "mg-tools",
	.summary = "offer tools to agents, and run their calls",
	.usage = "[OPTION]... <EVENTS\n"
		 "list|show|call|check|new|accept|stats ...",
	.examples = "mg-run -m gpt-5-mini --tools ./tools 'What is in TODO?'\n"
		    "mg-tools call calc expression='2^64'\n"
		    "mg-tools list",
	.opts = options,
	.subs = subs,
};

static int
usage(const char *what, const char *remedy)
{
	struct mg_fault f;

	mg_usage(&f, "%s", what);
	if (remedy)
		mg_remedy(&f, "%s", remedy);
	mg_fault_print(&f);
	return mg_code_exit(f.code);
}

static int
stage(struct opts *o, const struct mg_list *args)
{
	struct mg_fault fault;
	struct mg_tools t;
	int status;

	if (args->n)
		return usage("events are read from standard input: <FILE",
			"list, show, call, check, new, accept and stats come "
			"first");
	mg_loop_more_descriptors();
	if (mg_tools_init(&t, &o->stage, &fault) < 0) {
		mg_fault_print(&fault);
		return mg_code_exit(fault.code);
	}
	status = mg_stage_main(&mg_tools_stage, &t, &o->stage.common);
	mg_tools_release(&t);
	return status;
}

static int
call(const struct opts *o, struct mg_list *args)
{
	struct mg_list rest = {.v = args->v + 1, .n = args->n - 1};

	if (!args->n)
		return usage("which tool?", "mg-tools list shows them");
	return mg_tools_call(&(struct mg_tools_call){.where = &o->stage.where,
		.name = args->v[0],
		.args = &rest,
		.output = o->stage.common.output,
		.query = o->stage.common.query,
		.timeout_ms = o->timeout_ms});
}

static int
run_sub(const struct mg_cmd *sub, struct opts *o, struct mg_list *args)
{
	const struct mg_tools_where *w = &o->stage.where;
	int output = o->stage.common.output;

	if (sub == &stats_cmd)
		return mg_tools_stats(args, output);
	if (sub == &call_cmd)
		return call(o, args);
	if (sub == &check_cmd)
		return mg_tools_check(w, args, o->run, output);
	if (sub == &list_cmd && args->n)
		return usage("list takes no names", "mg-tools show NAME");
	if (sub == &list_cmd)
		return mg_tools_list(w, o->all, output);
	if (sub == &new_cmd && args->n == 1)
		return mg_tools_new(o->dir, o->lang, args->v[0]);
	if (sub == &new_cmd)
		return usage("one name, of the tool to be made", NULL);
	if (!args->n && !o->all)
		return usage("which tools?", "mg-tools list shows them");
	return sub == &show_cmd ? mg_tools_show(w, args, output)
				: mg_tools_accept(w, args, o->all);
}

int
main(int argc, char **argv)
{
	struct opts o = {.stage.jobs = 16, .lang = "sh"};
	struct mg_list args = {0};
	const struct mg_cmd *sub = mg_cmd_sub(&cmd, &argc, &argv);
	int status = mg_cmd_begin(sub ? sub : &cmd, &o, argc, argv, &args);

	if (status < 0)
		status = sub ? run_sub(sub, &o, &args) : stage(&o, &args);
	mg_list_release(&o.stage.where.tools);
	mg_list_release(&o.stage.where.allow);
	mg_list_release(&args);
	return status;
}
