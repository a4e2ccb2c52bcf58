/*
 * custom.h - the Python functions that a team of MassGen's names
 * (`custom_tools`), as tools.
 *
 * share/adapters/python_tool.py describes a function (its name, the first
 * paragraph of its docstring, a schema of its parameters) and calls it, in a
 * process of its own. What the adapter said is kept with the registry's
 * index. Names are MassGen's: custom_tool__NAME, or NAME where the category is
 * `builtin`. `preset_args` are kept from the model, and it cannot override
 * them. Labels are the entry's own `label` (mg's key); MassGen has none, so
 * a tool without is irreversible and wants an allow line.
 */
#ifndef MG_TOOLS_CUSTOM_H
#define MG_TOOLS_CUSTOM_H

#include "conf/team.h"
#include "tools/registry.h"

/* Adds the tools of agent i; what cannot be honoured is told with its line. */
void
mg_custom_load(struct mg_tool_source *s, const struct mg_team *team, size_t i);

extern const struct mg_tool_kind mg_tool_python;

#endif
