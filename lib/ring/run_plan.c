/* run_plan.c - which stages, in which folder. */
#include "ring/run_in.h"

#include "conf/team.h"
#include "event/json.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* --- the team file --------------------------------------------------------- */

/* A run goes on without what it can do without, and only then. */
static void
judge(void *arg, const struct mg_problem *p)
{
	const struct mg_run *r = arg;
	struct mg_str line = MG_STR(8192);
	struct mg_fault f;

	if (p->kind == MG_PROBLEM_SERVER && r->req->base_url)
		return;
	mg_problem_text(p, &line);
	if (p->kind == MG_PROBLEM_HARMLESS) {
		mg_warn("%s", line.s);
	} else {
		mg_fail(&f, MG_E_CONFIG, "%s", line.s);
		mg_fault_print(&f);
	}
	mg_str_release(&line);
}

static int
read_team(struct mg_run *r, struct mg_fault *f)
{
	struct mg_team *t = mg_team_open(r->req->team, judge, r, f);
	const char *prompt;
	bool bad;

	if (!t)
		return -1;
	bad = mg_team_problems(t, MG_PROBLEM_WRONG) ||
		mg_team_problems(t, MG_PROBLEM_NEEDED) ||
		(!r->req->base_url && mg_team_problems(t, MG_PROBLEM_SERVER));
	for (size_t i = 0; i < mg_team_count(t) && !bad; i++)
		mg_map_put(&r->names, mg_sl_of(mg_team_name(t, i)));
	r->wants_tools = mg_team_asks(t, "mg-tools");
	prompt = mg_node_str(mg_node_get(mg_team_root(t), "prompt"), NULL);
	if (prompt && !bad)
		r->prompt = mg_expand(prompt);
	mg_team_free(t);
	if (!bad)
		return 0;
	mg_fail(f, MG_E_CONFIG, "the team cannot be run as it is");
	return mg_remedy(f, "mg-run --check %s lists all that is to be said",
		r->req->team);
}

/* --- the stages ---------------------------------------------------------------- */

struct words {
	const char **v;
	size_t n, cap;
};

static void
word(struct words *w, const char *s)
{
	MG_GROW(w->v, w->n, w->cap);
	w->v[w->n++] = s;
}

/* -X VALUE for each of the list. */
static void
each(struct words *w, const char *option, const struct mg_list *l)
{
	for (size_t i = 0; l && i < l->n; i++) {
		word(w, option);
		word(w, l->v[i]);
	}
}

static void
pair(struct words *w, const char *option, const char *value)
{
	if (!value)
		return;
	word(w, option);
	word(w, value);
}

static int
add(struct mg_run *r, struct words *w, struct mg_fault *f)
{
	int done;

	word(w, NULL);
	done = mg_procs_add(&r->procs, w->v, f);
	free(w->v);
	*w = (struct words){0};
	return done;
}

/* Where nobody asks for tools, nobody offers any. */
static int
plan_tools(struct mg_run *r, struct mg_fault *f)
{
	const struct mg_run_req *q = r->req;
	struct words w = {0};

	if (!q->tools->n && !r->wants_tools)
		return 0;
	word(&w, "mg-tools");
	pair(&w, "-c", q->team);
	each(&w, "-T", q->tools);
	each(&w, "--allow", q->allow);
	return add(r, &w, f);
}

/* The lead in front, mg-ask behind all others. */
static int
plan_team(struct mg_run *r, const struct mg_list *models, struct mg_fault *f)
{
	const struct mg_run_req *q = r->req;
	struct words w = {0};

	word(&w, "mg-vote");
	word(&w, "lead");
	pair(&w, "-c", q->team);
	each(&w, "-m", models);
	each(&w, "-r", q->rules);
	if (add(r, &w, f) < 0 || plan_tools(r, f) < 0)
		return -1;
	word(&w, "mg-ask");
	pair(&w, "-c", q->team);
	each(&w, "-m", models);
	each(&w, "-p", q->params);
	pair(&w, "--base-url", q->base_url);
	pair(&w, "-s", q->system);
	return add(r, &w, f);
}

static int
plan_models(struct mg_run *r, struct mg_fault *f)
{
	const char *env = getenv("MG_MODEL");
	struct mg_list one = {.v = &env, .n = 1};
	const struct mg_list *models = r->req->models->n || !env || !env[0]
		? r->req->models
		: &one;

	if (!models->n && !r->req->team) {
		mg_fail(f, MG_E_USAGE, "no model was named");
		return mg_remedy(f,
			"say -m MODEL for each agent, or -c TEAM.yaml, or "
			"set MG_MODEL");
	}
	if (!r->req->team && mg_model_names(models, &r->names, f) < 0)
		return -1;
	return plan_team(r, r->req->team ? r->req->models : models, f);
}

static int
plan_given(struct mg_run *r, struct mg_fault *f)
{
	for (size_t i = 0; r->req->stages[i]; i++)
		if (mg_procs_add(&r->procs, r->req->stages[i], f) < 0)
			return -1;
	return mg_procs_order(&r->procs, f);
}

/* As the run was started: its stages, in its folder. */
static int
plan_again(struct mg_run *r, struct mg_fault *f)
{
	struct mg_str text = MG_STR(MG_LINE_MAX);
	char *cwd = NULL;
	int done = -1;

	if (!mg_str_file(&text, r->dir.run) ||
		mg_json_check(text.s, text.len, NULL, NULL) < 0)
		mg_fail(f, MG_E_CONFIG, "unable to read %s", r->dir.run);
	else
		done = mg_procs_from_json(&r->procs,
			mg_json_get(mg_str_as_sl(&text), "stages"), f);
	if (done == 0)
		cwd = mg_json_dup(mg_json_get(mg_str_as_sl(&text), "cwd"));
	if (cwd && chdir(cwd) < 0)
		done = mg_fail(f, MG_E_CONFIG,
			"unable to enter the folder of the run, %s: %s", cwd,
			strerror(errno));
	free(cwd);
	mg_str_release(&text);
	return done;
}

/* --- the folder ------------------------------------------------------------------- */

static int
keep_plan(const struct mg_run *r, struct mg_fault *f)
{
	struct mg_str text = MG_STR(MG_LINE_MAX);
	char *cwd = getcwd(NULL, 0);
	bool done;

	mg_str_puts(&text, "{\"v\":1");
	mg_json_ms(&text, "cwd", cwd ? cwd : "/");
	mg_str_puts(&text, ",\"stages\":");
	mg_procs_json(&r->procs, &text);
	mg_str_puts(&text, "}\n");
	free(cwd);
	done = mg_rundir_put(&r->dir, r->dir.run, mg_str_as_sl(&text));
	mg_str_release(&text);
	return done ? 0
		    : mg_fail(f, MG_E_SYSTEM, "unable to write %s: %s",
			      r->dir.run, strerror(errno));
}

static int
open_known(struct mg_run *r, struct mg_fault *f)
{
	const struct mg_run_req *q = r->req;

	r->known = q->resume || q->go_on ||
		(q->session && mg_rundir_exists(q->session));
	if (!r->known)
		return 0;
	if (mg_rundir_open(
		    &r->dir, q->resume ? q->resume : q->session, true, f) < 0)
		return -1;
	r->opened = true;
	return mg_log_mend(r->dir.fd, &r->log_size, f);
}

int
mg_run_plan(struct mg_run *r, struct mg_fault *f)
{
	const struct mg_run_req *q = r->req;
	bool named = q->stages || q->team || q->models->n;
	bool for_stages = q->team || q->models->n || q->rules->n ||
		q->params->n || q->tools->n || q->allow->n || q->base_url ||
		q->system;
	int done = 0;

	if (q->team && q->models->n)
		return mg_usage(f, "-m and -c both name the agents");
	if (q->stages && for_stages)
		return mg_usage(f,
			"the stages are given: -m, -c, -r, -p, -s, -T, "
			"--allow, --timeout and --base-url belong behind them");
	if (q->team && read_team(r, f) < 0)
		return -1;
	if (open_known(r, f) < 0)
		return -1;
	if (!q->by_hand)
		done = q->stages	     ? plan_given(r, f)
			: r->known && !named ? plan_again(r, f)
					     : plan_models(r, f);
	if (done < 0)
		return -1;
	if (r->known && q->rules->n)
		mg_warn("%s keeps the rules that it began with", r->dir.name);
	if (!r->known && mg_rundir_make(&r->dir, q->session, f) < 0)
		return -1;
	r->opened = true;
	return q->by_hand || (r->known && !named) ? 0 : keep_plan(r, f);
}

static void
put_names(const struct mg_map *names, struct mg_str *out)
{
	mg_str_putc(out, '[');
	for (size_t i = 0; i < names->n; i++) {
		if (i)
			mg_str_putc(out, ',');
		mg_json_put(out, names->e[i].key);
	}
	mg_str_putc(out, ']');
}

int
mg_run_members(struct mg_run *r, struct mg_str *out, struct mg_fault *f)
{
	struct mg_str names = MG_STR(MG_LINE_MAX);
	const char *before = r->seam.agents, *parent = getenv("MG_RUN");

	put_names(&r->names, &names);
	if (r->names.n && before && strcmp(before, names.s) != 0) {
		mg_usage(f, "%s was begun by other agents", r->dir.name);
		mg_remedy(f, "name the same, or begin another: -S NAME");
		mg_str_release(&names);
		return -1;
	}
	mg_json_ms(out, "run", r->dir.name);
	if (parent && strcmp(parent, r->dir.name) != 0)
		mg_json_ms(out, "parent", parent);
	if (r->names.n)
		mg_json_mraw(out, "agents", mg_str_as_sl(&names));
	else if (before)
		mg_json_mraw(out, "agents", mg_sl_of(before));
	mg_str_release(&names);
	return 0;
}
