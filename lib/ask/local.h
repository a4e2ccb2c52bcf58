/*
 * local.h - model servers on this machine.
 *
 * Asks every `local` row of the providers for its models (GET /models), all
 * at once, and gives up after MG_LOCAL_MS. Nothing but loopback addresses
 * stands in those rows.
 */
#ifndef MG_ASK_LOCAL_H
#define MG_ASK_LOCAL_H

#include "conf/provider.h"

#define MG_LOCAL_MS 500

/* Appends "PROVIDER/MODEL\n" for each model that is served. */
void mg_local_models(const struct mg_providers *p, struct mg_str *out);

#endif
