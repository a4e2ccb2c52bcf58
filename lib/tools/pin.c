#include "tools/pin.h"

#include <stdlib.h>

struct mg_pins {
	int fd;
};

struct mg_pins *
mg_pins_open(struct mg_fault *f)
{
	return mg_xcalloc(1, sizeof(struct mg_pins));
}

void
mg_pins_free(struct mg_pins *p)
{
	free(p);
}

int
mg_tool_hash(struct mg_tool *t, struct mg_fault *f)
{
	return mg_fail(f, MG_E_CHANGED, "%s cannot be hashed yet", t->name);
}

enum mg_pin
mg_pins_look(struct mg_pins *p, struct mg_tool *t, struct mg_fault *f)
{
	return mg_tool_hash(t, f) < 0 ? MG_PIN_ERROR : MG_PIN_NEW;
}

int
mg_pins_use(struct mg_pins *p, struct mg_tool *t, struct mg_fault *f)
{
	return mg_tool_hash(t, f);
}

int
mg_pins_accept(struct mg_pins *p, struct mg_tool *t, struct mg_fault *f)
{
	return mg_tool_hash(t, f);
}
