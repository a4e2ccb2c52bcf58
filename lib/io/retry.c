#include "io/retry.h"

#include "base/clock.h"

#include <stdlib.h>
#include <sys/random.h>

#define FIRST_MS 500
#define LONGEST_MS 30000

static int64_t
jitter(int64_t ms)
{
	uint32_t r = 0;

	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != sizeof(r))
		r = (uint32_t)mg_now();
	return ms / 2 + r % (uint32_t)(ms / 2 + 1);
}

int64_t
mg_retry_wait(const struct mg_retry *r, int64_t done, const struct mg_fault *f)
{
	int64_t ms = FIRST_MS;

	if (done >= r->tries || !mg_code_retryable(f->code))
		return -1;
	if (f->retry_after_ms)
		return f->retry_after_ms <= r->cap_ms ? f->retry_after_ms : -1;
	for (int64_t i = 0; i < done && ms < LONGEST_MS; i++)
		ms *= 2;
	ms = jitter(ms < LONGEST_MS ? ms : LONGEST_MS);
	return ms < r->cap_ms ? ms : r->cap_ms;
}

void
mg_gate_close(struct mg_gates *g, const char *name, int64_t ms)
{
	int64_t **until = (int64_t **)mg_map_put(&g->until, mg_sl_of(name));
	int64_t t = mg_now() + ms;

	if (!*until)
		*until = mg_xcalloc(1, sizeof(**until));
	if (**until < t)
		**until = t;
}

int64_t
mg_gate_wait(const struct mg_gates *g, const char *name)
{
	const int64_t *until = mg_map_get(&g->until, mg_sl_of(name));
	int64_t ms = until ? *until - mg_now() : 0;

	return ms > 0 ? ms : 0;
}

void
mg_gates_release(struct mg_gates *g)
{
	for (size_t i = 0; i < g->until.n; i++)
		free(g->until.e[i].value);
	mg_map_release(&g->until);
}
