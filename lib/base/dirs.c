#include "base/dirs.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *variable, *fallback;
} dirs[] = {
	[MG_DIR_CONFIG] = {"XDG_CONFIG_HOME", ".config"},
	[MG_DIR_DATA] = {"XDG_DATA_HOME", ".local/share"},
	[MG_DIR_STATE] = {"XDG_STATE_HOME", ".local/state"},
	[MG_DIR_CACHE] = {"XDG_CACHE_HOME", ".cache"},
};

static const char *
home(void)
{
	const char *h = getenv("HOME");
	const struct passwd *pw;

	if (h && h[0] == '/')
		return h;
	pw = getpwuid(getuid());
	return pw && pw->pw_dir && pw->pw_dir[0] == '/' ? pw->pw_dir : NULL;
}

bool
mg_dir_path(enum mg_dir dir, const char *name, struct mg_str *out)
{
	const char *base = getenv(dirs[dir].variable);
	const char *h;

	if (base && base[0] == '/')
		return mg_str_fmt(out, "%s/mg/%s", base, name);
	h = home();
	return h && mg_str_fmt(out, "%s/%s/mg/%s", h, dirs[dir].fallback, name);
}

bool
mg_dir_make(const char *path)
{
	char *p = mg_xstrdup(path);
	bool ok = true;

	for (char *s = strchr(p + 1, '/'); s && ok; s = strchr(s + 1, '/')) {
		*s = '\0';
		ok = mkdir(p, 0700) == 0 || errno == EEXIST;
		*s = '/';
	}
	free(p);
	return ok;
}

static bool
try_share(
	struct mg_str *out, const char *dir, const char *sub, const char *name)
{
	mg_str_clear(out);
	return mg_str_fmt(out, "%s%s/%s", dir, sub, name) &&
		access(out->s, R_OK) == 0;
}

bool
mg_share_path(const char *name, struct mg_str *out)
{
	static const char *const beside[] = {
		"/../share/mg", "/../share", "/../../../share", NULL};
	const char *set = getenv("MG_SHARE");
	struct mg_str path = MG_STR(4096);
	char self[4096], *slash;
	ssize_t n;
	bool ok = set && set[0] && try_share(&path, set, "", name);

	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (!ok && n > 0) {
		self[n] = '\0';
		slash = strrchr(self, '/');
		if (slash)
			*slash = '\0';
		for (size_t i = 0; beside[i] && !ok; i++)
			ok = try_share(&path, self, beside[i], name);
	}
	if (!ok)
		ok = try_share(&path, MG_PREFIX, "/share/mg", name);
	if (ok)
		mg_str_sl(out, mg_str_as_sl(&path));
	mg_str_release(&path);
	return ok;
}

static bool
may_run(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
		access(path, X_OK) == 0;
}

/* An empty folder in the PATH is the one at hand. */
static bool
in_folder(struct mg_sl dir, const char *name, struct mg_str *out)
{
	size_t before = out->len;

	if (dir.n)
		mg_str_sl(out, dir);
	else
		mg_str_puts(out, ".");
	mg_str_fmt(out, "/%s", name);
	if (!out->over && may_run(out->s + before))
		return true;
	out->len = before;
	out->s[before] = '\0';
	return false;
}

bool
mg_program_path(const char *name, struct mg_str *out)
{
	const char *path = getenv("PATH");
	char self[4096];
	ssize_t n;

	if (!name[0])
		return false;
	if (strchr(name, '/'))
		return may_run(name) && mg_str_puts(out, name);
	for (path = path ? path : "/bin:/usr/bin";; path++) {
		size_t len = strcspn(path, ":");

		if (in_folder((struct mg_sl){path, len}, name, out))
			return true;
		path += len;
		if (!*path)
			break;
	}
	n = readlink("/proc/self/exe", self, sizeof(self));
	while (n > 0 && self[n - 1] != '/')
		n--;
	return n > 1 &&
		in_folder((struct mg_sl){self, (size_t)n - 1}, name, out);
}
