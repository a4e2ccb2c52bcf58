/* progress_json.c - a run's progress in words and as JSON; see progress.h. */
#include "ring/progress.h"

#include "event/json.h"

#include <stdlib.h>

#define QUESTION_MAX 280 /* bytes */

/* --- a question's first line --- */

/* Text of a message: a string, or the text of its parts. */
static void
content_text(struct mg_sl content, struct mg_str *out)
{
	struct mg_sl key, part;
	size_t it = 0;

	if (mg_json_text(content, out))
		return;
	while (mg_json_next(content, &it, &key, &part))
		mg_json_text(mg_json_get(part, "text"), out);
}

char *
mg_progress_question(struct mg_sl task)
{
	struct mg_sl content = mg_json_get(task, "content"), key, m, line;
	struct mg_str text = MG_STR(64 << 10);
	const char *nl;
	char *copied;
	size_t it = 0;

	if (!content.p) {
		struct mg_sl messages = mg_json_get(task, "messages");

		while (mg_json_next(messages, &it, &key, &m))
			if (mg_json_is(mg_json_get(m, "role"), "user"))
				content = mg_json_get(m, "content");
	}
	content_text(content, &text);
	line = mg_sl_trim(mg_str_as_sl(&text));
	nl = memchr(line.p, '\n', line.n);
	if (nl)
		line.n = (size_t)(nl - line.p);
	line = mg_sl_cut(mg_sl_trim(line), QUESTION_MAX);
	copied = mg_sl_dup(line);
	mg_str_release(&text);
	return copied;
}

/* --- as JSON --- */

const char *
mg_agent_state_name(enum mg_agent_state s)
{
	static const char *const names[] = {
		[MG_AGENT_WAITING] = "waiting",
		[MG_AGENT_ASKED] = "asked",
		[MG_AGENT_ANSWERING] = "answering",
		[MG_AGENT_TOOL] = "tool",
		[MG_AGENT_VOTING] = "voting",
		[MG_AGENT_VOTED] = "voted",
		[MG_AGENT_PRESENTING] = "presenting",
		[MG_AGENT_FAILED] = "failed",
	};

	return names[s];
}

static void
put_agent(const struct mg_progress_agent *a, struct mg_str *out)
{
	mg_str_putc(out, '{');
	mg_json_ms(out, "agent", a->name);
	mg_json_ms(out, "state", mg_agent_state_name(a->state));
	if (a->label[0])
		mg_json_ms(out, "label", a->label);
	if (a->voted[0])
		mg_json_ms(out, "voted", a->voted);
	if (a->error[0])
		mg_json_ms(out, "error", a->error);
	mg_json_mi(out, "calls", a->calls);
	mg_json_mi(out, "answers", a->answers);
	mg_json_mi(out, "input_tokens", a->input_tokens);
	mg_json_mi(out, "output_tokens", a->output_tokens);
	mg_str_putc(out, '}');
}

/* What is a string or absent, spelt anew: the line was not checked. */
static void
put_result(const struct mg_progress *p, struct mg_str *out)
{
	static const char *const keys[] = {
		"id", "status", "winner", "label", "reason", NULL};
	struct mg_sl r = mg_str_as_sl(&p->result);
	struct mg_str text = MG_STR(4096);

	mg_str_puts(out, ",\"result\":{");
	for (size_t i = 0; keys[i]; i++) {
		mg_str_clear(&text);
		if (mg_json_text(mg_json_get(r, keys[i]), &text))
			mg_json_m(out, keys[i], mg_str_as_sl(&text));
	}
	mg_json_mb(out, "answer", mg_json_get(r, "content").p != NULL);
	mg_str_putc(out, '}');
	mg_str_release(&text);
}

void
mg_progress_json(const struct mg_progress *p, struct mg_str *out)
{
	mg_str_putc(out, '{');
	mg_json_mi(out, "v", 1);
	mg_json_ms(out, "run", p->run ? p->run : "");
	mg_json_ms(out, "status", p->status ? p->status : "running");
	mg_json_ms(out, "started", p->started);
	mg_json_ms(out, "updated", p->updated);
	mg_json_mi(out, "tasks", (int64_t)p->tasks);
	mg_json_mi(out, "results", (int64_t)p->results);
	mg_json_ms(out, "question", p->question ? p->question : "");
	mg_str_puts(out, ",\"agents\":[");
	for (size_t i = 0; i < p->agents.n; i++) {
		mg_str_puts(out, i ? "," : "");
		put_agent(p->agents.e[i].value, out);
	}
	mg_str_putc(out, ']');
	if (p->result.len)
		put_result(p, out);
	mg_str_putc(out, '}');
}
