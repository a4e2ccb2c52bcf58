#include "io/http.h"

#include "base/clock.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/epoll.h>
#include <unistd.h>

#define ERROR_BODY_MAX ((size_t)64 << 10)
#define EVENTS 256
/* Bytes handed on in a millisecond. One call of libcurl may bring 1.6 MB from
 * each of its sockets, and only between turns of the loop can output leave, a
 * signal be seen, or whoever gets the bytes say that it is enough. */
#define SWALLOW ((size_t)1 << 20)

struct mg_http {
	struct mg_loop *loop;
	CURLM *multi;
	struct mg_watch epoll;
	struct mg_timer timer, breath;
	size_t swallowed;
	struct mg_transfer *transfers;
};

struct mg_transfer {
	struct mg_http *http;
	struct mg_transfer *next, *prev;
	struct mg_http_req req;
	CURL *easy;
	struct curl_slist *headers;
	struct mg_timer timer;
	int64_t began, last; /* of the transfer, of its last byte */
	bool got_head, cancelled, paused, choked, framed;
	enum mg_code expired; /* which deadline ended it: a code, or MG_OK */
	char type[128];
	int64_t retry_after_ms;
	struct mg_str body;
	char error[CURL_ERROR_SIZE];
};

static void finish(struct mg_transfer *t, CURLcode code);

/* Collects what libcurl has finished. */
static void
collect(struct mg_http *h)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(h->multi, &left))) {
		struct mg_transfer *t = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(
			m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		finish(t, m->data.result);
	}
}

static void
on_epoll(void *arg, short revents)
{
	struct mg_http *h = arg;
	struct epoll_event ev[EVENTS];
	int n = epoll_wait(h->epoll.fd, ev, EVENTS, 0), running;

	for (int i = 0; i < n; i++) {
		int what = (ev[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
			(ev[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0);

		if (ev[i].events & (EPOLLERR | EPOLLHUP))
			what |= CURL_CSELECT_ERR | CURL_CSELECT_IN;
		curl_multi_socket_action(
			h->multi, ev[i].data.fd, what, &running);
	}
	collect(h);
}

static void
on_timer(void *arg)
{
	struct mg_http *h = arg;
	int running;

	curl_multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(h);
}

/* What had to wait for its turn goes on, unless it is paused besides. */
static void
on_breath(void *arg)
{
	struct mg_http *h = arg;

	h->swallowed = 0;
	for (struct mg_transfer *t = h->transfers; t; t = t->next)
		if (t->choked && !t->paused) {
			t->choked = false;
			curl_easy_pause(t->easy, CURLPAUSE_CONT);
		}
}

static int
set_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct mg_http *h = arg;
	struct epoll_event ev = {.data.fd = fd};

	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(h->epoll.fd, EPOLL_CTL_DEL, fd, NULL);
		curl_multi_assign(h->multi, fd, NULL);
		return 0;
	}
	ev.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) |
		(what & CURL_POLL_OUT ? EPOLLOUT : 0u);
	if (epoll_ctl(h->epoll.fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd,
		    &ev) < 0)
		epoll_ctl(h->epoll.fd, EPOLL_CTL_ADD, fd, &ev);
	curl_multi_assign(h->multi, fd, h);
	return 0;
}

static int
set_timer(CURLM *multi, long ms, void *arg)
{
	struct mg_http *h = arg;

	if (ms < 0)
		mg_timer_del(h->loop, &h->timer);
	else
		mg_timer_set(h->loop, &h->timer, mg_now() + ms);
	return 0;
}

struct mg_http *
mg_http_new(struct mg_loop *l)
{
	struct mg_http *h = mg_xcalloc(1, sizeof(*h));

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		MG_BUG("curl_global_init");
	h->loop = l;
	h->multi = curl_multi_init();
	h->timer = (struct mg_timer){.fn = on_timer, .arg = h};
	h->breath = (struct mg_timer){.fn = on_breath, .arg = h};
	h->epoll = (struct mg_watch){.fd = epoll_create1(EPOLL_CLOEXEC),
		.events = POLLIN,
		.fn = on_epoll,
		.arg = h};
	if (!h->multi || h->epoll.fd < 0)
		MG_BUG("curl_multi_init");
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	mg_watch_add(l, &h->epoll);
	return h;
}

void
mg_http_free(struct mg_http *h)
{
	struct mg_transfer *t, *next;

	if (!h)
		return;
	for (t = h->transfers; t; t = next) {
		next = t->next;
		t->cancelled = true;
		finish(t, CURLE_ABORTED_BY_CALLBACK);
	}
	curl_multi_cleanup(h->multi);
	mg_timer_del(h->loop, &h->timer);
	mg_timer_del(h->loop, &h->breath);
	mg_watch_del(h->loop, &h->epoll);
	close(h->epoll.fd);
	curl_global_cleanup();
	free(h);
}

static int64_t
retry_after(const char *v)
{
	char *end;
	double s = strtod(v, &end);
	time_t at;

	if (end != v && s >= 0 && s < 1e7)
		return (int64_t)(s * 1000);
	at = curl_getdate(v, NULL);
	return at > time(NULL) ? (int64_t)(at - time(NULL)) * 1000 : 0;
}

static bool
header_is(const char *p, size_t n, const char *name)
{
	return n > strlen(name) && strncasecmp(p, name, strlen(name)) == 0;
}

static size_t
on_header(char *p, size_t size, size_t count, void *arg)
{
	struct mg_transfer *t = arg;
	size_t n = size * count;
	struct mg_sl v;
	char text[128];

	t->last = mg_now();
	if (!t->got_head) /* from here on the idle limit counts */
		mg_timer_set(t->http->loop, &t->timer, t->last);
	t->got_head = true;
	if (n > 5 && strncmp(p, "HTTP/", 5) == 0) {
		/* A head begins; what an interim one (1xx) said is past. */
		t->framed = p[5] == '2';
		t->type[0] = '\0';
		t->retry_after_ms = 0;
		return n;
	}
	for (v = (struct mg_sl){p, n}; v.n && *v.p != ':'; v.n--)
		v.p++;
	if (v.n)
		v = mg_sl_trim((struct mg_sl){v.p + 1, v.n - 1});
	snprintf(text, sizeof(text), "%.*s", (int)v.n, v.n ? v.p : "");
	if (header_is(p, n, "content-type:"))
		memcpy(t->type, text, sizeof(t->type));
	else if (header_is(p, n, "content-length:") ||
		header_is(p, n, "transfer-encoding:"))
		t->framed = true;
	else if (header_is(p, n, "retry-after:"))
		t->retry_after_ms = retry_after(text);
	else if (header_is(p, n, "retry-after-ms:"))
		t->retry_after_ms = retry_after(text) / 1000;
	return n;
}

static size_t
on_body(char *p, size_t size, size_t count, void *arg)
{
	struct mg_transfer *t = arg;
	size_t n = size * count;
	struct mg_http *h = t->http;
	long status = 0;

	if (t->cancelled)
		return 0;
	if (h->swallowed >= SWALLOW) {
		t->choked = true;
		return CURL_WRITEFUNC_PAUSE;
	}
	t->last = mg_now();
	if (!h->swallowed)
		mg_timer_set(h->loop, &h->breath, t->last + 1);
	h->swallowed += n;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status < 200 || status > 299) {
		mg_str_add(&t->body, p,
			n < ERROR_BODY_MAX - t->body.len
				? n
				: ERROR_BODY_MAX - t->body.len);
		return n;
	}
	if (t->req.on_data(t->req.arg, t->type, (struct mg_sl){p, n}))
		return n;
	t->cancelled = true;
	return 0;
}

/* The next moment at which a deadline could have passed. */
static int64_t
next_deadline(
	const struct mg_transfer *t, enum mg_code *which, const char **what)
{
	const struct mg_http_req *r = &t->req;
	int64_t due = INT64_MAX;

	*which = MG_E_TIMEOUT;
	if (r->total_ms) {
		due = t->began + r->total_ms;
		*what = "no whole answer within the time for one call";
	}
	if (!t->got_head && !t->paused && r->first_ms &&
		t->last + r->first_ms < due) {
		due = t->last + r->first_ms;
		*what = "no first byte of an answer in time";
	}
	if (t->got_head && !t->paused && r->idle_ms &&
		t->last + r->idle_ms < due) {
		due = t->last + r->idle_ms;
		*what = "the answer stood still for too long";
	}
	return due;
}

static void
on_deadline(void *arg)
{
	struct mg_transfer *t = arg;
	enum mg_code which;
	const char *what = "";
	int64_t due = next_deadline(t, &which, &what);

	if (!t->cancelled && due > mg_now()) {
		if (due < INT64_MAX)
			mg_timer_set(t->http->loop, &t->timer, due);
		return;
	}
	if (!t->cancelled) {
		t->expired = which;
		snprintf(t->error, sizeof(t->error), "%s", what);
	}
	finish(t, CURLE_ABORTED_BY_CALLBACK);
}

/* Fills f for a transfer that libcurl gave up. */
static void
transfer_fault(const struct mg_transfer *t, CURLcode code, struct mg_fault *f)
{
	const char *why = t->error[0] ? t->error : curl_easy_strerror(code);

	if (t->cancelled) {
		mg_fail(f, MG_E_CANCELLED, "cancelled");
	} else if (t->expired) {
		mg_fail(f, t->expired, "%s", why);
	} else if (code == CURLE_PEER_FAILED_VERIFICATION ||
		code == CURLE_SSL_CACERT_BADFILE) {
		mg_fail(f, MG_E_CONFIG,
			"the server's certificate is not "
			"trusted: %s",
			why);
		mg_remedy(f, "set SSL_CERT_FILE to the authority's file");
	} else if (code == CURLE_URL_MALFORMAT ||
		code == CURLE_UNSUPPORTED_PROTOCOL) {
		mg_fail(f, MG_E_CONFIG, "bad address: %s", why);
		mg_remedy(f, "an address begins with http:// or https://");
	} else if (t->got_head) {
		mg_fail(f, MG_E_STREAM_CUT,
			"the connection broke within the answer: %s", why);
	} else {
		mg_fail(f,
			code == CURLE_OPERATION_TIMEDOUT ? MG_E_TIMEOUT
							 : MG_E_UNREACHABLE,
			"unable to reach the server: %s", why);
		mg_remedy(f, "is it running, and is the address right?");
	}
}

/* Fills f for a reply that came whole but says no. */
static void
status_fault(const struct mg_transfer *t, long status, struct mg_fault *f)
{
	static const struct {
		int from, to;
		enum mg_code code;
		const char *what, *remedy;
	} rows[] = {
		{300, 399, MG_E_BAD_REQUEST, "redirects, which is not followed",
			"give the address that it redirects to"},
		{401, 401, MG_E_KEY_REFUSED, "refuses the key",
			"is the right key set?"},
		{403, 403, MG_E_KEY_REFUSED, "forbids this with this key",
			"may this key use this model?"},
		{404, 404, MG_E_NO_MODEL, "does not know the model or the path",
			"check the model's name and the base URL"},
		{408, 408, MG_E_TIMEOUT, "gave up waiting", ""},
		{413, 413, MG_E_BAD_REQUEST, "finds the request too large",
			"shorten the conversation"},
		{429, 429, MG_E_RATE_LIMIT, "limits the rate",
			"try later, or with a smaller -j"},
		{400, 499, MG_E_BAD_REQUEST, "refuses the request", ""},
		{503, 503, MG_E_OVERLOADED, "is overloaded", "try later"},
		{529, 529, MG_E_OVERLOADED, "is overloaded", "try later"},
		{500, 599, MG_E_PROVIDER, "failed", "try later"},
		{0, 999, MG_E_MALFORMED, "answered with a strange status", ""},
	};
	size_t i = 0;

	while (status < rows[i].from || status > rows[i].to)
		i++;
	mg_fail(f, rows[i].code, "the server %s (HTTP %ld)", rows[i].what,
		status);
	if (rows[i].remedy[0])
		mg_remedy(f, "%s", rows[i].remedy);
	f->retry_after_ms = t->retry_after_ms;
}

static void
finish(struct mg_transfer *t, CURLcode code)
{
	struct mg_http_end end = {.type = t->type};
	struct mg_http *h = t->http;
	long status = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	end.status = (int)status;
	end.framed = t->framed;
	end.body = mg_str_as_sl(&t->body);
	if (code != CURLE_OK)
		transfer_fault(t, code, &end.fault);
	if ((code == CURLE_OK || end.fault.code == MG_E_STREAM_CUT) &&
		(status < 200 || status > 299))
		status_fault(t, status, &end.fault);
	mg_timer_del(h->loop, &t->timer);
	if (t->next)
		t->next->prev = t->prev;
	if (t->prev)
		t->prev->next = t->next;
	else
		h->transfers = t->next;
	curl_multi_remove_handle(h->multi, t->easy);
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->headers);
	t->req.on_end(t->req.arg, &end);
	mg_str_release(&t->body);
	free(t);
}

static void
set_trust(CURL *e)
{
	static const char *const files[] = {
		"SSL_CERT_FILE", "CURL_CA_BUNDLE", NULL};

	for (size_t i = 0; files[i]; i++) {
		const char *v = getenv(files[i]);

		if (v && v[0]) {
			curl_easy_setopt(e, CURLOPT_CAINFO, v);
			break;
		}
	}
}

/* What is said to this machine is no proxy's business. */
static bool
on_loopback(const char *url)
{
	static const char *const hosts[] = {
		"127.", "localhost/", "localhost:", "[::1]", NULL};
	const char *host = strstr(url, "://");

	for (size_t i = 0; host && hosts[i]; i++)
		if (strncmp(host + 3, hosts[i], strlen(hosts[i])) == 0)
			return true;
	return false;
}

struct mg_transfer *
mg_http_start(struct mg_http *h, const struct mg_http_req *req)
{
	struct mg_transfer *t = mg_xcalloc(1, sizeof(*t));
	CURL *e = curl_easy_init();

	if (!e)
		MG_BUG("curl_easy_init");
	t->http = h;
	t->next = h->transfers;
	if (t->next)
		t->next->prev = t;
	h->transfers = t;
	t->req = *req;
	t->easy = e;
	t->body.max = ERROR_BODY_MAX;
	t->began = t->last = mg_now();
	t->timer = (struct mg_timer){.fn = on_deadline, .arg = t};
	for (size_t i = 0; req->headers[i]; i++)
		t->headers = curl_slist_append(t->headers, req->headers[i]);
	/* A 100-continue would cost a round trip, and a second if refused. */
	t->headers = curl_slist_append(t->headers, "Expect:");
	curl_easy_setopt(e, CURLOPT_URL, req->url);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, t->headers);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "mg/" MG_VERSION);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L); /* no wait for DNS */
	curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(e, CURLOPT_PRIVATE, t);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)req->connect_ms);
	if (req->body.p) {
		curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE,
			(curl_off_t)req->body.n);
		curl_easy_setopt(e, CURLOPT_POSTFIELDS, req->body.p);
	}
	if (on_loopback(req->url))
		curl_easy_setopt(e, CURLOPT_NOPROXY, "*");
	if (strncmp(req->url, "https:", 6) == 0) {
		curl_easy_setopt(e, CURLOPT_PIPEWAIT, 1L);
		set_trust(e);
	}
	mg_timer_set(h->loop, &t->timer, t->began);
	curl_multi_add_handle(h->multi, e);
	return t;
}

void
mg_http_cancel(struct mg_transfer *t)
{
	t->cancelled = true;
	mg_timer_set(t->http->loop, &t->timer, mg_now());
}

void
mg_http_enough(struct mg_transfer *t, int64_t ms)
{
	t->req.total_ms = mg_now() - t->began + ms;
	mg_timer_set(t->http->loop, &t->timer, t->began + t->req.total_ms);
}

void
mg_http_pause(struct mg_transfer *t, bool pause)
{
	if (t->paused == pause)
		return;
	t->paused = pause;
	t->choked = false;
	t->last = mg_now();
	curl_easy_pause(t->easy, pause ? CURLPAUSE_ALL : CURLPAUSE_CONT);
	if (!pause)
		mg_timer_set(t->http->loop, &t->timer, t->last);
}
