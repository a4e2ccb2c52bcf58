/*
 * dirs.h - where mg keeps and finds its files.
 *
 * XDG base directories, version 0.8: a variable that is unset, empty or not
 * absolute counts as its default. mg's own folder in each is `mg`.
 *
 * Data that comes with mg (share/) is looked for in $MG_SHARE, then beside
 * the program (BIN/../share/mg, BIN/../share, and two levels up for a build
 * tree), then under the prefix it was built for.
 */
#ifndef MG_BASE_DIRS_H
#define MG_BASE_DIRS_H

#include "base/str.h"

enum mg_dir { MG_DIR_CONFIG, MG_DIR_DATA, MG_DIR_STATE, MG_DIR_CACHE };

/* Appends "DIR/mg/NAME"; false if no home directory can be found. */
bool mg_dir_path(enum mg_dir dir, const char *name, struct mg_str *out);
/* Makes the folders above a path, mode 0700; false with errno. */
bool mg_dir_make(const char *path);
/* Appends the path of a file of share/; false if it is nowhere. */
bool mg_share_path(const char *name, struct mg_str *out);
/*
 * Appends where execvp() would find a program: itself if it has a slash, else
 * on the PATH; mg's own commands beside this one too. False: it is not there,
 * or cannot be run.
 */
bool mg_program_path(const char *name, struct mg_str *out);

#endif
