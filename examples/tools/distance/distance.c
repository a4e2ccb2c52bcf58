/*
 * distance - the edit distance of $ARG_from and $ARG_to, in bytes
 *
 * By Wagner and Fischer, with one row of the table: row[j] is the distance of
 * what has been read of `from` and the first j bytes of `to`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 4096 };

static size_t
least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

static size_t
distance(const char *from, const char *to)
{
	size_t row[MOST + 1], n = strlen(to);

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; *from; from++, i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t above = row[j];

			row[j] = least(above + 1, row[j - 1] + 1,
				corner + (*from != to[j - 1]));
			corner = above;
		}
	}
	return row[n];
}

int
main(void)
{
	const char *from = getenv("ARG_from"), *to = getenv("ARG_to");

	if (!from || !to || strlen(from) > MOST || strlen(to) > MOST) {
		fprintf(stderr, "two words are wanted, from and to\n");
		return 1;
	}
	printf("%zu\n", distance(from, to));
	/* Output that could not be written is no result. */
	return fflush(stdout) == EOF;
}
