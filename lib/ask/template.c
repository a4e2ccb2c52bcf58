#include "ask/ask.h"

#include <stdlib.h>

static bool
lookup(struct mg_sl name, struct mg_sl input, const struct mg_list *vars,
	struct mg_sl members, struct mg_str *out)
{
	char *key;
	bool found;

	if (mg_sl_is(name, "input"))
		return mg_str_sl(out, input);
	for (size_t i = 0; vars && i < vars->n; i++) {
		const char *eq = strchr(vars->v[i], '=');

		if (eq &&
			mg_sl_eq(name,
				(struct mg_sl){
					vars->v[i], (size_t)(eq - vars->v[i])}))
			return mg_str_puts(out, eq + 1);
	}
	key = mg_sl_dup(name);
	found = members.p && mg_json_text(mg_json_get(members, key), out);
	free(key);
	return found;
}

int
mg_template_fill(const char *text, struct mg_sl input,
	const struct mg_list *vars, struct mg_sl members, struct mg_str *out,
	struct mg_fault *f)
{
	const char *open, *close;

	while ((open = strstr(text, "{{")) && (close = strstr(open, "}}"))) {
		struct mg_sl name = mg_sl_trim(
			(struct mg_sl){open + 2, (size_t)(close - open - 2)});

		mg_str_add(out, text, (size_t)(open - text));
		if (!lookup(name, input, vars, members, out)) {
			mg_fail(f, MG_E_USAGE,
				"the template names {{%.*s}}, which has no "
				"value",
				(int)(name.n < 64 ? name.n : 64), name.p);
			return mg_remedy(f, "give --var %.*s=VALUE",
				(int)(name.n < 64 ? name.n : 64), name.p);
		}
		text = close + 2;
	}
	mg_str_puts(out, text);
	if (out->over)
		return mg_fail(f, MG_E_TOO_LARGE, "the prompt is too long");
	return 0;
}
