/* team_judge.c - a team file held against share/team.yaml. */
#include "conf/team_in.h"

#include "base/dirs.h"

#include "conf/scalar.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void
judge_value(struct mg_judge *, const struct mg_rule *, const struct mg_node *);

#define NAME_SIZE (MG_TEAM_WORD + 32)

/* What a message is about: the last key, or an entry of its list. */
static const char *
name_of(const struct mg_judge *j, char out[NAME_SIZE])
{
	const char *path = j->path.len ? j->path.s : "the file";
	const char *dot = strrchr(path, '.');
	struct mg_sl last = mg_sl_of(dot ? dot + 1 : path);
	bool entry = last.n > 2 && memcmp(last.p + last.n - 2, "[]", 2) == 0;
	char word[MG_TEAM_WORD + 1];

	if (entry)
		last.n -= 2;
	snprintf(out, NAME_SIZE, "%s`%s`", entry ? "an entry of " : "",
		mg_team_quote(last, word));
	return out;
}

static size_t
enter(struct mg_judge *j, const char *key)
{
	size_t len = j->path.len;
	char word[MG_TEAM_WORD + 1];

	if (len && key[0] != '[')
		mg_str_putc(&j->path, '.');
	mg_str_puts(&j->path, mg_team_quote(mg_sl_of(key), word));
	return len;
}

static void
leave(struct mg_judge *j, size_t len)
{
	j->path.len = len;
	if (j->path.s)
		j->path.s[len] = '\0';
}

static const char *
where(const struct mg_judge *j)
{
	return j->path.len ? j->path.s : "the file";
}

/* The rule of a key; `@LEVEL` alone is what that level says of itself. */
static struct mg_rule
rule_for(const struct mg_judge *j, const struct mg_node *spec)
{
	struct mg_rule r = mg_rule_of(spec);

	if (r.kinds.n && r.kinds.p[0] == '@' && !r.fate.p) {
		char *level = mg_sl_dup(
			(struct mg_sl){r.kinds.p + 1, r.kinds.n - 1});

		r = mg_rule_of(mg_node_get(j->known, level));
		free(level);
	}
	return r;
}

static void
misfit(struct mg_judge *j, const struct mg_rule *r, const struct mg_node *v)
{
	struct mg_str says = MG_STR(4096), remedy = MG_STR(256);
	char name[NAME_SIZE];
	struct mg_sl kind;

	mg_rule_says(r->kinds, &says);
	if (v->kind == MG_NODE_STR) {
		struct mg_node bare = *v;
		char *text = mg_expand(v->text.p);
		char *near = mg_rule_near_word(r->kinds, text);

		bare.kind = mg_scalar_kind(v->text);
		if (bare.kind != MG_NODE_STR &&
			mg_rule_fits(r, &bare, &kind, NULL) != MG_ASKS_MISFIT)
			mg_str_puts(&remedy, "write it without quotes");
		else if (near)
			mg_str_fmt(&remedy, "did you mean `%s`?", near);
		free(near);
		free(text);
	} else if (v->kind > MG_NODE_NULL && v->kind < MG_NODE_STR) {
		struct mg_node text = *v;

		text.kind = MG_NODE_STR;
		if (mg_rule_fits(r, &text, &kind, NULL) != MG_ASKS_MISFIT)
			mg_str_puts(&remedy, "put it in quotes");
	}
	mg_problem_add(j->problems, MG_PROBLEM_WRONG, v, remedy.s,
		"%s must be %s", name_of(j, name), says.s ? says.s : "");
	mg_str_release(&says);
	mg_str_release(&remedy);
}

static void
never(struct mg_judge *j, const struct mg_rule *r, const struct mg_node *at)
{
	char name[NAME_SIZE];
	char *remedy = r->remedy.p ? mg_sl_dup(r->remedy) : NULL;

	mg_problem_add(j->problems, MG_PROBLEM_WRONG, at, remedy, "%s %.*s",
		name_of(j, name), (int)r->why.n, r->why.p ? r->why.p : "");
	free(remedy);
}

/* `if KEY`, behind a fate: it counts only where that member is true. */
static bool
switched_on(struct mg_judge *j, struct mg_sl *fate, const struct mg_node *at,
	const struct mg_node *v)
{
	struct mg_sl rest = *fate, what;
	char name[NAME_SIZE], *key;
	bool on = false;

	mg_rule_cut(&rest, " if ", &what);
	if (!rest.p || v->kind != MG_NODE_MAP)
		return true;
	*fate = what;
	key = mg_sl_dup(rest);
	mg_node_bool(v, key, &on, NULL);
	if (!on && v->count > (mg_node_get(v, key) != NULL))
		mg_problem_add(j->problems, MG_PROBLEM_HARMLESS, at, NULL,
			"%s is not in use: its `%s` is not true",
			name_of(j, name), key);
	free(key);
	return on;
}

/* A command that is not there yet: `needs mg-plan`, `needs a later mg-ask`. */
static void
needs(struct mg_judge *j, const struct mg_rule *r, const struct mg_node *at,
	struct mg_sl command)
{
	char *remedy = r->remedy.p ? mg_sl_dup(r->remedy) : NULL;
	bool later = mg_sl_starts(command, "a later ");
	char name[NAME_SIZE];

	mg_problem_add(j->problems, MG_PROBLEM_NEEDED, at,
		remedy ? remedy : "take it out to run without it",
		"%s needs %.*s%s%.*s", name_of(j, name), (int)command.n,
		command.p,
		r->why.n	? ": "
			: later ? ""
				: ", which this version does not have",
		(int)r->why.n, r->why.n ? r->why.p : "");
	free(remedy);
}

/* Somebody serves it: the command that its fate begins with. */
static void
served(struct mg_judge *j, struct mg_sl fate)
{
	struct mg_sl command;

	mg_rule_cut(&fate, " ", &command);
	if (j->asked && mg_sl_starts(command, "mg-"))
		*mg_map_put(j->asked, command) = j->asked;
}

/* What becomes of a key that is there and asks for something. */
static void
judge_fate(struct mg_judge *j, const struct mg_rule *r,
	const struct mg_node *at, const struct mg_node *v)
{
	struct mg_sl fate = r->fate;
	char name[NAME_SIZE];
	char *remedy = r->remedy.p ? mg_sl_dup(r->remedy) : NULL;
	int why = (int)r->why.n;

	if (!fate.p || j->quiet || !switched_on(j, &fate, at, v))
		;
	else if (mg_sl_is(fate, "never"))
		never(j, r, at);
	else if (mg_sl_starts(fate, "needs "))
		needs(j, r, at, (struct mg_sl){fate.p + 6, fate.n - 6});
	else if (mg_sl_is(fate, "idle"))
		mg_problem_add(j->problems, MG_PROBLEM_HARMLESS, at, remedy,
			"%s has no effect%s%.*s", name_of(j, name),
			why ? ": " : "", why, why ? r->why.p : "");
	else
		served(j, fate);
	free(remedy);
}

static void
unknown_key(struct mg_judge *j, const struct mg_node *members,
	const struct mg_node *key)
{
	char *near = mg_rule_near(members, key->text.p);
	struct mg_sl other = mg_rule_of(members).remedy;
	struct mg_str remedy = MG_STR(1024);
	char word[MG_TEAM_WORD + 1];

	if (near)
		mg_str_fmt(&remedy, "did you mean `%s`?", near);
	else if (other.p)
		mg_str_sl(&remedy, other);
	mg_problem_add(j->problems, MG_PROBLEM_WRONG, key, remedy.s,
		"unknown key `%s` in %s", mg_team_quote(key->text, word),
		where(j));
	mg_str_release(&remedy);
	free(near);
}

static void
judge_member(struct mg_judge *j, const struct mg_node *members,
	const struct mg_node *key, const struct mg_node *v)
{
	const struct mg_node *spec = mg_rule_member(members, key->text.p);
	struct mg_rule r;
	struct mg_sl kind;
	size_t len;

	if (!spec) {
		unknown_key(j, members, key);
		return;
	}
	r = rule_for(j, spec);
	len = enter(j, key->text.p);
	if (mg_sl_is(r.fate, "gone")) {
		never(j, &r, key);
	} else if (v->kind != MG_NODE_NULL) {
		bool quiet = j->quiet;

		if (mg_rule_fits(&r, v, &kind, NULL) == MG_ASKS)
			judge_fate(j, &r, key, v);
		j->quiet |= r.fate.p && !mg_sl_starts(r.fate, "mg-");
		judge_value(j, &r, v);
		j->quiet = quiet;
	}
	leave(j, len);
}

static void
judge_map(struct mg_judge *j, const struct mg_node *members,
	const struct mg_node *v)
{
	for (size_t i = 0; i < v->count; i++)
		judge_member(j, members, v->keys[i], v->items[i]);
	for (size_t i = 0; i < mg_node_count(members); i++) {
		const char *key = members->keys[i]->text.p;
		const struct mg_node *m;

		if (!mg_rule_must(members->items[i]) || key[0] == '.')
			continue;
		m = mg_node_get(v, key);
		if ((!m || m->kind == MG_NODE_NULL) &&
			!mg_rule_misspelt(members, v))
			mg_problem_add(j->problems, MG_PROBLEM_WRONG, v, NULL,
				"%s without `%s`", where(j), key);
	}
}

/* Entries of a list, or of a map with names of the user's. */
static void
judge_entries(struct mg_judge *j, const struct mg_rule *r, struct mg_sl kind,
	const struct mg_node *v)
{
	struct mg_rule each = {.kinds = kind,
		.members = r->members,
		.why = r->why,
		.remedy = r->remedy};

	for (size_t i = 0; i < v->count; i++) {
		size_t len = enter(j, v->keys ? v->keys[i]->text.p : "[]");

		if (v->items[i]->kind != MG_NODE_NULL)
			judge_value(j, &each, v->items[i]);
		leave(j, len);
	}
}

static void
judge_text(struct mg_judge *j, struct mg_sl kind, const struct mg_node *v)
{
	bool secret = mg_sl_is(kind, "secret");
	char *text = mg_expand(v->text.p), name[NAME_SIZE];
	bool unset = strncmp(text, "${", 2) == 0;

	if (secret && !strstr(v->text.p, "${") && v->text.n)
		mg_problem_add(j->problems, MG_PROBLEM_HARMLESS, v,
			"write ${VARIABLE}, and keep the key in the "
			"environment",
			"%s stands in the file for everybody to read",
			name_of(j, name));
	else if (unset && (secret || mg_sl_is(kind, "url")))
		mg_problem_add(j->problems, MG_PROBLEM_SERVER, v,
			"set it in the environment",
			"the variable that %s names is not set",
			name_of(j, name));
	if (mg_sl_is(kind, "path") && text[0] && !strstr(text, "${") &&
		access(text, F_OK) < 0)
		mg_problem_add(j->problems, MG_PROBLEM_HARMLESS, v, NULL,
			"what %s names is not there", name_of(j, name));
	free(text);
}

static bool
on_path(const char *program)
{
	struct mg_str path = MG_STR(8192);
	bool there = mg_program_path(program, &path);

	mg_str_release(&path);
	return there;
}

/* The value, and whatever it holds; its own key has been judged. */
static void
judge_value(
	struct mg_judge *j, const struct mg_rule *r, const struct mg_node *v)
{
	char *program = NULL, name[NAME_SIZE];
	struct mg_sl kind, rest;
	enum mg_asks asks = mg_rule_fits(r, v, &kind, &program);

	if (asks == MG_ASKS_MISFIT) {
		misfit(j, r, v);
	} else if (asks == MG_ASKS_REFUSED) {
		never(j, r, v);
	} else if (program && !on_path(program)) {
		mg_problem_add(j->problems, MG_PROBLEM_NEEDED, v, NULL,
			"%s wants the program %s, which is not on the PATH",
			name_of(j, name), program);
	} else if (v->kind == MG_NODE_STR) {
		judge_text(j, kind, v);
	} else if (mg_sl_starts(kind, "list of ")) {
		rest = (struct mg_sl){kind.p + 8, kind.n - 8};
		judge_entries(j, r, rest, v);
	} else if (mg_sl_starts(kind, "names of ")) {
		rest = (struct mg_sl){kind.p + 9, kind.n - 9};
		judge_entries(j, r, rest, v);
	} else if (mg_sl_is(kind, "map")) {
		judge_map(j, r->members, v);
	} else if (kind.p[0] == '@') {
		char *level = mg_sl_dup((struct mg_sl){kind.p + 1, kind.n - 1});

		judge_map(j, mg_node_get(j->known, level), v);
		if (strcmp(level, "backend") == 0)
			mg_judge_backend(j, v);
		else if (strcmp(level, "custom_tool") == 0)
			mg_judge_custom_tool(j, v);
		free(level);
	}
	free(program);
}

void
mg_judge_file(struct mg_judge *j, const struct mg_node *root)
{
	if (root->kind == MG_NODE_MAP)
		judge_map(j, mg_node_get(j->known, "team"), root);
	else
		mg_problem_add(j->problems, MG_PROBLEM_WRONG, root,
			"mg-team(5) shows one",
			root->kind == MG_NODE_NULL
				? "the file is empty"
				: "a team file is a map, with a list `agents`");
}
