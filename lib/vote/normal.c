/*
 * normal.c - the steps of mg-vote(1), NORMALISATION.
 *
 * Text is UTF-8 throughout; every mark and every blank is compared as the
 * bytes that encode it, which UTF-8 makes safe at either end of a text.
 */
#include "vote/normal.h"

#include <inttypes.h>

static const char *const blanks[] = {"\t", "\n", "\r", " ", "\xC2\xA0",
	"\xE2\x80\x89", "\xE2\x80\xAF", "\xE3\x80\x80", NULL};

static bool
begins(struct mg_sl s, const char *with)
{
	size_t n = strlen(with);

	return s.n >= n && memcmp(s.p, with, n) == 0;
}

static bool
ends(struct mg_sl s, const char *with)
{
	size_t n = strlen(with);

	return s.n >= n && memcmp(s.p + s.n - n, with, n) == 0;
}

static void
skip(struct mg_sl *s, size_t n)
{
	s->p += n;
	s->n -= n;
}

/* The common cases, which no blank begins or ends with. */
static bool
is_graph(char c)
{
	return c > ' ' && (unsigned char)c < 0x7F;
}

static bool
begins_no_blank(char c)
{
	unsigned char u = (unsigned char)c;

	return u > ' ' && u != 0xC2 && u != 0xE2 && u != 0xE3;
}

/* How many bytes the blank at the start of s has; 0: there is none. */
static size_t
blank_at(struct mg_sl s)
{
	if (!s.n || begins_no_blank(s.p[0]))
		return 0;
	for (size_t i = 0; blanks[i]; i++)
		if (begins(s, blanks[i]))
			return strlen(blanks[i]);
	return 0;
}

/* Likewise at the end. */
static size_t
blank_before_end(struct mg_sl s)
{
	if (!s.n || is_graph(s.p[s.n - 1]))
		return 0;
	for (size_t i = 0; blanks[i]; i++)
		if (ends(s, blanks[i]))
			return strlen(blanks[i]);
	return 0;
}

static bool
skip_blanks(struct mg_sl *s)
{
	size_t n, was = s->n;

	while ((n = blank_at(*s)))
		skip(s, n);
	return s->n < was;
}

static struct mg_sl
trim_end(struct mg_sl s)
{
	size_t n;

	while ((n = blank_before_end(s)))
		s.n -= n;
	return s;
}

struct mg_sl
mg_unblank(struct mg_sl s)
{
	skip_blanks(&s);
	return trim_end(s);
}

bool
mg_next_line(struct mg_sl *rest, struct mg_sl *line)
{
	const char *nl;

	if (!rest->p)
		return false;
	nl = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
	*line = *rest;
	if (nl) {
		line->n = (size_t)(nl - rest->p);
		skip(rest, line->n + 1);
	} else {
		*rest = (struct mg_sl){NULL, 0};
	}
	return true;
}

/* --- step 2: a fence --- */

bool
mg_fence_opens(struct mg_sl line, struct mg_fence *fence)
{
	size_t n = 0;

	skip_blanks(&line);
	if (!begins(line, "```") && !begins(line, "~~~"))
		return false;
	while (n < line.n && line.p[n] == line.p[0])
		n++;
	*fence = (struct mg_fence){line.p[0], n};
	return !memchr(line.p + n, line.p[0], line.n - n);
}

bool
mg_fence_closes(struct mg_sl line, struct mg_fence fence)
{
	line = mg_unblank(line);
	if (line.n < fence.n)
		return false;
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] != fence.mark)
			return false;
	return true;
}

/* What the fence around the whole text holds, or the text as it is. */
static struct mg_sl
unfence(struct mg_sl text)
{
	struct mg_sl rest = text, line, inside;
	struct mg_fence fence;

	mg_next_line(&rest, &line);
	if (!mg_fence_opens(line, &fence))
		return text;
	inside = rest;
	while (mg_next_line(&rest, &line)) {
		if (!mg_fence_closes(line, fence))
			continue;
		if (rest.p)
			return text; /* closed before the end */
		inside.n = (size_t)(line.p - inside.p);
		inside = trim_end(inside);
		return inside.n ? inside : text;
	}
	return text;
}

static void
put_code(struct mg_sl lines, struct mg_str *key)
{
	struct mg_sl line;
	const char *between = "";

	mg_str_puts(key, "c:");
	while (mg_next_line(&lines, &line)) {
		mg_str_puts(key, between);
		mg_str_sl(key, trim_end(line));
		between = "\n";
	}
}

/* --- step 3: what stands around an answer --- */

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Cuts the word, in any case, from the start of s. */
static bool
word(struct mg_sl *s, const char *w)
{
	size_t n = strlen(w);

	if (s->n < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (lower(s->p[i]) != w[i])
			return false;
	skip(s, n);
	return true;
}

/* "The final answer is: 42" */
static bool
drop_lead_in(struct mg_sl *text)
{
	struct mg_sl s = *text;
	bool apart;

	if (word(&s, "the") && !skip_blanks(&s))
		return false;
	if (word(&s, "final") && !skip_blanks(&s))
		return false;
	if (!word(&s, "answer"))
		return false;
	apart = skip_blanks(&s);
	if (!begins(s, ":")) {
		if (!apart || !word(&s, "is") ||
			!(skip_blanks(&s) || begins(s, ":")))
			return false;
	}
	if (begins(s, ":"))
		skip(&s, 1);
	skip_blanks(&s);
	if (!s.n)
		return false;
	*text = s;
	return true;
}

static bool
holds(struct mg_sl s, const char *mark)
{
	return s.n && memmem(s.p, s.n, mark, strlen(mark));
}

static bool
drop_pair(struct mg_sl *text)
{
	static const char *const pairs[][2] = {{"**", "**"}, {"__", "__"},
		{"*", "*"}, {"_", "_"}, {"`", "`"}, {"\"", "\""}, {"'", "'"},
		{"\xE2\x80\x9C", "\xE2\x80\x9D"},
		{"\xE2\x80\x98", "\xE2\x80\x99"}, {"\xC2\xAB", "\xC2\xBB"},
		{"(", ")"}, {"[", "]"}, {"$", "$"}, {"\\(", "\\)"},
		{"\\boxed{", "}"}};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		const char *open = pairs[i][0], *close = pairs[i][1];
		size_t n = strlen(open) + strlen(close);
		struct mg_sl in = *text;

		if (in.n <= n || !begins(in, open) || !ends(in, close))
			continue;
		skip(&in, strlen(open));
		in.n -= strlen(close);
		if (holds(in, open) || holds(in, close))
			continue;
		in = mg_unblank(in);
		if (!in.n)
			continue;
		*text = in;
		return true;
	}
	return false;
}

/* "5!" is not 5, so after a digit these two stay. */
static bool
drop_stop(struct mg_sl *text)
{
	char last = text->p[text->n - 1];

	if (text->n < 2 || !last || !strchr(".,;:!?", last))
		return false;
	if (strchr("!?", last) && is_digit(text->p[text->n - 2]))
		return false;
	text->n--;
	*text = trim_end(*text);
	return true;
}

/* --- step 4 --- */

static void
put_folded(struct mg_sl s, struct mg_str *key)
{
	struct mg_sl run;
	size_t at;

	while (s.n) {
		if (skip_blanks(&s))
			mg_str_putc(key, ' ');
		run = (struct mg_sl){s.p, 0};
		while (s.n && !blank_at(s)) {
			skip(&s, 1);
			run.n++;
		}
		at = key->len;
		mg_str_sl(key, run);
		for (; at < key->len; at++)
			key->s[at] = lower(key->s[at]);
	}
}

/* --- step 5: a number --- */

struct number {
	bool minus;
	struct mg_sl whole, fraction; /* digits; whole: and separators */
	int64_t exponent;
};

/* Cuts the digits at the start of s. */
static struct mg_sl
digits(struct mg_sl *s)
{
	struct mg_sl d = {s->p, 0};

	while (d.n < s->n && is_digit(d.p[d.n]))
		d.n++;
	skip(s, d.n);
	return d;
}

/* "1 234 567": one to three digits, then threes behind one separator. */
static bool
read_whole(struct mg_sl *s, struct mg_sl *whole)
{
	char separator;

	*whole = digits(s);
	if (!whole->n)
		return begins(*s, ".");
	if (whole->p[0] == '0')
		return whole->n == 1;
	if (!s->n || !s->p[0] || !strchr(" ,_'", s->p[0]))
		return true;
	separator = s->p[0];
	if (whole->n > 3)
		return false;
	while (s->n && s->p[0] == separator) {
		skip(s, 1);
		if (digits(s).n != 3)
			return false;
		whole->n += 4;
	}
	return true;
}

static bool
read_exponent(struct mg_sl *s, int64_t *exponent)
{
	struct mg_sl d;
	bool minus;

	skip(s, 1);
	minus = begins(*s, "-");
	if (minus || begins(*s, "+"))
		skip(s, 1);
	d = digits(s);
	if (!d.n || d.n > 9)
		return false;
	for (size_t i = 0; i < d.n; i++)
		*exponent = *exponent * 10 + (d.p[i] - '0');
	if (minus)
		*exponent = -*exponent;
	return true;
}

static bool
read_number(struct mg_sl s, struct number *n)
{
	*n = (struct number){.minus = begins(s, "-")};
	if (n->minus || begins(s, "+")) {
		skip(&s, 1);
	} else if (begins(s, "\xE2\x88\x92")) {
		n->minus = true;
		skip(&s, 3);
	}
	if (!read_whole(&s, &n->whole))
		return false;
	if (begins(s, ".")) {
		skip(&s, 1);
		n->fraction = digits(&s);
		if (!n->fraction.n)
			return false;
	}
	if (begins(s, "e") && !read_exponent(&s, &n->exponent))
		return false;
	return !s.n;
}

static void
put_number(const struct number *n, struct mg_str *key)
{
	struct mg_str d = MG_STR(0);
	size_t start = 0;
	int64_t exponent = n->exponent - (int64_t)n->fraction.n;

	for (size_t i = 0; i < n->whole.n; i++)
		if (is_digit(n->whole.p[i]))
			mg_str_putc(&d, n->whole.p[i]);
	mg_str_sl(&d, n->fraction);
	while (start < d.len && d.s[start] == '0')
		start++;
	while (d.len > start && d.s[d.len - 1] == '0')
		d.len--, exponent++;
	mg_str_puts(key, "n:");
	if (start == d.len)
		mg_str_puts(key, "0e0");
	else
		mg_str_fmt(key, "%s%.*se%" PRId64, n->minus ? "-" : "",
			(int)(d.len - start), d.s + start, exponent);
	mg_str_release(&d);
}

/* --- steps 6 and 7, and the whole --- */

static bool
among(struct mg_sl s, const char *const *words)
{
	for (; *words; words++)
		if (mg_sl_is(s, *words))
			return true;
	return false;
}

/* The letter of "b", "b)" or "option b"; 0 if it is none. */
static char
choice(struct mg_sl s)
{
	if (!word(&s, "option ") && !word(&s, "choice "))
		word(&s, "letter ");
	if (s.n == 2 && s.p[1] == ')')
		s.n--;
	return s.n == 1 && s.p[0] >= 'a' && s.p[0] <= 'z' ? s.p[0] : '\0';
}

/* Step 4 has been done: the folded text lies in key, from `at` on. */
static void
classify(struct mg_str *key, size_t at)
{
	static const char *const yes[] = {"yes", "yeah", "yep", "true", NULL};
	static const char *const no[] = {"no", "nope", "false", NULL};
	struct mg_sl text = {key->s + at + 2, key->len - at - 2};
	struct mg_str form = MG_STR(0);
	struct number n;

	if (read_number(text, &n))
		put_number(&n, &form);
	else if (among(text, yes))
		mg_str_puts(&form, "b:yes");
	else if (among(text, no))
		mg_str_puts(&form, "b:no");
	else if (choice(text))
		mg_str_fmt(&form, "t:%c", choice(text));
	else
		return;
	key->len = at;
	mg_str_sl(key, mg_str_as_sl(&form));
	mg_str_release(&form);
}

bool
mg_normal(struct mg_sl text, struct mg_str *key)
{
	size_t at = key->len;

	text = mg_unblank(text);
	if (!text.n)
		return false;
	if (begins(text, "```") || begins(text, "~~~")) {
		struct mg_sl inside = unfence(text);

		if (inside.p != text.p && memchr(inside.p, '\n', inside.n)) {
			put_code(inside, key);
			return true;
		}
		text = mg_unblank(inside);
	}
	while (drop_lead_in(&text) || drop_pair(&text) || drop_stop(&text))
		;
	mg_str_puts(key, "t:");
	put_folded(text, key);
	classify(key, at);
	return true;
}
