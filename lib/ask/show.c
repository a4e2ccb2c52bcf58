/*
 * show.c - answers for a person (-o text).
 *
 * One agent alone: its text as it comes. Several: on a terminal one of them
 * is live, the others are kept and shown whole when it is done; in a pipe
 * each is shown whole. What a model wrote cannot drive the terminal: control
 * bytes are replaced there, in a pipe they stay as they are.
 */
#include "ask/ask.h"

#include <stdlib.h>
#include <unistd.h>

struct part {
	char *name; /* header, for several speakers */
	struct mg_str text; /* not yet shown */
	bool whole;
};

struct mg_show {
	bool tty, colour, started;
	struct mg_map parts; /* id and agent -> struct part */
	struct part *live;
	size_t shown; /* answers begun */
	char last; /* byte written */
};

static struct mg_show *
show_of(struct mg_ask *a)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (!a->show) {
		a->show = mg_xcalloc(1, sizeof(*a->show));
		a->show->tty = isatty(STDOUT_FILENO);
		a->show->colour = a->show->tty && !(no && no[0]) &&
			!(term && strcmp(term, "dumb") == 0);
	}
	return a->show;
}

static void
free_part(struct part *p)
{
	free(p->name);
	mg_str_release(&p->text);
	free(p);
}

void
mg_show_free(struct mg_show *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->parts.n; i++)
		free_part(s->parts.e[i].value);
	mg_map_release(&s->parts);
	free(s);
}

/* C0 but tab and newline, DEL, and C1 (which is C2 80 to C2 9F in UTF-8). */
static void
harmless(struct mg_sl t, struct mg_str *out)
{
	for (size_t i = 0; i < t.n; i++) {
		unsigned char c = (unsigned char)t.p[i];

		if (c == 0xC2 && i + 1 < t.n &&
			(unsigned char)t.p[i + 1] < 0xA0) {
			mg_str_putc(out, '?');
			i++;
		} else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F) {
			mg_str_putc(out, '?');
		} else {
			mg_str_putc(out, (char)c);
		}
	}
}

static void
write_text(struct mg_filter *f, struct mg_show *s, struct mg_sl text)
{
	struct mg_str safe = MG_STR(SIZE_MAX / 2);

	if (!text.n)
		return;
	if (s->tty) {
		harmless(text, &safe);
		text = mg_str_as_sl(&safe);
	}
	mg_print(f, text);
	s->last = text.p[text.n - 1];
	mg_str_release(&safe);
}

static bool
many(const struct mg_ask *a)
{
	return a->agents.n > 1 || a->total.tasks > 1;
}

static void
header(struct mg_ask *a, struct mg_show *s, const struct part *p)
{
	static const int colours[] = {36, 33, 35, 32, 34, 31};
	struct mg_str h = MG_STR(8192);
	size_t hash = 0;

	if (!many(a))
		return;
	for (const char *c = p->name; *c; c++)
		hash = hash * 31 + (unsigned char)*c;
	if (s->shown++)
		mg_str_putc(&h, '\n');
	if (s->colour)
		mg_str_fmt(&h, "\033[1;%dm", colours[hash % 6]);
	if (s->tty)
		harmless(mg_sl_of(p->name), &h);
	else
		mg_str_puts(&h, p->name);
	mg_str_puts(&h, s->colour ? ":\033[0m\n" : ":\n");
	mg_print(a->f, mg_str_as_sl(&h));
	mg_str_release(&h);
}

static struct part *
part_of(struct mg_ask *a, struct mg_show *s, const struct mg_event *e)
{
	struct mg_sl id = mg_json_get(e->raw, "id");
	struct mg_sl agent = mg_json_get(e->raw, "agent");
	struct mg_str key = MG_STR(MG_LINE_MAX), name = MG_STR(8192);
	struct part **p;

	mg_str_sl(&key, id);
	mg_str_putc(&key, '\0');
	mg_str_sl(&key, agent);
	p = (struct part **)mg_map_put(&s->parts, mg_str_as_sl(&key));
	if (!*p) {
		*p = mg_xcalloc(1, sizeof(**p));
		(*p)->text.max = SIZE_MAX / 2;
		mg_json_text(agent, &name);
		if (a->total.tasks > 1) {
			mg_str_puts(&name, " (task ");
			mg_json_text(id, &name);
			mg_str_putc(&name, ')');
		}
		(*p)->name = name.s ? name.s : mg_xstrdup("?");
		name = (struct mg_str){0};
	}
	mg_str_release(&key);
	return *p;
}

static void
forget(struct mg_show *s, struct part *p)
{
	for (size_t i = 0; i < s->parts.n; i++)
		if (s->parts.e[i].value == p) {
			struct mg_str key = MG_STR(MG_LINE_MAX);

			mg_str_sl(&key, s->parts.e[i].key);
			mg_map_del(&s->parts, mg_str_as_sl(&key));
			mg_str_release(&key);
			break;
		}
	free_part(p);
}

static void
finish(struct mg_ask *a, struct mg_show *s, struct part *p)
{
	write_text(a->f, s, mg_str_as_sl(&p->text));
	if (s->last != '\n' && (s->started || p->text.len))
		mg_print(a->f, MG_SL("\n"));
	s->last = '\n';
	s->started = false;
	if (s->live == p)
		s->live = NULL;
	forget(s, p);
}

/* The floor is free: first what is whole, then somebody becomes live. */
static void
next_speaker(struct mg_ask *a, struct mg_show *s)
{
	for (size_t i = 0; i < s->parts.n;) {
		struct part *p = s->parts.e[i].value;

		if (!p->whole) {
			i++;
			continue;
		}
		header(a, s, p);
		finish(a, s, p);
		i = 0;
	}
	if (!s->tty && many(a))
		return;
	for (size_t i = 0; i < s->parts.n && !s->live; i++) {
		struct part *p = s->parts.e[i].value;

		if (!p->text.len)
			continue;
		s->live = p;
		s->started = true;
		header(a, s, p);
		write_text(a->f, s, mg_str_as_sl(&p->text));
		mg_str_clear(&p->text);
	}
}

static void
on_piece(struct mg_ask *a, struct mg_show *s, struct mg_event *e)
{
	struct mg_sl text = mg_json_get(e->raw, "content");
	struct part *p;

	if (!text.p)
		return;
	p = part_of(a, s, e);
	mg_json_text(text, &p->text);
	if (s->live == p) {
		write_text(a->f, s, mg_str_as_sl(&p->text));
		mg_str_clear(&p->text);
	} else if (!s->live) {
		next_speaker(a, s);
	}
}

/* The message repeats what its deltas said. */
static void
on_whole(struct mg_ask *a, struct mg_show *s, struct mg_event *e)
{
	struct part *p = part_of(a, s, e);

	if (s->live != p) {
		mg_str_clear(&p->text);
		mg_json_text(mg_json_get(e->raw, "content"), &p->text);
	}
	p->whole = true;
	if (s->live == p)
		finish(a, s, p);
	if (!s->live)
		next_speaker(a, s);
}

/* What a broken answer had said is shown; why it broke is on stderr. */
static void
on_broken(struct mg_ask *a, struct mg_show *s, struct mg_event *e)
{
	struct part *p;

	if (!mg_json_get(e->raw, "agent").p)
		return;
	p = part_of(a, s, e);
	if (p->text.len || s->live == p) {
		p->whole = true;
		if (s->live == p)
			finish(a, s, p);
	} else {
		forget(s, p);
	}
	if (!s->live)
		next_speaker(a, s);
}

void
mg_ask_show(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_ask *a = state;
	struct mg_show *s = show_of(a);

	if (mg_event_is(e, "delta"))
		on_piece(a, s, e);
	else if (mg_event_is(e, "message"))
		on_whole(a, s, e);
	else if (mg_event_is(e, "error"))
		on_broken(a, s, e);
}
