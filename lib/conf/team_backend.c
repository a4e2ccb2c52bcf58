/* team_backend.c - what an agent's backend needs. */
#include "conf/team_in.h"

#include "base/near.h"

#include <stdlib.h>

static void
add_words(struct mg_map *words, const struct mg_node *types)
{
	for (size_t i = 0; i < mg_node_count(types); i++) {
		struct mg_sl rest = types->keys[i]->text, name;

		while (mg_rule_cut(&rest, ", ", &name))
			mg_map_put(words, name);
	}
}

/* The names that a type may have, for "did you mean". */
static char *
near_type(const struct mg_judge *j, const char *type)
{
	struct mg_map words = {0};
	struct mg_provider row;
	const char **names, *near;
	char *copy;

	mg_map_put(&words, MG_SL("exec"));
	for (size_t i = 0; mg_provider_at(j->providers, i, &row); i++) {
		const struct mg_node *a = mg_node_get(row.row, "aliases");

		mg_map_put(&words, mg_sl_of(row.name));
		for (size_t k = 0; k < mg_node_count(a); k++)
			mg_map_put(&words,
				mg_sl_of(mg_node_str(mg_node_at(a, k), "")));
	}
	add_words(&words, mg_node_get(j->known, "models"));
	add_words(&words, mg_node_get(j->known, "programs"));
	names = mg_xcalloc(words.n + 1, sizeof(*names));
	for (size_t i = 0; i < words.n; i++)
		names[i] = words.e[i].key.p;
	near = mg_near(type, names);
	copy = near ? mg_xstrdup(near) : NULL;
	free(names);
	mg_map_release(&words);
	return copy;
}

static void
unknown_type(struct mg_judge *j, const struct mg_node *at, const char *type)
{
	struct mg_str remedy = MG_STR(256);
	char *near = near_type(j, type), word[MG_TEAM_WORD + 1];

	if (near)
		mg_str_fmt(&remedy, "did you mean `%s`?", near);
	else
		mg_str_puts(&remedy,
			"this version serves the types of "
			"share/providers.yaml, and exec");
	mg_problem_add(j->problems, MG_PROBLEM_WRONG, at, remedy.s,
		"no provider is known for the type `%s`",
		mg_team_quote(at->text, word));
	mg_str_release(&remedy);
	free(near);
}

/* A type that is served: by a row of providers.yaml. */
static void
judge_row(struct mg_judge *j, const struct mg_provider *row,
	const struct mg_node *backend, const struct mg_node *at)
{
	const char *variable, *key = mg_provider_key(row, &variable);
	struct mg_str remedy = MG_STR(256);

	if (j->quiet)
		return;
	if (!row->base_url && !mg_node_get(backend, "base_url"))
		mg_problem_add(j->problems, MG_PROBLEM_SERVER, at,
			"give `base_url`", "%s has no address", row->name);
	if (!row->local && !key && !mg_node_get(backend, "api_key")) {
		mg_str_fmt(&remedy, "set %s", variable ? variable : "its key");
		mg_problem_add(j->problems, MG_PROBLEM_SERVER, at, remedy.s,
			"no key for %s", row->name);
	}
	mg_str_release(&remedy);
}

static void
lacks(struct mg_judge *j, const struct mg_node *backend, const char *what)
{
	if (!mg_rule_misspelt(mg_node_get(j->known, "backend"), backend))
		mg_problem_add(j->problems, MG_PROBLEM_WRONG, backend, NULL,
			"a backend without %s", what);
}

/* A type that MassGen serves, and this version does not. */
static void
wait_for(struct mg_judge *j, enum mg_problem_kind kind,
	const struct mg_node *type, const struct mg_node *later)
{
	const char *name = type->text.p;
	struct mg_sl rest = later->text, what;
	char *needs, *remedy;

	if (j->quiet)
		return;
	mg_rule_cut(&rest, " - ", &what);
	needs = mg_sl_dup(what);
	remedy = rest.p ? mg_sl_dup(rest) : NULL;
	mg_problem_add(j->problems, kind, type, remedy,
		"the type `%s` needs %s", name, needs);
	free(needs);
	free(remedy);
}

void
mg_judge_backend(struct mg_judge *j, const struct mg_node *backend)
{
	const struct mg_node *type = mg_node_get(backend, "type");
	const struct mg_node *model = mg_node_get(backend, "model");
	char *t = mg_expand(mg_node_str(type, ""));
	char *m = mg_expand(mg_node_str(model, ""));
	const struct mg_node *model_later = mg_rule_member(
		mg_node_get(j->known, "models"), t);
	const struct mg_node *later = mg_rule_member(
		mg_node_get(j->known, "programs"), t);
	struct mg_provider row;

	if (!type && !model) {
		lacks(j, backend, "`type` and `model`");
	} else if (type && strcmp(t, "exec") == 0) {
		if (!model)
			lacks(j, backend, "`model`");
		else if (strncmp(m, "exec:", 5) != 0)
			mg_problem_add(j->problems, MG_PROBLEM_WRONG, model,
				NULL,
				"an exec backend's model is exec:PROGRAM");
	} else if (type ? mg_provider_named(j->providers, t, &row)
			: mg_provider_of_model(j->providers, m, &row)) {
		if (!m[0])
			lacks(j, backend, "`model`");
		judge_row(j, &row, backend, type ? type : model);
	} else if (type && model_later) {
		wait_for(j, MG_PROBLEM_SERVER, type, model_later);
	} else if (type && later) {
		wait_for(j, MG_PROBLEM_NEEDED, type, later);
	} else if (type) {
		unknown_type(j, type, t);
	} else {
		mg_problem_add(j->problems, MG_PROBLEM_WRONG, model,
			"give the `type`",
			"no provider is known for the model");
	}
	free(t);
	free(m);
}
