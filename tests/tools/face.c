/*
 * face - draws the events that come on standard input, as mg-run does
 *
 *   face RUN <events
 *
 * RUN is made or continued, with status.json and answer.md. Lines are drawn if standard
 * error is a terminal, else nothing is. Two types of line are orders:
 *
 *   {"type":"say","content":"..."}		said above the live lines
 *   {"type":"print","content":"..."}		written to standard output
 */
#include "event/json.h"
#include "io/lines.h"
#include "ring/face.h"

#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

struct tool {
	struct mg_lines in;
	struct mg_watch watch;
	struct mg_face *face;
	bool done;
};

static void
obey(struct tool *t, const struct mg_event *e)
{
	struct mg_str text = MG_STR(0);

	mg_json_text(mg_json_get(e->raw, "content"), &text);
	if (mg_event_is(e, "say")) {
		mg_face_say(t->face, mg_str_as_sl(&text));
	} else if (mg_event_is(e, "print")) {
		mg_face_aside(t->face);
		printf("%s\n", text.s);
		fflush(stdout);
	} else {
		mg_face_event(t->face, e);
	}
	mg_str_release(&text);
}

static void
on_input(void *arg, short revents)
{
	struct tool *t = arg;
	struct mg_event e;
	struct mg_sl line;

	t->done = mg_lines_fill(&t->in) <= 0;
	while (mg_lines_next(&t->in, &line) == MG_LINE)
		if (mg_event_look(&e, line, true, NULL) == 0)
			obey(t, &e);
}

int
main(int argc, char **argv)
{
	struct tool t = {0};
	struct mg_loop *loop = mg_loop_new();
	struct mg_rundir dir;
	struct mg_fault fault;

	if (argc != 2 ||
		(mg_rundir_make(&dir, argv[1], &fault) < 0 &&
			mg_rundir_open(&dir, argv[1], true, &fault) < 0))
		return EX_USAGE;
	t.face = mg_face_new(&(struct mg_face_req){.loop = loop,
		.dir = &dir,
		.live = isatty(STDERR_FILENO),
		.files = true});
	t.watch = (struct mg_watch){
		.events = POLLIN, .fn = on_input, .arg = &t};
	mg_watch_add(loop, &t.watch);
	mg_loop_run(loop, &t.done);
	mg_face_end(t.face);
	mg_face_free(t.face);
	mg_lines_release(&t.in);
	mg_loop_free(loop);
	mg_rundir_close(&dir);
	return 0;
}
