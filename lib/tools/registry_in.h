/* registry_in.h - what the files that read tools share. */
#ifndef MG_TOOLS_REGISTRY_IN_H
#define MG_TOOLS_REGISTRY_IN_H

#include "tools/registry.h"

/* Lists of text that end with NULL. */
void mg_words_free(char **words);
size_t mg_words_count(char *const *words);

#endif
