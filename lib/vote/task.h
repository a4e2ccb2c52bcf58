/*
 * task.h - what was heard so far: of each task, each agent's last word.
 *
 * A task is named by its raw `id`; one without is the nameless task. Ids are
 * the same if they are equal after decoding; "1" and 1 are two ids. Once
 * decided, a task keeps nothing but its id.
 *
 *	struct mg_voter *a = mg_voters_get(&agents, MG_SL("factor"));
 *	struct mg_task *t = mg_tasks_get(&tasks, mg_json_get(raw, "id"));
 *
 *	if (t)
 *		mg_task_says(t, a, mg_json_get(raw, "content"));
 *
 * Contents are copied as they are spelt: most are never looked at again.
 */
#ifndef MG_VOTE_TASK_H
#define MG_VOTE_TASK_H

#include "base/map.h"
#include "vote/tally.h"

struct mg_voters {
	struct mg_map map; /* struct mg_voter * by name */
	struct mg_voter **named; /* those with a rank, in its order */
	size_t nnamed, cap;
};

/* Made, with weight 1, if it is new. Stays where it is. */
struct mg_voter *mg_voters_get(struct mg_voters *a, struct mg_sl name);
/* Gives it the next rank, if it has none. */
void mg_voters_name(struct mg_voters *a, struct mg_sl name);
/* Takes all ranks away. */
void mg_voters_unname(struct mg_voters *a);
void mg_voters_release(struct mg_voters *a);

struct mg_word {
	struct mg_voter *agent;
	char *content; /* raw JSON, owned; NULL: the agent failed */
	size_t n;
};

struct mg_task {
	struct mg_sl id; /* raw; p == NULL: the nameless task */
	char *own_id; /* id, where its spelling is not the key's */
	size_t index; /* of its entry in the map */
	struct mg_word *words;
	size_t n, cap;
	uint32_t *slots; /* index into words plus one, for many agents */
	size_t nslots;
	size_t heard; /* how many agents with a rank have a word */
};

struct mg_tasks {
	struct mg_map map;
	struct mg_str key; /* scratch */
	size_t open; /* how many are not decided */
};

/* Made if it is new; NULL if it has been decided. */
struct mg_task *mg_tasks_get(struct mg_tasks *t, struct mg_sl id);
/* The i-th in the order of their first mention; NULL if decided. */
struct mg_task *mg_tasks_at(const struct mg_tasks *t, size_t i);
/* Frees what was heard; the id stays known. */
void mg_tasks_decided(struct mg_tasks *t, struct mg_task *task);
/* Forgets everything, the ids too. */
void mg_tasks_clear(struct mg_tasks *t);
void mg_tasks_release(struct mg_tasks *t);
/* The key of an id, into out. */
void mg_task_key(struct mg_sl id, struct mg_str *out);

/* The agent's word, instead of the one before; p == NULL: it failed. */
void mg_task_says(
	struct mg_task *task, struct mg_voter *agent, struct mg_sl content);
/* NULL: nothing was heard of it. */
const struct mg_word *
mg_task_word(const struct mg_task *task, const struct mg_voter *agent);

#endif
