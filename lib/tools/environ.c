#include "tools/environ.h"

#include "event/json.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

#define NAME_MAX_ARG 64

static const char *const usual[] = {"PATH", "HOME", "USER", "LOGNAME", "SHELL",
	"LANG", "LANGUAGE", "LC_*", "TZ", "TERM", "TMPDIR", "NO_COLOR", "XDG_*",
	"MG_SHARE", NULL};

struct list {
	char **v;
	size_t n, cap;
};

static void
add(struct list *l, struct mg_str *line)
{
	MG_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = line->s;
	*line = (struct mg_str)MG_STR(MG_ENVIRON_VALUE * 2);
}

static void
pair(struct list *l, const char *name, const char *value)
{
	struct mg_str line = MG_STR(MG_ENVIRON_VALUE * 2);

	if (!value)
		return;
	mg_str_fmt(&line, "%s=%s", name, value);
	if (line.over)
		mg_str_release(&line);
	else
		add(l, &line);
	mg_str_release(&line);
}

static bool
among(const char *name, const char *const *patterns)
{
	for (; patterns && *patterns; patterns++)
		if (fnmatch(*patterns, name, 0) == 0)
			return true;
	return false;
}

/* mg's commands lie beside this one, and a tool may call them. */
static void
put_path(struct list *l, const char *path)
{
	struct mg_str line = MG_STR(MG_ENVIRON_VALUE);
	char self[4096], *slash;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	mg_str_fmt(&line, "%s%s%s", path, slash ? ":" : "", slash ? self : "");
	pair(l, "PATH", line.s);
	mg_str_release(&line);
}

/* Ours, as far as they are on a list. MG_* of the call come later, and once. */
static void
put_ours(struct list *l, const struct mg_work *w)
{
	static const char *const call[] = {"PATH", "MG_TOOL", "MG_CALL",
		"MG_AGENT", "MG_RUN", "MG_TOOL_STATE", MG_ENVIRON_MARK, "ARG_*",
		NULL};
	const char *path = getenv("PATH");

	put_path(l, path ? path : "/usr/local/bin:/usr/bin:/bin");
	for (char **e = environ; *e; e++) {
		size_t n = strcspn(*e, "=");
		char *name = mg_sl_dup((struct mg_sl){*e, n});

		if (!among(name, call) &&
			(among(name, usual) ||
				among(name, (const char *const *)w->tool->env)))
			pair(l, name, (*e)[n] ? *e + n + 1 : NULL);
		free(name);
	}
}

static bool
plain_name(const char *s)
{
	size_t n = strspn(s,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz0123456789_");

	return n && n <= NAME_MAX_ARG && !s[n];
}

static void
put_arguments(struct list *l, struct mg_sl arguments)
{
	struct mg_str line = MG_STR(MG_ENVIRON_VALUE);
	struct mg_sl key, value;
	size_t it = 0, all = 0;

	while (mg_json_next(arguments, &it, &key, &value) &&
		all < MG_ENVIRON_ALL) {
		char *name = mg_json_dup(key);

		mg_str_clear(&line);
		if (name && plain_name(name)) {
			mg_str_fmt(&line, "ARG_%s=", name);
			if (!mg_json_text(value, &line))
				mg_str_sl(&line, value);
			all += line.len;
			if (!line.over && strlen(line.s) == line.len)
				add(l, &line), line.max = MG_ENVIRON_VALUE;
		}
		free(name);
	}
	mg_str_release(&line);
}

char **
mg_environ_of(const struct mg_work *w)
{
	struct list l = {0};

	put_ours(&l, w);
	pair(&l, "MG_TOOL", w->tool->name);
	pair(&l, "MG_CALL", w->call);
	pair(&l, "MG_AGENT", w->agent);
	pair(&l, "MG_RUN", w->run);
	pair(&l, "MG_TOOL_STATE", w->req.folder);
	if (w->mark[0])
		pair(&l, MG_ENVIRON_MARK, w->mark);
	put_arguments(&l, mg_str_as_sl(&w->arguments));
	MG_GROW(l.v, l.n, l.cap);
	l.v[l.n] = NULL;
	return l.v;
}

void
mg_environ_free(char **env)
{
	for (size_t i = 0; env && env[i]; i++)
		free(env[i]);
	free(env);
}
