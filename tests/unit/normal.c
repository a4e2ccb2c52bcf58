/* normal.c - vote/normal.h: the steps of mg-vote(1), NORMALISATION. */
#include "vote/normal.h"

#include "tap.h"

#include <stdlib.h>

/* The key; malloc'd, NULL for an abstention. */
static char *
key_of(const char *text)
{
	struct mg_str key = MG_STR(0);

	mg_normal(mg_sl_of(text), &key);
	return key.s;
}

static void
is_key(const char *text, const char *want)
{
	char *got = key_of(text), name[256];

	snprintf(name, sizeof(name), "%s", text);
	for (char *p = name; *p; p++)
		if (*p == '\n' || *p == '\r' || *p == '#')
			*p = ' ';
	is_str(got, want, name);
	free(got);
}

struct sample {
	const char *text, *key;
};

static void
each(const struct sample *s)
{
	for (; s->text; s++)
		is_key(s->text, s->key);
}

static void
test_blanks(void)
{
	static const struct sample samples[] = {{"", NULL}, {" \t\r\n", NULL},
		{"\xC2\xA0\xE2\x80\x89\xE2\x80\xAF\xE3\x80\x80", NULL},
		{"\xC2\xA0 Paris \xE3\x80\x80", "t:paris"},
		{"New \t\n York", "t:new york"},
		{"New\xE3\x80\x80York", "t:new york"},
		{"\xE2\x80\x8A thin", "t:\xE2\x80\x8A thin"},
		{"\xC3\x84pfel", "t:\xC3\x84pfel"},
		{"\xC3\xA4pfel", "t:\xC3\xA4pfel"}, {NULL, NULL}};

	each(samples);
}

static void
test_fences(void)
{
	static const struct sample samples[] = {
		{"```\nA b.\n  C;\n```", "c:A b.\n  C;"},
		{"```py x\nA \t\r\nB\n\n \n```", "c:A\nB"},
		{"```\n\nA\n```", "c:\nA"},
		{"~~~~ a`b\nA\n~~~\nB\n~~~~~", "c:A\n~~~\nB"},
		{"```\nYes.\n```", "b:yes"}, {"```\nx\n  ```", "t:x"},
		{"```\n **42**\n\n```", "n:42e0"}, {"```\n```", "t:``` ```"},
		{"```\n \n```", "t:``` ```"}, {"```42```", "t:```42```"},
		{"```\na\n```\nb\n```", "t:``` a ``` b ```"},
		{"```\na\nb\n~~~", "t:``` a b ~~~"}, {"```\na\nb", "t:``` a b"},
		{"``` a`b\na\nb\n```", "t:``` a`b a b ```"},
		{"````\na\nb\n```", "t:```` a b ```"},
		{"so:\n```\na\nb\n```", "t:so: ``` a b ```"}, {NULL, NULL}};

	each(samples);
}

static void
test_around(void)
{
	static const struct sample samples[] = {{"Answer: Paris", "t:paris"},
		{"The FINAL  answer is: **Paris**.", "t:paris"},
		{"final answer is Paris", "t:paris"},
		{"the answer :Paris", "t:paris"},
		{"Answer: the answer is Paris", "t:paris"},
		{"answer Paris", "t:answer paris"},
		{"answeris Paris", "t:answeris paris"},
		{"answer is", "t:answer is"},
		{"answer isn't Paris", "t:answer isn't paris"},
		{"Answer:", "t:answer"}, {"Answer: :", "t::"},
		{"answer is :", "t:answer is"},
		{"their answer: x", "t:their answer: x"},
		{"***Paris***", "t:paris"}, {"__Paris__", "t:paris"},
		{"_Paris_", "t:paris"}, {"`Paris`", "t:paris"},
		{"\"Paris.\"", "t:paris"}, {"'Paris'.", "t:paris"},
		{"\xE2\x80\x9CParis\xE2\x80\x9D", "t:paris"},
		{"\xE2\x80\x98Paris\xE2\x80\x99", "t:paris"},
		{"\xC2\xAB Paris \xC2\xBB", "t:paris"},
		{"[(Paris)]", "t:paris"}, {"\\(x^2\\)", "t:x^2"},
		{"$\\boxed{42}$", "n:42e0"},
		{"\\boxed{\\frac{1}{2}}", "t:\\boxed{\\frac{1}{2}}"},
		{"(a) or (b)", "t:(a) or (b)"},
		{"*a* and *b*", "t:*a* and *b*"}, {"**", "t:**"},
		{"()", "t:()"}, {"( )", "t:( )"}, {"\"", "t:\""},
		{"$$42$$", "t:$$42$$"}, {"...", "t:."}, {"Paris?!", "t:paris"},
		{"42 !", "n:42e0"}, {"5!", "t:5!"}, {"5!!", "t:5!"},
		{"5?", "t:5?"}, {"a, b;", "t:a, b"}, {"?", "t:?"},
		{"C++", "t:c++"}, {"{x}", "t:{x}"}, {NULL, NULL}};

	each(samples);
}

static void
test_numbers(void)
{
	static const struct sample samples[] = {{"42", "n:42e0"},
		{"42.0", "n:42e0"}, {"4.2e1", "n:42e0"}, {"+42", "n:42e0"},
		{"420E-1", "n:42e0"}, {"42.", "n:42e0"}, {"-42", "n:-42e0"},
		{"\xE2\x88\x92"
		 "42",
			"n:-42e0"},
		{"43", "n:43e0"}, {"0", "n:0e0"}, {"-0.00e5", "n:0e0"},
		{".5", "n:5e-1"}, {"0.50", "n:5e-1"}, {"-.5", "n:-5e-1"},
		{"1e999999999", "n:1e999999999"},
		{"1e0000000001", "t:1e0000000001"}, {"1e+5", "n:1e5"},
		{"100000", "n:1e5"}, {"1e", "t:1e"},
		{"9007199254740993", "n:9007199254740993e0"},
		{"9007199254740992", "n:9007199254740992e0"},
		{"1,234", "n:1234e0"}, {"1 234 567", "n:1234567e0"},
		{"1\xE2\x80\xAF"
		 "234,5",
			"t:1 234,5"},
		{"1\xC2\xA0"
		 "234.5",
			"n:12345e-1"},
		{"1_000", "n:1e3"}, {"1'000", "n:1e3"}, {"1,23", "t:1,23"},
		{"3,14", "t:3,14"}, {"1,234 567", "t:1,234 567"},
		{"1234,567", "t:1234,567"}, {"0,123", "t:0,123"},
		{"1,2345", "t:1,2345"}, {"1,,234", "t:1,,234"},
		{"1,234,", "n:1234e0"}, {"007", "t:007"}, {"00", "t:00"},
		{"-", "t:-"}, {".", "t:."}, {"- 42", "t:- 42"},
		{"--42", "t:--42"}, {"1.2.3", "t:1.2.3"}, {"1/2", "t:1/2"},
		{"42%", "t:42%"}, {"$42", "t:$42"}, {"$42$", "n:42e0"},
		{"0x10", "t:0x10"}, {"1e5.5", "t:1e5.5"}, {"3.14", "n:314e-2"},
		{"42 km", "t:42 km"},
		{"\xD9\xA4\xD9\xA2", "t:\xD9\xA4\xD9\xA2"}, {NULL, NULL}};

	each(samples);
}

static void
test_words(void)
{
	static const struct sample samples[] = {{"Yes", "b:yes"},
		{"yeah!", "b:yes"}, {"yep", "b:yes"}, {"TRUE", "b:yes"},
		{"no.", "b:no"}, {"Nope", "b:no"}, {"False", "b:no"},
		{"No, 42", "t:no, 42"}, {"No, 43", "t:no, 43"},
		{"Yes and no", "t:yes and no"}, {"y", "t:y"}, {"B", "t:b"},
		{"(b)", "t:b"}, {"B)", "t:b"}, {"B.", "t:b"},
		{"Option B", "t:b"}, {"choice b).", "t:b"},
		{"Letter B:", "t:b"}, {"The answer is (B).", "t:b"},
		{"option (b)", "t:option (b)"}, {"option ab", "t:option ab"},
		{"option", "t:option"}, {"ab)", "t:ab)"}, {"b))", "t:b))"},
		{"option 1", "t:option 1"}, {NULL, NULL}};

	each(samples);
}

/* What is not a C string, and what goes behind something. */
static void
test_bytes(void)
{
	struct mg_str key = MG_STR(0);

	ok(mg_normal(MG_SL("a\0B."), &key) &&
			mg_sl_eq(mg_str_as_sl(&key), MG_SL("t:a\0b")),
		"a NUL is a character");
	ok(mg_normal(MG_SL("1.0"), &key) &&
			mg_sl_eq(mg_str_as_sl(&key), MG_SL("t:a\0bn:1e0")),
		"keys are appended");
	ok(!mg_normal(MG_SL(" "), &key) && key.len == 10,
		"nothing is appended for an abstention");
	ok(mg_normal(MG_SL("\xE3\x80"), &key), "half a blank is none");
	mg_str_release(&key);
}

int
main(void)
{
	test_blanks();
	test_fences();
	test_around();
	test_numbers();
	test_words();
	test_bytes();
	return done();
}
