/*
 * vote.c - lib/vote but for the normal form: weights, what is the answer,
 * who wins, and the stage as a whole, run in a child.
 */
#include "vote/vote.h"

#include "tap.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void
test_weights(void)
{
	static const struct {
		const char *text, *shown;
	} samples[] = {{"1", "1"}, {"0", "0"}, {"1.50", "1.5"},
		{"0.000001", "0.000001"}, {"1000000", "1000000"},
		{"12.034", "12.034"}, {"1000000.000001", NULL},
		{"1.0000001", NULL}, {"-1", NULL}, {"1.", NULL}, {".5", NULL},
		{"1e3", NULL}, {"", NULL}, {" 1", NULL}};
	char buf[MG_WEIGHT_TEXT];
	int64_t w;

	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		bool good = mg_weight_read(samples[i].text, &w);

		ok(samples[i].shown ? good &&
					mg_sl_is(mg_weight_text(w, buf),
						samples[i].shown)
				    : !good,
			samples[i].text);
	}
}

/* The answer that a rule finds in a content. */
static void
is_answer(
	const char *re, const char *path, const char *content, const char *want)
{
	struct mg_answer_rule rule;
	struct mg_str text = MG_STR(0);
	struct mg_sl got;
	char *copy = NULL;

	mg_str_puts(&text, content);
	if (mg_answer_rule_init(&rule, re, path, NULL) == 0 &&
		mg_answer(&rule, &text, &got))
		copy = mg_sl_dup(got);
	is_str(copy, want, re ? re : path);
	free(copy);
	mg_str_release(&text);
	mg_answer_rule_release(&rule);
}

static void
test_answers(void)
{
	struct mg_answer_rule rule;

	is_answer("answer: (.*)", NULL, "answer: 1\nanswer: 2\nbye", "2");
	is_answer("answer: .*", NULL, "answer: 1", "answer: 1");
	is_answer("^x$", NULL, "ax\nx\nxa", "x");
	is_answer("z", NULL, "abc", NULL);
	is_answer("x*", NULL, "axxb", "xx");
	is_answer("(x)|(y)", NULL, "x y", "y");
	is_answer("x (.)", NULL, "x \xC3\xA4", "\xC3\xA4");
	is_answer(NULL, "a.1", "{\"a\":[1,\"\\u0032\"]}", "2");
	is_answer(NULL, "a", "so:\n```json\n{\"a\":4.0}\n```\nok", "4.0");
	is_answer(NULL, "a", "```\nno\n```\n~~~\n{\"a\":true}\n~~~", "true");
	is_answer(NULL, "a", "```\n{\"a\":1}\n```\n```\n{\"a\":2}\n```", NULL);
	is_answer(NULL, "a", "```\n{\"a\":1}\n", NULL);
	is_answer(NULL, "a", "{\"a\":null}", NULL);
	is_answer(NULL, "a", "{\"b\":1}", NULL);
	ok(mg_answer_rule_init(&rule, "(", NULL, NULL) < 0, "a broken RE");
	ok(mg_answer_rule_init(&rule, "a", "b", NULL) < 0, "both rules");
}

/* Runs the stage in a child; its status, its output in out. */
static int
run(const char *input, const struct mg_vote_options *o, struct mg_str *out)
{
	FILE *in = tmpfile(), *result = tmpfile();
	char buf[4096];
	int status = -1;
	size_t n;
	pid_t pid;

	fputs(input, in);
	rewind(in);
	pid = fork();
	if (pid == 0) {
		struct mg_vote v;

		dup2(fileno(in), STDIN_FILENO);
		dup2(fileno(result), STDOUT_FILENO);
		dup2(fileno(tmpfile()), STDERR_FILENO);
		if (mg_vote_init(&v, o, NULL) < 0)
			_exit(64);
		status = mg_stage_main(&mg_vote_stage, &v, &o->common);
		mg_vote_release(&v);
		_exit(status);
	}
	waitpid(pid, &status, 0);
	rewind(result);
	mg_str_clear(out);
	mg_str_puts(out, "");
	while ((n = fread(buf, 1, sizeof(buf), result)))
		mg_str_add(out, buf, n);
	fclose(in);
	fclose(result);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define MSG(id, agent, content) \
	"{\"type\":\"message\",\"id\":" id ",\"agent\":\"" agent \
	"\",\"content\":\"" content "\"}\n"
#define FAILED(id, agent) \
	"{\"type\":\"error\",\"id\":" id ",\"agent\":\"" agent \
	"\",\"code\":\"timeout\"}\n"
#define INIT "{\"type\":\"init\",\"agents\":[\"a\",{\"name\":\"b\"}]}\n"
#define END "{\"type\":\"end\"}\n"

static const struct mg_vote_options results = {.common.output = MG_OUT_JSON};

static void
is_run(const char *name, const char *input, int status, const char *want)
{
	struct mg_str out = MG_STR(0);

	ok(run(input, &results, &out) == status, name);
	if (!ok(strstr(out.s, want) != NULL, name))
		fprintf(stderr, "#  got: %s# want: %s\n", out.s, want);
	mg_str_release(&out);
}

static void
test_verdicts(void)
{
	is_run("a majority",
		MSG("1", "c", "No.") MSG("1", "a", "yes") MSG("1", "b", "no"),
		0,
		"{\"type\":\"result\",\"by\":\"mg-vote\",\"id\":1,"
		"\"status\":\"done\",\"content\":\"no\",\"answer\":\"no\","
		"\"winner\":\"b\",\"votes\":[{\"answer\":\"no\",\"weight\":2,"
		"\"agents\":[\"b\",\"c\"]},{\"answer\":\"yes\",\"weight\":1,"
		"\"agents\":[\"a\"]}],\"margin\":1,\"total\":3,\"dissent\":"
		"[{\"agent\":\"a\",\"answer\":\"yes\"}],\"failed\":[],"
		"\"abstained\":[]}\n");
	is_run("a tie", MSG("\"x\"", "a", "1") MSG("\"x\"", "b", "2"), 1,
		"\"id\":\"x\",\"status\":\"tie\",\"winners\":[\"a\",\"b\"],");
	is_run("nobody knows", MSG("1", "a", " "), 1,
		"\"status\":\"no_winner\",\"reason\":\"all who");
	is_run("all fail", FAILED("1", "a"), 69,
		"\"status\":\"failed\",\"reason\":\"no agent answered\","
		"\"votes\":[],\"margin\":0,\"total\":0,\"failed\":[\"a\"]");
	is_run("the last message counts", MSG("1", "a", "1") MSG("1", "a", "2"),
		0, "\"answer\":\"2\"");
	is_run("a failure is forgiven", FAILED("1", "a") MSG("1", "a", "2"), 0,
		"\"failed\":[]");
	is_run("\"1\" and 1 are two ids",
		MSG("1", "a", "1") MSG("\"1\"", "b", "2"), 0, "\"id\":\"1\"");
	is_run("no id",
		"{\"type\":\"message\",\"agent\":\"a\","
		"\"content\":\"1\"}",
		0, "\"by\":\"mg-vote\",\"status\"");
}

static void
test_streams(void)
{
	struct mg_str out = MG_STR(0);

	is_run("decided with the last agent",
		INIT MSG("1", "b", "1") MSG("1", "a", "1") MSG("1", "b", "2")
			END,
		0, "\"total\":2");
	is_run("decided in front of `end`", INIT MSG("1", "a", "1") END, 0,
		"\"missing\":[\"b\"]");
	is_run("truncated", INIT MSG("1", "a", "1"), 65,
		"\"status\":\"incomplete\"");
	is_run("interrupted",
		INIT MSG("1", "a",
			"1") "{\"type\":\"end\",\"status\":\"interrupted\"}\n",
		65, "\"status\":\"incomplete\"");
	is_run("an init without an end, and another",
		INIT MSG("1", "a", "1") INIT MSG("1", "b", "2") END, 65,
		"\"status\":\"incomplete\"");
	is_run("the same id in two streams",
		INIT MSG("1", "a", "1") END INIT MSG("1", "a", "2") END, 0,
		"\"answer\":\"2\"");
	is_run("a task that nobody answered",
		"{\"type\":\"task\",\"id\":1,\"taken\":\"mg-ask\"}\n", 69,
		"\"status\":\"failed\"");
	is_run("a turn with tool calls is no answer",
		MSG("1", "a",
			"x") "{\"type\":\"message\",\"id\":1,"
			     "\"agent\":\"b\",\"content\":\"y\",\"stop\":\"tool_calls\"}\n",
		0, "\"total\":1");
	ok(run("", &results, &out) == 66, "nothing to count");
	ok(run("{\"type\":\"message\",\"agent\":\"a\",\"content\":\"1\","
	       "\"taken\":\"x\"}\n",
		   &results, &out) == 66,
		"taken messages are nobody's answer");
	ok(run("{\"type\":\"message\",\"content\":\"1\"}\n", &results, &out) ==
			65,
		"a message without agent");
	mg_str_release(&out);
}

static void
test_options(void)
{
	const char *list[] = {"a=2.5", "z=9"};
	struct mg_vote_options o = results;
	struct mg_str out = MG_STR(0);
	const char *input = MSG("1", "a", "1") MSG("1", "b", "2")
		MSG("1", "c", "2");

	o.weights = (struct mg_list){list, 2, 2};
	ok(run(input, &o, &out) == 0 && strstr(out.s, "\"winner\":\"a\"") &&
			strstr(out.s, "\"weight\":2.5") &&
			strstr(out.s, "\"margin\":0.5,\"total\":4.5"),
		"weights");
	o.min_margin = "0.6";
	ok(run(input, &o, &out) == 1 && strstr(out.s, "no_winner") &&
			!strstr(out.s, "content"),
		"--min-margin");
	o = results;
	o.quorum = 4;
	ok(run(input, &o, &out) == 1 && strstr(out.s, "no_winner"), "--quorum");
	o = (struct mg_vote_options){.common.output = MG_OUT_TEXT};
	ok(run(input, &o, &out) == 0, "text");
	is_str(out.s, "2\n", "text is the content");
	o.explain = true;
	run(input, &o, &out);
	ok(strstr(out.s, "2: 2 of 3 (b, c)\n") && strstr(out.s, "dissent: a\n"),
		"--explain");
	run(MSG("1", "a", "x\\u001b[2J\\u009by"), &o, &out);
	ok(!strchr(out.s, '\033') && strstr(out.s, "x?[2J?y\n"),
		"control characters are made harmless");
	mg_str_release(&out);
}

/* 40 agents, in many orders: the index of words, and the same result. */
static void
test_orders(void)
{
	struct mg_str first = MG_STR(0), out = MG_STR(0), in = MG_STR(0);
	bool same = true;

	for (int step = 1; step < 40; step += 2) {
		mg_str_clear(&in);
		for (int i = 0; step % 5 && i < 80; i++)
			mg_str_fmt(&in,
				"{\"type\":\"message\",\"id\":1,"
				"\"agent\":\"a%d\",\"content\":\"%d\"}\n",
				i * step % 40, i * step % 40 % 3);
		if (!in.len)
			continue;
		run(in.s, &results, &out);
		if (!first.len)
			mg_str_sl(&first, mg_str_as_sl(&out));
		same = same &&
			mg_sl_eq(mg_str_as_sl(&out), mg_str_as_sl(&first));
	}
	ok(same && strstr(first.s, "\"total\":40"),
		"the order of messages does not matter");
	mg_str_release(&first);
	mg_str_release(&out);
	mg_str_release(&in);
}

int
main(void)
{
	test_weights();
	test_answers();
	test_verdicts();
	test_streams();
	test_options();
	test_orders();
	return done();
}
