#include "tools/gate.h"

#include "base/map.h"
#include "event/json.h"
#include "schema/schema.h"

#define WHY_MAX 900

/* A member that stands twice is one thing to us and another to the tool: its
 * name is appended. */
static bool
twice(struct mg_sl value, struct mg_str *name)
{
	struct mg_map seen = {0};
	struct mg_sl key, v;
	size_t it = 0;
	bool found = false;

	while (!found && mg_json_next(value, &it, &key, &v)) {
		struct mg_str text = MG_STR(MG_LINE_MAX);

		if (key.p && mg_json_text(key, &text)) {
			void **slot = mg_map_put(&seen, mg_str_as_sl(&text));

			found = *slot != NULL;
			*slot = &seen;
			if (found)
				mg_str_sl(name,
					mg_sl_cut(mg_str_as_sl(&text), 40));
		}
		mg_str_release(&text);
		found = found || twice(v, name);
	}
	mg_map_release(&seen);
	return found;
}

static int
check_arguments(const struct mg_tool *t, struct mg_sl args, struct mg_fault *f)
{
	struct mg_str why = MG_STR(WHY_MAX);
	bool fits;

	if (mg_json_kind(args) != '{')
		return mg_fail(f, MG_E_BAD_ARGUMENTS,
			"the arguments of %s must be an object", t->name);
	if (twice(args, &why)) {
		mg_fail(f, MG_E_BAD_ARGUMENTS,
			"the arguments of %s hold `%.*s` twice", t->name,
			(int)why.len, why.s ? why.s : "");
		mg_str_release(&why);
		return -1;
	}
	fits = mg_schema_fits(mg_sl_of(t->input_schema), args, &why);
	if (!fits)
		mg_fail(f, MG_E_BAD_ARGUMENTS,
			"the arguments do not fit what %s takes: %s", t->name,
			why.s ? why.s : "they are refused");
	mg_str_release(&why);
	return fits ? 0 : -1;
}

static int
check_leave(
	const struct mg_gate *g, const struct mg_tool *t, struct mg_fault *f)
{
	struct mg_str labels = MG_STR(128);

	if (mg_registry_allows(g->registry, t))
		return 0;
	mg_label_names(t->labels, &labels);
	mg_fail(f, MG_E_REFUSED, "%s may not be run: it is labelled %s",
		t->name, labels.s ? labels.s : "irreversible");
	mg_str_release(&labels);
	return mg_remedy(f,
		"whoever runs this can allow it: --allow %s, or `allow_tools` "
		"in the team file",
		t->name);
}

int
mg_gate(const struct mg_gate *g, struct mg_tool *t, struct mg_sl arguments,
	struct mg_fault *f)
{
	if (check_arguments(t, arguments, f) < 0 || check_leave(g, t, f) < 0)
		return -1;
	return mg_pins_use(g->pins, t, f);
}
