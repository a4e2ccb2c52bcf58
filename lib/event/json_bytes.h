/*
 * json_bytes.h - what the check, the readers and the writer of json.h share:
 * the classes of bytes, fast runs over plain ones, UTF-8 and \u escapes.
 *
 * For json.c and json_check.c only. `p` to `end` or `left` bytes may be read,
 * never more.
 */
#ifndef MG_EVENT_JSON_BYTES_H
#define MG_EVENT_JSON_BYTES_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
	BLANK = 1,
	COMMA = 2,
	OPENS = 4,
	CLOSES = 8,
	QUOTE = 16,
	SPECIAL = 32, /* ends a run of plain bytes within a string */
};

static const uint8_t classes[256] = {
	[0 ... 8] = SPECIAL,
	['\t'] = BLANK | SPECIAL,
	['\n'] = BLANK | SPECIAL,
	[11] = SPECIAL,
	[12] = SPECIAL,
	['\r'] = BLANK | SPECIAL,
	[14 ... 31] = SPECIAL,
	[' '] = BLANK,
	[','] = COMMA,
	['['] = OPENS,
	['{'] = OPENS,
	[']'] = CLOSES,
	['}'] = CLOSES,
	['"'] = QUOTE | SPECIAL,
	['\\'] = SPECIAL,
	[128 ... 255] = SPECIAL,
};

static inline bool
is(char c, int set)
{
	return classes[(uint8_t)c] & set;
}

static inline bool
is_digit(int c)
{
	return c >= '0' && c <= '9';
}

/*
 * Eight bytes at a time. A subtraction borrows from the next byte only where
 * its own byte is a hit, so the lowest hit is always true; those above it may
 * not be, and nobody looks at them.
 */
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))
#define ZERO_OR_HIGH(x) ((x)-EACH(1))

static inline uint64_t
load(const void *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof(x));
	return le64toh(x);
}

/* How many bytes from p on need no look: printable ASCII, no '"', no '\\'. */
static inline size_t
plain(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *start = p;
	uint64_t x, hits;

	for (; end - p >= 8; p += 8) {
		x = load(p);
		hits = (x | (x - EACH(0x20)) | ZERO_OR_HIGH(x ^ EACH('"')) |
			       ZERO_OR_HIGH(x ^ EACH('\\'))) &
			EACH(0x80);
		if (hits)
			return (size_t)(p - start) +
				(size_t)__builtin_ctzll(hits) / 8;
	}
	while (p < end && !(classes[*p] & SPECIAL))
		p++;
	return (size_t)(p - start);
}

/*
 * The length of the UTF-8 sequence at p, whose first byte is not ASCII; or
 * minus the length of what is wrong there, as Unicode counts it: the bytes
 * that could still have become a character.
 */
static inline int
utf8(const uint8_t *p, size_t left)
{
	uint8_t c = p[0];
	uint8_t low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
	uint8_t high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
	int n = c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;

	for (int i = 1; i < n; i++) {
		if ((size_t)i >= left || p[i] < low || p[i] > high)
			return -i;
		low = 0x80;
		high = 0xBF;
	}
	return n ? n : -1;
}

static inline int
hex4(const uint8_t *p)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		int c = p[i] | 0x20;

		if (is_digit(p[i]))
			v = v << 4 | (p[i] - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (c - 'a' + 10);
		else
			return -1;
	}
	return v;
}

static inline bool
is_surrogate(int code)
{
	return code >= 0xD800 && code <= 0xDFFF;
}

/*
 * The code point of the \u escape at p, and in *used its length: 6, or 12 for
 * a pair of surrogates. A surrogate without its partner is given as it is;
 * -1 if there are not four hex digits.
 */
static inline int
escaped(const uint8_t *p, size_t left, size_t *used)
{
	int code = left < 6 ? -1 : hex4(p + 2), next;

	*used = 6;
	if (code < 0xD800 || code > 0xDBFF)
		return code;
	if (left < 12 || p[6] != '\\' || p[7] != 'u')
		return code;
	next = hex4(p + 8);
	if (next < 0xDC00 || next > 0xDFFF)
		return code;
	*used = 12;
	return 0x10000 + ((code - 0xD800) << 10) + (next - 0xDC00);
}

#endif
