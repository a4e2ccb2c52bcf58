/*
 * relay - a stage for the tests of the filter loop, as small as one can be.
 *
 *	ping	taken, answered by `pong` with a running number
 *	work	taken, open for `ms`, then answered by `worked`
 *	pong	our own, come back: `nobody` if no stage took it
 *	cancel	closes what is open, with an `error`
 *
 * --pure makes it a stage that replays the log by itself; `end` says what the
 * end hook was told.
 */
#include "base/clock.h"
#include "event/filter.h"

#include <stdlib.h>

struct relay {
	struct mg_common common;
	bool pure;
	int64_t pings;
	struct job *jobs;
};

struct job {
	struct relay *relay;
	struct mg_filter *f;
	struct mg_timer timer;
	struct job *next;
};

static void
on_ping(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct relay *r = state;
	struct mg_str *o;

	if (e->taken)
		return;
	mg_take(f, e);
	o = mg_emit(f, "pong");
	mg_emit_key(o, e);
	mg_json_mi(o, "n", ++r->pings);
	mg_sent(f);
}

static void
on_pong(struct mg_filter *f, void *state, struct mg_event *e)
{
	if (!e->own || e->past || e->taken)
		return;
	mg_emit_key(mg_emit(f, "nobody"), e);
	mg_sent(f);
}

static void
end_job(struct job *job, const char *type)
{
	struct job **p = &job->relay->jobs;

	while (*p != job)
		p = &(*p)->next;
	*p = job->next;
	mg_timer_del(mg_filter_loop(job->f), &job->timer);
	mg_emit(job->f, type);
	mg_sent(job->f);
	mg_close(job->f);
	free(job);
}

static void
on_time(void *arg)
{
	end_job(arg, "worked");
}

static void
on_work(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct relay *r = state;
	struct job *job;

	mg_take(f, e);
	if (e->past)
		return;
	job = mg_xcalloc(1, sizeof(*job));
	*job = (struct job){.relay = r,
		.f = f,
		.next = r->jobs,
		.timer = {.fn = on_time, .arg = job}};
	r->jobs = job;
	mg_open(f);
	mg_timer_set(mg_filter_loop(f), &job->timer,
		mg_now() + mg_json_int(mg_json_get(e->raw, "ms"), 0));
}

static void
cancel(struct mg_filter *f, void *state)
{
	struct relay *r = state;

	while (r->jobs)
		end_job(r->jobs, "stopped");
}

static void
on_end(struct mg_filter *f, void *state, const struct mg_end *e)
{
	struct mg_str *o = mg_emit(f, "over");

	mg_json_mb(o, "line", e->line.p != NULL);
	mg_json_mb(o, "truncated", e->truncated);
	mg_json_mb(o, "interrupted", e->interrupted);
	mg_sent(f);
}

static const struct mg_on on[] = {
	{"ping", on_ping},
	{"pong", on_pong, .own = true},
	{"work", on_work},
	{0},
};

static const struct mg_opt options[] = {
	MG_COMMON_OPTIONS(struct relay, common),
	{0, "pure", NULL, "replay the log by itself", MG_OPT_FLAG,
		offsetof(struct relay, pure)},
	{0},
};

static const struct mg_cmd cmd = {
	.name = "relay",
	.summary = "a stage for tests",
	.usage = "[OPTION ...]",
	.opts = options,
};

int
main(int argc, char **argv)
{
	struct mg_stage stage = {.name = "relay",
		.on = on,
		.cancel = cancel,
		.end = on_end,
		.outcome = "pong"};
	struct relay r = {0};
	struct mg_list args = {0};
	int status = mg_cmd_begin(&cmd, &r, argc, argv, &args);

	mg_list_release(&args);
	if (status >= 0)
		return status;
	stage.pure = r.pure;
	return mg_stage_main(&stage, &r, &r.common);
}
