/* conf/yaml.h, sentence by sentence. */
#include "conf/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

static struct mg_fault fault;

static struct mg_yaml *
parse(const char *text)
{
	fault = (struct mg_fault){0};
	return mg_yaml_text("t", mg_sl_of(text), &fault);
}

/* The text, as JSON, is exactly `want`. */
static void
is_json(const char *text, const char *want)
{
	struct mg_yaml *doc = parse(text);
	struct mg_str out = MG_STR(0);
	bool same;

	if (doc)
		mg_node_json(mg_yaml_root(doc), &out);
	same = doc && mg_sl_is(mg_str_as_sl(&out), want);
	if (!same)
		printf("# %s: %s\n", fault.message, out.s ? out.s : "");
	ok(same, want);
	mg_str_release(&out);
	mg_yaml_free(doc);
}

/* The text is refused, with a message that begins so. */
static void
refused_sl(struct mg_sl text, const char *why)
{
	struct mg_yaml *doc;
	bool same;

	fault = (struct mg_fault){0};
	doc = mg_yaml_text("t", text, &fault);
	same = !doc && fault.code == MG_E_CONFIG &&
		strncmp(fault.message, why, strlen(why)) == 0;
	if (!same)
		printf("# %s\n", doc ? "accepted" : fault.message);
	ok(same, why);
	mg_yaml_free(doc);
}

static void
refused(const char *text, const char *why)
{
	refused_sl(mg_sl_of(text), why);
}

static bool
remedy_has(const char *words)
{
	return strstr(fault.remedy, words) != NULL;
}

static void
kinds(void)
{
	static const struct {
		const char *text;
		enum mg_node_kind kind;
	} rows[] = {
		{"null", MG_NODE_NULL},
		{"Null", MG_NODE_NULL},
		{"NULL", MG_NODE_NULL},
		{"~", MG_NODE_NULL},
		{"nULL", MG_NODE_STR},
		{"'~'", MG_NODE_STR},
		{"true", MG_NODE_BOOL},
		{"True", MG_NODE_BOOL},
		{"TRUE", MG_NODE_BOOL},
		{"false", MG_NODE_BOOL},
		{"False", MG_NODE_BOOL},
		{"FALSE", MG_NODE_BOOL},
		{"tRue", MG_NODE_STR},
		{"'true'", MG_NODE_STR},
		{"yes", MG_NODE_STR},
		{"No", MG_NODE_STR},
		{"on", MG_NODE_STR},
		{"OFF", MG_NODE_STR},
		{"y", MG_NODE_STR},
		{"0", MG_NODE_INT},
		{"-12", MG_NODE_INT},
		{"+07", MG_NODE_INT},
		{"9223372036854775807", MG_NODE_INT},
		{"-9223372036854775808", MG_NODE_INT},
		{"9223372036854775808", MG_NODE_NUM},
		{"1.5", MG_NODE_NUM},
		{"1e5", MG_NODE_NUM},
		{"5.", MG_NODE_NUM},
		{"-.5E-3", MG_NODE_NUM},
		{"1e999", MG_NODE_STR},
		{".inf", MG_NODE_STR},
		{".nan", MG_NODE_STR},
		{"0x1F", MG_NODE_STR},
		{"0o17", MG_NODE_STR},
		{"1_000", MG_NODE_STR},
		{"1e", MG_NODE_STR},
		{".", MG_NODE_STR},
		{"+", MG_NODE_STR},
		{"1.2.3", MG_NODE_STR},
		{"12:30", MG_NODE_STR},
		{"2024-05-01", MG_NODE_STR},
		{"\"12\"", MG_NODE_STR},
		{"|\n  12", MG_NODE_STR},
		{">\n  true", MG_NODE_STR},
		{"!!str 12", MG_NODE_STR},
		{"! 12", MG_NODE_STR},
		{"!!int '3'", MG_NODE_INT},
		{"!!float 3", MG_NODE_NUM},
		{"!!null ''", MG_NODE_NULL},
		{"!!seq []", MG_NODE_LIST},
		{"[]", MG_NODE_LIST},
		{"- a", MG_NODE_LIST},
		{"{}", MG_NODE_MAP},
		{"a:", MG_NODE_MAP},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mg_yaml *doc = parse(rows[i].text);
		char name[32];

		snprintf(name, sizeof(name), "%s", rows[i].text);
		name[strcspn(name, "\n")] = '\0';
		ok(doc && mg_yaml_root(doc)->kind == rows[i].kind, name);
		mg_yaml_free(doc);
	}
}

static bool
stands(const struct mg_node *n, size_t line, size_t column)
{
	return n && n->line == line && n->column == column;
}

static void
places(void)
{
	struct mg_yaml *doc = parse("# c\nagents:\n  - model: x\n"
				    "    é: [1, é, {k: v}]\nlast: \"q\"\n");
	const struct mg_node *root = mg_yaml_root(doc);
	const struct mg_node *list = mg_node_get(root, "agents");
	const struct mg_node *agent = mg_node_at(list, 0);
	const struct mg_node *flow = mg_node_get(agent, "é");

	ok(stands(root, 2, 1), "the map begins at its first key");
	ok(stands(list, 3, 3), "the list at its first dash");
	ok(stands(agent, 3, 5), "an entry behind its dash");
	ok(agent && stands(agent->keys[1], 4, 5), "keys have a place");
	ok(agent && agent->keys[1]->kind == MG_NODE_STR, "and are text");
	ok(stands(flow, 4, 8), "columns count characters");
	ok(stands(mg_node_at(flow, 2), 4, 15), "in flow too");
	ok(stands(mg_node_get(root, "last"), 5, 7), "a quote has its own");
	ok(strcmp(root->file, "t") == 0, "the name is as given");
	ok(mg_node_count(root) == 2 && !mg_node_get(root, "las") &&
			!mg_node_at(list, 1) && !mg_node_at(root, 2),
		"what is not there is NULL");
	ok(root->count && mg_node_at(root, 0) == list, "maps by index too");
	ok(!mg_node_get(NULL, "a") && !mg_node_get(list, "a") &&
			!mg_node_at(NULL, 0) && !mg_node_count(NULL),
		"NULL and other kinds are taken");
	ok(strcmp(mg_node_str(mg_node_at(flow, 0), "-"), "1") == 0 &&
			strcmp(mg_node_str(flow, "-"), "-") == 0 &&
			strcmp(mg_node_str(NULL, "-"), "-") == 0,
		"mg_node_str: scalars or otherwise");
	mg_yaml_free(doc);

	doc = mg_yaml_text(NULL, MG_SL("a: ~"), NULL);
	root = mg_yaml_root(doc);
	ok(strcmp(root->file, "-") == 0, "no name is -");
	ok(!mg_node_str(mg_node_get(root, "a"), NULL), "null is otherwise");
	mg_yaml_free(doc);
	ok(mg_yaml_root(NULL)->kind == MG_NODE_NULL, "no document is null");
}

static void
merges(void)
{
	struct mg_yaml *doc;

	is_json("a: &x [1, 2]\nb: *x\nc: {d: *x}",
		"{\"a\":[1,2],\"b\":[1,2],\"c\":{\"d\":[1,2]}}");
	is_json("b: &b {x: 1, y: 2}\nc:\n  k: 0\n  <<: *b\n  x: 9",
		"{\"b\":{\"x\":1,\"y\":2},\"c\":{\"k\":0,\"y\":2,\"x\":9}}");
	is_json("<<: [{a: 1}, {a: 2, b: 3}]\nc: 4",
		"{\"a\":1,\"b\":3,\"c\":4}");
	is_json("<<: {<<: {a: 1}, b: 2}", "{\"a\":1,\"b\":2}");
	is_json("<<: []\na: <<", "{\"a\":\"<<\"}");
	is_json("{\"<<\": {\"a\": 1}}", "{\"<<\":{\"a\":1}}");
	is_json("- &a 1\n- &a 2\n- *a", "[1,2,2]");
	is_json("- &k 1\n- *k : v\n- *k", "[1,{\"1\":\"v\"},1]");
	is_json("&k 1: *k", "{\"1\":1}");
	refused("<<: 3", "t:1:5: `<<` takes a map or a list of maps");
	refused("<<: [{}, 3]", "t:1:10: `<<` takes a map");
	refused("<<: {a: 1}\n<<: {b: 2}", "t:2:1: the key `<<` stands twice");
	refused("a: *b", "t:1:4: no anchor `&b` above");
	ok(remedy_has("quotes"), "which may have been meant as text");
	refused("&a [*a]", "t:1:5: the alias `*a` stands within its own");
	refused("a: &a\n  <<: *a", "t:2:7: the alias `*a` stands within");
	refused("&a {b: &a {c: *a}}", "t:1:15: the alias");

	doc = parse("a: &x {m: 1}\nb: *x");
	ok(doc &&
			mg_node_get(mg_yaml_root(doc), "a") ==
				mg_node_get(mg_yaml_root(doc), "b"),
		"an alias is shared");
	mg_yaml_free(doc);
}

static void
repeat(struct mg_str *s, const char *what, size_t n)
{
	while (n--)
		mg_str_puts(s, what);
}

static void
levels(void)
{
	struct mg_str s = MG_STR(0);
	struct mg_yaml *doc;

	repeat(&s, "[", 100);
	repeat(&s, "]", 100);
	doc = parse(s.s);
	ok(doc != NULL, "100 levels");
	mg_yaml_free(doc);
	mg_str_clear(&s);
	repeat(&s, "[", 101);
	repeat(&s, "]", 101);
	refused(s.s, "t:1:101: more than 100 levels");
	mg_str_clear(&s);
	mg_str_puts(&s, "a: &a ");
	repeat(&s, "[", 60);
	repeat(&s, "]", 60);
	mg_str_puts(&s, "\nb: ");
	repeat(&s, "[", 40);
	mg_str_puts(&s, "*a");
	repeat(&s, "]", 40);
	refused(s.s, "t:2:44: more than 100 levels");
	mg_str_release(&s);
}

static void
limits(void)
{
	struct mg_str s = MG_STR(0);
	struct mg_yaml *doc;

	levels();
	mg_str_puts(&s, "a: &a [x,x,x,x,x,x,x,x,x,x]\n");
	for (char c = 'b'; c < 'k'; c++)
		mg_str_fmt(&s, "%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", c,
			c, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1,
			c - 1);
	refused(s.s, "t:6:17: more than 200000 values");
	mg_str_clear(&s);
	repeat(&s, "- x\n", 199999);
	doc = parse(s.s);
	ok(doc && mg_node_count(mg_yaml_root(doc)) == 199999, "200000 nodes");
	mg_yaml_free(doc);
	mg_str_puts(&s, "- x\n");
	refused(s.s, "t:200000:3: more than 200000 values");
	mg_str_clear(&s);
	mg_str_putc(&s, '\'');
	repeat(&s, "0123456789abcdef", (4 << 20) / 16);
	s.s[s.len - 1] = '\'';
	mg_str_drop(&s, 1);
	s.s[0] = '\'';
	doc = parse(s.s);
	ok(doc != NULL, "4 MiB");
	mg_yaml_free(doc);
	repeat(&s, "0123456789abcdef", 65536);
	refused(s.s, "t: more than 4 MiB");
	mg_str_release(&s);
}

static void
errors(void)
{
	refused("a:\n\tb: 1", "t:2:1: a tab stands where spaces should");
	refused("a:\n  b: 1\n\tc: 2", "t:3:1: a tab stands where spaces");
	refused("a: 1\n  b: 2", "t:2:4: a `:` cannot stand here");
	refused("a:\n  b: 1\n c: 2", "t:3:2: this is neither a key of the");
	refused("- a\n- b\nc: 1", "t:3:1: this is neither an entry of");
	refused("x: 1\na: \"foo\nb: 1", "t:2:4: the quote that opens here is");
	refused("a: 'foo", "t:1:4: the quote that opens here is never closed");
	refused("a: [1, 2\nb: 3", "t:2:2: a `,` or `]` should stand here");
	ok(remedy_has("1:4"), "and where the bracket opened");
	refused("a: 1\nfoo\nb: 2", "t:2:1: this is neither `key: value`");
	refused("a: @x", "t:1:4: no text can begin with this character");
	refused("a: *b* c", "t:1:4: `&` and `*` name anchors");
	refused("a: \"C:\\dir\"", "t:1:7: no such escape");
	refused("%x\na: 1", "t:1:1: no line can begin with `%`");
	refused("a: 1\nb: 2\na: 3", "t:3:1: the key `a` stands twice");
	ok(remedy_has("line 1"), "and says where it stood first");
	refused("{\"a\": 1, a: 2}", "t:1:10: the key `a` stands twice");
	refused("? [a]\n: b", "t:1:3: a list or a map stands where a key");
	refused("a: {{ x }}", "t:1:5: a list or a map stands where a key");
	refused("- &a [1]\n- *a : b", "t:2:3: a list or a map stands where");
	refused("a: !foo b", "t:1:4: a tag that does not fit or is not known");
	refused("a: !!int x", "t:1:4: a tag that does not fit");
	refused("a: !!map []", "t:1:4: a tag that does not fit");
	refused("a: !!python/object:os.system x", "t:1:4: a tag that");
	refused("a: !x!y z", "t:1:4: a tag that is not known");
	refused("a: 1\n---\nb: 2", "t:2:1: a second document begins here");
	refused("---\n---\n", "t:2:1: a second document begins here");
	refused("a: 1\n...\nb: 2", "t:3:1: the document has ended");
	refused_sl(MG_SL("a: 1\nb: é\0"), "t:2:5: a control character");
	refused("a: \x7F", "t:1:4: a control character");
	refused("a: 1\nb: \xFF\xFE", "t:2:4: this is no UTF-8");
	refused("a: \xC0\xAF", "t:1:4: this is no UTF-8");
	refused("a: \xED\xA0\x80", "t:1:4: this is no UTF-8");
	refused("a: \xC3", "t:1:4: this is no UTF-8");
	refused_sl(MG_SL("\xFF\xFE"
			 "a\0:\0"),
		"t:1:1: this is no UTF-8");
	refused_sl(MG_SL("\x7F"
			 "ELF\2\1\1\0\0\0"),
		"t:1:1: a control");
	refused_sl(MG_SL("\x89PNG\r\n\x1A\n\0\0"), "t:1:1: this is no UTF-8");
	ok(!mg_yaml_text("t", MG_SL("["), NULL), "no fault to fill");
}

static void
names(void)
{
	static const char *const keys[] = {"model", "system", NULL};
	struct mg_yaml *doc = parse(
		"agents:\n  - system: x\n    modle: y\n"
		"  - colour: z\n  - 3\n  - ~\n  - {model: 1, system: 2}\n");
	const struct mg_node *l = mg_node_get(mg_yaml_root(doc), "agents");
	struct mg_fault f;

	ok(mg_node_known(mg_node_at(l, 0), "agents[0]", keys, &f) == -1 &&
			f.code == MG_E_CONFIG,
		"an unknown key is a fault");
	ok(strcmp(f.message, "t:3:5: unknown key `modle` in agents[0]") == 0,
		f.message);
	ok(strcmp(f.remedy, "did you mean `model`?") == 0, f.remedy);
	ok(mg_node_known(mg_node_at(l, 1), "agents[1]", keys, &f) == -1 &&
			!f.remedy[0],
		"nothing is near");
	ok(mg_node_known(mg_node_at(l, 2), "agents[2]", keys, &f) == -1 &&
			strcmp(f.message, "t:5:5: agents[2] must be a map") ==
				0,
		"no map");
	ok(!mg_node_known(mg_node_at(l, 3), "agents[3]", keys, &f), "null");
	ok(!mg_node_known(mg_node_at(l, 4), "agents[4]", keys, &f), "known");
	ok(!mg_node_known(NULL, "agents[5]", keys, &f), "nothing");
	ok(mg_node_fail(NULL, &f, "no %s", "place") == -1 &&
			strcmp(f.message, "no place") == 0,
		"a fault without a place");
	mg_yaml_free(doc);
}

static void
ints(const struct mg_node *map)
{
	const int64_t jobs[] = {1, 1000}, any[] = {INT64_MIN, INT64_MAX},
		      from[] = {0, INT64_MAX};
	struct mg_fault f;
	int64_t i = 7;

	ok(!mg_node_int(map, "none", jobs, &i, &f) && i == 7, "missing");
	ok(!mg_node_int(map, "null", jobs, &i, &f) && i == 7, "null");
	ok(!mg_node_int(NULL, "jobs", jobs, &i, &f) && i == 7, "no map");
	ok(!mg_node_int(map, "jobs", jobs, &i, &f) && i == 12, "in range");
	ok(!mg_node_int(map, "least", any, &i, &f) && i == INT64_MIN, "least");
	ok(!mg_node_int(map, "padded", jobs, &i, &f) && i == 8, "+08 is 8");
	ok(mg_node_int(map, "many", jobs, &i, &f) == -1 && i == 8 &&
			strcmp(f.message,
				"t:2:7: `many` must be a whole "
				"number from 1 to 1000") == 0,
		"out of range");
	ok(mg_node_int(map, "least", from, &i, &f) == -1 &&
			strstr(f.message, "whole number from 0 on"),
		"from 0 on");
	ok(mg_node_int(map, "huge", any, &i, &f) == -1 &&
			strstr(f.message, "`huge` must be a whole number"),
		"beyond 64 bits");
	ok(mg_node_int(map, "half", any, &i, &f) == -1, "a fraction");
	ok(mg_node_int(map, "quoted", any, &i, &f) == -1, "quoted");
	ok(mg_node_int(map, "list", any, &i, NULL) == -1 && i == 8, "a list");
}

static void
reads(void)
{
	struct mg_yaml *doc = parse(
		"jobs: 12\nmany: 1001\nhalf: 0.5\n"
		"quoted: '5'\nlist: [1]\nnull:\nyes: yes\nt: TRUE\nf: false\n"
		"huge: 9223372036854775808\nleast: -9223372036854775808\n"
		"padded: +08\nzero: \"a\\0b\"\n");
	const struct mg_node *map = mg_yaml_root(doc);
	const char *text = NULL;
	struct mg_fault f;
	bool b = false;

	ints(map);
	ok(!mg_node_bool(map, "none", &b, &f) && !b, "missing bool");
	ok(!mg_node_bool(map, "t", &b, &f) && b, "TRUE");
	ok(!mg_node_bool(map, "null", &b, &f) && b, "null bool");
	ok(!mg_node_bool(map, "f", &b, &f) && !b, "false");
	ok(mg_node_bool(map, "yes", &b, &f) == -1 &&
			strcmp(f.message,
				"t:7:6: `yes` must be true or false") == 0,
		f.message);
	ok(strstr(f.remedy, "write true or false") != NULL, "yes is text");
	ok(mg_node_bool(map, "list", &b, &f) == -1, "a list is no bool");
	ok(!mg_node_text(map, "none", &text, &f) && !text, "missing text");
	ok(!mg_node_text(map, "null", &text, &f) && !text, "null text");
	ok(mg_node_text(map, "jobs", &text, &f) == -1 && !text &&
			strcmp(f.message, "t:1:7: `jobs` must be text") == 0 &&
			strcmp(f.remedy, "put it in quotes") == 0,
		"a number is no text");
	ok(mg_node_text(map, "zero", &text, &f) == -1 && !text, "a NUL");
	ok(mg_node_get(map, "zero")->text.n == 3, "which is kept");
	ok(!mg_node_text(map, "quoted", &text, &f) && text &&
			strcmp(text, "5") == 0,
		"quoted is text");
	mg_yaml_free(doc);
}

static void
json(void)
{
	struct mg_str out = MG_STR(0);

	mg_node_json(NULL, &out);
	ok(mg_sl_is(mg_str_as_sl(&out), "null"), "nothing is null");
	mg_str_release(&out);
	is_json("[+07, -007, 0, -0, 12, 99999999999999999999]",
		"[7,-7,0,-0,12,99999999999999999999]");
	is_json("[.5, -.5, 5., 00.50, +1.5e+03, 1E5, 5.e3]",
		"[0.5,-0.5,5.0,0.50,1.5e+03,1E5,5.0e3]");
	is_json("[.inf, -.inf, .nan, 1e999, 0x1F, yes]",
		"[\".inf\",\"-.inf\",\".nan\",\"1e999\",\"0x1F\",\"yes\"]");
	is_json("[~, Null, TRUE, False, '', \"\"]",
		"[null,null,true,false,\"\",\"\"]");
	is_json("a: |\n  x \"y\"\n  z\nb: >-\n  p\n  q\n",
		"{\"a\":\"x \\\"y\\\"\\nz\\n\",\"b\":\"p q\"}");
	is_json("1: a\ntrue: b\n~: c\nz: {}\ny: []",
		"{\"1\":\"a\",\"true\":\"b\",\"~\":\"c\",\"z\":{},\"y\":[]}");
	is_json("{\"a\": [1, 2.5e3, \"\\u00e9\\/\\n\"],\n\t\"b\":{\"c\":null,"
		"\"d\":true}}",
		"{\"a\":[1,2.5e3,\"é/\\n\"],\"b\":{\"c\":null,\"d\":true}}");
	is_json("[\"\\ud83d\\ude00!\", \"\\\\ud83d\", \"\\uD834\\uDD1E\"]",
		"[\"😀!\",\"\\\\ud83d\",\"𝄞\"]");
	is_json("'\\ud83d'", "\"\\\\ud83d\"");
	is_json("{\"a\":-1,\"b\":\"c\"}", "{\"a\":-1,\"b\":\"c\"}");
}

static void
shapes(void)
{
	is_json("a: 1\r\nb:\r\n  - x\r\n", "{\"a\":1,\"b\":[\"x\"]}");
	is_json("a: |\r\n  x\r\n  y\r\n", "{\"a\":\"x\\ny\\n\"}");
	is_json("\xEF\xBB\xBF"
		"a: 1",
		"{\"a\":1}");
	refused("\xEF\xBB\xBF"
		"a: 1\na: 2",
		"t:2:1: the key `a`");
	refused("\xEF\xBB\xBF@", "t:1:1: no text can begin");
	is_json("", "null");
	is_json("\xEF\xBB\xBF", "null");
	is_json("# nothing\n", "null");
	is_json("---\n", "null");
	is_json("--- a\n...\n", "\"a\"");
	is_json("%YAML 1.2\n---\na: b", "{\"a\":\"b\"}");
	is_json("Grüße: 你好 😀", "{\"Grüße\":\"你好 😀\"}");
}

static void
files(void)
{
	char path[] = "/tmp/mg-yaml-XXXXXX";
	struct mg_yaml *doc = NULL;
	int fd = mkstemp(path);

	if (fd < 0 || write(fd, "a: 1\nb", 6) != 6 || close(fd) < 0)
		exit(1);
	ok(!mg_yaml_file(path, &fault) && fault.code == MG_E_CONFIG &&
			strncmp(fault.message, path, strlen(path)) == 0 &&
			strncmp(fault.message + strlen(path), ":2:1: ", 6) == 0,
		"a file's errors bear its name");
	ok(truncate(path, 5) == 0 && (doc = mg_yaml_file(path, &fault)),
		"a file");
	ok(strcmp(mg_yaml_root(doc)->file, path) == 0, "its name");
	mg_yaml_free(doc);
	ok(truncate(path, (4 << 20) + 1) == 0 && !mg_yaml_file(path, &fault) &&
			fault.code == MG_E_CONFIG &&
			strstr(fault.message, ": more than 4 MiB"),
		"a file too large");
	unlink(path);
	ok(!mg_yaml_file(path, &fault) && fault.code == MG_E_NO_INPUT &&
			strncmp(fault.message, "unable to read ", 15) == 0,
		"no file");
	ok(!mg_yaml_file("/", &fault) && fault.code == MG_E_NO_INPUT,
		"a directory");
	mg_yaml_free(NULL);
}

int
main(void)
{
	kinds();
	places();
	merges();
	limits();
	errors();
	names();
	reads();
	json();
	shapes();
	files();
	return done();
}
