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

#define LINKS_MAX 40 /* as the system has it */

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

/* What stands behind a link: its target, seen from its folder, and the rest. */
static void
follow(struct mg_str *link, const char *target, const char *rest,
	struct mg_str *out)
{
	if (target[0] != '/') {
		parent(link);
		mg_str_fmt(out, "%s/", link->s);
	}
	mg_str_fmt(out, "%s%s%s", target, rest[0] == '/' ? "" : "/", rest);
}

/* The longest part that exists as the system sees it, and the rest as text:
 * behind a link `..` is not where the text has it. */
static char *
comparable(const char *path, int links)
{
	struct mg_str head = MG_STR(PATH_MAX * 2), out = MG_STR(PATH_MAX * 4);
	struct mg_str whole = MG_STR(PATH_MAX * 4);
	char real[PATH_MAX], *found;
	bool known;

	mg_str_puts(&head, path);
	while (!(known = realpath(head.s, real))) {
		ssize_t n = readlink(head.s, real, sizeof(real) - 1);

		if (n > 0 && links < LINKS_MAX) {
			/* To where nothing is yet: that is what is written. */
			real[n] = '\0';
			follow(&head, real, path + head.len, &whole);
			found = comparable(whole.s, links + 1);
			goto out;
		}
		if (!parent(&head))
			break;
	}
	mg_str_fmt(&whole, "%s/%s", known ? real : "",
		known ? path + head.len : path);
	tidy(whole.s, &out);
	found = out.s;
out:
	mg_str_release(&head);
	mg_str_release(&whole);
	return found;
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
	(*locks)[(*n)++] = comparable(whole.s, 0);
	(*locks)[*n] = NULL;
	mg_str_release(&whole);
}

static void
add_text(char ***locks, size_t *n, const struct mg_tool *t, struct mg_sl v)
{
	char *path = mg_json_dup(v);

	if (path && path[0])
		add(locks, n, t, path);
	free(path);
}

char **
mg_locks_of(const struct mg_tool *t, struct mg_sl arguments)
{
	char **locks = NULL;
	size_t n = 0;

	for (char **w = t->writes; w && *w; w++) {
		struct mg_sl v = mg_json_get(arguments, *w), each, key;
		size_t it = 0;

		if (strchr(*w, '/')) {
			add(&locks, &n, t, *w);
			continue;
		}
		add_text(&locks, &n, t, v);
		while (mg_json_next(v, &it, &key, &each))
			add_text(&locks, &n, t, each);
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
