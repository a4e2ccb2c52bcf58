/*
 * page.h - standard output of a command that prints something and leaves.
 *
 * Pieces are collected and written in blocks, by writes that may wait: there
 * is no loop to hold up. Whose reader has gone dies of SIGPIPE, as `head`
 * users expect.
 *
 *	struct mg_page page = {0};
 *
 *	mg_page_put(&page, MG_SL("hello\n"));
 *	return mg_page_flush(&page, 0);
 */
#ifndef MG_IO_PAGE_H
#define MG_IO_PAGE_H

#include "base/str.h"

struct mg_page {
	struct mg_str text;
	int status; /* what went wrong, as an exit status: told already */
};

/* `page` is a struct mg_page: it fits struct mg_form too. */
void mg_page_put(void *page, struct mg_sl bytes);
/* Writes what is left; the worse of the two statuses. */
int mg_page_flush(struct mg_page *page, int status);

#endif
