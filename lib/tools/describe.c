/*
 * Programs that describe themselves: PROGRAM --describe.
 *
 * Only what holds the text `--describe` is asked, and it is asked as tools are
 * run: with their environment, and without a network. What it says is kept by
 * the index, what is wrong with it too, until the file changes.
 */
#include "event/json.h"
#include "tools/apart.h"
#include "tools/registry_in.h"
#include "tools/work.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPTION "--describe"
#define SEARCHED ((size_t)64 << 20) /* bytes of a program */
#define TIMEOUT_MS 5000
#define SAID_MAX (256 << 10)
#define AT_ONCE 8
#define TOLD 300 /* bytes of what a program says of its failure */

/* --- who is asked --- */

/* Pieces overlap, so that the text is found where it is cut. */
static bool
holds(int fd)
{
	static const size_t before = sizeof(OPTION) - 2;
	char buf[65536];
	size_t have = 0, all = 0;
	ssize_t n;

	while (all < SEARCHED &&
		(n = read(fd, buf + have, sizeof(buf) - have)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		all += (size_t)n;
		have += (size_t)n;
		if (memmem(buf, have, OPTION, sizeof(OPTION) - 1))
			return true;
		if (have > before) {
			memmove(buf, buf + have - before, before);
			have = before;
		}
	}
	return false;
}

static bool
load(struct mg_tool_source *s, const char *path)
{
	struct stat st;
	int fd;

	if (mg_is_yaml(s->file->name) || mg_program_wrong(path))
		return false;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return false;
	s->file->ask = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && holds(fd);
	close(fd);
	return s->file->ask;
}

/* --- asking --- */

struct asking;

struct ask {
	struct asking *all;
	struct mg_file *file;
	struct mg_tool tool; /* the program, as a tool without arguments */
	char *argv[3];
	struct mg_work *work;
};

struct asking {
	struct mg_apart apart;
	struct mg_index *index;
	bool by_chance;
	struct ask *v;
	size_t n, cap, next, running;
};

static void
wrong(struct mg_tool_source *s, const char *what, const char *why)
{
	struct mg_str m = MG_STR(2048);
	struct mg_sl cut = mg_sl_cut(mg_sl_of(why), TOLD);

	mg_str_puts(&m, what);
	if (strncmp(cut.p, "-:", 2) == 0) { /* a place in what it said */
		cut.p += 2;
		cut.n -= 2;
		mg_str_puts(&m, "line ");
	}
	mg_str_sl(&m, cut);
	mg_tool_source_problem(s, s->file->path, 0, m.s,
		"PROGRAM " OPTION " prints a record, as mg-tool(5) has it");
	mg_str_release(&m);
}

static void
take(struct ask *a, struct mg_sl said)
{
	struct mg_tool_source s = {.file = a->file, .index = a->all->index};
	struct mg_fault f = {0};
	struct mg_yaml *doc = mg_yaml_text("-", said, &f);
	struct mg_tool *t = NULL;

	if (doc)
		t = mg_record_read(
			&(struct mg_record){.root = mg_yaml_root(doc),
				.path = a->file->path,
				.described = true,
				.deps = &a->file->deps},
			&f);
	if (t)
		mg_tool_source_add(&s, t);
	else
		wrong(&s, "what it says of itself is wrong: ", f.message);
	mg_yaml_free(doc);
}

static void
on_done(void *arg, const struct mg_work_end *end)
{
	struct ask *a = arg;
	struct mg_tool_source s = {.file = a->file};

	a->work = NULL;
	a->all->running--;
	if (a->all->apart.signal)
		return;
	a->file->ask = false;
	a->file->known = false;
	if (end->code == MG_OK) {
		take(a, end->content);
	} else {
		char *why = mg_sl_dup(end->content);

		wrong(&s, "unable to have it describe itself: ", why);
		free(why);
	}
}

/* It is asked again next time, and what is told now is not told then. */
static void
not_asked(struct ask *a, const char *what, const char *why)
{
	a->file->passing = true;
	wrong(&(struct mg_tool_source){.file = a->file}, what, why);
}

static void
ask(struct ask *a)
{
	struct mg_fault f = {0};

	if (a->all->by_chance && !mg_program_confined()) {
		not_asked(a, "not asked what it is: ",
			"without bubblewrap it could do anything");
		return;
	}
	a->argv[0] = a->file->path;
	a->argv[1] = (char *)(uintptr_t)OPTION;
	a->tool = (struct mg_tool){.kind = &mg_tool_describe,
		.name = a->file->name,
		.labels = MG_LABEL_READ,
		.path = a->file->path,
		.command = a->argv,
		.limits = MG_TOOL_LIMITS};
	a->tool.limits.timeout_ms = TIMEOUT_MS;
	a->tool.limits.output = a->tool.limits.output_max = SAID_MAX;
	a->work = mg_work_start(a->all->apart.loop,
		&(struct mg_work_req){.tool = &a->tool,
			.arguments = MG_SL("{}"),
			.look = true,
			.on_done = on_done,
			.arg = a},
		&f);
	if (a->work)
		a->all->running++;
	else
		not_asked(a, "unable to have it describe itself: ", f.message);
}

static void
cancel_all(void *arg)
{
	struct asking *all = arg;

	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].work)
			mg_work_cancel(all->v[i].work, "interrupted");
}

static void
run(struct asking *all)
{
	mg_apart_begin(&all->apart);
	for (;;) {
		while (all->running < AT_ONCE && all->next < all->n &&
			!all->apart.signal)
			ask(&all->v[all->next++]);
		if (!all->running)
			break;
		mg_loop_turn(all->apart.loop);
	}
	if (mg_apart_end(&all->apart))
		raise(all->apart.signal);
}

void
mg_describe_all(struct mg_folder *d, struct mg_index *x)
{
	struct asking all = {.index = x, .by_chance = d->by_chance};

	all.apart.cancel = cancel_all;
	all.apart.arg = &all;

	for (size_t i = 0; i < d->nfiles; i++) {
		if (!d->files[i]->ask || d->files[i]->claimed)
			continue;
		MG_GROW(all.v, all.n, all.cap);
		all.v[all.n++] = (struct ask){.file = d->files[i]};
	}
	for (size_t i = 0; i < all.n; i++)
		all.v[i].all = &all;
	if (all.n)
		run(&all);
	free(all.v);
}

const struct mg_tool_kind mg_tool_describe = {
	.name = "describe",
	.load = load,
	.start = mg_program_start,
	.cancel = mg_program_cancel,
};
