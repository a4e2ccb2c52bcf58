/*
 * schemacheck - judges values by schemas
 *
 *   schemacheck [-s]
 *
 * Reads lines of JSON, [schema, value], and writes for each `true`, or
 * `false` and what does not fit behind a blank. With -s each line is a
 * schema, and the answer is mg_schema_check()'s. A line that is not JSON is
 * answered with `invalid`.
 */
#include "event/json.h"
#include "schema/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
judge(struct mg_sl schema, struct mg_sl value)
{
	struct mg_str why = MG_STR(4096);

	if (mg_schema_fits(schema, value, &why))
		puts("true");
	else
		printf("false %s\n", why.len ? why.s : "(no word)");
	mg_str_release(&why);
}

static void
check(struct mg_sl schema)
{
	struct mg_fault f = {0};

	if (mg_schema_check(schema, &f) == 0)
		puts("true");
	else
		printf("false %s\n", f.message);
}

int
main(int argc, char **argv)
{
	bool schemas = argc > 1 && strcmp(argv[1], "-s") == 0;
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, stdin)) >= 0) {
		struct mg_sl raw = {line, (size_t)n}, schema, value;
		size_t it = 0;

		if (mg_json_check(line, raw.n, NULL, NULL) < 0)
			puts("invalid");
		else if (schemas)
			check(raw);
		else if (mg_json_next(raw, &it, NULL, &schema) &&
			mg_json_next(raw, &it, NULL, &value))
			judge(schema, value);
		else
			puts("invalid");
	}
	free(line);
	return 0;
}
