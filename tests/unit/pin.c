/* tools/pin.h, sentence by sentence. */
#include "tools/pin.h"

#include "base/clock.h"
#include "tools/registry.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

#define PINS "data/mg/pins.ndjson"

static struct mg_fault fault;
static struct mg_registry *registry;

static void
put(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	if (!file)
		abort();
	fputs(text, file);
	fclose(file);
	chmod(path, mode);
}

static void
add(const char *path, const char *text)
{
	FILE *file = fopen(path, "a");

	if (!file)
		abort();
	fputs(text, file);
	fclose(file);
}

static size_t
lines(const char *path)
{
	struct mg_str s = MG_STR(0);
	size_t n = 0;

	if (mg_str_file(&s, path))
		for (size_t i = 0; i < s.len; i++)
			n += s.s[i] == '\n';
	mg_str_release(&s);
	return n;
}

/* The tool as it is read now; it lives until the next. */
static struct mg_tool *
tool(const char *name)
{
	struct mg_list list = {0};
	struct mg_tool *t;

	mg_registry_free(registry);
	mg_list_add(&list, "./t");
	registry = mg_registry_open(
		&(struct mg_registry_req){.tools = &list}, &fault);
	mg_list_release(&list);
	t = registry ? mg_toolset_find(mg_registry_set(registry, MG_SL("")),
			       mg_sl_of(name))
		     : NULL;
	if (!t)
		abort();
	return t;
}

static enum mg_pin
look(struct mg_tool *t)
{
	struct mg_pins *p = mg_pins_open(&fault);
	enum mg_pin what = mg_pins_look(p, t, &fault);

	mg_pins_free(p);
	return what;
}

static int
use(struct mg_tool *t)
{
	struct mg_pins *p = mg_pins_open(&fault);
	int e = mg_pins_use(p, t, &fault);

	mg_pins_free(p);
	return e;
}

static int
accept(struct mg_tool *t)
{
	struct mg_pins *p = mg_pins_open(&fault);
	int e = mg_pins_accept(p, t, &fault);

	mg_pins_free(p);
	return e;
}

#define RECORD "name: w\ndescription: d\ncommand: [./w.sh]\nfiles: [lib]\n"

static void
world(void)
{
	put("t/w.yaml", RECORD, 0644);
	put("t/w.sh", "#!/bin/sh\n", 0755);
	put("t/lib", "one\n", 0644);
	unlink(PINS);
}

static void
test_first(void)
{
	struct mg_tool *t;
	struct stat st;

	world();
	t = tool("w");
	ok(look(t) == MG_PIN_NEW, "a new tool");
	ok(look(t) == MG_PIN_NEW && access(PINS, F_OK) < 0,
		"to look pins nothing");
	ok(use(t) == 0 && lines(PINS) == 1, "the first use pins it");
	ok(stat(PINS, &st) == 0 && (st.st_mode & 0777) == 0600, "0600");
	ok(stat("data/mg", &st) == 0 && (st.st_mode & 0777) == 0700, "0700");
	ok(look(t) == MG_PIN_SAME, "it is the same");
	ok(use(t) == 0 && accept(t) == 0 && lines(PINS) == 1,
		"and not pinned again");
}

/* After the change the tool is refused, until it is accepted. */
static void
changed(const char *path, const char *text, mode_t mode, const char *name)
{
	struct mg_tool *t;

	world();
	t = tool("w");
	use(t);
	put(path, text, mode);
	ok(look(t) == MG_PIN_CHANGED, name);
	ok(use(t) < 0 && fault.code == MG_E_CHANGED, "it is refused");
	is_str(fault.remedy, "mg-tools show w, then mg-tools accept w",
		"the way on");
	t = tool("w");
	ok(use(t) < 0 && fault.code == MG_E_CHANGED, "read again, it is, too");
	ok(accept(t) == 0 && use(t) == 0 && lines(PINS) == 2, "accepted");
	put("t/w.yaml", RECORD, 0644);
	put("t/w.sh", "#!/bin/sh\n", 0755);
	put("t/lib", "one\n", 0644);
	ok(use(tool("w")) < 0, "what it was before is a change, too");
}

/* The same size, and the times put back: only ctime tells. */
static void
test_disguised(void)
{
	struct timespec times[2];
	struct mg_tool *t;
	struct stat st;

	world();
	usleep(2100000);
	t = tool("w");
	ok(use(t) == 0 && t->stamp, "hashed at rest");
	stat("t/lib", &st);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	put("t/lib", "two\n", 0644);
	utimensat(AT_FDCWD, "t/lib", times, 0);
	ok(use(t) < 0 && fault.code == MG_E_CHANGED, "a change in disguise");
	ok(use(tool("w")) < 0 && fault.code == MG_E_CHANGED, "read again");
	world();
	t = tool("w");
	use(t);
	put("t/lib", "two\n", 0644);
	ok(!t->stamp && use(t) < 0, "a change within the same instant");
}

static void
test_gone(void)
{
	struct mg_tool *t;

	world();
	t = tool("w");
	use(t);
	unlink("t/lib");
	ok(look(t) == MG_PIN_ERROR && use(t) < 0 &&
			fault.code == MG_E_CHANGED && accept(t) < 0,
		"a file that is gone");
	mkfifo("t/lib", 0644);
	ok(use(t) < 0 && fault.code == MG_E_CHANGED, "or a FIFO");
	unlink("t/lib");
	put("t/lib", "one\n", 0644);
	ok(use(t) == 0, "and is back");
	unlink("t/w.sh");
	symlink("real.sh", "t/w.sh");
	put("t/real.sh", "#!/bin/sh\n", 0755);
	ok(use(t) == 0, "behind a link the content counts");
	add("t/real.sh", "\n");
	ok(use(t) < 0, "also when it changes");
	unlink("t/w.sh");
	unlink("t/real.sh");
}

/* A word that begins as a path belongs to the tool before it is a file. */
static void
test_late(void)
{
	char hash[MG_TOOL_HASH];
	struct mg_tool *t;

	put("t/late.yaml", "name: l\ndescription: d\ncommand: [sh, ./l.sh]\n",
		0644);
	unlink(PINS);
	ok(use(tool("l")) == 0, "a word that is no file");
	t = tool("l");
	ok(use(t) == 0 && lines(PINS) == 1, "is the same when read again");
	memcpy(hash, t->hash, sizeof(hash));
	put("t/l.sh", "echo\n", 0644);
	ok(use(t) < 0 && fault.code == MG_E_CHANGED, "that it comes, counts");
	t = tool("l");
	ok(use(t) < 0 && accept(t) == 0 && use(t) == 0,
		"until that is accepted");
	put("t/l.sh", "echo 2\n", 0644);
	ok(use(t) < 0 && fault.code == MG_E_CHANGED, "and what comes of it");
	unlink("t/l.sh");
	ok(mg_tool_hash(t, &fault) == 0 && strcmp(t->hash, hash) == 0,
		"it is gone again");
	mkdir("t/l.sh", 0755);
	ok(mg_tool_hash(t, &fault) == 0 && strcmp(t->hash, hash) == 0,
		"a folder is no file");
	rmdir("t/l.sh");
	usleep(2100000);
	tool("l");
	t = tool("l");
	put("t/l.sh", "echo\n", 0644);
	unlink(PINS);
	ok(use(t) == 0, "kept in the index, and come");
	t = tool("l");
	ok(use(t) == 0 && lines(PINS) == 1, "read again, the same");
	put("t/l.sh", "echo 2\n", 0644);
	ok(use(t) < 0 && use(tool("l")) < 0, "it is no other than that");
	unlink("t/l.sh");
	unlink("t/late.yaml");
}

/* A process that has read the old record, while the new one is accepted. */
static void
test_stale(void)
{
	struct mg_registry *old;
	struct mg_tool *t;

	world();
	t = tool("w");
	use(t);
	old = registry;
	registry = NULL;
	put("t/w.yaml", RECORD "label: read\n", 0644);
	ok(accept(t) < 0, "what was not read is not accepted");
	ok(accept(tool("w")) == 0, "accepted by another");
	ok(look(t) == MG_PIN_CHANGED && use(t) < 0, "the old is not run");
	is_str(fault.message, "w has changed since it was read", "why");
	put("t/w.sh", "#!/bin/sh\n\n", 0755);
	ok(use(t) < 0, "nor with another program");
	mg_registry_free(old);
	world();
	t = tool("w");
	use(t);
	old = registry;
	registry = NULL;
	put("t/w.sh", "#!/bin/sh\n\n", 0755);
	ok(use(t) < 0, "a changed program is not run");
	accept(tool("w"));
	ok(use(t) == 0, "until another accepts it: the record is the same");
	mg_registry_free(old);
}

/* Bytes that move from one file to the next are a change. */
static void
test_lengths(void)
{
	char hash[MG_TOOL_HASH];
	struct mg_tool *t;

	world();
	t = tool("w");
	memcpy(hash, t->hash, sizeof(hash));
	put("t/w.sh", "#!/bin/sh\none", 0755);
	put("t/lib", "\n", 0644);
	ok(mg_tool_hash(t, &fault) == 0 && strcmp(hash, t->hash) != 0,
		"lengths count");
	put("t/w.sh", "#!/bin/sh\n", 0755);
	put("t/lib", "one\n", 0644);
	ok(mg_tool_hash(t, &fault) == 0 && strcmp(hash, t->hash) == 0,
		"the same bytes, the same hash");
}

static void
test_versions(void)
{
	struct mg_tool *t;

	world();
	use(tool("w"));
	put("t/w.yaml", RECORD "version: 2.0\n", 0644);
	t = tool("w");
	ok(look(t) == MG_PIN_NEW, "another version is another tool");
	ok(use(t) == 0 && lines(PINS) == 2, "and pinned as such");
	put("t/w.yaml", RECORD "version: 2.0\nlabel: read\n", 0644);
	ok(use(tool("w")) < 0, "it changes");
	is_str(fault.remedy, "mg-tools show w@2.0, then mg-tools accept w@2.0",
		"named with its version");
}

static void
test_torn(void)
{
	struct mg_pins *p;
	struct mg_tool *t;

	world();
	t = tool("w");
	mkdir("data/mg", 0700);
	put(PINS, "{\"path\":\"/x\",\"name\":\"w\"", 0600);
	ok(look(t) == MG_PIN_NEW && use(t) == 0, "a torn line is nothing");
	ok(lines(PINS) == 2 && look(t) == MG_PIN_SAME, "and is closed first");
	add(PINS, "\xff\n[]\n\n{\"path\":5}\n{\"path\":\"");
	ok(look(t) == MG_PIN_SAME, "other lines say nothing");
	p = mg_pins_open(&fault);
	ok(mg_pins_look(p, t, &fault) == MG_PIN_SAME, "read once");
	put("t/lib", "two\n", 0644);
	t = tool("w");
	accept(t);
	ok(mg_pins_look(p, t, &fault) == MG_PIN_SAME &&
			mg_pins_use(p, t, &fault) == 0,
		"what others accept counts at once");
	put("t/lib", "one\n", 0644);
	ok(mg_pins_use(p, t, &fault) < 0, "and only that");
	truncate(PINS, 0);
	ok(mg_pins_look(p, t, &fault) == MG_PIN_NEW, "emptied");
	unlink(PINS);
	ok(mg_pins_use(p, t, &fault) == 0 && lines(PINS) == 1, "taken away");
	unlink(PINS);
	put(PINS, "", 0600);
	ok(mg_pins_use(p, t, &fault) == 0 && lines(PINS) == 1, "replaced");
	mg_pins_free(p);
}

static void
test_closed(void)
{
	struct mg_pins *p;
	struct mg_tool *t;

	world();
	t = tool("w");
	use(t);
	chmod(PINS, 0666);
	fault = (struct mg_fault){0};
	p = mg_pins_open(&fault);
	ok(p && fault.code == MG_E_SYSTEM, "others might write it: told");
	ok(mg_pins_look(p, t, &fault) == MG_PIN_ERROR &&
			mg_pins_use(p, t, &fault) < 0 &&
			mg_pins_accept(p, t, &fault) < 0,
		"and nothing runs");
	chmod(PINS, 0600);
	ok(mg_pins_use(p, t, &fault) == 0, "mended");
	unlink(PINS);
	mkdir(PINS, 0700);
	ok(mg_pins_use(p, t, &fault) < 0, "a folder in its place");
	rmdir(PINS);
	mkfifo(PINS, 0600);
	ok(mg_pins_use(p, t, &fault) < 0, "a FIFO in its place");
	unlink(PINS);
	mg_pins_free(p);
	setenv("XDG_DATA_HOME", "/proc/nowhere", 1);
	ok(use(t) < 0 && fault.code == MG_E_OUTPUT, "what cannot be pinned");
}

/* Many at once: one pin, and all of them agree. */
static void
test_race(void)
{
	int bad = 0, good = 0, status;
	struct mg_tool *t;

	world();
	for (int i = 0; i < 16; i++) {
		t = tool("w");
		if (fork() == 0)
			_exit(use(t) == 0 ? 0 : 1);
	}
	while (wait(&status) > 0)
		bad += status != 0;
	ok(!bad && lines(PINS) == 1, "first uses at once: one pin");
	unlink(PINS);
	for (int i = 0; i < 16; i++) {
		put("t/lib", i % 2 ? "one\n" : "two\n", 0644);
		t = tool("w");
		if (fork() == 0)
			_exit(use(t) == 0 ? 0 : 1);
	}
	while (wait(&status) > 0)
		good += status == 0;
	ok(good >= 1 && lines(PINS) == 1, "of two definitions one is pinned");
}

static int64_t
used(struct mg_pins *p, struct mg_tool *t, bool want, const char *name)
{
	int64_t start = mg_now();

	ok((mg_pins_use(p, t, &fault) == 0) == want, name);
	return mg_now() - start;
}

/* Somebody holds the lock, and does not let go: the first call waits for it,
 * and no other does. */
static void
test_locked(void)
{
	struct mg_pins *p;
	struct mg_tool *t;
	int64_t first, others = 0;
	int fd;

	world();
	t = tool("w");
	fd = open(PINS, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	p = mg_pins_open(&fault);
	flock(fd, LOCK_EX);
	first = used(p, t, false, "pins that are locked");
	ok(first >= 500, "are waited for");
	for (int i = 0; i < 3; i++)
		others += used(p, t, false, "and then are locked still");
	ok(others < 3 * 500, "which is not waited for again");
	close(fd);
	used(p, t, true, "but tried");
	mg_pins_free(p);
}

int
main(void)
{
	char dir[] = "/tmp/mg-pin-XXXXXX", path[64];
	struct mg_str s = MG_STR(0);

	if (!mkdtemp(dir) || chdir(dir) < 0 || mkdir("t", 0755) < 0)
		return 71;
	setenv("HOME", dir, 1);
	snprintf(path, sizeof(path), "%s/cache", dir);
	setenv("XDG_CACHE_HOME", path, 1);
	snprintf(path, sizeof(path), "%s/data", dir);
	setenv("XDG_DATA_HOME", path, 1);
	test_first();
	changed("t/w.yaml", RECORD "label: read\n", 0644, "a changed record");
	changed("t/w.sh", "#!/bin/sh\n\n", 0755, "a changed program");
	changed("t/lib", "two\n", 0644, "a changed file");
	test_disguised();
	test_gone();
	test_late();
	test_stale();
	test_lengths();
	test_versions();
	test_torn();
	test_race();
	test_locked();
	test_closed();
	mg_registry_free(registry);
	if (chdir("/") == 0) {
		mg_str_fmt(&s, "rm -rf '%s'", dir);
		ok(system(s.s) == 0, "clean");
		mg_str_release(&s);
	}
	return done();
}
