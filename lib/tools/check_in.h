/* check_in.h - what check.c tells, and check_tool.c finds. */
#ifndef MG_TOOLS_CHECK_IN_H
#define MG_TOOLS_CHECK_IN_H

#include "tools/commands_in.h"

struct mg_finding {
	char *file, *message, *remedy; /* remedy: NULL for none */
	size_t line; /* 0: not known */
};

struct mg_check {
	const struct mg_list *names; /* empty: all */
	bool run; /* the examples too */
	const struct mg_registry *registry;
	const struct mg_toolset *set;
	struct mg_pins *pins;
	struct mg_tools_out out;
	int status;
	struct mg_tool *tool; /* at hand */
	struct mg_finding *v; /* about it */
	size_t n, cap;
	int64_t examples, ran;
	bool interrupted; /* nothing more is looked at */
};

/* Something is wrong with the tool at hand. The key of the record that it is
 * about gives the line; with entry > 0, the entry-th of its list. Both key
 * and remedy may be NULL. */
void mg_check_found(struct mg_check *c, const char *key, size_t entry,
	const char *remedy, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

void mg_check_schemas(struct mg_check *c);
void mg_check_programs(struct mg_check *c);
void mg_check_needs(struct mg_check *c);
void mg_check_pin(struct mg_check *c);
/* Last: nothing is run of a tool with which something is wrong. */
void mg_check_examples(struct mg_check *c);

#endif
