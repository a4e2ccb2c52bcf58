/*
 * roundtrip - how long one call of a tool takes, there and back
 *
 *   roundtrip N TOOL STAGE...	  N calls, each when the one before is answered,
 *				  through a stage in a ring (we are the seam)
 *   roundtrip N -- PROGRAM...	  N times posix_spawn() of the program, a line
 *				  of JSON to it, its output to the end, wait()
 *
 * For tests/bench.sh: as a pair, the ratio is what mg-tools adds. Fails if an
 * answer is an error or does not come.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void
die(const char *what)
{
	fprintf(stderr, "roundtrip: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* fds: what to write to, what to read from. */
static pid_t
start(char **argv, int fds[2])
{
	posix_spawn_file_actions_t fa;
	int in[2], out[2];
	pid_t pid;

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		die("pipe");
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, in[0], 0);
	posix_spawn_file_actions_adddup2(&fa, out[1], 1);
	errno = posix_spawnp(&pid, argv[0], &fa, NULL, argv, environ);
	if (errno)
		die(argv[0]);
	posix_spawn_file_actions_destroy(&fa);
	close(in[0]);
	close(out[1]);
	fds[0] = in[1];
	fds[1] = out[0];
	return pid;
}

static void
say(int fd, const char *line)
{
	size_t n = strlen(line);

	if (write(fd, line, n) != (ssize_t)n)
		die("write");
}

static void
plain(int n, char **argv)
{
	char buf[65536];
	int fds[2], status;

	for (int i = 0; i < n; i++) {
		pid_t pid = start(argv, fds);

		say(fds[0], "{\"n\":1}\n");
		close(fds[0]);
		while (read(fds[1], buf, sizeof(buf)) > 0)
			continue;
		close(fds[1]);
		if (waitpid(pid, &status, 0) < 0 || status)
			die("the program failed");
	}
}

/* The next line that begins with `with`; others are read over. */
static void
await(FILE *in, const char *with)
{
	static char *line;
	static size_t cap;

	while (getline(&line, &cap, in) > 0)
		if (strncmp(line, with, strlen(with)) == 0) {
			if (strstr(line, "\"is_error\":true")) {
				fputs(line, stderr);
				exit(1);
			}
			return;
		}
	die("the stage ended");
}

static void
ring(int n, const char *tool, char **argv)
{
	char line[512];
	int fds[2], status;
	pid_t pid = start(argv, fds);
	FILE *in = fdopen(fds[1], "r");

	if (!in)
		die("fdopen");
	say(fds[0],
		"{\"type\":\"init\",\"by\":\"mg-run\",\"v\":1,"
		"\"ring\":true,\"lap\":1}\n");
	for (int i = 0; i < n; i++) {
		snprintf(line, sizeof(line),
			"{\"lap\":1,\"type\":\"tool_call\",\"by\":\"mg-ask\","
			"\"id\":\"t\",\"agent\":\"a\",\"turn\":%d,"
			"\"call\":\"c%d\",\"name\":\"%s\","
			"\"arguments\":{\"n\":1}}\n",
			i + 1, i, tool);
		say(fds[0], line);
		await(in, "{\"type\":\"tool_result\"");
	}
	say(fds[0], "{\"lap\":1,\"type\":\"end\",\"by\":\"mg-run\"}\n");
	close(fds[0]);
	while (getc(in) != EOF)
		continue;
	if (waitpid(pid, &status, 0) < 0 || status)
		die("the stage failed");
	fclose(in);
}

int
main(int argc, char **argv)
{
	if (argc < 4) {
		fputs("usage: roundtrip N TOOL|-- COMMAND...\n", stderr);
		return 64;
	}
	if (strcmp(argv[2], "--") == 0)
		plain(atoi(argv[1]), argv + 3);
	else
		ring(atoi(argv[1]), argv[2], argv + 3);
	return 0;
}
