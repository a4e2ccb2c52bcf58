/*
 * http.h - many HTTP requests at once, on libcurl's multi interface.
 *
 * libcurl drives its own sockets through an epoll descriptor which is one
 * watch of our loop, so a thousand streams cost the loop one descriptor.
 * Connections are reused, HTTP/2 is used where it is offered, redirects are
 * not followed (a key must not travel to another host), certificates are
 * checked against the system's store ($SSL_CERT_FILE, $CURL_CA_BUNDLE).
 *
 * A transfer reports a successful body piece by piece (on_data) and ends with
 * exactly one on_end. A reply whose status is not 2xx is not handed to
 * on_data: its body (64 KiB at most) comes with the end, which holds a fault.
 * Deadlines: connect, first byte of the reply, idle between two pieces, total.
 * Time in which the transfer is paused does not count as idle.
 *
 *	struct mg_http *h = mg_http_new(loop);
 *	struct mg_transfer *t = mg_http_start(h, &(struct mg_http_req){
 *		.url = url, .headers = headers, .body = body,
 *		.first_ms = 60000, .on_data = data, .on_end = end,
 *		.arg = call});
 */
#ifndef MG_IO_HTTP_H
#define MG_IO_HTTP_H

#include "base/fault.h"
#include "base/str.h"
#include "io/loop.h"

struct mg_http;
struct mg_transfer;

struct mg_http_end {
	int status; /* 0: none came */
	const char *type; /* Content-Type, or "" */
	struct mg_sl body; /* of a reply that is no success */
	bool framed; /* the protocol tells a whole body from a cut one */
	struct mg_fault fault; /* code MG_OK: the reply is whole */
};

struct mg_http_req {
	const char *url;
	const char *const *headers; /* "Name: value", NULL at the end */
	struct mg_sl body; /* a POST; p == NULL: a GET. Borrowed. */
	int64_t connect_ms, first_ms, idle_ms, total_ms; /* 0: none */
	/* False: stop; on_end follows with MG_E_CANCELLED. */
	bool (*on_data)(void *arg, const char *type, struct mg_sl bytes);
	void (*on_end)(void *arg, const struct mg_http_end *end);
	void *arg;
};

struct mg_http *mg_http_new(struct mg_loop *l);
/* Transfers that are still open end as cancelled. */
void mg_http_free(struct mg_http *h);
struct mg_transfer *
mg_http_start(struct mg_http *h, const struct mg_http_req *req);
/* on_end follows on a later turn, with MG_E_CANCELLED. */
void mg_http_cancel(struct mg_transfer *t);
/* The answer is in: the transfer may end within ms, else it is given up
 * (MG_E_TIMEOUT). May be called from within on_data. */
void mg_http_enough(struct mg_transfer *t, int64_t ms);
/* Back-pressure; not from within on_data of the same transfer. */
void mg_http_pause(struct mg_transfer *t, bool pause);

#endif
