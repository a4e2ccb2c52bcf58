/* tool.h: names, versions, labels, and what a tool has when it was left out. */
#include "tools/tool.h"

#include "event/json.h"
#include "tools/registry_in.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *word;
	unsigned label;
} labels[] = {
	{"read", MG_LABEL_READ},
	{"write", MG_LABEL_WRITE},
	{"network", MG_LABEL_NETWORK},
	{"irreversible", MG_LABEL_IRREVERSIBLE},
};
#define NLABELS (sizeof(labels) / sizeof(labels[0]))

#define LETTERS \
	"abcdefghijklmnopqrstuvwxyz" \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"0123456789"

void
mg_words_free(char **words)
{
	for (size_t i = 0; words && words[i]; i++)
		free(words[i]);
	free(words);
}

size_t
mg_words_count(char *const *words)
{
	size_t n = 0;

	while (words && words[n])
		n++;
	return n;
}

void
mg_words_add(char ***words, char *word)
{
	size_t n = mg_words_count(*words);

	*words = mg_xrealloc(*words, n + 2, sizeof(**words));
	(*words)[n] = word;
	(*words)[n + 1] = NULL;
}

void
mg_tool_free(struct mg_tool *t)
{
	if (!t)
		return;
	free(t->stamp);
	if (t->kept)
		return;
	free(t->name);
	free(t->version);
	free(t->description);
	free(t->path);
	mg_words_free(t->command);
	free(t->cwd);
	mg_words_free(t->env);
	mg_words_free(t->writes);
	mg_words_free(t->files);
	mg_words_free(t->need_programs);
	mg_words_free(t->need_tools);
	free(t->input_schema);
	free(t->output_schema);
	free(t->examples);
	free(t->schema);
	free(t);
}

void
mg_label_names(unsigned set, struct mg_str *out)
{
	const char *comma = "";

	for (size_t i = 0; i < NLABELS; i++)
		if (set & labels[i].label) {
			mg_str_puts(out, comma);
			mg_str_puts(out, labels[i].word);
			comma = ", ";
		}
}

unsigned
mg_label_of(const char *word)
{
	for (size_t i = 0; i < NLABELS; i++)
		if (strcmp(word, labels[i].word) == 0)
			return labels[i].label;
	return 0;
}

bool
mg_tool_harmless(const struct mg_tool *t)
{
	return !(t->labels & (MG_LABEL_WRITE | MG_LABEL_IRREVERSIBLE));
}

bool
mg_tool_repeatable(const struct mg_tool *t)
{
	return mg_tool_harmless(t) && (t->labels & MG_LABEL_READ);
}

bool
mg_tool_name_ok(struct mg_sl name)
{
	if (!name.n || name.n > MG_TOOL_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (!name.p[i] || !strchr(LETTERS "_-", name.p[i]))
			return false;
	return true;
}

/* One part, a number, at *s; its digits without leading zeros. */
static bool
number(const char **s, struct mg_sl *digits)
{
	size_t n = strspn(*s, "0123456789"), zeros = strspn(*s, "0");

	if (!n)
		return false;
	zeros = zeros < n ? zeros : n - 1;
	*digits = (struct mg_sl){*s + zeros, n - zeros};
	*s += n;
	return true;
}

/* The next part of the dotted numbers; *s moves to what follows. */
static bool
part(const char **s, bool first, struct mg_sl *digits)
{
	const char *p = *s;

	if (!first && *p++ != '.')
		return false;
	if (!number(&p, digits))
		return false;
	*s = p;
	return true;
}

bool
mg_tool_version_ok(const char *version)
{
	const char *s = version;
	struct mg_sl digits;
	size_t n = strlen(version);

	if (n > MG_TOOL_VERSION_MAX || !part(&s, true, &digits))
		return false;
	while (part(&s, false, &digits))
		;
	return (*s == '\0' || *s == '-' || *s == '+') &&
		strspn(s, LETTERS ".-+") == strlen(s) &&
		strchr(LETTERS, version[n - 1]) != NULL;
}

/* What follows the numbers: nothing, or a +build, is later than a -rc1. */
static int
rest_cmp(const char *a, const char *b)
{
	bool early_a = *a == '-', early_b = *b == '-';

	if (early_a != early_b)
		return early_a ? -1 : 1;
	return strcmp(a, b);
}

int
mg_tool_version_cmp(const char *a, const char *b)
{
	for (bool first = true;; first = false) {
		struct mg_sl x, y;
		bool more_a = part(&a, first, &x), more_b = part(&b, first, &y);
		int c;

		if (!more_a && !more_b)
			return rest_cmp(a, b);
		/* 1.0 is later than 1, as it says more */
		if (more_a != more_b)
			return more_a ? 1 : -1;
		if (x.n != y.n)
			return x.n < y.n ? -1 : 1;
		c = memcmp(x.p, y.p, x.n);
		if (c)
			return c;
	}
}

bool
mg_tool_version_fits(const char *version, const char *wanted)
{
	for (bool first = true; wanted && *wanted; first = false) {
		struct mg_sl x, y;

		if (!part(&wanted, first, &y))
			return strcmp(version, wanted) == 0;
		if (!part(&version, first, &x) || !mg_sl_eq(x, y))
			return false;
	}
	return true;
}

const char *
mg_program_wrong(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return "the program is missing";
	if (!S_ISREG(st.st_mode))
		return "the program is no regular file";
	if (access(path, X_OK) < 0)
		return "the program cannot be executed";
	return NULL;
}

static void
fill(char **text, const char *otherwise)
{
	if (!*text)
		*text = mg_xstrdup(otherwise);
}

static void
make_schema(struct mg_tool *t)
{
	struct mg_str s = MG_STR(0);

	mg_str_putc(&s, '{');
	mg_json_ms(&s, "name", t->name);
	mg_json_ms(&s, "description", t->description);
	mg_json_mraw(&s, "input_schema", mg_sl_of(t->input_schema));
	mg_str_putc(&s, '}');
	free(t->schema);
	t->schema = s.s;
}

int
mg_tool_finish(struct mg_tool *t, struct mg_fault *f)
{
	static const struct mg_tool_limits usual = MG_TOOL_LIMITS;
	const char *wrong = NULL;

	fill(&t->version, "0");
	fill(&t->description, "");
	fill(&t->input_schema, "{\"type\":\"object\"}");
	if (!t->name || !mg_tool_name_ok(mg_sl_of(t->name))) {
		mg_fail(f, MG_E_CONFIG, "a tool cannot be named so");
		return mg_remedy(
			f, "1 to %d of A-Z a-z 0-9 _ -", MG_TOOL_NAME_MAX);
	}
	if (!mg_tool_version_ok(t->version)) {
		mg_fail(f, MG_E_CONFIG, "`version` is none");
		return mg_remedy(f, "dotted numbers, as in 1.4.0 or 2.0-rc1");
	}
	if (mg_json_kind(mg_sl_of(t->input_schema)) != '{')
		return mg_fail(f, MG_E_CONFIG, "`input_schema` must be a map");
	if (t->command && t->command[0] && t->command[0][0] == '/')
		wrong = mg_program_wrong(t->command[0]);
	if (wrong)
		return mg_fail(f, MG_E_CONFIG, "%s", wrong);
	if (!t->labels)
		t->labels = MG_LABEL_IRREVERSIBLE;
	if (!t->limits.timeout_ms)
		t->limits = usual;
	make_schema(t);
	return 0;
}
