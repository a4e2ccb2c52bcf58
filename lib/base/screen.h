/*
 * screen.h - text from strangers, as it may be written to a terminal.
 *
 * No byte of it drives the terminal or misleads its reader: control
 * characters (C0, DEL, C1), bytes that are no UTF-8, line separators and what
 * turns the direction of writing become '?'. Columns are counted by our own
 * table, since the C library's depends on a locale: CJK and emoji take two,
 * combining marks none. Where fonts differ it errs by a column.
 *
 *	size_t used = mg_screen_line(&out, name, 20);
 *
 *	mg_screen_pad(&out, used, 20);
 */
#ifndef MG_BASE_SCREEN_H
#define MG_BASE_SCREEN_H

#include "base/str.h"

/*
 * Appends one line of at most `columns`, cut with an ellipsis where it is
 * longer; tabs and newlines become blanks. Gives the columns it takes.
 */
size_t mg_screen_line(struct mg_str *out, struct mg_sl text, size_t columns);
/* Appends all of it; newlines stay, tabs too, and CR in front of a newline. */
void mg_screen_text(struct mg_str *out, struct mg_sl text);
/* Appends blanks from column `used` up to `columns`. */
void mg_screen_pad(struct mg_str *out, size_t used, size_t columns);
/* How many columns its line would take. */
size_t mg_screen_columns(struct mg_sl text);
/* The size of the terminal behind a descriptor; 0 where there is none. */
void mg_screen_size(int fd, size_t *columns, size_t *rows);
/* Colour may be written to it: a terminal that is not dumb, no NO_COLOR. */
bool mg_screen_colour(int fd);

#endif
