#include "tools/gate.h"

#include "event/json.h"
#include "tools/schema.h"

#define WHY_MAX 900

static int
check_arguments(const struct mg_tool *t, struct mg_sl args, struct mg_fault *f)
{
	struct mg_str why = MG_STR(WHY_MAX);
	bool fits;

	if (mg_json_kind(args) != '{')
		return mg_fail(f, MG_E_BAD_ARGUMENTS,
			"the arguments of %s must be an object", t->name);
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
