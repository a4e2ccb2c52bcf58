/* A team file in a folder of tools: a tool that puts a task to the team. */
#include "conf/team.h"
#include "tools/registry_in.h"
#include "tools/work.h"

#include <stdlib.h>

#define TIMEOUT_MS 1800000 /* a team may talk for long */

static const char *
base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The value of a key of the file, expanded; NULL if it has none. */
static char *
value(const struct mg_node *root, const char *key)
{
	const char *s = mg_node_str(mg_node_get(root, key), NULL);

	return s ? mg_expand(s) : NULL;
}

static void
describe(struct mg_tool *t, const struct mg_node *root, const char *path)
{
	const char *name = base(path);
	struct mg_str s = MG_STR(0);

	t->name = value(root, "name");
	if (!t->name)
		t->name = mg_sl_dup((struct mg_sl){
			name, (size_t)(strrchr(name, '.') - name)});
	t->version = value(root, "version");
	t->description = value(root, "description");
	if (t->description)
		return;
	mg_str_fmt(&s, "Ask the team %s.", t->name);
	t->description = s.s;
}

static bool
load(struct mg_tool_source *s, const char *path)
{
	static const struct mg_tool_limits usual = MG_TOOL_LIMITS;
	const char *argv[] = {"mg-run", "-c", path, "-o", "ndjson", NULL};
	const struct mg_node *root = mg_source_yaml(s);
	struct mg_fault f = {0};
	struct mg_tool *t;

	if (!mg_node_get(root, "agents") && !mg_node_get(root, "agent"))
		return false;
	t = mg_xcalloc(1, sizeof(*t));
	t->kind = &mg_tool_team;
	t->path = mg_xstrdup(path);
	describe(t, root, path);
	if (mg_record_labels(root, &t->labels, &f) < 0) {
		mg_source_fault(s, &f);
		mg_tool_free(t);
		return true;
	}
	if (!t->labels)
		t->labels = MG_LABEL_NETWORK;
	for (size_t i = 0; argv[i]; i++)
		mg_words_add(&t->command, mg_xstrdup(argv[i]));
	t->input_schema = mg_xstrdup(
		"{\"type\":\"object\",\"properties\":{\"task\":{\"type\":"
		"\"string\",\"description\":\"what the team is to do\"}},"
		"\"required\":[\"task\"]}");
	t->limits = usual;
	t->limits.timeout_ms = TIMEOUT_MS;
	t->limits.memory = 0; /* of each of mg's own processes */
	mg_tool_source_add(s, t);
	return true;
}

const struct mg_tool_kind mg_tool_team = {
	.name = "team",
	.load = load,
	.start = mg_team_start,
	.cancel = mg_program_cancel,
};
