/*
 * program.c - the kinds of tool that are programs: how a call of one runs.
 *
 * Arguments go in as one line of JSON; what comes out is work.c's business.
 * Where bubblewrap works, the program stands in name spaces of its own: its
 * processes end with it wherever they hide, and it has a network only if its
 * label says so. Where it does not, the call is `bare`, and says so.
 */
#include "tools/environ.h"

#include "base/clock.h"
#include "base/dirs.h"
#include "event/json.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROBE_MS 3000 /* for bubblewrap to say whether it works */
#define BWRAP_WORDS 20

/* --- bubblewrap ------------------------------------------------------------- */

/* The words in front of a program's own; gives how many they are. */
static size_t
confine(const char *argv[BWRAP_WORDS], bool network, bool look)
{
	static const char *const all[] = {
		"bwrap", "--dev-bind", "/", "/", NULL};
	/* /dev/shm is a place to write to. */
	static const char *const nothing[] = {
		"bwrap", "--ro-bind", "/", "/", "--dev", "/dev", NULL};
	static const char *const words[] = {"--unshare-pid", "--proc", "/proc",
		"--new-session", "--die-with-parent", NULL};
	const char *const *first = look ? nothing : all;
	size_t n = 0;

	while (*first)
		argv[n++] = *first++;
	for (size_t i = 0; words[i]; i++)
		argv[n++] = words[i];
	if (!network)
		argv[n++] = "--unshare-net";
	argv[n++] = "--";
	return n;
}

static bool
try_bwrap(void)
{
	const char *argv[BWRAP_WORDS + 2];
	size_t n = confine(argv, false, true);
	int64_t until = mg_now() + PROBE_MS;
	int status = -1, null;
	pid_t pid, got;

	argv[n] = "true";
	argv[n + 1] = NULL;
	pid = fork();
	if (pid == 0) {
		null = open("/dev/null", O_RDWR);
		for (int fd = 0; fd < 3 && null >= 0; fd++)
			dup2(null, fd);
		mg_loop_unblock();
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	while ((got = waitpid(pid, &status, WNOHANG)) == 0 && mg_now() < until)
		usleep(500);
	if (got == 0) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	return pid > 0 && got == pid && WIFEXITED(status) &&
		WEXITSTATUS(status) == 0;
}

/* Asked once: it does not come and go. */
bool
mg_program_confined(void)
{
	static enum { UNASKED, YES, NO } answer;
	const char *off = getenv("MG_NO_SANDBOX");

	if (off && off[0])
		return false;
	if (answer == UNASKED)
		answer = try_bwrap() ? YES : NO;
	return answer == YES;
}

/* --- what a bare call leaves behind ------------------------------------------- */

#define SWEEP_MS 100 /* while other calls run: not for every one that ends */

static struct mg_work *bare;
static struct mg_timer sweeper;

static void
mark(struct mg_work *w)
{
	static unsigned count;

	snprintf(w->mark, sizeof(w->mark), "%d.%u", (int)getpid(), ++count);
	w->next = bare;
	bare = w;
}

/* Its environment says which call it came from, unless it hides that. */
static bool
runs_yet(void *arg, pid_t pid)
{
	struct mg_str env = MG_STR(MG_ENVIRON_ALL * 2), want = MG_STR(128);
	char path[64];
	bool found = false;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	mg_str_file(&env, path);
	for (struct mg_work *w = bare; w && env.len && !found; w = w->next) {
		mg_str_clear(&want);
		mg_str_fmt(&want, MG_ENVIRON_MARK "=%s", w->mark);
		/* With the NUL behind it, so that 1.2 is not 1.20. */
		found = memmem(env.s, env.len, want.s, want.len + 1);
	}
	mg_str_release(&env);
	mg_str_release(&want);
	return found;
}

static void
sweep(void *arg)
{
	mg_child_sweep(runs_yet, NULL);
}

/* The last one sees to it at once; the timer is of its loop. */
static void
unmark(struct mg_work *w)
{
	struct mg_work **p = &bare;

	while (*p != w)
		p = &(*p)->next;
	*p = w->next;
	if (!bare) {
		mg_timer_del(w->loop, &sweeper);
		sweep(NULL);
	} else if (!sweeper.at) {
		sweeper.fn = sweep;
		mg_timer_set(w->loop, &sweeper, mg_now() + SWEEP_MS);
	}
}

/* --- a call ------------------------------------------------------------------ */

static void
on_data(void *arg, const char *p, size_t n)
{
	struct mg_work *w = arg;

	if (w->code == MG_OK && !mg_work_take(w, p, n))
		mg_child_cancel(w->child);
}

/* In words for a model; all of what is left of its standard error. Under
 * bubblewrap a signal is a status, as the shell has it. */
static const char *
died(const struct mg_work *w, const struct mg_child_end *end,
	struct mg_str *out)
{
	struct mg_sl err = end->stderr_tail;
	int status = WIFEXITED(end->status) ? WEXITSTATUS(end->status) : 0;
	int signal = WIFSIGNALED(end->status) ? WTERMSIG(end->status)
		: !w->bare && status > 128 && status <= 128 + SIGRTMAX
		? status - 128
		: 0;

	if (!signal && !status)
		return NULL;
	if (signal && status)
		mg_str_fmt(out,
			"the tool ended with status %d, as by signal %d",
			status, signal);
	else if (signal)
		mg_str_fmt(out, "the tool was ended by signal %d", signal);
	else
		mg_str_fmt(out, "the tool ended with status %d", status);
	if (err.n)
		mg_str_fmt(out, ": %.*s", (int)err.n, err.p);
	return out->s;
}

static void
on_end(void *arg, const struct mg_child_end *end)
{
	struct mg_work *w = arg;
	int64_t ms = w->req.timeout_ms ? w->req.timeout_ms
				       : w->tool->limits.timeout_ms;
	struct mg_str words = MG_STR(8192);

	w->child = NULL;
	if (w->bare)
		unmark(w);
	if (end->timed_out)
		mg_work_fail(w, MG_E_TIMEOUT,
			"the tool was ended: it took longer than %lld.%03lld s",
			(long long)ms / 1000, (long long)ms % 1000);
	mg_work_over(w, died(w, end, &words));
	mg_work_done(w);
	mg_str_release(&words);
}

/* What will run, by its path: bubblewrap would start, and then fail like a
 * tool; and its PATH need not be ours. */
static int
find(const struct mg_tool *t, struct mg_str *path, struct mg_fault *f)
{
	const char *name = t->command[0];

	if (t->cwd && access(t->cwd, X_OK) < 0)
		mg_fail(f, MG_E_PROGRAM, "unable to enter %s: %s", t->cwd,
			strerror(errno));
	else if (t->cwd && name[0] != '/' && strchr(name, '/'))
		return mg_str_puts(path, name) ? 0 : -1; /* seen from there */
	else if (mg_program_path(name, path))
		return 0;
	else
		mg_fail(f, MG_E_PROGRAM,
			"unable to run %s: there is no such program", name);
	return mg_remedy(f, "mg-tools check %s says what it lacks", t->name);
}

/* The team's own process gets all of ours: it is a command of mg's. */
static int
start(struct mg_work *w, struct mg_sl input, bool ours, struct mg_fault *f)
{
	const struct mg_tool *t = w->tool;
	struct mg_str path = MG_STR(8192);
	size_t words = 0, n = 0;
	const char **argv;
	char **env;

	if (find(t, &path, f) < 0) {
		mg_str_release(&path);
		return -1;
	}
	while (t->command[words])
		words++;
	argv = mg_xcalloc(words + BWRAP_WORDS + 1, sizeof(*argv));
	w->bare = !mg_program_confined();
	if (w->bare)
		mark(w);
	else
		n = confine(argv, t->labels & MG_LABEL_NETWORK, w->req.look);
	env = ours ? NULL : mg_environ_of(w);
	argv[n++] = path.s;
	for (size_t i = 1; i < words; i++)
		argv[n++] = t->command[i];
	mg_child_adopt();
	w->child = mg_child_start(w->loop,
		&(struct mg_child_req){.argv = (char *const *)(uintptr_t)argv,
			.env = env,
			.dir = t->cwd,
			.session = true,
			.memory = t->limits.memory,
			.input = input,
			.timeout_ms = w->req.timeout_ms ? w->req.timeout_ms
							: t->limits.timeout_ms,
			.on_data = on_data,
			.on_end = on_end,
			.arg = w},
		f);
	mg_environ_free(env);
	mg_str_release(&path);
	free(argv);
	if (!w->child && w->bare)
		unmark(w);
	return w->child ? 0 : -1;
}

int
mg_program_start(struct mg_work *w, struct mg_fault *f)
{
	struct mg_str input = MG_STR(MG_LINE_MAX + 1);
	int done;

	mg_str_sl(&input, mg_str_as_sl(&w->arguments));
	mg_str_putc(&input, '\n');
	done = start(w, mg_str_as_sl(&input), false, f);
	mg_str_release(&input);
	return done;
}

/* A team reads tasks, as every mg-run does. */
int
mg_team_start(struct mg_work *w, struct mg_fault *f)
{
	struct mg_str input = MG_STR(MG_LINE_MAX + 64);
	int done;

	mg_str_puts(&input, "{\"type\":\"task\"");
	mg_json_mraw(&input, "content",
		mg_json_get(mg_str_as_sl(&w->arguments), "task"));
	mg_str_puts(&input, "}\n");
	done = start(w, mg_str_as_sl(&input), true, f);
	mg_str_release(&input);
	return done;
}

void
mg_program_cancel(struct mg_work *w)
{
	if (w->child)
		mg_child_cancel(w->child);
}
