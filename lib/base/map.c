#include "base/map.h"

#include <stdlib.h>
#include <sys/auxv.h>

static uint64_t
seed(void)
{
	const void *at = (const void *)(uintptr_t)getauxval(AT_RANDOM);
	uint64_t s = 0;

	if (at)
		memcpy(&s, at, sizeof(s));
	return s;
}

/* FNV-1a from a secret start, its bits mixed once more at the end. */
static uint64_t
hash(struct mg_sl key)
{
	uint64_t h = seed() ^ 0xcbf29ce484222325u;

	for (size_t i = 0; i < key.n; i++)
		h = (h ^ (unsigned char)key.p[i]) * 0x100000001b3u;
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	return h ^ h >> 32;
}

static size_t
find(const struct mg_map *m, struct mg_sl key, uint64_t h)
{
	size_t i = h & (m->nslots - 1);

	for (; m->slots[i]; i = (i + 1) & (m->nslots - 1)) {
		const struct mg_map_entry *e = &m->e[m->slots[i] - 1];

		if (e->hash == h && mg_sl_eq(e->key, key))
			break;
	}
	return i;
}

static void
widen(struct mg_map *m)
{
	m->nslots = m->nslots ? m->nslots * 2 : 16;
	free(m->slots);
	m->slots = mg_xcalloc(m->nslots, sizeof(*m->slots));
	for (size_t k = 0; k < m->n; k++) {
		size_t i = m->e[k].hash & (m->nslots - 1);

		while (m->slots[i])
			i = (i + 1) & (m->nslots - 1);
		m->slots[i] = (uint32_t)k + 1;
	}
}

void **
mg_map_put(struct mg_map *m, struct mg_sl key)
{
	uint64_t h = hash(key);
	size_t i;

	if ((m->n + 1) * 4 > m->nslots * 3)
		widen(m);
	i = find(m, key, h);
	if (!m->slots[i]) {
		MG_GROW(m->e, m->n, m->cap);
		m->e[m->n] = (struct mg_map_entry){
			.key = {mg_sl_dup(key), key.n}, .hash = h};
		m->slots[i] = (uint32_t)++m->n;
	}
	return &m->e[m->slots[i] - 1].value;
}

void *
mg_map_get(const struct mg_map *m, struct mg_sl key)
{
	size_t i;

	if (!m->n)
		return NULL;
	i = find(m, key, hash(key));
	return m->slots[i] ? m->e[m->slots[i] - 1].value : NULL;
}

/* Open addressing: what was pushed on by the hole may move back into it. */
static void
close_hole(struct mg_map *m, size_t hole)
{
	size_t mask = m->nslots - 1;

	for (size_t i = (hole + 1) & mask; m->slots[i]; i = (i + 1) & mask) {
		size_t home = m->e[m->slots[i] - 1].hash & mask;

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		m->slots[hole] = m->slots[i];
		hole = i;
	}
	m->slots[hole] = 0;
}

void
mg_map_del(struct mg_map *m, struct mg_sl key)
{
	size_t slot, i, last;

	if (!m->n)
		return;
	slot = find(m, key, hash(key));
	if (!m->slots[slot])
		return;
	i = m->slots[slot] - 1;
	last = m->n - 1;
	if (i != last)
		m->slots[find(m, m->e[last].key, m->e[last].hash)] =
			(uint32_t)i + 1;
	free((void *)(uintptr_t)m->e[i].key.p);
	m->e[i] = m->e[last];
	m->n--;
	/* The slot's own entry is gone, so it is a hole whatever it says. */
	close_hole(m, slot);
}

void
mg_map_release(struct mg_map *m)
{
	for (size_t i = 0; i < m->n; i++)
		free((void *)(uintptr_t)m->e[i].key.p);
	free(m->e);
	free(m->slots);
	*m = (struct mg_map){0};
}
