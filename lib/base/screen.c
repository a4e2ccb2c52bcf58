#include "base/screen.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MARKS_MAX 4 /* on one character: more are left out */
#define ELLIPSIS "\xE2\x80\xA6"

enum kind { NARROW, WIDE, MARK, HARMFUL };

/* What is in none is narrow. In order. */
static const struct {
	uint32_t from, to;
	enum kind kind;
} ranges[] = {
	{0x0000, 0x001F, HARMFUL},
	{0x007F, 0x009F, HARMFUL},
	{0x0300, 0x036F, MARK},
	{0x0483, 0x0489, MARK},
	{0x0591, 0x05BD, MARK},
	{0x0610, 0x061A, MARK},
	{0x061C, 0x061C, HARMFUL},
	{0x064B, 0x065F, MARK},
	{0x0E31, 0x0E31, MARK},
	{0x0E34, 0x0E3A, MARK},
	{0x0E47, 0x0E4E, MARK},
	{0x1100, 0x115F, WIDE},
	{0x1AB0, 0x1AFF, MARK},
	{0x1DC0, 0x1DFF, MARK},
	{0x200B, 0x200D, MARK},
	{0x200E, 0x200F, HARMFUL},
	{0x2028, 0x202E, HARMFUL},
	{0x2060, 0x206F, HARMFUL},
	{0x20D0, 0x20FF, MARK},
	{0x2E80, 0x303E, WIDE},
	{0x3041, 0xA4CF, WIDE},
	{0xA960, 0xA97F, WIDE},
	{0xAC00, 0xD7A3, WIDE},
	{0xF900, 0xFAFF, WIDE},
	{0xFE00, 0xFE0F, MARK},
	{0xFE20, 0xFE2F, MARK},
	{0xFE30, 0xFE6F, WIDE},
	{0xFEFF, 0xFEFF, HARMFUL},
	{0xFF01, 0xFF60, WIDE},
	{0xFFE0, 0xFFE6, WIDE},
	{0xFFF9, 0xFFFB, HARMFUL},
	{0x1F300, 0x1F64F, WIDE},
	{0x1F680, 0x1F6FF, WIDE},
	{0x1F900, 0x1FAFF, WIDE},
	{0x20000, 0x3FFFD, WIDE},
	{0xE0000, 0xE007F, HARMFUL},
	{0xE0100, 0xE01EF, MARK},
};

static enum kind
kind_of(uint32_t c)
{
	size_t lo = 0, hi = sizeof(ranges) / sizeof(*ranges);

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (c > ranges[mid].to)
			lo = mid + 1;
		else if (c < ranges[mid].from)
			hi = mid;
		else
			return ranges[mid].kind;
	}
	return NARROW;
}

/* Bytes of the first character and what it is; one that is no UTF-8 is one
 * harmful byte. */
static size_t
character(struct mg_sl s, enum kind *kind)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char a = (unsigned char)s.p[0];
	size_t n = a < 0x80 ? 1
		: a < 0xC0  ? 0
		: a < 0xE0  ? 2
		: a < 0xF0  ? 3
			    : 4;
	uint32_t c = n == 1 ? a : n ? a & (0x7Fu >> n) : 0;

	*kind = HARMFUL;
	if (!n || n > s.n || a > 0xF4)
		return 1;
	for (size_t i = 1; i < n; i++) {
		unsigned char b = (unsigned char)s.p[i];

		if ((b & 0xC0) != 0x80)
			return 1;
		c = c << 6 | (b & 0x3F);
	}
	if (c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
		return 1;
	*kind = kind_of(c);
	return n;
}

/* One character as it may be seen; *marks counts those on the last one. */
static void
put(struct mg_str *o, struct mg_sl c, enum kind kind, size_t *marks)
{
	*marks = kind == MARK ? *marks + 1 : 0;
	if (kind == HARMFUL)
		mg_str_putc(o, '?');
	else if (*marks <= MARKS_MAX)
		mg_str_sl(o, c);
}

static bool
is_blank(char c)
{
	return c == '\n' || c == '\t' || c == '\r';
}

size_t
mg_screen_line(struct mg_str *o, struct mg_sl s, size_t columns)
{
	size_t used = 0, marks = 0;
	size_t fits = o->len, fit_columns = 0; /* with room for an ellipsis */

	while (s.n && columns) {
		enum kind kind;
		size_t n = character(s, &kind);
		size_t w = kind == MARK ? 0 : kind == WIDE ? 2 : 1;

		if (used + w > columns) {
			o->len = fits;
			mg_str_puts(o, ELLIPSIS);
			return fit_columns + 1;
		}
		if (is_blank(s.p[0]))
			mg_str_putc(o, ' ');
		else
			put(o, (struct mg_sl){s.p, n}, kind, &marks);
		used += w;
		if (used + 1 <= columns) {
			fits = o->len;
			fit_columns = used;
		}
		s.p += n;
		s.n -= n;
	}
	return used;
}

void
mg_screen_text(struct mg_str *o, struct mg_sl s)
{
	size_t marks = 0;

	while (s.n) {
		enum kind kind;
		size_t n = character(s, &kind);

		if (s.p[0] == '\n' || s.p[0] == '\t' ||
			(s.p[0] == '\r' && s.n > 1 && s.p[1] == '\n'))
			kind = NARROW;
		put(o, (struct mg_sl){s.p, n}, kind, &marks);
		s.p += n;
		s.n -= n;
	}
}

void
mg_screen_pad(struct mg_str *o, size_t used, size_t columns)
{
	for (; used < columns; used++)
		mg_str_putc(o, ' ');
}

size_t
mg_screen_columns(struct mg_sl s)
{
	size_t used = 0;

	while (s.n) {
		enum kind kind;
		size_t n = character(s, &kind);

		used += kind == MARK ? 0 : kind == WIDE ? 2 : 1;
		s.p += n;
		s.n -= n;
	}
	return used;
}

void
mg_screen_size(int fd, size_t *columns, size_t *rows)
{
	struct winsize w = {0};

	if (ioctl(fd, TIOCGWINSZ, &w) < 0)
		w = (struct winsize){0};
	*columns = w.ws_col;
	*rows = w.ws_row;
}

bool
mg_screen_colour(int fd)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fd) && !(no && no[0]) &&
		!(term && strcmp(term, "dumb") == 0);
}
