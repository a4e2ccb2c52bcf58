/*
 * mg-ask - put tasks to models, and say what they answer.
 *
 * Reads a prompt argument, plain text, or events (task, request, chat and
 * batch lines) on standard input; writes events, or text for a person.
 * Assumes nothing but its options: keys come from the environment, providers
 * from share/providers.yaml, agents from -m or a team file.
 */
#include "ask/ask.h"
#include "ask/local.h"
#include "io/loop.h"

#include <stdio.h>
#include <unistd.h>

#define MAX_MS ((int64_t)24 * 3600 * 1000)

struct opts {
	struct mg_common common;
	struct mg_list models, params, vars;
	const char *team, *base_url, *system, *template;
	int64_t jobs, retries, max_wait_ms, stdin_wait_ms;
	int64_t connect_ms, first_ms, idle_ms, total_ms;
	bool no_stream, dry_run, local;
};

static const struct mg_opt options[] = {
	MG_COMMON_OPTIONS(struct opts, common),
	{0, "base-url", "URL", "any server that speaks chat completions",
		MG_OPT_STR, offsetof(struct opts, base_url)},
	{'c', "config", "FILE", "the agents of this team file", MG_OPT_STR,
		offsetof(struct opts, team), .complete = MG_COMPLETE_FILE},
	{0, "connect-timeout", "TIME", "to connect (10s)", MG_OPT_MS,
		offsetof(struct opts, connect_ms), 1, MAX_MS},
	{0, "dry-run", NULL, "print the requests, send nothing", MG_OPT_FLAG,
		offsetof(struct opts, dry_run)},
	{0, "first-timeout", "TIME", "for the first byte (5m)", MG_OPT_MS,
		offsetof(struct opts, first_ms), 1, MAX_MS},
	{0, "idle-timeout", "TIME", "between two pieces (2m)", MG_OPT_MS,
		offsetof(struct opts, idle_ms), 1, MAX_MS},
	{'i', "input", "FORMAT", "text or ndjson (told by the first byte)",
		MG_OPT_WORD, offsetof(struct opts, common.input),
		.words = mg_input_words},
	{'j', "jobs", "N", "calls at once (64)", MG_OPT_INT,
		offsetof(struct opts, jobs), 1, 10000},
	{0, "local", NULL, "list the models of servers on this machine",
		MG_OPT_FLAG, offsetof(struct opts, local)},
	{'m', "model", "MODEL", "ask it; MODEL:N asks N of them", MG_OPT_LIST,
		offsetof(struct opts, models)},
	{0, "no-stream", NULL, "ask for whole replies", MG_OPT_FLAG,
		offsetof(struct opts, no_stream)},
	{'p', "param", "KEY=VALUE", "a parameter of the model", MG_OPT_LIST,
		offsetof(struct opts, params)},
	{0, "retries", "N", "tries after the first (2)", MG_OPT_INT,
		offsetof(struct opts, retries), 0, 100},
	{0, "retry-max", "TIME", "the longest wait before a retry (60s)",
		MG_OPT_MS, offsetof(struct opts, max_wait_ms), 0, MAX_MS},
	{'s', "system", "TEXT", "the system prompt", MG_OPT_STR,
		offsetof(struct opts, system)},
	{0, "stdin-wait", "TIME", "for standard input beside a prompt (3s)",
		MG_OPT_MS, offsetof(struct opts, stdin_wait_ms), 0, MAX_MS},
	{0, "template", "FILE", "the prompt, with {{input}} and {{NAME}}",
		MG_OPT_STR, offsetof(struct opts, template),
		.complete = MG_COMPLETE_FILE},
	{0, "timeout", "TIME", "for one call (30m)", MG_OPT_MS,
		offsetof(struct opts, total_ms), 1, MAX_MS},
	{'v', "var", "NAME=VALUE", "a value for the template", MG_OPT_LIST,
		offsetof(struct opts, vars)},
	{0},
};

static const struct mg_cmd cmd = {
	.name = "mg-ask",
	.summary = "put tasks to models, and say what they answer",
	.usage = "[-m MODEL ... | -c FILE] [OPTION ...] [PROMPT ...] [-]\n"
		 "[-m MODEL ... | -c FILE] [OPTION ...] <tasks.ndjson",
	.examples = "git diff | mg-ask -m gpt-5-mini 'review this'\n"
		    "mg-ask -m ollama/llama3:3 'Is 3599 prime?' | mg-vote\n"
		    "mg-ask -c team.yaml <tasks.ndjson | mg-vote -o json",
	.opts = options,
};

/* The words of the command line; a lone `-` awaits standard input. */
static void
read_prompt(const struct mg_list *args, struct mg_str *prompt, bool *dash)
{
	for (size_t i = 0; i < args->n; i++) {
		if (strcmp(args->v[i], "-") == 0) {
			*dash = true;
			continue;
		}
		if (prompt->len)
			mg_str_putc(prompt, ' ');
		mg_str_puts(prompt, args->v[i]);
	}
}

/* The rule of mg-ask(1), INPUT: what standard input is for. */
static int
choose_input(struct opts *o, struct mg_ask *a, const struct mg_list *args,
	struct mg_str *prompt, struct mg_fault *f)
{
	bool dash = false, words = false;

	read_prompt(args, prompt, &dash);
	for (size_t i = 0; i < args->n; i++)
		words |= strcmp(args->v[i], "-") != 0;
	if (words && mg_sl_trim(mg_str_as_sl(prompt)).n == 0) {
		mg_fail(f, MG_E_USAGE, "the prompt is empty");
		return mg_remedy(f,
			"say something, or leave it out and give "
			"it on standard input");
	}
	if (!words)
		return 0;
	a->prompt = mg_str_as_sl(prompt);
	if (o->common.input == MG_IN_NDJSON)
		return mg_usage(f, "a prompt and -i ndjson exclude each other");
	o->common.input = MG_IN_TEXT;
	o->common.stdin_wait_ms = dash ? 0 : o->stdin_wait_ms;
	if (!dash && isatty(STDIN_FILENO)) {
		o->common.input = MG_IN_NONE;
		a->no_stdin = true;
	}
	return 0;
}

/* Without standard input there is nobody to hand the prompt on. */
static int
load(const struct opts *o, struct mg_ask *a, struct mg_str *template,
	struct mg_fault *f)
{
	struct mg_providers providers;
	int r;

	if (o->template && !mg_str_file(template, o->template)) {
		mg_fail(f, MG_E_NO_INPUT, "unable to read %s", o->template);
		return -1;
	}
	a->template = o->template ? (template->s ? template->s : "") : NULL;
	if (mg_providers_load(&providers, f) < 0)
		return -1;
	r = mg_agents_load(&a->agents,
		&(struct mg_agents_req){.models = &o->models,
			.team = o->team,
			.base_url = o->base_url,
			.params = &o->params,
			.keyless = o->dry_run},
		&providers, f);
	mg_providers_release(&providers);
	return r;
}

/* PROVIDER/MODEL, one a line; 69 if no server answers. */
static int
list_local(void)
{
	struct mg_str models = MG_STR(1 << 20);
	struct mg_providers providers;
	struct mg_fault f;
	int status = mg_code_exit(MG_E_UNREACHABLE);

	if (mg_providers_load(&providers, &f) < 0) {
		mg_fault_print(&f);
		return mg_code_exit(f.code);
	}
	mg_local_models(&providers, &models);
	if (models.len)
		status = fputs(models.s, stdout) < 0 || fflush(stdout)
			? mg_code_exit(MG_E_OUTPUT)
			: 0;
	mg_providers_release(&providers);
	mg_str_release(&models);
	return status;
}

int
main(int argc, char **argv)
{
	struct opts o = {.jobs = 64,
		.retries = 2,
		.max_wait_ms = 60000,
		.stdin_wait_ms = 3000,
		.connect_ms = 10000,
		.first_ms = 300000,
		.idle_ms = 120000,
		.total_ms = 1800000};
	struct mg_list args = {0};
	struct mg_str prompt = MG_STR(MG_LINE_MAKE), template = MG_STR(1 << 20);
	struct mg_fault f = {0};
	struct mg_ask a = {0};
	int status = mg_cmd_begin(&cmd, &o, argc, argv, &args);

	if (status < 0 && o.local)
		status = list_local();
	if (status >= 0)
		goto out;
	if (choose_input(&o, &a, &args, &prompt, &f) < 0 ||
		load(&o, &a, &template, &f) < 0) {
		mg_fault_print(&f);
		status = mg_code_exit(f.code);
		goto out;
	}
	a.system = o.system;
	a.vars = &o.vars;
	a.jobs = o.jobs;
	a.retry = (struct mg_retry){o.retries, o.max_wait_ms};
	a.connect_ms = o.connect_ms;
	a.first_ms = o.first_ms;
	a.idle_ms = o.idle_ms;
	a.total_ms = o.total_ms;
	a.no_stream = o.no_stream;
	a.dry_run = o.dry_run;
	if (o.dry_run)
		o.common.output = MG_OUT_TEXT;
	mg_loop_more_descriptors();
	status = mg_stage_main(&mg_ask_stage, &a, &o.common);
out:
	mg_ask_release(&a);
	mg_list_release(&o.models);
	mg_list_release(&o.params);
	mg_list_release(&o.vars);
	mg_list_release(&args);
	mg_str_release(&prompt);
	mg_str_release(&template);
	return status;
}
