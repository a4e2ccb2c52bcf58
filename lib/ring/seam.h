/*
 * seam.h - where the end of the ring is joined to its beginning.
 *
 *	input, inbox, alarms ──┐
 *	                       v
 *	last stage ──> stamp ──> log ──> first stage
 *	                          └────> standard output
 *
 * A stage's line comes unmarked, is stamped and logged, and, unless it is a
 * leaf, goes round marked once more, to its maker. The seam's own lines are
 * logged when they are put in, go round marked with a number, and are taken
 * off when they come back; what came back untaken is answered here. Nothing
 * circulates: a marked line that nobody took off ends at the seam.
 *
 * The seam never stops reading the ring's end: what the first stage has not
 * read yet waits in a spool. It says nothing by itself to people and knows
 * nothing of processes; its owner (run.h) has the hooks.
 *
 *	mg_seam_init(&seam, &(struct mg_seam_req){.loop = loop, .log = fd,
 *		.dir = "/tmp", .hooks = &hooks, .arg = run});
 *	mg_seam_join(&seam, last, first);
 *	mg_seam_begin(&seam, members);
 *	mg_seam_ask(&seam, MG_SL("Is 3599 prime?"));
 *	mg_seam_no_more(&seam);
 *	while (seam.phase != MG_SEAM_OVER)
 *		mg_loop_turn(loop);
 *
 * The order of phases: HISTORY (only where a log is continued), OPEN, DRAIN,
 * END, CLOSING, OVER; STOPPING instead of the middle ones when the run is
 * interrupted or fails.
 */
#ifndef MG_RING_SEAM_H
#define MG_RING_SEAM_H

#include "base/clock.h"
#include "base/map.h"
#include "event/event.h"
#include "io/lines.h"
#include "io/spool.h"
#include "ring/log.h"

enum mg_seam_phase {
	MG_SEAM_HISTORY,
	MG_SEAM_OPEN,
	MG_SEAM_DRAIN,
	MG_SEAM_END,
	MG_SEAM_CLOSING, /* `end` is logged; the stages leave */
	MG_SEAM_STOPPING, /* cut off: what still comes is logged */
	MG_SEAM_OVER,
};

struct mg_seam;

struct mg_seam_hooks {
	/* For standard output and people: a line with its newline. */
	void (*print)(void *arg, struct mg_sl line);
	/* A line of the inbox has been round. */
	void (*answered)(void *arg, uint64_t client, const struct mg_fault *f);
	/* The ring's end has closed while it should not, or a line is not
	 * back in time (stalled). The owner says who it was and calls
	 * mg_seam_fail(). */
	void (*broken)(void *arg, bool stalled);
	/* The ring was cut, and its last line came: what is to be said before
	 * `end`? */
	void (*last_words)(void *arg);
};

struct mg_seam_req {
	struct mg_loop *loop;
	int log; /* -1: none */
	const char *dir; /* for what waits */
	int64_t stall_ms, drain_ms, leave_ms; /* 0: 60 s, 20 s, 10 s */
	const struct mg_seam_hooks *hooks;
	void *arg;
};

/* A line of ours that is on its way. */
struct mg_own {
	int64_t number, sent_ms;
	uint64_t client; /* of the inbox; 0: none */
};

struct mg_alarm {
	struct mg_seam *seam;
	struct mg_timer timer;
	char *by, *id, *name; /* id: raw, or NULL */
	int64_t wait_ms; /* from history: what is left of it */
};

struct mg_seam {
	struct mg_loop *loop;
	const char *name;
	enum mg_seam_phase phase;
	const struct mg_seam_hooks *hooks;
	void *arg;

	struct mg_lines in;
	struct mg_watch watch;
	struct mg_spool first;
	const char *dir;
	int first_fd;
	bool first_open;
	struct mg_log log;

	/* History. */
	struct mg_lines past;
	off_t past_left; /* bytes of it that are not read yet */
	struct mg_str held; /* `init`, which goes round behind it */
	bool print_results;
	bool ended_well; /* its last line is an `end` that was not cut off */
	char *agents; /* of its `init`, raw; or NULL */

	/* What is under way. */
	struct mg_map tasks; /* id key -> MG_TASK_OPEN or _DECIDED */
	size_t open, results;
	int64_t next_id;
	bool no_more; /* tasks */
	bool greeted; /* `init` has been round */
	struct mg_map alarms; /* struct mg_alarm by (by, id, name) */
	struct mg_own *own; /* a queue */
	size_t own_head, nown, capown;
	int64_t number;
	bool stirred; /* `drain`: its lap brought more than leaves */
	int laps; /* that did */
	bool sent; /* something went round since the ring was quiet */

	struct mg_timer watchdog, stop;
	int64_t stall_ms, drain_ms, leave_ms;
	int64_t heard_ms; /* when the ring's end last brought something */
	int64_t stuck_ms; /* since when the first stage reads nothing; 0 */
	size_t waiting;

	struct mg_str made, line;
	char ts[MG_UTC_SIZE];
	int64_t ts_ms;
	const char *end_status;
	int status; /* exit status so far */
};

void mg_seam_init(struct mg_seam *s, const struct mg_seam_req *req);
/* The ring's end, and the first stage's input, which is closed at the end. */
void mg_seam_join(struct mg_seam *s, int in, int first);
void mg_seam_release(struct mg_seam *s);

/*
 * Reads a log up to `size`: task ids, results, timers; then it can be sent
 * round. -1 with f filled if it cannot be read. Its results count for
 * the exit status, and are printed again, only with `results`.
 */
int mg_seam_read_log(struct mg_seam *s, int fd, off_t size, bool results,
	struct mg_fault *f);
/* Every task of the log has its result. */
bool mg_seam_finished(const struct mg_seam *s);
/* Prints the log's results, for a run that has finished. */
int mg_seam_print_log(struct mg_seam *s, int fd, struct mg_fault *f);

/* Says `init`; `members` are more of them ("\"run\":\"x\"", may be empty).
 * Behind history, `resume` follows. */
void mg_seam_begin(struct mg_seam *s, struct mg_sl members);
/* A task with this text. */
void mg_seam_ask(struct mg_seam *s, struct mg_sl text);
/*
 * A line from outside (standard input, the inbox): task, request (as a task),
 * note, reply, cancel. -1 with f filled if it is refused; a `client` hears of
 * it by the hook once it has been round.
 */
int mg_seam_user(struct mg_seam *s, struct mg_sl line, uint64_t client,
	struct mg_fault *f);
/* An error of the seam's own; the status it leads to counts. */
void mg_seam_error(struct mg_seam *s, const struct mg_fault *f);
/* No more tasks come: when the last has its result, the run ends. */
void mg_seam_no_more(struct mg_seam *s);
/* Cuts the ring: interrupted, or failed with an error for the log. */
void mg_seam_stop(struct mg_seam *s, const char *status);
void mg_seam_fail(struct mg_seam *s, const struct mg_fault *f);
/* Before every turn of the loop, in front of the owner's own outputs: the log
 * is written first. True: there is work at hand. */
bool mg_seam_before(struct mg_seam *s);

/* --- between seam.c, seam_own.c and seam_past.c -------------------------------------- */

/* An event of ours is begun in s->made: {"type":TYPE,"by":NAME. */
struct mg_str *mg_seam_make(struct mg_seam *s, const char *type);
/* It is closed, stamped, logged, printed and sent round. */
void mg_seam_sent(struct mg_seam *s, uint64_t client);
/* Stamps, logs and prints a line; it is in s->line then, with its newline.
 * False: it had no room for that, and an error was said in its place. */
bool mg_seam_record(struct mg_seam *s, struct mg_sl object);
/* Sends s->line round, marked with a number. */
void mg_seam_send(struct mg_seam *s, int64_t number);
/* One of ours has come back. */
void mg_seam_back(struct mg_seam *s, struct mg_event *e);
void mg_seam_timer(struct mg_seam *s, const struct mg_event *e);
void mg_seam_result(struct mg_seam *s, const struct mg_event *e);
/* What a task has set goes with it. */
void mg_alarms_forget(struct mg_seam *s, struct mg_sl id);
/* The state of a task, NULL where the id is new. */
#define MG_TASK_OPEN ((void *)1)
#define MG_TASK_DECIDED ((void *)2)
#define MG_ID_MAX 4096 /* bytes of a task's id */
void **mg_seam_task(struct mg_seam *s, struct mg_sl id);
/* Appends the members of an object, but those of the NULL-terminated names. */
void
mg_seam_members(struct mg_sl raw, const char *const *drop, struct mg_str *out);
void mg_seam_next_phase(struct mg_seam *s);

#endif
