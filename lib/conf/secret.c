/* secret.c - keys out of the environment, once they have been read. */
#include "conf/provider.h"

#include "base/map.h"

#include <stdlib.h>
#include <unistd.h>

/* Every variable that some provider reads its key from. */
static void
key_names(const struct mg_providers *p, struct mg_map *found)
{
	struct mg_provider row;

	for (size_t i = 0; mg_provider_at(p, i, &row); i++) {
		const struct mg_node *names = mg_node_get(row.row, "key_env");

		for (size_t k = 0; k < mg_node_count(names); k++)
			*mg_map_put(found,
				mg_sl_of(mg_node_str(
					mg_node_at(names, k), ""))) = found;
	}
}

static bool
named_as_key(const struct mg_map *names, const char *name)
{
	static const char tail[] = "_API_KEY";
	size_t n = strlen(name);

	return (n >= sizeof(tail) - 1 &&
		       strcmp(name + n - (sizeof(tail) - 1), tail) == 0) ||
		mg_map_get(names, mg_sl_of(name));
}

/* unsetenv() only forgets the bytes, and /proc/PID/environ still shows them. */
void
mg_keys_hide(const struct mg_providers *p,
	bool (*too)(const void *arg, const char *value), const void *arg)
{
	struct mg_map names = {0};

	key_names(p, &names);
	for (size_t i = 0; environ && environ[i];) {
		char *value = strchr(environ[i], '=');
		char *name = value ? mg_sl_dup((struct mg_sl){environ[i],
					     (size_t)(value - environ[i])})
				   : NULL;

		if (name &&
			(named_as_key(&names, name) ||
				(too && too(arg, value + 1)))) {
			explicit_bzero(value + 1, strlen(value + 1));
			unsetenv(name); /* the next one takes its place */
		} else {
			i++;
		}
		free(name);
	}
	mg_map_release(&names);
}
