/*
 * teamcheck - judges team files as `mg-run --check` does
 *
 *   teamcheck [-w] FILE...
 *   teamcheck -a COMMAND FILE...
 *
 * Prints "FILE:LINE: message (remedy)" for each problem, and with -w its kind
 * in front of it; with -a the files that ask something of COMMAND. 78 if anything is wrong, 66 if a file cannot be read.
 */
#include "base/opt.h"
#include "conf/team.h"

#include <stdio.h>
#include <string.h>

static void
say(void *arg, const struct mg_problem *p)
{
	static const char *const kinds[] = {
		"WRONG ", "NEEDED ", "SERVER ", "HARMLESS "};

	printf("%s%s:%zu: %s", *(bool *)arg ? kinds[p->kind] : "", p->at->file,
		p->at->line, p->message);
	if (p->remedy[0])
		printf(" (%s)", p->remedy);
	putchar('\n');
}

static int
asks(int n, char **files, const char *command)
{
	for (int i = 0; i < n; i++) {
		struct mg_team *t = mg_team_open(files[i], NULL, NULL, NULL);

		if (t && mg_team_asks(t, command))
			printf("%s: %s\n", files[i], command);
		mg_team_free(t);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	bool kinds = argc > 1 && strcmp(argv[1], "-w") == 0;
	int status = 0;

	mg_prog = "teamcheck";
	if (argc > 2 && strcmp(argv[1], "-a") == 0)
		return asks(argc - 3, argv + 3, argv[2]);
	for (int i = 1 + kinds; i < argc; i++) {
		struct mg_fault f = {0};
		struct mg_team *t = mg_team_open(argv[i], say, &kinds, &f);

		if (!t) {
			mg_fault_print(&f);
			status = mg_worse(status, mg_code_exit(f.code));
		} else if (mg_team_problems(t, MG_PROBLEM_WRONG)) {
			status = mg_worse(status, 78);
		}
		mg_team_free(t);
	}
	return status;
}
