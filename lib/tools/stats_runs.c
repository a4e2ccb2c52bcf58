/* stats_runs.c - `mg-tools stats`: from which logs. */
#include "tools/commands_in.h"
#include "tools/stats.h"

#include "base/dirs.h"
#include "base/near.h"
#include "io/lines.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG "log.ndjson"
#define INNER ".in" /* ends the name of a run within a run */

/* The folder of runs, or the log of one; malloc'd, NULL if there is no home. */
static char *
path_of(const char *run)
{
	struct mg_str name = MG_STR(0), path = MG_STR(0);
	bool good;

	mg_str_puts(&name, "runs");
	if (run)
		mg_str_fmt(&name, "/%s/" LOG, run);
	good = mg_dir_path(MG_DIR_STATE, name.s, &path);
	mg_str_release(&name);
	if (good)
		return path.s;
	mg_str_release(&path);
	return NULL;
}

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

/* --- which runs there are --- */

struct found {
	char *name;
	struct timespec written;
};

struct runs {
	struct found *v;
	size_t n, cap;
};

static int
by_age(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->written.tv_sec != y->written.tv_sec)
		return x->written.tv_sec < y->written.tv_sec ? 1 : -1;
	if (x->written.tv_nsec != y->written.tv_nsec)
		return x->written.tv_nsec < y->written.tv_nsec ? 1 : -1;
	return strcmp(y->name, x->name);
}

static void
add_run(struct runs *r, const char *name)
{
	char *path = path_of(name);
	struct stat st;

	if (path && name[0] != '.' && stat(path, &st) == 0) {
		MG_GROW(r->v, r->n, r->cap);
		r->v[r->n++] = (struct found){mg_xstrdup(name), st.st_mtim};
	}
	free(path);
}

/* The run written last stands first. */
static void
find_runs(struct runs *r)
{
	char *path = path_of(NULL);
	DIR *dir = path ? opendir(path) : NULL;
	struct dirent *e;

	*r = (struct runs){0};
	while (dir && (e = readdir(dir)))
		add_run(r, e->d_name);
	if (dir)
		closedir(dir);
	free(path);
	if (r->n)
		qsort(r->v, r->n, sizeof(*r->v), by_age);
}

static void
release_runs(struct runs *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->v[i].name);
	free(r->v);
}

/* --- to read --- */

static int
read_fd(struct mg_stats *s, int fd, const char *what, struct mg_fault *f)
{
	struct mg_lines in = {.fd = fd};
	struct mg_sl line;
	enum mg_line got;
	ssize_t n;

	mg_stats_next(s);
	/* At the end of the file, a last line without its newline is given. */
	do {
		n = mg_lines_fill(&in);
		if (n < 0 && errno == EINTR)
			continue;
		while ((got = mg_lines_next(&in, &line)) != MG_LINE_NONE)
			mg_stats_line(s, got == MG_LINE ? line : MG_SL("long"));
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		mg_fail(f, MG_E_INPUT, "unable to read %s: %s", what,
			strerror(errno));
	mg_lines_release(&in);
	return n < 0 ? -1 : 0;
}

static int
no_run(const char *name, struct mg_fault *f)
{
	const char **names, *near;
	struct runs r;

	find_runs(&r);
	names = mg_xcalloc(r.n + 1, sizeof(*names));
	for (size_t i = 0; i < r.n; i++)
		names[i] = r.v[i].name;
	near = mg_near(name, names);
	mg_fail(f, MG_E_NO_INPUT, "there is no run %s", name);
	if (near)
		mg_remedy(f, "did you mean %s?", near);
	else
		mg_remedy(f,
			"mg-run list says which there are; a file has a "
			"slash in its name");
	free(names);
	release_runs(&r);
	return -1;
}

static int
read_path(struct mg_stats *s, const char *path, const char *run,
	struct mg_fault *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r;

	if (fd < 0 && run && (errno == ENOENT || errno == ENOTDIR))
		return no_run(run, f);
	if (fd < 0)
		return mg_fail(f, MG_E_NO_INPUT, "unable to read %s: %s", path,
			strerror(errno));
	r = read_fd(s, fd, path, f);
	close(fd);
	return r;
}

static int
read_run(struct mg_stats *s, const char *name, struct mg_fault *f)
{
	char *path = path_of(name);
	int r;

	if (!path) {
		mg_fail(f, MG_E_CONFIG, "unable to find a home for runs");
		return mg_remedy(f, "set HOME or XDG_STATE_HOME");
	}
	r = name[0] && name[0] != '.' ? read_path(s, path, name, f)
				      : no_run(name, f);
	free(path);
	return r;
}

/* The run that was written last, but for runs within runs. */
static int
read_last(struct mg_stats *s, struct mg_fault *f)
{
	struct runs r;
	size_t i = 0;
	int status;

	find_runs(&r);
	while (i < r.n && ends_with(r.v[i].name, INNER))
		i++;
	status = i < r.n ? read_run(s, r.v[i].name, f)
			 : mg_fail(f, MG_E_NO_INPUT, "there are no runs yet");
	release_runs(&r);
	return status;
}

/* One that cannot be read is told, the others count. */
static int
read_all(struct mg_stats *s, struct mg_fault *f)
{
	struct runs r;
	int status = 0;

	find_runs(&r);
	for (size_t i = r.n; i-- > 0;)
		if (read_run(s, r.v[i].name, f) < 0)
			status = mg_worse(status, mg_tools_fail(f));
	release_runs(&r);
	return status;
}

static int
read_one(struct mg_stats *s, const char *what)
{
	struct mg_fault f;
	int r;

	if (strcmp(what, "-") == 0)
		r = read_fd(s, STDIN_FILENO, "standard input", &f);
	else if (strchr(what, '/'))
		r = read_path(s, what, NULL, &f);
	else if (strcmp(what, "last") == 0)
		r = read_last(s, &f);
	else
		r = read_run(s, what, &f);
	return r < 0 ? mg_tools_fail(&f) : 0;
}

/* Objects one a line become elements of an array. */
static void
put_objects(struct mg_tools_out *o, struct mg_sl text)
{
	struct mg_str object = MG_STR(SIZE_MAX / 2);
	const char *nl;

	while ((nl = memchr(text.p, '\n', text.n))) {
		struct mg_sl line = {text.p, (size_t)(nl - text.p)};

		mg_str_sl(&object, line);
		mg_tools_object(o, &object);
		text.n -= line.n + 1;
		text.p = nl + 1;
	}
	mg_str_release(&object);
}

int
mg_tools_stats(const struct mg_list *runs, int output)
{
	struct mg_stats *s = mg_stats_new();
	struct mg_str text = MG_STR(SIZE_MAX / 2);
	struct mg_tools_out out;
	struct mg_fault f;
	int status = 0;

	for (size_t i = 0; i < runs->n; i++)
		status = mg_worse(status, read_one(s, runs->v[i]));
	if (!runs->n)
		status = isatty(STDIN_FILENO) ? read_all(s, &f)
					      : read_one(s, "-");
	if (mg_stats_bad(s))
		mg_warn("%zu line%s no event%s left out", mg_stats_bad(s),
			mg_stats_bad(s) == 1 ? " is" : "s are",
			mg_stats_bad(s) == 1 ? ", and was" : "s, and were");
	mg_tools_out_init(&out, output);
	if (out.output == MG_OUT_TEXT) {
		mg_stats_text(s, &text);
		mg_tools_put(&out, mg_str_as_sl(&text));
	} else {
		mg_stats_json(s, &text);
		put_objects(&out, mg_str_as_sl(&text));
	}
	mg_str_release(&text);
	mg_stats_free(s);
	return mg_tools_out_end(&out, status);
}
