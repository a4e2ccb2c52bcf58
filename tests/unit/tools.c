/* tools.c - what tools write, cut; schemas put into requests; paths that two
 * calls write. */
#include "tools/output.h"
#include "tools/registry.h"
#include "tools/tools_in.h"
#include "event/json.h"

#include "tap.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[PATH_MAX];

/* --- output -------------------------------------------------------------------- */

static void
make(struct mg_str *text, size_t n, unsigned seed)
{
	static const char *const pieces[] = {
		"a", "\n", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};

	srand(seed);
	while (text->len < n)
		mg_str_puts(text, pieces[rand() % 5]);
}

static bool
utf8(struct mg_sl s)
{
	struct mg_str json = MG_STR(MG_LINE_MAX);
	bool same;

	mg_json_put(&json, s);
	same = !memmem(json.s, json.len, "\xEF\xBF\xBD", 3);
	mg_str_release(&json);
	return same;
}

/* In random pieces: the same text in the end, whatever the pieces. */
static void
feed(struct mg_written *o, const struct mg_str *text, unsigned seed)
{
	size_t at = 0;

	srand(seed + 1);
	while (at < text->len) {
		size_t n = 1 + (size_t)rand() % 7000;

		if (n > text->len - at)
			n = text->len - at;
		mg_written_add(o, text->s + at, n);
		at += n;
	}
}

/* What a result shows of a text, against the text itself. */
static bool
right(const struct mg_str *text, const struct mg_str *shown, size_t limit)
{
	struct mg_str file = MG_STR(MG_LINE_MAX);
	const char *note = memmem(shown->s, shown->len, "\n[... ", 6), *end;
	long long left;
	char path[PATH_MAX];
	size_t head, tail;
	bool good;

	if (text->len <= limit)
		return mg_sl_eq(mg_str_as_sl(shown), mg_str_as_sl(text));
	if (!note ||
		sscanf(note, "\n[... %lld bytes left out; all of it: %4095s ",
			&left, path) != 2)
		return false;
	end = strstr(note, " ...]\n");
	head = (size_t)(note - shown->s);
	tail = shown->len - (size_t)(end + 6 - shown->s);
	good = head <= limit / 2 && head + 4 > limit / 2 && tail <= limit / 2 &&
		tail + 4 > limit / 2 &&
		head + tail + (size_t)left == text->len &&
		memcmp(shown->s, text->s, head) == 0 &&
		memcmp(end + 6, text->s + text->len - tail, tail) == 0 &&
		utf8((struct mg_sl){shown->s, head}) &&
		utf8((struct mg_sl){end + 6, tail});
	good = good && mg_str_file(&file, path) && file.len == text->len &&
		memcmp(file.s, text->s, file.len) == 0;
	unlink(path);
	mg_str_release(&file);
	return good;
}

static bool
one(size_t n, size_t limit, unsigned seed, bool whole)
{
	struct mg_tool_limits limits = {0, (int64_t)limit, 1 << 30, 0};
	struct mg_str text = MG_STR(MG_LINE_MAX), shown = MG_STR(MG_LINE_MAX);
	struct mg_written o;
	bool good;

	make(&text, n, seed);
	mg_written_init(&o, "t", folder, &limits, whole);
	feed(&o, &text, seed);
	good = !whole || mg_sl_eq(mg_written_whole(&o), mg_str_as_sl(&text));
	mg_written_text(&o, &shown);
	good = good && right(&text, &shown, limit);
	mg_written_release(&o);
	mg_str_release(&text);
	mg_str_release(&shown);
	return good;
}

static void
test_output(void)
{
	bool good = true;

	for (unsigned i = 0; i < 300 && good; i++)
		good = one((i * 977) % 30000, 100 + (i * 131) % 9000, i,
			i % 3 == 0);
	ok(good, "first and last part, whole characters, and all in the file");
	ok(one(2000000, 65536, 5, false), "two million bytes");
}

static void
test_limits(void)
{
	struct mg_tool_limits limits = {0, 1000, 5000, 0};
	struct mg_str shown = MG_STR(MG_LINE_MAX);
	struct mg_written o;
	char bytes[4000];

	memset(bytes, 'x', sizeof(bytes));
	mg_written_init(&o, "t", "/nowhere/at/all", &limits, false);
	ok(mg_written_add(&o, bytes, 4000), "within what it may write");
	ok(!mg_written_add(&o, bytes, 1001), "beyond it");
	mg_written_text(&o, &shown);
	ok(strstr(shown.s, "could not be kept") && shown.len < 1200,
		"a folder that is not there is said");
	mg_written_release(&o);
	mg_str_clear(&shown);
	mg_written_init(&o, "t", folder, &limits, false);
	mg_written_add(&o, "a\0b", 3);
	mg_written_text(&o, &shown);
	ok(strcmp(shown.s,
		   "a\xEF\xBF\xBD"
		   "b") == 0,
		"NUL is shown as U+FFFD");
	mg_written_release(&o);
	mg_str_release(&shown);
}

/* --- requests -------------------------------------------------------------------- */

static void
offered(const char *request, const char *want, const char *what)
{
	char na[] = "a", nb[] = "b";
	char sa[] = "{\"name\":\"a\"}", sb[] = "{\"name\":\"b\"}";
	struct mg_tool a = {.name = na, .schema = sa};
	struct mg_tool b = {.name = nb, .schema = sb};
	struct mg_tool *v[] = {&a, &b};
	struct mg_toolset set = {.v = v, .n = 2, .schemas = MG_STR(0)};
	struct mg_str out = MG_STR(MG_LINE_MAX);
	bool changed;

	mg_str_puts(&set.schemas, "{\"name\":\"a\"},{\"name\":\"b\"}");
	changed = mg_put_schemas(&set, mg_sl_of(request), &out);
	is_str(changed ? out.s : "as it was", want, what);
	mg_str_release(&out);
	mg_str_release(&set.schemas);
}

static void
test_offer(void)
{
	offered("{\"messages\":[]}",
		"{\"messages\":[],\"tools\":[{\"name\":\"a\"},{\"name\":\"b\"}]}",
		"no tools: ours");
	offered("{ \"messages\":[] }",
		"{ \"messages\":[] ,\"tools\":[{\"name\":\"a\"},{\"name\":\"b\"}]}",
		"blanks");
	offered("{}", "{\"tools\":[{\"name\":\"a\"},{\"name\":\"b\"}]}",
		"nothing at all");
	offered("{\"tools\":[ ],\"messages\":[]}",
		"{\"tools\":[ {\"name\":\"a\"},{\"name\":\"b\"}],"
		"\"messages\":[]}",
		"an empty list");
	offered("{\"tools\":[{\"name\":\"vote\"}],\"turn\":3,\"append\":[]}",
		"{\"tools\":[{\"name\":\"vote\"},{\"name\":\"a\"},"
		"{\"name\":\"b\"}],\"turn\":3,\"append\":[]}",
		"behind those of others, in any turn");
	offered("{\"tools\":[{\"name\":\"\\u0061\"}]}",
		"{\"tools\":[{\"name\":\"\\u0061\"},{\"name\":\"b\"}]}",
		"a name that is there stays another's");
	offered("{\"tools\":[{\"name\":\"b\"},{\"name\":\"a\"}]}", "as it was",
		"all are there");
	offered("{\"turn\":2,\"append\":[]}", "as it was",
		"a later turn keeps the tools it has");
	offered("{\"turn\":2,\"messages\":[]}",
		"{\"turn\":2,\"messages\":[],\"tools\":[{\"name\":\"a\"},"
		"{\"name\":\"b\"}]}",
		"a conversation begun anew");
	offered("{\"tools\":\"none\"}", "as it was", "tools that are no list");
}

/* --- paths ---------------------------------------------------------------------------- */

static bool
meet_raw(const char *a, const char *b)
{
	char word[] = "path", *writes[] = {word, NULL};
	struct mg_tool t = {.writes = writes, .cwd = folder};
	struct mg_str one = MG_STR(8192), two = MG_STR(8192);
	char **x, **y;
	bool met;

	mg_str_fmt(&one, "{\"path\":%s}", a);
	mg_str_fmt(&two, "{\"path\":%s}", b);
	x = mg_locks_of(&t, mg_str_as_sl(&one));
	y = mg_locks_of(&t, mg_str_as_sl(&two));
	met = mg_locks_meet(x, y);
	mg_locks_free(x);
	mg_locks_free(y);
	mg_str_release(&one);
	mg_str_release(&two);
	return met;
}

static bool
meet(const char *a, const char *b)
{
	struct mg_str one = MG_STR(8192), two = MG_STR(8192);
	bool met;

	mg_json_puts(&one, a);
	mg_json_puts(&two, b);
	met = meet_raw(one.s, two.s);
	mg_str_release(&one);
	mg_str_release(&two);
	return met;
}

static void
test_locks(void)
{
	char whole[PATH_MAX + 64], link[PATH_MAX + 64];

	snprintf(whole, sizeof(whole), "%s/x/y", folder);
	snprintf(link, sizeof(link), "%s/link", folder);
	ok(symlink(folder, link) == 0, "a link");
	ok(meet("x", "x"), "the same name");
	ok(!meet("x", "y"), "another");
	ok(meet("x/y", whole), "relative and absolute");
	ok(meet("./x//../x/./y", "x/y"), "dots and slashes");
	ok(meet("link/x/y", "x/y"), "through a symbolic link");
	ok(meet("link/../x", "../x") && !meet("other/../x", "../x"),
		"behind a link .. is the parent of what it names");
	ok(meet("/", "/../.."), "the root");
	ok(!meet("/a", "/"), "below the root");
	ok(meet("/no/such/../such/thing", "/no/such/thing"),
		"what is not there");
	ok(!meet("", ""), "no path at all");
	unlink(link);
	snprintf(whole, sizeof(whole), "%s/late", folder);
	ok(symlink("late", link) == 0, "a link to what is not there yet");
	ok(meet("link", "late") && meet(link, whole), "and what it names");
	ok(!meet("link", "later"), "but nothing else");
	unlink(link);
	ok(symlink("link", link) == 0 && meet("link", "link"),
		"a link to itself ends");
	unlink(link);
	ok(meet_raw("[\"x\",\"y\"]", "\"y\"") &&
			!meet_raw("[\"x\",\"y\"]", "\"z\""),
		"a list of paths");
}

int
main(void)
{
	snprintf(folder, sizeof(folder), "/tmp/mg-tools-unit-XXXXXX");
	if (!mkdtemp(folder))
		return 71;
	test_output();
	test_limits();
	test_offer();
	test_locks();
	rmdir(folder);
	return done();
}
