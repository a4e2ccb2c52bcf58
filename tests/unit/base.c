/* base.c - tests of lib/base: strings, maps, words, options, dirs, faults. */
#include "base/clock.h"
#include "base/dirs.h"
#include "base/map.h"
#include "base/near.h"
#include "base/optshow.h"
#include "tap.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void
strings(void)
{
	struct mg_str s = MG_STR(8);

	ok(mg_str_puts(&s, "12345678") && !s.over, "a string takes its limit");
	ok(!mg_str_putc(&s, '9') && s.over && s.len == 8,
		"a byte more adds nothing and is remembered");
	ok(!mg_str_puts(&s, "") && s.over, "once over, always over");
	mg_str_clear(&s);
	ok(mg_str_fmt(&s, "%d", 42) && strcmp(s.s, "42") == 0,
		"clear forgets it");
	ok(!mg_str_fmt(&s, "%s", "too long") && s.len == 2,
		"a format that does not fit adds nothing");
	mg_str_clear(&s);
	mg_str_add(&s, "a\0b", 3);
	mg_str_drop(&s, 1);
	ok(s.len == 2 && memcmp(s.s, "\0b", 3) == 0,
		"a NUL is content, drop takes from the front");
	mg_str_release(&s);
	ok(mg_sl_cut(MG_SL("ab\xC3\xA4"), 3).n == 2,
		"a cut does not split a character");
	ok(mg_sl_eq(mg_sl_trim(MG_SL(" \t\r\n")), MG_SL("")),
		"trimming blanks leaves nothing");
	ok(mg_sl_cmp(MG_SL("a"), MG_SL("ab")) < 0 &&
			mg_sl_cmp(MG_SL("\xFF"), MG_SL("a")) > 0,
		"slices are ordered by bytes, the shorter first");
	ok(!mg_sl_is((struct mg_sl){NULL, 0}, ""),
		"what is not there is not empty");
}

/* Random puts and deletes beside the plainest thing that does the same. */
static void
maps(void)
{
	enum { KEYS = 500 };
	static int values[KEYS];
	bool in[KEYS] = {false}, same = true;
	struct mg_map m = {0};
	unsigned seed = 1;
	size_t n = 0;

	for (int i = 0; i < 200000; i++) {
		char key[16];
		int k;

		seed = seed * 1103515245u + 12345u;
		k = (int)(seed >> 16) % KEYS;
		snprintf(key, sizeof(key), "k%d", k);
		if (seed & 0x100) {
			*mg_map_put(&m, mg_sl_of(key)) = &values[k];
			n += !in[k];
			in[k] = true;
		} else {
			mg_map_del(&m, mg_sl_of(key));
			n -= in[k];
			in[k] = false;
		}
		same = same && m.n == n &&
			mg_map_get(&m, mg_sl_of(key)) ==
				(in[k] ? &values[k] : NULL);
	}
	ok(same, "200,000 random puts and deletes");
	same = true;
	for (int k = 0; k < KEYS; k++) {
		char key[16];

		snprintf(key, sizeof(key), "k%d", k);
		same = same && (mg_map_get(&m, mg_sl_of(key)) != NULL) == in[k];
	}
	ok(same, "what is left is what should be");
	mg_map_release(&m);
	mg_map_put(&m, MG_SL("a\0b"));
	mg_map_put(&m, MG_SL(""));
	ok(m.n == 2 && mg_sl_eq(m.e[0].key, MG_SL("a\0b")) && m.e[1].key.n == 0,
		"keys may hold NUL or nothing, in the order of arrival");
	mg_map_release(&m);
}

static void
words(void)
{
	static const char *const known[] = {
		"model", "system", "temperature", NULL};

	ok(mg_distance("model", "modle") == 1, "a swap costs one");
	ok(mg_distance("", "abc") == 3, "insertions cost one each");
	ok(mg_distance("kitten", "sitting") == 3, "kitten and sitting");
	ok(mg_near("modle", known) == known[0], "modle is near model");
	ok(mg_near("temprature", known) == known[2], "temprature is near");
	ok(!mg_near("colour", known), "nothing is near colour");
	ok(!mg_near("", known), "nothing is near nothing");
}

struct opts {
	bool loud;
	int64_t n, ms;
	const char *name;
	struct mg_list list;
	int word;
};

static const char *const some[] = {"one", "two", NULL};
static const struct mg_opt table[] = {
	{'l', "loud", NULL, "say more", MG_OPT_FLAG,
		offsetof(struct opts, loud)},
	{'n', "number", "N", "a number", MG_OPT_INT, offsetof(struct opts, n),
		-5, 100},
	{0, "time", "TIME", "a time", MG_OPT_MS, offsetof(struct opts, ms), 0,
		3600000},
	{'s', "name", "NAME", "it's a [name]", MG_OPT_STR,
		offsetof(struct opts, name), .complete = MG_COMPLETE_FILE},
	{'x', "extra", "X", "more", MG_OPT_LIST, offsetof(struct opts, list)},
	{'w', "word", "WORD", "a word", MG_OPT_WORD,
		offsetof(struct opts, word), .words = some},
	{0},
};
static const struct mg_cmd cmd = {.name = "mg-test",
	.summary = "a test",
	.usage = "[OPTION ...]",
	.opts = table};

static int
parse(struct opts *o, struct mg_list *args, struct mg_fault *f, ...)
{
	char *argv[16] = {(char[]){"mg-test"}};
	va_list ap;
	int n = 1, r;

	va_start(ap, f);
	while (n < 15 && (argv[n] = va_arg(ap, char *)))
		n++;
	va_end(ap);
	*o = (struct opts){0};
	*f = (struct mg_fault){0};
	args->n = 0;
	r = mg_opt_parse(&cmd, o, n, argv, args, f);
	return r;
}

static void
options(void)
{
	struct mg_list args = {0};
	struct mg_fault f;
	struct opts o;

	ok(parse(&o, &args, &f, "-ln3", "a", "--name=x", "--", "-l", NULL) ==
				0 &&
			o.loud && o.n == 3 && strcmp(o.name, "x") == 0 &&
			args.n == 2 && strcmp(args.v[1], "-l") == 0,
		"bundles, attached values, =, and -- in one line");
	ok(parse(&o, &args, &f, "-", "-n", "-5", NULL) == 0 && args.n == 1 &&
			o.n == -5,
		"a dash is an argument, a value may begin with one");
	ok(parse(&o, &args, &f, "-x1", "--extra", "2", NULL) == 0 &&
			o.list.n == 2,
		"a list may be given again");
	mg_list_release(&o.list);
	ok(parse(&o, &args, &f, "--time", "250ms", NULL) == 0 && o.ms == 250,
		"250ms");
	ok(parse(&o, &args, &f, "--time=5m", NULL) == 0 && o.ms == 300000,
		"5m");
	ok(parse(&o, &args, &f, "--time", "2h", NULL) < 0, "beyond the range");
	ok(parse(&o, &args, &f, "-n", "3x", NULL) < 0, "3x is no number");
	ok(parse(&o, &args, &f, "-n", "", NULL) < 0, "nothing is no number");
	ok(parse(&o, &args, &f, "-n", " 3", NULL) < 0, "a blank is no digit");
	ok(parse(&o, &args, &f, "-n", "99999999999999999999", NULL) < 0,
		"an overflow is no number");
	ok(parse(&o, &args, &f, "-n", NULL) < 0, "a missing value");
	ok(parse(&o, &args, &f, "--loud=1", NULL) < 0, "a value too many");
	ok(parse(&o, &args, &f, "--lou", NULL) < 0 &&
			strstr(f.remedy, "--loud"),
		"no abbreviation, but a hint");
	ok(parse(&o, &args, &f, "-w", "three", NULL) < 0 &&
			strstr(f.message, "one, two"),
		"a wrong word is told the right ones");
	ok(parse(&o, &args, &f, "-z", NULL) < 0 && f.code == MG_E_USAGE,
		"an unknown letter is a usage error");
	mg_list_release(&args);
}

static void
shown(void)
{
	struct mg_str out = MG_STR(1 << 16);

	mg_opt_help(&cmd, &out);
	ok(strstr(out.s, "-n, --number N") && strstr(out.s, "--help"),
		"help shows the table and what every command has");
	mg_str_clear(&out);
	mg_opt_completion(&cmd, "zsh", &out);
	ok(strstr(out.s, "it'\\''s a \\[name\\]") != NULL,
		"zsh: quotes and brackets in help texts");
	mg_str_clear(&out);
	mg_opt_completion(&cmd, "tcsh", &out);
	ok(out.len == 0, "an unknown shell gets nothing");
	mg_str_release(&out);
}

static void
places(void)
{
	char dir[] = "/tmp/mg-test-XXXXXX";
	struct mg_str p = MG_STR(4096);
	struct stat st;

	setenv("HOME", "/home/x", 1);
	setenv("XDG_DATA_HOME", "relative", 1);
	mg_dir_path(MG_DIR_DATA, "a.db", &p);
	ok(strcmp(p.s, "/home/x/.local/share/mg/a.db") == 0,
		"a relative XDG variable counts as its default");
	mg_str_clear(&p);
	setenv("XDG_DATA_HOME", "/d", 1);
	mg_dir_path(MG_DIR_DATA, "a.db", &p);
	ok(strcmp(p.s, "/d/mg/a.db") == 0, "an absolute one is used");
	mg_str_clear(&p);
	if (!mkdtemp(dir))
		MG_BUG("mkdtemp");
	mg_str_fmt(&p, "%s/a/b/file", dir);
	ok(mg_dir_make(p.s), "the folders above a path are made");
	p.s[strlen(dir) + 4] = '\0';
	ok(stat(p.s, &st) == 0 && (st.st_mode & 0777) == 0700, "mode 0700");
	rmdir(p.s);
	p.s[strlen(dir) + 2] = '\0';
	rmdir(p.s);
	rmdir(dir);
	mg_str_release(&p);
}

static void
faults(void)
{
	struct mg_fault f;
	char ts[MG_UTC_SIZE];

	ok(mg_fail(&f, MG_E_TIMEOUT, "%s", "x") == -1 && f.remedy[0] != '\0' &&
			mg_code_exit(f.code) == 75,
		"a fault says its exit status, and what helps");
	ok(mg_worse(0, 75) == 75 && mg_worse(75, 69) == 69 &&
			mg_worse(69, 77) == 77 && mg_worse(1, 0) == 1,
		"what waiting cannot mend is worse");
	for (int c = 1; c < MG_E_COUNT; c++)
		if (!mg_code_name((enum mg_code)c) ||
			!mg_code_exit((enum mg_code)c))
			ok(false, "every code has a name and a status");
	mg_utc(ts);
	ok(strlen(ts) == 24 && ts[10] == 'T' && ts[23] == 'Z', "RFC 3339");
}

int
main(void)
{
	strings();
	maps();
	words();
	options();
	shown();
	places();
	faults();
	return done();
}
