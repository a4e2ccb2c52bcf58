#include "io/page.h"

#include "base/fault.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#define SOFT ((size_t)64 << 10)

static void
write_out(struct mg_page *page)
{
	struct mg_sl s = mg_str_as_sl(&page->text);
	struct mg_fault f;
	ssize_t n;

	signal(SIGPIPE, SIG_DFL);
	for (; s.n && !page->status; s.p += n, s.n -= (size_t)n) {
		n = write(STDOUT_FILENO, s.p, s.n);
		if (n >= 0)
			continue;
		n = 0;
		if (errno == EINTR)
			continue;
		mg_fail(&f, MG_E_OUTPUT, "unable to write: %s",
			strerror(errno));
		mg_fault_print(&f);
		page->status = mg_code_exit(f.code);
	}
	mg_str_clear(&page->text);
}

void
mg_page_put(void *arg, struct mg_sl bytes)
{
	struct mg_page *page = arg;

	page->text.max = SIZE_MAX / 2;
	mg_str_sl(&page->text, bytes);
	if (page->text.len > SOFT)
		write_out(page);
}

int
mg_page_flush(struct mg_page *page, int status)
{
	write_out(page);
	mg_str_release(&page->text);
	return mg_worse(status, page->status);
}
