/*
 * optshow.h - an option table, shown: help text, completions, a bare list.
 *
 * Every command has, beside its own table, -h/--help, --version,
 * --completion bash|zsh|fish and --options (the list that a test holds
 * against the manual page: one option a line, "-j --jobs N").
 */
#ifndef MG_BASE_OPTSHOW_H
#define MG_BASE_OPTSHOW_H

#include "base/opt.h"

void mg_opt_help(const struct mg_cmd *cmd, struct mg_str *out);
/* Appends nothing for a shell that it does not know. */
void mg_opt_completion(
	const struct mg_cmd *cmd, const char *shell, struct mg_str *out);
void mg_opt_list(const struct mg_cmd *cmd, struct mg_str *out);

#endif
