/*
 * schema.h - does a JSON value fit a JSON Schema?
 *
 * JSON Schema 2020-12 (and what drafts 4 to 2019-09 spell differently:
 * `items` as a list, `additionalItems`, `definitions`, `dependencies`,
 * exclusiveMinimum as a bool), read where it lies, without a tree. Served:
 * type, enum, const; properties, required, additionalProperties,
 * patternProperties, propertyNames, minProperties, maxProperties,
 * dependentRequired, dependentSchemas; items, prefixItems, contains (min,
 * max), minItems, maxItems, uniqueItems; minLength, maxLength, pattern;
 * minimum, maximum, exclusive both, multipleOf; allOf, anyOf, oneOf, not,
 * if/then/else; $ref and $defs within the same schema; true and false.
 * Annotations (title, description, default, format, ...) say nothing about
 * validity. Source: json-schema.org, draft 2020-12, core and validation.
 *
 * Regular expressions are Oniguruma's, by libjq, searched, not anchored.
 * Numbers compare exactly, however many digits they have; only a multipleOf
 * of more than 18 digits is taken as a double. Beside a $ref the other
 * keywords hold too, in every draft. What stands where a keyword wants
 * something else (a minimum of "1") is passed over: mg_schema_check() finds it.
 * Work is bounded: a schema that refers to itself without end, whose $ref
 * leads nowhere or whose pattern is none, fits nothing, nor does one that asks
 * for more than MG_SCHEMA_STEPS steps or two seconds of patterns; why says so.
 *
 *	struct mg_str why = MG_STR(4096);
 *
 *	if (!mg_schema_fits(schema, value, &why))
 *		puts(why.s); // "`city` is missing; `days` must be at least 1"
 */
#ifndef MG_SCHEMA_SCHEMA_H
#define MG_SCHEMA_SCHEMA_H

#include "base/fault.h"
#include "base/str.h"

#define MG_SCHEMA_STEPS 1000000
#define MG_SCHEMA_FAULTS 8 /* told of one value */

/*
 * Both are checked JSON (mg_json_check). Appends to why (may be NULL) what does
 * not fit, in words a model can mend it by: where (a path like `days` or
 * `list[3].name`; nothing for the value itself) and what was wanted; at most
 * MG_SCHEMA_FAULTS of them, joined by "; ". Values of the input are quoted cut
 * to 40 bytes. An empty or absent schema fits everything.
 */
bool
mg_schema_fits(struct mg_sl schema, struct mg_sl value, struct mg_str *why);

/*
 * Whether it is a schema that we can keep: every keyword of the right kind,
 * every $ref found, every pattern one that compiles, no keyword that we do
 * not serve but that could make a value invalid ($dynamicRef,
 * unevaluatedProperties, unevaluatedItems). -1 with f filled (MG_E_CONFIG):
 * "properties.city.type: ...".
 */
int mg_schema_check(struct mg_sl schema, struct mg_fault *f);

#endif
