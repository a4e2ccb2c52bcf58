/* ring_dir.c - tests of the folder of a run: names, the lock, its files. */
#include "ring/rundir.h"
#include "tap.h"

#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct mg_fault fault;

static bool
reads(const char *path, const char *want)
{
	struct mg_str s = MG_STR(0);
	bool same = mg_str_file(&s, path) && mg_sl_is(mg_str_as_sl(&s), want);

	mg_str_release(&s);
	return same;
}

static void
names(void)
{
	static const char *const bad[] = {"", ".", "..", ".x", "-x", "last",
		"a/b", "a b", "a\n", "\xC3\xA4", "../a", NULL};
	char longest[MG_RUN_NAME_MAX + 2];
	struct mg_rundir d;
	struct stat st;
	bool all = true;

	for (size_t i = 0; bad[i]; i++) {
		all = all && mg_rundir_make(&d, bad[i], &fault) < 0 &&
			fault.code == MG_E_USAGE && !mg_rundir_exists(bad[i]);
		mg_rundir_close(&d);
	}
	ok(all, "names that lead elsewhere are refused");
	memset(longest, 'a', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	ok(mg_rundir_make(&d, longest, &fault) < 0, "a long name too");
	longest[MG_RUN_NAME_MAX] = '\0';
	ok(mg_rundir_make(&d, longest, &fault) == 0, "the longest is good");
	ok(stat(d.path, &st) == 0 && (st.st_mode & 0777) == 0700 &&
			fstat(d.fd, &st) == 0 && (st.st_mode & 0777) == 0600,
		"folder and log are their owner's alone");
	mg_rundir_close(&d);
	mg_rundir_close(&d);
	ok(true, "closing twice is closing once");
	ok(mg_rundir_make(&d, longest, &fault) < 0 && fault.code == MG_E_USAGE,
		"a name is given once");
	ok(mg_rundir_make(&d, NULL, &fault) == 0 && strlen(d.name) == 22 &&
			d.name[8] == '-' && d.name[15] == '-',
		"a name is made up of time and dice");
	mg_rundir_close(&d);
}

/* Another process, so that the lock is another's; 1 if it could open. */
static int
elsewhere(const char *name, bool lock)
{
	struct mg_rundir d;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(mg_rundir_open(&d, name, lock, &fault) == 0
				? 1 + (mg_rundir_running(&d) ? 2 : 0)
				: fault.code == MG_E_SYSTEM ? 8
							    : 16);
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void
locks(void)
{
	struct mg_rundir d, again, reader;

	mg_rundir_make(&d, "held", &fault);
	ok(elsewhere("held", false) == 3, "another process sees it running");
	ok(elsewhere("held", true) == 8, "and cannot run it too");
	ok(mg_rundir_open(&again, "held", true, &fault) < 0 &&
			strstr(fault.message, "is running"),
		"nor can we, twice");
	ok(mg_rundir_open(&reader, "held", false, &fault) == 0 &&
			mg_rundir_running(&reader) && mg_rundir_running(&d),
		"a reader asks without holding");
	mg_rundir_close(&d);
	ok(!mg_rundir_running(&reader), "closing lets go");
	ok(elsewhere("held", true) == 3 && elsewhere("held", false) == 1,
		"then another may have it, until it ends");
	ok(write(reader.fd, "x", 1) < 0, "a reader cannot write the log");
	mg_rundir_close(&reader);
	ok(mg_rundir_open(&d, "held", true, &fault) == 0 &&
			write(d.fd, "a\n", 2) == 2 && reads(d.log, "a\n"),
		"who holds it appends");
	mg_rundir_close(&d);
}

static void
age(const char *name, time_t when)
{
	struct timespec t[2] = {{when, 0}, {when, 0}};
	struct mg_rundir d;

	if (mg_rundir_make(&d, name, &fault) < 0)
		return;
	futimens(d.fd, t);
	mg_rundir_close(&d);
}

static void
finds(void)
{
	time_t future = time(NULL) + 1000;
	struct mg_rundir d;
	char **all;

	age("older", future);
	age("newest", future + 20);
	age("twin1", future + 10);
	age("twin2", future + 10);
	all = mg_rundir_list();
	ok(strcmp(all[0], "newest") == 0 && strcmp(all[1], "twin2") == 0 &&
			strcmp(all[2], "twin1") == 0 &&
			strcmp(all[3], "older") == 0,
		"the newest is first, of twins the later name");
	mg_rundir_list_free(all);
	ok(mg_rundir_open(&d, NULL, false, &fault) == 0 &&
			strcmp(d.name, "newest") == 0,
		"no name means the newest");
	mkdir("state/mg/runs/nolog", 0700);
	ok(!mg_rundir_exists("nolog"), "a folder without a log is no run");
	mg_rundir_close(&d);
	ok(mg_rundir_make(&d, "nolog", &fault) == 0, "but can become one");
	mg_rundir_close(&d);
	ok(mg_rundir_open(&d, "newset", false, &fault) < 0 &&
			fault.code == MG_E_NO_INPUT &&
			is_str(fault.remedy, "did you mean newest?", "remedy"),
		"a misspelt name brings the nearest");
	ok(mg_rundir_open(&d, "../held", false, &fault) < 0 &&
			!strstr(fault.message, ".."),
		"a name that is none is not repeated");
}

static void
files(void)
{
	struct rlimit small = {4, RLIM_INFINITY}, old;
	struct mg_rundir d;
	char dir[4096];

	mg_rundir_make(&d, "files", &fault);
	ok(mg_rundir_put(&d, d.status, MG_SL("one")) && reads(d.status, "one"),
		"a file is written");
	ok(mg_rundir_put(&d, d.answer, MG_SL("")) && reads(d.answer, ""),
		"an empty one too");
	getrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	ok(!mg_rundir_put(&d, d.status, MG_SL("another")) &&
			reads(d.status, "one"),
		"where there is no room the old text stands");
	setrlimit(RLIMIT_FSIZE, &old);
	ok(access("state/mg/runs/files/.status.json.new", F_OK) < 0,
		"and nothing else is left");
	snprintf(dir, sizeof(dir), "%s.moved", d.path);
	rename(d.path, dir);
	snprintf(dir, sizeof(dir), "%s.moved/status.json", d.path);
	ok(mg_rundir_put(&d, d.status, MG_SL("two")) && reads(dir, "two"),
		"a folder that was moved is found");
	mg_rundir_close(&d);
}

static int
drop(const char *path, const struct stat *st, int type, struct FTW *w)
{
	return remove(path);
}

int
main(void)
{
	char work[] = "/tmp/mg-ring-XXXXXX", state[4096];

	if (!mkdtemp(work) || chdir(work) < 0)
		return 71;
	snprintf(state, sizeof(state), "%s/state", work);
	setenv("XDG_STATE_HOME", state, 1);
	ok(mg_rundir_open(&(struct mg_rundir){0}, NULL, false, &fault) < 0 &&
			fault.code == MG_E_NO_INPUT &&
			strcmp(fault.remedy, "there are no runs yet") == 0,
		"where nothing is, there is no last run");
	names();
	locks();
	finds();
	files();
	nftw(work, drop, 8, FTW_DEPTH | FTW_PHYS);
	return done();
}
