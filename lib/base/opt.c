#include "base/opt.h"

#include "base/near.h"
#include "base/optshow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

void
mg_list_add(struct mg_list *l, const char *s)
{
	MG_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = s;
}

void
mg_list_release(struct mg_list *l)
{
	free(l->v);
	*l = (struct mg_list){0};
}

int
mg_usage(struct mg_fault *f, const char *fmt, ...)
{
	char text[sizeof(f->message)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	mg_fail(f, MG_E_USAGE, "%s", text);
	return mg_remedy(f, "see %s --help", mg_prog);
}

bool
mg_read_int(const char *s, int64_t min, int64_t max, int64_t *out)
{
	char *end;
	long long n;

	if (!(s[0] >= '0' && s[0] <= '9') &&
		!(s[0] == '-' && s[1] >= '0' && s[1] <= '9'))
		return false;
	errno = 0;
	n = strtoll(s, &end, 10);
	if (errno || *end || n < min || n > max)
		return false;
	*out = n;
	return true;
}

bool
mg_read_ms(const char *s, int64_t *out)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000},
		{"h", 3600000}, {NULL, 0}};
	size_t digits = strspn(s, "0123456789");
	char number[16];

	if (!digits || digits >= sizeof(number))
		return false;
	memcpy(number, s, digits);
	number[digits] = '\0';
	for (size_t i = 0; units[i].name; i++) {
		int64_t n;

		if (strcmp(s + digits, units[i].name) != 0)
			continue;
		if (!mg_read_int(number, 0, INT64_MAX / units[i].ms, &n))
			return false;
		*out = n * units[i].ms;
		return true;
	}
	return false;
}

static int
store_word(
	const struct mg_opt *o, int *at, const char *value, struct mg_fault *f)
{
	struct mg_str words = MG_STR(1024);

	for (int i = 0; o->words[i]; i++) {
		if (strcmp(o->words[i], value) == 0) {
			*at = i;
			mg_str_release(&words);
			return 0;
		}
		mg_str_fmt(&words, "%s%s", i ? ", " : "", o->words[i]);
	}
	mg_usage(f, "--%s takes one of %s", o->name, words.s);
	mg_str_release(&words);
	return -1;
}

/* Ranges are shown in the unit that the user writes. */
static int
store_number(const struct mg_opt *o, int64_t *at, const char *value,
	struct mg_fault *f)
{
	int64_t n;

	if (o->type == MG_OPT_INT) {
		if (mg_read_int(value, o->min, o->max, at))
			return 0;
		return mg_usage(f,
			"--%s takes a whole number from %lld to %lld", o->name,
			(long long)o->min, (long long)o->max);
	}
	if (!mg_read_ms(value, &n) || n < o->min || n > o->max)
		return mg_usage(f,
			"--%s takes a time such as 250ms, 30s or 5m, "
			"from %lldms to %llds",
			o->name, (long long)o->min, (long long)o->max / 1000);
	*at = n;
	return 0;
}

static int
store(const struct mg_opt *o, void *state, const char *value,
	struct mg_fault *f)
{
	void *at = (char *)state + o->at;

	switch (o->type) {
	case MG_OPT_FLAG:
		*(bool *)at = true;
		return 0;
	case MG_OPT_SET:
		*(int *)at = (int)o->min;
		return 0;
	case MG_OPT_STR:
		*(const char **)at = value;
		return 0;
	case MG_OPT_LIST:
		mg_list_add(at, value);
		return 0;
	case MG_OPT_WORD:
		return value ? store_word(o, at, value, f) : -1;
	case MG_OPT_INT:
	case MG_OPT_MS:
		return store_number(o, at, value, f);
	}
	return 0;
}

static int
unknown(const struct mg_cmd *cmd, const char *name, struct mg_fault *f)
{
	const char *names[128];
	const char *near;
	size_t n = 0;

	for (const struct mg_opt *o = cmd->opts; o->name && n < 126; o++)
		names[n++] = o->name;
	names[n++] = "help";
	names[n] = NULL;
	near = mg_near(name, names);
	mg_usage(f, "there is no option --%s", name);
	if (near)
		mg_remedy(f, "did you mean --%s?", near);
	return -1;
}

/* One long option; *i moves over its value. */
static int
parse_long(const struct mg_cmd *cmd, void *state, char **argv, int *i,
	struct mg_fault *f)
{
	const char *arg = argv[*i] + 2;
	const char *eq = strchr(arg, '=');
	size_t n = eq ? (size_t)(eq - arg) : strlen(arg);
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)n, arg);
	for (const struct mg_opt *o = cmd->opts; o->name; o++) {
		if (strlen(o->name) != n || strncmp(o->name, arg, n) != 0)
			continue;
		if (!o->arg && eq)
			return mg_usage(f, "--%s takes no value", o->name);
		if (o->arg && !eq && !argv[*i + 1])
			return mg_usage(f, "--%s wants %s", o->name, o->arg);
		return store(o, state,
			!o->arg	     ? NULL
				: eq ? eq + 1
				     : argv[++*i],
			f);
	}
	return unknown(cmd, name, f);
}

/* One bundle of letters; *i moves over the value of the last. */
static int
parse_letters(const struct mg_cmd *cmd, void *state, char **argv, int *i,
	struct mg_fault *f)
{
	for (const char *p = argv[*i] + 1; *p; p++) {
		const struct mg_opt *o = cmd->opts;

		while (o->name && o->letter != *p)
			o++;
		if (!o->name)
			return mg_usage(f, "there is no option -%c", *p);
		if (!o->arg) {
			if (store(o, state, NULL, f) < 0)
				return -1;
			continue;
		}
		if (p[1])
			return store(o, state, p + 1, f);
		if (!argv[*i + 1])
			return mg_usage(f, "-%c wants %s", *p, o->arg);
		return store(o, state, argv[++*i], f);
	}
	return 0;
}

int
mg_opt_parse(const struct mg_cmd *cmd, void *state, int argc, char **argv,
	struct mg_list *args, struct mg_fault *f)
{
	bool options = true;

	for (int i = 1; i < argc; i++) {
		const char *a = argv[i];
		int r = 0;

		if (!options || a[0] != '-' || !a[1])
			mg_list_add(args, a);
		else if (strcmp(a, "--") == 0)
			options = false;
		else if (a[1] == '-')
			r = parse_long(cmd, state, argv, &i, f);
		else
			r = parse_letters(cmd, state, argv, &i, f);
		if (r < 0)
			return -1;
	}
	return 0;
}

static int
print(struct mg_str *text)
{
	size_t off = 0;
	ssize_t n = 0;

	while (off < text->len &&
		(n = write(STDOUT_FILENO, text->s + off, text->len - off)) > 0)
		off += (size_t)n;
	mg_str_release(text);
	if (n >= 0)
		return 0;
	mg_warn("unable to write: %s", strerror(errno));
	return EX_IOERR;
}

static int
completion(const struct mg_cmd *cmd, const char *shell, struct mg_str *text)
{
	struct mg_fault f;

	if (shell)
		mg_opt_completion(cmd, shell, text);
	if (text->len)
		return print(text);
	mg_usage(&f, "--completion takes one of bash, zsh, fish");
	mg_fault_print(&f);
	return mg_code_exit(f.code);
}

/*
 * What asks about the program itself is served before anything else is
 * looked at, so that `mg-ask --bad-option --help` helps.
 */
static int
serve(const struct mg_cmd *cmd, int argc, char **argv)
{
	struct mg_str text = MG_STR(1 << 20);

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		const char *a = argv[i];

		if (strcmp(a, "-h") == 0 || strcmp(a, "--help") == 0)
			mg_opt_help(cmd, &text);
		else if (strcmp(a, "--version") == 0)
			mg_str_fmt(&text, "%s %s\n", cmd->name, MG_VERSION);
		else if (strcmp(a, "--completion") == 0)
			return completion(cmd, argv[i + 1], &text);
		else if (strcmp(a, "--options") == 0)
			mg_opt_list(cmd, &text);
		if (text.len)
			return print(&text);
	}
	mg_str_release(&text);
	return -1;
}

/*
 * A descriptor of 0 to 2 that is closed would be given to the next file that
 * is opened. /dev/null for reading keeps its place: an input that is empty, and
 * an output where writing fails, as it would have failed without.
 */
static void
keep_standard(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", O_RDONLY);
}

const char *
mg_cmd_word(const struct mg_cmd *cmd)
{
	const char *blank = strrchr(cmd->name, ' ');

	return blank ? blank + 1 : cmd->name;
}

const struct mg_cmd *
mg_cmd_sub(const struct mg_cmd *cmd, int *argc, char ***argv)
{
	const struct mg_cmd *const *sub = cmd->subs;

	if (*argc < 2)
		return NULL;
	while (sub && *sub && strcmp(mg_cmd_word(*sub), (*argv)[1]) != 0)
		sub++;
	if (!sub || !*sub)
		return NULL;
	++*argv;
	--*argc;
	return *sub;
}

int
mg_cmd_begin(const struct mg_cmd *cmd, void *state, int argc, char **argv,
	struct mg_list *args)
{
	struct mg_fault f = {0};
	int status;

	mg_prog = cmd->name;
	keep_standard();
	status = serve(cmd, argc, argv);
	if (status >= 0)
		return status;
	if (mg_opt_parse(cmd, state, argc, argv, args, &f) == 0)
		return -1;
	mg_fault_print(&f);
	return mg_code_exit(f.code);
}
