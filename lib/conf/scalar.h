/*
 * scalar.h - what a scalar of YAML is, and how a number is spelt in JSON.
 *
 * The core schema of YAML 1.2, in decimal only: `yes`, `on`, `0x1F`, `0o17`,
 * `1_000`, `.inf` and `2024-05-01` are text. A number that a double cannot
 * hold (1e999) is text too, so that every number is one in JSON as well.
 */
#ifndef MG_CONF_SCALAR_H
#define MG_CONF_SCALAR_H

#include "conf/yaml.h"

/* The kind of a plain scalar. The text has a NUL behind it. */
enum mg_node_kind mg_scalar_kind(struct mg_sl text);

/*
 * Applies a tag, as libyaml spells it out, to a node whose kind is known
 * without it: `!!str` and `!` make text of any scalar, `!!int "3"` a number
 * of what is spelt like one. False if it does not fit, or is none of YAML's
 * own (null, bool, int, float, str, seq, map).
 */
bool mg_scalar_tag(const char *tag, struct mg_node *node);

/* Appends a MG_NODE_INT or MG_NODE_NUM: +07 as 7, .5 as 0.5, 5. as 5.0, and
 * every other digit as it was written. */
void mg_scalar_json(struct mg_sl number, struct mg_str *out);

#endif
