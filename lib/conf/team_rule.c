/* team_rule.c - the notation of share/team.yaml. */
#include "conf/team_in.h"

#include "base/near.h"

#include <stdio.h>
#include <stdlib.h>

bool
mg_sl_starts(struct mg_sl s, const char *with)
{
	size_t n = strlen(with);

	return s.p && s.n >= n && memcmp(s.p, with, n) == 0;
}

bool
mg_rule_cut(struct mg_sl *s, const char *sep, struct mg_sl *piece)
{
	size_t n = strlen(sep);
	const char *end;

	if (!s->p)
		return false;
	end = memmem(s->p, s->n, sep, n);
	*piece = *s;
	if (end) {
		piece->n = (size_t)(end - s->p);
		s->n -= piece->n + n;
		s->p = end + n;
	} else {
		*s = (struct mg_sl){0};
	}
	return true;
}

static const char must[] = "must ";

bool
mg_rule_must(const struct mg_node *spec)
{
	if (spec->kind == MG_NODE_MAP)
		spec = mg_node_get(spec, ".");
	return spec && mg_sl_starts(spec->text, must);
}

struct mg_rule
mg_rule_of(const struct mg_node *spec)
{
	struct mg_rule r = {.kinds = MG_SL("map")};
	const struct mg_node *own = spec;
	struct mg_sl rest;

	if (spec && spec->kind == MG_NODE_MAP) {
		r.members = spec;
		own = mg_node_get(spec, ".");
	}
	if (!own || own->kind == MG_NODE_NULL)
		return r;
	rest = own->text;
	mg_rule_cut(&rest, "; ", &r.kinds);
	if (mg_sl_starts(r.kinds, must)) {
		r.kinds.p += strlen(must);
		r.kinds.n -= strlen(must);
	}
	mg_rule_cut(&rest, " - ", &r.fate);
	mg_rule_cut(&rest, " - ", &r.why);
	mg_rule_cut(&rest, " - ", &r.remedy);
	return r;
}

/* Keys with one rule stand together: `top_k, top_p: num 0..`. */
const struct mg_node *
mg_rule_member(const struct mg_node *members, const char *key)
{
	size_t n = strlen(key);

	for (size_t i = 0; key[0] != '.' && i < mg_node_count(members); i++) {
		struct mg_sl rest = members->keys[i]->text, name;

		if (rest.n == n && memcmp(rest.p, key, n) == 0)
			return members->items[i];
		if (rest.n <= n || !memmem(rest.p, rest.n, key, n))
			continue;
		while (mg_rule_cut(&rest, ", ", &name))
			if (mg_sl_is(name, key))
				return members->items[i];
	}
	return NULL;
}

static char *
nearest(struct mg_map *words, const char *word)
{
	const char **names = mg_xcalloc(words->n + 1, sizeof(*names)), *near;
	char *copy;

	for (size_t i = 0; i < words->n; i++)
		names[i] = words->e[i].key.p;
	near = mg_near(word, names);
	copy = near ? mg_xstrdup(near) : NULL;
	free(names);
	mg_map_release(words);
	return copy;
}

char *
mg_rule_near(const struct mg_node *members, const char *key)
{
	struct mg_map words = {0};

	for (size_t i = 0; i < mg_node_count(members); i++) {
		struct mg_sl rest = members->keys[i]->text, name;

		if (mg_sl_is(mg_rule_of(members->items[i]).fate, "never"))
			continue;
		while (mg_rule_cut(&rest, ", ", &name))
			if (!mg_sl_is(name, "."))
				mg_map_put(&words, name);
	}
	return nearest(&words, key);
}

char *
mg_rule_near_word(struct mg_sl kinds, const char *text)
{
	struct mg_map words = {0};
	struct mg_sl kind, word;

	while (mg_rule_cut(&kinds, " or ", &kind)) {
		if (!memchr(kind.p, '|', kind.n))
			continue;
		while (mg_rule_cut(&kind, "|", &word)) {
			if (word.n && strchr("~$", word.p[0])) {
				word.p++;
				word.n--;
			}
			if (word.n && word.p[0] != '!')
				mg_map_put(&words, word);
		}
	}
	return nearest(&words, text);
}

/* "1..", "0..1", ">0": false without one. */
static bool
range_of(struct mg_sl kind, double *min, double *max, bool *above)
{
	const char *blank = memchr(kind.p, ' ', kind.n);
	char text[64], *dots;

	*min = -1e300;
	*max = 1e300;
	*above = false;
	if (!blank)
		return false;
	snprintf(text, sizeof(text), "%.*s",
		(int)(kind.n - (size_t)(blank - kind.p) - 1), blank + 1);
	*above = text[0] == '>';
	*min = strtod(text + *above, NULL);
	dots = strstr(text, "..");
	if (dots && dots[2])
		*max = strtod(dots + 2, NULL);
	return true;
}

static bool
number_fits(struct mg_sl kind, const struct mg_node *v)
{
	bool whole = mg_sl_starts(kind, "int"), above;
	double min, max, n;

	if (v->kind != MG_NODE_INT && (whole || v->kind != MG_NODE_NUM))
		return false;
	n = strtod(v->text.p, NULL);
	range_of(kind, &min, &max, &above);
	return n >= min && n <= max && (!above || n > min);
}

static bool
time_fits(const struct mg_node *v)
{
	int64_t ms;
	char *text;
	bool r;

	if (v->kind != MG_NODE_INT && v->kind != MG_NODE_STR)
		return false;
	text = mg_expand(v->text.p);
	r = mg_read_ms(text, &ms) && ms >= 0;
	free(text);
	return r;
}

/* One of the words: ~off, !refused, $wants-a-program. */
static enum mg_asks
word_asks(struct mg_sl kind, const struct mg_node *v, char **program)
{
	enum mg_asks asks = MG_ASKS_MISFIT;
	struct mg_sl word;
	char *text;

	if (v->kind != MG_NODE_STR)
		return asks;
	text = mg_expand(v->text.p);
	while (asks == MG_ASKS_MISFIT && mg_rule_cut(&kind, "|", &word)) {
		char mark = word.n && strchr("~!$", word.p[0]) ? word.p[0] : 0;

		if (mark) {
			word.p++;
			word.n--;
		}
		if (!mg_sl_is(word, text))
			continue;
		asks = mark == '~'    ? MG_ASKS_NOTHING
			: mark == '!' ? MG_ASKS_REFUSED
				      : MG_ASKS;
		if (mark == '$' && program)
			*program = mg_xstrdup(text);
	}
	free(text);
	return asks;
}

static bool
empty(const struct mg_node *v)
{
	switch (v->kind) {
	case MG_NODE_NULL:
		return true;
	case MG_NODE_BOOL:
		return v->text.p[0] == 'f' || v->text.p[0] == 'F';
	case MG_NODE_INT:
	case MG_NODE_NUM:
		return strtod(v->text.p, NULL) == 0;
	case MG_NODE_STR:
		return !v->text.n;
	default:
		return !v->count;
	}
}

static enum mg_asks
kind_asks(struct mg_sl kind, const struct mg_node *v, char **program)
{
	bool fits;

	if (mg_sl_is(kind, "any"))
		fits = true;
	else if (mg_sl_is(kind, "bool"))
		fits = v->kind == MG_NODE_BOOL;
	else if (mg_sl_starts(kind, "int") || mg_sl_starts(kind, "num"))
		fits = number_fits(kind, v);
	else if (mg_sl_is(kind, "time"))
		fits = time_fits(v);
	else if (mg_sl_is(kind, "text") || mg_sl_is(kind, "path") ||
		mg_sl_is(kind, "url") || mg_sl_is(kind, "secret"))
		fits = v->kind == MG_NODE_STR &&
			!memchr(v->text.p, '\0', v->text.n);
	else if (mg_sl_starts(kind, "list"))
		fits = v->kind == MG_NODE_LIST;
	else if (mg_sl_is(kind, "map") || mg_sl_is(kind, "free") ||
		mg_sl_starts(kind, "names of ") || mg_sl_starts(kind, "@"))
		fits = v->kind == MG_NODE_MAP;
	else
		return word_asks(kind, v, program);
	return fits ? MG_ASKS : MG_ASKS_MISFIT;
}

enum mg_asks
mg_rule_fits(const struct mg_rule *r, const struct mg_node *v,
	struct mg_sl *kind, char **program)
{
	enum mg_asks asks = MG_ASKS_MISFIT;
	struct mg_sl rest = r->kinds;

	while (asks == MG_ASKS_MISFIT && mg_rule_cut(&rest, " or ", kind))
		asks = kind_asks(*kind, v, program);
	return asks == MG_ASKS && empty(v) ? MG_ASKS_NOTHING : asks;
}

static void
say_words(struct mg_sl words, struct mg_str *out)
{
	const char *sep = memchr(words.p, '|', words.n) ? "one of " : "";
	struct mg_sl word;

	while (mg_rule_cut(&words, "|", &word)) {
		if (word.n && word.p[0] == '!')
			continue;
		if (word.n && strchr("~$", word.p[0])) {
			word.p++;
			word.n--;
		}
		mg_str_puts(out, sep);
		mg_str_sl(out, word);
		sep = ", ";
	}
}

static void
say_number(struct mg_sl kind, struct mg_str *out)
{
	double min, max;
	bool above;

	mg_str_puts(
		out, mg_sl_starts(kind, "int") ? "a whole number" : "a number");
	if (!range_of(kind, &min, &max, &above))
		return;
	mg_str_fmt(out, " %s %.15g", above ? "above" : "from", min);
	if (max < 1e300)
		mg_str_fmt(out, " to %.15g", max);
	else if (!above)
		mg_str_puts(out, " on");
}

void
mg_rule_says(struct mg_sl kinds, struct mg_str *out)
{
	static const char *const words[][2] = {{"bool", "true or false"},
		{"time", "a number of seconds, or a time such as 30s or 10m"},
		{"text", "text"}, {"path", "text"}, {"url", "text"},
		{"secret", "text"}, {"map", "a map"}, {"free", "a map"}};
	const char *sep = "";
	struct mg_sl kind;

	while (mg_rule_cut(&kinds, " or ", &kind)) {
		const char *simple = NULL;

		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
			if (mg_sl_is(kind, words[i][0]))
				simple = words[i][1];
		mg_str_puts(out, sep);
		sep = ", or ";
		if (simple)
			mg_str_puts(out, simple);
		else if (mg_sl_starts(kind, "int") || mg_sl_starts(kind, "num"))
			say_number(kind, out);
		else if (mg_sl_starts(kind, "list"))
			mg_str_puts(out, "a list");
		else if (mg_sl_starts(kind, "names of ") ||
			mg_sl_starts(kind, "@"))
			mg_str_puts(out, "a map");
		else
			say_words(kind, out);
	}
}

bool
mg_rule_misspelt(const struct mg_node *members, const struct mg_node *map)
{
	for (size_t i = 0; i < mg_node_count(map); i++)
		if (map->keys && !mg_rule_member(members, map->keys[i]->text.p))
			return true;
	return false;
}
