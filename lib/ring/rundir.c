#include "ring/rundir.h"

#include "base/dirs.h"
#include "base/near.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOG "log.ndjson"
#define INNER ".in"
#define TRIES 20 /* names made up before we give up */

static bool
good_name(const char *s)
{
	size_t n = strlen(s);

	return n && n <= MG_RUN_NAME_MAX && s[0] != '.' && s[0] != '-' &&
		strcmp(s, "last") != 0 &&
		strspn(s,
			"abcdefghijklmnopqrstuvwxyz"
			"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"0123456789._-") == n;
}

/* The folder that holds all runs; malloc'd, NULL if there is no home. */
static char *
root(void)
{
	struct mg_str s = MG_STR(0);

	if (mg_dir_path(MG_DIR_STATE, "runs", &s))
		return s.s;
	mg_str_release(&s);
	return NULL;
}

static char *
join(const char *folder, const char *name)
{
	size_t n = strlen(folder) + strlen(name) + 2;
	char *path = mg_xmalloc(n);

	snprintf(path, n, "%s/%s", folder, name);
	return path;
}

static int
no_home(struct mg_fault *f)
{
	mg_fail(f, MG_E_CONFIG, "unable to find a home for runs");
	mg_remedy(f, "set HOME or XDG_STATE_HOME");
	return -1;
}

/* Names its files; 0, or -1 with f filled. */
static int
name_files(struct mg_rundir *d, const char *name, struct mg_fault *f)
{
	char *runs = root();

	*d = (struct mg_rundir){.fd = -1, .dirfd = -1};
	if (!runs)
		return no_home(f);
	d->name = mg_xstrdup(name);
	d->path = join(runs, name);
	d->log = join(d->path, LOG);
	d->run = join(d->path, "run.json");
	d->status = join(d->path, "status.json");
	d->answer = join(d->path, "answer.md");
	d->inbox = join(d->path, "inbox");
	free(runs);
	return 0;
}

void
mg_rundir_close(struct mg_rundir *d)
{
	if (!d->path)
		return;
	if (d->fd >= 0)
		close(d->fd);
	if (d->dirfd >= 0)
		close(d->dirfd);
	free(d->name);
	free(d->path);
	free(d->log);
	free(d->run);
	free(d->status);
	free(d->answer);
	free(d->inbox);
	*d = (struct mg_rundir){.fd = -1, .dirfd = -1};
}

/* --- the lock --- */

static struct flock
whole(short type)
{
	return (struct flock){.l_type = type, .l_whence = SEEK_SET};
}

/* F_OFD_SETLK answers EAGAIN where somebody holds it. */
static int
take_lock(struct mg_rundir *d, struct mg_fault *f)
{
	struct flock l = whole(F_WRLCK);

	if (fcntl(d->fd, F_OFD_SETLK, &l) == 0) {
		d->locked = true;
		return 0;
	}
	if (errno != EAGAIN && errno != EACCES)
		return mg_fail(f, MG_E_SYSTEM, "unable to lock the log: %s",
			strerror(errno));
	mg_fail(f, MG_E_SYSTEM, "run %s is running", d->name);
	return mg_remedy(
		f, "mg-run tell speaks to it, mg-run log -f watches it");
}

bool
mg_rundir_running(const struct mg_rundir *d)
{
	struct flock l = whole(F_WRLCK);

	return d->locked ||
		(d->fd >= 0 && fcntl(d->fd, F_OFD_GETLK, &l) == 0 &&
			l.l_type != F_UNLCK);
}

/* --- to make one --- */

bool
mg_rundir_inner(const char *name)
{
	size_t n = strlen(name);

	return n > 3 && strcmp(name + n - 3, INNER) == 0;
}

/* 20261121-170901-kqxwzt; within another run with INNER behind it. */
static void
make_up(char name[32])
{
	time_t now = time(NULL);
	unsigned char dice[6] = {0};
	struct tm tm;
	size_t n;

	gmtime_r(&now, &tm);
	n = strftime(name, 32, "%Y%m%d-%H%M%S-", &tm);
	if (getrandom(dice, sizeof(dice), 0) < 0)
		memset(dice, (int)(getpid() & 0xFF), sizeof(dice));
	for (size_t i = 0; i < sizeof(dice); i++)
		name[n++] = (char)('a' + dice[i] % 26);
	name[n] = '\0';
	if (getenv("MG_RUN"))
		memcpy(name + n, INNER, sizeof(INNER));
}

/*
 * The log, made by nobody else, decides whose the name is: so a folder that
 * was left without one is no obstacle. 1: the name is taken.
 */
static int
try_make(struct mg_rundir *d, const char *name, struct mg_fault *f)
{
	int err;

	if (name_files(d, name, f) < 0)
		return -1;
	if (!mg_dir_make(d->path) ||
		(mkdir(d->path, 0700) < 0 && errno != EEXIST))
		goto failed;
	d->dirfd = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->dirfd < 0)
		goto failed;
	d->fd = openat(d->dirfd, LOG,
		O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (d->fd < 0)
		goto failed;
	if (take_lock(d, f) == 0)
		return 0;
	mg_rundir_close(d);
	return -1;
failed:
	err = errno;
	mg_rundir_close(d);
	if (err == EEXIST)
		return 1;
	mg_fail(f, MG_E_OUTPUT, "unable to make the folder of the run: %s",
		strerror(err));
	return mg_remedy(
		f, "XDG_STATE_HOME says where runs live, ~/.local/state else");
}

int
mg_rundir_make(struct mg_rundir *d, const char *name, struct mg_fault *f)
{
	char made[32];
	int taken = 1;

	*d = (struct mg_rundir){.fd = -1, .dirfd = -1};
	if (name && (!good_name(name) || mg_rundir_inner(name))) {
		mg_fail(f, MG_E_USAGE, "a run cannot be named so");
		return mg_remedy(f,
			"at most %d letters, digits, `.`, `_`, `-`, and not "
			"`last`",
			MG_RUN_NAME_MAX);
	}
	for (int i = 0; taken == 1 && i < (name ? 1 : TRIES); i++) {
		if (!name)
			make_up(made);
		taken = try_make(d, name ? name : made, f);
	}
	if (taken != 1)
		return taken;
	mg_fail(f, MG_E_USAGE, "run %s exists already", name ? name : made);
	return mg_remedy(f, "--continue goes on with it, another name is free");
}

/* --- to find one --- */

struct found {
	char *name;
	struct timespec when;
};

/* Newest first; of equals the later name. */
static int
by_time(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->when.tv_sec != y->when.tv_sec)
		return x->when.tv_sec < y->when.tv_sec ? 1 : -1;
	if (x->when.tv_nsec != y->when.tv_nsec)
		return x->when.tv_nsec < y->when.tv_nsec ? 1 : -1;
	return strcmp(y->name, x->name);
}

static bool
look(int dirfd, const char *name, struct timespec *when)
{
	char path[MG_RUN_NAME_MAX + sizeof(LOG) + 2];
	struct stat st;

	if (!good_name(name))
		return false;
	snprintf(path, sizeof(path), "%s/" LOG, name);
	if (fstatat(dirfd, path, &st, 0) < 0 || !S_ISREG(st.st_mode))
		return false;
	*when = st.st_mtim;
	return true;
}

char **
mg_rundir_list(void)
{
	char *runs = root(), **names;
	DIR *dir = runs ? opendir(runs) : NULL;
	struct found *all = NULL;
	struct timespec when;
	struct dirent *e;
	size_t n = 0, cap = 0;

	while (dir && (e = readdir(dir)))
		if (look(dirfd(dir), e->d_name, &when)) {
			MG_GROW(all, n, cap);
			all[n++] = (struct found){mg_xstrdup(e->d_name), when};
		}
	if (n)
		qsort(all, n, sizeof(*all), by_time);
	names = mg_xcalloc(n + 1, sizeof(*names));
	for (size_t i = 0; i < n; i++)
		names[i] = all[i].name;
	if (dir)
		closedir(dir);
	free(all);
	free(runs);
	return names;
}

void
mg_rundir_list_free(char **names)
{
	for (size_t i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
}

bool
mg_rundir_exists(const char *name)
{
	struct mg_rundir d;
	bool there;

	if (!good_name(name) || name_files(&d, name, NULL) < 0)
		return false;
	there = access(d.log, F_OK) == 0;
	mg_rundir_close(&d);
	return there;
}

static int
no_such_run(const char *name, struct mg_fault *f)
{
	char **names = mg_rundir_list();
	const char *near = name ? mg_near(name, (const char *const *)names)
				: NULL;

	if (name && good_name(name))
		mg_fail(f, MG_E_NO_INPUT, "there is no run %s", name);
	else
		mg_fail(f, MG_E_NO_INPUT, "there is no such run");
	if (!names[0])
		mg_remedy(f, "there are no runs yet");
	else if (near)
		mg_remedy(f, "did you mean %s?", near);
	else
		mg_remedy(f, "mg-run list names them all");
	mg_rundir_list_free(names);
	return -1;
}

/* The name of the run meant; malloc'd, NULL if there is none. */
static char *
resolve(const char *name)
{
	char **names, *last;
	size_t i = 0;

	if (name && strcmp(name, "last") != 0)
		return mg_rundir_exists(name) ? mg_xstrdup(name) : NULL;
	names = mg_rundir_list();
	while (names[i] && mg_rundir_inner(names[i]))
		i++;
	last = names[i] ? mg_xstrdup(names[i]) : NULL;
	mg_rundir_list_free(names);
	return last;
}

int
mg_rundir_open(
	struct mg_rundir *d, const char *name, bool lock, struct mg_fault *f)
{
	char *found = resolve(name);
	int r;

	*d = (struct mg_rundir){.fd = -1, .dirfd = -1};
	if (!found)
		return no_such_run(name, f);
	r = name_files(d, found, f);
	free(found);
	if (r < 0)
		return -1;
	d->dirfd = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->dirfd >= 0)
		d->fd = openat(d->dirfd, LOG,
			(lock ? O_RDWR | O_APPEND : O_RDONLY) | O_CLOEXEC);
	if (d->fd < 0) {
		mg_fail(f, MG_E_INPUT, "unable to open the log of run %s: %s",
			d->name, strerror(errno));
		mg_remedy(f, "look at the rights of %s", d->log);
	}
	if (d->fd >= 0 && (!lock || take_lock(d, f) == 0))
		return 0;
	mg_rundir_close(d);
	return -1;
}

/* --- its small files --- */

static bool
write_all(int fd, struct mg_sl text)
{
	ssize_t n;

	for (; text.n; text.p += n, text.n -= (size_t)n) {
		n = write(fd, text.p, text.n);
		if (n < 0 && errno == EINTR)
			n = 0;
		if (n < 0)
			return false;
	}
	return true;
}

bool
mg_rundir_put(const struct mg_rundir *d, const char *path, struct mg_sl text)
{
	const char *name = strrchr(path, '/') + 1;
	char tmp[64];
	bool ok;
	int fd, err;

	snprintf(tmp, sizeof(tmp), ".%s.new", name);
	fd = openat(
		d->dirfd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	ok = write_all(fd, text) && (path == d->status || fdatasync(fd) == 0);
	err = errno;
	if (close(fd) < 0 && ok) {
		ok = false;
		err = errno;
	}
	if (ok && renameat(d->dirfd, tmp, d->dirfd, name) == 0)
		return true;
	if (ok)
		err = errno;
	unlinkat(d->dirfd, tmp, 0);
	errno = err;
	return false;
}
