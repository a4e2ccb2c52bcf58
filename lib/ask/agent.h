/*
 * agent.h - who is asked: a name, a model, the way to it, its parameters.
 *
 * Agents come from -m, or from the `agents` of a team file (-c):
 *
 *	-m gpt-5-mini		a bare name, by the patterns of providers.yaml
 *	-m ollama/llama3:8b	PROVIDER/MODEL
 *	-m gpt-5-mini:3		three of them: only an all-digit tail counts
 *	-m 'exec:./answer -x'	a program; split at blanks, no shell
 *	-m NAME --base-url URL	NAME is sent as it is to URL (a :N still counts)
 *
 * They bear the model's name as given, NAME#2 where it stands more than once.
 */
#ifndef MG_ASK_AGENT_H
#define MG_ASK_AGENT_H

#include "conf/provider.h"
#include "base/map.h"
#include "base/opt.h"

struct mg_wire;

struct mg_agent {
	char *name;
	char *model; /* as it is sent; exec: the command line */
	const struct mg_wire *wire; /* NULL: a program */
	char *base_url;
	char *provider;
	bool wants_key; /* the provider is not on this machine */
	char *key; /* wiped on release; NULL: none */
	char **argv; /* exec: the program */
	char *system; /* NULL: none */
	struct mg_str params; /* members of the request: "seed":1,... */
	int status; /* the worst exit status of its calls */
};

struct mg_agents {
	struct mg_agent *v;
	size_t n, cap;
	struct mg_map by_name; /* -> struct mg_agent, once all are loaded */
	bool named; /* from a team file: each answers for its own name */
};

struct mg_agents_req {
	const struct mg_list *models;
	const char *team; /* path, or NULL */
	const char *base_url; /* or NULL */
	const struct mg_list *params; /* KEY=VALUE */
	bool keyless; /* --dry-run: a missing key is no fault */
};

/* One agent reaches its model: at a provider, or as exec:PROGRAM. */
int mg_agent_serve(struct mg_agent *g, const struct mg_provider *row,
	const char *base_url, struct mg_fault *f);
int mg_agent_program(struct mg_agent *g, const char *spec, struct mg_fault *f);

int mg_agents_load(struct mg_agents *a, const struct mg_agents_req *req,
	const struct mg_providers *p, struct mg_fault *f);
void mg_agents_release(struct mg_agents *a);
/* The agent of that name; without a team the n-th call of any other name
 * falls to the first agent; NULL with a team. */
struct mg_agent *mg_agents_find(struct mg_agents *a, struct mg_sl name);

#endif
