/*
 * pair - two commands in turn, and what the system says they cost
 *
 *   pair [-px] [-i FILE] [-n N] [-s SECONDS] A... :: B...
 *
 * Runs A, B, A, B and so on: once each to warm up, then N times (9), or until
 * SECONDS (60) have gone, but three times at least. What disturbs one of a pair
 * is likely to disturb the other too, so pairs are compared, never sums: the
 * ratio is the median of A/B over the pairs. Prints four lines,
 *
 *   wall A-MIN A-MEDIAN B-MIN B-MEDIAN RATIO	milliseconds
 *   cpu ...					milliseconds, user and system
 *   rss ...					MiB, at the peak
 *   runs N
 *
 * from what the kernel accounts to each finished child (wait4), so that of
 * pipelines only the first command counts. 0 of B has the ratio 0.
 *
 * -i FILE  standard input, opened anew for each run; /dev/null without it
 * -p	    standard output is a pipe that this process drains; /dev/null
 *	    without it. Wall time then ends with the end of the pipe.
 * -x	    any exit status will do; without it, a failure ends the comparison
 *
 * A child's peak begins at ours, since it was a copy of us before its exec:
 * so this program is kept small.
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { RUNS_MAX = 1000 };
enum { WALL, CPU, RSS, KINDS };

struct side {
	char **argv;
	double cost[KINDS][RUNS_MAX];
};

struct opts {
	const char *input;
	bool pipe, lax;
	int runs;
	double seconds;
};

extern char **environ;

static void
die(const char *what, int err)
{
	fprintf(stderr, "pair: %s: %s\n", what, strerror(err));
	exit(71);
}

static void
usage(void)
{
	fputs("usage: pair [-px] [-i FILE] [-n N] [-s SECONDS] A... :: B...\n",
		stderr);
	exit(64);
}

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double
timeval_ms(struct timeval t)
{
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static void
drain(int fd)
{
	static char buf[128 << 10];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) != 0)
		if (n < 0 && errno != EINTR)
			die("read", errno);
	close(fd);
}

static pid_t
start(const struct opts *o, char **argv, int out)
{
	posix_spawn_file_actions_t fa;
	pid_t pid;
	int r;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(
		&fa, 0, o->input ? o->input : "/dev/null", O_RDONLY, 0);
	if (out >= 0)
		posix_spawn_file_actions_adddup2(&fa, out, 1);
	else
		posix_spawn_file_actions_addopen(
			&fa, 1, "/dev/null", O_WRONLY, 0);
	r = posix_spawnp(&pid, argv[0], &fa, NULL, argv, environ);
	if (r)
		die(argv[0], r);
	posix_spawn_file_actions_destroy(&fa);
	return pid;
}

static void
run(const struct opts *o, struct side *s, int i)
{
	int pipes[2] = {-1, -1}, status;
	double begin = now_ms();
	struct rusage use;
	pid_t pid;

	if (o->pipe && pipe2(pipes, O_CLOEXEC) < 0)
		die("pipe", errno);
	pid = start(o, s->argv, pipes[1]);
	if (o->pipe) {
		close(pipes[1]);
		drain(pipes[0]);
	}
	while (wait4(pid, &status, 0, &use) < 0)
		if (errno != EINTR)
			die("wait4", errno);
	s->cost[WALL][i] = now_ms() - begin;
	s->cost[CPU][i] = timeval_ms(use.ru_utime) + timeval_ms(use.ru_stime);
	s->cost[RSS][i] = (double)use.ru_maxrss / 1024;
	if (status && !o->lax) {
		fprintf(stderr, "pair: %s: %s %d\n", s->argv[0],
			WIFSIGNALED(status) ? "signal" : "exit status",
			WIFSIGNALED(status) ? WTERMSIG(status)
					    : WEXITSTATUS(status));
		exit(1);
	}
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts v. */
static double
median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof(*v), by_value);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static void
show(const char *name, double *a, double *b, int n)
{
	static double ratio[RUNS_MAX];
	double amid, bmid;

	for (int i = 0; i < n; i++)
		ratio[i] = b[i] > 0 ? a[i] / b[i] : 0;
	amid = median(a, n);
	bmid = median(b, n);
	printf("%s %.3f %.3f %.3f %.3f %.3f\n", name, a[0], amid, b[0], bmid,
		median(ratio, n));
}

/* The commands on both sides of `::'. */
static void
split(char **argv, struct side *a, struct side *b)
{
	char **p = argv;

	while (*p && strcmp(*p, "::") != 0)
		p++;
	if (!*p || p == argv || !p[1])
		usage();
	*p = NULL;
	a->argv = argv;
	b->argv = p + 1;
}

int
main(int argc, char **argv)
{
	static const char *const names[KINDS] = {"wall", "cpu", "rss"};
	static struct side a, b;
	struct opts o = {.runs = 9, .seconds = 60};
	double begin;
	int c, n;

	while ((c = getopt(argc, argv, "+i:n:ps:x")) >= 0) {
		if (c == 'i')
			o.input = optarg;
		else if (c == 'n')
			o.runs = (int)strtol(optarg, NULL, 10);
		else if (c == 'p')
			o.pipe = true;
		else if (c == 's')
			o.seconds = strtod(optarg, NULL);
		else if (c == 'x')
			o.lax = true;
		else
			usage();
	}
	if (o.runs < 1 || o.runs > RUNS_MAX)
		usage();
	split(argv + optind, &a, &b);
	begin = now_ms();
	run(&o, &a, 0);
	run(&o, &b, 0);
	for (n = 0; n < o.runs; n++) {
		if (n >= 3 && now_ms() - begin > o.seconds * 1e3)
			break;
		run(&o, &a, n);
		run(&o, &b, n);
	}
	for (int k = 0; k < KINDS; k++)
		show(names[k], a.cost[k], b.cost[k], n);
	printf("runs %d\n", n);
	return 0;
}
