#include "ask/local.h"

#include "event/json.h"
#include "io/http.h"

#define SERVERS_MAX 16

struct probe {
	const char *provider;
	size_t *open;
	struct mg_str reply;
	struct mg_str *out;
};

static bool
on_data(void *arg, const char *type, struct mg_sl bytes)
{
	struct probe *p = arg;

	return mg_str_sl(&p->reply, bytes);
}

static void
on_end(void *arg, const struct mg_http_end *end)
{
	struct probe *p = arg;
	struct mg_sl models, m, key;
	size_t it = 0;

	(*p->open)--;
	if (end->fault.code == MG_OK && p->reply.len &&
		mg_json_check(p->reply.s, p->reply.len, NULL, NULL) >= 0) {
		models = mg_json_get(mg_str_as_sl(&p->reply), "data");
		while (mg_json_next(models, &it, &key, &m)) {
			mg_str_fmt(p->out, "%s/", p->provider);
			mg_json_text(mg_json_get(m, "id"), p->out);
			mg_str_putc(p->out, '\n');
		}
	}
	mg_str_release(&p->reply);
}

static void
start(struct mg_http *h, const char *base_url, struct probe *p)
{
	static const char *const none[] = {NULL};
	struct mg_str url = MG_STR(1024);

	mg_str_fmt(&url, "%s/models", base_url);
	p->reply.max = 1 << 20;
	(*p->open)++;
	mg_http_start(h,
		&(struct mg_http_req){.url = url.s,
			.headers = none,
			.connect_ms = MG_LOCAL_MS,
			.total_ms = MG_LOCAL_MS,
			.on_data = on_data,
			.on_end = on_end,
			.arg = p});
	mg_str_release(&url);
}

void
mg_local_models(const struct mg_providers *p, struct mg_str *out)
{
	struct mg_loop *loop = mg_loop_new();
	struct mg_http *h = mg_http_new(loop);
	struct probe probes[SERVERS_MAX];
	struct mg_provider row;
	size_t open = 0, n = 0;

	for (size_t i = 0; mg_provider_at(p, i, &row) && n < SERVERS_MAX; i++) {
		if (!row.local || !row.base_url)
			continue;
		probes[n] = (struct probe){
			.provider = row.name, .open = &open, .out = out};
		start(h, row.base_url, &probes[n++]);
	}
	while (open)
		mg_loop_turn(loop);
	mg_http_free(h);
	mg_loop_free(loop);
}
