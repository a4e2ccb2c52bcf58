/*
 * actor - a model for the tests of the ring: exec:actor SEED NAME [OPTION ...].
 *
 * Reads one `request` and behaves as chance has it, which is drawn from the
 * seed, its name, the task and the turn, so that a world can be run again.
 *
 *	delay=MS	waits up to so long
 *	size=BYTES	writes answers of up to so many bytes
 *	wild=PERCENT	fails, says nothing, calls tools, votes for nobody
 *	tools=PERCENT	calls a tool before it answers
 */
#include "base/str.h"
#include "event/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct actor {
	uint64_t chance;
	const char *name;
	long delay, size, wild, tools;
	struct mg_sl request;
	struct mg_str labels; /* each behind a newline */
	size_t nlabels;
	long turn;
};

static void
stir(struct actor *a, struct mg_sl s)
{
	for (size_t i = 0; i < s.n; i++)
		a->chance = (a->chance ^ (unsigned char)s.p[i]) *
			1099511628211U;
}

static unsigned long
draw(struct actor *a, unsigned long n)
{
	a->chance ^= a->chance << 13;
	a->chance ^= a->chance >> 7;
	a->chance ^= a->chance << 17;
	return n ? (unsigned long)((a->chance >> 16) % n) : 0;
}

static bool
percent(struct actor *a, long p)
{
	return (long)draw(a, 100) < p;
}

/* --- the request ------------------------------------------------------------ */

static void
read_labels(struct actor *a)
{
	struct mg_sl tools = mg_json_get(a->request, "tools"), key, tool, label;
	size_t it = 0;

	while (mg_json_next(tools, &it, &key, &tool)) {
		struct mg_sl s = mg_json_get(tool, "input_schema");
		size_t k = 0;

		s = mg_json_get(mg_json_get(s, "properties"), "label");
		s = mg_json_get(s, "enum");
		while (mg_json_next(s, &k, &key, &label)) {
			mg_str_putc(&a->labels, '\n');
			mg_json_text(label, &a->labels);
			a->nlabels++;
		}
	}
}

static bool
read_request(struct actor *a)
{
	static char buf[16 << 20];
	size_t n = fread(buf, 1, sizeof(buf), stdin);

	while (n && buf[n - 1] == '\n')
		n--;
	if (mg_json_check(buf, n, NULL, NULL) < 0)
		return false;
	a->request = (struct mg_sl){buf, n};
	a->turn = (long)mg_json_int(mg_json_get(a->request, "turn"), 0);
	stir(a, mg_json_get(a->request, "id"));
	stir(a, mg_json_get(a->request, "turn"));
	read_labels(a);
	return true;
}

static struct mg_sl
some_label(struct actor *a)
{
	unsigned long k = draw(a, a->nlabels);
	const char *p = a->labels.s + 1;
	const char *nl;

	while (k--)
		p = strchr(p, '\n') + 1;
	nl = strchr(p, '\n');
	return (struct mg_sl){p, nl ? (size_t)(nl - p) : strlen(p)};
}

/* --- the reply ---------------------------------------------------------------- */

static void
answer_text(struct actor *a, struct mg_str *out)
{
	size_t size = a->size ? draw(a, (unsigned long)a->size) : 0;

	mg_str_fmt(out, "answer of %s in turn %ld, %lu", a->name, a->turn,
		draw(a, 1000000));
	for (unsigned long i = 0; out->len < size; i++)
		mg_str_fmt(out, "\n> line %lu: \"caf\303\251\" \\ {\t}", i);
}

static void
say_json(struct mg_str *o)
{
	fwrite(o->s, 1, o->len, stdout);
	putchar('\n');
}

static void
call_tool(struct mg_str *o, const char *name, const char *call)
{
	mg_str_puts(o, "{\"call\":");
	mg_json_puts(o, call);
	mg_str_puts(o, ",\"name\":");
	mg_json_puts(o, name);
	mg_str_puts(o, ",\"arguments\":{");
}

static void
give_answer(struct actor *a, bool may_be_text)
{
	struct mg_str text = MG_STR(SIZE_MAX / 2), o = MG_STR(SIZE_MAX / 2);
	unsigned long how = draw(a, 3);

	answer_text(a, &text);
	if (may_be_text && how == 0) {
		mg_str_sl(&o, mg_str_as_sl(&text));
	} else if (how == 1) {
		mg_str_puts(&o, "{\"new_answer\":");
		mg_json_put(&o, mg_str_as_sl(&text));
		mg_str_putc(&o, '}');
	} else {
		mg_str_puts(&o,
			"{\"type\":\"message\",\"content\":\"\","
			"\"tool_calls\":[");
		call_tool(&o, "new_answer", "a1");
		mg_str_puts(&o, "\"content\":");
		mg_json_put(&o, mg_str_as_sl(&text));
		mg_str_puts(&o, "}}");
		if (percent(a, a->wild)) {
			mg_str_putc(&o, ',');
			call_tool(&o, "new_answer", "a2");
			mg_str_puts(&o, "\"content\":\"another\"}}");
		}
		mg_str_puts(&o, "]}");
	}
	say_json(&o);
	mg_str_release(&text);
	mg_str_release(&o);
}

static void
give_vote(struct actor *a)
{
	struct mg_str o = MG_STR(SIZE_MAX / 2), label = MG_STR(4096);

	if (percent(a, a->wild))
		mg_str_puts(&label, "agent9.9");
	else
		mg_str_sl(&label, some_label(a));
	if (percent(a, 50)) {
		mg_str_puts(&o, "{\"vote\":");
		mg_json_put(&o, mg_str_as_sl(&label));
		mg_str_puts(&o, ",\"reason\":\"it is right\"}");
	} else {
		mg_str_puts(&o,
			"{\"type\":\"message\",\"content\":\"I vote.\","
			"\"tool_calls\":[");
		call_tool(&o, "vote", "v1");
		mg_str_puts(&o, "\"label\":");
		mg_json_put(&o, mg_str_as_sl(&label));
		mg_str_puts(&o, ",\"reason\":\"it is right\"}}]}");
	}
	say_json(&o);
	mg_str_release(&label);
	mg_str_release(&o);
}

/* One to three calls, of tools that somebody has and that nobody has. */
static void
give_calls(struct actor *a)
{
	static const char *const names[] = {"look", "nobody", "big"};
	struct mg_str o = MG_STR(SIZE_MAX / 2);
	unsigned long n = 1 + draw(a, 3);
	char call[40];

	mg_str_puts(
		&o, "{\"type\":\"message\",\"content\":\"\",\"tool_calls\":[");
	for (unsigned long i = 0; i < n; i++) {
		if (i)
			mg_str_putc(&o, ',');
		snprintf(call, sizeof(call), "t%ld.%lu", a->turn, i);
		call_tool(&o, names[draw(a, 3)], call);
		mg_str_puts(&o, "\"n\":9007199254740993}}");
	}
	mg_str_puts(&o, "]}");
	say_json(&o);
	mg_str_release(&o);
}

static int
be_wild(struct actor *a)
{
	switch (draw(a, 4)) {
	case 0:
		fputs("out of order\n", stderr);
		return 3;
	case 1:
		return 0; /* nothing */
	case 2:
		puts("I would rather not.");
		return 0;
	default:
		puts("{\"type\":\"error\",\"message\":\"no\"}");
		return 0;
	}
}

static int
reply(struct actor *a)
{
	if (a->delay)
		usleep((useconds_t)draw(a, (unsigned long)a->delay * 1000));
	if (percent(a, a->wild))
		return be_wild(a);
	if (percent(a, a->tools) && a->turn < 6)
		give_calls(a);
	else if (a->nlabels && !percent(a, 10))
		give_vote(a);
	else
		give_answer(a, a->turn == 1);
	return 0;
}

static long
option(char **argv, const char *name)
{
	size_t n = strlen(name);

	for (; *argv; argv++)
		if (strncmp(*argv, name, n) == 0)
			return strtol(*argv + n, NULL, 10);
	return 0;
}

int
main(int argc, char **argv)
{
	struct actor a = {
		.chance = 14695981039346656037U, .labels.max = 1 << 20};
	int status;

	if (argc < 3)
		return 64;
	a.name = argv[2];
	a.delay = option(argv + 3, "delay=");
	a.size = option(argv + 3, "size=");
	a.wild = option(argv + 3, "wild=");
	a.tools = option(argv + 3, "tools=");
	stir(&a, mg_sl_of(argv[1]));
	stir(&a, mg_sl_of(argv[2]));
	if (!read_request(&a))
		return 65;
	status = reply(&a);
	mg_str_release(&a.labels);
	return fflush(stdout) == 0 ? status : 74;
}
