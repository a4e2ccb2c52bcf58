/*
 * output.h - what a tool wrote, however much: its first and last part.
 *
 * Up to `limit` bytes are kept as they are. Of more, the first and the last
 * half of the limit remain, whole characters, and between them a line that
 * says how much is missing and in which file all of it is. The file lies in
 * `folder`, and is made when it is first needed.
 *
 *	struct mg_written o;
 *
 *	mg_written_init(&o, "date", folder, &tool->limits, false);
 *	while (...)
 *		if (!mg_written_add(&o, p, n))
 *			...		// beyond output_max: end the tool
 *	mg_written_text(&o, &content);
 *	mg_written_release(&o);
 */
#ifndef MG_TOOLS_OUTPUT_H
#define MG_TOOLS_OUTPUT_H

#include "tools/tool.h"

#define MG_OUTPUT_SHOWN ((int64_t)2 << 20) /* a result has to fit a line */
#define MG_OUTPUT_WHOLE ((int64_t)8 << 20) /* what a schema is checked on */

struct mg_written {
	struct mg_str all; /* the beginning, `keep` bytes at most */
	struct mg_str tail; /* the end, once there is more */
	size_t limit, keep;
	int64_t total, max;
	const char *name, *folder; /* borrowed */
	char *path; /* of the file; NULL: none */
	int fd, error; /* error: errno of what kept it from being written */
};

/* `whole`: the text will be asked for as a whole (mg_written_whole). */
void mg_written_init(struct mg_written *o, const char *name, const char *folder,
	const struct mg_tool_limits *limits, bool whole);
/* False: it is more than the tool may write; this piece was not kept. */
bool mg_written_add(struct mg_written *o, const char *p, size_t n);
/* All of it, or p == NULL where it was too much for that. */
struct mg_sl mg_written_whole(const struct mg_written *o);
/* Appends what a result shows; NUL bytes become U+FFFD there. */
void mg_written_text(struct mg_written *o, struct mg_str *out);
/* Forgets it, the file too. */
void mg_written_clear(struct mg_written *o);
void mg_written_release(struct mg_written *o);

#endif
