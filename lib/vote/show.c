/*
 * show.c - results for people: the content alone, or how it came about.
 *
 * All of it comes from strangers, so no byte of it may drive the terminal:
 * control characters become '?'.
 */
#include "vote/vote.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NARROW 60 /* columns of an answer, where no terminal says */
#define ASKED_MAX 280
#define NAME_MAX_COLUMNS 32

struct page {
	struct mg_str text;
	struct mg_sl result;
	struct mg_sl votes;
	size_t name_columns, columns; /* of a name, of an answer */
	bool colour;
};

/* --- characters --- */

static size_t
char_len(struct mg_sl s)
{
	size_t n = 1;

	while (n < s.n && ((unsigned char)s.p[n] & 0xC0) == 0x80)
		n++;
	return n;
}

/* CJK and emoji take two columns; nothing here is precise about the rest. */
static size_t
char_columns(struct mg_sl s)
{
	unsigned char a = (unsigned char)s.p[0];
	unsigned char b = s.n > 1 ? (unsigned char)s.p[1] : 0;

	return (a >= 0xE3 && a <= 0xED && !(a == 0xEA && b < 0xB0)) ||
			(a == 0xEF && (b == 0xBC || b == 0xBD)) ||
			(a == 0xF0 && b == 0x9F)
		? 2
		: 1;
}

static bool
is_control(struct mg_sl s)
{
	unsigned char a = (unsigned char)s.p[0];

	return a < 0x20 || a == 0x7F ||
		(a == 0xC2 && s.n > 1 && (unsigned char)s.p[1] < 0xA0);
}

/* A content: lines and tabs stay, and so does CR in front of a newline. */
static void
put_text(struct mg_str *o, struct mg_sl s)
{
	while (s.n) {
		size_t n = char_len(s);
		bool stays = s.p[0] == '\n' || s.p[0] == '\t' ||
			(s.p[0] == '\r' && s.n > 1 && s.p[1] == '\n');

		if (is_control(s) && !stays)
			mg_str_putc(o, '?');
		else
			mg_str_add(o, s.p, n);
		s.p += n;
		s.n -= n;
	}
}

/* One line of at most `columns`; gives how many it took. */
static size_t
put_short(struct mg_str *o, struct mg_sl s, size_t columns)
{
	size_t used = 0, fits = o->len; /* with room for an ellipsis */

	while (s.n) {
		size_t n = char_len(s), w = char_columns(s);

		if (used + 1 <= columns)
			fits = o->len;
		if (used + w > columns) {
			o->len = fits;
			mg_str_puts(o, "\xE2\x80\xA6");
			return columns;
		}
		if (s.p[0] == '\n' || s.p[0] == '\t' || s.p[0] == '\r')
			mg_str_putc(o, ' ');
		else if (is_control(s))
			mg_str_putc(o, '?');
		else
			mg_str_add(o, s.p, n);
		used += w;
		s.p += n;
		s.n -= n;
	}
	return used;
}

static void
pad(struct mg_str *o, size_t used, size_t columns)
{
	for (; used < columns; used++)
		mg_str_putc(o, ' ');
}

/* A raw JSON string, or any raw value as it is spelt. */
static struct mg_str
text_of(struct mg_sl raw)
{
	struct mg_str s = MG_STR(0);

	if (!mg_json_text(raw, &s))
		mg_str_sl(&s, raw);
	return s;
}

static size_t
put_raw(struct mg_str *o, struct mg_sl raw, size_t columns)
{
	struct mg_str s = text_of(raw);
	size_t used = put_short(o, mg_str_as_sl(&s), columns);

	mg_str_release(&s);
	return used;
}

/* Names, with commas. */
static void
put_names(struct mg_str *o, struct mg_sl names)
{
	struct mg_sl key, name;
	size_t it = 0;

	for (bool first = true; mg_json_next(names, &it, &key, &name);
		first = false) {
		mg_str_puts(o, first ? "" : ", ");
		put_raw(o, name, NARROW);
	}
}

static struct mg_sl
member(const struct page *p, const char *key)
{
	return mg_json_get(p->result, key);
}

/* --- who said what --- */

static void
put_row(struct page *p, struct mg_sl name, struct mg_sl answer)
{
	size_t used;

	mg_str_puts(&p->text, "  ");
	used = put_raw(&p->text, name, NAME_MAX_COLUMNS);
	pad(&p->text, used, p->name_columns);
	mg_str_puts(&p->text, "  ");
	put_raw(&p->text, answer, p->columns);
	mg_str_putc(&p->text, '\n');
}

static void
put_rows(struct page *p, struct mg_sl names, struct mg_sl answer)
{
	struct mg_sl key, name;
	size_t it = 0;

	while (mg_json_next(names, &it, &key, &name))
		put_row(p, name, answer);
}

static void
measure(struct page *p, struct mg_sl names)
{
	struct mg_str tmp = MG_STR(0);
	struct mg_sl key, name;
	size_t it = 0, n;

	while (mg_json_next(names, &it, &key, &name)) {
		n = put_raw(&tmp, name, NAME_MAX_COLUMNS);
		if (n > p->name_columns)
			p->name_columns = n;
	}
	mg_str_release(&tmp);
}

/* All names are padded to the longest; the answers get what is left. */
static void
set_columns(struct page *p)
{
	struct mg_sl key, camp;
	struct winsize w = {0};
	size_t it = 0, left;

	while (mg_json_next(p->votes, &it, &key, &camp))
		measure(p, mg_json_get(camp, "agents"));
	measure(p, member(p, "failed"));
	measure(p, member(p, "abstained"));
	measure(p, member(p, "missing"));
	p->columns = NARROW;
	if (isatty(STDOUT_FILENO) &&
		ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col) {
		left = p->name_columns + 5;
		p->columns = w.ws_col > left + 20 ? w.ws_col - left : 20;
	}
}

static void
put_table(struct page *p, struct mg_sl said)
{
	struct mg_sl key, one;
	size_t it = 0;

	while (mg_json_next(said, &it, &key, &one))
		put_row(p, mg_json_get(one, "agent"),
			mg_json_get(one, "answer"));
	put_rows(p, member(p, "abstained"), MG_SL("(abstained)"));
	put_rows(p, member(p, "failed"), MG_SL("(failed)"));
	put_rows(p, member(p, "missing"), MG_SL("(nothing heard)"));
}

/* --- how it was counted --- */

static void
put_camps(struct page *p)
{
	struct mg_str *o = &p->text;
	struct mg_sl key, camp;
	size_t it = 0;

	while (mg_json_next(p->votes, &it, &key, &camp)) {
		put_raw(o, mg_json_get(camp, "answer"), NARROW);
		mg_str_puts(o, ": ");
		mg_str_sl(o, mg_json_get(camp, "weight"));
		mg_str_puts(o, " of ");
		mg_str_sl(o, member(p, "total"));
		mg_str_puts(o, " (");
		put_names(o, mg_json_get(camp, "agents"));
		mg_str_puts(o, ")\n");
	}
}

/* "tie between a, b", "no winner: 1 voted, the quorum is 2" */
static void
put_failure(struct mg_str *o, struct mg_sl result)
{
	struct mg_sl status = mg_json_get(result, "status");
	struct mg_sl reason = mg_json_get(result, "reason");

	if (mg_json_is(status, "tie")) {
		mg_str_puts(o, "tie between ");
		put_names(o, mg_json_get(result, "winners"));
		return;
	}
	if (mg_json_is(status, "no_winner"))
		mg_str_puts(o, "no winner");
	else
		put_raw(o, status, NARROW);
	mg_str_puts(o, ": ");
	put_raw(o, reason, ASKED_MAX);
}

static void
put_victory(struct page *p, const struct mg_vote *v)
{
	struct mg_str *o = &p->text;
	struct mg_sl key, camp;
	size_t it = 0, voted = 0;
	char buf[MG_WEIGHT_TEXT];

	while (mg_json_next(p->votes, &it, &key, &camp))
		voted += mg_json_count(mg_json_get(camp, "agents"));
	put_raw(o, member(p, "winner"), NAME_MAX_COLUMNS);
	mg_str_puts(o, " wins by ");
	mg_str_sl(o, member(p, "margin"));
	if (v->rules.min_margin) {
		mg_str_puts(o, " (at least ");
		mg_str_sl(o, mg_weight_text(v->rules.min_margin, buf));
		mg_str_puts(o, " was asked for)");
	}
	if (v->rules.quorum)
		mg_str_fmt(o, ", %zu voted (quorum %zu)", voted,
			(size_t)v->rules.quorum);
	if (v->weighted)
		mg_str_puts(o, ", weighted");
}

static void
put_verdict(struct page *p, const struct mg_vote *v)
{
	struct mg_str *o = &p->text;
	struct mg_sl key, lost, dissent = member(p, "dissent");
	size_t it = 0;

	mg_str_puts(o, p->colour ? "\033[1m" : "");
	if (member(p, "winner").p)
		put_victory(p, v);
	else
		put_failure(o, p->result);
	mg_str_puts(o, p->colour ? "\033[m\n" : "\n");
	for (bool first = true; mg_json_next(dissent, &it, &key, &lost);
		first = false) {
		mg_str_puts(o, first ? "dissent: " : ", ");
		put_raw(o, mg_json_get(lost, "agent"), NAME_MAX_COLUMNS);
	}
	if (it)
		mg_str_putc(o, '\n');
}

/* --- the page --- */

/* Keeps a copy of text for the task, instead of the one before. */
static void
keep(struct mg_map *m, struct mg_sl id, struct mg_sl text)
{
	struct mg_str key = MG_STR(0);
	void **at;

	mg_task_key(id, &key);
	at = mg_map_put(m, mg_str_as_sl(&key));
	free(*at);
	*at = mg_sl_dup(text);
	mg_str_release(&key);
}

/* What was kept, not to be asked for again; the caller frees it. */
static char *
take(struct mg_map *m, struct mg_sl id)
{
	struct mg_str key = MG_STR(0);
	char *text;

	mg_task_key(id, &key);
	text = mg_map_get(m, mg_str_as_sl(&key));
	if (text)
		*mg_map_put(m, mg_str_as_sl(&key)) = NULL;
	mg_str_release(&key);
	return text;
}

void
mg_vote_asked(struct mg_vote *v, struct mg_event *e)
{
	struct mg_str text = MG_STR(0);

	if (mg_json_text(mg_json_get(e->raw, "content"), &text) && text.len)
		keep(&v->asked, mg_json_get(e->raw, "id"),
			mg_sl_cut(mg_str_as_sl(&text), ASKED_MAX));
	mg_str_release(&text);
}

/* The rows of a camp stand together, as its agents do in the tally. */
static void
put_camp(struct mg_str *said, const struct mg_camp *camp)
{
	for (size_t i = 0; i < camp->n; i++) {
		mg_str_puts(said, said->len > 1 ? ",{" : "{");
		mg_json_m(said, "agent", camp->first[i].agent->name);
		mg_json_m(said, "answer", camp->first[i].answer);
		mg_str_putc(said, '}');
	}
}

void
mg_vote_said(struct mg_vote *v, const struct mg_task *task)
{
	struct mg_str said = MG_STR(0);

	mg_str_putc(&said, '[');
	for (size_t i = 0; i < v->tally.ncamps; i++)
		put_camp(&said, &v->tally.camps[i]);
	mg_str_putc(&said, ']');
	if (!said.over)
		keep(&v->said, task->id, mg_str_as_sl(&said));
	mg_str_release(&said);
}

/* "ID: what it is about" */
static void
put_heading(struct page *p, struct mg_vote *v)
{
	struct mg_sl id = member(p, "id");
	char *asked = take(&v->asked, id);

	if (id.p)
		put_raw(&p->text, id, NARROW);
	if (asked) {
		mg_str_puts(&p->text, id.p ? ": " : "");
		put_short(&p->text, mg_sl_of(asked),
			p->columns + p->name_columns);
	}
	if (id.p || asked)
		mg_str_putc(&p->text, '\n');
	free(asked);
}

static void
explain(struct page *p, struct mg_vote *v)
{
	char *said = take(&v->said, member(p, "id"));

	set_columns(p);
	mg_str_puts(&p->text, v->shown++ ? "\n" : "");
	put_heading(p, v);
	put_table(p, mg_sl_of(said));
	put_camps(p);
	put_verdict(p, v);
	if (member(p, "winner").p)
		mg_str_putc(&p->text, '\n');
	free(said);
}

/* Nothing for standard output, one line for the person. */
static void
complain(const struct page *p)
{
	struct mg_str text = MG_STR(0);
	struct mg_fault fault;
	struct mg_sl id = member(p, "id");

	if (id.p) {
		mg_str_puts(&text, "task ");
		put_raw(&text, id, NARROW);
		mg_str_puts(&text, ": ");
	}
	put_failure(&text, p->result);
	mg_fail(&fault, MG_OK, "%s", text.s);
	mg_fault_print(&fault);
	mg_str_release(&text);
}

void
mg_vote_show(struct mg_filter *f, void *state, struct mg_event *e)
{
	struct mg_vote *v = state;
	const char *no_color = getenv("NO_COLOR");
	struct page p = {.text.max = SIZE_MAX / 2,
		.result = e->raw,
		.votes = mg_json_get(e->raw, "votes")};
	struct mg_str content;

	if (!mg_event_is(e, "result"))
		return;
	p.colour = isatty(STDOUT_FILENO) && !(no_color && *no_color);
	if (v->explain)
		explain(&p, v);
	else if (!member(&p, "winner").p)
		complain(&p);
	if (member(&p, "winner").p) {
		content = text_of(member(&p, "content"));
		put_text(&p.text, mg_str_as_sl(&content));
		mg_str_putc(&p.text, '\n');
		mg_str_release(&content);
	}
	mg_print(f, mg_str_as_sl(&p.text));
	mg_str_release(&p.text);
}
