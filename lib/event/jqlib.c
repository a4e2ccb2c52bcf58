#define MG_JQ_TABLE_ONLY
#include "event/jqlib.h"

#include <dlfcn.h>
#include <string.h>

struct mg_jq mg_jq;

static const struct {
	const char *name;
	size_t at;
} functions[] = {
#define ROW(name) {#name, offsetof(struct mg_jq, name)},
	MG_JQ_FUNCTIONS(ROW)
#undef ROW
};

int
mg_jq_load(struct mg_fault *f)
{
	void *lib;

	if (mg_jq.jv_free)
		return 0;
	lib = dlopen("libjq.so.1", RTLD_NOW | RTLD_LOCAL);
	for (size_t i = 0; lib && i < sizeof(functions) / sizeof(*functions);
		i++) {
		void *p = dlsym(lib, functions[i].name);

		memcpy((char *)&mg_jq + functions[i].at, &p, sizeof(p));
		if (!p)
			lib = NULL;
	}
	if (lib)
		return 0;
	memset(&mg_jq, 0, sizeof(mg_jq));
	mg_fail(f, MG_E_SYSTEM, "unable to load libjq: %s", dlerror());
	return mg_remedy(f, "-q needs Debian's package libjq1");
}
