/*
 * An argument called text is the variable ARG_text; all of them are one line
 * of JSON on standard input too. What is printed is the result; a status other
 * than 0 is an error, and standard error says to the model what was wrong.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

static int
@IDENT@(const char *text)
{
	size_t words = 0, lines = 0, bytes = 0;
	int within = 0, last = '\n';

	for (; text[bytes]; bytes++) {
		last = (unsigned char)text[bytes];
		words += !within && !isspace(last);
		within = !isspace(last);
		lines += last == '\n';
	}
	lines += last != '\n'; /* a last line without its newline */
	return printf("words %zu, lines %zu, bytes %zu\n", words, lines,
		bytes);
}

int
main(void)
{
	const char *text = getenv("ARG_text");

	if (!text) {
		fprintf(stderr, "the argument text is missing\n");
		return 64;
	}
	/* Output that could not be written is no result. */
	return @IDENT@(text) < 0 || fflush(stdout) == EOF;
}
