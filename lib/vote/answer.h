/*
 * answer.h - the part of a content that is the answer.
 *
 * Without a rule it is the whole content. With a regular expression it is
 * the last match, with a path what lies there in the JSON that the content
 * is, or that its only fenced block of JSON holds. mg-vote(1), --answer-re
 * and --answer-path, says it to users.
 *
 *	struct mg_answer_rule rule = {0};
 *	struct mg_sl answer;
 *
 *	if (mg_answer_rule_init(&rule, "Answer: (.*)", NULL, &fault) < 0)
 *		...
 *	if (mg_answer(&rule, &content, &answer))
 *		count(answer);
 *	mg_answer_rule_release(&rule);
 */
#ifndef MG_VOTE_ANSWER_H
#define MG_VOTE_ANSWER_H

#include "base/fault.h"
#include "base/str.h"

#include <regex.h>

struct mg_answer_rule {
	regex_t re;
	regmatch_t *m; /* one for the match, one for each group; NULL: no re */
	const char *path;
	struct mg_str text; /* a string found by the path, decoded */
};

/* Either may be NULL, and one must be; -1: a usage fault. */
int mg_answer_rule_init(struct mg_answer_rule *r, const char *re,
	const char *path, struct mg_fault *f);
void mg_answer_rule_release(struct mg_answer_rule *r);

/*
 * The answer within a decoded content, valid until the next call and as long
 * as the content, whose bytes may be changed (lone surrogates are mended).
 * False: there is none.
 */
bool mg_answer(
	struct mg_answer_rule *r, struct mg_str *content, struct mg_sl *answer);

#endif
