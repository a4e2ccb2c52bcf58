/*
 * map.h - a map from byte strings to pointers, in the order of arrival.
 *
 * The keys are copied, the values are the caller's. Entries stay where they
 * are and can be walked by index, oldest first: walking is deterministic, and
 * the hash is seeded per process, so that chosen keys cannot make it slow.
 *
 *	struct mg_map m = {0};
 *	struct task **t = (struct task **)mg_map_put(&m, MG_SL("task1"));
 *
 *	if (!*t)
 *		*t = task_new();
 *	for (size_t i = 0; i < m.n; i++)
 *		use(m.e[i].key, m.e[i].value);
 *	mg_map_release(&m);
 */
#ifndef MG_BASE_MAP_H
#define MG_BASE_MAP_H

#include "base/str.h"

struct mg_map_entry {
	struct mg_sl key; /* NUL behind it */
	void *value;
	uint64_t hash;
};

struct mg_map {
	struct mg_map_entry *e;
	size_t n, cap;
	uint32_t *slots; /* index into e plus one; 0 is free */
	size_t nslots;
};

/* The entry's value, made (NULL) if the key is new. Valid until the next put. */
void **mg_map_put(struct mg_map *m, struct mg_sl key);
/* The value, or NULL. */
void *mg_map_get(const struct mg_map *m, struct mg_sl key);
/* Forgets a key; the last entry takes its place, so the order changes. */
void mg_map_del(struct mg_map *m, struct mg_sl key);
/* Frees keys and table; the values are the caller's to free before. */
void mg_map_release(struct mg_map *m);

#endif
