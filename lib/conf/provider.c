#include "conf/provider.h"

#include "base/dirs.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <unistd.h>

static int
load(const char *path, struct mg_yaml **doc, struct mg_fault *f)
{
	static const char *const top[] = {"providers", NULL};
	static const char *const row[] = {"name", "aliases", "wire", "base_url",
		"base_url_env", "key_env", "local", "models", NULL};
	const struct mg_node *rows, *root;

	*doc = mg_yaml_file(path, f);
	if (!*doc)
		return -1;
	root = mg_yaml_root(*doc);
	if (mg_node_known(root, "the file", top, f) < 0)
		return -1;
	rows = mg_node_get(root, "providers");
	for (size_t i = 0; i < mg_node_count(rows); i++) {
		const struct mg_node *r = mg_node_at(rows, i);

		if (mg_node_known(r, "a provider", row, f) < 0)
			return -1;
		if (!mg_node_str(mg_node_get(r, "name"), NULL))
			return mg_node_fail(r, f, "a provider without `name`");
	}
	return 0;
}

int
mg_providers_load(struct mg_providers *p, struct mg_fault *f)
{
	struct mg_str path = MG_STR(4096);
	int r = 0;

	*p = (struct mg_providers){0};
	if (mg_dir_path(MG_DIR_CONFIG, "providers.yaml", &path) &&
		access(path.s, F_OK) == 0)
		r = load(path.s, &p->docs[0], f);
	mg_str_clear(&path);
	if (r == 0 && !mg_share_path("providers.yaml", &path)) {
		mg_fail(f, MG_E_CONFIG, "unable to find share/providers.yaml");
		r = mg_remedy(f, "set MG_SHARE to mg's share folder");
	}
	if (r == 0)
		r = load(path.s, &p->docs[1], f);
	mg_str_release(&path);
	if (r < 0)
		mg_providers_release(p);
	return r;
}

void
mg_providers_release(struct mg_providers *p)
{
	mg_yaml_free(p->docs[0]);
	mg_yaml_free(p->docs[1]);
	*p = (struct mg_providers){0};
}

bool
mg_provider_at(const struct mg_providers *p, size_t i, struct mg_provider *out)
{
	for (size_t d = 0; d < 2; d++) {
		const struct mg_node *rows = p->docs[d]
			? mg_node_get(mg_yaml_root(p->docs[d]), "providers")
			: NULL;
		const struct mg_node *r = mg_node_at(rows, i);

		if (!r) {
			i -= mg_node_count(rows);
			continue;
		}
		*out = (struct mg_provider){.row = r,
			.name = mg_node_str(mg_node_get(r, "name"), ""),
			.wire = mg_node_str(mg_node_get(r, "wire"), ""),
			.base_url = mg_node_str(
				mg_node_get(r, "base_url"), NULL)};
		mg_node_bool(r, "local", &out->local, NULL);
		return true;
	}
	return false;
}

static bool
any(const struct mg_node *list, const char *s, bool pattern)
{
	for (size_t i = 0; i < mg_node_count(list); i++) {
		const char *v = mg_node_str(mg_node_at(list, i), "");

		if (pattern ? fnmatch(v, s, 0) == 0 : strcmp(v, s) == 0)
			return true;
	}
	return false;
}

/* A variable may move the provider: a proxy, a test server. */
static void
move(struct mg_provider *p)
{
	const char *env = mg_node_str(
		mg_node_get(p->row, "base_url_env"), NULL);
	const char *url = env ? getenv(env) : NULL;

	if (url && url[0])
		p->base_url = url;
}

bool
mg_provider_named(
	const struct mg_providers *p, const char *name, struct mg_provider *out)
{
	for (size_t i = 0; mg_provider_at(p, i, out); i++)
		if (strcmp(out->name, name) == 0 ||
			any(mg_node_get(out->row, "aliases"), name, false)) {
			move(out);
			return true;
		}
	return false;
}

bool
mg_provider_of_model(const struct mg_providers *p, const char *model,
	struct mg_provider *out)
{
	for (size_t i = 0; mg_provider_at(p, i, out); i++)
		if (any(mg_node_get(out->row, "models"), model, true)) {
			move(out);
			return true;
		}
	return false;
}

const char *
mg_provider_key(const struct mg_provider *p, const char **variable)
{
	const struct mg_node *names = mg_node_get(p->row, "key_env");

	*variable = NULL;
	for (size_t i = 0; i < mg_node_count(names); i++) {
		const char *name = mg_node_str(mg_node_at(names, i), "");
		const char *key = getenv(name);

		if (!*variable || (key && key[0]))
			*variable = name;
		if (key && key[0])
			return key;
	}
	return NULL;
}

void
mg_provider_key_names(const struct mg_providers *p, struct mg_str *out)
{
	struct mg_provider row;
	const char *name;

	for (size_t i = 0; mg_provider_at(p, i, &row); i++) {
		mg_provider_key(&row, &name);
		if (name && strcmp(row.name, "custom") != 0)
			mg_str_fmt(out, "%s%s", out->len ? ", " : "", name);
	}
}
