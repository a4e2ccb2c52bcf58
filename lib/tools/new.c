/* new.c - `mg-tools new`: a tool that runs, from share/templates/tool. */
#include "tools/commands_in.h"

#include "base/dirs.h"
#include "base/near.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#define TEMPLATES "templates/tool"
#define NAME_MARK "@NAME@"
#define IDENT_MARK "@IDENT@"
#define FILE_MAX ((size_t)1 << 20)

struct made {
	const char *name;
	char *ident; /* as C, awk and Python have identifiers */
	char *from, *to; /* folders */
	char **files; /* names, NULL behind the last */
	size_t n, cap, written;
};

static char *
join(const char *folder, const char *name)
{
	struct mg_str s = MG_STR(0);

	mg_str_fmt(&s, "%s/%s", folder, name);
	return s.s;
}

/* No word of any language begins so, and no digit. */
static char *
ident_of(const char *name)
{
	struct mg_str s = MG_STR(0);

	mg_str_fmt(&s, "tool_%s", name);
	for (size_t i = 0; i < s.len; i++)
		if (s.s[i] == '-')
			s.s[i] = '_';
	return s.s;
}

/* --- what there is to copy --- */

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a folder, in order; NULL behind the last. NULL if it cannot be
 * read. */
static char **
names_in(const char *folder, size_t *n)
{
	DIR *dir = folder ? opendir(folder) : NULL;
	char **v = NULL;
	size_t cap = 0;
	struct dirent *e;

	*n = 0;
	if (!dir)
		return NULL;
	MG_GROW(v, *n, cap);
	while ((e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		v[(*n)++] = mg_xstrdup(e->d_name);
		MG_GROW(v, *n, cap);
	}
	v[*n] = NULL;
	closedir(dir);
	qsort(v, *n, sizeof(*v), by_name);
	return v;
}

static void
free_names(char **v)
{
	for (size_t i = 0; v && v[i]; i++)
		free(v[i]);
	free(v);
}

static int
find_template(struct made *m, const char *lang, struct mg_fault *f)
{
	struct mg_str root = MG_STR(0), have = MG_STR(256);
	const char *near;
	char **langs;
	size_t n;
	bool known = false;

	if (!mg_share_path(TEMPLATES, &root)) {
		mg_fail(f, MG_E_CONFIG, "unable to find share/" TEMPLATES);
		return mg_remedy(f, "set MG_SHARE to the folder of mg's data");
	}
	langs = names_in(root.s, &n);
	for (size_t i = 0; i < n; i++) {
		known = known || strcmp(langs[i], lang) == 0;
		mg_str_fmt(&have, "%s%s", i ? ", " : "", langs[i]);
	}
	if (known) {
		m->from = join(root.s, lang);
	} else {
		near = mg_near(lang, (const char *const *)langs);
		mg_fail(f, MG_E_USAGE, "there is no template for %s", lang);
		mg_remedy(f, near ? "did you mean %s?" : "there are %s",
			near		   ? near
				: have.len ? have.s
					   : "none");
	}
	free_names(langs);
	mg_str_release(&root);
	mg_str_release(&have);
	return known ? 0 : -1;
}

/* --- to write it --- */

static void
fill_in(const struct made *m, struct mg_sl text, struct mg_str *out)
{
	static const char *const marks[] = {NAME_MARK, IDENT_MARK};

	while (text.n) {
		const char *at = memchr(text.p, '@', text.n);
		size_t n = at ? (size_t)(at - text.p) : text.n;

		mg_str_add(out, text.p, n);
		text.p += n;
		text.n -= n;
		for (n = 0; n < 2; n++)
			if (text.n >= strlen(marks[n]) &&
				memcmp(text.p, marks[n], strlen(marks[n])) == 0)
				break;
		if (n < 2)
			mg_str_puts(out, n ? m->ident : m->name);
		else
			mg_str_add(out, text.p, text.n ? 1 : 0);
		n = n < 2 ? strlen(marks[n]) : text.n ? 1 : 0;
		text.p += n;
		text.n -= n;
	}
}

static bool
write_file(const char *path, mode_t mode, struct mg_sl text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	bool good = fd >= 0;
	int error;

	while (good && text.n) {
		ssize_t n = write(fd, text.p, text.n);

		if (n < 0 && errno == EINTR)
			continue;
		good = n >= 0;
		text.p += good ? n : 0;
		text.n -= good ? (size_t)n : 0;
	}
	error = errno;
	if (fd >= 0 && close(fd) < 0 && good)
		return false;
	errno = error;
	return good;
}

/* False with errno. */
static bool
copy_file(const struct made *m, const char *name)
{
	char *from = join(m->from, name), *to = join(m->to, name);
	struct mg_str text = MG_STR(FILE_MAX), out = MG_STR(FILE_MAX * 2);
	struct stat st;
	bool good = stat(from, &st) == 0 && mg_str_file(&text, from);
	int error;

	if (good) {
		fill_in(m, mg_str_as_sl(&text), &out);
		good = write_file(to, st.st_mode & 0111 ? 0777 : 0666,
			mg_str_as_sl(&out));
	}
	error = errno;
	mg_str_release(&text);
	mg_str_release(&out);
	free(from);
	free(to);
	errno = error;
	return good;
}

/* What was begun is not left behind. */
static void
take_back(struct made *m)
{
	for (size_t i = 0; i <= m->written && m->files[i]; i++) {
		char *path = join(m->to, m->files[i]);

		unlink(path);
		free(path);
	}
	rmdir(m->to);
}

/* The exit status; sysexits has one for files that cannot be made. */
static int
cannot(const char *path, int error)
{
	struct mg_fault f;

	if (error == EEXIST)
		mg_fail(&f, MG_E_OUTPUT, "%s is there already", path);
	else
		mg_fail(&f, MG_E_OUTPUT, "unable to make %s: %s", path,
			strerror(error));
	if (error == EEXIST)
		mg_remedy(&f, "nothing was changed: choose another name");
	mg_tools_fail(&f);
	return EX_CANTCREAT;
}

static int
write_all(struct made *m)
{
	int error;

	m->files = names_in(m->from, &m->n);
	if (!m->files)
		return cannot(m->to, errno);
	/* The folder is made anew, so there is nothing to overwrite. */
	if (!mg_dir_make(m->to) || mkdir(m->to, 0777) < 0)
		return cannot(m->to, errno);
	for (; m->files[m->written]; m->written++) {
		if (copy_file(m, m->files[m->written]))
			continue;
		error = errno;
		take_back(m);
		return cannot(m->to, error);
	}
	return 0;
}

/* A word of a command line for people to type; the name needs no quotes. */
static void
put_word(struct mg_str *o, const char *word)
{
	size_t n = strlen(word);
	bool plain = n &&
		strspn(word,
			"abcdefghijklmnopqrstuvwxyz"
			"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"0123456789._-/+,@%=:") == n;

	if (plain) {
		mg_str_puts(o, word);
		return;
	}
	mg_str_putc(o, '\'');
	for (; *word; word++)
		if (*word == '\'')
			mg_str_puts(o, "'\\''");
		else
			mg_str_putc(o, *word);
	mg_str_putc(o, '\'');
}

static void
say_what_next(const struct made *m, const char *dir)
{
	struct mg_str files = MG_STR(4096), test = MG_STR(0), call = MG_STR(0);
	char *path = join(m->to, "test.sh");

	for (size_t i = 0; m->files[i]; i++)
		mg_str_fmt(&files, "%s%s", i ? ", " : "", m->files[i]);
	put_word(&test, path);
	mg_str_puts(&call, "mg-tools call ");
	if (dir) {
		mg_str_puts(&call, "-T ");
		put_word(&call, dir);
		if (!strchr(dir, '/'))
			mg_str_putc(&call, '/');
		mg_str_putc(&call, ' ');
	}
	mg_str_fmt(&call, "%s%s text='to be or not to be'",
		m->name[0] == '-' ? "-- " : "", m->name);
	mg_tools_say("made %s: %s", m->to, files.s);
	mg_tools_say("test it: %s", test.s);
	mg_tools_say("run it:  %s", call.s);
	free(path);
	mg_str_release(&files);
	mg_str_release(&test);
	mg_str_release(&call);
}

static int
check_name(const char *name, struct mg_fault *f)
{
	if (mg_tool_name_ok(mg_sl_of(name)))
		return 0;
	mg_fail(f, MG_E_USAGE, "this cannot be the name of a tool");
	return mg_remedy(f, "1 to 64 of A-Z a-z 0-9 _ -");
}

int
mg_tools_new(const char *dir, const char *lang, const char *name)
{
	struct made m = {.name = name};
	struct mg_fault f = {0};
	int status;

	if (check_name(name, &f) < 0 ||
		find_template(&m, lang ? lang : "sh", &f) < 0)
		return mg_tools_fail(&f);
	m.ident = ident_of(name);
	m.to = join(dir ? dir : "./.mg/tools", name);
	status = write_all(&m);
	if (!status)
		say_what_next(&m, dir);
	free_names(m.files);
	free(m.ident);
	free(m.from);
	free(m.to);
	return status;
}
