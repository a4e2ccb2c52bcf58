/*
 * json.c - reads and writes JSON as bytes; the check is in json_check.c.
 *
 * The readers trust the check for the meaning of what they see, but stay
 * inside their slice whatever it holds: no offset passes raw.n.
 */
#include "event/json.h"
#include "event/json_bytes.h"

#include <inttypes.h>
#include <stdlib.h>

static size_t
skip_blanks(struct mg_sl raw, size_t i)
{
	while (i < raw.n && is(raw.p[i], BLANK))
		i++;
	return i;
}

/* How many bytes from p on are neither '"' nor '\\'. */
static size_t
unquoted(const char *p, const char *end)
{
	const char *start = p;
	uint64_t x, hits;

	for (; end - p >= 8; p += 8) {
		x = load(p);
		hits = (ZERO_OR_HIGH(x ^ EACH('"')) |
			       ZERO_OR_HIGH(x ^ EACH('\\'))) &
			~x & EACH(0x80);
		if (hits)
			return (size_t)(p - start) +
				(size_t)__builtin_ctzll(hits) / 8;
	}
	while (p < end && *p != '"' && *p != '\\')
		p++;
	return (size_t)(p - start);
}

/* From the opening quote to behind the closing one. */
static size_t
skip_string(struct mg_sl raw, size_t i)
{
	for (i++; i < raw.n; i += 2) {
		i += unquoted(raw.p + i, raw.p + raw.n);
		if (i < raw.n && raw.p[i] == '"')
			return i + 1;
	}
	return raw.n;
}

static size_t
skip_nest(struct mg_sl raw, size_t i)
{
	size_t depth = 0;

	do {
		if (is(raw.p[i], QUOTE)) {
			i = skip_string(raw, i);
			continue;
		}
		if (is(raw.p[i], OPENS))
			depth++;
		else if (is(raw.p[i], CLOSES))
			depth--;
		i++;
	} while (depth && i < raw.n);
	return i;
}

static size_t
skip_value(struct mg_sl raw, size_t i)
{
	if (i < raw.n && is(raw.p[i], QUOTE))
		return skip_string(raw, i);
	if (i < raw.n && is(raw.p[i], OPENS))
		return skip_nest(raw, i);
	while (i < raw.n && !is(raw.p[i], BLANK | COMMA | CLOSES))
		i++;
	return i;
}

char
mg_json_kind(struct mg_sl raw)
{
	size_t i = skip_blanks(raw, 0);
	char c = i < raw.n ? raw.p[i] : '\0';

	if (c == '-' || is_digit(c))
		return '0';
	return c && strchr("{[\"tfn", c) ? c : '\0';
}

bool
mg_json_next(
	struct mg_sl raw, size_t *it, struct mg_sl *key, struct mg_sl *value)
{
	size_t start = skip_blanks(raw, 0), i = *it, behind;
	struct mg_sl unasked;

	if (!key)
		key = &unasked;
	if (start >= raw.n || !is(raw.p[start], OPENS))
		return false;
	if (i <= start)
		i = start + 1;
	while (i < raw.n && is(raw.p[i], BLANK | COMMA))
		i++;
	if (i >= raw.n || is(raw.p[i], CLOSES))
		return false;
	*key = (struct mg_sl){NULL, 0};
	if (raw.p[start] == '{') {
		behind = skip_value(raw, i);
		*key = (struct mg_sl){raw.p + i, behind - i};
		i = skip_blanks(raw, behind);
		if (i < raw.n && raw.p[i] == ':')
			i = skip_blanks(raw, i + 1);
	}
	behind = skip_value(raw, i);
	*value = (struct mg_sl){raw.p + i, behind - i};
	*it = behind;
	return true;
}

size_t
mg_json_count(struct mg_sl raw)
{
	struct mg_sl key, value;
	size_t it = 0, n = 0;

	while (mg_json_next(raw, &it, &key, &value))
		n++;
	return n;
}

/* What is between the quotes; p == NULL if raw is no string. */
static struct mg_sl
inside(struct mg_sl raw)
{
	raw = mg_sl_trim(raw);
	if (raw.n < 2 || raw.p[0] != '"' || raw.p[raw.n - 1] != '"')
		return (struct mg_sl){NULL, 0};
	return (struct mg_sl){raw.p + 1, raw.n - 2};
}

static size_t
encode(int code, char out[4])
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xC0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3F));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xE0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3F));
		out[2] = (char)(0x80 | (code & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3F));
	out[2] = (char)(0x80 | (code >> 6 & 0x3F));
	out[3] = (char)(0x80 | (code & 0x3F));
	return 4;
}

/* Decodes the escape at the start of s into out; how much of s that was. */
static size_t
unescape(struct mg_sl s, char out[4], size_t *n)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *simple;
	size_t used;
	int code;

	*n = 1;
	out[0] = s.p[s.n > 1];
	if (s.n < 2)
		return 1;
	if (s.p[1] != 'u') {
		simple = s.p[1] ? strchr(from, s.p[1]) : NULL;
		if (simple)
			out[0] = to[simple - from];
		return 2;
	}
	code = escaped((const uint8_t *)s.p, s.n, &used);
	if (code < 0 || is_surrogate(code))
		code = 0xFFFD;
	*n = encode(code, out);
	return used < s.n ? used : s.n;
}

/*
 * Cuts the next decoded piece from the inside of a string: what precedes an
 * escape, as it lies there, or one escape, decoded into tmp.
 */
static bool
next_piece(struct mg_sl *in, char tmp[4], struct mg_sl *piece)
{
	const char *escape;
	size_t n;

	if (!in->n)
		return false;
	if (in->p[0] == '\\') {
		piece->p = tmp;
		n = unescape(*in, tmp, &piece->n);
	} else {
		escape = memchr(in->p, '\\', in->n);
		n = escape ? (size_t)(escape - in->p) : in->n;
		*piece = (struct mg_sl){in->p, n};
	}
	in->p += n;
	in->n -= n;
	return true;
}

static bool
text_is(struct mg_sl raw, struct mg_sl text)
{
	struct mg_sl in = inside(raw), piece;
	char tmp[4];

	if (!in.p || in.n < text.n) /* no escape is shorter than its text */
		return false;
	while (next_piece(&in, tmp, &piece)) {
		if (piece.n > text.n || memcmp(piece.p, text.p, piece.n))
			return false;
		text.p += piece.n;
		text.n -= piece.n;
	}
	return !text.n;
}

static struct mg_sl
get(struct mg_sl raw, struct mg_sl name)
{
	struct mg_sl found = {NULL, 0}, key, value;
	size_t it = 0;

	while (mg_json_next(raw, &it, &key, &value))
		if (key.p && text_is(key, name))
			found = value;
	return found;
}

static struct mg_sl
get_index(struct mg_sl raw, struct mg_sl name)
{
	struct mg_sl none = {NULL, 0}, key, value;
	size_t it = 0, index = 0;

	if (!name.n || name.n > 9 || (name.p[0] == '0' && name.n > 1))
		return none;
	for (size_t i = 0; i < name.n; i++) {
		if (!is_digit(name.p[i]))
			return none;
		index = index * 10 + (size_t)(name.p[i] - '0');
	}
	while (mg_json_next(raw, &it, &key, &value))
		if (index-- == 0)
			return value;
	return none;
}

struct mg_sl
mg_json_get(struct mg_sl raw, const char *key)
{
	return get(raw, mg_sl_of(key));
}

struct mg_sl
mg_json_path(struct mg_sl raw, const char *path)
{
	struct mg_sl name;

	for (;; path += name.n + 1) {
		name = (struct mg_sl){path, strcspn(path, ".")};
		if (mg_json_kind(raw) == '[')
			raw = get_index(raw, name);
		else
			raw = get(raw, name);
		if (!raw.p || !path[name.n])
			return raw;
	}
}

bool
mg_json_key_is(struct mg_sl rawkey, const char *name)
{
	return text_is(rawkey, mg_sl_of(name));
}

bool
mg_json_is(struct mg_sl raw, const char *s)
{
	return text_is(raw, mg_sl_of(s));
}

bool
mg_json_text(struct mg_sl raw, struct mg_str *out)
{
	struct mg_sl in = inside(raw), piece;
	char tmp[4];

	if (!in.p)
		return false;
	mg_str_add(out, "", 0); /* an empty string is still a string */
	while (next_piece(&in, tmp, &piece))
		mg_str_sl(out, piece);
	return true;
}

char *
mg_json_dup(struct mg_sl raw)
{
	struct mg_str text = MG_STR(raw.n + 1);

	if (!mg_json_text(raw, &text))
		return NULL;
	if (!memchr(text.s, '\0', text.len))
		return text.s;
	mg_str_release(&text);
	return NULL;
}

int64_t
mg_json_int(struct mg_sl raw, int64_t otherwise)
{
	int64_t v = 0;
	size_t i;
	bool minus;

	raw = mg_sl_trim(raw);
	minus = raw.n && raw.p[0] == '-';
	if (raw.n == minus)
		return otherwise;
	/* Downwards, because there is one more negative than positive. */
	for (i = minus; i < raw.n; i++)
		if (!is_digit(raw.p[i]) || __builtin_mul_overflow(v, 10, &v) ||
			__builtin_sub_overflow(v, raw.p[i] - '0', &v))
			return otherwise;
	if (minus)
		return v;
	return v == INT64_MIN ? otherwise : -v;
}

bool
mg_json_bool(struct mg_sl raw, bool otherwise)
{
	raw = mg_sl_trim(raw);
	if (mg_sl_is(raw, "true"))
		return true;
	return mg_sl_is(raw, "false") ? false : otherwise;
}

/* The writer. */

/* Writes what cannot stand as it is; how many bytes that was. */
static size_t
put_special(struct mg_str *out, const uint8_t *p, size_t left)
{
	static const char from[] = "\b\f\n\r\t\"\\", to[] = "bfnrt\"\\";
	const char *simple;

	if (*p >= 0x80) {
		mg_str_puts(out, "\xEF\xBF\xBD");
		return (size_t)-utf8(p, left);
	}
	simple = *p ? strchr(from, *p) : NULL;
	if (simple) {
		mg_str_putc(out, '\\');
		mg_str_putc(out, to[simple - from]);
	} else {
		mg_str_fmt(out, "\\u%04x", *p);
	}
	return 1;
}

void
mg_json_esc(struct mg_str *out, struct mg_sl text)
{
	const uint8_t *p = (const uint8_t *)text.p, *run;
	const uint8_t *end = text.n ? p + text.n : p;
	int n;

	while (p < end) {
		run = p;
		for (n = 1; p < end && n > 0; p += n > 0 ? n : 0) {
			p += plain(p, end);
			n = 0;
			if (p < end && *p >= 0x80)
				n = utf8(p, (size_t)(end - p));
		}
		mg_str_add(out, run, (size_t)(p - run));
		if (p < end)
			p += put_special(out, p, (size_t)(end - p));
	}
}

void
mg_json_put(struct mg_str *out, struct mg_sl text)
{
	mg_str_putc(out, '"');
	mg_json_esc(out, text);
	mg_str_putc(out, '"');
}

void
mg_json_puts(struct mg_str *out, const char *text)
{
	mg_json_put(out, mg_sl_of(text));
}

static void
put_key(struct mg_str *out, const char *key)
{
	if (out->len && out->s[out->len - 1] != '{')
		mg_str_putc(out, ',');
	mg_json_puts(out, key);
	mg_str_putc(out, ':');
}

void
mg_json_m(struct mg_str *out, const char *key, struct mg_sl text)
{
	put_key(out, key);
	mg_json_put(out, text);
}

void
mg_json_ms(struct mg_str *out, const char *key, const char *text)
{
	mg_json_m(out, key, mg_sl_of(text));
}

void
mg_json_mi(struct mg_str *out, const char *key, int64_t n)
{
	put_key(out, key);
	mg_str_fmt(out, "%" PRId64, n);
}

void
mg_json_mb(struct mg_str *out, const char *key, bool yes)
{
	put_key(out, key);
	mg_str_puts(out, yes ? "true" : "false");
}

void
mg_json_mraw(struct mg_str *out, const char *key, struct mg_sl raw)
{
	put_key(out, key);
	mg_str_sl(out, raw.n ? raw : MG_SL("null"));
}
