/*
 * commands_in.h - what the sub-commands of mg-tools share; see commands.h.
 *
 * Text on standard output is made harmless (screen.h) whether it goes to a
 * terminal or not: all of it comes from strangers' files and logs. NDJSON and
 * JSON are escaped by the writer, and keep every byte.
 */
#ifndef MG_TOOLS_COMMANDS_IN_H
#define MG_TOOLS_COMMANDS_IN_H

#include "io/page.h"
#include "tools/commands.h"
#include "tools/pin.h"
#include "tools/registry.h"

/* What is on its way to standard output. */
struct mg_tools_out {
	struct mg_page page;
	enum mg_output output; /* never MG_OUT_AUTO */
	size_t objects; /* written so far */
};

/* AUTO: text on a terminal, else NDJSON. */
void mg_tools_out_init(struct mg_tools_out *o, int output);
void mg_tools_put(struct mg_tools_out *o, struct mg_sl bytes);
/* One whole object: a line of NDJSON, or an element of the JSON array. */
void mg_tools_object(struct mg_tools_out *o, struct mg_str *object);
/* Ends the array and writes what waits; the worse of the two statuses. */
int mg_tools_out_end(struct mg_tools_out *o, int status);

/* Prints the fault; its exit status. */
int mg_tools_fail(const struct mg_fault *f);
/* "mg-tools: ..." on standard error: what was done, no fault. */
void mg_tools_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Problems of files become warnings. NULL with f filled. */
struct mg_registry *
mg_tools_open(const struct mg_tools_where *w, bool all, struct mg_fault *f);
/* As mg_toolset_find(); NULL with f filled (MG_E_NO_INPUT), and the nearest
 * name as the remedy. */
struct mg_tool *mg_tools_find(
	const struct mg_toolset *set, const char *name, struct mg_fault *f);

/* new, ok, changed, error */
const char *mg_tools_pin_word(enum mg_pin pin);
/* {"type":TYPE,"name":…,"version":… */
void mg_tools_json_begin(
	struct mg_str *o, const char *type, const struct mg_tool *t);
/* "labels":["read","network"] */
void mg_tools_json_labels(struct mg_str *o, unsigned labels);
/* A list of text that ends with NULL, or is NULL. */
void mg_tools_json_list(struct mg_str *o, const char *key, char *const *v);

#endif
