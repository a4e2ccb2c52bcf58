/*
 * retry.h - whether to try again, and when.
 *
 * A try is worth repeating when its fault says so and nothing of its answer
 * has been shown yet. The wait is what the provider asked for (Retry-After),
 * else 500 ms doubled per try up to 30 s, of which a random half is taken
 * away ("equal jitter"), so that a fan-out does not come back as one.
 *
 * A provider that asks for a longer wait than the cap is not asked again:
 * trying earlier would burn tries, so the caller ends with MG_E_RATE_LIMIT
 * and the time that it was told (exit 75).
 *
 * A gate is shared by all calls to one provider with one key: the first 429
 * closes it for all of them.
 */
#ifndef MG_IO_RETRY_H
#define MG_IO_RETRY_H

#include "base/fault.h"
#include "base/map.h"

struct mg_retry {
	int64_t tries; /* after the first; 0: never again */
	int64_t cap_ms; /* the longest wait */
};

/* Milliseconds to wait before try number `done` + 1, or -1: give up. */
int64_t
mg_retry_wait(const struct mg_retry *r, int64_t done, const struct mg_fault *f);

struct mg_gates {
	struct mg_map until; /* provider and key -> int64_t */
};

/* Closes the gate for ms, unless it is closed for longer. */
void mg_gate_close(struct mg_gates *g, const char *name, int64_t ms);
/* Milliseconds until it opens; 0 when it is open. */
int64_t mg_gate_wait(const struct mg_gates *g, const char *name);
void mg_gates_release(struct mg_gates *g);

#endif
