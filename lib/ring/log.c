#include "ring/log.h"

#include "io/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

void
mg_log_add(struct mg_log *l, struct mg_sl line)
{
	if (l->fd < 0 || l->error)
		return;
	l->pending.max = SIZE_MAX / 2;
	mg_str_sl(&l->pending, line);
}

bool
mg_log_flush(struct mg_log *l)
{
	size_t done = 0;

	while (done < l->pending.len && !l->error) {
		ssize_t n = write(
			l->fd, l->pending.s + done, l->pending.len - done);

		if (n > 0)
			done += (size_t)n;
		else if (n == 0 || errno != EINTR)
			l->error = n ? errno : ENOSPC;
	}
	if (l->pending.cap > MG_LINE_MAX)
		mg_str_release(&l->pending);
	else
		mg_str_clear(&l->pending);
	if (l->sync && !l->error && fdatasync(l->fd) < 0 && errno != EINVAL)
		l->error = errno;
	l->sync = false;
	return !l->error;
}

void
mg_log_release(struct mg_log *l)
{
	mg_str_release(&l->pending);
}

int
mg_log_mend(int fd, off_t *size, struct mg_fault *f)
{
	char buf[65536];
	struct stat st;
	off_t end;

	if (fstat(fd, &st) < 0)
		return mg_fail(f, MG_E_SYSTEM, "unable to read the log: %s",
			strerror(errno));
	for (end = st.st_size; end > 0;) {
		size_t n = end < (off_t)sizeof(buf) ? (size_t)end : sizeof(buf);
		ssize_t got = pread(fd, buf, n, end - (off_t)n);
		const char *nl;

		if (got != (ssize_t)n)
			return mg_fail(f, MG_E_SYSTEM,
				"unable to read the log: %s", strerror(errno));
		nl = memrchr(buf, '\n', n);
		if (nl) {
			end -= (off_t)n - (nl + 1 - buf);
			break;
		}
		end -= (off_t)n;
	}
	*size = end;
	if (end == st.st_size)
		return 0;
	mg_warn("the log's last line was cut in the middle; it is dropped");
	if (ftruncate(fd, end) < 0)
		return mg_fail(f, MG_E_SYSTEM, "unable to mend the log: %s",
			strerror(errno));
	return 0;
}

int
mg_log_view(int fd, struct mg_fault *f)
{
	char path[40];
	int copy;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	copy = open(path, O_RDONLY | O_CLOEXEC);
	if (copy < 0)
		mg_fail(f, MG_E_SYSTEM, "unable to read the log: %s",
			strerror(errno));
	return copy;
}

int
mg_log_each(int fd, void (*fn)(void *, const struct mg_event *), void *arg,
	struct mg_fault *f)
{
	struct mg_lines in = {.fd = mg_log_view(fd, f)};
	struct mg_event e;
	struct mg_sl line;
	enum mg_line got;

	if (in.fd < 0)
		return -1;
	while (mg_lines_fill(&in) > 0)
		while ((got = mg_lines_next(&in, &line)) != MG_LINE_NONE)
			if (got == MG_LINE &&
				mg_event_look(&e, line, true, NULL) == 0)
				fn(arg, &e);
	mg_lines_release(&in);
	close(in.fd);
	return 0;
}
