#include "tools/journal.h"

#include "base/dirs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOURNAL_MAX ((size_t)256 << 20)

/* What comes from a stream becomes part of a path only if it is a name. */
static bool
plain(const char *s)
{
	size_t n = s ? strspn(s,
			       "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "abcdefghijklmnopqrstuvwxyz0123456789._-")
		     : 0;

	return n && n <= 128 && !s[n] && s[0] != '.' && s[0] != '-';
}

/* Appends the folder of a run; false if it has none. */
static bool
run_folder(const char *run, struct mg_str *out)
{
	struct mg_str name = MG_STR(256);
	struct stat st;
	bool there;

	if (!plain(run))
		return false;
	mg_str_fmt(&name, "runs/%s", run);
	there = mg_dir_path(MG_DIR_STATE, name.s, out) &&
		stat(out->s, &st) == 0 && S_ISDIR(st.st_mode);
	mg_str_release(&name);
	return there;
}

bool
mg_journal_folder(const char *run, struct mg_str *out)
{
	struct mg_str path = MG_STR(4096);
	bool done;

	if (run_folder(run, &path)) {
		mg_str_puts(&path, "/tools");
	} else {
		mg_str_clear(&path);
		mg_dir_path(MG_DIR_STATE, "tools", &path);
	}
	mg_str_puts(&path, "/");
	done = !path.over && mg_dir_make(path.s);
	if (done)
		mg_str_add(out, path.s, path.len - 1);
	mg_str_release(&path);
	return done;
}

static void
learn(struct mg_journal *j, struct mg_sl text)
{
	const char *nl;

	while (text.n && (nl = memchr(text.p, '\n', text.n))) {
		struct mg_sl line = {text.p, (size_t)(nl - text.p)};

		if (line.n > 2)
			*mg_map_put(&j->begun,
				(struct mg_sl){line.p + 1, line.n - 2}) = j;
		text.n -= line.n + 1;
		text.p = nl + 1;
	}
}

int
mg_journal_open(struct mg_journal *j, const char *run, const char *stage,
	struct mg_fault *f)
{
	struct mg_str path = MG_STR(4096), text = MG_STR(JOURNAL_MAX);
	int done = 0;

	if (!run_folder(run, &path))
		goto out;
	if (!plain(stage)) {
		done = mg_fail(f, MG_E_CONFIG,
			"the stage's name cannot be part of a file's");
		mg_remedy(f, "--as: letters, digits, `.`, `_` and `-`");
		goto out;
	}
	mg_str_fmt(&path, "/tools-%s.ndjson", stage);
	j->fd = open(path.s, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (j->fd < 0 || !mg_str_file(&text, path.s)) {
		done = mg_fail(f, MG_E_SYSTEM, "unable to open %s: %s", path.s,
			strerror(errno));
		mg_journal_release(j);
		goto out;
	}
	learn(j, mg_str_as_sl(&text));
	j->cut = text.len && text.s[text.len - 1] != '\n';
out:
	mg_str_release(&path);
	mg_str_release(&text);
	return done;
}

int
mg_journal_add(
	struct mg_journal *j, struct mg_sl key, bool sync, struct mg_fault *f)
{
	struct mg_str line = MG_STR(MG_LINE_MAX);
	ssize_t n;

	if (j->fd < 0)
		return 0;
	/* A cut line must not spoil the next. */
	mg_str_puts(&line, j->cut ? "\n{" : "{");
	mg_str_sl(&line, key);
	mg_str_puts(&line, "}\n");
	n = write(j->fd, line.s, line.len);
	if (n > 0)
		j->cut = line.s[n - 1] != '\n';
	if (n != (ssize_t)line.len || (sync && fdatasync(j->fd) < 0)) {
		mg_str_release(&line);
		return mg_fail(f, MG_E_SYSTEM,
			"unable to note that the call begins: %s",
			n < 0 ? strerror(errno) : "the disk is full");
	}
	mg_str_release(&line);
	*mg_map_put(&j->begun, key) = j;
	return 0;
}

bool
mg_journal_has(const struct mg_journal *j, struct mg_sl key)
{
	return mg_map_get(&j->begun, key) != NULL;
}

void
mg_journal_release(struct mg_journal *j)
{
	if (j->fd >= 0)
		close(j->fd);
	j->fd = -1;
	mg_map_release(&j->begun);
}
