/*
 * yaml.h - YAML files as a tree that remembers its lines.
 *
 * A node is a scalar, a list or a map, with the file's name and the line and
 * column it began at (from 1). Maps keep their order. libyaml parses; this
 * file only builds the tree, resolves anchors and `<<` merges, and says what
 * is wrong in a way that can be mended. Reading JSON works too: it is YAML
 * (except, with libyaml, a colon on another line than its key, a key beyond
 * 1,024 characters, a raw DEL, and a tab before the first bracket).
 *
 * The text is UTF-8, with or without a byte order mark, with LF or CRLF.
 * Limits: 4 MiB of text, 100 levels, 200,000 nodes, keys too, after aliases
 * are resolved (an alias is shared, not copied, but counts what it holds, and
 * has the place of its anchor). A key that stands twice in one map, a key that
 * is no scalar, an alias within its own anchor, a tag that is none of YAML's
 * own, and a second document are errors. Merged members stand where their `<<`
 * stood; explicit keys win, then the map that is named first.
 *
 *	struct mg_yaml *doc = mg_yaml_file("team.yaml", &f);
 *	const struct mg_node *agents = mg_node_get(mg_yaml_root(doc), "agents");
 *
 *	for (size_t i = 0; i < mg_node_count(agents); i++)
 *		puts(mg_node_str(mg_node_at(agents, i), "?"));
 *	mg_yaml_free(doc);
 */
#ifndef MG_CONF_YAML_H
#define MG_CONF_YAML_H

#include "base/fault.h"
#include "base/str.h"

enum mg_node_kind {
	MG_NODE_NULL, /* absent, empty, ~ or null */
	MG_NODE_BOOL, /* true, false (any of YAML 1.2's three spellings) */
	MG_NODE_INT, /* decimal; what does not fit 64 bits is a MG_NODE_NUM */
	MG_NODE_NUM, /* with a fraction or an exponent; finite as a double */
	MG_NODE_STR, /* everything else, and whatever stands in quotes */
	MG_NODE_LIST,
	MG_NODE_MAP,
};

struct mg_node {
	enum mg_node_kind kind;
	size_t line, column;
	const char *file; /* as given; "-" for none */
	struct mg_sl text; /* scalars: without quotes, NUL behind it */
	/* Lists and maps: `count` children; maps: their keys beside them. */
	size_t count;
	struct mg_node **items;
	struct mg_node **keys; /* MG_NODE_STR nodes; NULL for lists */
};

struct mg_yaml; /* owns every node of a document */

/* One document, from memory or a file. NULL with f filled (MG_E_CONFIG, or
 * MG_E_NO_INPUT when the file cannot be read): "FILE:LINE:COL: what". */
struct mg_yaml *
mg_yaml_text(const char *name, struct mg_sl text, struct mg_fault *f);
struct mg_yaml *mg_yaml_file(const char *path, struct mg_fault *f);
void mg_yaml_free(struct mg_yaml *doc);
/* Never NULL: an empty file, and no document, have a null. */
const struct mg_node *mg_yaml_root(const struct mg_yaml *doc);

/* All of these take NULL for a node that is not there. */
const struct mg_node *mg_node_get(const struct mg_node *map, const char *key);
/* The i-th entry of a list, or value of a map (its key is map->keys[i]). */
const struct mg_node *mg_node_at(const struct mg_node *list, size_t i);
size_t mg_node_count(const struct mg_node *n);
/* A scalar's text, up to its first NUL if it was given one ("\0"); `otherwise`
 * if absent, null, a list or a map. */
const char *mg_node_str(const struct mg_node *n, const char *otherwise);

/*
 * Typed reads of a member that may be missing or null (then *out is left
 * alone). The range may be {INT64_MIN, INT64_MAX}; text is MG_NODE_STR without
 * a NUL, since `name: 1` is a number; it lives as long as the document.
 * -1 with f filled when it is there but of another kind or out of range:
 * "team.yaml:7:12: `jobs` must be a whole number from 1 to 1000".
 */
int mg_node_int(const struct mg_node *map, const char *key,
	const int64_t range[2], int64_t *out, struct mg_fault *f);
int mg_node_bool(const struct mg_node *map, const char *key, bool *out,
	struct mg_fault *f);
int mg_node_text(const struct mg_node *map, const char *key, const char **out,
	struct mg_fault *f);

/* MG_E_CONFIG with "FILE:LINE:COL: " in front of the message (nothing if `at`
 * is NULL); returns -1. */
int mg_node_fail(const struct mg_node *at, struct mg_fault *f, const char *fmt,
	...) __attribute__((format(printf, 3, 4)));

/*
 * Every key of map must be among the NULL-terminated names; the first that is
 * not is a fault: "team.yaml:3:5: unknown key `modle` in agents[0]", remedy
 * "did you mean `model`?". `where` names the map. Nothing and null have no
 * keys; what is no map at all is a fault too.
 */
int mg_node_known(const struct mg_node *map, const char *where,
	const char *const *names, struct mg_fault *f);

/* Appends the node as JSON (maps in order, numbers as written where that is
 * JSON, else re-written; .inf, .nan and 1e999 are strings). */
void mg_node_json(const struct mg_node *n, struct mg_str *out);

#endif
