/*
 * form.h - in what form events leave a command: -o and -q.
 *
 *	ndjson	every line
 *	json	the command's outcome, one object each
 *	text	that outcome for a person, as `show` writes it
 *
 * A -q expression is applied to every line of ndjson, else to outcomes.
 *
 *	struct mg_form form = {.outcome = "result", .show = show,
 *		.put = put, .arg = self};
 *
 *	if (mg_form_init(&form, output, query, &fault) < 0)
 *		...
 *	mg_form_print(&form, line, true);
 *	mg_form_release(&form);
 */
#ifndef MG_EVENT_FORM_H
#define MG_EVENT_FORM_H

#include "base/fault.h"
#include "event/event.h"

struct mg_query;

enum mg_output { MG_OUT_AUTO, MG_OUT_NDJSON, MG_OUT_JSON, MG_OUT_TEXT };
extern const char *const mg_output_words[];

struct mg_form {
	const char *outcome; /* a type of event; NULL: none */
	/* Text for a person; NULL: there is none. */
	void (*show)(void *arg, struct mg_event *e);
	/* Where the bytes go. */
	void (*put)(void *arg, struct mg_sl bytes);
	void *arg;
	enum mg_output output; /* never MG_OUT_AUTO once it is set up */
	struct mg_query *query;
	int status; /* the worst of what -q made of it (sysexits) */
};

/* AUTO: text on a terminal, else ndjson. -1: the query does not compile. */
int mg_form_init(
	struct mg_form *m, int output, const char *query, struct mg_fault *f);
/* A whole line with its newline; `ours`: this command made it. */
void mg_form_print(struct mg_form *m, struct mg_sl line, bool ours);
void mg_form_release(struct mg_form *m);

#endif
