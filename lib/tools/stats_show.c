/* stats_show.c - what was counted, as events and for a person; see stats.h. */
#include "tools/stats_in.h"

#include "base/screen.h"
#include "event/json.h"

#include <stdio.h>
#include <stdlib.h>

#define NAME_COLUMNS 32
#define CODE_COLUMNS 24

static int
by_value(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* A sorted copy; malloc'd. */
static int64_t *
sorted(const struct numbers *n)
{
	int64_t *v = mg_xcalloc(n->n + 1, sizeof(*v));

	if (n->n) {
		memcpy(v, n->v, n->n * sizeof(*v));
		qsort(v, n->n, sizeof(*v), by_value);
	}
	return v;
}

/* Nearest rank: the least value that p percent of them do not pass. */
static int64_t
rank(const int64_t *v, size_t n, size_t percent)
{
	return v[(n * percent + 99) / 100 - 1];
}

static int
by_key(const void *a, const void *b)
{
	const struct mg_map_entry *const *x = a, *const *y = b;

	return mg_sl_cmp((*x)->key, (*y)->key);
}

/* The entries in the order of their keys; malloc'd. */
static const struct mg_map_entry **
in_order(const struct mg_map *m)
{
	const struct mg_map_entry **v = mg_xcalloc(m->n + 1, sizeof(*v));

	for (size_t i = 0; i < m->n; i++)
		v[i] = &m->e[i];
	if (m->n)
		qsort(v, m->n, sizeof(*v), by_key);
	return v;
}

static void
put_codes(struct mg_str *o, const struct sums *s)
{
	const struct mg_map_entry **v = in_order(&s->codes);

	mg_json_mraw(o, "codes", MG_SL("{"));
	for (size_t i = 0; i < s->codes.n; i++) {
		if (i)
			mg_str_putc(o, ',');
		mg_json_put(o, v[i]->key);
		mg_str_fmt(o, ":%lld", (long long)*(int64_t *)v[i]->value);
	}
	mg_str_putc(o, '}');
	free(v);
}

static void
put_sums(struct mg_str *o, const struct sums *s)
{
	int64_t *ms = sorted(&s->ms);

	mg_json_mi(o, "calls", s->calls);
	mg_json_mi(o, "results", s->results);
	mg_json_mi(o, "errors", s->errors);
	put_codes(o, s);
	if (s->ms.n) {
		mg_json_mi(o, "p50_ms", rank(ms, s->ms.n, 50));
		mg_json_mi(o, "p95_ms", rank(ms, s->ms.n, 95));
		mg_json_mi(o, "max_ms", rank(ms, s->ms.n, 100));
	}
	mg_json_mi(o, "content_bytes", s->content);
	mg_json_mi(o, "output_bytes", s->output);
	free(ms);
}

static void
put_schemas(struct mg_str *o, const struct numbers *n)
{
	int64_t *v = sorted(n);

	mg_json_mraw(o, "schema_bytes", MG_SL("{"));
	mg_json_mi(o, "requests", (int64_t)n->n);
	if (n->n) {
		mg_json_mi(o, "min", v[0]);
		mg_json_mi(o, "median", rank(v, n->n, 50));
		mg_json_mi(o, "max", v[n->n - 1]);
	}
	mg_str_putc(o, '}');
	free(v);
}

void
mg_stats_json(const struct mg_stats *s, struct mg_str *o)
{
	const struct mg_map_entry **v = in_order(&s->tools);

	for (size_t i = 0; i < s->tools.n; i++) {
		const struct tool *t = v[i]->value;

		mg_str_puts(o, "{\"type\":\"tool_stats\"");
		mg_json_m(o, "name", v[i]->key);
		if (t->by)
			mg_json_mraw(o, "by", mg_sl_of(t->by));
		put_sums(o, &t->sums);
		mg_str_puts(o, "}\n");
	}
	free(v);
	mg_str_puts(o, "{\"type\":\"tool_stats\",\"total\":true");
	mg_json_mi(o, "tools", (int64_t)s->tools.n);
	put_sums(o, &s->all);
	mg_json_mi(o, "requests", s->nrequests);
	put_schemas(o, &s->schemas);
	mg_json_mi(o, "lines", s->lines);
	mg_json_mi(o, "bad_lines", s->bad);
	mg_str_puts(o, "}\n");
}

/* "12.3 s" */
static void
put_ms(struct mg_str *o, const struct numbers *n, size_t percent)
{
	int64_t *v = sorted(n), ms = n->n ? rank(v, n->n, percent) : 0;
	char text[32] = "-";

	if (n->n && ms < 10000)
		snprintf(text, sizeof(text), "%lld ms", (long long)ms);
	else if (n->n)
		snprintf(text, sizeof(text), "%lld.%lld s",
			(long long)(ms / 1000), (long long)(ms % 1000 / 100));
	mg_str_fmt(o, "  %9s", text);
	free(v);
}

/* "  timeout 2, refused 1" */
static void
put_code_words(struct mg_str *o, const struct sums *s)
{
	const struct mg_map_entry **v = in_order(&s->codes);

	for (size_t i = 0; i < s->codes.n; i++) {
		mg_str_puts(o, i ? ", " : "  ");
		mg_screen_line(o, v[i]->key, CODE_COLUMNS);
		mg_str_fmt(o, " %lld", (long long)*(int64_t *)v[i]->value);
	}
	free(v);
}

static void
put_row(struct mg_str *o, struct mg_sl name, size_t columns,
	const struct sums *s)
{
	size_t used = mg_screen_line(o, name, columns);

	mg_screen_pad(o, used, columns);
	mg_str_fmt(
		o, "  %7lld  %7lld", (long long)s->calls, (long long)s->errors);
	put_ms(o, &s->ms, 50);
	put_ms(o, &s->ms, 95);
	mg_str_fmt(o, "  %11lld", (long long)s->content);
	put_code_words(o, s);
	mg_str_putc(o, '\n');
}

static void
put_schema_words(struct mg_str *o, const struct mg_stats *s)
{
	int64_t *v = sorted(&s->schemas);

	mg_str_fmt(o, "%lld request%s, %zu with tools", (long long)s->nrequests,
		s->nrequests == 1 ? "" : "s", s->schemas.n);
	if (s->schemas.n)
		mg_str_fmt(o,
			": %lld bytes of schemas in the median (from %lld "
			"to %lld)",
			(long long)rank(v, s->schemas.n, 50), (long long)v[0],
			(long long)v[s->schemas.n - 1]);
	mg_str_putc(o, '\n');
	free(v);
}

void
mg_stats_text(const struct mg_stats *s, struct mg_str *o)
{
	const struct mg_map_entry **v = in_order(&s->tools);
	size_t columns = sizeof("TOTAL") - 1;

	for (size_t i = 0; i < s->tools.n; i++) {
		size_t n = mg_screen_columns(v[i]->key);

		if (n > columns)
			columns = n < NAME_COLUMNS ? n : NAME_COLUMNS;
	}
	mg_str_puts(o, "TOOL");
	mg_screen_pad(o, 4, columns);
	mg_str_fmt(o, "  %7s  %7s  %9s  %9s  %11s  %s\n", "CALLS", "ERRORS",
		"P50", "P95", "BYTES", "CODES");
	for (size_t i = 0; i < s->tools.n; i++)
		put_row(o, v[i]->key.n ? v[i]->key : MG_SL("(no name)"),
			columns, &((struct tool *)v[i]->value)->sums);
	put_row(o, MG_SL("TOTAL"), columns, &s->all);
	put_schema_words(o, s);
	free(v);
}
