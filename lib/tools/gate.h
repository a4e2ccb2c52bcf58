/*
 * gate.h - whether a call may be made: asked right before it is begun.
 *
 * In this order: the arguments are an object that fits the tool's schema
 * (MG_E_BAD_ARGUMENTS, in words a model can mend its call by); somebody has
 * allowed the tool, or it is harmless (MG_E_REFUSED); it is what was pinned
 * (MG_E_CHANGED). It fails closed: what cannot be decided is refused.
 *
 *	if (mg_gate(&gate, tool, arguments, &fault) < 0)
 *		...			// fault.code, .message, .remedy
 */
#ifndef MG_TOOLS_GATE_H
#define MG_TOOLS_GATE_H

#include "tools/pin.h"
#include "tools/registry.h"

struct mg_gate {
	const struct mg_registry *registry;
	struct mg_pins *pins;
};

/* arguments: checked JSON of any kind, or p == NULL. */
int mg_gate(const struct mg_gate *g, struct mg_tool *t, struct mg_sl arguments,
	struct mg_fault *f);

#endif
