/*
 * A tool in the index:
 *
 *	KIND,NAME,DESCRIPTION,INPUT_SCHEMA,VERSION,LABELS,PATH,CWD,
 *	(N,TEXT*N: command, env, writes, files, programs, tools),
 *	OUTPUT_SCHEMA,EXAMPLES,TIMEOUT,OUTPUT,OUTPUT_MAX,MEMORY,STAMP,HASH,READ
 */
#include "event/json.h"
#include "tools/index_in.h"

static void
put_raw(struct mg_str *s, const char *json)
{
	mg_str_puts(s, json ? json : "null");
	mg_str_putc(s, ',');
}

static void
put_int(struct mg_str *s, int64_t n)
{
	mg_str_fmt(s, "%lld,", (long long)n);
}

static void
put_words(struct mg_str *s, char *const *words)
{
	put_int(s, (int64_t)mg_words_count(words));
	for (size_t i = 0; words && words[i]; i++)
		mg_row_put(s, words[i]);
}

void
mg_tool_put_row(struct mg_str *s, const struct mg_tool *t, const char *self)
{
	mg_row_put(s, t->kind->name);
	mg_row_put(s, t->name);
	mg_row_put(s, t->description);
	put_raw(s, t->input_schema);
	mg_row_put(s, t->version);
	put_int(s, t->labels);
	mg_row_put(s, strcmp(t->path, self) == 0 ? NULL : t->path);
	mg_row_put(s, t->cwd);
	put_words(s, t->command);
	put_words(s, t->env);
	put_words(s, t->writes);
	put_words(s, t->files);
	put_words(s, t->need_programs);
	put_words(s, t->need_tools);
	put_raw(s, t->output_schema);
	put_raw(s, t->examples);
	put_int(s, t->limits.timeout_ms);
	put_int(s, t->limits.output);
	put_int(s, t->limits.output_max);
	put_int(s, t->limits.memory);
	mg_row_put(s, t->stamp);
	mg_row_put(s, t->hash);
	mg_row_put(s, t->read);
}

/* --- reading --- */

static char *
raw(struct mg_row *r)
{
	struct mg_sl v = mg_row_next(r);

	return r->bad || mg_sl_is(v, "null") ? NULL
					     : mg_arena_text(r->arena, v);
}

static char **
words(struct mg_row *r)
{
	size_t n = mg_row_count(r);
	char **w = n ? mg_arena_get(r->arena, (n + 1) * sizeof(*w)) : NULL;

	for (size_t i = 0; i < n; i++) {
		w[i] = r->bad ? NULL : mg_row_text(r);
		if (!w[i])
			r->bad = true;
	}
	if (n)
		w[n] = NULL;
	return w;
}

static const struct mg_tool_kind *
kind_of(struct mg_sl name)
{
	for (size_t i = 0; mg_tool_kinds[i]; i++)
		if (name.n == strlen(mg_tool_kinds[i]->name) + 2 &&
			memcmp(name.p + 1, mg_tool_kinds[i]->name,
				name.n - 2) == 0)
			return mg_tool_kinds[i];
	return NULL;
}

static char *
put(char *to, struct mg_sl s)
{
	if (s.n)
		memcpy(to, s.p, s.n);
	return to + s.n;
}

/* What requests carry is made of what lies in the row as JSON. */
static void
head(struct mg_row *r, struct mg_tool *t)
{
	static const char *const between[] = {
		"{\"name\":", ",\"description\":", ",\"input_schema\":"};
	struct mg_sl v[4];
	char *to;
	size_t n = 64;

	for (size_t i = 0; i < 4; i++) {
		v[i] = mg_row_next(r);
		n += v[i].n;
	}
	t->name = mg_row_decode(r, v[0]);
	t->description = mg_row_decode(r, v[1]);
	t->input_schema = mg_arena_text(r->arena, v[2]);
	t->version = mg_row_decode(r, v[3]);
	t->schema = to = mg_arena_get(r->arena, n);
	for (size_t i = 0; i < 3; i++)
		to = put(put(to, mg_sl_of(between[i])), v[i]);
	put(to, (struct mg_sl){"}", 2});
}

static void
hash(struct mg_row *r, char out[MG_TOOL_HASH])
{
	const char *s = mg_row_text(r);

	if (s && strlen(s) == MG_TOOL_HASH - 1)
		memcpy(out, s, MG_TOOL_HASH);
	else
		r->bad = true;
}

static void
rest(struct mg_row *r, struct mg_tool *t, const char *self)
{
	char *stamp;

	t->labels = (unsigned)mg_row_int(r);
	t->path = mg_row_text(r);
	if (!t->path)
		t->path = (char *)(uintptr_t)self;
	t->cwd = mg_row_text(r);
	t->command = words(r);
	t->env = words(r);
	t->writes = words(r);
	t->files = words(r);
	t->need_programs = words(r);
	t->need_tools = words(r);
	t->output_schema = raw(r);
	t->examples = raw(r);
	t->limits.timeout_ms = mg_row_int(r);
	t->limits.output = mg_row_int(r);
	t->limits.output_max = mg_row_int(r);
	t->limits.memory = mg_row_int(r);
	stamp = mg_row_text(r);
	t->stamp = stamp ? mg_xstrdup(stamp) : NULL; /* it may be made anew */
	hash(r, t->hash);
	hash(r, t->read);
	memcpy(t->own, t->read, sizeof(t->own));
}

struct mg_tool *
mg_tool_of_row(struct mg_row *r, const char *self)
{
	struct mg_tool *t = mg_arena_get(r->arena, sizeof(*t));

	*t = (struct mg_tool){.kept = true};
	t->kind = kind_of(mg_row_next(r));
	head(r, t);
	rest(r, t, self);
	if (!t->kind || !t->name || !t->version || !t->description ||
		!mg_tool_name_ok(mg_sl_of(t->name)) || !t->labels ||
		mg_json_kind(mg_sl_of(t->input_schema)) != '{')
		r->bad = true;
	if (!r->bad)
		return t;
	mg_tool_free(t);
	return NULL;
}
