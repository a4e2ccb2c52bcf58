/* stage - a listener, or an inline program, for the tests: see ring/listen.h */
#include "base/opt.h"
#include "ring/inline.h"

#include <stdlib.h>

struct stage {
	bool stands_in;
	int64_t max_events, grace_ms;
	const char *spool;
};

static const struct mg_opt options[] = {
	{0, "grace", "TIME", "to end, once its input has ended", MG_OPT_MS,
		offsetof(struct stage, grace_ms), .min = 1, .max = 3600000},
	{0, "inline", NULL, "the program stands in the ring itself",
		MG_OPT_FLAG, offsetof(struct stage, stands_in)},
	{0, "max-events", "N", "most events it may print", MG_OPT_INT,
		offsetof(struct stage, max_events), .min = 1, .max = 1000000},
	{0, "spool", "DIR", "for what waits", MG_OPT_STR,
		offsetof(struct stage, spool)},
	{0},
};

static const struct mg_cmd cmd = {
	.name = "stage",
	.summary = "a program as a stage",
	.usage = "[OPTION ...] NAME -- PROGRAM [ARG ...]",
	.opts = options,
};

int
main(int argc, char **argv)
{
	struct stage s = {0};
	struct mg_list args = {0};
	struct mg_ring_stage opts;
	char **program;
	int status = mg_cmd_begin(&cmd, &s, argc, argv, &args);

	if (status < 0 && args.n < 2)
		status = 64;
	if (status >= 0) {
		mg_list_release(&args);
		return status;
	}
	program = mg_xcalloc(args.n, sizeof(*program));
	for (size_t i = 1; i < args.n; i++)
		program[i - 1] = mg_xstrdup(args.v[i]);
	opts = (struct mg_ring_stage){.name = args.v[0],
		.argv = program,
		.max_events = s.max_events,
		.grace_ms = s.grace_ms,
		.spool = s.spool};
	status = s.stands_in ? mg_ring_inline(&opts) : mg_ring_listen(&opts);
	for (size_t i = 1; i < args.n; i++)
		free(program[i - 1]);
	free(program);
	mg_list_release(&args);
	return status;
}
