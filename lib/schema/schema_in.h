/*
 * schema_in.h - what the files of schema.h share.
 *
 *	schema.c	a value against a schema: types, choices, conditions
 *	object.c	members; objects as sorted arrays of names
 *	array.c	elements
 *	same.c	deep equality and the hash that belongs to it
 *	number.c	numbers as decimals, exactly
 *	text.c	length, pattern
 *	ref.c	$ref
 *	say.c	what is told of a fault
 *	check.c	mg_schema_check()
 *
 * A walk has a budget. Whoever looks at n bytes spends 1 + n / 256 steps
 * before, so that no schema and no value costs more than the budget, however
 * they were made. When it is used up, `stop` is set and everything says no.
 */
#ifndef MG_SCHEMA_SCHEMA_IN_H
#define MG_SCHEMA_SCHEMA_IN_H

#include "base/str.h"
#include "schema/schema.h"

#define MG_SCHEMA_DEPTH 600 /* schemas within each other, $ref included */
#define MG_SCHEMA_QUOTE 40 /* bytes of the input that a message quotes */
#define MG_SCHEMA_REFS 64 /* references whose targets are remembered */

/* What the value of a keyword has to be. */
enum mg_schema_form {
	MG_SF_ANY,
	MG_SF_SCHEMA,
	MG_SF_SCHEMAS, /* a list of at least one */
	MG_SF_SCHEMA_MAP,
	MG_SF_PATTERN_MAP, /* of schemas too */
	MG_SF_ITEMS, /* a schema or a list of schemas */
	MG_SF_DEPEND, /* a map of schemas or lists of names */
	MG_SF_NAMES, /* a list of strings */
	MG_SF_NAMES_MAP,
	MG_SF_LIST,
	MG_SF_TYPE,
	MG_SF_NUMBER,
	MG_SF_NUMBER_OR_BOOL,
	MG_SF_ABOVE_ZERO,
	MG_SF_COUNT,
	MG_SF_BOOL,
	MG_SF_TEXT,
	MG_SF_PATTERN,
	MG_SF_REF,
	MG_SF_ID,
	MG_SF_UNSERVED, /* and able to make a value invalid */
};

#define MG_SCHEMA_KEYWORDS(X) \
	X(REF, "$ref", REF) \
	X(ANCHOR, "$anchor", TEXT) \
	X(ID, "$id", ID) \
	X(DEFS, "$defs", SCHEMA_MAP) \
	X(DEFINITIONS, "definitions", SCHEMA_MAP) \
	X(TYPE, "type", TYPE) \
	X(ENUM, "enum", LIST) \
	X(CONST, "const", ANY) \
	X(ALL_OF, "allOf", SCHEMAS) \
	X(ANY_OF, "anyOf", SCHEMAS) \
	X(ONE_OF, "oneOf", SCHEMAS) \
	X(NOT, "not", SCHEMA) \
	X(IF, "if", SCHEMA) \
	X(THEN, "then", SCHEMA) \
	X(ELSE, "else", SCHEMA) \
	X(PROPERTIES, "properties", SCHEMA_MAP) \
	X(REQUIRED, "required", NAMES) \
	X(ADDITIONAL, "additionalProperties", SCHEMA) \
	X(PATTERNS, "patternProperties", PATTERN_MAP) \
	X(NAMES, "propertyNames", SCHEMA) \
	X(MIN_MEMBERS, "minProperties", COUNT) \
	X(MAX_MEMBERS, "maxProperties", COUNT) \
	X(DEP_REQUIRED, "dependentRequired", NAMES_MAP) \
	X(DEP_SCHEMAS, "dependentSchemas", SCHEMA_MAP) \
	X(DEPENDENCIES, "dependencies", DEPEND) \
	X(ITEMS, "items", ITEMS) \
	X(PREFIX, "prefixItems", SCHEMAS) \
	X(MORE_ITEMS, "additionalItems", SCHEMA) \
	X(CONTAINS, "contains", SCHEMA) \
	X(MIN_CONTAINS, "minContains", COUNT) \
	X(MAX_CONTAINS, "maxContains", COUNT) \
	X(MIN_ITEMS, "minItems", COUNT) \
	X(MAX_ITEMS, "maxItems", COUNT) \
	X(UNIQUE, "uniqueItems", BOOL) \
	X(MIN_LENGTH, "minLength", COUNT) \
	X(MAX_LENGTH, "maxLength", COUNT) \
	X(PATTERN, "pattern", PATTERN) \
	X(MIN, "minimum", NUMBER) \
	X(MAX, "maximum", NUMBER) \
	X(ABOVE, "exclusiveMinimum", NUMBER_OR_BOOL) \
	X(BELOW, "exclusiveMaximum", NUMBER_OR_BOOL) \
	X(MULTIPLE, "multipleOf", ABOVE_ZERO) \
	X(DYNAMIC_ANCHOR, "$dynamicAnchor", TEXT) \
	X(DYNAMIC_REF, "$dynamicRef", UNSERVED) \
	X(RECURSIVE_REF, "$recursiveRef", UNSERVED) \
	X(MORE_MEMBERS, "unevaluatedProperties", UNSERVED) \
	X(MORE_ELEMENTS, "unevaluatedItems", UNSERVED)

enum mg_schema_keyword {
#define MEMBER(id, name, form) MG_SK_##id,
	MG_SCHEMA_KEYWORDS(MEMBER)
#undef MEMBER
		MG_SK_COUNT
};

struct mg_schema_word {
	const char *name;
	size_t len;
	enum mg_schema_form form;
};

extern const struct mg_schema_word mg_schema_words[MG_SK_COUNT];

/* Where in the value; the value itself has none. */
struct mg_schema_at {
	const struct mg_schema_at *up;
	struct mg_sl key; /* raw; p == NULL: an element */
	size_t index;
};

/* Who hears of faults. With left == 0 the first one ends the work. */
struct mg_schema_ear {
	struct mg_str *why;
	int left;
	int told;
};

struct mg_schema_walk {
	struct mg_sl root;
	struct mg_schema_ear ear;
	size_t steps;
	int depth;
	bool stop; /* nothing is looked at any more: */
	char because[256];
	int64_t pattern_ns; /* processor time */
	struct {
		size_t at; /* offset in root; 0: nothing */
		struct mg_sl target;
	} refs[MG_SCHEMA_REFS];
};

/* One schema, read once, and the value it is about. */
struct mg_schema_node {
	const struct mg_schema_at *at;
	struct mg_sl value;
	char kind; /* of the value; mg_json_kind() */
	struct mg_sl kw[MG_SK_COUNT]; /* p == NULL: not there */
};

/* schema.c */
bool mg_schema_spend(struct mg_schema_walk *w, size_t bytes);
bool mg_schema_judge(struct mg_schema_walk *w, struct mg_sl schema,
	struct mg_sl value, const struct mg_schema_at *at);
/* Without a word to anybody. */
bool mg_schema_quiet(struct mg_schema_walk *w, struct mg_sl schema,
	struct mg_sl value, const struct mg_schema_at *at);
/* Another ear hears; the one before comes back, to be put back. */
struct mg_schema_ear
mg_schema_hear(struct mg_schema_walk *w, struct mg_schema_ear ear);
/* After a fault: is there somebody who wants to hear of more? */
bool mg_schema_more(const struct mg_schema_walk *w);
/* mg_schema_fits() with a walk of the caller's, for tests. */
bool mg_schema_walk(struct mg_schema_walk *w, struct mg_sl schema,
	struct mg_sl value, struct mg_str *why);
/* MG_SK_COUNT if it is not a keyword. */
enum mg_schema_keyword mg_schema_keyword(struct mg_sl rawkey);

/* object.c */
struct mg_schema_member {
	struct mg_sl key; /* raw */
	struct mg_sl name; /* decoded */
	struct mg_sl value;
	struct mg_sl prop; /* its schema in `properties` */
	bool own; /* name.p is malloc'd */
	bool dead; /* a later member has the same name */
	bool known; /* to properties or patternProperties */
};

struct mg_schema_object {
	struct mg_schema_member *m; /* as they stand */
	size_t n;
	struct mg_schema_member **by; /* by name, without the dead ones */
	size_t live;
};

/* False: the budget is used up. To be freed in any case. */
bool mg_schema_object_read(
	struct mg_schema_walk *w, struct mg_sl raw, struct mg_schema_object *o);
void mg_schema_object_free(struct mg_schema_object *o);
struct mg_schema_member *
mg_schema_object_find(const struct mg_schema_object *o, struct mg_sl name);
bool mg_schema_object(struct mg_schema_walk *w, const struct mg_schema_node *n);

/* array.c */
bool mg_schema_array(struct mg_schema_walk *w, const struct mg_schema_node *n);

/* same.c */
bool mg_schema_same(struct mg_schema_walk *w, struct mg_sl a, struct mg_sl b);
uint64_t mg_schema_hash(struct mg_schema_walk *w, struct mg_sl raw);
/* The raw string, decoded: where it lies, or in tmp if it has escapes. */
struct mg_sl mg_schema_text(struct mg_sl raw, struct mg_str *tmp);

/* number.c: 0.DIGITS * 10^top, first and last digit not 0. */
struct mg_schema_number {
	const char *p, *end; /* the digits, a dot perhaps among them */
	int64_t top;
	size_t digits; /* 0: zero */
	bool minus;
};

struct mg_schema_number mg_schema_number(struct mg_sl raw);
int mg_schema_compare(struct mg_schema_number a, struct mg_schema_number b);
/* A count against a raw number. */
int mg_schema_compare_count(size_t count, struct mg_sl raw);
bool mg_schema_whole(struct mg_schema_number a);
bool mg_schema_multiple(struct mg_schema_number a, struct mg_schema_number of);
uint64_t mg_schema_number_hash(struct mg_schema_number a);
bool
mg_schema_numeric(struct mg_schema_walk *w, const struct mg_schema_node *n);

/* text.c */
enum mg_schema_match {
	MG_MATCH_NO,
	MG_MATCH_YES,
	MG_MATCH_BAD, /* no regular expression */
	MG_MATCH_LONG, /* backtracks too long */
	MG_MATCH_FAILED, /* libjq is not there */
};

size_t mg_schema_length(struct mg_sl raw);
/* Both raw strings. What is neither yes nor no is the end of the walk. */
enum mg_schema_match mg_schema_search(struct mg_schema_walk *w,
	struct mg_sl pattern, struct mg_sl text, const struct mg_schema_at *at);
bool mg_schema_string(struct mg_schema_walk *w, const struct mg_schema_node *n);

/*
 * The schemas within the value of a keyword, one by one; *it begins as 0. key
 * is raw, and NULL where the value is a list or itself the schema.
 */
bool mg_schema_inner(enum mg_schema_keyword word, struct mg_sl value,
	size_t *it, struct mg_sl *key, struct mg_sl *schema);

/* ref.c: p == NULL: it leads nowhere. */
struct mg_sl mg_schema_target(struct mg_schema_walk *w, struct mg_sl ref);

/* say.c */
struct mg_schema_quote {
	char s[2 * MG_SCHEMA_QUOTE];
};

/* The raw value, cut, on one line, without control bytes. */
struct mg_schema_quote mg_schema_quote(struct mg_sl raw);
/* Tells of a fault; always false, so that it can end a function. */
bool mg_schema_say(struct mg_schema_walk *w, const struct mg_schema_at *at,
	const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Nothing fits any more, for this reason; always false. */
bool mg_schema_give_up(struct mg_schema_walk *w, const struct mg_schema_at *at,
	const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The same as mg_schema_say() about a member of `at`. */
bool mg_schema_say_of(struct mg_schema_walk *w, const struct mg_schema_at *at,
	struct mg_sl rawkey, const char *what);
void mg_schema_path(const struct mg_schema_at *at, struct mg_str *out);
/* Appends "must be ..." for the value of `type`. */
void mg_schema_say_type(struct mg_sl type, struct mg_str *out);
/* It is not in `properties`; perhaps a name near to it is. */
bool mg_schema_say_unknown(struct mg_schema_walk *w,
	const struct mg_schema_node *n, const struct mg_schema_member *m);

#endif
