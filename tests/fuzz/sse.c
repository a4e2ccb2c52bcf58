/*
 * sse.c - fuzzes the event parser.
 *
 * What must hold for any bytes: it stays inside what it is given; however
 * they are chunked, the same events are told; and what is told of a part is a
 * beginning of what is told of the whole.
 */
#include "io/sse.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
note(void *arg, struct mg_sl name, char *data, size_t n)
{
	struct mg_str *log = arg;

	must(name.n < 64 && !memchr(name.p, '\n', name.n));
	mg_str_sl(log, name);
	mg_str_putc(log, '|');
	mg_str_add(log, data, n);
	mg_str_puts(log, "\n\n\n");
	if (n)
		data[n / 2] = '\0'; /* it is ours to change */
}

/* Pieces of 1 to 16 bytes, as `seed` has it; 0: one piece. */
static void
play(const uint8_t *data, size_t size, unsigned seed, struct mg_str *log)
{
	struct mg_sse sse = {.fn = note, .arg = log};

	for (size_t i = 0, n; i < size; i += n) {
		char *piece;

		n = seed ? 1 + (seed >> 16) % 16 : size;
		n = n < size - i ? n : size - i;
		piece = mg_xmalloc(n);
		memcpy(piece, data + i, n);
		must(mg_sse_push(&sse, piece, n));
		free(piece);
		seed = seed ? seed * 1103515245 + 12345 : 0;
	}
	mg_sse_open(&sse);
	mg_sse_release(&sse);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mg_str whole = MG_STR(0), again = MG_STR(0), part = MG_STR(0);

	play(data, size, 0, &whole);
	play(data, size, (unsigned)size + 7, &again);
	must(mg_sl_eq(mg_str_as_sl(&whole), mg_str_as_sl(&again)));
	play(data, size / 2, 0, &part);
	must(part.len <= whole.len &&
		(!part.len || memcmp(part.s, whole.s, part.len) == 0));
	mg_str_release(&whole);
	mg_str_release(&again);
	mg_str_release(&part);
	return 0;
}
