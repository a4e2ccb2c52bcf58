/*
 * locks.c - which paths a call writes, so that two never do at once.
 *
 * A record's `writes` names arguments, or paths themselves. Paths are made
 * comparable: absolute, without `.`, `..` and symbolic links as far as they
 * exist.
 */
#include "tools/tools_in.h"

#include "event/json.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

/* Takes the last name off; false at the root. */
static bool
parent(struct mg_str *path)
{
	char *slash = path->len > 1 ? strrchr(path->s, '/') : NULL;

	if (!slash)
		return false;
	path->len = slash == path->s ? 1 : (size_t)(slash - path->s);
	path->s[path->len] = '\0';
	return true;
}

/* Without `.`, `..` and double slashes, by the text alone. */
static void
tidy(const char *path, struct mg_str *out)
{
	mg_str_puts(out, "/");
	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 2 && strncmp(path, "..", 2) == 0) {
			parent(out);
		} else if (n && !(n == 1 && *path == '.')) {
			if (out->len > 1)
				mg_str_putc(out, '/');
			mg_str_add(out, path, n);
		}
		path += n;
		path += strspn(path, "/");
	}
}

/* The longest part that exists as the system sees it, and the rest as text:
 * behind a link `..` is not where the text has it. */
static char *
comparable(const char *path)
{
	struct mg_str head = MG_STR(PATH_MAX * 2), out = MG_STR(PATH_MAX * 4);
	struct mg_str whole = MG_STR(PATH_MAX * 4);
	char real[PATH_MAX];
	bool known;

	mg_str_puts(&head, path);
	while (!(known = realpath(head.s, real)) && parent(&head))
		continue;
	mg_str_fmt(&whole, "%s/%s", known ? real : "",
		known ? path + head.len : path);
	tidy(whole.s, &out);
	mg_str_release(&head);
	mg_str_release(&whole);
	return out.s;
}

static void
add(char ***locks, size_t *n, const struct mg_tool *t, const char *path)
{
	struct mg_str whole = MG_STR(PATH_MAX * 2);
	char cwd[PATH_MAX];

	if (path[0] != '/')
		mg_str_fmt(&whole, "%s/",
			t->cwd ? t->cwd
			       : (getcwd(cwd, sizeof(cwd)) ? cwd : ""));
	mg_str_puts(&whole, path);
	if (whole.over || whole.len >= PATH_MAX) {
		mg_str_release(&whole); /* nothing can be written there */
		return;
	}
	*locks = mg_xrealloc(*locks, *n + 2, sizeof(**locks));
	(*locks)[(*n)++] = comparable(whole.s);
	(*locks)[*n] = NULL;
	mg_str_release(&whole);
}

char **
mg_locks_of(const struct mg_tool *t, struct mg_sl arguments)
{
	char **locks = NULL;
	size_t n = 0;

	for (char **w = t->writes; w && *w; w++) {
		struct mg_sl v = strchr(*w, '/') ? (struct mg_sl){NULL, 0}
						 : mg_json_get(arguments, *w);
		char *path = strchr(*w, '/') ? mg_xstrdup(*w) : mg_json_dup(v);

		if (path && path[0])
			add(&locks, &n, t, path);
		free(path);
	}
	return locks;
}

bool
mg_locks_meet(char *const *a, char *const *b)
{
	for (; a && *a; a++)
		for (char *const *p = b; p && *p; p++)
			if (strcmp(*a, *p) == 0)
				return true;
	return false;
}

void
mg_locks_free(char **locks)
{
	for (size_t i = 0; locks && locks[i]; i++)
		free(locks[i]);
	free(locks);
}
