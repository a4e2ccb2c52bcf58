#include "io/sse.h"

static void
tell(struct mg_sse *s)
{
	if (s->has_data)
		s->fn(s->arg, mg_sl_of(s->name), s->data.s, s->data.len);
	mg_str_clear(&s->data);
	s->has_data = false;
	s->name[0] = '\0';
}

static void
field(struct mg_sse *s, struct mg_sl name, struct mg_sl value)
{
	if (mg_sl_is(name, "data")) {
		if (s->has_data)
			mg_str_putc(&s->data, '\n');
		mg_str_sl(&s->data, value);
		s->has_data = true;
	} else if (mg_sl_is(name, "event") && value.n < sizeof(s->name)) {
		memcpy(s->name, value.p, value.n);
		s->name[value.n] = '\0';
	}
}

static void
end_line(struct mg_sse *s, struct mg_sl l)
{
	const char *colon;
	struct mg_sl name = l, value = {"", 0};

	if (l.n == 0) {
		tell(s);
		return;
	}
	if (l.p[0] == ':')
		return;
	colon = memchr(l.p, ':', l.n);
	if (colon) {
		name.n = (size_t)(colon - l.p);
		value = (struct mg_sl){colon + 1, l.n - name.n - 1};
		if (value.n && value.p[0] == ' ')
			value.p++, value.n--;
	}
	field(s, name, value);
}

/* How much of the byte order mark stands at p; it may come in pieces. */
static size_t
skip_bom(struct mg_sse *s, const char *p, size_t n)
{
	static const char bom[] = "\xEF\xBB\xBF";
	size_t i = 0;

	while (i < n && s->bom < 3) {
		if (p[i] != bom[s->bom]) {
			mg_str_add(&s->line, bom, s->bom);
			s->bom = 3;
			break;
		}
		i++, s->bom++;
	}
	return i;
}

bool
mg_sse_push(struct mg_sse *s, const char *p, size_t n)
{
	const char *end = p + n, *q;

	s->line.max = s->data.max = MG_SSE_MAX;
	if (s->bom < 3)
		p += skip_bom(s, p, n);
	while (p < end && !s->line.over && !s->data.over) {
		if (s->after_cr && *p == '\n') {
			s->after_cr = false;
			p++;
			continue;
		}
		s->after_cr = false;
		for (q = p; q < end && *q != '\n' && *q != '\r'; q++)
			;
		if (q == end) {
			mg_str_add(&s->line, p, (size_t)(q - p));
			break;
		}
		if (s->line.len) {
			mg_str_add(&s->line, p, (size_t)(q - p));
			if (!s->line.over)
				end_line(s, mg_str_as_sl(&s->line));
			if (!s->line.over)
				mg_str_clear(&s->line);
		} else {
			end_line(s, (struct mg_sl){p, (size_t)(q - p)});
		}
		s->after_cr = *q == '\r';
		p = q + 1;
	}
	return !s->line.over && !s->data.over;
}

bool
mg_sse_open(const struct mg_sse *s)
{
	return s->has_data || s->line.len > 0;
}

void
mg_sse_release(struct mg_sse *s)
{
	mg_str_release(&s->line);
	mg_str_release(&s->data);
}
