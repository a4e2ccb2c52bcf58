/*
 * value.c - event/value.h: in through the check, out through our writer, and
 * jq expressions that cannot look around or go on for ever.
 */
#include "event/value.h"

#include "event/json.h"
#include "tap.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

static jv
read_value(const char *text, struct mg_fault *f)
{
	char *copy = mg_xstrdup(text);
	jv v = mg_value_read(copy, strlen(copy), f);

	free(copy);
	return v;
}

/* What comes out when text goes in; malloc'd, NULL if it is refused. */
static char *
through(const char *text)
{
	struct mg_str out = MG_STR(0);
	jv v = read_value(text, NULL);

	mg_value_write(v, &out, NULL);
	jv_free(v);
	return out.s;
}

static void
test_through(void)
{
	static const struct {
		const char *name, *in, *out;
	} samples[] = {
		{"order is kept", "{\"b\":1,\"a\":2}", "{\"b\":1,\"a\":2}"},
		{"of equal keys the last value, in the first place",
			"{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}"},
		{"integers as digits", "[0,-0,1.0,100000000000000000,1e15]",
			"[0,-0,1,1e+17,1000000000000000]"},
		{"2^53-1 as digits", "9007199254740991", "9007199254740991"},
		{"2^53+1 loses, hence MG_JSON_LOSSY", "9007199254740993",
			"9007199254740992"},
		{"shortest that reads back", "[0.1,0.0055105,1e-7]",
			"[0.1,0.0055105,1e-07]"},
		{"17 digits where they count", "0.30000000000000004",
			"0.30000000000000004"},
		{"largest double", "1.7976931348623157e308",
			"1.7976931348623157e+308"},
		{"\\u0000", "\"a\\u0000b\"", "\"a\\u0000b\""},
		{"lone surrogate", "\"\\ud800\"", "\"\xEF\xBF\xBD\""},
		{"U+2028 as it is", "\"\\u2028\"", "\"\xE2\x80\xA8\""},
		{"0x7F as it is", "\"\x7F\"", "\"\x7F\""},
		{"words", "[true,false,null,[],{}]", "[true,false,null,[],{}]"},
		{"a scalar with blanks", " 7 ", "7"},
		{"NaN is refused", "[NaN]", NULL},
		{"RS is refused", "{\"a\":1,\x1E{\"b\":2}", NULL},
		{"BOM is refused", "\xEF\xBB\xBF{}", NULL},
		{"nothing is refused", "", NULL},
	};
	char *got;

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		got = through(samples[i].in);
		is_str(got, samples[i].out, samples[i].name);
		free(got);
	}
}

static jv
nested(int depth)
{
	jv v = jv_array();

	while (--depth > 0)
		v = jv_array_append(jv_array(), v);
	return v;
}

static void
test_write(void)
{
	struct mg_str out = MG_STR(0), small = MG_STR(8);
	static const int depths[] = {101, 129, 256, 300};
	struct mg_fault f = {0};
	char name[64];
	jv v;

	mg_str_puts(&out, "before ");
	for (size_t i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
		snprintf(name, sizeof(name), "depth %d is refused", depths[i]);
		v = nested(depths[i]);
		ok(mg_value_write(v, &out, &f) < 0 && f.code == MG_E_BAD_EVENT,
			name);
		jv_free(v);
	}
	is_str(out.s, "before ", "and nothing is appended");
	v = jv_object_set(jv_object(), jv_string("a"), nested(100));
	ok(mg_value_write(v, &out, &f) < 0, "100 in an object is too deep");
	jv_free(v);
	v = nested(100);
	ok(mg_value_write(v, &out, &f) == 0 && out.len == 207, "100 is not");
	ok(mg_json_check(out.s + 7, 200, NULL, NULL) == 0, "and is JSON");
	jv_free(v);
	mg_str_clear(&out);
	v = jv_invalid();
	ok(mg_value_write(v, &out, &f) < 0 && !out.len, "what is invalid");
	jv_free(v);
	v = JV_ARRAY(jv_number(NAN), jv_number(INFINITY), jv_number(-INFINITY));
	mg_value_write(v, &out, &f);
	is_str(out.s,
		"[null,1.7976931348623157e+308,"
		"-1.7976931348623157e+308]",
		"NaN and infinities");
	ok(mg_value_write(v, &small, &f) < 0 && f.code == MG_E_TOO_LARGE &&
			small.over && !small.len,
		"what passes the limit");
	jv_free(v);
	mg_str_release(&small);
	mg_str_release(&out);
}

static void
test_fault(void)
{
	struct mg_fault f = {0};
	jv v = read_value("{\"key\":\"sekret\"", &f);

	ok(!jv_is_valid(v) && f.code == MG_E_BAD_EVENT, "a value cut short");
	ok(!strstr(f.message, "sekret"), "no input in the message");
	is_str(f.message, "unable to read JSON: it ends too early (byte 16)",
		"the message");
	jv_free(v);
}

/* One run: what it gives, or "! " and the message; malloc'd. */
static char *
run(const char *expression, const char *input, bool plain)
{
	struct mg_str out = MG_STR(0);
	struct mg_fault f = {0};
	struct mg_query *q = mg_query_new(expression, &f);
	int status = q
		? mg_query_run(q, read_value(input, NULL), plain, &out, &f)
		: -1;

	mg_str_add(&out, "", 0);
	if (status < 0)
		mg_str_fmt(&out, "! %s", f.message);
	mg_query_free(q);
	return out.s;
}

/* How the two kinds of failure begin. */
#define COMPILE "! unable to compile the jq expression: "
#define RUN "! unable to run the jq expression: "

static void
test_query(void)
{
	static const struct {
		const char *name, *expression, *input, *out;
		bool plain;
	} samples[] = {
		{"several results", ".[]", "[1,\"a\\n\",{}]",
			"1\n\"a\\n\"\n{}\n", false},
		{"plain strings", ".[]", "[1,\"a\\tb\",[\"c\"]]",
			"1\na\tb\n[\"c\"]\n", true},
		{"no result", "empty", "1", "", false},
		{"empty expression", "", "1", "1\n", false},
		{"definitions only", "def f: 1;", "2", "2\n", false},
		{"$ENV is empty", "$ENV", "1", "{}\n", false},
		{"env is empty", "env", "1", "{}\n", false},
		{"~/.jq is not read", "from_home", "1",
			COMPILE "from_home/0 is not defined at <top-level>, "
				"line 1",
			false},
		{"line of a mistake", ".\n| nope", "1",
			COMPILE "nope/0 is not defined at <top-level>, line 2",
			false},
		{"input", "input", "1", RUN "there is no further input here",
			false},
		{"inputs", "[inputs]", "1",
			RUN "there is no further input here", false},
		{"debug and stderr", "debug | stderr", "1", "1\n", false},
		{"modulemeta", "\"a\" | modulemeta", "1",
			RUN "there are no modules here", false},
		{"error of libjq", ".a", "3",
			RUN "Cannot index number with string \"a\"", false},
		{"error of the expression", "1, error(\"mine\")", "3",
			"1\n" RUN "mine", false},
		{"error that is no string", "error({a: 1})", "3",
			RUN "{\"a\":1}", false},
		{"halt", "1, halt, 2", "3", "1\n", false},
		{"halt_error", "\"why\\n\" | halt_error", "3", RUN "why",
			false},
		{"result too deep", "reduce range(150) as $i (.; [.])", "0",
			"! unable to write a value: it is nested deeper than "
			"100",
			false},
	};
	char *got;

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		got = run(samples[i].expression, samples[i].input,
			samples[i].plain);
		is_str(got, samples[i].out, samples[i].name);
		free(got);
	}
}

static void
test_refused(void)
{
	static const char *const expressions[] = {".a +",
		"import \"a\" as a; .", "include \"a\" {search: \"/\"}; .",
		"import \"a\" as $a {search: \"/\"}; .", "$nope", "("};
	struct mg_fault f;

	for (size_t i = 0; i < sizeof(expressions) / sizeof(char *); i++) {
		f = (struct mg_fault){0};
		ok(!mg_query_new(expressions[i], &f) && f.code == MG_E_USAGE &&
				f.message[0],
			expressions[i]);
	}
}

static void
test_endless(void)
{
	struct mg_str out = MG_STR(0), small = MG_STR(1000);
	struct mg_query *q = mg_query_new(
		"if . then repeat(1) else 2 end", NULL);
	struct mg_fault f = {0};

	ok(mg_query_run(q, jv_true(), false, &out, &f) < 0 &&
			out.len == 2 * MG_QUERY_OUTPUTS &&
			f.code == MG_E_BAD_EVENT,
		"output without an end");
	ok(mg_query_run(q, jv_true(), false, &small, &f) < 0 &&
			small.len <= 1000 && f.code == MG_E_TOO_LARGE,
		"output beyond its limit");
	mg_str_clear(&out);
	ok(mg_query_run(q, jv_false(), false, &out, &f) == 0 &&
			!strcmp(out.s, "2\n"),
		"the next run is good");
	mg_query_free(q);
	q = mg_query_new("if . then def f: f; f else 2 end", NULL);
	mg_query_limit(q, 10, 50);
	for (int i = 0; i < 2; i++) {
		ok(mg_query_run(q, jv_true(), false, &out, &f) < 0 &&
				f.code == MG_E_BAD_EVENT,
			"silence without an end");
		is_str(f.message,
			"unable to run the jq expression: it took "
			"more than 50 ms",
			"and why it was stopped");
	}
	mg_str_clear(&out);
	ok(mg_query_run(q, jv_false(), false, &out, &f) == 0 &&
			!strcmp(out.s, "2\n"),
		"and the next run is good");
	mg_query_free(q);
	mg_str_release(&small);
	mg_str_release(&out);
}

/* A single long instruction cannot be stopped: the process ends instead. */
static void
test_stuck(void)
{
	struct mg_str out = MG_STR(0);
	struct mg_query *q;
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
		q = mg_query_new("\"a\" * 1e9 | length", NULL);
		mg_query_limit(q, 1, 10);
		mg_query_run(q, jv_null(), false, &out, NULL);
		_exit(0);
	}
	waitpid(child, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == EX_DATAERR,
		"an instruction without an end");
}

int
main(void)
{
	char home[] = "/tmp/mg-value-XXXXXX", path[64];
	FILE *jqrc;

	if (!mkdtemp(home))
		return EX_OSERR;
	snprintf(path, sizeof(path), "%s/.jq", home);
	jqrc = fopen(path, "w");
	if (!jqrc)
		return EX_OSERR;
	fputs("def from_home: 42;\n", jqrc);
	fclose(jqrc);
	setenv("HOME", home, 1);
	setenv("MG_SECRET", "sekret", 1);
	test_through();
	test_write();
	test_fault();
	test_query();
	test_refused();
	test_endless();
	test_stuck();
	is_str(getenv("MG_SECRET"), "sekret", "the environment is put back");
	unlink(path);
	rmdir(home);
	return done();
}
