/*
 * mg-run - joins stages into a ring, and is the seam.
 *
 * Takes a question, or tasks on standard input; starts the stages that the
 * team asks for; writes events, or the answer for a person. What a run does
 * is in its log, under $XDG_STATE_HOME/mg/runs. The work is in lib/ring.
 */
#include "conf/provider.h"
#include "conf/team.h"
#include "ring/inline.h"
#include "ring/run.h"
#include "ring/runs.h"
#include "vote/rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_MS ((int64_t)24 * 3600 * 1000)

struct opts {
	struct mg_common common;
	struct mg_list models, params, rules, tools, allow;
	const char *team, *base_url, *system, *session, *resume, *events;
	const char *timeout, *check;
	int64_t stdin_wait_ms, stall_ms, drain_ms;
	bool go_on, quiet, automation;
};

#define OUTPUT_OPTION \
	{ \
		'o', "output", "FORMAT", \
			"ndjson, json, text (text on a terminal)", \
			MG_OPT_WORD, offsetof(struct opts, common.output), \
			.words = mg_output_words \
	}
#define QUERY_OPTION \
	{ \
		'q', "query", "EXPR", \
			"print what this jq expression makes of it", \
			MG_OPT_STR, offsetof(struct opts, common.query) \
	}
#define RESUME_OPTION \
	{ \
		0, "resume", "RUN", "go on after a crash or an interruption", \
			MG_OPT_STR, offsetof(struct opts, resume) \
	}
#define SESSION_OPTION \
	{ \
		'S', "session", "NAME", "begin this session, or continue it", \
			MG_OPT_STR, offsetof(struct opts, session) \
	}
#define STALL_OPTION \
	{ \
		0, "stall-timeout", "TIME", "for a line to come round (60s)", \
			MG_OPT_MS, offsetof(struct opts, stall_ms), 1, MAX_MS \
	}

static const struct mg_opt options[] = {
	{0, "allow", "NAME", "let this tool write, or do what it may",
		MG_OPT_LIST, offsetof(struct opts, allow)},
	{0, "automation", NULL, "print the paths of log, status and answer",
		MG_OPT_FLAG, offsetof(struct opts, automation)},
	{0, "base-url", "URL", "any server that speaks chat completions",
		MG_OPT_STR, offsetof(struct opts, base_url)},
	{'c', "config", "FILE", "the team", MG_OPT_STR,
		offsetof(struct opts, team), .complete = MG_COMPLETE_FILE},
	{0, "check", "FILE", "say what is wrong in a team file", MG_OPT_STR,
		offsetof(struct opts, check), .complete = MG_COMPLETE_FILE},
	{0, "continue", NULL, "a follow-up question to the last run",
		MG_OPT_FLAG, offsetof(struct opts, go_on)},
	{0, "drain-timeout", "TIME", "for each lap of the end (20s)", MG_OPT_MS,
		offsetof(struct opts, drain_ms), 1, MAX_MS},
	{'i', "input", "FORMAT", "text or ndjson (told by the first byte)",
		MG_OPT_WORD, offsetof(struct opts, common.input),
		.words = mg_input_words},
	{'m', "model", "MODEL", "an agent; MODEL:N: N of them", MG_OPT_LIST,
		offsetof(struct opts, models)},
	OUTPUT_OPTION,
	{'p', "param", "KEY=VALUE", "a parameter of the models", MG_OPT_LIST,
		offsetof(struct opts, params)},
	QUERY_OPTION,
	{0, "quiet", NULL, "no live lines on a terminal", MG_OPT_FLAG,
		offsetof(struct opts, quiet)},
	{'r', "rule", "NAME=VALUE", "a rule of the lead: mg-vote(1)",
		MG_OPT_LIST, offsetof(struct opts, rules)},
	RESUME_OPTION,
	{'s', "system", "TEXT", "the system prompt", MG_OPT_STR,
		offsetof(struct opts, system)},
	SESSION_OPTION,
	STALL_OPTION,
	{0, "stdin-wait", "TIME", "for standard input beside a question (3s)",
		MG_OPT_MS, offsetof(struct opts, stdin_wait_ms), 0, MAX_MS},
	{'t', "text", NULL, "short for --output text", MG_OPT_SET,
		offsetof(struct opts, common.output), .min = MG_OUT_TEXT},
	{0, "timeout", "TIME", "for each task (30m)", MG_OPT_STR,
		offsetof(struct opts, timeout)},
	{'T', "tools", "DIR|NAME", "tools for the agents: mg-tools(1)",
		MG_OPT_LIST, offsetof(struct opts, tools),
		.complete = MG_COMPLETE_FILE},
	{0},
};

static const struct mg_opt seam_options[] = {
	{0, "drain-timeout", "TIME", "for each lap of the end (20s)", MG_OPT_MS,
		offsetof(struct opts, drain_ms), 1, MAX_MS},
	{0, "events", "FILE", "what mg-run would print", MG_OPT_STR,
		offsetof(struct opts, events), .complete = MG_COMPLETE_FILE},
	OUTPUT_OPTION,
	QUERY_OPTION,
	RESUME_OPTION,
	SESSION_OPTION,
	STALL_OPTION,
	{0},
};

static const struct mg_cmd seam_cmd = {
	.name = "mg-run seam",
	.summary = "only the seam, of a ring tied by hand",
	.usage = "[OPTION ...] QUESTION ... <RING'S-END >RING'S-BEGINNING",
	.examples = "mkfifo back\n"
		    "mg-run seam --events run.ndjson 'Is 3599 prime?' <back |\n"
		    "  mg-vote lead -c team.yaml | mg-ask -c team.yaml >back",
	.opts = seam_options,
};

struct stage_opts {
	bool inside;
	int64_t max_events, grace_ms;
};

static const struct mg_opt stage_options[] = {
	{0, "grace", "TIME", "for the program to end (10s)", MG_OPT_MS,
		offsetof(struct stage_opts, grace_ms), 1, MAX_MS},
	{0, "inline", NULL, "it stands in the ring and passes lines on",
		MG_OPT_FLAG, offsetof(struct stage_opts, inside)},
	{0, "max-events", "N", "so many of its own in a run (1000)", MG_OPT_INT,
		offsetof(struct stage_opts, max_events), 1, 1000000000},
	{0},
};

static const struct mg_cmd stage_cmd = {
	.name = "mg-run stage",
	.summary = "a program that listens to the ring, or gates it",
	.usage = "[OPTION ...] NAME -- PROGRAM [ARGUMENT ...]",
	.examples = "mg-run stage tally -- awk '/\"vote\"/ {n++}'",
	.opts = stage_options,
};
struct runs_opts {
	int output;
	const char *query;
	bool all, follow, path;
};

#define SHOW_OPTIONS \
	{'o', "output", "FORMAT", "ndjson, json, text (text on a terminal)", \
		MG_OPT_WORD, offsetof(struct runs_opts, output), \
		.words = mg_output_words}, \
		{'q', "query", "EXPR", \
			"print what this jq expression makes of it", \
			MG_OPT_STR, offsetof(struct runs_opts, query)}, \
	{ \
		't', "text", NULL, "short for --output text", MG_OPT_SET, \
			offsetof(struct runs_opts, output), .min = MG_OUT_TEXT \
	}

static const struct mg_opt show_options[] = {SHOW_OPTIONS, {0}};
static const struct mg_opt list_options[] = {
	{'a', "all", NULL, "the runs within runs too", MG_OPT_FLAG,
		offsetof(struct runs_opts, all)},
	SHOW_OPTIONS,
	{0},
};
static const struct mg_opt tell_options[] = {{0}};
static const struct mg_opt log_options[] = {
	{'f', "follow", NULL, "go on until the run ends", MG_OPT_FLAG,
		offsetof(struct runs_opts, follow)},
	{0, "path", NULL, "only say where it is", MG_OPT_FLAG,
		offsetof(struct runs_opts, path)},
	{0},
};

static const struct mg_cmd list_cmd = {
	.name = "mg-run list",
	.summary = "the runs that were, the newest first",
	.usage = "[OPTION ...]",
	.opts = list_options,
};
static const struct mg_cmd show_cmd = {
	.name = "mg-run show",
	.summary = "what came of a run",
	.usage = "[OPTION ...] [RUN]",
	.opts = show_options,
};
static const struct mg_cmd log_cmd = {
	.name = "mg-run log",
	.summary = "every event of a run",
	.usage = "[OPTION ...] [RUN]",
	.opts = log_options,
};
static const struct mg_cmd tell_cmd = {
	.name = "mg-run tell",
	.summary = "say something to a running team",
	.usage = "RUN TEXT\nRUN AGENT TEXT",
	.examples = "mg-run tell last 'The budget is 500 euros.'",
	.opts = tell_options,
};

static const struct mg_cmd *const subs[] = {
	&list_cmd, &log_cmd, &seam_cmd, &show_cmd, &stage_cmd, &tell_cmd, NULL};

static const struct mg_cmd cmd = {
	.name = "mg-run",
	.summary = "join stages into a ring, and run it",
	.usage = "[-m MODEL ... | -c FILE] [OPTION ...] [QUESTION ...] [-]\n"
		 "[OPTION ...] [QUESTION ...] -- STAGE ... [-- STAGE ...] ...\n"
		 "--resume RUN\n"
		 "--check FILE",
	.examples = "mg-run -m gpt-5-mini -m grok-4.3 'Is 3599 prime?'\n"
		    "mg-run -c team.yaml <tasks.ndjson\n"
		    "mg-run --continue 'And 3601?'",
	.opts = options,
	.subs = subs,
};

/* The words of the command line; a lone `-` awaits standard input. */
static bool
read_question(const struct mg_list *args, struct mg_str *out, bool *dash)
{
	bool words = false;

	for (size_t i = 0; i < args->n; i++) {
		if (strcmp(args->v[i], "-") == 0) {
			*dash = true;
			continue;
		}
		if (words)
			mg_str_putc(out, ' ');
		mg_str_puts(out, args->v[i]);
		words = true;
	}
	return words;
}

/* What standard input is for: the rule of mg-run(1), INPUT. */
static int
choose_input(struct opts *o, struct mg_run_req *q, const struct mg_list *args,
	struct mg_str *question, struct mg_fault *f)
{
	bool dash = false, words = read_question(args, question, &dash);

	q->common = o->common;
	if (words && !mg_sl_trim(mg_str_as_sl(question)).n)
		return mg_usage(f, "the question is empty");
	if (words && o->common.input == MG_IN_NDJSON)
		return mg_usage(
			f, "a question and -i ndjson exclude each other");
	if (words) {
		q->question = question->s;
		q->common.input = MG_IN_TEXT;
		q->common.stdin_wait_ms = dash ? 0 : o->stdin_wait_ms;
	}
	if ((words && !dash && isatty(STDIN_FILENO)) ||
		(!words && !dash && o->resume && !o->common.input) ||
		q->by_hand)
		q->common.input = MG_IN_NONE;
	return 0;
}

static int
fail(const struct mg_fault *f)
{
	mg_fault_print(f);
	return mg_code_exit(f->code);
}

static void
print_problem(void *arg, const struct mg_problem *p)
{
	struct mg_str line = MG_STR(8192);

	mg_problem_text(p, &line);
	printf("%s%s\n",
		p->kind == MG_PROBLEM_WRONG ? "" : "warning: ", line.s);
	mg_str_release(&line);
}

/* Every problem of a team file, one a line: the file is judged, not this
 * machine. */
static int
check(const char *path)
{
	struct mg_fault f = {0};
	struct mg_team *t = mg_team_open(path, print_problem, NULL, &f);
	int status = t && !mg_team_problems(t, MG_PROBLEM_WRONG)
		? 0
		: mg_code_exit(MG_E_CONFIG);

	if (!t)
		status = fail(&f);
	mg_team_free(t);
	if (fflush(stdout) == 0)
		return status;
	mg_fail(&f, MG_E_OUTPUT, "unable to write: %s", strerror(errno));
	return fail(&f);
}

static int
one_way(const struct opts *o, struct mg_fault *f)
{
	if (!!o->resume + !!o->session + o->go_on > 1)
		return mg_usage(
			f, "--resume, --continue and -S exclude each other");
	return 0;
}

/* A rule that is none is told before a stage could die of it. */
static int
check_rules(const struct mg_list *rules, struct mg_fault *f)
{
	struct mg_lead_rules scratch;
	int bad = 0;

	mg_rules_init(&scratch);
	for (size_t i = 0; i < rules->n && !bad; i++)
		bad = mg_rules_arg(&scratch, rules->v[i], f);
	mg_rules_release(&scratch);
	return bad;
}

static int
run(struct opts *o, struct mg_run_req *q, const struct mg_list *args)
{
	struct mg_str question = MG_STR(MG_LINE_MAKE);
	struct mg_str deadline = MG_STR(256);
	struct mg_fault f = {0};
	int status;

	if (o->timeout) {
		mg_str_fmt(&deadline, "run_timeout=%s", o->timeout);
		mg_list_add(&o->rules, deadline.s);
	}
	q->team = o->team;
	q->models = &o->models;
	q->params = &o->params;
	q->rules = &o->rules;
	q->tools = &o->tools;
	q->allow = &o->allow;
	q->base_url = o->base_url;
	q->system = o->system;
	q->session = o->session;
	q->resume = o->resume;
	q->go_on = o->go_on;
	q->quiet = o->quiet;
	q->automation = o->automation;
	q->events = o->events;
	q->stall_ms = o->stall_ms;
	q->drain_ms = o->drain_ms;
	if (one_way(o, &f) < 0 || check_rules(&o->rules, &f) < 0 ||
		choose_input(o, q, args, &question, &f) < 0)
		status = fail(&f);
	else
		status = mg_run(q);
	mg_str_release(&question);
	mg_str_release(&deadline);
	return status;
}

/* --- the stages behind the first `--` -------------------------------------- */

/* `mg-run stage NAME -- PROGRAM` has a `--` of its own. */
static bool
has_own(char *const *stage)
{
	const char *slash = stage[0] ? strrchr(stage[0], '/') : NULL;

	return stage[0] && stage[1] && strcmp(stage[1], "stage") == 0 &&
		strcmp(slash ? slash + 1 : stage[0], "mg-run") == 0;
}

/* argv is cut at each `--`; NULL where there is none. */
static const char *const **
cut_stages(int *argc, char **argv)
{
	const char *const **stages;
	bool own = false;
	size_t n = 0;
	int at = 1;

	while (at < *argc && strcmp(argv[at], "--") != 0)
		at++;
	if (at == *argc)
		return NULL;
	stages = mg_xcalloc((size_t)(*argc - at) + 1, sizeof(*stages));
	for (int i = at; i < *argc; i++) {
		if (strcmp(argv[i], "--") != 0)
			continue;
		if (own) {
			own = false;
			continue;
		}
		argv[i] = NULL;
		stages[n++] = (const char *const *)argv + i + 1;
		own = has_own(argv + i + 1);
	}
	*argc = at;
	return stages;
}

static int
run_main(int argc, char **argv)
{
	struct opts o = {.stdin_wait_ms = 3000};
	const char *const **stages = cut_stages(&argc, argv);
	struct mg_run_req q = {.stages = stages};
	struct mg_list args = {0};
	int status = mg_cmd_begin(&cmd, &o, argc, argv, &args);

	if (status < 0)
		status = o.check ? check(o.check) : run(&o, &q, &args);
	mg_list_release(&o.models);
	mg_list_release(&o.params);
	mg_list_release(&o.rules);
	mg_list_release(&o.tools);
	mg_list_release(&o.allow);
	mg_list_release(&args);
	free(stages);
	return status;
}

static int
seam_main(int argc, char **argv)
{
	struct mg_run_req q = {.by_hand = true, .quiet = true};
	struct opts o = {0};
	struct mg_list args = {0};
	int status = mg_cmd_begin(&seam_cmd, &o, argc, argv, &args);

	if (status < 0 && !args.n && !o.resume) {
		struct mg_fault f = {0};

		mg_usage(&f, "a seam by hand wants a question");
		status = fail(&f);
	}
	if (status < 0)
		status = run(&o, &q, &args);
	mg_list_release(&args);
	return status;
}

/* A key leaves in the header that it belongs to, only: not in the environment
 * of a program that is not ours. */
static int
hide_keys(struct mg_fault *f)
{
	struct mg_providers providers;

	if (mg_providers_load(&providers, f) < 0)
		return -1;
	mg_keys_hide(&providers, NULL, NULL);
	mg_providers_release(&providers);
	return 0;
}

static int
stage_main(int argc, char **argv)
{
	struct stage_opts o = {0};
	struct mg_list args = {0};
	struct mg_fault f = {0};
	int status = mg_cmd_begin(&stage_cmd, &o, argc, argv, &args);

	if (status < 0 && args.n < 2) {
		mg_usage(&f, "a stage has a name and a program");
		status = fail(&f);
	}
	if (status < 0 && hide_keys(&f) < 0)
		status = fail(&f);
	if (status < 0) {
		struct mg_ring_stage s = {.name = args.v[0],
			.argv = (char *const *)args.v + 1,
			.max_events = o.max_events,
			.grace_ms = o.grace_ms};

		mg_list_add(&args, NULL);
		s.argv = (char *const *)args.v + 1;
		status = o.inside ? mg_ring_inline(&s) : mg_ring_listen(&s);
	}
	mg_list_release(&args);
	return status;
}

/* list, show, log, tell: how many arguments, and who serves them. */
static const struct {
	const struct mg_cmd *cmd;
	size_t min, max;
	const char *takes;
	int (*fn)(const struct mg_runs_req *req);
} runs[] = {{&list_cmd, 0, 0, "no argument", mg_runs_list},
	{&show_cmd, 0, 1, "the name of a run", mg_runs_show},
	{&log_cmd, 0, 1, "the name of a run", mg_runs_log},
	{&tell_cmd, 2, 3, "a run, an agent or none, and a text", mg_runs_tell}};

static int
runs_main(size_t which, int argc, char **argv)
{
	struct runs_opts o = {0};
	struct mg_list args = {0};
	struct mg_fault f = {0};
	int status = mg_cmd_begin(runs[which].cmd, &o, argc, argv, &args);

	if (status < 0 &&
		(args.n < runs[which].min || args.n > runs[which].max)) {
		mg_usage(&f, "%s takes %s", mg_cmd_word(runs[which].cmd),
			runs[which].takes);
		status = fail(&f);
	}
	if (status < 0)
		status = runs[which].fn(
			&(struct mg_runs_req){.run = args.n ? args.v[0] : NULL,
				.agent = args.n > 2 ? args.v[1] : NULL,
				.text = args.n > 1 ? args.v[args.n - 1] : NULL,
				.output = o.output,
				.query = o.query,
				.all = o.all,
				.follow = o.follow,
				.path = o.path});
	mg_list_release(&args);
	return status;
}

int
main(int argc, char **argv)
{
	const struct mg_cmd *sub = mg_cmd_sub(&cmd, &argc, &argv);

	for (size_t i = 0; i < sizeof(runs) / sizeof(*runs); i++)
		if (sub == runs[i].cmd)
			return runs_main(i, argc, argv);
	if (sub == &seam_cmd)
		return seam_main(argc, argv);
	if (sub == &stage_cmd)
		return stage_main(argc, argv);
	return run_main(argc, argv);
}
