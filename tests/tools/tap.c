/*
 * tap - a wire for the tests of the ring: standard input goes to standard
 * output and, the same bytes, to FILE; it adds nothing and takes nothing.
 *
 *	tap FILE [SEED [MICROSECONDS]]
 *
 * With a seed it reads pieces of any size and rests up to so long between
 * them. The pipes that it, and the process around it, stand between are made
 * as small as pipes can be.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
shrink(int pid, int fd)
{
	char path[64];
	int pipe;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	pipe = open(path, (fd ? O_WRONLY : O_RDONLY) | O_NONBLOCK | O_CLOEXEC);
	if (pipe < 0)
		return;
	fcntl(pipe, F_SETPIPE_SZ, 4096); /* what is fuller stays as it is */
	close(pipe);
}

static int
put(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	static char buf[1 << 16];
	uint64_t chance = argc > 2 ? strtoull(argv[2], NULL, 10) * 2 + 1 : 0;
	uint64_t rest = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
	size_t want = sizeof(buf);
	int file;
	ssize_t n;

	if (argc < 2)
		return 64;
	file = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (file < 0)
		return 73;
	for (int i = 0; i < 2 && chance; i++) {
		shrink(getpid(), i);
		shrink(getppid(), i);
	}
	for (;;) {
		if (chance) {
			chance = chance * 6364136223846793005U +
				1442695040888963407U;
			want = 1 + (chance >> 33) % sizeof(buf);
			if (rest && (chance >> 20) % 4 == 0)
				usleep((useconds_t)((chance >> 24) % rest));
		}
		n = read(0, buf, want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? 74 : 0;
		if (put(file, buf, (size_t)n) < 0)
			return 74;
		if (put(1, buf, (size_t)n) < 0)
			return 74;
	}
}
