/*
 * tool.h - one tool: what it is called, what it takes, how it is run.
 *
 * A tool comes from a file: a record in YAML, a program that describes
 * itself, a team file, a Python function that a team names. Whatever it came
 * from, it becomes a struct mg_tool. mg-tool(5) is the reference of records.
 *
 * A kind of tool is one file with one table of functions (struct
 * mg_tool_kind): how its files are told and read, and how a call of it is
 * begun and ended. A new kind (a server of MCP's, say) is a row in the table
 * of kinds in registry.c.
 *
 * A name is a model's to say: 1 to 64 of A-Z a-z 0-9 _ -, as every provider
 * has it. A version is dotted numbers with what may follow (1.4.0-rc1);
 * versions of one tool stand side by side, and NAME@1 is the newest whose
 * version begins with 1.
 */
#ifndef MG_TOOLS_TOOL_H
#define MG_TOOLS_TOOL_H

#include "base/fault.h"
#include "base/str.h"

#define MG_TOOL_NAME_MAX 64
#define MG_TOOL_VERSION_MAX 32
#define MG_TOOL_HASH 65 /* SHA-256 in hex, and a NUL */

/* What a call may do. None given counts as MG_LABEL_IRREVERSIBLE. */
enum mg_label {
	MG_LABEL_READ = 1, /* changes nothing: may be run again */
	MG_LABEL_WRITE = 2, /* changes what can be changed back */
	MG_LABEL_NETWORK = 4, /* needs the network, and gets it */
	MG_LABEL_IRREVERSIBLE = 8,
};

struct mg_work;
struct mg_tool;
struct mg_tool_source;

struct mg_tool_kind {
	const char *name; /* program, describe, team, python */
	/*
	 * Reads one file of a tools folder, and adds what tools it holds
	 * (mg_tool_source_add()). False: it is of another kind. What is wrong
	 * with it goes to mg_tool_source_problem(). NULL: not found in folders.
	 */
	bool (*load)(struct mg_tool_source *s, const char *path);
	/* Begins a call: work.h. -1 with f filled if it cannot begin. */
	int (*start)(struct mg_work *w, struct mg_fault *f);
	/* Ends it, whatever it is at; the end comes as ever. */
	void (*cancel)(struct mg_work *w);
};

struct mg_tool_limits {
	int64_t timeout_ms; /* for a call; 60 s */
	int64_t output; /* bytes of output that a result shows; 64 KiB */
	int64_t output_max; /* bytes that it may write at all; 256 MiB */
	int64_t memory; /* bytes of data per process; 1 GiB, 0: no limit */
};

#define MG_TOOL_LIMITS \
	{ \
		60000, 65536, 256 << 20, 1 << 30 \
	}

/* Strings are malloc'd and NULL where there is nothing; lists end with NULL. */
struct mg_tool {
	const struct mg_tool_kind *kind;
	char *name, *version,
		*description; /* version "0" where none is given */
	unsigned labels; /* set of mg_label, never 0 */
	char *path; /* the file it came from, absolute */
	char **command; /* argv; a program beside the record is absolute */
	char *cwd; /* absolute; NULL: where mg-tools stands */
	char **env; /* variables it gets beside the usual ones; `*` matches */
	char **writes; /* arguments that name a path it writes; or a path */
	char **files; /* absolute: what the hash covers beside path */
	char **need_programs, **need_tools;
	char *input_schema; /* raw JSON: an object */
	char *output_schema; /* raw JSON */
	char *examples; /* raw JSON array of {arguments, output?, is_error?} */
	struct mg_tool_limits limits;
	/* As requests carry it, made once by mg_tool_finish():
	 * {"name":…,"description":…,"input_schema":…} */
	char *schema;
	/* How the files looked when they were last hashed, and the hash. */
	char *stamp, hash[MG_TOOL_HASH];
	/* Of path's content alone: as it is, and as it was when the tool was
	 * made of it. What is no more what was read is not run. */
	char own[MG_TOOL_HASH], read[MG_TOOL_HASH];
	/* All but the stamp lies in memory of the registry's. */
	bool kept;
};

void mg_tool_free(struct mg_tool *t);
/* Fills what was left out (limits, labels, version, schema); -1 with f filled
 * (MG_E_CONFIG) if name, version or input schema will not do. */
int mg_tool_finish(struct mg_tool *t, struct mg_fault *f);

/* May run without anybody's leave: neither writes nor is irreversible. */
bool mg_tool_harmless(const struct mg_tool *t);
/* May run again when nobody knows whether it ran: read-only. */
bool mg_tool_repeatable(const struct mg_tool *t);
/* "read, network"; appends. */
void mg_label_names(unsigned labels, struct mg_str *out);
/* One word; 0 if it is none. */
unsigned mg_label_of(const char *word);

bool mg_tool_name_ok(struct mg_sl name);
bool mg_tool_version_ok(const char *version);
/* Order of versions: number by number, of 1 and 1.0 the longer is later; then
 * the rest as text, but 2.0-rc1 comes before 2.0. */
int mg_tool_version_cmp(const char *a, const char *b);
/* Whether `version` begins with the parts of `wanted`: 1.4.0 with 1, not 1.40
 * with 1.4. NULL wants none. */
bool mg_tool_version_fits(const char *version, const char *wanted);

#endif
