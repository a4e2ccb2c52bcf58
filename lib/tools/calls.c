/* calls.c - a tool_call from its line to its one result. */
#include "tools/tools_in.h"

#include <stdlib.h>

#define STEP_MAX 65536 /* bytes of a member of a step */

/* --- who it is ----------------------------------------------------------------- */

static const char *const members[] = {"id", "agent", "turn", "call", NULL};

bool
mg_tcall_key(struct mg_sl line, struct mg_str *key)
{
	for (size_t i = 0; members[i]; i++) {
		struct mg_sl v = mg_json_get(line, members[i]);

		if (v.p) {
			mg_str_puts(key, key->len ? ",\"" : "\"");
			mg_str_puts(key, members[i]);
			mg_str_puts(key, "\":");
			mg_str_sl(key, v);
		}
	}
	return !key->over;
}

static const struct mg_toolset *
set_of(const struct mg_tools *t, struct mg_sl line)
{
	struct mg_str agent = MG_STR(MG_TCALL_KEY);
	const struct mg_toolset *set;

	mg_json_text(mg_json_get(line, "agent"), &agent);
	set = mg_registry_set(t->registry, mg_str_as_sl(&agent));
	mg_str_release(&agent);
	return set;
}

struct mg_tool *
mg_tcall_tool(const struct mg_tools *t, struct mg_sl line)
{
	const struct mg_toolset *set = set_of(t, line);
	struct mg_str name = MG_STR(256);
	struct mg_tool *tool = NULL;
	size_t i = 0;

	if (mg_json_text(mg_json_get(line, "name"), &name) && !name.over)
		tool = mg_toolset_find(set, mg_str_as_sl(&name));
	/* With a version it may be one that is there, but not offered. */
	if (tool && memchr(name.s, '@', name.len)) {
		while (i < set->n && set->v[i] != tool)
			i++;
		tool = i < set->n ? tool : NULL;
	}
	mg_str_release(&name);
	return tool;
}

/* A call, an agent or a task; naming nothing, it names all. */
bool
mg_cancel_means(struct mg_sl cancel, struct mg_sl call)
{
	static const char *const names[] = {"id", "agent", "call", NULL};

	for (size_t i = 0; names[i]; i++) {
		struct mg_sl want = mg_json_get(cancel, names[i]);
		struct mg_str a = MG_STR(MG_TCALL_KEY),
			      b = MG_STR(MG_TCALL_KEY);
		bool same;

		if (!want.p)
			continue;
		mg_id_key(want, &a);
		mg_id_key(mg_json_get(call, names[i]), &b);
		same = mg_sl_eq(mg_str_as_sl(&a), mg_str_as_sl(&b));
		mg_str_release(&a);
		mg_str_release(&b);
		if (!same)
			return false;
	}
	return true;
}

/* --- its result ------------------------------------------------------------------- */

static void
say(struct mg_tools *t, const struct mg_str *key, struct mg_sl name,
	const struct mg_work_end *end)
{
	struct mg_str *o = mg_emit(t->f, "tool_result");

	if (key->len) {
		mg_str_putc(o, ',');
		mg_str_sl(o, mg_str_as_sl(key));
	}
	if (name.p)
		mg_json_mraw(o, "name", name);
	mg_json_m(o, "content", end->content);
	mg_json_mb(o, "is_error", end->code != MG_OK);
	if (end->code != MG_OK)
		mg_json_ms(o, "code", mg_code_name(end->code));
	mg_json_mi(o, "duration_ms", end->duration_ms);
	mg_json_mi(o, "bytes", end->bytes);
	if (end->bare)
		mg_json_ms(o, "sandbox", "none");
	mg_sent(t->f);
	if (!mg_filter_ring(t->f) && end->code != MG_OK &&
		end->code != MG_E_CANCELLED)
		mg_status(t->f, mg_code_exit(end->code));
}

void
mg_tcall_refuse(
	struct mg_tools *t, struct mg_sl line, const struct mg_fault *why)
{
	struct mg_str key = MG_STR(MG_TCALL_KEY), words = MG_STR(4096);

	mg_tcall_key(line, &key);
	mg_str_puts(&words, why->message);
	if (why->remedy[0])
		mg_str_fmt(&words, " (%s)", why->remedy);
	say(t, &key, mg_json_get(line, "name"),
		&(struct mg_work_end){
			.content = mg_str_as_sl(&words), .code = why->code});
	mg_str_release(&key);
	mg_str_release(&words);
}

/* --- the call ----------------------------------------------------------------------- */

static void
free_call(struct mg_tcall *c)
{
	mg_str_release(&c->key);
	mg_str_release(&c->arguments);
	free(c->agent);
	free(c->call);
	mg_locks_free(c->locks);
	free(c);
}

/* What callbacks may still point to is freed by mg_tcalls_sweep(). */
static void
over(struct mg_tcall *c, const struct mg_work_end *end)
{
	struct mg_str name = MG_STR(256);

	mg_json_puts(&name, c->tool->name);
	if (!c->silent)
		say(c->t, &c->key, mg_str_as_sl(&name), end);
	mg_str_release(&name);
	c->over = true;
	mg_close(c->t->f);
}

static void
failed(struct mg_tcall *c, const struct mg_fault *f)
{
	struct mg_str words = MG_STR(4096);

	mg_str_puts(&words, f->message);
	if (f->remedy[0])
		mg_str_fmt(&words, " (%s)", f->remedy);
	over(c,
		&(struct mg_work_end){
			.content = mg_str_as_sl(&words), .code = f->code});
	mg_str_release(&words);
}

static void
on_done(void *arg, const struct mg_work_end *end)
{
	struct mg_tcall *c = arg;

	c->work = NULL;
	c->t->running--;
	over(c, end);
}

/* A step is for people: of a long text its beginning. */
static void
put_member(struct mg_str *o, const char *name, struct mg_sl v)
{
	struct mg_str text = MG_STR(MG_LINE_MAX);

	if (v.p && v.n <= STEP_MAX)
		mg_json_mraw(o, name, v);
	else if (mg_json_text(v, &text))
		mg_json_m(o, name, mg_sl_cut(mg_str_as_sl(&text), STEP_MAX));
	mg_str_release(&text);
}

/* A team's events name agents of their own: they are what the step is about. */
static void
on_step(void *arg, struct mg_sl e)
{
	struct mg_tcall *c = arg;
	struct mg_sl kind = mg_json_get(e, "kind");
	struct mg_sl name = mg_json_get(e, "name");
	struct mg_str *o;

	if (c->silent)
		return;
	o = mg_emit(c->t->f, "step");
	if (c->key.len) {
		mg_str_putc(o, ',');
		mg_str_sl(o, mg_str_as_sl(&c->key));
	}
	mg_json_ms(o, "tool", c->tool->name);
	put_member(o, "kind", kind.p ? kind : mg_json_get(e, "type"));
	put_member(o, "name", name.p ? name : mg_json_get(e, "agent"));
	put_member(o, "content", mg_json_get(e, "content"));
	put_member(o, "done", mg_json_get(e, "done"));
	put_member(o, "total", mg_json_get(e, "total"));
	mg_sent(c->t->f);
}

/* The folder and the journal are made when the first call needs them. */
static int
prepare(struct mg_tools *t, struct mg_fault *f)
{
	const char *run = t->run ? t->run : getenv("MG_RUN");

	if (!t->folder.len)
		mg_journal_folder(run, &t->folder);
	/* Only a ring is resumed: lines within a run have calls of their own. */
	if (t->journal_open || !mg_filter_ring(t->f))
		return 0;
	if (mg_journal_open(&t->journal, run, mg_filter_name(t->f), f) < 0)
		return -1;
	t->journal_open = true;
	return 0;
}

/* The journal outlives a power cut that the log does not. */
static bool
begun_before(const struct mg_tcall *c, struct mg_fault *f)
{
	if (mg_tool_repeatable(c->tool) || !c->key.len ||
		!mg_journal_has(&c->t->journal, mg_str_as_sl(&c->key)))
		return false;
	mg_fail(f, MG_E_UNKNOWN,
		"%s was begun by this very call before: it may have done its "
		"work, or a part of it, or nothing",
		c->tool->name);
	return true;
}

static void
start(struct mg_tcall *c)
{
	struct mg_tools *t = c->t;
	struct mg_fault f;

	if (mg_gate(&t->gate, c->tool, mg_str_as_sl(&c->arguments), &f) < 0 ||
		prepare(t, &f) < 0 || begun_before(c, &f) ||
		mg_journal_add(&t->journal, mg_str_as_sl(&c->key),
			!mg_tool_harmless(c->tool), &f) < 0) {
		failed(c, &f);
		return;
	}
	c->work = mg_work_start(mg_filter_loop(t->f),
		&(struct mg_work_req){.tool = c->tool,
			.arguments = mg_str_as_sl(&c->arguments),
			.agent = c->agent,
			.call = c->call,
			.run = t->run ? t->run : getenv("MG_RUN"),
			.folder = t->folder.len ? t->folder.s : NULL,
			.on_step = on_step,
			.on_done = on_done,
			.arg = c},
		&f);
	if (!c->work) {
		failed(c, &f);
		return;
	}
	t->running++;
	if (t->paused)
		mg_work_pause(c->work, true);
}

/* Another that was called before it writes to the same path. */
static bool
must_wait(const struct mg_tools *t, const struct mg_tcall *c)
{
	const struct mg_tcall *o = t->calls;

	for (; c->locks && o != c; o = o->next)
		if (!o->over && mg_locks_meet(o->locks, c->locks))
			return true;
	return false;
}

void
mg_tcalls_go(struct mg_tools *t)
{
	struct mg_tcall *c = t->calls;

	for (; c && t->waiting && t->running < t->jobs; c = c->next) {
		if (c->work || c->over || must_wait(t, c))
			continue;
		t->waiting--;
		t->waiting_bytes -= c->arguments.len;
		start(c);
	}
}

void
mg_tcall_begin(struct mg_tools *t, struct mg_tool *tool, struct mg_sl line)
{
	struct mg_tcall *c = mg_xcalloc(1, sizeof(*c));

	c->t = t;
	c->tool = tool;
	c->key.max = MG_TCALL_KEY;
	c->arguments.max = MG_LINE_MAX;
	mg_tcall_key(line, &c->key);
	mg_str_sl(&c->arguments, mg_json_get(line, "arguments"));
	c->agent = mg_json_dup(mg_json_get(line, "agent"));
	c->call = mg_json_dup(mg_json_get(line, "call"));
	c->locks = mg_locks_of(tool, mg_str_as_sl(&c->arguments));
	*t->last = c;
	t->last = &c->next;
	t->waiting++;
	t->waiting_bytes += c->arguments.len;
	mg_open(t->f);
}

/* --- ended from outside ---------------------------------------------------------------- */

static void
cancel(struct mg_tcall *c, const char *why)
{
	struct mg_fault f;

	if (c->over)
		return;
	if (c->work) {
		mg_work_cancel(c->work, why);
		return;
	}
	c->t->waiting--;
	c->t->waiting_bytes -= c->arguments.len;
	mg_fail(&f, MG_E_CANCELLED, "%s before it began", why);
	failed(c, &f);
}

void
mg_tcalls_cancel(struct mg_tools *t, struct mg_sl line, const char *why)
{
	struct mg_str key = MG_STR(MG_TCALL_KEY + 2);

	for (struct mg_tcall *c = t->calls; c; c = c->next) {
		mg_str_clear(&key);
		mg_str_putc(&key, '{');
		mg_str_sl(&key, mg_str_as_sl(&c->key));
		mg_str_putc(&key, '}');
		if (!line.p || mg_cancel_means(line, mg_str_as_sl(&key)))
			cancel(c, why);
	}
	mg_str_release(&key);
}

void
mg_tcalls_drop(struct mg_tools *t)
{
	for (struct mg_tcall *c = t->calls; c; c = c->next)
		c->silent = true;
	mg_tcalls_cancel(t, (struct mg_sl){NULL, 0}, "the run was cut off");
}

void
mg_tcalls_sweep(struct mg_tools *t)
{
	struct mg_tcall **p = &t->calls, *c;

	while ((c = *p)) {
		if (!c->over) {
			p = &c->next;
			continue;
		}
		*p = c->next;
		free_call(c);
	}
	t->last = p;
}
