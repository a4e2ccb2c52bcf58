/*
 * tree - what a command costs with all the processes that it starts
 *
 *   tree [-e MS] COMMAND [ARGUMENT]...
 *
 * Standard input is /dev/null, standard output too. Prints
 *
 *	wall MS		from its start to its end
 *	cpu MS		user and system, of the command and whomever it or we
 *			have waited for
 *	pss MiB		the largest sum over all processes at one time, of the
 *			memory of each, what is shared counted by its share;
 *			looked at every MS milliseconds (5; 0: never, for the
 *			looking takes time too)
 *	rss MiB		that sum, what is shared counted by each
 *	processes N	at that time
 *
 * and ends with 0, or with 1 if the command failed. What the command leaves
 * behind is killed.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PROCESSES_MAX = 1024 };

struct process {
	pid_t pid, parent;
	bool ours;
};

struct sum {
	long pss, rss; /* KiB */
	int processes;
};

static void
die(const char *what)
{
	fprintf(stderr, "tree: %s: %s\n", what, strerror(errno));
	exit(71);
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

/* A small file of /proc, as a string; false if the process is gone. */
static bool
slurp(const char *pid, const char *name, char *buf, size_t size)
{
	char path[300];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, buf, size - 1);
	close(fd);
	if (n <= 0)
		return false;
	buf[n] = '\0';
	return true;
}

/* All processes there are; how many. */
static int
list(struct process *v)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	char stat[1024];
	int n = 0;

	while (proc && n < PROCESSES_MAX && (e = readdir(proc))) {
		char *paren;
		int parent;

		if (e->d_name[0] < '1' || e->d_name[0] > '9' ||
			!slurp(e->d_name, "stat", stat, sizeof(stat)))
			continue;
		paren = strrchr(stat, ')'); /* a name may hold anything */
		if (!paren || sscanf(paren + 1, " %*c %d", &parent) != 1)
			continue;
		v[n++] = (struct process){
			.pid = (pid_t)strtol(e->d_name, NULL, 10),
			.parent = parent};
	}
	if (proc)
		closedir(proc);
	return n;
}

/* Marks whoever descends from us. */
static void
mark(struct process *v, int n)
{
	bool found = true;

	while (found) {
		found = false;
		for (int i = 0; i < n; i++) {
			bool ours = v[i].parent == getpid();

			for (int k = 0; k < n && !ours; k++)
				ours = v[k].ours && v[k].pid == v[i].parent;
			found |= ours && !v[i].ours;
			v[i].ours |= ours;
		}
	}
}

static long
value(const char *text, const char *name)
{
	const char *p = strstr(text, name);

	return p ? strtol(p + strlen(name), NULL, 10) : 0;
}

static struct sum
look(void)
{
	static struct process v[PROCESSES_MAX];
	static char text[4096];
	struct sum sum = {0};
	char pid[16];
	int n = list(v);

	mark(v, n);
	for (int i = 0; i < n; i++) {
		if (!v[i].ours)
			continue;
		snprintf(pid, sizeof(pid), "%d", (int)v[i].pid);
		if (!slurp(pid, "smaps_rollup", text, sizeof(text)))
			continue;
		sum.pss += value(text, "\nPss:");
		sum.rss += value(text, "\nRss:");
		sum.processes++;
	}
	return sum;
}

static pid_t
start(char **argv)
{
	pid_t pid = fork();
	int fd;

	if (pid < 0)
		die("fork");
	if (pid > 0)
		return pid;
	fd = open("/dev/null", O_RDWR);
	dup2(fd, 0);
	dup2(fd, 1);
	execvp(argv[0], argv);
	die(argv[0]);
	return 0;
}

/* What is left is ended, or it would be counted in the next run. */
static void
sweep(void)
{
	static struct process v[PROCESSES_MAX];
	int n = list(v);

	mark(v, n);
	for (int i = 0; i < n; i++)
		if (v[i].ours)
			kill(v[i].pid, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

int
main(int argc, char **argv)
{
	long every = 5;
	struct sum most = {0}, sum;
	double begin, wall;
	struct rusage use;
	int c, status;
	pid_t pid, got;

	while ((c = getopt(argc, argv, "+e:")) >= 0) {
		if (c != 'e')
			return 64;
		every = strtol(optarg, NULL, 10);
	}
	if (optind == argc)
		return 64;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	begin = now_ms();
	pid = start(argv + optind);
	while ((got = waitpid(-1, &status, every ? WNOHANG : 0)) != pid) {
		struct timespec pause = {every / 1000, every % 1000 * 1000000};

		if (got)
			continue; /* adopted */
		sum = look();
		if (sum.pss > most.pss)
			most = sum;
		nanosleep(&pause, NULL);
	}
	wall = now_ms() - begin;
	getrusage(RUSAGE_CHILDREN, &use);
	sweep();
	printf("wall %.1f\ncpu %.1f\npss %.1f\nrss %.1f\nprocesses %d\n", wall,
		timeval_ms(use.ru_utime) + timeval_ms(use.ru_stime),
		(double)most.pss / 1024, (double)most.rss / 1024,
		most.processes);
	return status != 0;
}
