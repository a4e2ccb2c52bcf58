/*
 * provider.h - who serves a model: rows of share/providers.yaml.
 *
 * The user's own file ($XDG_CONFIG_HOME/mg/providers.yaml) comes first, so a
 * row there replaces ours. Everything stays valid until the set is freed.
 */
#ifndef MG_CONF_PROVIDER_H
#define MG_CONF_PROVIDER_H

#include "conf/yaml.h"

struct mg_providers {
	struct mg_yaml *docs[2]; /* the user's, ours; may be NULL */
};

/* One row; its members are read where they are needed. */
struct mg_provider {
	const struct mg_node *row;
	const char *name, *wire, *base_url; /* base_url may be NULL */
	bool local;
};

int mg_providers_load(struct mg_providers *p, struct mg_fault *f);
void mg_providers_release(struct mg_providers *p);

/* By name or alias; false if there is none. */
bool mg_provider_named(const struct mg_providers *p, const char *name,
	struct mg_provider *out);
/* By the pattern that a bare model name matches. */
bool mg_provider_of_model(const struct mg_providers *p, const char *model,
	struct mg_provider *out);
/* Row number i, from 0; false behind the last. */
bool
mg_provider_at(const struct mg_providers *p, size_t i, struct mg_provider *out);

/* The key from the environment, or NULL; *variable names where it would be
 * (NULL: the provider knows no key). */
const char *mg_provider_key(const struct mg_provider *p, const char **variable);
/* "OPENAI_API_KEY, XAI_API_KEY, ...": for messages. */
void mg_provider_key_names(const struct mg_providers *p, struct mg_str *out);

/*
 * Removes and wipes the variables that hold keys: those that providers.yaml
 * names, those that end in _API_KEY, and those whose value `too` (may be
 * NULL) says is one. Programs that we start and jq's `env` find none; a key
 * leaves in the header that it belongs to, only. mg-ask does it when it has
 * its agents, a stage that is not ours before its program starts.
 */
void mg_keys_hide(const struct mg_providers *p,
	bool (*too)(const void *arg, const char *value), const void *arg);

#endif
