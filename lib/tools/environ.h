/*
 * environ.h - what a tool gets to see of our environment, and of its call.
 *
 * The list is short and everything else is left out, so no key gets into a
 * tool by being forgotten: PATH, HOME, USER, LOGNAME, SHELL, LANG, LANGUAGE,
 * LC_*, TZ, TERM, TMPDIR, NO_COLOR, XDG_*, MG_SHARE; what the record's `env` names;
 * MG_TOOL, MG_CALL, MG_AGENT, MG_RUN, MG_TOOL_STATE; and each member of the
 * arguments as ARG_name, for tools that are a line of shell: a text decoded,
 * anything else as JSON. Names are letters, digits and `_`; what is longer
 * than 64 KiB, or holds a NUL, is on standard input only.
 *
 *	char **env = mg_environ_of(work);
 *
 *	mg_environ_free(env);
 */
#ifndef MG_TOOLS_ENVIRON_H
#define MG_TOOLS_ENVIRON_H

#include "tools/work.h"

#define MG_ENVIRON_MARK "MG_WORK" /* whose a process is: program.c */
#define MG_ENVIRON_VALUE 65536
#define MG_ENVIRON_ALL ((size_t)1 << 20) /* of arguments, in bytes */

/* `NAME=VALUE`s, NULL behind the last; malloc'd. */
char **mg_environ_of(const struct mg_work *w);
void mg_environ_free(char **env);

#endif
