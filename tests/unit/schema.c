/* schema/schema.h, keyword by keyword; at random in tests/schema.bats. */
#include "event/json.h"
#include "schema/schema_in.h"

#include <stdio.h>
#include <stdlib.h>

#include "tap.h"

/* Checked, as the contract wants; the bytes may be mended. */
static struct mg_sl
json(char *text)
{
	struct mg_sl raw = mg_sl_of(text);

	if (mg_json_check(text, raw.n, NULL, NULL) < 0)
		ok(false, "the test itself is JSON");
	return raw;
}

struct row {
	const char *schema, *value;
	const char *why; /* NULL: it fits */
};

static void
judge(const struct row *r)
{
	char *schema = mg_xstrdup(r->schema), *value = mg_xstrdup(r->value);
	struct mg_sl s = json(schema), v = json(value);
	struct mg_str why = MG_STR(4096), name = MG_STR(160);
	bool fits = mg_schema_fits(s, v, &why), same;

	mg_str_sl(&name, mg_sl_cut(s, 80));
	mg_str_puts(&name, " <- ");
	mg_str_sl(&name, mg_sl_cut(v, 60));
	same = fits == !r->why && fits == mg_schema_fits(s, v, NULL) &&
		(fits ? why.len == 0 : mg_sl_is(mg_str_as_sl(&why), r->why));
	if (!ok(same, name.s))
		fprintf(stderr, "#  got: %s\n# want: %s\n",
			fits ? "it fits" : why.s, r->why ? r->why : "it fits");
	mg_str_release(&why);
	mg_str_release(&name);
	free(schema);
	free(value);
}

#define JUDGE(rows) \
	for (size_t i = 0; i < sizeof(rows) / sizeof(*(rows)); i++) \
	judge(&(rows)[i])

static void
types(void)
{
	static const struct row rows[] = {
		{"true", "1", NULL},
		{"{}", "1", NULL},
		{"false", "1", "is not allowed"},
		{"{\"type\":\"object\"}", "{}", NULL},
		{"{\"type\":\"object\"}", "[]", "must be an object"},
		{"{\"type\":\"array\"}", " [ ] ", NULL},
		{"{\"type\":\"array\"}", "{}", "must be an array"},
		{"{\"type\":\"string\"}", "\"\"", NULL},
		{"{\"type\":\"string\"}", "1", "must be a string"},
		{"{\"type\":\"number\"}", "1e5", NULL},
		{"{\"type\":\"number\"}", "\"1\"", "must be a number"},
		{"{\"type\":\"integer\"}", "-0", NULL},
		{"{\"type\":\"integer\"}", "1.0", NULL},
		{"{\"type\":\"integer\"}", "1.50e1", NULL},
		{"{\"type\":\"integer\"}", "10e-1", NULL},
		{"{\"type\":\"integer\"}", "0.000e-5", NULL},
		{"{\"type\":\"integer\"}", "1e300", NULL},
		{"{\"type\":\"integer\"}", "1.5", "must be an integer"},
		{"{\"type\":\"integer\"}", "1e-1", "must be an integer"},
		{"{\"type\":\"integer\"}", "9007199254740992.5",
			"must be an integer"},
		{"{\"type\":\"boolean\"}", "false", NULL},
		{"{\"type\":\"boolean\"}", "true", NULL},
		{"{\"type\":\"boolean\"}", "0", "must be true or false"},
		{"{\"type\":\"null\"}", "null", NULL},
		{"{\"type\":\"null\"}", "false", "must be null"},
		{"{\"type\":[\"string\",\"null\"]}", "null", NULL},
		{"{\"type\":[\"string\",\"null\"]}", "1",
			"must be a string or null"},
		{"{\"type\":[\"string\",\"null\",\"array\"]}", "1",
			"must be a string, null or an array"},
		{"{\"type\":\"strin\"}", "\"\"", "must be \"strin\""},
		{"{\"\\u0074ype\":\"null\"}", "1", "must be null"},
		{"{\"type\":\"string\",\"type\":\"null\"}", "null", NULL},
		/* Of another type: what else is asked is not told. */
		{"{\"type\":\"object\",\"enum\":[1]}", "2",
			"must be an object"},
		/* Annotations say nothing. */
		{"{\"format\":\"email\",\"title\":1,\"default\":2,\"x\":{}}",
			"3", NULL},
	};

	JUDGE(rows);
	ok(mg_schema_fits((struct mg_sl){NULL, 0}, MG_SL("1"), NULL),
		"no schema fits everything");
	ok(mg_schema_fits(MG_SL(""), MG_SL("1"), NULL),
		"an empty schema fits everything");
}

static void
values(void)
{
	static const struct row rows[] = {
		{"{\"enum\":[\"c\",\"f\"]}", "\"c\"", NULL},
		{"{\"enum\":[\"c\",\"f\"]}", "\"k\"",
			"must be one of \"c\", \"f\""},
		{"{\"enum\":[]}", "1", "must be one of none"},
		{"{\"enum\":[0,1,2,3,4,5,6,7,8,9,10]}", "11",
			"must be one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …"},
		{"{\"enum\":[1]}", "1.0", NULL},
		{"{\"enum\":[1]}", "true", "must be one of 1"},
		{"{\"enum\":[0]}", "false", "must be one of 0"},
		{"{\"enum\":[null]}", "false", "must be one of null"},
		{"{\"enum\":[true]}", "false", "must be one of true"},
		{"{\"enum\":[100]}", "10e1", NULL},
		{"{\"enum\":[9007199254740993]}", "9007199254740992",
			"must be one of 9007199254740993"},
		{"{\"enum\":[\"\\u0061\\u00e9\"]}", "\"aé\"", NULL},
		{"{\"enum\":[\"a\\u0000b\"]}", "\"a\\u0000b\"", NULL},
		{"{\"enum\":[\"a\\u0000b\"]}", "\"a\\u0000c\"",
			"must be one of \"a\\u0000b\""},
		{"{\"const\":{\"a\":[1,{}],\"b\":null}}",
			"{\"b\":null,\"a\":[1.0,{ }]}", NULL},
		{"{\"const\":{\"a\":1}}", "{\"a\":2,\"a\":1}", NULL},
		{"{\"const\":{\"a\":1}}", "{\"a\":1,\"a\":2}",
			"must be {\"a\":1}"},
		{"{\"const\":{\"a\":1}}", "{\"a\":1,\"b\":1}",
			"must be {\"a\":1}"},
		{"{\"const\":{\"a\":1}}", "{\"b\":1}", "must be {\"a\":1}"},
		{"{\"const\":{\"a\":1,\"b\":1}}", "{\"a\":1}",
			"must be {\"a\":1,\"b\":1}"},
		{"{\"const\":[1,2]}", "[2,1]", "must be [1,2]"},
		{"{\"const\":[1]}", "[1,1]", "must be [1]"},
		{"{\"const\":[]}", "{}", "must be []"},
		{"{\"const\":-0.0}", "0", NULL},
		{"{\"const\":-1}", "1", "must be -1"},
		/* Cut to 40 bytes, never within a character. */
		{"{\"const\":\"0123456789012345678901234567890123456789\"}",
			"0",
			"must be \"012345678901234567890123456789012345678…\""},
		{"{\"const\":\"01234567890123456789012345678901234567éé\"}",
			"0",
			"must be \"01234567890123456789012345678901234567…\""},
		/* On one line. */
		{"{\"const\":{\n\"a\":\t1}}", "0", "must be { \"a\": 1}"},
		{"{\"const\":\"\x7f\xc2\x85\"}", "0", "must be \"??\""},
	};

	JUDGE(rows);
}

static void
numbers(void)
{
	static const struct row rows[] = {
		{"{\"minimum\":1}", "1", NULL},
		{"{\"minimum\":1}", "0.99999999999999999999",
			"must be at least 1"},
		{"{\"minimum\":1}", "\"0\"", NULL},
		{"{\"minimum\":-1.5}", "-1.50", NULL},
		{"{\"minimum\":-1.5}", "-1.51", "must be at least -1.5"},
		{"{\"minimum\":0}", "-1e-300", "must be at least 0"},
		{"{\"minimum\":-0.0}", "0", NULL},
		{"{\"minimum\":9007199254740993}", "9007199254740992",
			"must be at least 9007199254740993"},
		{"{\"minimum\":9007199254740993}", "9007199254740993", NULL},
		{"{\"maximum\":18446744073709551615}", "18446744073709551616",
			"must be at most 18446744073709551615"},
		{"{\"maximum\":18446744073709551616}",
			"1.8446744073709551616e19", NULL},
		{"{\"maximum\":10}", "10.0", NULL},
		{"{\"maximum\":10}", "11", "must be at most 10"},
		{"{\"maximum\":10}", "9.9e1", "must be at most 10"},
		{"{\"maximum\":0.1}", "0.10000000000000000001",
			"must be at most 0.1"},
		{"{\"exclusiveMinimum\":1}", "1.0", "must be more than 1"},
		{"{\"exclusiveMinimum\":1}", "1.0000000000000000001", NULL},
		{"{\"exclusiveMaximum\":1}", "1", "must be less than 1"},
		{"{\"exclusiveMaximum\":1}", "-1e2", NULL},
		{"{\"minimum\":1,\"exclusiveMinimum\":true}", "1",
			"must be more than 1"},
		{"{\"minimum\":1,\"exclusiveMinimum\":false}", "1", NULL},
		{"{\"maximum\":1,\"exclusiveMaximum\":true}", "1",
			"must be less than 1"},
		{"{\"maximum\":1,\"exclusiveMaximum\":true}", "2",
			"must be less than 1"},
		{"{\"minimum\":5,\"multipleOf\":2}", "3",
			"must be at least 5; must be a multiple of 2"},
		{"{\"multipleOf\":0.01}", "0.1", NULL},
		{"{\"multipleOf\":0.01}", "0.105",
			"must be a multiple of 0.01"},
		{"{\"multipleOf\":0.1}", "0.3", NULL},
		{"{\"multipleOf\":0.0001}", "0.0075", NULL},
		{"{\"multipleOf\":2}", "9007199254740993",
			"must be a multiple of 2"},
		{"{\"multipleOf\":3}", "18446744073709551616",
			"must be a multiple of 3"},
		{"{\"multipleOf\":3}", "-18446744073709551615", NULL},
		{"{\"multipleOf\":7}", "1e300", "must be a multiple of 7"},
		{"{\"multipleOf\":8}", "1e300", NULL},
		{"{\"multipleOf\":1e2}", "250", "must be a multiple of 1e2"},
		{"{\"multipleOf\":1e2}", "25e1", "must be a multiple of 1e2"},
		{"{\"multipleOf\":1e2}", "2500", NULL},
		{"{\"multipleOf\":2.5}", "7.50", NULL},
		{"{\"multipleOf\":5}", "0", NULL},
		{"{\"multipleOf\":123456789012345678}", "246913578024691356e10",
			NULL},
		{"{\"multipleOf\":1234567890123456789012}",
			"1234567890123456789012", NULL},
		{"{\"multipleOf\":0}", "1", "must be a multiple of 0"},
		{"{\"minimum\":\"x\",\"multipleOf\":\"y\"}", "1", NULL},
	};
	char huge[] = "1e400";

	JUDGE(rows);
	ok(mg_json_check(huge, 5, NULL, NULL) < 0,
		"1e400 never comes here: the check of JSON refuses it");
}

static void
strings(void)
{
	static const struct row rows[] = {
		{"{\"minLength\":3}", "\"abc\"", NULL},
		{"{\"minLength\":3}", "\"ab\"",
			"must be at least 3 characters long"},
		{"{\"minLength\":1}", "\"\"",
			"must be at least 1 character long"},
		{"{\"minLength\":1}", "[]", NULL},
		{"{\"maxLength\":2}", "\"日本\"", NULL},
		{"{\"maxLength\":2}", "\"日本語\"",
			"must be at most 2 characters long"},
		{"{\"maxLength\":1}", "\"😀\"", NULL},
		{"{\"maxLength\":1}", "\"\\ud83d\\ude00\"", NULL},
		{"{\"maxLength\":1}", "\"\\n\"", NULL},
		{"{\"minLength\":2}", "\"\\u00e9\"",
			"must be at least 2 characters long"},
		{"{\"maxLength\":1}", "\"e\\u0301\"",
			"must be at most 1 character long"},
		{"{\"maxLength\":2.0}", "\"abc\"",
			"must be at most 2.0 characters long"},
		{"{\"maxLength\":1e300}", "\"abc\"", NULL},
		{"{\"maxLength\":0,\"minLength\":2}", "\"a\"",
			"must be at least 2 characters long; "
			"must be at most 0 characters long"},
		{"{\"pattern\":\"^a+$\"}", "\"aa\"", NULL},
		{"{\"pattern\":\"^a+$\"}", "\"ab\"",
			"must match the pattern \"^a+$\""},
		{"{\"pattern\":\"b\"}", "\"abc\"", NULL},
		{"{\"pattern\":\"\"}", "\"\"", NULL},
		{"{\"pattern\":\"^.$\"}", "\"\\ud83d\\ude00\"", NULL},
		{"{\"pattern\":\"^\\\\p{Lu}\"}", "\"Élan\"", NULL},
		{"{\"pattern\":\"a\\u0000b\"}", "\"xa\\u0000b\"", NULL},
		{"{\"pattern\":\"^a+$\"}", "12", NULL},
		{"{\"properties\":{\"x\":{\"pattern\":\"(\"}}}",
			"{\"x\":\"a\"}",
			"`x` cannot fit: the pattern \"(\" does not compile"},
		{"{\"not\":{\"pattern\":\"(\"}}", "\"a\"",
			"cannot fit: the pattern \"(\" does not compile"},
		{"{\"pattern\":\"^(a+)+$\"}",
			"\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"",
			"takes too long to compare with the pattern "
			"\"^(a+)+$\""},
		{"{\"not\":{\"pattern\":\"^(a+)+$\"}}",
			"\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"",
			"takes too long to compare with the pattern "
			"\"^(a+)+$\""},
		/* And the next one is as good as ever. */
		{"{\"pattern\":\"^(a+)+$\"}", "\"aaaa\"", NULL},
	};

	JUDGE(rows);
}

static void
objects(void)
{
	static const struct row rows[] = {
		{"{\"properties\":{\"a\":{\"type\":\"null\"}}}", "{}", NULL},
		{"{\"properties\":{\"a\":{\"type\":\"null\"}}}", "{\"b\":1}",
			NULL},
		{"{\"properties\":{\"a\":{\"type\":\"null\"}}}", "{\"a\":1}",
			"`a` must be null"},
		{"{\"properties\":{\"a\":false}}", "{\"\\u0061\":1}",
			"`\\u0061` is not allowed"},
		{"{\"properties\":{\"a\":{\"properties\":{\"b\":{\"items\":"
		 "false}}}}}",
			"{\"a\":{\"b\":[1]}}", "`a.b[0]` is not allowed"},
		/* Of equal names the last counts. */
		{"{\"properties\":{\"a\":{\"type\":\"null\"}}}",
			"{\"a\":1,\"a\":null}", NULL},
		{"{\"properties\":{\"a\":{\"type\":\"null\"}}}",
			"{\"a\":null,\"\\u0061\":1}", "`\\u0061` must be null"},
		{"{\"maxProperties\":1}", "{\"a\":1,\"a\":2}", NULL},
		{"{\"additionalProperties\":{\"type\":\"null\"}}",
			"{\"a\":1,\"a\":null}", NULL},
		{"{\"propertyNames\":{\"maxLength\":0}}", "{\"a\":1,\"a\":1}",
			"`a` is no name for a member here: it must be at "
			"most 0 characters long"},
		{"{\"required\":[\"city\",\"days\"]}", "{\"days\":1}",
			"`city` is missing"},
		{"{\"required\":[\"city\"]}", "{\"\\u0063ity\":1}", NULL},
		{"{\"required\":[\"city\"]}", "[]", NULL},
		{"{\"required\":true}", "{}", NULL},
		{"{\"items\":{\"required\":[\"name\"]}}", "[{\"name\":1},{}]",
			"`[1].name` is missing"},
		{"{\"required\":[\"city\"],\"properties\":{\"days\":{"
		 "\"minimum\":1}}}",
			"{\"days\":0}",
			"`city` is missing; `days` must be at least 1"},
		{"{\"additionalProperties\":false,\"properties\":{\"days\":{}"
		 "}}",
			"{\"dyas\":1}",
			"`dyas` is not known; did you mean `days`?"},
		{"{\"additionalProperties\":false,\"properties\":{\"days\":{}"
		 "}}",
			"{\"colour\":1}", "`colour` is not known"},
		{"{\"additionalProperties\":false,\"properties\":{\"days\":{}"
		 "}}",
			"{\"days\":1}", NULL},
		{"{\"additionalProperties\":{\"type\":\"null\"}}",
			"{\"a\":null,\"b\":1}", "`b` must be null"},
		{"{\"additionalProperties\":false,\"patternProperties\":{"
		 "\"^x\":{\"type\":\"null\"}}}",
			"{\"xa\":null}", NULL},
		{"{\"additionalProperties\":false,\"patternProperties\":{"
		 "\"^x\":{\"type\":\"null\"}}}",
			"{\"xa\":1,\"y\":1}",
			"`xa` must be null; `y` is not known"},
		/* A property and a pattern both hold. */
		{"{\"properties\":{\"xa\":{\"minimum\":1}},"
		 "\"patternProperties\":{\"^x\":{\"maximum\":2}}}",
			"{\"xa\":0}", "`xa` must be at least 1"},
		{"{\"properties\":{\"xa\":{\"minimum\":1}},"
		 "\"patternProperties\":{\"^x\":{\"maximum\":2}}}",
			"{\"xa\":3}", "`xa` must be at most 2"},
		{"{\"patternProperties\":{\"[\":true}}", "{\"a\":1}",
			"`a` cannot fit: the pattern \"[\" does not compile"},
		{"{\"propertyNames\":{\"maxLength\":2}}",
			"{\"ab\":1,\"abc\":1}",
			"`abc` is no name for a member here: it must be at "
			"most 2 characters long"},
		{"{\"propertyNames\":false}", "{}", NULL},
		{"{\"minProperties\":1}", "{}", "must have at least 1 member"},
		{"{\"minProperties\":1}", "{\"a\":1}", NULL},
		{"{\"maxProperties\":2}", "{\"a\":1,\"b\":1,\"c\":1}",
			"must have at most 2 members"},
		{"{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"a\":1}",
			"`b` is missing, as \"a\" is given"},
		{"{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"c\":1}", NULL},
		{"{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"a\":1,\"b\":1}",
			NULL},
		{"{\"dependentSchemas\":{\"a\":{\"maxProperties\":1}}}",
			"{\"a\":1,\"b\":1}", "must have at most 1 member"},
		{"{\"dependentSchemas\":{\"a\":false}}", "{\"b\":1}", NULL},
		{"{\"dependencies\":{\"a\":[\"b\"],\"c\":false}}", "{\"a\":1}",
			"`b` is missing, as \"a\" is given"},
		{"{\"dependencies\":{\"a\":[\"b\"],\"c\":false}}", "{\"c\":1}",
			"is not allowed"},
		/* Names are shown as they are spelt, and cut. */
		{"{\"additionalProperties\":false}", "{\"\\n\\u0007\":1}",
			"`\\n\\u0007` is not known"},
		{"{\"additionalProperties\":false}", "{\"\":1}",
			"`\"\"` is not known"},
		{"{\"properties\":{\"l\":{\"items\":{\"properties\":{\"n\":{"
		 "\"type\":\"string\"}}}}}}",
			"{\"l\":[{},{},{},{\"n\":1}]}",
			"`l[3].n` must be a string"},
		/* Eight faults are enough. */
		{"{\"additionalProperties\":false}",
			"{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,"
			"\"g\":1,\"h\":1,\"i\":1}",
			"`a` is not known; `b` is not known; `c` is not "
			"known; `d` is not known; `e` is not known; `f` is "
			"not known; `g` is not known; `h` is not known"},
	};

	JUDGE(rows);
}

static void
arrays(void)
{
	static const struct row rows[] = {
		{"{\"items\":{\"type\":\"null\"}}", "[null,1]",
			"`[1]` must be null"},
		{"{\"items\":false}", "[]", NULL},
		{"{\"items\":false}", "[1]", "`[0]` is not allowed"},
		{"{\"prefixItems\":[{\"type\":\"null\"},true],\"items\":false"
		 "}",
			"[null,1]", NULL},
		{"{\"prefixItems\":[{\"type\":\"null\"},true],\"items\":false"
		 "}",
			"[1,1,1]", "`[0]` must be null; `[2]` is not allowed"},
		{"{\"prefixItems\":[{\"type\":\"null\"},false]}", "[null]",
			NULL},
		{"{\"items\":[{\"type\":\"null\"}]}", "[null,1]", NULL},
		{"{\"items\":[{\"type\":\"null\"}],\"additionalItems\":false}",
			"[1,1]", "`[0]` must be null; `[1]` is not allowed"},
		{"{\"items\":{},\"additionalItems\":false}", "[1,1]", NULL},
		{"{\"additionalItems\":false}", "[1,1]", NULL},
		{"{\"contains\":{\"type\":\"null\"}}", "[1,null]", NULL},
		{"{\"contains\":{\"type\":\"null\"}}", "[1]",
			"must hold at least 1 element that fits "
			"{\"type\":\"null\"}"},
		{"{\"contains\":true,\"minContains\":2}", "[1]",
			"must hold at least 2 elements that fit true"},
		{"{\"contains\":false,\"minContains\":0}", "[1]", NULL},
		{"{\"contains\":true,\"maxContains\":1}", "[1]", NULL},
		{"{\"contains\":true,\"maxContains\":1}", "[1,2,3]",
			"must hold at most 1 element that fits true, but "
			"holds 3"},
		{"{\"minContains\":2,\"maxContains\":0}", "[1]", NULL},
		{"{\"minItems\":2}", "[1]", "must hold at least 2 elements"},
		{"{\"minItems\":1}", "[]", "must hold at least 1 element"},
		{"{\"minItems\":1}", "[1]", NULL},
		{"{\"maxItems\":1}", "[1]", NULL},
		{"{\"maxItems\":1}", "[1,2]", "must hold at most 1 element"},
		{"{\"uniqueItems\":true}", "[1,true,\"1\",[1],[true],{}]",
			NULL},
		{"{\"uniqueItems\":true}", "[1,2,1.0]",
			"must hold nothing twice, but elements 0 and 2 are "
			"the same"},
		{"{\"uniqueItems\":true}",
			"[{\"a\":1,\"b\":2},{\"b\":2,\"a\":"
			"1e0}]",
			"must hold nothing twice, but elements 0 and 1 are "
			"the same"},
		{"{\"uniqueItems\":true}", "[[1,2],[2,1],{\"a\":2},{\"b\":2}]",
			NULL},
		{"{\"uniqueItems\":true}", "[\"a\",\"\\u0061\"]",
			"must hold nothing twice, but elements 0 and 1 are "
			"the same"},
		{"{\"uniqueItems\":true}", "[0,-0]",
			"must hold nothing twice, but elements 0 and 1 are "
			"the same"},
		{"{\"uniqueItems\":false}", "[1,1]", NULL},
	};

	JUDGE(rows);
}

static void
choices(void)
{
	static const struct row rows[] = {
		{"{\"allOf\":[{\"minimum\":2},{\"maximum\":4}]}", "3", NULL},
		{"{\"allOf\":[{\"minimum\":2},{\"minimum\":4}]}", "1",
			"must be at least 2; must be at least 4"},
		{"{\"anyOf\":[{\"type\":\"null\"},{\"minimum\":4}]}", "5",
			NULL},
		{"{\"properties\":{\"a\":{\"anyOf\":[{\"type\":\"null\"},{"
		 "\"minimum\":4}]}}}",
			"{\"a\":1}",
			"`a` must be null, or `a` must be at "
			"least 4"},
		{"{\"anyOf\":[false,false,false,false,false,{\"const\":2}]}",
			"1",
			"is not allowed, or is not allowed, or is not "
			"allowed, or is not allowed, or …"},
		{"{\"oneOf\":[{\"minimum\":2},{\"minimum\":4}]}", "3", NULL},
		{"{\"oneOf\":[{\"minimum\":2},{\"minimum\":4}]}", "5",
			"must fit one alternative of oneOf only, but fits "
			"more than one"},
		{"{\"oneOf\":[{\"minimum\":2},{\"minimum\":4}]}", "1",
			"must be at least 2, or must be at least 4"},
		{"{\"not\":{\"type\":\"null\"}}", "1", NULL},
		{"{\"not\":{\"type\":\"null\"}}", "null",
			"must not fit {\"type\":\"null\"}"},
		{"{\"if\":{\"minimum\":5},\"then\":{\"multipleOf\":5},"
		 "\"else\":{\"multipleOf\":2}}",
			"10", NULL},
		{"{\"if\":{\"minimum\":5},\"then\":{\"multipleOf\":5},"
		 "\"else\":{\"multipleOf\":2}}",
			"12", "must be a multiple of 5"},
		{"{\"if\":{\"minimum\":5},\"then\":{\"multipleOf\":5},"
		 "\"else\":{\"multipleOf\":2}}",
			"3", "must be a multiple of 2"},
		{"{\"if\":false,\"then\":false}", "3", NULL},
		{"{\"then\":false,\"else\":false}", "3", NULL},
		{"{\"anyOf\":[true],\"oneOf\":[false]}", "3", "is not allowed"},
	};

	JUDGE(rows);
}

static void
refs(void)
{
	static const struct row rows[] = {
		{"{\"$defs\":{\"a\":{\"type\":\"null\"}},\"$ref\":"
		 "\"#/$defs/a\"}",
			"1", "must be null"},
		{"{\"$defs\":{\"a/b~c %é\":{\"type\":\"null\"}},\"$ref\":"
		 "\"#/$defs/a~1b~0c%20%25%c3%A9\"}",
			"1", "must be null"},
		{"{\"$defs\":{\"\":{\"type\":\"null\"}},\"$ref\":"
		 "\"#/$defs/\"}",
			"1", "must be null"},
		{"{\"allOf\":[true,{\"type\":\"null\"}],\"properties\":{"
		 "\"a\":{\"$ref\":\"#/allOf/1\"}}}",
			"null", NULL},
		{"{\"$defs\":{\"x\":{\"items\":[{\"$anchor\":\"n\",\"type\":"
		 "\"null\"}]}},\"$ref\":\"#n\"}",
			"1", "must be null"},
		{"{\"$defs\":{\"x\":{\"$id\":\"#n\",\"type\":\"null\"}},"
		 "\"$ref\":\"#n\"}",
			"1", "must be null"},
		/* An anchor is not looked for where there is no schema. */
		{"{\"enum\":[1,{\"$anchor\":\"n\"}],\"$ref\":\"#n\"}", "1",
			"cannot fit: the $ref \"#n\" of its schema leads "
			"nowhere"},
		{"{\"properties\":{\"enum\":{\"$anchor\":\"n\",\"type\":"
		 "\"null\"}},\"$ref\":\"#n\"}",
			"1", "must be null"},
		/* The other keywords hold too. */
		{"{\"$defs\":{\"a\":{\"minimum\":5}},\"$ref\":\"#/$defs/a\","
		 "\"maximum\":1}",
			"3", "must be at most 1; must be at least 5"},
		/* A tree. */
		{"{\"properties\":{\"kids\":{\"items\":{\"$ref\":\"#\"}}},"
		 "\"required\":[\"name\"]}",
			"{\"name\":1,\"kids\":[{\"name\":2,\"kids\":[{}]}]}",
			"`kids[0].kids[0].name` is missing"},
		{"{\"$ref\":\"#/$defs/none\"}", "1",
			"cannot fit: the $ref \"#/$defs/none\" of its schema "
			"leads nowhere"},
		{"{\"not\":{\"$ref\":\"#/no\"}}", "1",
			"cannot fit: the $ref \"#/no\" of its schema leads "
			"nowhere"},
		{"{\"properties\":{\"a\":{\"$ref\":\"https://x.invalid/\"}}}",
			"{\"a\":1}",
			"`a` cannot fit: the $ref \"https://x.invalid/\" of "
			"its schema leads nowhere"},
		{"{\"allOf\":[true],\"$ref\":\"#/allOf/00\"}", "1",
			"cannot fit: the $ref \"#/allOf/00\" of its schema "
			"leads nowhere"},
		{"{\"allOf\":[true],\"$ref\":\"#/allOf/1\"}", "1",
			"cannot fit: the $ref \"#/allOf/1\" of its schema "
			"leads nowhere"},
		{"{\"$ref\":\"#\"}", "1",
			"cannot fit: its schema refers to itself without end"},
		{"{\"not\":{\"$ref\":\"#\"}}", "1",
			"cannot fit: its schema refers to itself without end"},
		{"{\"anyOf\":[{\"$ref\":\"#\"},true]}", "1",
			"cannot fit: its schema refers to itself without end"},
	};

	JUDGE(rows);
}

static void
rules(void)
{
	types();
	values();
	numbers();
	strings();
	objects();
	arrays();
	choices();
	refs();
}

/* What a check says of a schema, or NULL if it keeps it. */
static void
keeps(void)
{
	static const struct {
		const char *schema, *why;
	} rows[] = {
		{"{}", NULL},
		{"false", NULL},
		{"{\"type\":\"object\",\"properties\":{\"a\":{\"enum\":[1]}},"
		 "\"x-mine\":{\"type\":7}}",
			NULL},
		{"{\"enum\":[{\"type\":7}],\"const\":{\"type\":7},"
		 "\"default\":{\"type\":7}}",
			NULL},
		{"{\"properties\":{\"type\":{\"type\":\"string\"}}}", NULL},
		{"{\"items\":[true],\"additionalItems\":false,\"definitions\":"
		 "{},\"dependencies\":{\"a\":[\"b\"],\"c\":{}},\"minimum\":1,"
		 "\"exclusiveMinimum\":true}",
			NULL},
		{"{\"$id\":\"https://x.invalid/\",\"$schema\":\"x\",\"$defs\":"
		 "{\"a\":{\"$id\":\"#a\",\"$ref\":\"#\"}},\"$anchor\":\"b\"}",
			NULL},
		{"[]", "the schema must be an object, true or false"},
		{"1", "the schema must be an object, true or false"},
		{"{\"properties\":{\"city\":{\"type\":\"strin\"}}}",
			"properties.city.type: must be object, array, string, "
			"number, integer, boolean or null, or a list of these"},
		{"{\"type\":[]}", "type: must be object"},
		{"{\"type\":[\"null\",1]}", "type: must be object"},
		{"{\"type\":null}", "type: must be object"},
		{"{\"properties\":[]}", "properties: must be an object"},
		{"{\"properties\":{\"a\":1}}",
			"properties.a: must be an object, true or false"},
		{"{\"$defs\":{\"a\":{\"not\":null}}}",
			"$defs.a.not: must be a schema"},
		{"{\"allOf\":[]}",
			"allOf: must be a list of at least one schema"},
		{"{\"allOf\":{}}",
			"allOf: must be a list of at least one schema"},
		{"{\"anyOf\":[true,{\"if\":2}]}",
			"anyOf[1].if: must be a schema"},
		{"{\"items\":1}",
			"items: must be a schema or a list of schemas"},
		{"{\"items\":[1]}",
			"items[0]: must be an object, true or false"},
		{"{\"required\":\"a\"}", "required: must be a list of strings"},
		{"{\"required\":[1]}", "required: must be a list of strings"},
		{"{\"required\":true}", "required: must be a list of strings"},
		{"{\"dependentRequired\":{\"a\":{}}}",
			"dependentRequired.a: must be a list of strings"},
		{"{\"dependencies\":{\"a\":[1]}}",
			"dependencies.a: must be a list of strings"},
		{"{\"dependencies\":{\"a\":1}}",
			"dependencies.a: must be an object, true or false"},
		{"{\"enum\":1}", "enum: must be a list"},
		{"{\"minimum\":\"1\"}", "minimum: must be a number"},
		{"{\"exclusiveMaximum\":\"1\"}",
			"exclusiveMaximum: must be a number, or true or false"},
		{"{\"multipleOf\":0.0}",
			"multipleOf: must be a number above 0"},
		{"{\"multipleOf\":-1}", "multipleOf: must be a number above 0"},
		{"{\"minLength\":-1}",
			"minLength: must be a whole number, 0 or more"},
		{"{\"minLength\":1.5}",
			"minLength: must be a whole number, 0 or more"},
		{"{\"maxItems\":\"1\"}",
			"maxItems: must be a whole number, 0 or more"},
		{"{\"maxItems\":1.0}", NULL},
		{"{\"uniqueItems\":1}", "uniqueItems: must be true or false"},
		{"{\"pattern\":1}", "pattern: must be a string"},
		{"{\"pattern\":\"^a(\"}",
			"pattern: is not a regular expression"},
		{"{\"patternProperties\":{\"^a\":{},\"[\":{}}}",
			"patternProperties.[: is not a regular expression"},
		{"{\"patternProperties\":{\"^a\":1}}",
			"patternProperties.^a: must be an object"},
		{"{\"$ref\":1}", "$ref: must be a string"},
		{"{\"$ref\":\"#/a\"}", "$ref: leads nowhere within the schema"},
		{"{\"$ref\":\"x.json\"}",
			"$ref: leads nowhere within the schema"},
		{"{\"$ref\":\"#/enum\",\"enum\":[]}",
			"$ref: must lead to a schema"},
		{"{\"$ref\":\"#\"}", "$ref: leads to itself again"},
		{"{\"$ref\":\"#/x/y\",\"x\":{\"y\":{\"type\":7}}}",
			"type: must be object"},
		{"{\"not\":{\"$id\":\"https://x.invalid/\"}}",
			"not.$id: is served at the top only"},
		{"{\"$dynamicRef\":\"#a\"}", "$dynamicRef: is not served"},
		{"{\"$recursiveRef\":\"#\"}", "$recursiveRef: is not served"},
		{"{\"unevaluatedItems\":false}",
			"unevaluatedItems: is not served"},
		{"{\"then\":{\"unevaluatedProperties\":false}}",
			"then.unevaluatedProperties: is not served"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *text = mg_xstrdup(rows[i].schema);
		struct mg_fault f = {0};
		int result = mg_schema_check(json(text), &f);
		bool same = rows[i].why ? result < 0 && f.code == MG_E_CONFIG &&
				strncmp(f.message, rows[i].why,
					strlen(rows[i].why)) == 0
					: result == 0 && !f.message[0];

		if (!ok(same, rows[i].schema))
			fprintf(stderr, "#  got: %s\n", f.message);
		free(text);
	}
	ok(mg_schema_check((struct mg_sl){NULL, 0}, NULL) == 0,
		"no schema is kept");
	ok(mg_schema_check(MG_SL("7"), NULL) < 0, "the fault may be absent");
}

static void
repeat(struct mg_str *s, const char *piece, size_t n)
{
	while (n--)
		mg_str_puts(s, piece);
}

/* A text of many pieces, and an end, against a pattern. */
static void
searched(const char *pattern, size_t n, const char *end, const char *want)
{
	struct mg_str s = MG_STR(0), v = MG_STR(0), why = MG_STR(4096);
	bool fits;

	mg_str_fmt(&s, "{\"pattern\":\"%s\"}", pattern);
	mg_str_puts(&v, "\"");
	repeat(&v, "a", n);
	mg_str_fmt(&v, "%s\"", end);
	fits = mg_schema_fits(mg_str_as_sl(&s), mg_str_as_sl(&v), &why);
	ok(want ? !fits && strstr(why.s, want) : fits, pattern);
	mg_str_release(&s);
	mg_str_release(&v);
	mg_str_release(&why);
}

/* Not one place, but all places together step back too often. */
static void
long_texts(void)
{
	searched("a*a*c(?=e)", 3000, "c", "takes too long");
	searched("a*a*c(?=e)", 30, "c", "must match");
	searched("[0-9]{3}", 8000, "123", NULL);
	/* In a process of its own. */
	searched("[0-9]{3}", 200000, "123", NULL);
	searched("[0-9]{3}", 200000, "12", "must match");
	searched("(?:[0-9]{3}", 200000, "12", "does not compile");
	searched("a*a*c(?=e)", 100000, "c", "takes too long");
}

/* It ends, within the budget, and says so. Both are released. */
static void
bounded(struct mg_str *schema, struct mg_str *value, const char *name)
{
	struct mg_str why = MG_STR(4096);
	struct mg_schema_walk w;
	bool fits;

	ok(!schema->over && !value->over &&
			mg_json_check(schema->s, schema->len, NULL, NULL) >=
				0 &&
			mg_json_check(value->s, value->len, NULL, NULL) >= 0,
		"(hostile, but JSON)");
	fits = mg_schema_walk(
		&w, mg_str_as_sl(schema), mg_str_as_sl(value), &why);
	if (!ok(!fits && w.stop && strstr(why.s, "takes too long to check"),
		    name))
		fprintf(stderr, "# %zu steps: %s\n", w.steps, why.s);
	mg_str_release(schema);
	mg_str_release(value);
	mg_str_release(&why);
}

static void
hostile(void)
{
	struct mg_str s = MG_STR(0), v = MG_STR(0);

	/* 2^60 ways through. */
	mg_str_puts(&s, "{\"$defs\":{\"0\":{\"type\":\"null\"}");
	for (int i = 1; i < 60; i++)
		mg_str_fmt(&s,
			",\"%d\":{\"anyOf\":[{\"$ref\":\"#/$defs/%d\"},"
			"{\"$ref\":\"#/$defs/%d\"}]}",
			i, i - 1, i - 1);
	mg_str_puts(&s, "},\"$ref\":\"#/$defs/59\"}");
	mg_str_puts(&v, "1");
	bounded(&s, &v, "alternatives that double at each level");

	mg_str_puts(&v, "[[");
	repeat(&v, "1,", 1000000);
	mg_str_puts(&v, "1],1]");
	mg_str_puts(&s, "{\"items\":{\"allOf\":[");
	repeat(&s, "{\"items\":{\"minimum\":0}},", 1000);
	mg_str_puts(&s, "true]}}");
	bounded(&s, &v, "a thousand schemas for a million elements");

	mg_str_puts(&s, "{\"items\":{\"enum\":[");
	repeat(&s, "\"b\",", 50000);
	mg_str_puts(&s, "\"a\"]}}");
	mg_str_puts(&v, "[");
	repeat(&v, "\"a\",", 50000);
	mg_str_puts(&v, "\"a\"]");
	bounded(&s, &v, "a long enum for each of many elements");

	mg_str_puts(&s, "{\"patternProperties\":{");
	for (int i = 0; i < 1000; i++)
		mg_str_fmt(&s, "\"^x%d\":{},", i);
	mg_str_puts(&s, "\"z\":{}}}");
	mg_str_puts(&v, "{");
	for (int i = 0; i < 1000; i++)
		mg_str_fmt(&v, "\"y%d\":1,", i);
	mg_str_puts(&v, "\"z\":1}");
	bounded(&s, &v, "a thousand patterns for a thousand names");

	mg_str_puts(&s, "{\"uniqueItems\":true}");
	mg_str_puts(&v, "[");
	for (int i = 0; i < 1100000; i++)
		mg_str_fmt(&v, "%d,", i);
	mg_str_puts(&v, "-1]");
	bounded(&s, &v, "too many elements to compare");
}

/* What is large, but honest, fits. */
static void
large(void)
{
	struct mg_str v = MG_STR(0);
	struct mg_sl s = MG_SL("{\"type\":\"array\",\"uniqueItems\":true,"
			       "\"items\":{\"$ref\":\"#/$defs/row\"},\"$defs\":"
			       "{\"row\":{\"type\":\"object\",\"properties\":{"
			       "\"id\":{\"type\":\"integer\",\"minimum\":0},"
			       "\"name\":{\"type\":\"string\",\"maxLength\":9}}"
			       ",\"required\":[\"id\"],"
			       "\"additionalProperties\":false}}}");

	mg_str_puts(&v, "[");
	for (int i = 0; i < 10000; i++)
		mg_str_fmt(&v, "{\"id\":%d,\"name\":\"n%d\"},", i, i);
	mg_str_puts(&v, "{\"id\":1e6}]");
	ok(mg_schema_fits(s, mg_str_as_sl(&v), NULL), "ten thousand rows fit");
	mg_str_clear(&v);
	mg_str_puts(&v, "[{\"id\":1,\"name\":\"");
	repeat(&v, "é", 7000000);
	mg_str_puts(&v, "\"}]");
	ok(!mg_schema_fits(s, mg_str_as_sl(&v), NULL),
		"14 MB of text are too long for a name");
	s = MG_SL("{\"items\":{\"properties\":{\"name\":{\"type\":\"string\","
		  "\"minLength\":7000000,\"maxLength\":7000000}}}}");
	ok(mg_schema_fits(s, mg_str_as_sl(&v), NULL), "or just long enough");
	mg_str_release(&v);
}

/* As deep as JSON may be, and a schema that goes with it. */
static void
deep(void)
{
	struct mg_sl s = MG_SL("{\"anyOf\":[{\"items\":{\"$ref\":\"#\"},"
			       "\"type\":\"array\"},{\"const\":1}]}");
	struct mg_str v = MG_STR(0);

	repeat(&v, "[", 99);
	mg_str_puts(&v, "1");
	repeat(&v, "]", 99);
	ok(mg_schema_fits(s, mg_str_as_sl(&v), NULL), "a hundred levels");
	v.s[99] = '2';
	ok(!mg_schema_fits(s, mg_str_as_sl(&v), NULL), "and wrong at the end");
	mg_str_release(&v);
}

static void
words(void)
{
	struct mg_sl s = MG_SL("{\"additionalProperties\":false}");
	struct mg_sl v = MG_SL("{\"aaa\":1,\"bbb\":1,\"c\":1}");
	struct mg_str why = MG_STR(41);

	mg_str_puts(&why, "bad: ");
	mg_schema_fits(s, v, &why);
	is_str(why.s, "bad: `aaa` is not known; `c` is not known",
		"behind what is there; what has no room is left out");
	mg_str_release(&why);
	why = (struct mg_str)MG_STR(12);
	mg_schema_fits(s, v, &why);
	is_str(why.s, "`aaa` is not", "the first is cut");
	ok(!why.over, "and the limit is not passed");
	mg_str_release(&why);
}

int
main(void)
{
	rules();
	keeps();
	long_texts();
	hostile();
	large();
	deep();
	words();
	return done();
}
