/*
 * json.c - the check, the readers and the writer of event/json.h.
 *
 * The cases of the check are mostly what libjq 1.6 lets through or chokes
 * on; each is named after what it would do there.
 */
#include "event/json.h"
#include "tap.h"

#include <stdlib.h>

/* Checks a copy that is exactly as long, so that ASan sees a step too far. */
static int
check(struct mg_sl text, struct mg_str *after)
{
	char *copy = mg_xmalloc(text.n);
	int flags;

	if (text.n)
		memcpy(copy, text.p, text.n);
	flags = mg_json_check(copy, text.n, NULL, NULL);
	if (after) {
		mg_str_clear(after);
		mg_str_add(after, copy, text.n);
	}
	free(copy);
	return flags;
}

struct sample {
	const char *name;
	struct mg_sl text;
	int flags; /* -1: refused */
};

static void
check_all(const struct sample *s, size_t n)
{
	for (; n; n--, s++)
		ok(check(s->text, NULL) == s->flags, s->name);
}

#define T(literal) \
	{ \
		(literal), sizeof(literal) - 1 \
	}
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
test_grammar(void)
{
	static const struct sample samples[] = {
		{"every kind of value", T("[null,true,false,0,\"\",{},[]]"), 0},
		{"blanks around", T(" \t\r\n{ \"a\" : [ 1 , 2 ] } \r\n"), 0},
		{"a scalar alone", T("7"), 0},
		{"duplicate keys", T("{\"a\":1,\"a\":2}"), 0},
		{"0x7F in a string", T("\"\x7F\""), 0},
		{"empty", T(""), -1},
		{"blanks only", T(" \n"), -1},
		{"two values", T("1 2"), -1},
		{"two lines", T("{}\n{}"), -1},
		{"comma at the end of an array", T("[1,]"), -1},
		{"comma at the end of an object", T("{\"a\":1,}"), -1},
		{"comma alone", T("[,]"), -1},
		{"no comma", T("[1 2]"), -1},
		{"no colon", T("{\"a\" 1}"), -1},
		{"no value", T("{\"a\":}"), -1},
		{"key without quotes", T("{a:1}"), -1},
		{"key that is a number", T("{1:1}"), -1},
		{"wrong bracket", T("[1}"), -1},
		{"bracket too many", T("[]]"), -1},
		{"array without an end", T("[1"), -1},
		{"object without an end", T("{\"a\":1"), -1},
		{"single quotes", T("'a'"), -1},
		{"comment", T("1 // one"), -1},
		{"half a word", T("tru"), -1},
		{"word too long", T("nulls"), -1},
		{"word in capitals", T("True"), -1},
		{"form feed as a blank", T("\f1"), -1},
		{"no-break space as a blank",
			T("\xC2\xA0"
			  "1"),
			-1},
	};

	check_all(samples, COUNT(samples));
}

static void
test_lenient(void)
{
	static const struct sample samples[] = {
		{"NaN", T("NaN"), -1},
		{"nan", T("[nan]"), -1},
		{"Infinity", T("Infinity"), -1},
		{"-Infinity", T("-Infinity"), -1},
		{"inf", T("inf"), -1},
		{"+1", T("+1"), -1},
		{"01", T("01"), -1},
		{"-01", T("-01"), -1},
		{".5", T(".5"), -1},
		{"1.", T("1."), -1},
		{"1.e3", T("1.e3"), -1},
		{"1e", T("1e"), -1},
		{"1e+", T("1e+"), -1},
		{"minus alone", T("-"), -1},
		{"hexadecimal", T("0x10"), -1},
		{"raw NUL in a string", T("\"a\0b\""), -1},
		{"raw 0x1F in a string", T("\"a\x1F\""), -1},
		{"raw newline in a string", T("\"a\nb\""), -1},
		{"raw tab in a string", T("\"a\tb\""), -1},
		{"NUL and more behind a value", T("1\0{\"smuggled\":1}"), -1},
		{"NUL behind a value", T("1\0"), -1},
		{"NUL alone", T("\0"), -1},
		{"RS within a value", T("{\"a\":1,\x1E{\"b\":2}"), -1},
		{"RS before a value", T("\x1E{\"a\":1}"), -1},
		{"RS in a string", T("\"\x1E\""), -1},
		{"BOM", T("\xEF\xBB\xBF{}"), -1},
		{"lone 0xEF", T("\xEF{}"), -1},
		{"half a BOM", T("\xEF\xBB{}"), -1},
	};

	check_all(samples, COUNT(samples));
}

static void
test_strings(void)
{
	static const struct sample samples[] = {
		{"every escape", T("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\""), 0},
		{"\\u0000 is legal", T("\"\\u0000\""), 0},
		{"a pair of surrogates", T("\"\\uD83D\\ude00\""), 0},
		{"unknown escape", T("\"\\x41\""), -1},
		{"\\U", T("\"\\U0041\""), -1},
		{"backslash NUL", T("\"\\\0\""), -1},
		{"three hex digits", T("\"\\u12\""), -1},
		{"no hex digit", T("\"\\u12g4\""), -1},
		{"backslash at the end", T("\"\\"), -1},
		{"\\u at the end", T("\"\\u00"), -1},
		{"string without an end", T("\"abcdefghijklmnop"), -1},
		{"2, 3 and 4 bytes",
			T("\"\xC3\xA9\xE2\x82\xAC"
			  "\xF0\x9F\x98\x80\""),
			0},
		{"U+10FFFF", T("\"\xF4\x8F\xBF\xBF\""), 0},
		{"beyond U+10FFFF", T("\"\xF4\x90\x80\x80\""), -1},
		{"U+2028 and U+FFFF", T("\"\xE2\x80\xA8\xEF\xBF\xBF\""), 0},
		{"overlong slash", T("\"\xC0\xAF\""), -1},
		{"overlong, 3 bytes", T("\"\xE0\x80\xAF\""), -1},
		{"overlong, 4 bytes", T("\"\xF0\x80\x80\xAF\""), -1},
		{"raw surrogate", T("\"\xED\xA0\x80\""), -1},
		{"continuation byte alone", T("\"\x80\""), -1},
		{"0xFF", T("\"\xFF\""), -1},
		{"sequence cut by the quote", T("\"\xE2\x82\""), -1},
		{"sequence cut by the end", T("\"\xF0\x9F"), -1},
		{"invalid UTF-8 in a key", T("{\"\xFF\":1}"), -1},
	};

	check_all(samples, COUNT(samples));
}

static void
test_numbers(void)
{
	static const struct sample samples[] = {
		{"zero, and minus zero", T("[0,-0,0.0,-0.0e0]"), 0},
		{"every form", T("[-1.5e+3,1E-2,0.1,10,1e00003]"), 0},
		{"15 digits", T("999999999999999"), 0},
		{"16 digits", T("1000000000000000"), MG_JSON_LOSSY},
		{"2^53+1", T("[-9007199254740993]"), MG_JSON_LOSSY},
		{"17 digits with a point", T("0.12345678901234567"), 0},
		{"18 digits with a point", T("1.23456789012345678"),
			MG_JSON_LOSSY},
		{"zeros in front do not count", T("0.0000000000000000000001"),
			0},
		{"largest double", T("1.7976931348623157e308"), 0},
		{"just below its rounding limit",
			T("179769313486231580793728971405301e276"),
			MG_JSON_LOSSY},
		{"just above", T("179769313486231580793728971405304e276"), -1},
		{"1e309", T("1e309"), -1},
		{"1e1000", T("[1e1000]"), -1},
		{"-1e99999999999999999999", T("-1e99999999999999999999"), -1},
		{"0e99999999999999999999", T("0e99999999999999999999"), 0},
		{"small mantissa, large exponent", T("0.00001e314"), -1},
		{"long number, point", T("0.12345678901234567."), -1},
		{"long number, point, e", T("0.12345678901234567.e"), -1},
		{"long number, point, e, sign", T("1e5.e-"), -1},
		{"1e-400 becomes zero", T("1e-400"), MG_JSON_LOSSY},
		{"1e-99999999999999999999", T("1e-99999999999999999999"),
			MG_JSON_LOSSY},
	};
	struct mg_str s = MG_STR(0);

	check_all(samples, COUNT(samples));
	for (int i = 0; i < 310; i++)
		mg_str_putc(&s, '9');
	ok(check(mg_str_as_sl(&s), NULL) < 0, "310 digits overflow");
	s.len = 308;
	ok(check(mg_str_as_sl(&s), NULL) == MG_JSON_LOSSY, "308 do not");
	mg_str_release(&s);
}

/* n brackets of one kind, and as many that close them. */
static int
check_depth(const char *open, const char *inner, const char *close, int n)
{
	struct mg_str s = MG_STR(0);
	int flags;

	for (int i = 0; i < n; i++)
		mg_str_puts(&s, open);
	mg_str_puts(&s, inner);
	for (int i = 0; i < n; i++)
		mg_str_puts(&s, close);
	flags = check(mg_str_as_sl(&s), NULL);
	mg_str_release(&s);
	return flags;
}

static void
test_depth(void)
{
	static const int deeper[] = {101, 128, 129, 256, 257, 100000};
	char name[64];

	ok(check_depth("[", "", "]", 100) == 0, "100 arrays");
	ok(check_depth("{\"a\":", "1", "}", 100) == 0, "100 objects");
	for (size_t i = 0; i < COUNT(deeper); i++) {
		snprintf(name, sizeof(name), "%d arrays", deeper[i]);
		ok(check_depth("[", "", "]", deeper[i]) < 0, name);
		snprintf(name, sizeof(name), "%d objects", deeper[i]);
		ok(check_depth("{\"a\":", "1", "}", deeper[i]) < 0, name);
	}
}

static void
test_mending(void)
{
	static const struct {
		const char *name, *before, *after;
	} samples[] = {
		{"lone high surrogate", "\"\\ud800\"", "\"\\ufffd\""},
		{"lone low surrogate", "\"\\uDC00x\"", "\"\\ufffdx\""},
		{"two high ones", "\"\\ud800\\udbff\"", "\"\\ufffd\\ufffd\""},
		{"high, then a pair", "\"\\ud800\\ud83d\\ude00\"",
			"\"\\ufffd\\ud83d\\ude00\""},
		{"high, then a letter", "\"\\ud83d\\u0041\"",
			"\"\\ufffd\\u0041\""},
		{"low before high", "\"\\ude00\\ud83d\"", "\"\\ufffd\\ufffd\""},
		{"in a key", "{\"\\ud800\":0}", "{\"\\ufffd\":0}"},
	};
	struct mg_str after = MG_STR(0);

	for (size_t i = 0; i < COUNT(samples); i++) {
		ok(check(mg_sl_of(samples[i].before), &after) == MG_JSON_MENDED,
			samples[i].name);
		is_str(after.s, samples[i].after, samples[i].name);
	}
	ok(check(MG_SL("[\"\\ud800\",9007199254740993]"), NULL) ==
			(MG_JSON_MENDED | MG_JSON_LOSSY),
		"both flags");
	mg_str_release(&after);
}

static void
test_why(void)
{
	char text[] = "{\"a\":1,\"b\":nil}", cut[] = "[1,";
	const char *why = NULL;
	size_t at = 0;

	ok(mg_json_check(text, strlen(text), &why, &at) < 0 && at == 11,
		"where it is wrong");
	is_str(why, "unknown word", "what is wrong");
	ok(mg_json_check(cut, strlen(cut), &why, &at) < 0 && at == 3,
		"where it is cut");
	is_str(why, "it ends too early", "that it is cut");
	ok(mg_json_check(NULL, 0, &why, &at) < 0 && at == 0, "nothing at all");
}

/* A fast run looks at eight bytes: put the odd one at each of their places. */
static void
test_alignment(void)
{
	static const char odd[] = "\"\\\x1F\x80\x01";
	char text[40];
	bool good = true;

	for (size_t i = 1; i < 20; i++)
		for (size_t k = 0; k < sizeof(odd); k++) {
			memset(text, 'a', sizeof(text));
			text[0] = text[21] = '"';
			good &= check((struct mg_sl){text, 22}, NULL) == 0;
			text[i] = odd[k];
			good &= check((struct mg_sl){text, 22}, NULL) < 0;
		}
	ok(good, "odd bytes at every place of a string");
}

static const char line[] =
	" {\"\\u0074ype\" : \"message\", \"n\":9007199254740993,\"dup\":1,"
	"\"a\\\"b\":{\"]\":[ [] , {\"x\":\"}\\\\\"} ]},\"price\":1.0,"
	"\"list\":[10, 20,[30]],\"\":\"empty\",\"dup\":2,\"a\\\\n\":3,"
	"\"caf\\u00e9\":null,\"\xE2\x82\xAC\":true} ";

static bool
raw_is(struct mg_sl raw, const char *want)
{
	return want ? mg_sl_is(raw, want) : !raw.p;
}

static void
test_get(void)
{
	struct mg_sl v = MG_SL(line);

	ok(check(v, NULL) == MG_JSON_LOSSY, "the sample line is good");
	ok(raw_is(mg_json_get(v, "type"), "\"message\""), "escaped key");
	ok(raw_is(mg_json_get(v, "n"), "9007199254740993"),
		"2^53+1 keeps its digits");
	ok(raw_is(mg_json_get(v, "price"), "1.0"), "1.0 keeps its zero");
	ok(raw_is(mg_json_get(v, "dup"), "2"), "of equal keys the last");
	ok(raw_is(mg_json_get(v, "a\"b"), "{\"]\":[ [] , {\"x\":\"}\\\\\"} ]}"),
		"brackets in strings do not count");
	ok(raw_is(mg_json_get(v, ""), "\"empty\""), "empty key");
	ok(raw_is(mg_json_get(v, "a\\n"), "3"), "backslash in a key");
	ok(raw_is(mg_json_get(v, "a\n"), NULL), "which is no newline");
	ok(raw_is(mg_json_get(v, "caf\xC3\xA9"), "null"), "decoded key");
	ok(raw_is(mg_json_get(v, "\xE2\x82\xAC"), "true"), "UTF-8 key");
	ok(raw_is(mg_json_get(v, "typ"), NULL), "beginning of a key");
	ok(raw_is(mg_json_get(v, "types"), NULL), "more than a key");
	ok(raw_is(mg_json_get(v, "x"), NULL), "key of an inner object");
	ok(raw_is(mg_json_get(MG_SL("[1]"), "0"), NULL), "get of an array");
	ok(raw_is(mg_json_get(MG_SL("3"), "a"), NULL), "get of a number");
	ok(raw_is(mg_json_get(MG_SL("{}"), "a"), NULL), "get of {}");
	ok(raw_is(mg_json_get(MG_SL(""), "a"), NULL), "get of nothing");
	ok(raw_is(mg_json_get((struct mg_sl){NULL, 0}, "a"), NULL),
		"get of what is absent");
}

static void
test_path(void)
{
	struct mg_sl v = MG_SL(line);

	ok(raw_is(mg_json_path(v, "list.1"), "20"), "path with an index");
	ok(raw_is(mg_json_path(v, "list.2.0"), "30"), "path of two indices");
	ok(raw_is(mg_json_path(v, "a\"b.].1.x"), "\"}\\\\\""), "long path");
	ok(raw_is(mg_json_path(v, ""), "\"empty\""), "path of an empty key");
	ok(raw_is(mg_json_path(v, "list.3"), NULL), "index too large");
	ok(raw_is(mg_json_path(v, "list.01"), NULL), "index with a zero");
	ok(raw_is(mg_json_path(v, "list.-1"), NULL), "negative index");
	ok(raw_is(mg_json_path(v, "list.99999999999999999999"), NULL),
		"index beyond all bounds");
	ok(raw_is(mg_json_path(v, "list."), NULL), "empty index");
	ok(raw_is(mg_json_path(v, "n.x"), NULL), "path through a number");
	ok(raw_is(mg_json_path(MG_SL("{\"0\":{\"1\":5}}"), "0.1"), "5"),
		"digits are keys in objects");
}

static void
test_next(void)
{
	struct mg_sl v = MG_SL(" [ 1 ,[2,3], \"x,]\" ] "), key, value;
	size_t it = 0;

	ok(mg_json_next(v, &it, &key, &value) && !key.p && raw_is(value, "1") &&
			mg_json_next(v, &it, &key, &value) &&
			raw_is(value, "[2,3]") &&
			mg_json_next(v, &it, &key, &value) &&
			raw_is(value, "\"x,]\""),
		"elements one by one");
	ok(!mg_json_next(v, &it, &key, &value) &&
			!mg_json_next(v, &it, &key, &value),
		"and then no more");
	v = MG_SL("{ \"a\\n\" : 1 , \"b\":{} }");
	it = 0;
	ok(mg_json_next(v, &it, &key, &value) && raw_is(key, "\"a\\n\"") &&
			raw_is(value, "1") && mg_json_key_is(key, "a\n"),
		"a member with its raw key");
	ok(mg_json_next(v, &it, &key, &value) && mg_json_key_is(key, "b") &&
			raw_is(value, "{}"),
		"the next member");
	ok(!mg_json_next(v, &it, &key, &value), "the last member");
	ok(mg_json_count(MG_SL("[]")) == 0 && mg_json_count(MG_SL("{ }")) == 0,
		"nothing to count");
	ok(mg_json_count(MG_SL("[[1,2],3]")) == 2, "count of an array");
	ok(mg_json_count(MG_SL("{\"a\":1,\"a\":2}")) == 2, "count of members");
	ok(mg_json_count(MG_SL("12")) == 0, "a number has no elements");
}

static void
test_kind(void)
{
	static const char *const raws[] = {
		" {}", "[]", "\"\"", "true", "false", "null", "-1", "7"};
	char kinds[COUNT(raws) + 1] = "";

	for (size_t i = 0; i < COUNT(raws); i++)
		kinds[i] = mg_json_kind(mg_sl_of(raws[i]));
	is_str(kinds, "{[\"tfn00", "kinds");
	ok(!mg_json_kind(MG_SL(" ")) && !mg_json_kind((struct mg_sl){NULL, 0}),
		"kind of nothing");
}

static void
test_text(void)
{
	struct mg_str out = MG_STR(0);
	char *copy;

	ok(mg_json_text(MG_SL("\"\""), &out) && out.s && !out.len,
		"empty text is there");
	ok(mg_json_text(MG_SL(" \"a\\u00e9\\ud83d\\uDE00\\/\\\"\\\\\" "), &out),
		"text");
	is_str(out.s, "a\xC3\xA9\xF0\x9F\x98\x80/\"\\", "text, decoded");
	mg_str_clear(&out);
	ok(mg_json_text(MG_SL("\"\\b\\f\\n\\r\\t\\u20ac\""), &out), "escapes");
	is_str(out.s, "\b\f\n\r\t\xE2\x82\xAC", "escapes, decoded");
	ok(!mg_json_text(MG_SL("12"), &out) && out.len == 8,
		"a number is no text");
	mg_str_clear(&out);
	ok(mg_json_text(MG_SL("\"a\\u0000b\""), &out) && out.len == 3 &&
			!memcmp(out.s, "a\0b", 3),
		"text with a NUL");
	ok(!mg_json_dup(MG_SL("\"a\\u0000b\"")), "which cannot be a C string");
	ok(!mg_json_dup(MG_SL("null")), "neither can null");
	copy = mg_json_dup(MG_SL("\"x\\ty\""));
	is_str(copy, "x\ty", "dup");
	free(copy);
	copy = mg_json_dup(MG_SL("\"\""));
	is_str(copy, "", "dup of the empty string");
	free(copy);
	ok(mg_json_is(MG_SL("\"mess\\u0061ge\""), "message"), "is");
	ok(!mg_json_is(MG_SL("\"message\\u0000\""), "message"), "is, and NUL");
	ok(!mg_json_is(MG_SL("\"message\""), "messag"), "is not");
	ok(!mg_json_is(MG_SL("7"), "7"), "a number is no string");
	mg_str_release(&out);
}

static void
test_int(void)
{
	ok(mg_json_int(MG_SL("9223372036854775807"), 0) == INT64_MAX,
		"largest int");
	ok(mg_json_int(MG_SL("9223372036854775808"), 5) == 5, "one more");
	ok(mg_json_int(MG_SL("-9223372036854775808"), 0) == INT64_MIN,
		"smallest int");
	ok(mg_json_int(MG_SL("-9223372036854775809"), 5) == 5, "one less");
	ok(mg_json_int(MG_SL("99999999999999999999"), 5) == 5, "20 digits");
	ok(mg_json_int(MG_SL("18446744073709551615"), 5) == 5, "2^64-1");
	ok(mg_json_int(MG_SL(" -12 "), 0) == -12, "blanks around an int");
	ok(mg_json_int(MG_SL("-0"), 5) == 0, "minus zero");
	ok(mg_json_int(MG_SL("1e3"), 5) == 5, "1e3 is no int");
	ok(mg_json_int(MG_SL("1.0"), 5) == 5, "1.0 is no int");
	ok(mg_json_int(MG_SL("\"1\""), 5) == 5, "a string is no int");
	ok(mg_json_int(MG_SL("-"), 5) == 5 && mg_json_int(MG_SL(""), 5) == 5 &&
			mg_json_int((struct mg_sl){NULL, 0}, 5) == 5,
		"no int");
	ok(mg_json_bool(MG_SL("true"), false) &&
			!mg_json_bool(MG_SL(" false"), true) &&
			mg_json_bool(MG_SL("1"), true),
		"bool");
}

static void
test_writer(void)
{
	struct mg_str out = MG_STR(0), small = MG_STR(8);

	mg_json_put(&out, MG_SL("a\"\\/\b\f\n\r\t\0\x1F\x7F"));
	is_str(out.s, "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\x7F\"",
		"what is escaped");
	mg_str_clear(&out);
	mg_json_put(&out, MG_SL("\xE2\x80\xA8\xC3\xA9\xF0\x9F\x98\x80"));
	is_str(out.s, "\"\xE2\x80\xA8\xC3\xA9\xF0\x9F\x98\x80\"",
		"U+2028 and others as they are");
	mg_str_clear(&out);
	mg_json_esc(&out,
		MG_SL("a\xFF"
		      "b\xE2\x82"
		      "c\xC0\xAF\xED\xA0\x80"));
	is_str(out.s,
		"a\xEF\xBF\xBD"
		"b\xEF\xBF\xBD"
		"c\xEF\xBF\xBD"
		"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD",
		"invalid UTF-8 becomes U+FFFD");
	mg_str_clear(&out);
	mg_json_esc(&out, MG_SL("x\xF0\x9F\x98"));
	is_str(out.s, "x\xEF\xBF\xBD", "cut at the end");
	mg_str_clear(&out);
	mg_json_put(&out, (struct mg_sl){NULL, 0});
	mg_json_puts(&out, NULL);
	is_str(out.s, "\"\"\"\"", "what is absent is empty");
	mg_str_clear(&out);
	mg_str_putc(&out, '{');
	mg_json_ms(&out, "type", "delta");
	mg_json_m(&out, "t\"", MG_SL("\n"));
	mg_json_mi(&out, "n", INT64_MIN);
	mg_json_mb(&out, "yes", true);
	mg_json_mraw(&out, "raw", MG_SL("[1.0]"));
	mg_json_mraw(&out, "none", (struct mg_sl){NULL, 0});
	mg_str_putc(&out, '}');
	is_str(out.s,
		"{\"type\":\"delta\",\"t\\\"\":\"\\n\","
		"\"n\":-9223372036854775808,\"yes\":true,\"raw\":[1.0],"
		"\"none\":null}",
		"an object, member by member");
	mg_json_puts(&small, "longer than that");
	ok(small.over, "the limit is kept");
	mg_str_release(&small);
	mg_str_release(&out);
}

/* Readers on unchecked bytes: wrong answers are fine, a step outside is not. */
static void
test_robust(void)
{
	static const char *const bad[] = {"{", "[", "\"", "\"\\", "{\"a", "[,",
		"{\"a\":", "{\"a\"", "[1,,2]", "{,", "\"\\u12\"", "]", "[[[",
		"{\"a\\\"", "{1:2}", "[}", "\"\\ud800\\u\"", "-", "{\"a\":,}"};
	struct mg_str out = MG_STR(0);
	struct mg_sl key, value, raw;
	size_t n = 0, it;
	char *copy;

	for (size_t i = 0; i < COUNT(bad); i++) {
		raw.n = strlen(bad[i]);
		raw.p = copy = mg_xmalloc(raw.n);
		memcpy(copy, bad[i], raw.n);
		for (it = 0; mg_json_next(raw, &it, &key, &value); n++)
			mg_json_text(value, &out);
		mg_json_text(raw, &out);
		mg_json_path(raw, "a.0.b");
		mg_json_int(raw, 0);
		free(copy);
	}
	ok(n < 100, "readers end on what is no JSON");
	mg_str_release(&out);
}

int
main(void)
{
	test_grammar();
	test_lenient();
	test_strings();
	test_numbers();
	test_depth();
	test_mending();
	test_why();
	test_alignment();
	test_get();
	test_path();
	test_next();
	test_kind();
	test_text();
	test_int();
	test_writer();
	test_robust();
	return done();
}
