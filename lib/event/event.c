#include "event/event.h"

#include "event/json.h"

/* All of these stop at `end`: the bytes may be anything. */

static const char *
blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	return p;
}

/* p is behind the opening quote; gives the closing one, or end. */
static const char *
string_end(const char *p, const char *end)
{
	while ((p = memchr(p, '"', (size_t)(end - p)))) {
		const char *b = p;

		while (b[-1] == '\\')
			b--;
		if ((p - b) % 2 == 0)
			return p;
		p++;
	}
	return end;
}

/* Over one value: a string, a nest, or a word. */
static const char *
value_end(const char *p, const char *end)
{
	size_t depth = 0;

	for (; p < end; p++) {
		switch (*p) {
		case '"':
			p = string_end(p + 1, end);
			if (p == end)
				return end;
			if (!depth)
				return p + 1;
			break;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			if (!depth)
				return p;
			if (!--depth)
				return p + 1;
			break;
		case ',':
			if (!depth)
				return p;
			break;
		default:
			break;
		}
	}
	return p;
}

static bool
key_is(const char *p, size_t n, const char *name)
{
	return strlen(name) == n && memcmp(p, name, n) == 0;
}

/* v is the raw value; a string loses its quotes. */
static void
note(struct mg_event *e, const char *key, size_t n, struct mg_sl v)
{
	bool set = v.n && v.p[0] != '0' && v.p[0] != 'f' && v.p[0] != 'n';
	struct mg_sl text = {v.p + 1, v.n >= 2 ? v.n - 2 : 0};

	if (v.n < 2 || v.p[0] != '"')
		text = (struct mg_sl){"", 0};
	if (key_is(key, n, "type") && !e->type.n)
		e->type = text;
	else if (key_is(key, n, "by"))
		e->by = text;
	else if (key_is(key, n, "taken"))
		e->taken = set, e->taker = text;
	else if (key_is(key, n, "lap"))
		e->lap |= set; /* nothing behind a mark takes it back */
	else if (key_is(key, n, "past"))
		e->past |= set;
	else if (key_is(key, n, "ts"))
		e->stamped = true;
}

static void
look(struct mg_event *e, bool all)
{
	const char *p = e->raw.p + 1, *end = e->raw.p + e->raw.n - 1;

	while ((p = blanks(p, end)) < end && *p == '"') {
		const char *key = p + 1, *close = string_end(key, end), *v;

		p = blanks(close < end ? close + 1 : end, end);
		if (p == end || *p != ':')
			return;
		v = blanks(p + 1, end);
		p = value_end(v, end);
		note(e, key, (size_t)(close - key),
			mg_sl_trim((struct mg_sl){v, (size_t)(p - v)}));
		if (!all && e->type.p)
			return;
		p = blanks(p, end);
		if (p == end || *p != ',')
			return;
		p++;
	}
}

int
mg_event_look(
	struct mg_event *e, struct mg_sl line, bool all, struct mg_fault *f)
{
	*e = (struct mg_event){.raw = mg_sl_trim(line)};
	if (e->raw.n < 2 || e->raw.p[0] != '{' ||
		e->raw.p[e->raw.n - 1] != '}') {
		mg_fail(f, MG_E_BAD_LINE, "not a JSON object on one line");
		if (e->raw.n == 1 && e->raw.p[0] == '{')
			mg_remedy(f, "one object a line: jq -c");
		else
			mg_remedy(f, "every line is one JSON object");
		return -1;
	}
	if (memchr(e->raw.p, '\0', e->raw.n))
		return mg_fail(f, MG_E_BAD_LINE, "the line holds a NUL byte");
	look(e, all);
	return 0;
}

void
mg_id_key(struct mg_sl id, struct mg_str *key)
{
	if (mg_json_kind(id) != '"') {
		mg_str_sl(key, id);
		return;
	}
	mg_str_putc(key, '"');
	mg_json_text(id, key);
}
