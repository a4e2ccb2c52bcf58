#include "base/near.h"

#include <string.h>

#define LONGEST 64 /* words beyond this are not compared */

static size_t
least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

size_t
mg_distance(const char *a, const char *b)
{
	size_t d[3][LONGEST + 1], *row[3] = {d[0], d[1], d[2]}, *t;
	size_t n = strlen(a), m = strlen(b);

	if (n > LONGEST || m > LONGEST)
		return n > m ? n : m;
	for (size_t j = 0; j <= m; j++)
		row[1][j] = j;
	for (size_t i = 1; i <= n; i++) {
		row[2][0] = i;
		for (size_t j = 1; j <= m; j++) {
			row[2][j] = least(row[1][j] + 1, row[2][j - 1] + 1,
				row[1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
				a[i - 2] == b[j - 1] &&
				row[0][j - 2] + 1 < row[2][j])
				row[2][j] = row[0][j - 2] + 1;
		}
		t = row[0], row[0] = row[1], row[1] = row[2], row[2] = t;
	}
	return row[1][m];
}

const char *
mg_near(const char *word, const char *const *words)
{
	const char *best = NULL;
	size_t min = (size_t)-1;

	for (; *words; words++) {
		size_t n = strlen(word), m = strlen(*words);
		size_t limit = (n > m ? n : m) / 3;
		size_t dist = mg_distance(word, *words);

		if (dist <= (limit ? limit : 1) && dist < min) {
			min = dist;
			best = *words;
		}
	}
	return best;
}
