/* list.c - `mg-tools list`: the tools there are, and what they cost. */
#include "tools/commands_in.h"

#include "base/screen.h"
#include "event/json.h"

#include <stdlib.h>
#include <unistd.h>

#define COLUMNS 6 /* the last is the source */
#define CELL_MAX 40 /* columns of a name, a version or labels */
#define SOURCE_LEAST 12 /* columns that the source gets on any terminal */
#define GAP 2

struct row {
	char *cell[COLUMNS];
};

struct list {
	const struct mg_toolset *set;
	struct mg_tool **v;
	size_t n;
	struct mg_pins *pins;
	struct mg_tools_out out;
};

static const char *const heads[COLUMNS] = {
	"NAME", "VERSION", "LABEL", "BYTES", "PIN", "SOURCE"};

static enum mg_pin
pin_of(struct list *l, struct mg_tool *t)
{
	struct mg_fault f;
	enum mg_pin pin = mg_pins_look(l->pins, t, &f);

	if (pin == MG_PIN_ERROR)
		mg_warn("%s: %s", t->name, f.message);
	return pin;
}

/* --- as events --- */

static void
put_event(struct list *l, struct mg_tool *t)
{
	struct mg_str s = MG_STR(0);

	mg_tools_json_begin(&s, "tool", t);
	mg_tools_json_labels(&s, t->labels);
	mg_json_mi(&s, "schema_bytes", (int64_t)strlen(t->schema));
	mg_json_ms(&s, "pin", mg_tools_pin_word(pin_of(l, t)));
	mg_json_ms(&s, "path", t->path ? t->path : "");
	mg_str_putc(&s, '}');
	mg_tools_object(&l->out, &s);
	mg_str_release(&s);
}

/* --- as a table --- */

/* A path below the home folder begins with ~ for people. */
static char *
source_of(const char *path)
{
	const char *home = getenv("HOME");
	size_t n = home ? strlen(home) : 0;
	struct mg_str s = MG_STR(0);

	if (n > 1 && strncmp(path, home, n) == 0 && path[n] == '/') {
		mg_str_putc(&s, '~');
		path += n;
	}
	mg_str_puts(&s, path);
	return s.s ? s.s : mg_xstrdup("");
}

static void
fill_row(struct list *l, struct row *r, struct mg_tool *t)
{
	struct mg_str s = MG_STR(0);

	mg_label_names(t->labels, &s);
	r->cell[2] = mg_sl_dup(mg_str_as_sl(&s));
	mg_str_clear(&s);
	mg_str_fmt(&s, "%zu", strlen(t->schema));
	r->cell[3] = mg_sl_dup(mg_str_as_sl(&s));
	mg_str_release(&s);
	r->cell[0] = mg_xstrdup(t->name);
	r->cell[1] = mg_xstrdup(t->version);
	r->cell[4] = mg_xstrdup(mg_tools_pin_word(pin_of(l, t)));
	r->cell[5] = source_of(t->path ? t->path : "");
}

/* Of a path that is too long, its end says more than its beginning. */
static void
put_source(struct mg_str *o, struct mg_sl path, size_t columns)
{
	size_t have = mg_screen_columns(path);

	if (have > columns && columns > 1) {
		mg_str_puts(o, "\xE2\x80\xA6");
		columns--;
		while (path.n && mg_screen_columns(path) > columns)
			do {
				path.p++;
				path.n--;
			} while (path.n && (path.p[0] & 0xC0) == 0x80);
	}
	mg_screen_line(o, path, columns);
}

static void
measure(const struct row *rows, size_t n, size_t width[COLUMNS])
{
	size_t screen, lines, used = 0;

	for (size_t c = 0; c < COLUMNS; c++)
		width[c] = strlen(heads[c]);
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < COLUMNS - 1; c++) {
			size_t w = mg_screen_columns(mg_sl_of(rows[i].cell[c]));

			if (w > width[c])
				width[c] = w < CELL_MAX ? w : CELL_MAX;
		}
	for (size_t c = 0; c < COLUMNS - 1; c++)
		used += width[c] + GAP;
	mg_screen_size(STDOUT_FILENO, &screen, &lines);
	width[COLUMNS - 1] = SIZE_MAX;
	if (!screen)
		return;
	/* Long names give way before the source is gone. */
	while (used + SOURCE_LEAST > screen && width[0] > 8) {
		width[0]--;
		used--;
	}
	width[COLUMNS - 1] = used + SOURCE_LEAST > screen ? SOURCE_LEAST
							  : screen - used;
}

static void
put_row(struct list *l, const struct row *r, const size_t width[COLUMNS])
{
	struct mg_str s = MG_STR(0);

	for (size_t c = 0; c < COLUMNS - 1; c++) {
		struct mg_sl text = mg_sl_of(r->cell[c]);
		size_t used = 0;

		if (c == 3) /* a number stands at the right */
			mg_screen_pad(&s, strlen(r->cell[c]), width[c]);
		used = mg_screen_line(&s, text, width[c]);
		mg_screen_pad(&s, c == 3 ? width[c] : used, width[c] + GAP);
	}
	put_source(&s, mg_sl_of(r->cell[COLUMNS - 1]), width[COLUMNS - 1]);
	mg_str_putc(&s, '\n');
	mg_tools_put(&l->out, mg_str_as_sl(&s));
	mg_str_release(&s);
}

static void
put_total(struct list *l)
{
	struct mg_str s = MG_STR(0);
	size_t sum = 0;

	for (size_t i = 0; i < l->n; i++)
		sum += strlen(l->v[i]->schema);
	mg_str_fmt(&s, "%zu tool%s, %zu bytes of schemas", l->n,
		l->n == 1 ? "" : "s", sum);
	mg_str_fmt(&s, "; each request carries %zu of them, %zu bytes\n",
		l->set->n, l->set->schemas.len);
	mg_tools_put(&l->out, mg_str_as_sl(&s));
	mg_str_release(&s);
}

static void
put_table(struct list *l)
{
	struct row *rows = mg_xcalloc(l->n + 1, sizeof(*rows)), head;
	size_t width[COLUMNS];

	for (size_t i = 0; i < l->n; i++)
		fill_row(l, &rows[i], l->v[i]);
	measure(rows, l->n, width);
	for (size_t c = 0; c < COLUMNS; c++)
		head.cell[c] = (char *)(uintptr_t)heads[c];
	if (l->n)
		put_row(l, &head, width);
	for (size_t i = 0; i < l->n; i++)
		put_row(l, &rows[i], width);
	put_total(l);
	for (size_t i = 0; i < l->n; i++)
		for (size_t c = 0; c < COLUMNS; c++)
			free(rows[i].cell[c]);
	free(rows);
}

int
mg_tools_list(const struct mg_tools_where *w, bool all, int output)
{
	struct mg_fault f = {0};
	struct mg_registry *r = mg_tools_open(w, all, &f);
	struct list l = {0};

	if (!r)
		return mg_tools_fail(&f);
	l.pins = mg_pins_open(&f);
	l.set = mg_registry_set(r, MG_SL(""));
	l.v = all ? l.set->all : l.set->v;
	l.n = all ? l.set->nall : l.set->n;
	mg_tools_out_init(&l.out, output);
	if (l.out.output == MG_OUT_TEXT)
		put_table(&l);
	else
		for (size_t i = 0; i < l.n && !l.out.page.status; i++)
			put_event(&l, l.v[i]);
	mg_pins_free(l.pins);
	mg_registry_free(r);
	return mg_tools_out_end(&l.out, 0);
}
