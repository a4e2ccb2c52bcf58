/*
 * tap.h - what a unit test needs: TAP on standard output.
 *
 * Each test is one file with a main() that ends in `return done();`.
 *
 *	int
 *	main(void)
 *	{
 *		ok(1 + 1 == 2, "one and one");
 *		is_str(mg_code_name(MG_OK), "ok", "the code that is none");
 *		return done();
 *	}
 *
 * A failure says where it was on standard error. The plan comes last, so a
 * test that dies on its way is seen to be incomplete.
 */
#ifndef TESTS_UNIT_TAP_H
#define TESTS_UNIT_TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Both give back whether it went well. */
#define ok(cond, name) tap_ok((cond), (name), __FILE__, __LINE__)
#define is_str(got, want, name) \
	tap_is_str((got), (want), (name), __FILE__, __LINE__)

static int tap_run, tap_failed;

static inline bool
tap_ok(bool good, const char *name, const char *file, int line)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++tap_run, name);
	fflush(stdout);
	if (!good) {
		tap_failed++;
		fprintf(stderr, "# %s:%d: %s\n", file, line, name);
	}
	return good;
}

/* NULL is equal to NULL only. */
static inline bool
tap_is_str(const char *got, const char *want, const char *name,
	const char *file, int line)
{
	bool good = got && want ? strcmp(got, want) == 0 : got == want;

	tap_ok(good, name, file, line);
	if (!good)
		fprintf(stderr, "#  got: %s\n# want: %s\n",
			got ? got : "(null)", want ? want : "(null)");
	return good;
}

static inline int
done(void)
{
	printf("1..%d\n", tap_run);
	if (tap_failed)
		fprintf(stderr, "# %d of %d failed\n", tap_failed, tap_run);
	return tap_failed ? 1 : 0;
}

#endif
