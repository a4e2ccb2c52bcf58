#include "ring/draw.h"

#include "base/opt.h"
#include "base/screen.h"

#include <stdlib.h>

#define NAME_MAX_COLUMNS 24
#define MARGIN_ROWS 4 /* what stood on the terminal before stays in sight */

struct page {
	const struct mg_progress *p;
	const struct mg_draw_req *req;
	struct mg_str *out;
	size_t columns, name_columns, lines;
};

void
mg_draw_count(struct mg_str *out, int64_t n)
{
	if (n < 1000)
		mg_str_fmt(out, "%lld", (long long)n);
	else if (n < 1000000)
		mg_str_fmt(out, "%lld.%lldk", (long long)(n / 1000),
			(long long)(n % 1000 / 100));
	else
		mg_str_fmt(out, "%lld.%lldM", (long long)(n / 1000000),
			(long long)(n % 1000000 / 100000));
}

/* One line of the page: text cut to the width, in a colour (SGR). */
static void
put_line(struct page *g, struct mg_sl text, const char *colour)
{
	if (g->lines++)
		mg_str_puts(g->out, "\r\n");
	if (g->req->colour && colour)
		mg_str_fmt(g->out, "\033[%sm", colour);
	mg_screen_line(g->out, text, g->columns);
	if (g->req->colour && colour)
		mg_str_puts(g->out, "\033[m");
}

/* --- one agent --- */

/* The name of the agent that label "agentK.V" belongs to: the K-th. */
static const char *
name_of(const struct mg_progress *p, const char *label)
{
	const char *dot = strchr(label, '.');
	char digits[24];
	int64_t k;

	if (strncmp(label, "agent", 5) != 0 || !dot)
		return label;
	memcpy(digits, label + 5, (size_t)(dot - label) - 5);
	digits[dot - label - 5] = '\0';
	if (!mg_read_int(digits, 1, (int64_t)p->agents.n, &k))
		return label;
	return ((struct mg_progress_agent *)p->agents.e[k - 1].value)->name;
}

static const char *
word(const struct mg_progress_agent *a)
{
	static const char *const words[] = {
		[MG_AGENT_WAITING] = "waiting",
		[MG_AGENT_ASKED] = "thinking",
		[MG_AGENT_ANSWERING] = "writing",
		[MG_AGENT_TOOL] = "using a tool",
		[MG_AGENT_VOTING] = "voting",
		[MG_AGENT_VOTED] = "voted",
		[MG_AGENT_PRESENTING] = "presenting the answer",
		[MG_AGENT_FAILED] = "failed",
	};

	if (a->state == MG_AGENT_WAITING && a->label[0])
		return "has answered";
	return words[a->state];
}

static const char *
colour(const struct mg_progress_agent *a)
{
	if (a->state == MG_AGENT_FAILED)
		return "31";
	if (a->state == MG_AGENT_VOTED)
		return "32";
	return mg_agent_is_active(a->state) ? "36" : NULL;
}

static void
put_age(struct mg_str *s, int64_t seconds)
{
	if (seconds >= 60)
		mg_str_fmt(s, "  %lld min %02lld s", (long long)(seconds / 60),
			(long long)(seconds % 60));
	else if (seconds > 0)
		mg_str_fmt(s, "  %lld s", (long long)seconds);
}

/* "gpt-5-mini  voted for claude  3.1k tokens" */
static void
put_agent(struct page *g, const struct mg_progress_agent *a)
{
	struct mg_str s = MG_STR(0);
	size_t used = mg_screen_line(&s, mg_sl_of(a->name), g->name_columns);
	bool counted = a->input_tokens || a->output_tokens;

	mg_screen_pad(&s, used, g->name_columns + 2);
	mg_str_puts(&s, word(a));
	if (a->state == MG_AGENT_VOTED) {
		mg_str_puts(&s, " for ");
		mg_screen_line(&s, mg_sl_of(name_of(g->p, a->voted)),
			NAME_MAX_COLUMNS);
	}
	if (a->state == MG_AGENT_FAILED && a->error[0]) {
		mg_str_puts(&s, ": ");
		mg_screen_line(&s, mg_sl_of(a->error), sizeof(a->error));
	}
	if (mg_agent_is_active(a->state))
		put_age(&s, (g->req->now_ms - a->since_ms) / 1000);
	if (counted) {
		mg_str_puts(&s, "  ");
		mg_draw_count(&s, a->input_tokens + a->output_tokens);
		mg_str_puts(&s, " tokens");
	}
	put_line(g, mg_str_as_sl(&s), colour(a));
	mg_str_release(&s);
}

/* --- all of them --- */

struct ranked {
	size_t at;
	int rank;
};

static int
rank(const struct mg_progress_agent *a)
{
	return mg_agent_is_active(a->state)   ? 2
		: a->state == MG_AGENT_FAILED ? 1
					      : 0;
}

static int
by_rank(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? 1 : -1;
	return x->at < y->at ? -1 : 1;
}

static int
by_place(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return x->at < y->at ? -1 : 1;
}

static void
set_name_columns(struct page *g)
{
	size_t most = g->columns / 3;

	if (most > NAME_MAX_COLUMNS)
		most = NAME_MAX_COLUMNS;
	g->name_columns = 0;
	for (size_t i = 0; i < g->p->agents.n; i++) {
		struct mg_progress_agent *a = g->p->agents.e[i].value;
		size_t n = mg_screen_columns(mg_sl_of(a->name));

		if (n > g->name_columns)
			g->name_columns = n < most ? n : most;
	}
}

static void
put_agents(struct page *g, size_t room)
{
	size_t n = g->p->agents.n, shown = n <= room ? n : room - 1;
	struct ranked *all = mg_xcalloc(n + 1, sizeof(*all));
	struct mg_str more = MG_STR(128);

	for (size_t i = 0; i < n; i++)
		all[i] = (struct ranked){i, rank(g->p->agents.e[i].value)};
	if (shown < n) {
		qsort(all, n, sizeof(*all), by_rank);
		qsort(all, shown, sizeof(*all), by_place);
	}
	for (size_t i = 0; i < shown; i++)
		put_agent(g, g->p->agents.e[all[i].at].value);
	if (shown < n) {
		mg_str_fmt(&more, "\xE2\x80\xA6 and %zu more", n - shown);
		put_line(g, mg_str_as_sl(&more), NULL);
	}
	mg_str_release(&more);
	free(all);
}

/* "2 of 3 decided  Is 3 599 prime?" */
static void
put_head(struct page *g)
{
	const struct mg_progress *p = g->p;
	struct mg_str s = MG_STR(0);

	if (p->tasks > 1)
		mg_str_fmt(&s, "%zu of %zu decided", p->results, p->tasks);
	if (p->tasks > 1 && p->question)
		mg_str_puts(&s, "  ");
	if (p->question)
		mg_str_puts(&s, p->question);
	if (!s.len)
		mg_str_puts(&s,
			p->tasks ? "a question without text"
				 : "no question yet");
	put_line(g, mg_str_as_sl(&s), "1");
	mg_str_release(&s);
}

size_t
mg_draw(const struct mg_progress *p, const struct mg_draw_req *req,
	struct mg_str *out)
{
	size_t rows = req->rows ? req->rows : 24;
	struct page g = {.p = p, .req = req, .out = out};

	/* The last column is left alone: some terminals wrap behind it. */
	g.columns = req->columns ? req->columns : 80;
	if (g.columns > 1)
		g.columns--;
	rows = rows > MARGIN_ROWS + 1 ? rows - MARGIN_ROWS : 1;
	set_name_columns(&g);
	put_head(&g);
	if (rows > 1)
		put_agents(&g, rows - 1);
	return g.lines;
}
