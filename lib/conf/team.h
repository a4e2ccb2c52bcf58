/*
 * team.h - a team file: parsed, and judged by the keys of share/team.yaml.
 *
 * One file describes a team for every command: mg-ask reads `agents`, the
 * lead `voting`, `orchestrator` and `timeout_settings`, mg-run what stages
 * are needed. MassGen's files are team files. share/team.yaml lists every key
 * with its kind of value, the command that serves it, and what is to be said
 * where none does yet, or none ever will.
 *
 *	struct mg_team *t = mg_team_open("team.yaml", say, NULL, &fault);
 *
 *	for (size_t i = 0; i < mg_team_count(t); i++)
 *		puts(mg_team_name(t, i));
 *	mg_team_free(t);
 */
#ifndef MG_CONF_TEAM_H
#define MG_CONF_TEAM_H

#include "base/map.h"
#include "base/opt.h"
#include "conf/yaml.h"

enum mg_problem_kind {
	MG_PROBLEM_WRONG, /* wrong in the file: 78 */
	MG_PROBLEM_NEEDED, /* this version or machine lacks what it needs: a
			    * warning for --check, 78 for a run */
	MG_PROBLEM_SERVER, /* the same, of the server of a model: --base-url
			    * names another */
	MG_PROBLEM_HARMLESS, /* not served, and the run is none the worse */
};

struct mg_problem {
	enum mg_problem_kind kind;
	const struct mg_node *at; /* its file, line, column */
	const char *message; /* one sentence without a full stop */
	const char *remedy; /* "" for none */
};

typedef void mg_problem_fn(void *arg, const struct mg_problem *p);
/* Appends "FILE:LINE: MESSAGE (REMEDY)". */
void mg_problem_text(const struct mg_problem *p, struct mg_str *out);

struct mg_team; /* owns every node */

/*
 * Reads and judges a file. `report` (may be NULL) is called for each problem
 * in the order of lines; `f` (may be NULL) is filled with the first that is
 * WRONG. NULL, with f filled, only if the file cannot be read or is no YAML
 * (MG_E_NO_INPUT, MG_E_CONFIG), or mg's own data cannot. Whoever goes on in
 * spite of a WRONG must not run the team: see mg_team_problems().
 *
 * Messages hold keys of the file, types and ids as they are written, never
 * another value, and nothing that a variable expands to.
 */
struct mg_team *mg_team_open(
	const char *path, mg_problem_fn *report, void *arg, struct mg_fault *f);
void mg_team_free(struct mg_team *t);
/* How many problems of a kind there were. */
size_t mg_team_problems(const struct mg_team *t, enum mg_problem_kind kind);

/* Whether something in the file asks for what a command (mg-tools) serves. */
bool mg_team_asks(const struct mg_team *t, const char *command);

const struct mg_node *mg_team_root(const struct mg_team *t);
/* The agents, of `agents` or `agent`: their nodes, and their names (`id`, or
 * agent1, agent2, ... where it is missing). */
size_t mg_team_count(const struct mg_team *t);
const struct mg_node *mg_team_agent(const struct mg_team *t, size_t i);
const char *mg_team_name(const struct mg_team *t, size_t i);
/* What travels with every request of an agent, as members of a JSON object
 * (`"seed":1,"stop":["."]`): the keys that share/team.yaml marks so, expanded. */
void mg_team_params(const struct mg_team *t, size_t i, struct mg_str *out);

/*
 * The file that a path in a team file names, malloc'd: beside the team file,
 * else as the working directory has it; NULL if there is none.
 */
char *mg_team_path(const struct mg_node *at, const char *path);

/*
 * ${VAR} replaced from the environment where VAR is set, ${VAR:-otherwise}
 * also where it is not, or empty; everything else as it stands. Every string
 * of a team file is read through this, and a key never goes further than into
 * what it is expanded for. Within a backend ${cwd} is its `cwd` (NULL: it has
 * none). malloc'd.
 */
char *mg_expand(const char *s);
char *mg_expand_in(const char *s, const char *cwd);
/* mg_node_json() with every text expanded. */
void
mg_expand_json(const struct mg_node *n, const char *cwd, struct mg_str *out);

/*
 * The names of agents that -m lists: MODEL, or MODEL:N for N of them; NAME#2
 * where a name stands more than once. They become the keys of `names`, in
 * their order, each with the entry's index into `models`, plus one, as a
 * pointer-sized integer. -1 with f filled (MG_E_USAGE) for a wrong count.
 */
int mg_model_names(
	const struct mg_list *models, struct mg_map *names, struct mg_fault *f);
/* The MODEL of "MODEL:N", malloc'd, and N (1 without, 0 if it is wrong). */
char *mg_model_copies(const char *spec, size_t *n);

#endif
