#include "event/form.h"

#include "event/value.h"
#include "io/loop.h"

#include <unistd.h>

const char *const mg_output_words[] = {"auto", "ndjson", "json", "text", NULL};

int
mg_form_init(
	struct mg_form *m, int output, const char *query, struct mg_fault *f)
{
	m->output = output		? (enum mg_output)output
		: isatty(STDOUT_FILENO) ? MG_OUT_TEXT
					: MG_OUT_NDJSON;
	m->query = query ? mg_query_new(query, f) : NULL;
	return query && !m->query ? -1 : 0;
}

static void
print_query(struct mg_form *m, struct mg_sl line)
{
	struct mg_str copy = MG_STR(0), result = MG_STR(SIZE_MAX / 2);
	struct mg_fault fault;
	int r;

	mg_str_sl(&copy, line);
	mg_loop_foreign(true);
	r = mg_query_line(
		m->query, &copy, m->output == MG_OUT_TEXT, &result, &fault);
	mg_loop_foreign(false);
	if (r < 0) {
		mg_fault_print(&fault);
		m->status = mg_worse(m->status, mg_code_exit(fault.code));
	}
	m->put(m->arg, mg_str_as_sl(&result));
	mg_str_release(&result);
	mg_str_release(&copy);
}

void
mg_form_print(struct mg_form *m, struct mg_sl line, bool ours)
{
	struct mg_event e;

	if (m->output == MG_OUT_NDJSON && !m->query) {
		m->put(m->arg, line);
		return;
	}
	if (mg_event_look(&e, line, true, NULL) < 0)
		return;
	ours = ours &&
		(m->output == MG_OUT_TEXT && !m->query
				? m->show != NULL
				: m->outcome && mg_event_is(&e, m->outcome));
	if (m->query && (ours || m->output == MG_OUT_NDJSON))
		print_query(m, e.raw);
	else if (!m->query && ours && m->output == MG_OUT_TEXT)
		m->show(m->arg, &e);
	else if (!m->query && ours)
		m->put(m->arg, line);
}

void
mg_form_release(struct mg_form *m)
{
	mg_query_free(m->query);
	m->query = NULL;
}
