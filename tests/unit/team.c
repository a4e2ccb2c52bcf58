/* team.c - names of agents, and what variables stand for. */
#include "base/opt.h"
#include "conf/team.h"
#include "tap.h"

#include <stdlib.h>

static void
expands(const char *s, const char *cwd, const char *want)
{
	char *got = mg_expand_in(s, cwd);

	is_str(got, want, s);
	free(got);
}

static void
names_are(const char *const *models, const char *want)
{
	struct mg_list l = {0};
	struct mg_map names = {0};
	struct mg_str got = MG_STR(0);
	struct mg_fault f = {0};
	int r;

	for (size_t i = 0; models[i]; i++)
		mg_list_add(&l, models[i]);
	r = mg_model_names(&l, &names, &f);
	for (size_t i = 0; i < names.n; i++)
		mg_str_fmt(&got, "%s=%zu ", names.e[i].key.p,
			(size_t)(uintptr_t)names.e[i].value - 1);
	if (r < 0)
		mg_str_fmt(&got, "%s", mg_code_name(f.code));
	is_str(got.s, want, want);
	mg_str_release(&got);
	mg_map_release(&names);
	mg_list_release(&l);
}

#define NAMES(want, ...) \
	names_are((const char *const[]){__VA_ARGS__, NULL}, want)

int
main(void)
{
	setenv("T_FULL", "full ${T_FULL}", 1);
	setenv("T_EMPTY", "", 1);
	unsetenv("T_NONE");
	expands("", NULL, "");
	expands("a $T_FULL $ { } $$ ${", NULL, "a $T_FULL $ { } $$ ${");
	expands("<${T_FULL}>", NULL, "<full ${T_FULL}>");
	expands("<${T_EMPTY}${T_EMPTY:-x}>", NULL, "<x>");
	expands("<${T_NONE}${T_NONE:-x y}${T_NONE:-}>", NULL, "<${T_NONE}x y>");
	expands("${T_FULL-x} ${T FULL} ${1} ${}", NULL,
		"${T_FULL-x} ${T FULL} ${1} ${}");
	expands("${${T_EMPTY}", NULL, "${");
	expands("${cwd}/a", "/w", "/w/a");
	expands("${cwd}/a", NULL, "${cwd}/a");

	NAMES("m=0 ", "m");
	NAMES("m=0 m#2=0 m#3=0 n=1 ", "m:3", "n");
	NAMES("m=0 m#2=1 m#3=2 ", "m", "m", "m:1");
	NAMES("m#2=0 m=1 m#3=1 ", "m#2", "m:2");
	NAMES("llama3:8b=0 :2=1 ", "llama3:8b", ":2");
	NAMES("usage", "m:0");
	NAMES("usage", "m:10001");
	return done();
}
