/*
 * json_check.c - decides whether bytes are one JSON text.
 *
 * This is the door: libjq and the readers see nothing that has not come
 * through it, so what it lets pass is what RFC 8259 says and no more.
 */
#include "event/json.h"
#include "event/json_bytes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct check {
	uint8_t *p;
	const uint8_t *end;
	const char *why;
	int flags;
};

static bool
refuse(struct check *c, const char *why)
{
	c->why = why;
	return false;
}

/* The next byte that is not blank, 0 at the end; nothing valid begins so. */
static inline int
peek(struct check *c)
{
	while (c->p < c->end && (classes[*c->p] & BLANK))
		c->p++;
	return c->p < c->end ? *c->p : 0;
}

static bool
check_escape(struct check *c)
{
	size_t left = (size_t)(c->end - c->p), used;
	int code;

	if (left < 2)
		return refuse(c, "string without an end");
	if (c->p[1] != 'u') {
		if (!c->p[1] || !strchr("\"\\/bfnrt", c->p[1]))
			return refuse(c, "unknown escape");
		c->p += 2;
		return true;
	}
	code = escaped(c->p, left, &used);
	if (code < 0)
		return refuse(c, "\\u without four hex digits");
	if (is_surrogate(code)) {
		memcpy(c->p + 2, "fffd", 4);
		c->flags |= MG_JSON_MENDED;
	}
	c->p += used;
	return true;
}

static bool
check_string(struct check *c)
{
	int n;

	for (c->p++;;) {
		c->p += plain(c->p, c->end);
		if (c->p == c->end)
			return refuse(c, "string without an end");
		if (*c->p == '"') {
			c->p++;
			return true;
		}
		if (*c->p == '\\') {
			if (!check_escape(c))
				return false;
			continue;
		}
		if (*c->p < 0x20)
			return refuse(c, "control byte in a string");
		while (c->p < c->end && *c->p >= 0x80) {
			n = utf8(c->p, (size_t)(c->end - c->p));
			if (n < 0)
				return refuse(c, "invalid UTF-8");
			c->p += n;
		}
	}
}

/*
 * Whether a number whose first digit, at p, is worth 10^308 is beyond every
 * double. The number where that begins has 309 digits, so no later digit can
 * decide; and without the point strtod() asks no locale.
 */
static bool
overflows(const uint8_t *p, const uint8_t *end)
{
	char text[309 + 8];
	int n = 0;

	for (; p < end && n < 309 && *p != 'e' && *p != 'E'; p++)
		if (*p != '.')
			text[n++] = (char)*p;
	snprintf(text + n, sizeof(text) - (size_t)n, "e%d", 309 - n);
	return isinf(strtod(text, NULL));
}

/*
 * How large the number from p to c->p is, and how exactly it is given; its
 * grammar is known to be right. Only long numbers and those with an exponent
 * come here.
 */
static bool
check_size(struct check *c, const uint8_t *p)
{
	const uint8_t *end = c->p, *first = NULL;
	int64_t digits = 0, exponent = 0;
	int64_t power = 0; /* the value is 0.DIGITS times ten to this power */
	bool whole = true, minus;

	for (p += *p == '-'; p < end && (is_digit(*p) || *p == '.'); p++) {
		if (*p == '.') {
			whole = false;
			continue;
		}
		if (!first && *p != '0')
			first = p;
		if (first) {
			digits++;
			power += whole;
		} else {
			power -= !whole;
		}
	}
	if (p < end && (*p | 0x20) == 'e') {
		whole = false;
		minus = *++p == '-';
		for (p += !is_digit(*p); p < end && is_digit(*p); p++)
			if (exponent < INT64_C(1) << 48)
				exponent = exponent * 10 + (*p - '0');
		power += minus ? -exponent : exponent;
	}
	if (!first)
		return true;
	if (digits > (whole ? 15 : 17) || power < -306)
		c->flags |= MG_JSON_LOSSY;
	if (power > 309 || (power == 309 && overflows(first, end)))
		return refuse(c, "number too large for a double");
	return true;
}

static bool
check_digits(struct check *c)
{
	if (c->p == c->end || !is_digit(*c->p))
		return refuse(c, "number without a digit");
	while (c->p < c->end && is_digit(*c->p))
		c->p++;
	return true;
}

static bool
check_number(struct check *c)
{
	uint8_t *start = c->p, *first;
	bool large = false;

	if (*c->p == '-')
		c->p++;
	first = c->p;
	if (!check_digits(c))
		return false;
	if (*first == '0' && c->p - first > 1)
		return refuse(c, "number with a leading zero");
	large = c->p - first > 15;
	if (c->p < c->end && *c->p == '.') {
		c->p++;
		if (!check_digits(c))
			return false;
	}
	if (c->p < c->end && (*c->p | 0x20) == 'e') {
		large = true;
		c->p++;
		if (c->p < c->end && (*c->p == '+' || *c->p == '-'))
			c->p++;
		if (!check_digits(c))
			return false;
	}
	if (!large && c->p - first <= 17)
		return true;
	return check_size(c, start);
}

static bool
check_word(struct check *c, struct mg_sl word)
{
	if ((size_t)(c->end - c->p) < word.n || memcmp(c->p, word.p, word.n))
		return refuse(c, "unknown word");
	c->p += word.n;
	return true;
}

static bool
check_scalar(struct check *c, int first)
{
	switch (first) {
	case '"':
		return check_string(c);
	case 't':
		return check_word(c, MG_SL("true"));
	case 'f':
		return check_word(c, MG_SL("false"));
	case 'n':
		return check_word(c, MG_SL("null"));
	}
	if (first == '-' || is_digit(first))
		return check_number(c);
	return refuse(c, "no value where one is due");
}

static bool
check_key(struct check *c)
{
	if (peek(c) != '"')
		return refuse(c, "no key where one is due");
	if (!check_string(c))
		return false;
	if (peek(c) != ':')
		return refuse(c, "key without a colon");
	c->p++;
	return true;
}

/*
 * One value, without recursion: `open` holds the bracket that will close each
 * level. Each turn of the outer loop is at a place where a value is due.
 */
static bool
check_value(struct check *c)
{
	char open[MG_JSON_DEPTH];
	int depth = 0, next;

	for (;;) {
		next = peek(c);
		if (next != '{' && next != '[') {
			if (!check_scalar(c, next))
				return false;
		} else {
			if (depth == MG_JSON_DEPTH)
				return refuse(c, "nested too deep");
			open[depth++] = next == '{' ? '}' : ']';
			c->p++;
			if (peek(c) != open[depth - 1]) {
				if (next == '{' && !check_key(c))
					return false;
				continue;
			}
		}
		for (; depth && peek(c) == open[depth - 1]; depth--)
			c->p++;
		if (!depth)
			return true;
		if (peek(c) != ',')
			return refuse(c, "neither a comma nor an end");
		c->p++;
		if (open[depth - 1] == '}' && !check_key(c))
			return false;
	}
}

int
mg_json_check(char *buf, size_t len, const char **why, size_t *at)
{
	struct check c = {.p = (uint8_t *)buf, .why = "it is empty"};
	bool good = false;

	if (len) {
		c.end = c.p + len;
		good = check_value(&c);
		if (!good && c.p == c.end)
			c.why = "it ends too early";
	}
	if (good) {
		peek(&c);
		if (c.p == c.end)
			return c.flags;
		c.why = "something behind the value";
	}
	if (why)
		*why = c.why;
	if (at)
		*at = len ? (size_t)(c.p - (uint8_t *)buf) : 0;
	return -1;
}
