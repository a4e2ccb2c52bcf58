#include "vote/task.h"

#include "event/json.h"

#include <stdlib.h>

#define FEW 8 /* words that are looked through one by one */

struct mg_voter *
mg_voters_get(struct mg_voters *a, struct mg_sl name)
{
	size_t n = a->map.n;
	void **at = mg_map_put(&a->map, name);
	struct mg_voter *agent = *at;

	if (!agent) {
		agent = mg_xcalloc(1, sizeof(*agent));
		*agent = (struct mg_voter){.name = a->map.e[n].key,
			.number = (uint32_t)n,
			.weight = MG_WEIGHT_ONE};
		*at = agent;
	}
	return agent;
}

void
mg_voters_name(struct mg_voters *a, struct mg_sl name)
{
	struct mg_voter *agent = mg_voters_get(a, name);

	if (agent->rank)
		return;
	MG_GROW(a->named, a->nnamed, a->cap);
	a->named[a->nnamed++] = agent;
	agent->rank = (uint32_t)a->nnamed;
}

void
mg_voters_unname(struct mg_voters *a)
{
	while (a->nnamed)
		a->named[--a->nnamed]->rank = 0;
}

void
mg_voters_release(struct mg_voters *a)
{
	for (size_t i = 0; i < a->map.n; i++)
		free(a->map.e[i].value);
	mg_map_release(&a->map);
	free(a->named);
	*a = (struct mg_voters){0};
}

/* What stands in the map for a task that has been decided. */
static struct mg_task *
decided(void)
{
	static const struct mg_task mark = {.n = 0};

	return (struct mg_task *)(uintptr_t)&mark;
}

void
mg_task_key(struct mg_sl id, struct mg_str *out)
{
	mg_str_clear(out);
	mg_str_add(out, "", 0);
	if (id.n && id.p[0] == '"' && memchr(id.p, '\\', id.n)) {
		mg_str_putc(out, '"');
		mg_json_text(id, out);
		mg_str_putc(out, '"');
	} else if (id.p) {
		mg_str_sl(out, id);
	}
}

struct mg_task *
mg_tasks_get(struct mg_tasks *t, struct mg_sl id)
{
	size_t n = t->map.n;
	struct mg_task *task;
	void **at;

	mg_task_key(id, &t->key);
	at = mg_map_put(&t->map, mg_str_as_sl(&t->key));
	if (*at)
		return *at == decided() ? NULL : *at;
	task = mg_xcalloc(1, sizeof(*task));
	task->index = n;
	if (id.p && mg_sl_eq(id, t->map.e[n].key)) {
		task->id = t->map.e[n].key;
	} else if (id.p) {
		task->own_id = mg_sl_dup(id);
		task->id = (struct mg_sl){task->own_id, id.n};
	}
	*at = task;
	t->open++;
	return task;
}

struct mg_task *
mg_tasks_at(const struct mg_tasks *t, size_t i)
{
	struct mg_task *task = t->map.e[i].value;

	return task == decided() ? NULL : task;
}

static void
task_free(struct mg_task *task)
{
	for (size_t i = 0; i < task->n; i++)
		free(task->words[i].content);
	free(task->words);
	free(task->slots);
	free(task->own_id);
	free(task);
}

void
mg_tasks_decided(struct mg_tasks *t, struct mg_task *task)
{
	t->map.e[task->index].value = decided();
	t->open--;
	task_free(task);
}

void
mg_tasks_clear(struct mg_tasks *t)
{
	for (size_t i = 0; i < t->map.n; i++)
		if (mg_tasks_at(t, i))
			task_free(mg_tasks_at(t, i));
	mg_map_release(&t->map);
	t->open = 0;
}

void
mg_tasks_release(struct mg_tasks *t)
{
	mg_tasks_clear(t);
	mg_str_release(&t->key);
}

/* The agent's slot, or the free one where it belongs. */
static size_t
find_slot(const struct mg_task *task, const struct mg_voter *agent)
{
	size_t i = (agent->number * 2654435761u) & (task->nslots - 1);

	while (task->slots[i] && task->words[task->slots[i] - 1].agent != agent)
		i = (i + 1) & (task->nslots - 1);
	return i;
}

static void
widen(struct mg_task *task)
{
	free(task->slots);
	task->nslots = task->nslots ? task->nslots * 2 : 4 * FEW;
	task->slots = mg_xcalloc(task->nslots, sizeof(*task->slots));
	for (size_t i = 0; i < task->n; i++)
		task->slots[find_slot(task, task->words[i].agent)] =
			(uint32_t)i + 1;
}

static struct mg_word *
find(const struct mg_task *task, const struct mg_voter *agent)
{
	size_t slot;

	if (task->nslots) {
		slot = task->slots[find_slot(task, agent)];
		return slot ? &task->words[slot - 1] : NULL;
	}
	for (size_t i = 0; i < task->n; i++)
		if (task->words[i].agent == agent)
			return &task->words[i];
	return NULL;
}

const struct mg_word *
mg_task_word(const struct mg_task *task, const struct mg_voter *agent)
{
	return find(task, agent);
}

static struct mg_word *
add(struct mg_task *task, struct mg_voter *agent)
{
	if (!task->cap) {
		task->cap = 4;
		task->words = mg_xmalloc(task->cap * sizeof(*task->words));
	}
	MG_GROW(task->words, task->n, task->cap);
	task->words[task->n] = (struct mg_word){.agent = agent};
	task->n++;
	if (task->n > FEW && (task->n + 1) * 2 > task->nslots)
		widen(task);
	else if (task->nslots)
		task->slots[find_slot(task, agent)] = (uint32_t)task->n;
	if (agent->rank)
		task->heard++;
	return &task->words[task->n - 1];
}

void
mg_task_says(struct mg_task *task, struct mg_voter *agent, struct mg_sl content)
{
	struct mg_word *w = find(task, agent);

	if (!w)
		w = add(task, agent);
	free(w->content);
	w->content = content.p ? mg_sl_dup(content) : NULL;
	w->n = content.n;
}
