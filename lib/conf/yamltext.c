#include "conf/yamltext.h"

#include "event/json.h"

#include <stdlib.h>

#define NO_TOKEN "found character that cannot start any token"
#define BAD_TAB "found a tab character that violates indentation"
#define TAB_WORDS "a tab stands where spaces should"
#define TAB_REMEDY "indent with spaces only"
#define QUOTE_WORDS "the quote that opens here is never closed"
#define SIGN_REMEDY "put a text that begins with `&` or `*` in quotes"

static const struct {
	const char *problem; /* as libyaml puts it */
	const char *words;
	const char *remedy;
	bool began; /* the place is where it began, not where it failed */
} table[] = {
	{BAD_TAB, TAB_WORDS, TAB_REMEDY, false},
	{"found a tab character where an indentation space is expected",
		TAB_WORDS, TAB_REMEDY, false},
	{NO_TOKEN, "no text can begin with this character",
		"put the text in quotes", false},
	{"mapping values are not allowed in this context",
		"a `:` cannot stand here",
		"check the indentation, put a space behind every key's `:`, "
		"and a value that holds `: ` in quotes",
		false},
	{"mapping keys are not allowed in this context",
		"a `?` cannot stand here",
		"put a text that begins with `? ` in quotes", false},
	{"block sequence entries are not allowed in this context",
		"a `- ` cannot stand here",
		"begin the list on a line of its own", false},
	{"did not find expected key",
		"this is neither a key of the map nor part of the value above",
		"check the indentation and the quotes", false},
	{"did not find expected '-' indicator",
		"this is neither an entry of the list nor part of the last",
		"check the indentation and the quotes", false},
	{"did not find expected ',' or ']'", "a `,` or `]` should stand here",
		"", false},
	{"did not find expected ',' or '}'", "a `,` or `}` should stand here",
		"", false},
	{"did not find expected node content", "a value should stand here", "",
		false},
	{"did not find expected <document start>",
		"the document has ended before this",
		"check the indentation and the quotes", false},
	{"could not find expected ':'",
		"this is neither `key: value` nor part of the text above",
		"check the indentation, and put a space behind the `:`", true},
	{"found unexpected end of stream", QUOTE_WORDS, "", true},
	{"found unexpected document indicator", QUOTE_WORDS, "", true},
	{"found unknown escape character",
		"no such escape in a text in double quotes",
		"write `\\\\` for a backslash, or use single quotes", false},
	{"did not find expected alphabetic or numeric character",
		"`&` and `*` name anchors", SIGN_REMEDY, true},
	{"found undefined tag handle", "a tag that is not known",
		"put a text that begins with `!` in quotes", false},
	{"found unknown directive name", "no line can begin with `%`",
		"put a text that begins with `%` in quotes", true},
	{"control characters are not allowed",
		"a control character, or not text at all", "", false},
};

static unsigned
hex4(const char *s)
{
	char digits[5] = {s[0], s[1], s[2], s[3], '\0'};

	return (unsigned)strtoul(digits, NULL, 16);
}

/* s is a pair of escapes, \uD8xx\uDCxx and the like. */
static void
put_pair(struct mg_str *out, const char *s)
{
	unsigned c = 0x10000 + ((hex4(s + 2) & 0x3FF) << 10) +
		(hex4(s + 8) & 0x3FF);
	const char utf8[] = {(char)(0xF0 | c >> 18),
		(char)(0x80 | (c >> 12 & 0x3F)), (char)(0x80 | (c >> 6 & 0x3F)),
		(char)(0x80 | (c & 0x3F))};

	mg_str_add(out, utf8, sizeof(utf8));
}

/* In JSON a backslash is an escape wherever it stands; the check has seen to
 * it that every escape is whole and every surrogate has its partner. */
static void
unpair(char *s, size_t n, struct mg_str *out)
{
	for (size_t i = 0, len; i < n; i += len) {
		const char *p = memchr(s + i, '\\', n - i);

		len = p ? (size_t)(p - s) - i : n - i;
		mg_str_add(out, s + i, len);
		if (!p)
			break;
		if (p[1] == 'u' && (hex4(p + 2) & 0xFC00) == 0xD800) {
			put_pair(out, p);
			len += 12;
		} else {
			mg_str_add(out, p, 2);
			len += 2;
		}
	}
}

struct mg_sl
mg_yaml_ready(struct mg_sl text, struct mg_str *mended)
{
	static const char bom[] = "\xEF\xBB\xBF";
	char *copy;

	if (text.n >= 3 && memcmp(text.p, bom, 3) == 0)
		text = (struct mg_sl){text.p + 3, text.n - 3};
	if (!memmem(text.p, text.n, "\\ud", 3) &&
		!memmem(text.p, text.n, "\\uD", 3))
		return text;
	copy = mg_sl_dup(text);
	if (mg_json_check(copy, text.n, NULL, NULL) >= 0) {
		unpair(copy, text.n, mended);
		text = mg_str_as_sl(mended);
	}
	free(copy);
	return text;
}

/* Where a byte of the text stands; columns count characters. */
static struct mg_node
place(struct mg_sl text, size_t offset)
{
	struct mg_node at = {.line = 1, .column = 1};

	if (offset > text.n)
		offset = text.n;
	for (const char *p = text.p; p < text.p + offset; p++) {
		if (*p == '\n') {
			at.line++;
			at.column = 1;
		} else if (((unsigned char)*p & 0xC0) != 0x80) {
			at.column++;
		}
	}
	return at;
}

/* The byte at a mark, which counts characters. */
static char
byte_at(struct mg_sl text, size_t index)
{
	for (size_t i = 0; i < text.n; i++)
		if (((unsigned char)text.p[i] & 0xC0) != 0x80 && !index--)
			return text.p[i];
	return '\0';
}

/* What libyaml says, except that it does not tell a tab from an `@`. */
static const char *
problem(const yaml_parser_t *parser, struct mg_sl text)
{
	if (parser->error == YAML_SCANNER_ERROR &&
		strcmp(parser->problem, NO_TOKEN) == 0 &&
		byte_at(text, parser->problem_mark.index) == '\t')
		return BAD_TAB;
	return parser->problem;
}

int
mg_yaml_why(const yaml_parser_t *parser, const char *file, struct mg_sl text,
	struct mg_fault *f)
{
	const yaml_mark_t *mark = &parser->problem_mark;
	const size_t rows = sizeof(table) / sizeof(table[0]);
	struct mg_node at;
	const char *why;
	size_t i = 0;

	if (parser->error == YAML_MEMORY_ERROR || !parser->problem)
		return mg_fail(f, MG_E_SYSTEM, "unable to get memory");
	why = problem(parser, text);
	while (i < rows && strcmp(table[i].problem, why) != 0)
		i++;
	if (i < rows && table[i].began && parser->context)
		mark = &parser->context_mark;
	if (parser->error == YAML_READER_ERROR)
		at = place(text, parser->problem_offset);
	else
		at = (struct mg_node){
			.line = mark->line + 1, .column = mark->column + 1};
	at.file = file;
	if (i == rows)
		return mg_node_fail(&at, f, "this is no %s: %s",
			parser->error == YAML_READER_ERROR ? "UTF-8" : "YAML",
			why);
	mg_node_fail(&at, f, "%s", table[i].words);
	if (!table[i].remedy[0] && parser->context && !table[i].began)
		return mg_remedy(f, "look at what begins at %zu:%zu",
			parser->context_mark.line + 1,
			parser->context_mark.column + 1);
	return mg_remedy(f, "%s", table[i].remedy);
}
