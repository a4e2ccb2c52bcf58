/* pin.h: the file of pins, and what it says. */
#include "tools/pin.h"

#include "base/clock.h"
#include "base/dirs.h"
#include "base/map.h"
#include "event/json.h"
#include "tools/registry_in.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PINS_MAX ((size_t)256 << 20)
#define LOCK_MS 500
#define BUSY_MS 5000 /* so long it is not waited for again */
#define SCHEME "sha256:"

struct mg_pins {
	struct mg_str path; /* empty: there is no home */
	struct mg_map hashes; /* by path, name and version; malloc'd */
	struct mg_str rest; /* what was read behind the last newline */
	struct stat seen; /* the file when it was read; st_ino 0: it was not */
	off_t at; /* so much of it was read */
	int64_t busy; /* until then a lock is taken at once, or not at all */
};

/* --- reading --- */

static void
key_of(struct mg_str *s, const struct mg_tool *t)
{
	mg_json_puts(s, t->path);
	mg_json_puts(s, t->name);
	mg_json_puts(s, t->version);
}

/* A line that is no pin was torn; what it was to allow has not been done. */
static void
read_line(struct mg_pins *p, char *line, size_t n)
{
	struct mg_sl raw = {line, n};
	struct mg_str key = MG_STR(0);
	char *text[4];
	static const char *const names[] = {"path", "name", "version", "hash"};
	bool good = mg_json_check(line, n, NULL, NULL) >= 0;

	for (size_t i = 0; i < 4; i++) {
		text[i] = good ? mg_json_dup(mg_json_get(raw, names[i])) : NULL;
		good = good && text[i];
	}
	if (good) {
		void **slot;

		for (size_t i = 0; i < 3; i++)
			mg_json_puts(&key, text[i]);
		slot = mg_map_put(&p->hashes, mg_str_as_sl(&key));
		free(*slot);
		*slot = text[3];
		text[3] = NULL;
	}
	for (size_t i = 0; i < 4; i++)
		free(text[i]);
	mg_str_release(&key);
}

static void
forget(struct mg_pins *p)
{
	for (size_t i = 0; i < p->hashes.n; i++)
		free(p->hashes.e[i].value);
	mg_map_release(&p->hashes);
	mg_str_release(&p->rest);
	p->seen = (struct stat){0};
	p->at = 0;
}

static int
unreadable(const struct mg_pins *p, const char *why, struct mg_fault *f)
{
	mg_fail(f, MG_E_SYSTEM, "unable to read the pins of tools: %s", why);
	return mg_remedy(f, "look at %s; no tool runs until then", p->path.s);
}

/* Takes the whole lines of what was read. */
static void
take_lines(struct mg_pins *p)
{
	size_t at = 0;
	char *end;

	while (p->rest.len > at &&
		(end = memchr(p->rest.s + at, '\n', p->rest.len - at))) {
		size_t n = (size_t)(end - p->rest.s) - at;

		read_line(p, p->rest.s + at, n);
		at += n + 1;
	}
	mg_str_drop(&p->rest, at);
}

static int
read_from(struct mg_pins *p, int fd, struct mg_fault *f)
{
	char buf[65536];
	ssize_t n;

	while ((n = pread(fd, buf, sizeof(buf), p->at)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return unreadable(p, strerror(errno), f);
		if (!mg_str_add(&p->rest, buf, (size_t)n))
			return unreadable(p, "it is too long", f);
		p->at += n;
		take_lines(p);
	}
	return 0;
}

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

static bool
unchanged(const struct stat *a, const struct stat *b)
{
	return same_file(a, b) && a->st_size == b->st_size &&
		a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
		a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* What an open file says now; one that has only grown is read on. */
static int
refresh_fd(struct mg_pins *p, int fd, struct mg_fault *f)
{
	struct stat st;
	int e;

	if (fstat(fd, &st) < 0)
		return unreadable(p, strerror(errno), f);
	if (!S_ISREG(st.st_mode))
		return unreadable(p, "it is no regular file", f);
	if (st.st_uid != geteuid() || (st.st_mode & 022))
		return unreadable(p, "others may write to it", f);
	if (!same_file(&st, &p->seen) || st.st_size <= p->at)
		forget(p);
	p->rest.max = PINS_MAX;
	e = read_from(p, fd, f);
	if (e < 0)
		forget(p);
	else
		p->seen = st;
	return e;
}

static int
refresh(struct mg_pins *p, struct mg_fault *f)
{
	struct stat st;
	int fd, e;

	if (!p->path.len) {
		mg_fail(f, MG_E_CONFIG, "unable to find a home for pins");
		return mg_remedy(f, "set HOME or XDG_DATA_HOME");
	}
	if (stat(p->path.s, &st) < 0) {
		forget(p);
		return errno == ENOENT ? 0 : unreadable(p, strerror(errno), f);
	}
	if (unchanged(&st, &p->seen))
		return 0;
	if (!S_ISREG(st.st_mode))
		return unreadable(p, "it is no regular file", f);
	fd = open(p->path.s, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return unreadable(p, strerror(errno), f);
	e = refresh_fd(p, fd, f);
	close(fd);
	return e;
}

struct mg_pins *
mg_pins_open(struct mg_fault *f)
{
	struct mg_pins *p = mg_xcalloc(1, sizeof(*p));

	if (!mg_dir_path(MG_DIR_DATA, "pins.ndjson", &p->path))
		mg_str_release(&p->path);
	(void)refresh(p, f);
	return p;
}

void
mg_pins_free(struct mg_pins *p)
{
	if (!p)
		return;
	forget(p);
	mg_str_release(&p->path);
	free(p);
}

/* --- asking --- */

/* The record that the tool was made of is another by now. */
static bool
stale(const struct mg_tool *t)
{
	return strcmp(t->own, t->read) != 0;
}

/* What was read says of the files, whose hash is up to date. */
static enum mg_pin
pinned(const struct mg_pins *p, const struct mg_tool *t)
{
	struct mg_str key = MG_STR(0);
	const char *hash;

	key_of(&key, t);
	hash = mg_map_get(&p->hashes, mg_str_as_sl(&key));
	mg_str_release(&key);
	if (!hash)
		return MG_PIN_NEW;
	return strncmp(hash, SCHEME, strlen(SCHEME)) == 0 &&
			strcmp(hash + strlen(SCHEME), t->hash) == 0
		? MG_PIN_SAME
		: MG_PIN_CHANGED;
}

/* Even if it is accepted: what was read before is not what was accepted. */
static enum mg_pin
judge(const struct mg_pins *p, const struct mg_tool *t)
{
	return stale(t) ? MG_PIN_CHANGED : pinned(p, t);
}

static int
changed(const struct mg_pins *p, const struct mg_tool *t, struct mg_fault *f)
{
	bool plain = strcmp(t->version, "0") == 0;
	const char *at = plain ? "" : "@", *v = plain ? "" : t->version;

	if (pinned(p, t) != MG_PIN_CHANGED) {
		mg_fail(f, MG_E_CHANGED, "%s has changed since it was read",
			t->name);
		return mg_remedy(f, "start mg-tools again");
	}
	mg_fail(f, MG_E_CHANGED, "%s has changed since it was pinned", t->name);
	return mg_remedy(f, "mg-tools show %s%s%s, then mg-tools accept %s%s%s",
		t->name, at, v, t->name, at, v);
}

enum mg_pin
mg_pins_look(struct mg_pins *p, struct mg_tool *t, struct mg_fault *f)
{
	/* JSON would keep two such paths as one */
	if (!mg_utf8_ok(t->path)) {
		mg_fail(f, MG_E_CONFIG, "%s: its path is not UTF-8", t->name);
		return MG_PIN_ERROR;
	}
	if (refresh(p, f) < 0 || mg_tool_hash(t, f) < 0)
		return MG_PIN_ERROR;
	return judge(p, t);
}

/* --- writing --- */

static int
unwritable(const struct mg_pins *p, struct mg_fault *f)
{
	mg_fail(f, MG_E_OUTPUT, "unable to pin a tool: %s", strerror(errno));
	return mg_remedy(
		f, "what cannot be pinned is not run; look at %s", p->path.s);
}

/* Held for the time of a write; whoever holds it longer has been stopped, and
 * is not to hold up one call after the other. */
static int
lock(struct mg_pins *p, int fd)
{
	int64_t now = mg_now(), until = now < p->busy ? now : now + LOCK_MS;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EINTR && errno != EWOULDBLOCK)
			return -1;
		now = mg_now();
		if (now >= until) {
			if (now >= p->busy)
				p->busy = now + BUSY_MS;
			errno = EBUSY;
			return -1;
		}
		usleep(2000);
	}
	p->busy = 0;
	return 0;
}

/* Open and locked, and still the file of this name; -1 with errno. */
static int
open_locked(struct mg_pins *p)
{
	struct stat a, b;
	int fd;

	if (!mg_dir_make(p->path.s))
		return -1;
	for (;;) {
		fd = open(p->path.s,
			O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC,
			0600);
		if (fd < 0)
			return -1;
		if (lock(p, fd) < 0)
			goto failed;
		if (fstat(fd, &a) < 0)
			goto failed;
		if (stat(p->path.s, &b) == 0 && same_file(&a, &b))
			return fd;
		close(fd); /* it was replaced meanwhile */
	}
failed:
	close(fd);
	return -1;
}

static int
append(struct mg_pins *p, int fd, const struct mg_tool *t, struct mg_fault *f)
{
	char ts[MG_UTC_SIZE], hash[sizeof(SCHEME) + MG_TOOL_HASH];
	struct mg_str s = MG_STR(0);
	off_t end = lseek(fd, 0, SEEK_END);
	ssize_t n;
	int e = 0;

	memcpy(hash, SCHEME, sizeof(SCHEME));
	memcpy(hash + strlen(SCHEME), t->hash, sizeof(t->hash));
	if (p->rest.len) /* a line that was torn */
		mg_str_putc(&s, '\n');
	mg_str_putc(&s, '{');
	mg_json_ms(&s, "path", t->path);
	mg_json_ms(&s, "name", t->name);
	mg_json_ms(&s, "version", t->version);
	mg_json_ms(&s, "hash", hash);
	mg_json_ms(&s, "ts", mg_utc(ts));
	mg_str_puts(&s, "}\n");
	do
		n = write(fd, s.s, s.len);
	while (n < 0 && errno == EINTR);
	if (n >= 0 && (size_t)n < s.len) {
		errno = ENOSPC;
		n = -1;
	}
	if (n < 0 || fdatasync(fd) < 0) {
		e = unwritable(p, f);
		if (end >= 0 && ftruncate(fd, end) < 0)
			mg_remedy(f, "its last line is not whole");
	}
	mg_str_release(&s);
	return e;
}

/* Under the lock: 0 if it is pinned as it is, by us or by somebody else. */
static int
pin(struct mg_pins *p, struct mg_tool *t, bool accept, struct mg_fault *f)
{
	int fd = open_locked(p), e;
	enum mg_pin what;

	if (fd < 0)
		return unwritable(p, f);
	e = refresh_fd(p, fd, f);
	what = judge(p, t);
	if (e == 0 && what == MG_PIN_CHANGED && (!accept || stale(t)))
		e = changed(p, t, f);
	else if (e == 0 && what != MG_PIN_SAME)
		e = append(p, fd, t, f);
	close(fd);
	return e;
}

int
mg_pins_use(struct mg_pins *p, struct mg_tool *t, struct mg_fault *f)
{
	switch (mg_pins_look(p, t, f)) {
	case MG_PIN_SAME:
		return 0;
	case MG_PIN_NEW:
		return pin(p, t, false, f);
	case MG_PIN_CHANGED:
		return changed(p, t, f);
	case MG_PIN_ERROR:
		break;
	}
	return -1;
}

int
mg_pins_accept(struct mg_pins *p, struct mg_tool *t, struct mg_fault *f)
{
	switch (mg_pins_look(p, t, f)) {
	case MG_PIN_SAME:
		return 0;
	case MG_PIN_NEW:
	case MG_PIN_CHANGED:
		return pin(p, t, true, f);
	case MG_PIN_ERROR:
		break;
	}
	return -1;
}
