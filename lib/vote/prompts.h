/*
 * prompts.h - the words that the lead puts to agents, and how they are
 * filled in.
 *
 * They are files: share/prompts/NAME.md, or of the same name in
 * $XDG_CONFIG_HOME/mg/prompts, which wins. {{word}} stands for what is filled
 * in; what is filled in is not looked at again, so that no answer can bring
 * its own. All are read once, at the start.
 *
 *	struct mg_prompts prompts;
 *	struct mg_fill fill = {.question = MG_SL("Is 3599 prime?")};
 *
 *	if (mg_prompts_load(&prompts, &fault) < 0)
 *		...
 *	mg_prompt(&prompts, MG_PROMPT_ANSWER, &fill, &out);
 *	mg_prompts_release(&prompts);
 */
#ifndef MG_VOTE_PROMPTS_H
#define MG_VOTE_PROMPTS_H

#include "base/fault.h"
#include "base/str.h"

enum mg_prompt {
	MG_PROMPT_ANSWER, /* the task: {{earlier}} {{question}} */
	MG_PROMPT_VOTE, /* what to vote by: {{sensitivity}} */
	MG_PROMPT_UPDATE, /* answers not seen before: {{answers}} */
	MG_PROMPT_BALLOT, /* how to vote: {{labels}} {{own}} {{limit}} */
	MG_PROMPT_REMIND, /* {{why}} {{tools}} */
	MG_PROMPT_PRESENT,
	MG_PROMPTS
};

/* What stands for the words; what is not set is empty. */
struct mg_fill {
	struct mg_sl earlier, question, sensitivity, answers, labels, own,
		limit, why, tools;
};

struct mg_prompts {
	char *text[MG_PROMPTS];
	char **sensitivity; /* as many as mg_sensitivities */
};

/* -1 with f filled (MG_E_CONFIG): a file is missing, or holds a word that it
 * cannot hold. */
int mg_prompts_load(struct mg_prompts *p, struct mg_fault *f);
void mg_prompts_release(struct mg_prompts *p);

/* Appends a prompt, filled in. */
void mg_prompt(const struct mg_prompts *p, enum mg_prompt which,
	const struct mg_fill *fill, struct mg_str *out);

/* Each line with "> " in front of it, whatever ends it: nothing in the text
 * can end its quotation. Ends with a newline. */
void mg_quote(struct mg_sl text, struct mg_str *out);

#endif
