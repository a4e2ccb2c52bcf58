/*
 * pin.h - a definition that changed is not run.
 *
 * The first use of a tool pins it: its hash (SHA-256 of the record, the
 * program and what else the record says belongs to it) is appended to
 * $XDG_DATA_HOME/mg/pins.ndjson, by path, name and version; the last line of
 * a tool counts:
 *
 *	{"path":"/home/u/.mg/tools/weather.yaml","name":"weather",
 *	 "version":"1.0.0","hash":"sha256:…","ts":"…"}
 *
 * From then on a tool whose hash is another is refused until it is accepted
 * (mg-tools accept). mg's own share/tools are what was installed, and are
 * pinned like all others: an upgrade changes them, and says so by the version.
 *
 * Hashing every file for every call would cost more than the call. A file
 * whose device, inode, size, mtime and ctime are those it was hashed with is
 * taken for unchanged, if it was at rest for two seconds then (git's "racy"
 * rule); else it is hashed again.
 */
#ifndef MG_TOOLS_PIN_H
#define MG_TOOLS_PIN_H

#include "tools/tool.h"

struct mg_pins;

/* Never NULL: pins that cannot be read (f filled) make every call fail. */
struct mg_pins *mg_pins_open(struct mg_fault *f);
void mg_pins_free(struct mg_pins *p);

/* Brings t->stamp, t->hash and t->own up to date. -1: a file is gone, or is
 * being written (MG_E_CHANGED). */
int mg_tool_hash(struct mg_tool *t, struct mg_fault *f);

enum mg_pin { MG_PIN_NEW, MG_PIN_SAME, MG_PIN_CHANGED, MG_PIN_ERROR };
/* What the pins say of a tool; pins nothing. Reads what others have pinned
 * since. A tool that was read from a record which is another by now is
 * MG_PIN_CHANGED even if that one was accepted: it is not the same tool. */
enum mg_pin
mg_pins_look(struct mg_pins *p, struct mg_tool *t, struct mg_fault *f);
/*
 * To be asked right before a call: 0, and a tool seen for the first time is
 * pinned; -1 with f filled: MG_E_CHANGED (remedy: mg-tools show NAME, then
 * mg-tools accept NAME), or what went wrong: it fails closed.
 */
int mg_pins_use(struct mg_pins *p, struct mg_tool *t, struct mg_fault *f);
/* Pins what it is now; -1 also if that is not what was read. */
int mg_pins_accept(struct mg_pins *p, struct mg_tool *t, struct mg_fault *f);

#endif
