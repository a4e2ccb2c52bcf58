/*
 * number.c - JSON numbers as the decimals they are spelt as.
 *
 * Nothing is converted: a number is its digits, where they lie, and the place
 * of the first one. So 9007199254740993 is not 9007199254740992, and 0.1 is a
 * multiple of 0.01.
 */
#include "schema/schema_in.h"

#include "event/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define EXPONENT_MAX INT64_C(1000000000000000)
#define DIVISOR_DIGITS 18

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* What follows the `e`; more than any double has is as good as much more. */
static int64_t
exponent(const char *p, const char *end)
{
	int64_t e = 0;
	bool minus = p < end && *p == '-';

	for (; p < end; p++)
		if (is_digit(*p) && e < EXPONENT_MAX)
			e = e * 10 + (*p - '0');
	return minus ? -e : e;
}

struct mg_schema_number
mg_schema_number(struct mg_sl raw)
{
	struct mg_schema_number a = {0};
	struct mg_sl s = mg_sl_trim(raw);
	const char *p = s.p, *end = s.p + s.n, *dot = NULL, *stop;

	if (s.n && *p == '-') {
		a.minus = true;
		p++;
	}
	for (stop = p; stop < end && (is_digit(*stop) || *stop == '.'); stop++)
		if (*stop == '.')
			dot = stop;
	if (stop < end)
		a.top = exponent(stop + 1, end);
	if (!dot)
		dot = stop;
	for (a.p = p; a.p < stop && (*a.p == '0' || *a.p == '.'); a.p++)
		;
	for (a.end = stop; a.end > a.p; a.end--)
		if (a.end[-1] != '0' && a.end[-1] != '.')
			break;
	if (a.p == a.end)
		return (struct mg_schema_number){0}; /* -0 is 0 too */
	a.digits = (size_t)(a.end - a.p) - (a.p < dot && dot < a.end);
	a.top += a.p < dot ? dot - a.p : dot + 1 - a.p;
	return a;
}

/* The next digit; 0 behind the last one. */
static int
digit(struct mg_schema_number *a)
{
	if (a->p < a->end && *a->p == '.')
		a->p++;
	return a->p < a->end ? *a->p++ - '0' : 0;
}

static int
compare_size(struct mg_schema_number a, struct mg_schema_number b)
{
	int x, y;

	if (a.top != b.top)
		return a.top < b.top ? -1 : 1;
	while (a.p < a.end || b.p < b.end) {
		x = digit(&a);
		y = digit(&b);
		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

int
mg_schema_compare(struct mg_schema_number a, struct mg_schema_number b)
{
	int order;

	if (!a.digits || !b.digits) {
		if (a.digits)
			return a.minus ? -1 : 1;
		return !b.digits ? 0 : b.minus ? 1 : -1;
	}
	if (a.minus != b.minus)
		return a.minus ? -1 : 1;
	order = compare_size(a, b);
	return a.minus ? -order : order;
}

int
mg_schema_compare_count(size_t count, struct mg_sl raw)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%zu", count);

	return mg_schema_compare(
		mg_schema_number((struct mg_sl){text, (size_t)n}),
		mg_schema_number(raw));
}

bool
mg_schema_whole(struct mg_schema_number a)
{
	return a.top >= (int64_t)a.digits;
}

/* 10^n mod m, for m below 2^63. */
static uint64_t
power_of_ten(int64_t n, uint64_t m)
{
	unsigned __int128 base = 10 % m, out = 1 % m;

	for (; n; n >>= 1) {
		if (n & 1)
			out = out * base % m;
		base = base * base % m;
	}
	return (uint64_t)out;
}

static double
as_double(struct mg_schema_number a)
{
	struct mg_str text = MG_STR(0);
	double d;

	mg_str_puts(&text, "0.");
	while (a.p < a.end)
		mg_str_putc(&text, (char)('0' + digit(&a)));
	mg_str_fmt(&text, "e%lld", (long long)a.top);
	d = strtod(text.s, NULL);
	mg_str_release(&text);
	return d;
}

/*
 * a * 10^p is a multiple of b * 10^q, both without zeros at their end. With
 * p < q it would end in one; else what counts is a * 10^(p - q) mod b.
 */
bool
mg_schema_multiple(struct mg_schema_number a, struct mg_schema_number of)
{
	int64_t p = a.top - (int64_t)a.digits, q = of.top - (int64_t)of.digits;
	unsigned __int128 rest = 0;
	uint64_t m = 0;

	if (!a.digits)
		return true;
	if (of.digits > DIVISOR_DIGITS)
		return fmod(as_double(a), as_double(of)) == 0;
	while (of.p < of.end)
		m = m * 10 + (uint64_t)digit(&of);
	if (!m || p < q)
		return false;
	while (a.p < a.end)
		rest = (rest * 10 + (unsigned)digit(&a)) % m;
	return rest * power_of_ten(p - q, m) % m == 0;
}

uint64_t
mg_schema_number_hash(struct mg_schema_number a)
{
	uint64_t h = (uint64_t)a.top * 2 + a.minus;

	while (a.p < a.end)
		h = (h ^ (uint64_t)digit(&a)) * UINT64_C(0x100000001b3);
	return h;
}

/* A bound, and in drafts before 6 a bool that makes it exclusive. */
static bool
bound(struct mg_schema_walk *w, const struct mg_schema_node *n, bool lower)
{
	struct mg_schema_number v = mg_schema_number(n->value);
	struct mg_sl with = n->kw[lower ? MG_SK_MIN : MG_SK_MAX];
	struct mg_sl without = n->kw[lower ? MG_SK_ABOVE : MG_SK_BELOW];
	const char *than = lower ? "more than" : "less than";
	int sign = lower ? 1 : -1, order;
	bool good = true;

	if (mg_json_kind(with) == '0') {
		order = sign * mg_schema_compare(v, mg_schema_number(with));
		if (order < 0 || (order == 0 && mg_json_bool(without, false)))
			good = mg_schema_say(w, n->at, "must be %s %s",
				mg_json_bool(without, false) ? than
					: lower		     ? "at least"
							     : "at most",
				mg_schema_quote(with).s);
	}
	if (mg_json_kind(without) == '0' && (good || mg_schema_more(w)) &&
		sign * mg_schema_compare(v, mg_schema_number(without)) <= 0)
		good = mg_schema_say(w, n->at, "must be %s %s", than,
			mg_schema_quote(without).s);
	return good;
}

bool
mg_schema_numeric(struct mg_schema_walk *w, const struct mg_schema_node *n)
{
	struct mg_sl of = n->kw[MG_SK_MULTIPLE];
	bool good;

	if (!mg_schema_spend(w, n->value.n))
		return false;
	good = bound(w, n, true);
	if (good || mg_schema_more(w))
		good &= bound(w, n, false);
	if (mg_json_kind(of) == '0' && (good || mg_schema_more(w)) &&
		!mg_schema_multiple(
			mg_schema_number(n->value), mg_schema_number(of)))
		good = mg_schema_say(w, n->at, "must be a multiple of %s",
			mg_schema_quote(of).s);
	return good;
}
