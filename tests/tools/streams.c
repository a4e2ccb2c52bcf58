/*
 * streams - many streams at once with libcurl and nothing else
 *
 *   streams N URL MODEL
 *
 * What mg-ask is measured against: N chat-completion streams at once, driven
 * by curl_multi_socket_action() and epoll as libcurl's manual shows it. The
 * bytes are counted, not looked at. Prints how many streams ended well and how
 * many bytes came; exit status 1 unless that is all of them.
 *
 * (curl_multi_poll() in its place took a quarter more processor time and the
 * same wall time: it hands every socket to poll(2) on every turn.)
 */
#include <sys/epoll.h>
#include <sys/resource.h>

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 256 };

struct streams {
	CURLM *multi;
	int epoll;
	long long due; /* when libcurl wants to be called; -1: no matter */
	size_t bytes;
	int done, well;
};

static size_t
on_body(char *p, size_t size, size_t count, void *arg)
{
	struct streams *s = arg;

	s->bytes += size * count;
	return size * count;
}

static long long
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int
set_timer(CURLM *multi, long ms, void *arg)
{
	struct streams *s = arg;

	s->due = ms < 0 ? -1 : now_ms() + ms;
	return 0;
}

static int
set_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct streams *s = arg;
	struct epoll_event ev = {.data.fd = fd};

	if (what & CURL_POLL_IN)
		ev.events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		ev.events |= EPOLLOUT;
	if (what == CURL_POLL_REMOVE)
		epoll_ctl(s->epoll, EPOLL_CTL_DEL, fd, NULL);
	else
		epoll_ctl(s->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd,
			&ev);
	curl_multi_assign(s->multi, fd, what == CURL_POLL_REMOVE ? NULL : s);
	return 0;
}

static void
collect(struct streams *s)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(s->multi, &left))) {
		CURL *easy = m->easy_handle;
		long status = 0;

		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
		s->done++;
		s->well += m->data.result == CURLE_OK && status == 200;
		curl_multi_remove_handle(s->multi, easy);
		curl_easy_cleanup(easy);
	}
}

static void
turn(struct streams *s)
{
	struct epoll_event ev[EVENTS];
	long long wait = s->due < 0 ? -1 : s->due - now_ms();
	int running, n;

	if (s->due >= 0 && wait < 0)
		wait = 0;
	n = epoll_wait(s->epoll, ev, EVENTS, (int)wait);
	if (s->due >= 0 && s->due <= now_ms()) {
		s->due = -1;
		curl_multi_socket_action(
			s->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	for (int i = 0; i < n; i++) {
		int what = 0;

		if (ev[i].events & EPOLLIN)
			what |= CURL_CSELECT_IN;
		if (ev[i].events & EPOLLOUT)
			what |= CURL_CSELECT_OUT;
		if (ev[i].events & (EPOLLERR | EPOLLHUP))
			what |= CURL_CSELECT_ERR;
		curl_multi_socket_action(
			s->multi, ev[i].data.fd, what, &running);
	}
	collect(s);
}

int
main(int argc, char **argv)
{
	struct streams s = {.due = -1};
	struct curl_slist *headers = NULL;
	struct rlimit lim;
	char body[512];
	int n;

	if (argc != 4 || (n = (int)strtol(argv[1], NULL, 10)) < 1) {
		fputs("usage: streams N URL MODEL\n", stderr);
		return 64;
	}
	if (getrlimit(RLIMIT_NOFILE, &lim) == 0) {
		lim.rlim_cur = lim.rlim_max;
		setrlimit(RLIMIT_NOFILE, &lim);
	}
	snprintf(body, sizeof(body),
		"{\"model\":\"%s\",\"messages\":[{\"role\":\"user\","
		"\"content\":\"x\"}],\"stream\":true,"
		"\"stream_options\":{\"include_usage\":true}}",
		argv[3]);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	headers = curl_slist_append(headers, "Content-Type: application/json");
	s.multi = curl_multi_init();
	s.epoll = epoll_create1(EPOLL_CLOEXEC);
	curl_multi_setopt(s.multi, CURLMOPT_SOCKETFUNCTION, set_socket);
	curl_multi_setopt(s.multi, CURLMOPT_SOCKETDATA, &s);
	curl_multi_setopt(s.multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(s.multi, CURLMOPT_TIMERDATA, &s);
	for (int i = 0; i < n; i++) {
		CURL *e = curl_easy_init();

		curl_easy_setopt(e, CURLOPT_URL, argv[2]);
		curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
		curl_easy_setopt(e, CURLOPT_POSTFIELDS, body);
		curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
		curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
		curl_easy_setopt(e, CURLOPT_WRITEDATA, &s);
		curl_multi_add_handle(s.multi, e);
	}
	while (s.done < n)
		turn(&s);
	printf("%d of %d streams, %zu bytes\n", s.well, n, s.bytes);
	curl_multi_cleanup(s.multi);
	curl_slist_free_all(headers);
	close(s.epoll);
	curl_global_cleanup();
	return s.well == n ? 0 : 1;
}
