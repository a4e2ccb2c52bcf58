/* seam.c - what comes back from the ring, and when a run may end. */
#include "ring/seam.h"

#include "event/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#define STALL_MS 60000
#define DRAIN_MS 20000
#define PROBE_MS 20000 /* of silence, before the ring is felt for */
#define LEAVE_MS 10000 /* for the stages, once `end` is logged */
#define LAPS 100 /* of `drain`, before somebody is told to be quiet */
#define LATE_MS 1000 /* a deadline that we saw so late is ours to excuse */
#define CUT_MS 5000 /* for what still comes, once the ring is cut */

/* For people and logs: no stage waits for them, so they do not go round. */
static const char *const leaves[] = {
	"delta", "step", "cost", "retry", "memory", "timer", NULL};
/* Nobody but the seam may say these. */
static const char *const ours[] = {
	"init", "resume", "drain", "end", "alarm", "probe", NULL};

static bool
among(const struct mg_event *e, const char *const *names)
{
	for (; *names; names++)
		if (mg_event_is(e, *names))
			return true;
	return false;
}

/* --- recording and sending ----------------------------------------------- */

/* Time does not go back, whatever the clock does. */
static const char *
stamp(struct mg_seam *s)
{
	char ts[MG_UTC_SIZE];

	mg_utc(ts);
	if (strcmp(ts, s->ts) > 0)
		memcpy(s->ts, ts, sizeof(ts));
	return s->ts;
}

void
mg_seam_members(struct mg_sl raw, const char *const *drop, struct mg_str *out)
{
	struct mg_sl key, value;
	size_t it = 0;

	while (mg_json_next(raw, &it, &key, &value)) {
		bool dropped = false;

		for (size_t i = 0; drop[i] && !dropped; i++)
			dropped = mg_json_key_is(key, drop[i]);
		if (dropped)
			continue;
		if (out->len && out->s[out->len - 1] != '{')
			mg_str_putc(out, ',');
		mg_str_sl(out, key);
		mg_str_putc(out, ':');
		mg_str_sl(out, value);
	}
}

static bool
is_type(struct mg_sl object, const char *type)
{
	struct mg_event e;

	return mg_event_look(&e, object, false, NULL) == 0 &&
		mg_event_is(&e, type);
}

static void
refuse(struct mg_seam *s, enum mg_code code, const char *why)
{
	struct mg_fault f;

	mg_fail(&f, code, "%s", why);
	f.line = s->in.number;
	mg_seam_error(s, &f);
}

bool
mg_seam_record(struct mg_seam *s, struct mg_sl object)
{
	struct mg_sl head = mg_sl_trim((struct mg_sl){object.p, object.n - 1});

	mg_str_clear(&s->line);
	mg_str_sl(&s->line, head);
	mg_json_ms(&s->line, "ts", stamp(s));
	mg_str_puts(&s->line, "}\n");
	if (s->line.over) {
		refuse(s, MG_E_TOO_LARGE, "a line has no room for its time");
		return false;
	}
	if (!is_type(object, "delta"))
		mg_log_add(&s->log, mg_str_as_sl(&s->line));
	s->hooks->print(s->arg, mg_str_as_sl(&s->line));
	return true;
}

void
mg_seam_send(struct mg_seam *s, int64_t number)
{
	char mark[40];
	int n = snprintf(
		mark, sizeof(mark), "{\"lap\":%lld,", (long long)number);

	if (!s->first_open)
		return;
	mg_spool_add(&s->first, mark, (size_t)n);
	mg_spool_add(&s->first, s->line.s + 1, s->line.len - 1);
	s->sent = true;
}

/* --- what the stages say --------------------------------------------------- */

/* True if the line may be looked into. */
static bool
checked(struct mg_seam *s, const struct mg_event *e)
{
	char *bytes = (char *)(uintptr_t)e->raw.p; /* in our own buffer */

	if (mg_json_check(bytes, e->raw.n, NULL, NULL) >= 0)
		return true;
	refuse(s, MG_E_BAD_EVENT, "a stage wrote what is no JSON text");
	return false;
}

static void
fresh(struct mg_seam *s, struct mg_event *e)
{
	static const char *const old[] = {"ts", NULL};
	bool leaf = among(e, leaves), result = mg_event_is(e, "result");

	if (among(e, ours) || mg_sl_is(e->by, s->name)) {
		/* One that never saw `init` takes a cut ring for a line. */
		if (s->greeted)
			refuse(s, MG_E_BAD_EVENT,
				"a stage said what only the seam may say");
		return;
	}
	if (!checked(s, e))
		return; /* the log and its readers want JSON */
	if (e->stamped) {
		mg_str_clear(&s->made);
		mg_str_putc(&s->made, '{');
		mg_seam_members(e->raw, old, &s->made);
		mg_str_putc(&s->made, '}');
	}
	if (!mg_seam_record(s, e->stamped ? mg_str_as_sl(&s->made) : e->raw))
		return;
	s->stirred |= !leaf;
	s->log.sync |= result;
	if (!leaf)
		mg_seam_send(s, 1);
	if (result)
		mg_seam_result(s, e);
	if (mg_event_is(e, "timer"))
		mg_seam_timer(s, e);
}

static void
line_back(struct mg_seam *s, struct mg_sl line)
{
	struct mg_event e;
	struct mg_fault f;

	if (!mg_sl_trim(line).n || s->phase == MG_SEAM_CLOSING)
		return;
	if (mg_event_look(&e, line, true, &f) < 0)
		refuse(s, f.code, f.message);
	else if (e.past)
		return;
	else if (!e.lap)
		fresh(s, &e);
	else if (mg_sl_is(e.by, s->name) && checked(s, &e))
		mg_seam_back(s, &e);
	/* A marked line of anybody else: its maker has left. */
}

static void
ring_ended(struct mg_seam *s)
{
	mg_watch_del(s->loop, &s->watch);
	s->in.eof = true;
	if (s->phase < MG_SEAM_CLOSING)
		s->hooks->broken(s->arg, false);
	mg_seam_next_phase(s);
}

static void
on_back(void *arg, short revents)
{
	struct mg_seam *s = arg;
	ssize_t n = mg_lines_fill(&s->in);
	struct mg_sl line;
	enum mg_line r;

	if (n < 0 && errno == EAGAIN)
		return;
	s->heard_ms = mg_now();
	while ((r = mg_lines_next(&s->in, &line)) != MG_LINE_NONE)
		if (r == MG_LINE)
			line_back(s, line);
		else
			refuse(s, MG_E_BAD_LINE,
				"a stage wrote a line that is too long");
	if (n <= 0)
		ring_ended(s);
}

/* --- the end ----------------------------------------------------------------- */

static void
shut_first(struct mg_seam *s)
{
	if (!s->first_open)
		return;
	s->first_open = false;
	mg_spool_release(&s->first);
	close(s->first_fd);
}

static void
drop_alarms(struct mg_seam *s)
{
	for (size_t i = 0; i < s->alarms.n; i++) {
		struct mg_alarm *a = s->alarms.e[i].value;

		mg_timer_del(s->loop, &a->timer);
	}
}

/* `end` is what the log closes with, and nothing more is said. */
static void
say_end(struct mg_seam *s)
{
	mg_json_ms(mg_seam_make(s, "end"), "status", s->end_status);
	mg_json_mb(&s->made, "cut", true); /* something may be owed yet */
	mg_str_putc(&s->made, '}');
	mg_seam_record(s, mg_str_as_sl(&s->made));
	s->log.sync = true;
}

static void
over(struct mg_seam *s)
{
	if (s->phase == MG_SEAM_STOPPING) {
		s->hooks->last_words(s->arg);
		say_end(s);
	}
	mg_log_flush(&s->log);
	s->phase = MG_SEAM_OVER;
	mg_timer_del(s->loop, &s->stop);
	mg_timer_del(s->loop, &s->watchdog);
	mg_watch_del(s->loop, &s->watch);
	shut_first(s);
}

static void
on_stop(void *arg)
{
	struct mg_seam *s = arg;

	if (s->phase != MG_SEAM_DRAIN && s->phase != MG_SEAM_END)
		over(s);
	else if (mg_now() - s->stop.due > LATE_MS)
		mg_timer_set(s->loop, &s->stop, mg_now() + s->drain_ms);
	else
		s->hooks->broken(s->arg, true);
}

void
mg_seam_stop(struct mg_seam *s, const char *status)
{
	if (s->phase >= MG_SEAM_CLOSING)
		return;
	s->phase = MG_SEAM_STOPPING;
	s->end_status = status;
	drop_alarms(s);
	shut_first(s);
	mg_timer_set(s->loop, &s->stop, mg_now() + CUT_MS);
	mg_seam_next_phase(s);
}

void
mg_seam_fail(struct mg_seam *s, const struct mg_fault *f)
{
	if (s->phase >= MG_SEAM_CLOSING)
		return;
	mg_seam_error(s, f);
	mg_seam_stop(s, "failed");
}

static void
drain(struct mg_seam *s)
{
	s->phase = MG_SEAM_DRAIN;
	s->stirred = false;
	drop_alarms(s);
	mg_seam_make(s, "drain");
	mg_seam_sent(s, 0);
	mg_timer_set(s->loop, &s->stop, mg_now() + s->drain_ms);
}

/* It is logged when it comes back, with the totals that stages added. */
static void
end(struct mg_seam *s)
{
	s->phase = MG_SEAM_END;
	mg_json_ms(mg_seam_make(s, "end"), "status",
		s->status > 1 ? "failed" : "done");
	mg_seam_sent(s, 0);
	mg_timer_set(s->loop, &s->stop, mg_now() + s->drain_ms);
}

static void
close_ring(struct mg_seam *s)
{
	s->phase = MG_SEAM_CLOSING;
	shut_first(s);
	mg_timer_set(s->loop, &s->stop, mg_now() + s->leave_ms);
}

/* Called when something has come back that a phase waited for. */
void
mg_seam_next_phase(struct mg_seam *s)
{
	switch (s->phase) {
	case MG_SEAM_OPEN:
		if (s->no_more && !s->open && !s->nown)
			drain(s);
		break;
	case MG_SEAM_DRAIN:
		if (s->nown)
			break;
		if (s->stirred && ++s->laps == LAPS)
			refuse(s, MG_E_BAD_EVENT,
				"a stage goes on talking at the end");
		else if (s->stirred && s->laps < LAPS)
			drain(s);
		else
			end(s);
		break;
	case MG_SEAM_END:
		if (!s->nown)
			close_ring(s);
		break;
	case MG_SEAM_CLOSING:
	case MG_SEAM_STOPPING:
		if (s->in.eof)
			over(s);
		break;
	default:
		break;
	}
}

void
mg_seam_no_more(struct mg_seam *s)
{
	s->no_more = true;
}

/* --- a turn of the loop -------------------------------------------------------- */

/* What is late: the first stage does not read, one of ours is not back; or
 * nothing was heard for so long that the ring is felt for. */
static void
watch_over(struct mg_seam *s)
{
	size_t waiting = s->first_open ? mg_spool_waiting(&s->first) : 0;
	int64_t due = INT64_MAX, from;

	if (waiting < s->waiting || !s->waiting)
		s->stuck_ms = mg_now();
	s->waiting = waiting;
	if (waiting) {
		due = s->stuck_ms + s->stall_ms;
	} else if (s->nown) {
		from = s->own[s->own_head].sent_ms;
		due = (from > s->stuck_ms ? from : s->stuck_ms) + s->stall_ms;
		if (from < s->stuck_ms && s->stuck_ms - from < s->stall_ms)
			due = from + s->stall_ms;
	} else if (s->sent) {
		due = s->heard_ms +
			(s->stall_ms < PROBE_MS ? s->stall_ms : PROBE_MS);
	}
	if (s->phase >= MG_SEAM_DRAIN || due == INT64_MAX)
		mg_timer_del(s->loop, &s->watchdog);
	else if (!s->watchdog.at || s->watchdog.due != due)
		mg_timer_set(s->loop, &s->watchdog, due);
}

static void
on_watchdog(void *arg)
{
	struct mg_seam *s = arg;

	/* We stood still ourselves (SIGSTOP), and so may they have. */
	if ((s->waiting || s->nown) && mg_now() - s->watchdog.due > LATE_MS) {
		s->stuck_ms = mg_now();
		for (size_t i = 0; i < s->nown; i++)
			s->own[s->own_head + i].sent_ms = s->stuck_ms;
		return;
	}
	if (s->waiting || s->nown) {
		s->hooks->broken(s->arg, true);
		return;
	}
	mg_seam_make(s, "probe");
	mg_seam_sent(s, 0);
	s->sent = false;
}

/* What has been read, and lies behind it, is new. */
static bool
is_history(const struct mg_seam *s)
{
	return s->past_left + (off_t)mg_lines_rest(&s->past).n > 0;
}

/* One more piece of the log goes round, marked as what it is. */
static void
send_history(struct mg_seam *s)
{
	struct mg_sl line;

	while (is_history(s) && s->first_open &&
		mg_spool_waiting(&s->first) < MG_OUT_SOFT) {
		enum mg_line r = mg_lines_next(&s->past, &line);
		ssize_t n = r == MG_LINE_NONE ? mg_lines_fill(&s->past) : 1;

		if (n <= 0)
			s->past_left = -(off_t)mg_lines_rest(&s->past).n;
		if (r == MG_LINE_NONE) {
			s->past_left -= n > 0 ? n : 0;
			continue;
		}
		if (r != MG_LINE)
			continue;
		line = mg_sl_trim(line);
		if (line.n < 2 || line.p[0] != '{')
			continue;
		if (s->print_results && is_type(line, "result")) {
			mg_str_clear(&s->line);
			mg_str_sl(&s->line, line);
			mg_str_putc(&s->line, '\n');
			s->hooks->print(s->arg, mg_str_as_sl(&s->line));
		}
		mg_spool_add(&s->first, MG_SL("{\"past\":1,").p, 10);
		mg_spool_add(&s->first, line.p + 1, line.n - 1);
		mg_spool_add(&s->first, "\n", 1);
	}
}

static void
end_history(struct mg_seam *s)
{
	s->phase = MG_SEAM_OPEN;
	close(s->past.fd);
	mg_lines_release(&s->past);
	mg_str_clear(&s->line);
	mg_str_sl(&s->line, mg_str_as_sl(&s->held));
	mg_seam_send(s, 1);
	mg_str_release(&s->held);
	mg_seam_make(s, "resume");
	mg_seam_sent(s, 0);
	for (size_t i = 0; i < s->alarms.n; i++) {
		struct mg_alarm *a = s->alarms.e[i].value;

		mg_timer_set(s->loop, &a->timer, mg_now() + a->wait_ms);
	}
}

static void
disk_full(struct mg_seam *s, int error)
{
	if (s->phase >= MG_SEAM_STOPPING)
		return;
	mg_warn("unable to write the log: %s", strerror(error));
	s->status = mg_worse(s->status, EX_IOERR);
	mg_seam_stop(s, "interrupted");
}

bool
mg_seam_before(struct mg_seam *s)
{
	enum mg_seam_phase phase = s->phase;

	if (phase == MG_SEAM_OVER)
		return false;
	if (phase == MG_SEAM_HISTORY && s->held.len) {
		send_history(s);
		if (!is_history(s))
			end_history(s);
	}
	if (s->phase == MG_SEAM_OPEN)
		mg_seam_next_phase(s);
	if (!mg_log_flush(&s->log))
		disk_full(s, s->log.error);
	if (s->first_open) {
		mg_spool_arm(&s->first);
		if (s->first.error)
			disk_full(s, s->first.error);
		else if (s->first.out.gone && s->phase < MG_SEAM_CLOSING)
			s->hooks->broken(s->arg, false);
	}
	watch_over(s);
	return s->phase != phase;
}

/* --- beginning and release ------------------------------------------------------ */

void
mg_seam_init(struct mg_seam *s, const struct mg_seam_req *req)
{
	*s = (struct mg_seam){.loop = req->loop,
		.name = "mg-run",
		.phase = MG_SEAM_OPEN,
		.hooks = req->hooks,
		.arg = req->arg,
		.log.fd = req->log,
		.dir = req->dir,
		.stall_ms = req->stall_ms ? req->stall_ms : STALL_MS,
		.drain_ms = req->drain_ms ? req->drain_ms : DRAIN_MS,
		.leave_ms = req->leave_ms ? req->leave_ms : LEAVE_MS,
		.heard_ms = mg_now(),
		.number = 1};
	s->watchdog = (struct mg_timer){.fn = on_watchdog, .arg = s};
	s->stop = (struct mg_timer){.fn = on_stop, .arg = s};
}

void
mg_seam_join(struct mg_seam *s, int in, int first)
{
	s->in.fd = in;
	s->first_fd = first;
	s->first_open = true;
	s->watch = (struct mg_watch){
		.fd = in, .events = POLLIN, .fn = on_back, .arg = s};
	mg_watch_add(s->loop, &s->watch);
	mg_spool_init(&s->first, s->loop, first, s->dir);
}

void
mg_seam_release(struct mg_seam *s)
{
	for (size_t i = 0; i < s->alarms.n; i++) {
		struct mg_alarm *a = s->alarms.e[i].value;

		mg_timer_del(s->loop, &a->timer);
		free(a->by);
		free(a->id);
		free(a->name);
		free(a);
	}
	mg_map_release(&s->alarms);
	mg_map_release(&s->tasks);
	mg_watch_del(s->loop, &s->watch);
	mg_timer_del(s->loop, &s->watchdog);
	mg_timer_del(s->loop, &s->stop);
	shut_first(s);
	mg_lines_release(&s->in);
	mg_lines_release(&s->past);
	mg_log_release(&s->log);
	mg_str_release(&s->held);
	mg_str_release(&s->made);
	mg_str_release(&s->line);
	free(s->own);
	free(s->agents);
}
