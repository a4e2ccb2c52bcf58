#include "ring/procs.h"

#include "base/clock.h"
#include "event/json.h"
#include "io/child.h"
#include "io/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#define REST_MS 2000 /* for what was killed to be gone */

/* --- what is asked for ----------------------------------------------------- */

/* mg's own stages, in the order that keeps gates before what they gate. */
static const char *const ranks[] = {"mg-vote", "mg-chat", "mg-mem", "mg-plan",
	"mg-tools", "mg-broadcast", "mg-cost", "mg-ask", NULL};

static int
rank(const char *name)
{
	size_t n = strcspn(name, "."); /* mg-ask.2 */

	for (int i = 0; ranks[i]; i++)
		if (strlen(ranks[i]) == n && strncmp(name, ranks[i], n) == 0)
			return i;
	return -1;
}

static const char *
base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static size_t
count(const char *const *argv)
{
	size_t n = 0;

	while (argv[n])
		n++;
	return n;
}

static char **
copy(const char *const *argv)
{
	size_t n = count(argv);
	char **out = mg_xcalloc(n + 1, sizeof(*out));

	for (size_t i = 0; i < n; i++)
		out[i] = mg_xstrdup(argv[i]);
	return out;
}

static void
free_argv(char **argv)
{
	for (size_t i = 0; argv && argv[i]; i++)
		free(argv[i]);
	free(argv);
}

/* NAME, or NAME.2 and so on; the first mg-run is the seam. */
static char *
unique(const struct mg_procs *p, const char *name)
{
	struct mg_str out = MG_STR(4096);
	bool used = true;

	for (int k = 1; used; k++) {
		mg_str_clear(&out);
		mg_str_puts(&out, name);
		if (k > 1)
			mg_str_fmt(&out, ".%d", k);
		used = strcmp(out.s, "mg-run") == 0;
		for (size_t i = 0; i < p->n; i++)
			used |= strcmp(p->v[i].name, out.s) == 0;
	}
	return out.s;
}

/* `mg-run stage [OPTION]... NAME -- PROGRAM`: where NAME stands; 0: none. An
 * option may have a value, so it is told by what follows. */
static size_t
name_of_stage(const char *const *argv)
{
	size_t i = 2;

	if (strcmp(base_of(argv[0]), "mg-run") != 0 || !argv[1] ||
		strcmp(argv[1], "stage") != 0)
		return 0;
	while (argv[i] && strcmp(argv[i], "--") != 0)
		i++;
	return argv[i] && i > 2 && argv[i - 1][0] != '-' ? i - 1 : 0;
}

/* With one argument put in at `at`. */
static char **
with(char **argv, size_t at, const char *arg)
{
	size_t n = count((const char *const *)argv);

	argv = mg_xrealloc(argv, n + 2, sizeof(*argv));
	memmove(argv + at + 1, argv + at, (n + 1 - at) * sizeof(*argv));
	argv[at] = mg_xstrdup(arg);
	return argv;
}

int
mg_procs_add(struct mg_procs *p, const char *const *argv, struct mg_fault *f)
{
	struct mg_proc *proc;
	const char *base;
	size_t at;

	if (!argv[0] || !argv[0][0])
		return mg_usage(f, "a stage without a program");
	base = base_of(argv[0]);
	at = name_of_stage(argv);
	MG_GROW(p->v, p->n, p->cap);
	proc = &p->v[p->n];
	*proc = (struct mg_proc){.argv = copy(argv), .run = copy(argv)};
	proc->name = unique(p, at ? argv[at] : base);
	if (at) {
		free(proc->run[at]);
		proc->run[at] = mg_xstrdup(proc->name);
	} else if (rank(base) < 0) {
		proc->run = with(proc->run, 0, "--");
		proc->run = with(proc->run, 0, proc->name);
		proc->run = with(proc->run, 0, "stage");
		proc->run = with(proc->run, 0, "mg-run");
	} else if (strcmp(proc->name, base) != 0) {
		/* Behind the word that may follow the name: mg-vote lead. */
		at = argv[1] && argv[1][0] != '-' ? 2 : 1;
		proc->run = with(proc->run, at, proc->name);
		proc->run = with(proc->run, at, "--as");
	}
	p->n++;
	return 0;
}

int
mg_procs_order(const struct mg_procs *p, struct mg_fault *f)
{
	int highest = -1;
	const char *before = "";

	for (size_t i = 0; i < p->n; i++) {
		int r = rank(p->v[i].name);

		if (r >= 0 && r < highest) {
			mg_usage(
				f, "%s stands behind %s", p->v[i].name, before);
			return mg_remedy(f,
				"gates stand before what they gate: the lead, "
				"mg-mem, mg-plan, mg-tools, mg-broadcast, "
				"mg-cost, mg-ask");
		}
		if (r > highest) {
			highest = r;
			before = p->v[i].name;
		}
	}
	return 0;
}

void
mg_procs_json(const struct mg_procs *p, struct mg_str *out)
{
	mg_str_putc(out, '[');
	for (size_t i = 0; i < p->n; i++) {
		mg_str_puts(out, i ? ",[" : "[");
		for (size_t k = 0; p->v[i].argv[k]; k++) {
			if (k)
				mg_str_putc(out, ',');
			mg_json_puts(out, p->v[i].argv[k]);
		}
		mg_str_putc(out, ']');
	}
	mg_str_putc(out, ']');
}

int
mg_procs_from_json(struct mg_procs *p, struct mg_sl raw, struct mg_fault *f)
{
	struct mg_sl stage, word, key;
	size_t it = 0;

	while (mg_json_next(raw, &it, &key, &stage)) {
		size_t n = 0, w = 0;
		char **argv = mg_xcalloc(
			mg_json_count(stage) + 1, sizeof(*argv));
		int r;

		while (mg_json_next(stage, &w, &key, &word)) {
			argv[n] = mg_json_dup(word);
			n += argv[n] != NULL;
		}
		r = mg_procs_add(p, (const char *const *)argv, f);
		free_argv(argv);
		if (r < 0)
			return -1;
	}
	return p->n ? 0
		    : mg_fail(f, MG_E_CONFIG, "the run's stages are not known");
}

/* --- started --------------------------------------------------------------------- */

/* mg's own commands lie beside this one; others are looked for as ever. */
static void
execute(char **argv)
{
	struct mg_str path = MG_STR(8192);
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n > 0 && strncmp(argv[0], "mg-", 3) == 0) {
		self[n] = '\0';
		slash = strrchr(self, '/');
		if (slash) {
			mg_str_add(&path, self, (size_t)(slash - self) + 1);
			mg_str_puts(&path, argv[0]);
			execv(path.s, argv);
		}
	}
	execvp(argv[0], argv);
	dprintf(STDERR_FILENO, "mg-run: unable to run %s: %s\n", argv[0],
		strerror(errno));
	_exit(127);
}

static void
be_stage(const struct mg_procs *p, const struct mg_proc *proc, int in, int out,
	pid_t parent)
{
	setpgid(0, p->group);
	mg_loop_unblock();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(127);
	if (in < 3)
		in = fcntl(in, F_DUPFD, 3);
	if (out < 3)
		out = fcntl(out, F_DUPFD, 3);
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0)
		_exit(127);
	if (p->stderr_fd > 0)
		dup2(p->stderr_fd, 2);
	close_range(3, ~0U, 0);
	if (p->run)
		setenv("MG_RUN", p->run, 1);
	execute(proc->run);
}

int
mg_procs_start(struct mg_procs *p, struct mg_fault *f)
{
	pid_t parent = getpid();
	int in, fds[2], ends[2];

	mg_child_adopt();
	if (pipe2(ends, O_CLOEXEC) < 0)
		return mg_fail(f, MG_E_SYSTEM, "unable to make a pipe: %s",
			strerror(errno));
	p->first = ends[1];
	in = ends[0];
	for (size_t i = 0; i < p->n; i++) {
		struct mg_proc *proc = &p->v[i];

		if (pipe2(fds, O_CLOEXEC) < 0) {
			mg_fail(f, MG_E_SYSTEM, "unable to make a pipe: %s",
				strerror(errno));
			break;
		}
		proc->pid = fork();
		if (proc->pid == 0)
			be_stage(p, proc, in, fds[1], parent);
		close(in);
		close(fds[1]);
		in = fds[0];
		if (proc->pid < 0) {
			mg_fail(f, MG_E_SYSTEM, "unable to start %s: %s",
				proc->name, strerror(errno));
			break;
		}
		if (!p->group)
			p->group = proc->pid;
		setpgid(proc->pid, p->group);
		p->alive++;
	}
	p->last = in;
	return p->alive == p->n ? 0 : -1;
}

void
mg_procs_reap(struct mg_procs *p)
{
	int status;
	pid_t pid;

	/* Others than ours are what a stage has left behind. */
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < p->n; i++)
			if (p->v[i].pid == pid && !p->v[i].dead) {
				p->v[i].dead = true;
				p->v[i].status = status;
				p->v[i].died_ms = mg_now();
				p->alive--;
			}
}

/* Ended because a neighbour did: without a word, with nobody to read it, or
 * (one that takes a cut ring for a line) with nothing to read. */
static bool
followed(const struct mg_proc *p)
{
	if (WIFSIGNALED(p->status))
		return WTERMSIG(p->status) == SIGPIPE;
	return WEXITSTATUS(p->status) == 0 ||
		WEXITSTATUS(p->status) == EX_NOINPUT ||
		WEXITSTATUS(p->status) == 128 + SIGPIPE;
}

const struct mg_proc *
mg_procs_dead(const struct mg_procs *p)
{
	const struct mg_proc *found = NULL;

	for (size_t i = 0; i < p->n; i++) {
		const struct mg_proc *proc = &p->v[i];

		if (!proc->dead)
			continue;
		if (!found || (followed(found) && !followed(proc)) ||
			(followed(found) == followed(proc) &&
				proc->died_ms < found->died_ms))
			found = proc;
	}
	return found;
}

const struct mg_proc *
mg_procs_deaf(const struct mg_procs *p)
{
	for (size_t i = p->n; i-- > 0;) {
		char path[64];
		int fd, unread = 0;

		snprintf(path, sizeof(path), "/proc/%d/fd/0", (int)p->v[i].pid);
		fd = p->v[i].dead
			? -1
			: open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			continue;
		ioctl(fd, FIONREAD, &unread);
		close(fd);
		if (unread > 0)
			return &p->v[i];
	}
	return NULL;
}

void
mg_proc_fate(const struct mg_proc *p, char *buf, size_t n)
{
	if (!p->dead)
		snprintf(buf, n, "stopped answering");
	else if (WIFSIGNALED(p->status))
		snprintf(
			buf, n, "was killed by signal %d", WTERMSIG(p->status));
	else
		snprintf(
			buf, n, "ended with status %d", WEXITSTATUS(p->status));
}

/* --- ended ------------------------------------------------------------------------ */

void
mg_procs_end(struct mg_procs *p)
{
	int64_t until = mg_now() + REST_MS;

	if (!p->group)
		return;
	mg_procs_reap(p);
	/* All gone: then the group's number may be somebody else's by now. */
	if (mg_child_any())
		kill(-p->group, SIGKILL);
	mg_procs_reap(p);
	while (mg_child_any() && mg_child_kill_all() && mg_now() < until) {
		usleep(1000);
		mg_procs_reap(p);
	}
	p->group = 0;
}

void
mg_procs_release(struct mg_procs *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->v[i].name);
		free_argv(p->v[i].argv);
		free_argv(p->v[i].run);
	}
	free(p->v);
}
