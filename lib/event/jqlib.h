/*
 * jqlib.h - libjq, loaded when the first query needs it.
 *
 * Linking libjq would load it, and its regular expressions, at every start of
 * every command, for -q alone: a third of a millisecond. So value.c calls it
 * through this table. Who includes this header writes jv_copy(v) as usual;
 * mg_jq_load() must have said 0 before.
 */
#ifndef MG_EVENT_JQLIB_H
#define MG_EVENT_JQLIB_H

#include "base/fault.h"

#include <jq.h>
#include <jv.h>

/* Every function of libjq that is called, the macros of jv.h included. */
#define MG_JQ_FUNCTIONS(X) \
	X(jq_compile) \
	X(jq_get_error_message) \
	X(jq_halt) \
	X(jq_halted) \
	X(jq_init) \
	X(jq_next) \
	X(jq_set_attr) \
	X(jq_set_debug_cb) \
	X(jq_set_error_cb) \
	X(jq_set_input_cb) \
	X(jq_set_nomem_handler) \
	X(jq_start) \
	X(jq_teardown) \
	X(jv_array) \
	X(jv_array_get) \
	X(jv_array_length) \
	X(jv_copy) \
	X(jv_free) \
	X(jv_get_kind) \
	X(jv_invalid) \
	X(jv_invalid_get_msg) \
	X(jv_invalid_with_msg) \
	X(jv_nomem_handler) \
	X(jv_null) \
	X(jv_number_value) \
	X(jv_object_iter) \
	X(jv_object_iter_key) \
	X(jv_object_iter_next) \
	X(jv_object_iter_valid) \
	X(jv_object_iter_value) \
	X(jv_parser_free) \
	X(jv_parser_new) \
	X(jv_parser_next) \
	X(jv_parser_set_buf) \
	X(jv_string) \
	X(jv_string_length_bytes) \
	X(jv_string_value)

struct mg_jq {
#define MEMBER(name) __typeof__(name) *name;
	MG_JQ_FUNCTIONS(MEMBER)
#undef MEMBER
};

extern struct mg_jq mg_jq;

/* 0, or -1 with f filled (MG_E_SYSTEM); once it is loaded it stays. */
int mg_jq_load(struct mg_fault *f);

#ifndef MG_JQ_TABLE_ONLY
#define jq_compile mg_jq.jq_compile
#define jq_get_error_message mg_jq.jq_get_error_message
#define jq_halt mg_jq.jq_halt
#define jq_halted mg_jq.jq_halted
#define jq_init mg_jq.jq_init
#define jq_next mg_jq.jq_next
#define jq_set_attr mg_jq.jq_set_attr
#define jq_set_debug_cb mg_jq.jq_set_debug_cb
#define jq_set_error_cb mg_jq.jq_set_error_cb
#define jq_set_input_cb mg_jq.jq_set_input_cb
#define jq_set_nomem_handler mg_jq.jq_set_nomem_handler
#define jq_start mg_jq.jq_start
#define jq_teardown mg_jq.jq_teardown
#define jv_array mg_jq.jv_array
#define jv_array_get mg_jq.jv_array_get
#define jv_array_length mg_jq.jv_array_length
#define jv_copy mg_jq.jv_copy
#define jv_free mg_jq.jv_free
#define jv_get_kind mg_jq.jv_get_kind
#define jv_invalid mg_jq.jv_invalid
#define jv_invalid_get_msg mg_jq.jv_invalid_get_msg
#define jv_invalid_with_msg mg_jq.jv_invalid_with_msg
#define jv_is_valid(v) (jv_get_kind(v) != JV_KIND_INVALID)
#define jv_nomem_handler mg_jq.jv_nomem_handler
#define jv_null mg_jq.jv_null
#define jv_number_value mg_jq.jv_number_value
#define jv_object_iter mg_jq.jv_object_iter
#define jv_object_iter_key mg_jq.jv_object_iter_key
#define jv_object_iter_next mg_jq.jv_object_iter_next
#define jv_object_iter_valid mg_jq.jv_object_iter_valid
#define jv_object_iter_value mg_jq.jv_object_iter_value
#define jv_parser_free mg_jq.jv_parser_free
#define jv_parser_new mg_jq.jv_parser_new
#define jv_parser_next mg_jq.jv_parser_next
#define jv_parser_set_buf mg_jq.jv_parser_set_buf
#define jv_string mg_jq.jv_string
#define jv_string_length_bytes mg_jq.jv_string_length_bytes
#define jv_string_value mg_jq.jv_string_value
#endif

#endif
