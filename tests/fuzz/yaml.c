/*
 * What a YAML file may do: be refused in words, or become a tree that can be
 * walked and written as JSON that passes our own check.
 */
#include "conf/yaml.h"
#include "event/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
need(bool yes)
{
	if (!yes)
		abort();
}

static size_t
walk(const struct mg_node *n, unsigned depth)
{
	size_t nodes = 1;

	need(n && n->line && n->column && n->file && depth <= 100);
	if (n->kind < MG_NODE_LIST)
		need(n->text.p && n->text.p[n->text.n] == '\0' && !n->count);
	need((n->kind == MG_NODE_MAP) == !!n->keys);
	for (size_t i = 0; i < n->count; i++) {
		if (n->keys) {
			need(n->keys[i]->kind == MG_NODE_STR);
			nodes += walk(n->keys[i], depth + 1);
		}
		nodes += walk(n->items[i], depth + 1);
	}
	return nodes;
}

static void
ask(const struct mg_node *map)
{
	static const char *const names[] = {"agents", "model", "id", NULL};
	const int64_t range[] = {0, 1000};
	struct mg_fault f = {0};
	const char *text;
	int64_t i;
	bool b;

	for (size_t k = 0; names[k]; k++) {
		(void)mg_node_int(map, names[k], range, &i, &f);
		(void)mg_node_bool(map, names[k], &b, &f);
		(void)mg_node_text(map, names[k], &text, &f);
	}
	(void)mg_node_known(map, "the file", names, &f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mg_sl in = {(const char *)data, size};
	struct mg_fault f = {0};
	struct mg_yaml *doc = mg_yaml_text("fuzz", in, &f);
	struct mg_str out = MG_STR((size_t)256 << 20);

	if (!doc) {
		need(f.code == MG_E_CONFIG && f.message[0]);
		return 0;
	}
	need(walk(mg_yaml_root(doc), 0) <= 200000);
	ask(mg_yaml_root(doc));
	mg_node_json(mg_yaml_root(doc), &out);
	need(!out.over && mg_json_check(out.s, out.len, NULL, NULL) >= 0);
	mg_str_release(&out);
	mg_yaml_free(doc);
	return 0;
}
