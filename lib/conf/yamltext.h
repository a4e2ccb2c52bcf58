/*
 * yamltext.h - what goes into libyaml, and what comes out when it refuses.
 *
 * Internal to yaml.c: the text is made ready for the parser, and the parser's
 * complaints, which speak of tokens and indicators, are put into words that
 * say what to mend, at the place where it went wrong.
 */
#ifndef MG_CONF_YAMLTEXT_H
#define MG_CONF_YAMLTEXT_H

#include "conf/yaml.h"

#include <yaml.h>

/*
 * The text without a byte order mark. JSON writes what is beyond U+FFFF as a
 * pair of escapes ("\ud83d\ude00"), which YAML does not know: text that is
 * JSON comes back with such pairs as plain characters, kept in `mended`.
 */
struct mg_sl mg_yaml_ready(struct mg_sl text, struct mg_str *mended);

/* Fills f with "FILE:LINE:COL: what" and a remedy; returns -1. */
int mg_yaml_why(const yaml_parser_t *parser, const char *file,
	struct mg_sl text, struct mg_fault *f);

#endif
