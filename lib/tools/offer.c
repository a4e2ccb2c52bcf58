/*
 * offer.c - the schemas of an agent's tools, put into a request.
 *
 * A name that the request has already is its maker's, or the stage's in front
 * of us, and stays theirs. A later turn that says nothing of tools leaves the
 * conversation those it has.
 */
#include "tools/tools_in.h"

#include "event/json.h"

static bool
first_turn(struct mg_sl request)
{
	return mg_json_get(request, "messages").p ||
		mg_json_int(mg_json_get(request, "turn"), 1) <= 1;
}

/* Which of the set's names the request has. */
static void
names_taken(struct mg_sl tools, struct mg_map *names)
{
	struct mg_sl key, tool;
	size_t it = 0;

	while (mg_json_next(tools, &it, &key, &tool)) {
		struct mg_str name = MG_STR(4096);

		if (mg_json_text(mg_json_get(tool, "name"), &name))
			*mg_map_put(names, mg_str_as_sl(&name)) = names;
		mg_str_release(&name);
	}
}

/* {…},{…}: all of the set but what is taken. */
static void
put_schemas(const struct mg_toolset *set, const struct mg_map *names,
	struct mg_str *out)
{
	bool first = true;
	bool any = false;

	for (size_t i = 0; i < set->n && names->n && !any; i++)
		any = mg_map_get(names, mg_sl_of(set->v[i]->name));
	if (!any) {
		mg_str_sl(out, mg_str_as_sl(&set->schemas));
		return;
	}
	for (size_t i = 0; i < set->n; i++) {
		if (mg_map_get(names, mg_sl_of(set->v[i]->name)))
			continue;
		if (!first)
			mg_str_putc(out, ',');
		mg_str_puts(out, set->v[i]->schema);
		first = false;
	}
}

/* `line` with `text` put in at `at`. */
static void
put_in(struct mg_sl line, const char *at, const struct mg_str *text,
	struct mg_str *out)
{
	size_t n = (size_t)(at - line.p);

	mg_str_add(out, line.p, n);
	mg_str_sl(out, mg_str_as_sl(text));
	mg_str_add(out, at, line.n - n);
}

bool
mg_put_schemas(
	const struct mg_toolset *set, struct mg_sl request, struct mg_str *out)
{
	struct mg_sl tools = mg_json_get(request, "tools");
	struct mg_str add = MG_STR(MG_LINE_MAX);
	struct mg_map names = {0};
	bool list = mg_json_kind(tools) == '[';
	bool any = list && mg_json_count(tools);

	if (!set->n || (tools.p && !list) || (!tools.p && !first_turn(request)))
		return false;
	if (any)
		names_taken(tools, &names);
	if (!list)
		mg_str_puts(&add,
			mg_json_count(request) ? ",\"tools\":["
					       : "\"tools\":[");
	else if (any)
		mg_str_putc(&add, ',');
	put_schemas(set, &names, &add);
	mg_map_release(&names);
	if (list && any && add.len == 1) {
		mg_str_release(&add); /* they are all there */
		return false;
	}
	if (!list)
		mg_str_putc(&add, ']');
	put_in(request, (list ? tools.p + tools.n : request.p + request.n) - 1,
		&add, out);
	out->over |= add.over;
	mg_str_release(&add);
	return true;
}
