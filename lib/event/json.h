/*
 * json.h - JSON as bytes: check once, then read members where they lie.
 *
 * Most of what passes through a filter is looked at for a member or two, so
 * there is no tree here. mg_json_check() decides once whether bytes are one
 * JSON text (RFC 8259, strictly); after that the readers below walk the same
 * bytes, return slices into them, and can no longer fail. Numbers keep every
 * digit, objects their order and their spelling.
 *
 * Readers other than mg_json_check() may be called on checked bytes only: on
 * others they give nonsense, though they never leave the slice.
 * "Raw" means a value as it is spelt, quotes included.
 *
 *	struct mg_sl v = line;
 *	struct mg_str text = MG_STR(0);
 *
 *	if (mg_json_check(buf, len, &why) < 0)
 *		...
 *	v = mg_json_get(v, "usage");
 *	v = mg_json_get(v, "model");
 *	if (mg_json_text(v, &text))
 *		puts(text.s);
 */
#ifndef MG_EVENT_JSON_H
#define MG_EVENT_JSON_H

#include "base/str.h"

#define MG_JSON_DEPTH 100 /* arrays and objects within each other */

enum mg_json_flag {
	MG_JSON_MENDED = 1, /* a lone surrogate escape became \ufffd */
	MG_JSON_LOSSY = 2, /* holds a number that a double does not keep */
};

/*
 * Checks that buf[0..len) is exactly one JSON value, blanks around it allowed:
 * RFC 8259 grammar, valid UTF-8 (no overlong forms, surrogates, or more than
 * U+10FFFF), no control bytes below 0x20 inside strings, no BOM, no RS, no
 * NUL, depth at most MG_JSON_DEPTH, no number that overflows a double.
 * A \u escape of a surrogate without its partner is rewritten in place to
 * \ufffd (the same length). Returns a set of mg_json_flag, or -1; then *why
 * (may be NULL) says what is wrong in a few words and *at (may be NULL) where.
 * MG_JSON_LOSSY is set for an integer (no '.', no exponent) of more than 15
 * digits, for any number of more than 17 significant digits, and for one so
 * small (about 1e-308) that a double loses it. len may be 0, buf NULL then.
 */
int mg_json_check(char *buf, size_t len, const char **why, size_t *at);

/* The first byte that is not blank decides: one of { [ " t f n 0 ('0' for any
 * number), or NUL where the slice is empty or absent, or no value. */
char mg_json_kind(struct mg_sl raw);

/*
 * The raw value of a member of an object, blanks trimmed; p == NULL if raw is
 * no object or has no such member. Of equal keys the last counts. Keys are
 * compared after decoding, so "\u0074ype" is "type".
 */
struct mg_sl mg_json_get(struct mg_sl raw, const char *key);

/* A path of members and indices: "choices.0.delta.content". */
struct mg_sl mg_json_path(struct mg_sl raw, const char *path);

/*
 * Iterates over an object or an array. Start with *it = 0; each call gives
 * the next raw key (NULL slice in arrays; quotes included) and raw value; key
 * may be NULL. On
 * anything else it is false at once.
 *
 *	size_t it = 0;
 *	struct mg_sl key, value;
 *
 *	while (mg_json_next(raw, &it, &key, &value))
 *		...
 */
bool mg_json_next(
	struct mg_sl raw, size_t *it, struct mg_sl *key, struct mg_sl *value);
/* How many members or elements. */
size_t mg_json_count(struct mg_sl raw);
/* The raw key, decoded, equals name. */
bool mg_json_key_is(struct mg_sl rawkey, const char *name);

/*
 * Appends the decoded string; false (nothing appended) if raw is no string.
 * If out is too small for it, out->over is set and the text is cut.
 */
bool mg_json_text(struct mg_sl raw, struct mg_str *out);
/* The decoded string, malloc'd and NUL-terminated; NULL if raw is no string
 * or its text holds a NUL. */
char *mg_json_dup(struct mg_sl raw);
/* The string is exactly s. */
bool mg_json_is(struct mg_sl raw, const char *s);
/* An integer of at most 63 bits; `otherwise` if raw is not one. */
int64_t mg_json_int(struct mg_sl raw, int64_t otherwise);
/* true, false, or `otherwise`. */
bool mg_json_bool(struct mg_sl raw, bool otherwise);

/*
 * The writer. Strings are given as any bytes: what is not UTF-8 becomes
 * U+FFFD, control bytes, quotes and backslashes are escaped, everything else
 * (U+2028 too) is written as it is.
 */
void mg_json_put(struct mg_str *out, struct mg_sl text); /* "text" */
void mg_json_puts(struct mg_str *out, const char *text); /* "text" */
/* Only the inside, without the quotes: for a string made piecewise. */
void mg_json_esc(struct mg_str *out, struct mg_sl text);

/*
 * One member behind what out holds: a comma where the last byte is not '{',
 * the key, and the value. `raw` values are copied as they are, and an absent
 * one is written as null; an absent text is empty.
 */
void mg_json_m(struct mg_str *out, const char *key, struct mg_sl text);
void mg_json_ms(struct mg_str *out, const char *key, const char *text);
void mg_json_mi(struct mg_str *out, const char *key, int64_t n);
void mg_json_mb(struct mg_str *out, const char *key, bool yes);
void mg_json_mraw(struct mg_str *out, const char *key, struct mg_sl raw);

#endif
