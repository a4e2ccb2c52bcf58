/*
 * mg - one name for the commands: `mg ask ...` runs mg-ask.
 *
 * Runs the command's program from beside itself, else from PATH, in its own
 * place (exec), so nothing of mg is left in between. `mg help` shows pages of
 * the manual, `mg` lists what there is.
 */
#include "base/dirs.h"
#include "base/map.h"
#include "base/near.h"
#include "base/opt.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct mg_opt options[] = {{0}};

static const struct mg_cmd cmd = {
	.name = "mg",
	.summary = "many language models on one task, from the shell",
	.usage = "COMMAND [ARGUMENT ...]\nhelp [COMMAND]",
	.examples = "mg ask -m gpt-5-mini 'What is a monad?'\n"
		    "mg help ask",
	.opts = options,
};

/* The folder that this program stands in; "" if that cannot be known. */
static void
own_folder(struct mg_str *out)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	while (n > 0 && path[n - 1] != '/')
		n--;
	if (n > 1)
		mg_str_add(out, path, (size_t)n - 1);
}

/* Notes every mg-NAME that can be run in a folder. */
static void
find_in(const char *folder, struct mg_map *found)
{
	DIR *d = opendir(folder);
	struct mg_str path = MG_STR(8192);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		mg_str_clear(&path);
		mg_str_fmt(&path, "%s/%s", folder, e->d_name);
		if (strncmp(e->d_name, "mg-", 3) == 0 && e->d_name[3] &&
			access(path.s, X_OK) == 0)
			mg_map_put(found, mg_sl_of(e->d_name + 3));
	}
	if (d)
		closedir(d);
	mg_str_release(&path);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of all commands, sorted, NULL behind the last. */
static const char **
commands(struct mg_map *found)
{
	const char *path = getenv("PATH");
	struct mg_str own = MG_STR(4096);
	const char **names;

	own_folder(&own);
	if (own.len)
		find_in(own.s, found);
	for (const char *p = path; p && *p;) {
		size_t n = strcspn(p, ":");
		char *folder = mg_sl_dup((struct mg_sl){p, n});

		if (n)
			find_in(folder, found);
		free(folder);
		p += n + (p[n] == ':');
	}
	mg_str_release(&own);
	names = mg_xcalloc(found->n + 1, sizeof(*names));
	for (size_t i = 0; i < found->n; i++)
		names[i] = found->e[i].key.p;
	qsort(names, found->n, sizeof(*names), by_name);
	return names;
}

/* The line behind the dash in a page's NAME section, as mdoc writes it. */
static void
summary(const char *name, struct mg_str *out)
{
	struct mg_str path = MG_STR(4096), page = MG_STR(1 << 20);
	struct mg_str file = MG_STR(512);
	const char *nd;

	mg_str_fmt(&file, "../man/mg-%s.1", name);
	if (!mg_share_path(file.s, &path)) {
		mg_str_clear(&file);
		mg_str_fmt(&file, "../man/man1/mg-%s.1", name);
		mg_share_path(file.s, &path);
	}
	if (path.len && mg_str_file(&page, path.s) &&
		(nd = strstr(page.s, "\n.Nd ")))
		mg_str_add(out, nd + 5, strcspn(nd + 5, "\n"));
	mg_str_release(&path);
	mg_str_release(&page);
	mg_str_release(&file);
}

static int
list(void)
{
	struct mg_map found = {0};
	const char **names = commands(&found);
	struct mg_str text = MG_STR(1 << 20), line = MG_STR(512);

	mg_str_fmt(&text, "%s - %s\n\n", cmd.name, cmd.summary);
	for (size_t i = 0; names[i]; i++) {
		mg_str_clear(&line);
		summary(names[i], &line);
		mg_str_fmt(&text, "  mg %-10s %s\n", names[i],
			line.len ? line.s : "");
	}
	mg_str_puts(&text, "\n  mg help COMMAND   shows its manual page\n");
	fputs(text.s, stdout);
	free(names);
	mg_map_release(&found);
	mg_str_release(&text);
	mg_str_release(&line);
	return fflush(stdout) == 0 ? 0 : mg_code_exit(MG_E_OUTPUT);
}

static int
unknown(const char *name)
{
	struct mg_map found = {0};
	const char **names = commands(&found);
	const char *near = mg_near(name, names);
	struct mg_fault f;

	mg_fail(&f, MG_E_USAGE, "there is no command mg-%s", name);
	if (near)
		mg_remedy(&f, "did you mean mg %s?", near);
	else
		mg_remedy(&f, "mg lists what there is");
	mg_fault_print(&f);
	free(names);
	mg_map_release(&found);
	return mg_code_exit(f.code);
}

/* Becomes mg-NAME; comes back only if it cannot. */
static int
become(const char *name, char **argv)
{
	struct mg_str path = MG_STR(8192), own = MG_STR(4096);
	struct mg_fault f;

	own_folder(&own);
	mg_str_fmt(&path, "%s/mg-%s", own.len ? own.s : ".", name);
	argv[0] = path.s + own.len + 1;
	if (!strchr(name, '/')) {
		execv(path.s, argv);
		if (errno == ENOENT)
			execvp(argv[0], argv);
	}
	if (errno == ENOENT || strchr(name, '/')) {
		mg_str_release(&path);
		mg_str_release(&own);
		return unknown(name);
	}
	mg_fail(&f, MG_E_SYSTEM, "unable to run %s: %s", argv[0],
		strerror(errno));
	mg_fault_print(&f);
	mg_str_release(&path);
	mg_str_release(&own);
	return mg_code_exit(f.code);
}

/* A page's file: beside share/ in a source tree, or installed. */
static bool
page_path(const char *page, char section, struct mg_str *path)
{
	struct mg_str name = MG_STR(512);
	bool found;

	mg_str_fmt(&name, "../man/%s.%c", page, section);
	found = mg_share_path(name.s, path);
	if (!found) {
		mg_str_clear(&name);
		mg_str_fmt(&name, "../man/man%c/%s.%c", section, page, section);
		found = mg_share_path(name.s, path);
	}
	mg_str_release(&name);
	return found;
}

/* man where there is one, else mandoc; a command without a page of ours, or
 * a machine without either, has --help. */
static int
help(const char *name)
{
	struct mg_str page = MG_STR(512), path = MG_STR(8192);
	bool found = false;

	mg_str_fmt(&page, "%s%s", name ? "mg-" : "mg", name ? name : "");
	for (const char *s = "157"; *s && !found; s++)
		found = page_path(page.s, *s, &path);
	if (found) {
		execlp("man", "man", "-l", path.s, (char *)NULL);
		execlp("mandoc", "mandoc", "-a", path.s, (char *)NULL);
	}
	mg_str_release(&page);
	mg_str_release(&path);
	if (name) {
		char *argv[] = {NULL, (char[]){"--help"}, NULL};

		return become(name, argv);
	}
	return list();
}

int
main(int argc, char **argv)
{
	struct mg_list args = {0};
	char *none[] = {argv[0], NULL};
	bool bare = argc < 2;
	int status;

	mg_prog = cmd.name;
	if (!bare && argv[1][0] != '-' && strcmp(argv[1], "help") != 0)
		return become(argv[1], argv + 1);
	if (!bare && strcmp(argv[1], "help") == 0)
		return help(argv[2]);
	status = mg_cmd_begin(&cmd, none, argc, argv, &args);
	mg_list_release(&args);
	return status >= 0 ? status : list();
}
