/*
 * registry_in.h - what the files that read tools share.
 *
 * A folder is read file by file; what is made of a file (tools, problems, the
 * files it was made of) is a struct mg_file, and is what the index keeps.
 */
#ifndef MG_TOOLS_REGISTRY_IN_H
#define MG_TOOLS_REGISTRY_IN_H

#include "base/map.h"
#include "conf/yaml.h"
#include "tools/registry.h"

/* In the order in which they are asked. */
extern const struct mg_tool_kind mg_tool_team, mg_tool_program,
	mg_tool_describe, mg_tool_python;

/* --- words: lists of text that end with NULL --- */

void mg_words_free(char **words);
size_t mg_words_count(char *const *words);
/* Takes the word over. */
void mg_words_add(char ***words, char *word);

/* --- files, as stat(2) has them (stamp.c) --- */

#define MG_STAMP_SIZE 112
#define MG_STAMP_NONE "-"

struct stat;

/* Memory that goes all at once: most files of a folder are known already, and
 * what is known of them is never freed one by one. */
struct mg_arena {
	struct mg_chunk *chunk;
	size_t used;
};
void *mg_arena_get(struct mg_arena *a, size_t n);
/* With a NUL behind it. */
char *mg_arena_text(struct mg_arena *a, struct mg_sl s);
void mg_arena_release(struct mg_arena *a);

/* "DEV:INO:SIZE:MTIME:CTIME"; "-" where there is nothing (st is NULL). */
void mg_stamp(const struct stat *st, char out[MG_STAMP_SIZE]);
/* Changed so lately that the next change might leave the same stamp. */
bool mg_stamp_racy(const struct stat *st);

struct mg_dep {
	const char *path; /* absolute */
	const char *stamp;
};
/* What something was made of: the first is the file itself. */
struct mg_deps {
	struct mg_dep *v;
	size_t n, cap;
	bool racy;
	bool kept; /* in an arena */
};
void mg_deps_add(struct mg_deps *d, const char *path);
void mg_deps_release(struct mg_deps *d);

/* A regular file, whole: false with errno set (EFBIG beyond out's limit, EINVAL
 * for what is no regular file, which is not opened). */
bool mg_read_regular(const char *path, struct mg_str *out);

/* --- paths --- */

/* DIR/NAME, without `./` in front of NAME; NAME if that is absolute. */
char *mg_path_beside(const char *dir, const char *name);
/* The folder of a path. */
char *mg_path_dir(const char *path);
bool mg_utf8_ok(const char *s);
/* Why a file cannot be run as a program; NULL if it can. */
const char *mg_program_wrong(const char *path);

/* --- what is made of a file --- */

struct mg_told {
	const char *file; /* NULL: the file itself */
	size_t line;
	const char *message, *remedy;
};

struct mg_file {
	char *name; /* within its folder */
	char *path; /* absolute */
	char *stamp; /* as it was found; may be NULL */
	struct mg_deps deps;
	struct mg_tool **tools;
	size_t ntools, captools;
	struct mg_told *told;
	size_t ntold, captold;
	bool known; /* the index has it as it is */
	bool ask; /* a program that may describe itself, and has not yet */
	bool claimed; /* a program that a record names: no tool of its own */
	bool passing; /* what was told is of now: the index does not keep it */
};

bool mg_is_yaml(const char *name);
/* st: as it was found; NULL: it is looked at when it is read. */
struct mg_file *mg_file_new(struct mg_arena *a, const char *dir,
	const char *name, const struct stat *st);
void mg_file_tell(struct mg_file *file, const struct mg_told *t);
/* As if it had not been read. */
void mg_file_clear(struct mg_file *file);

struct mg_index;

/* A file of a tools folder, or a team file, that is being read. */
struct mg_tool_source {
	struct mg_file *file;
	struct mg_index *index; /* may be NULL */
	struct mg_yaml *doc; /* of a file whose name ends so */
	char read[MG_TOOL_HASH]; /* of the bytes that doc was made of */
	bool failed; /* it is no YAML, and that was told */
};

/* SHA-256 of some bytes, in hex (hash.c). */
void mg_bytes_hash(struct mg_sl bytes, char out[MG_TOOL_HASH]);

/* The root of a YAML file; NULL if it is none by its name, or cannot be read,
 * which is told. */
const struct mg_node *mg_source_yaml(struct mg_tool_source *s);
/* A fault with "-:LINE:COL: " in front is of that line of the file. */
void mg_source_fault(struct mg_tool_source *s, const struct mg_fault *f);

/*
 * What the index keeps of what a program said about some files (NULL-ended,
 * absolute): malloc'd, NULL if it keeps nothing or one of them has changed.
 */
char *
mg_source_recall(struct mg_tool_source *s, const char *key, char *const *files);
void mg_source_remember(struct mg_tool_source *s, const char *key,
	char *const *files, const char *text);

/* --- records (record.c) --- */

/*
 * The tool that a record describes; `path` is the file it stands in, or the
 * program that described itself (then it has no `command`). Files that count
 * are added to deps, also where it fails: NULL with f filled, "-:LINE:COL: "
 * in front as the document was named "-".
 */
struct mg_record {
	const struct mg_node *root;
	const char *path;
	bool described;
	struct mg_deps *deps;
};
struct mg_tool *mg_record_read(const struct mg_record *r, struct mg_fault *f);
/* The labels of a `label` key; 0 if there is none. -1 with f filled. */
int mg_record_labels(
	const struct mg_node *map, unsigned *labels, struct mg_fault *f);

/* --- programs that describe themselves (describe.c) --- */

struct mg_folder;

/* Asks all of the files that are to be asked, several at once. */
void mg_describe_all(struct mg_folder *d, struct mg_index *x);

/* --- folders (scan.c) --- */

struct mg_folder {
	char *path;
	struct mg_file **files; /* by name, bytewise */
	size_t nfiles, capfiles;
	bool whole; /* not one file of it */
	/* Nobody has named it: whoever stands in ./ may have it from a
	 * stranger, and only wants to know what there is. */
	bool by_chance;
	struct mg_arena arena;
	/* By name and version, without what is there twice. */
	struct mg_tool **tools;
	size_t ntools;
	int error; /* errno, if it could not be read */
};
struct mg_folder *
mg_folder_read(const char *path, bool by_chance, struct mg_index *x);
/* One file, as if it were alone in its folder. */
struct mg_folder *mg_folder_of(const char *path, struct mg_index *x);
void mg_folder_free(struct mg_folder *d);
/* The file of this absolute path; NULL if it is none of those found. */
struct mg_file *
mg_folder_find(const struct mg_folder *d, const char *dir, struct mg_sl path);

/* --- the index (index.c) --- */

/* Never NULL: without a cache folder it is empty. */
struct mg_index *mg_index_open(void);
/* Writes it if anything changed, and frees it. */
void mg_index_close(struct mg_index *x);
/* Fills the file from the index; false if it is not there or has changed. */
bool mg_index_get(struct mg_index *x, struct mg_folder *d, const char *dir,
	struct mg_file *file);
/* The folder has been read: what is new is kept, what is gone is dropped. */
void
mg_index_folder(struct mg_index *x, const char *dir, const struct mg_folder *d);
char *mg_index_recall(struct mg_index *x, const char *key, char *const *files);
void mg_index_remember(struct mg_index *x, const char *key, char *const *files,
	const char *text);
/* The table of kinds; ends with NULL. */
extern const struct mg_tool_kind *const mg_tool_kinds[];

#endif
