/*
 * opt.h - one table of options per command, from which everything follows.
 *
 * The table drives parsing, --help, the completions (--completion SHELL) and
 * a test that compares it with the manual page. Targets are members of the
 * command's own struct, named by offset, so the table is constant and there
 * is no global state.
 *
 *	struct foo {
 *		bool loud;
 *		int64_t jobs;
 *		struct mg_list models;
 *	};
 *	static const struct mg_opt opts[] = {
 *		{'j', "jobs", "N", "calls at once", MG_OPT_INT,
 *			offsetof(struct foo, jobs), .min = 1, .max = 1000},
 *		{'l', "loud", NULL, "say more", MG_OPT_FLAG,
 *			offsetof(struct foo, loud)},
 *		{0}};
 *	static const struct mg_cmd cmd = {.name = "mg-foo", .opts = opts, ...};
 *
 *	int status = mg_cmd_begin(&cmd, &foo, argc, argv, &args);
 *
 *	if (status >= 0)
 *		return status;
 *
 * Options and arguments may be mixed; `--` ends the options; a lone `-` is an
 * argument. Letters may be bundled (-tq EXPR), values attached (-j8,
 * --jobs=8). Long names are not abbreviated: a script that works today must
 * not break when an option is added. Numbers are decimal and within their
 * range; durations are 250ms, 30s, 5m, 2h, or a number of seconds.
 */
#ifndef MG_BASE_OPT_H
#define MG_BASE_OPT_H

#include "base/fault.h"
#include "base/str.h"

struct mg_list {
	const char **v; /* borrowed from argv; the array is owned */
	size_t n, cap;
};

void mg_list_add(struct mg_list *l, const char *s);
void mg_list_release(struct mg_list *l);

enum mg_opt_type {
	MG_OPT_FLAG, /* bool */
	MG_OPT_STR, /* const char * */
	MG_OPT_INT, /* int64_t within min..max */
	MG_OPT_MS, /* int64_t milliseconds within min..max */
	MG_OPT_LIST, /* struct mg_list: may be given again */
	MG_OPT_WORD, /* int: index of the word among .words */
	MG_OPT_SET, /* int: set to .min; takes no value */
};

enum mg_opt_complete { MG_COMPLETE_NONE, MG_COMPLETE_FILE };

struct mg_opt {
	char letter; /* 0: none */
	const char *name;
	const char *arg; /* NULL: takes no value */
	const char *help;
	enum mg_opt_type type;
	size_t at;
	int64_t min, max;
	const char *const *words; /* NULL-terminated */
	enum mg_opt_complete complete;
};

struct mg_cmd {
	const char *name;
	const char *summary; /* one line, no full stop */
	const char *usage; /* lines of the synopsis, without the name */
	const char *examples; /* lines, shown by --help */
	const struct mg_opt *opts;
	/* Commands of their own behind this one's name: .name is both words,
	 * "mg-vote lead". NULL-terminated; may be NULL. */
	const struct mg_cmd *const *subs;
};

/*
 * The command that the first argument names, and argc and argv moved behind
 * this one's name; NULL if it names none. To be asked before mg_cmd_begin().
 */
const struct mg_cmd *
mg_cmd_sub(const struct mg_cmd *cmd, int *argc, char ***argv);
/* The last word of its name. */
const char *mg_cmd_word(const struct mg_cmd *cmd);

/*
 * Sets mg_prog, parses, and serves --help, --version and --completion. Gives
 * -1 to go on, else the exit status; faults have been printed then.
 */
int mg_cmd_begin(const struct mg_cmd *cmd, void *state, int argc, char **argv,
	struct mg_list *args);

/* The parser alone: 0, or -1 with f filled (MG_E_USAGE). */
int mg_opt_parse(const struct mg_cmd *cmd, void *state, int argc, char **argv,
	struct mg_list *args, struct mg_fault *f);

/* Strict readers; false leaves *out alone. */
bool mg_read_int(const char *s, int64_t min, int64_t max, int64_t *out);
bool mg_read_ms(const char *s, int64_t *out);

/* Usage error with the remedy "see PROG --help"; returns -1. */
int mg_usage(struct mg_fault *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
