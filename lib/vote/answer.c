#include "vote/answer.h"

#include "base/opt.h"
#include "event/json.h"
#include "io/loop.h"
#include "vote/normal.h"

#include <stdlib.h>

int
mg_answer_rule_init(struct mg_answer_rule *r, const char *re, const char *path,
	struct mg_fault *f)
{
	char why[256];
	int e;

	*r = (struct mg_answer_rule){.path = path};
	if (re && path)
		return mg_usage(
			f, "--answer-re and --answer-path exclude each other");
	if (path && !*path)
		return mg_usage(f, "--answer-path is empty");
	if (!re)
		return 0;
	e = regcomp(&r->re, re, REG_EXTENDED | REG_NEWLINE);
	if (e) {
		regerror(e, &r->re, why, sizeof(why));
		return mg_usage(
			f, "--answer-re is no regular expression: %s", why);
	}
	r->m = mg_xcalloc(r->re.re_nsub + 1, sizeof(*r->m));
	return 0;
}

void
mg_answer_rule_release(struct mg_answer_rule *r)
{
	if (r->m)
		regfree(&r->re);
	free(r->m);
	mg_str_release(&r->text);
	*r = (struct mg_answer_rule){0};
}

/* --- a regular expression --- */

/* The first group that took part, else the whole match; widened to whole
 * characters, because the expression sees bytes. */
static struct mg_sl
matched(const struct mg_answer_rule *r, const struct mg_str *content)
{
	size_t i = r->re.re_nsub ? 1 : 0, from, to;

	while (i && i <= r->re.re_nsub && r->m[i].rm_so < 0)
		i++;
	if (i > r->re.re_nsub)
		i = 0;
	from = (size_t)r->m[i].rm_so;
	to = (size_t)r->m[i].rm_eo;
	while (from && ((unsigned char)content->s[from] & 0xC0) == 0x80)
		from--;
	while (to > from && ((unsigned char)content->s[to] & 0xC0) == 0x80)
		to++;
	return (struct mg_sl){content->s + from, to - from};
}

static bool
by_expression(
	struct mg_answer_rule *r, struct mg_str *content, struct mg_sl *answer)
{
	size_t at = 0;
	bool found = false;

	mg_loop_foreign(true); /* some expressions take for ever */
	while (at < content->len) {
		r->m[0].rm_so = (regoff_t)at;
		r->m[0].rm_eo = (regoff_t)content->len;
		if (regexec(&r->re, content->s, r->re.re_nsub + 1, r->m,
			    REG_STARTEND) != 0)
			break;
		at = (size_t)r->m[0].rm_eo;
		if (r->m[0].rm_so == r->m[0].rm_eo) {
			at++; /* a match of nothing is none */
			continue;
		}
		*answer = matched(r, content);
		found = true;
	}
	mg_loop_foreign(false);
	return found;
}

/* --- a path --- */

/* The bytes lie in a content, which is ours to mend. */
static bool
is_json(struct mg_sl s)
{
	return mg_json_check((char *)(uintptr_t)s.p, s.n, NULL, NULL) >= 0;
}

/* Cuts the next closed block from *rest: what stands between its fences. */
static bool
next_block(struct mg_sl *rest, struct mg_sl *block)
{
	struct mg_fence fence;
	struct mg_sl line;

	do {
		if (!mg_next_line(rest, &line))
			return false;
	} while (!mg_fence_opens(line, &fence));
	*block = *rest;
	while (mg_next_line(rest, &line)) {
		if (!mg_fence_closes(line, fence))
			continue;
		block->n = (size_t)(line.p - block->p);
		return true;
	}
	return false;
}

static bool
find_json(struct mg_sl content, struct mg_sl *json)
{
	struct mg_sl rest = content, block;
	size_t n = 0;

	*json = mg_unblank(content);
	if (is_json(*json))
		return true;
	while (next_block(&rest, &block)) {
		if (!is_json(block))
			continue;
		*json = block;
		n++;
	}
	return n == 1;
}

static bool
by_path(struct mg_answer_rule *r, struct mg_str *content, struct mg_sl *answer)
{
	struct mg_sl json;

	if (!find_json(mg_str_as_sl(content), &json))
		return false;
	json = mg_json_path(json, r->path);
	if (!json.p || mg_json_kind(json) == 'n')
		return false;
	*answer = json;
	mg_str_clear(&r->text);
	if (mg_json_text(json, &r->text))
		*answer = mg_str_as_sl(&r->text);
	return true;
}

bool
mg_answer(
	struct mg_answer_rule *r, struct mg_str *content, struct mg_sl *answer)
{
	if (r->m)
		return by_expression(r, content, answer);
	if (r->path)
		return by_path(r, content, answer);
	*answer = mg_str_as_sl(content);
	return true;
}
