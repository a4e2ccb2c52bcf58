/*
 * face.h - what a person sees of a run: one live line per agent on a
 * terminal's standard error; and the files that other programs read.
 *
 * Lines are redrawn in place, at most ten times a second, cut to the width of
 * the terminal, without colour under NO_COLOR; what others have to say on
 * standard error (stages' diagnostics) goes above them by mg_face_say(). On
 * anything but a terminal, and with --quiet, nothing is drawn. A terminal
 * that does not take what is written (Ctrl-S) holds nothing up.
 *
 * The cursor rests at the beginning of the first live line: so a resize, or
 * another program's word, spoils no more than what is drawn anew anyway.
 *
 * With files, the log as it stands is read first: a run that is continued has
 * done something already, and its results may be told again.
 *
 * The status file is written by rename when something has changed, at most
 * twice a second, and once more at the end; always behind the answer file,
 * so that a status that counts a result finds its answer whole.
 *
 *	face = mg_face_new(&(struct mg_face_req){.loop = loop, .dir = &dir,
 *		.live = isatty(2), .files = true});
 *	...
 *	mg_face_event(face, &event);
 *	...
 *	mg_face_end(face);
 *	mg_face_free(face);
 */
#ifndef MG_RING_FACE_H
#define MG_RING_FACE_H

#include "io/loop.h"
#include "ring/progress.h"
#include "ring/rundir.h"

struct mg_face;

struct mg_face_req {
	struct mg_loop *loop;
	const struct mg_rundir *dir; /* NULL or closed: no files */
	bool live; /* draw; the caller has looked at isatty(2) */
	bool files; /* keep status.json and answer.md fresh */
};

struct mg_face *mg_face_new(const struct mg_face_req *req);
/* An event as it is logged or shown; deltas too. Past ones are known. */
void mg_face_event(struct mg_face *f, const struct mg_event *e);
/* A whole line for standard error, above the live ones; its newline may be
 * there or not. With live lines it is made harmless first. */
void mg_face_say(struct mg_face *f, struct mg_sl line);
/* Takes the live lines away, before something is written to the same terminal
 * by another way; they come back soon. A `result` does that by itself; the
 * last one leaves them standing above it. */
void mg_face_aside(struct mg_face *f);
/* The last state stands; files are final. Call it when `end` is logged. */
void mg_face_end(struct mg_face *f);
/* f may be NULL. */
void mg_face_free(struct mg_face *f);

#endif
