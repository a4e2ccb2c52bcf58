#include "tools/registry_in.h"
#include "tools/work.h"

static bool
load(struct mg_tool_source *s, const char *path)
{
	return false;
}

void
mg_describe_all(struct mg_file **files, size_t n, struct mg_index *x)
{
}

const struct mg_tool_kind mg_tool_describe = {
	.name = "describe",
	.load = load,
	.start = mg_program_start,
	.cancel = mg_program_cancel,
};
