/*
 * json.c - fuzzes the check, the readers, libjq behind them, and the writer.
 *
 * What must hold for any bytes: the readers stay inside their slice, checked
 * or not. What must hold for checked bytes: libjq accepts them, what we write
 * passes the check again and is written the same again, and each key that
 * iteration gives is found by its name.
 */
#include "event/json.h"
#include "event/value.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
find(struct mg_sl raw, struct mg_sl key)
{
	char *name = mg_json_dup(key);
	struct mg_sl k, value, last = {NULL, 0};
	size_t it = 0;

	if (!name) /* a NUL in it: it cannot be asked for */
		return;
	while (mg_json_next(raw, &it, &k, &value))
		if (mg_json_key_is(k, name))
			last = value;
	must(mg_json_key_is(key, name) && mg_json_is(key, name));
	must(last.p && mg_json_get(raw, name).p == last.p);
	free(name);
}

/* Visits everything; the text of strings must survive our own spelling. */
static void
walk(struct mg_sl raw, bool checked, int depth)
{
	struct mg_str text = MG_STR(0), again = MG_STR(0);
	struct mg_sl key, value;
	size_t it = 0, n = 0;

	if (mg_json_text(raw, &text) && checked) {
		mg_json_put(&again, mg_str_as_sl(&text));
		must(mg_json_check(again.s, again.len, NULL, NULL) == 0);
		mg_str_clear(&text);
		mg_json_text(raw, &text);
		must(!memchr(text.s, '\0', text.len) ==
			mg_json_is(raw, text.s));
	}
	mg_str_release(&text);
	mg_str_release(&again);
	mg_json_int(raw, 0);
	mg_json_bool(raw, false);
	must(!checked || mg_json_kind(raw));
	while (depth && mg_json_next(raw, &it, &key, &value)) {
		must(value.p >= raw.p && value.p + value.n <= raw.p + raw.n);
		if (checked && key.p && n < 20)
			find(raw, key);
		walk(value, checked, depth - 1);
		n++;
	}
	must(!depth || n == mg_json_count(raw));
}

static void
through_libjq(struct mg_sl raw)
{
	struct mg_str out = MG_STR(0), again = MG_STR(0);
	char *copy = mg_sl_dup(raw);
	jv v = mg_value_read(copy, raw.n, NULL);

	must(jv_is_valid(v));
	must(mg_value_write(v, &out, NULL) == 0);
	jv_free(v);
	free(copy);
	must(!(mg_json_check(out.s, out.len, NULL, NULL) & MG_JSON_MENDED));
	copy = mg_sl_dup(mg_str_as_sl(&out));
	v = mg_value_read(copy, out.len, NULL);
	must(mg_value_write(v, &again, NULL) == 0);
	must(mg_sl_eq(mg_str_as_sl(&out), mg_str_as_sl(&again)));
	jv_free(v);
	free(copy);
	mg_str_release(&out);
	mg_str_release(&again);
}

/* Any bytes become a JSON string, and the same text comes back from it. */
static void
through_writer(struct mg_sl bytes)
{
	struct mg_str raw = MG_STR(0), text = MG_STR(0), again = MG_STR(0);

	mg_json_put(&raw, bytes);
	must(mg_json_check(raw.s, raw.len, NULL, NULL) == 0);
	must(mg_json_text(mg_str_as_sl(&raw), &text));
	mg_json_put(&again, mg_str_as_sl(&text));
	must(mg_sl_eq(mg_str_as_sl(&raw), mg_str_as_sl(&again)));
	mg_str_release(&raw);
	mg_str_release(&text);
	mg_str_release(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mg_sl raw = {mg_xmalloc(size), size};
	const char *why = NULL;
	size_t at = size + 1;

	if (size)
		memcpy((char *)raw.p, data, size);
	walk(raw, false, 6);
	mg_json_path(raw, "a.0.b.1");
	through_writer(raw);
	if (mg_json_check((char *)raw.p, size, &why, &at) < 0) {
		must(why && at <= size);
	} else {
		walk(raw, true, MG_JSON_DEPTH + 1);
		through_libjq(raw);
		must(!(mg_json_check((char *)raw.p, size, NULL, NULL) &
			MG_JSON_MENDED));
	}
	free((char *)raw.p);
	return 0;
}
