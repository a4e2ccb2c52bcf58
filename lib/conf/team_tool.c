/* team_tool.c - what an entry of `custom_tools` has to agree on in itself. */
#include "conf/team_in.h"

#include <stdlib.h>
#include <unistd.h>

char *
mg_team_path(const struct mg_node *at, const char *path)
{
	const char *slash = strrchr(at->file, '/');
	struct mg_str beside = MG_STR(8192);
	char *found = NULL;

	if (slash && path[0] != '/')
		mg_str_add(&beside, at->file, (size_t)(slash + 1 - at->file));
	mg_str_puts(&beside, path);
	if (!path[0] || beside.over)
		;
	else if (access(beside.s, F_OK) == 0)
		found = mg_xstrdup(beside.s);
	else if (access(path, F_OK) == 0)
		found = mg_xstrdup(path);
	mg_str_release(&beside);
	return found;
}

/* A list has an entry for each function; all else is for all of them. */
static void
judge_length(struct mg_judge *j, const struct mg_node *entry, const char *key,
	size_t functions)
{
	const struct mg_node *v = mg_node_get(entry, key);
	bool list = v && v->kind == MG_NODE_LIST;

	if (list && v->count != functions)
		mg_problem_add(j->problems, MG_PROBLEM_WRONG, v,
			"one for each of `function`, in its order",
			"`%s` has %zu entries, and `function` %zu", key,
			v->count, functions);
	else if (!list && functions > 1 && strcmp(key, "name") == 0 && v &&
		v->kind == MG_NODE_STR)
		mg_problem_add(j->problems, MG_PROBLEM_WRONG, v,
			"one for each of `function`, in its order",
			"one `name` for %zu functions", functions);
}

#define HAS_MASSGEN "it is there if python3 has MassGen"

/* MassGen's own are found only where Python knows MassGen, which to ask takes
 * longer than a check may. */
static void
judge_file(struct mg_judge *j, const struct mg_node *path)
{
	char *text = mg_expand(mg_node_str(path, "")), *found;
	size_t n = strlen(text);

	found = mg_team_path(path, text);
	if (found || n < 3 || strcmp(text + n - 3, ".py") != 0 || j->quiet ||
		strstr(text, "${"))
		;
	else if (strncmp(text, "massgen/", 8) == 0)
		mg_problem_add(j->problems, MG_PROBLEM_HARMLESS, path,
			HAS_MASSGEN, "what `path` names comes with MassGen");
	else
		mg_problem_add(j->problems, MG_PROBLEM_NEEDED, path,
			"it is looked for beside the team file, and here",
			"what `path` names is not there");
	free(found);
	free(text);
}

void
mg_judge_custom_tool(struct mg_judge *j, const struct mg_node *entry)
{
	static const char *const lists[] = {
		"name", "description", "preset_args", "default_params", NULL};
	const struct mg_node *function = mg_node_get(entry, "function");
	const struct mg_node *path = mg_node_get(entry, "path");
	size_t n = function && function->kind == MG_NODE_LIST ? function->count
							      : 1;

	if (!function && !path) {
		if (!mg_rule_misspelt(
			    mg_node_get(j->known, "custom_tool"), entry))
			mg_problem_add(j->problems, MG_PROBLEM_WRONG, entry,
				NULL, "a custom tool without `function`");
		return;
	}
	for (size_t i = 0; lists[i]; i++)
		judge_length(j, entry, lists[i], n);
	if (path && path->kind == MG_NODE_STR)
		judge_file(j, path);
	else if (!path && function && !j->quiet)
		mg_problem_add(j->problems, MG_PROBLEM_HARMLESS, function,
			HAS_MASSGEN,
			"a function without `path` comes with MassGen");
}
