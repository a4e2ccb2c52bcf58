/*
 * httpd - a scriptable HTTP/1.1 server for tests and benchmarks
 *
 *   httpd [-q] [-d DIR] [-l FILE] [-p FILE] [-P PORT] [-t SECONDS]
 *
 * It plays the part of a chat-completions endpoint, well or badly, as a script
 * tells it to.  It listens on 127.0.0.1 only, on a port the kernel chooses
 * unless -P names one, and writes that port and a newline to stdout (which it
 * then closes) or, with -p, into FILE, which appears whole or not at all.  It
 * ends on SIGTERM or SIGINT, when its parent dies, or after -t SECONDS (900).
 * So start it as a child of the shell that needs it:
 *
 *   rm -f port
 *   httpd -d scripts -l log -p port &
 *   until test -e port; do sleep .01; done
 *
 * -d DIR   where the scripts are; without it there are only built-in models
 * -l FILE  append a line of JSON per request, before the reply starts:
 *	{"n":1,"method":"POST","path":"/v1/chat/completions",
 *	 "headers":{"host":"..."},"body":{...},"conn":1,"t_ms":12}
 *	n counts requests and conn connections, both from 1; t_ms is the time
 *	since the start.  Names of headers are in lower case, repeated ones are
 *	joined by ", ".  A body whose brackets balance as an object's do is put
 *	in as it is, with spaces for control bytes; another is a string.  When
 *	the client goes before the kernel has the reply's last byte, another
 *	line says {"n":1,"closed":"early"}.
 * -q	    no log, whatever -l says, and no messages: for benchmarks
 *
 * WHICH SCRIPT
 *
 * The name is the body's top-level "model" or, failing that, the first at any
 * depth; bytes outside [A-Za-z0-9._-] become `_'.  Where DIR/NAME.1 exists, the
 * k-th request for NAME runs DIR/NAME.k and the last one repeats; otherwise
 * DIR/NAME runs.  (So a script "m.1" also answers the model "m".)  Scripts are
 * read anew for each request.  Where there is none:
 *
 *   GET, HEAD    200 and a list of the one model "local-model"
 *   bench-N-MS   N deltas "word ", MS milliseconds apart by an absolute clock
 *   big-BYTES    that many bytes of content in deltas of 1 KiB
 *   team-K-MS    the K-th member of a team, which takes MS milliseconds for
 *                each reply: it calls the tool `new_answer` if that is offered
 *                and its answer is not in the request yet; else `vote`, if that
 *                is offered, with the first value of the first argument that
 *                has an enum (the first that the messages show as <VALUE> or
 *                <VALUE., if they do); else it says its answer, in words
 *   any other    "echo: " and the text of the user's last message
 *   not POST     405
 *
 * These models stream if the body says "stream":true, with usage if it says
 * stream_options.include_usage, and else answer with one chat.completion.
 *
 * SCRIPTS
 *
 * One directive a line, run in order; blank lines and those that begin with `#'
 * are skipped.  One space ends the directive's name; the rest is its argument
 * as it is, but for `%n', the request's n, and `%%', which is `%'.
 *
 *  The head; these may not follow the body:
 *   status CODE [REASON]  200 OK without it
 *   header NAME: VALUE    another Content-Type, Transfer-Encoding,
 *                         Content-Length or Connection than ours, or any other
 *   header -NAME          without it, be it ours or given so far
 *   encoding chunked      the default
 *   encoding length       Content-Length: of all body bytes of the script, also
 *                         those that cut, close or hang keep back
 *   encoding close        neither; the connection's end is the body's
 *   redirect URL          status 302, Location, no type, encoding length
 *   as-json               say and tool make one chat.completion, and the type
 *                         is application/json
 *  The body:
 *   raw TEXT              with the escapes \n \r \t \\ \0 \xHH
 *   line TEXT             TEXT and a newline
 *   sse TEXT              `data: TEXT' and an empty line
 *   file PATH             the bytes of a file; PATH is relative to DIR
 *   say TEXT              a whole stream: role, a delta for each word, finish
 *                         "stop", usage (7 and the number of words), [DONE]
 *   tool NAME ARGS        a whole stream: tool call call_1, the arguments in
 *                         pieces of 5 bytes (whole characters), finish
 *                         "tool_calls", usage, [DONE]
 *   repeat N TEXT         a delta with the content TEXT, N times, made as the
 *                         client reads
 *   finish                finish "stop", usage (the repeats so far), [DONE]
 *  Time and shape:
 *   wait MS               a pause, up to 1 ms longer than said
 *   chunk N               from here on one write, and one chunk of the chunked
 *                         encoding, per N bytes of body; 0, the default: a
 *                         chunk for each directive or event, writes as it comes
 *   gap US                the pause between these writes, 100 without it
 *  The end:
 *   cut N [rst]           close after N bytes of body, framing not counted,
 *                         wherever in the script this stands; with rst by a
 *                         reset, once the client's kernel has the bytes
 *   hang                  send no more, wait for the client to go
 *   close                 close now, without a last chunk
 *   noreply               close without even a status line
 *
 * The head goes out after the last of status, header, encoding and redirect or,
 * in a script without these, with the first byte of the body.  So `wait 500' as
 * the first line delays everything, and after `status 200' only the body.  A
 * script with a fault in it is answered by 500 and a text that names the line.
 *
 * LIMITS
 *
 * A head above 64 KiB gets 431, a body above 64 MiB 413, other than HTTP/1 400;
 * none of these is logged, nor is a request that the client did not finish.
 * A client that shuts down only its sending side counts as gone.  An echo above
 * 64 KiB comes in pieces of some 4 KiB, not in words.  There is no TLS, HTTP/2,
 * compression or Date, and `created' is constant: replies are reproducible.
 */
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_MS 1000000ULL
#define FOREVER UINT64_MAX
#define NOWHERE SIZE_MAX

enum {
	HEAD_MAX = 64 << 10,
	BODY_MAX = 64 << 20,
	SCRIPT_MAX = 16 << 20,
	NAME_LEN = 200,
	READ_SIZE = 16 << 10,
	BLOCK = 32 << 10, /* the most that is made before a write */
	TURN = 256 << 10, /* the most for one client in a turn */
	EVENTS = 256,
	WORDS_MAX = 64 << 10, /* longer texts are not split in words */
	PIECE_MIN = 4 << 10,
	DELTA_BIG = 1 << 10,
	GAP_NS = 100000,
	LINGER_MS = 2000,
	PROMPT_TOKENS = 7,
};

struct buf {
	char *p;
	size_t len, cap;
};

struct span {
	const char *p;
	size_t len;
};

static const struct span no_span = {"", 0};

/* The headers we send unasked; a script that names one takes it over. */
enum auto_header {
	AUTO_TYPE = 1,
	AUTO_CODING = 2,
	AUTO_LENGTH = 4,
	AUTO_CONNECTION = 8,
};

enum encoding { ENC_CHUNKED, ENC_LENGTH, ENC_CLOSE };

enum op_kind {
	OP_BODY, /* count times the len bytes at off in text */
	OP_FILE, /* the bytes of fd */
	OP_WAIT,
	OP_CHUNK,
	OP_GAP,
	OP_HANG,
	OP_CLOSE,
};

struct op {
	enum op_kind kind;
	int fd;
	size_t off, len;
	uint64_t count; /* of repetitions, or the argument */
	uint64_t pace_ns; /* from one repetition to the next */
};

/* A reply as a program, made from a script's file or by a built-in model. */
struct script {
	int dirfd;
	unsigned long n; /* of the request */
	struct buf text; /* what the ops send */
	struct op *ops;
	size_t nops, cap;
	int status;
	char reason[64];
	const char *type;
	struct buf head; /* header lines as they are sent */
	unsigned given; /* of auto_header */
	enum encoding enc;
	size_t head_at; /* the head goes out before this op */
	uint64_t length; /* of the whole body */
	uint64_t cut;
	bool cut_rst, no_head, has_body, as_json, usage;
	uint64_t tokens; /* deltas so far */
	size_t event; /* where the event being made begins */
	char model[NAME_LEN + 1]; /* JSON, without the quotes */
};

struct request {
	size_t head_len; /* 0 until the head is whole */
	size_t used; /* of the input, head and body so far */
	struct span method, path, headers; /* in the copy of the head */
	size_t length;
	bool chunked, expect, keep;
	bool old; /* HTTP/1.0 */
};

enum state { READING, REPLYING, LINGERING, RESETTING };

enum ending { END_NOT, END_KEEP, END_CLOSE, END_RESET, END_LINGER };

struct conn {
	struct server *srv;
	struct conn *prev, *next;
	int fd;
	enum state state;
	bool gone; /* the client has closed its side */
	unsigned long id, n;
	uint64_t due; /* when the heap wakes us */
	size_t slot; /* in the heap, from 1; 0: not in it */

	struct buf in;
	struct buf head; /* a copy: in moves as the body comes */
	struct buf body; /* of a chunked request, decoded */
	struct request req;

	struct script script;
	size_t pc;
	uint64_t op_done; /* bytes of the op at pc */
	uint64_t body_sent, resume, tick, gap_ns;
	size_t chunk;
	enum encoding enc;
	bool head_sent, bodyless;
	enum ending ending;
	struct buf out, piece; /* piece: body bytes short of a chunk */
	size_t out_done;
};

struct seq {
	struct seq *next;
	unsigned long k;
	char name[NAME_LEN + 1];
};

struct server {
	int ep, listener, dirfd, logfd;
	bool quiet;
	uint64_t start, now, stop_at;
	unsigned long nconns, nrequests;
	struct conn *conns;
	struct conn **heap;
	size_t nheap, heap_cap;
	struct seq *seqs;
	char block[BLOCK];
};

static volatile sig_atomic_t stopped;

static void
die(const char *what)
{
	fprintf(stderr, "httpd: unable to %s: %s\n", what, strerror(errno));
	exit(71);
}

static void *
xrealloc(void *p, size_t size)
{
	p = realloc(p, size);
	if (!p)
		die("allocate memory");
	return p;
}

static void
buf_reserve(struct buf *b, size_t more)
{
	size_t cap = b->cap ? b->cap : 256;

	if (b->cap - b->len >= more)
		return;
	while (cap - b->len < more)
		cap *= 2;
	b->p = xrealloc(b->p, cap);
	b->cap = cap;
}

static void
buf_add(struct buf *b, const char *p, size_t len)
{
	if (!len)
		return;
	buf_reserve(b, len);
	memcpy(b->p + b->len, p, len);
	b->len += len;
}

static void
buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

static void
buf_fmt(struct buf *, const char *, ...) __attribute__((format(printf, 2, 3)));

static void
buf_fmt(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int len;

	buf_reserve(b, 512);
	va_start(ap, fmt);
	len = vsnprintf(b->p + b->len, b->cap - b->len, fmt, ap);
	va_end(ap);
	if (len < 0)
		die("format");
	if ((size_t)len >= b->cap - b->len) {
		buf_reserve(b, (size_t)len + 1);
		va_start(ap, fmt);
		vsnprintf(b->p + b->len, b->cap - b->len, fmt, ap);
		va_end(ap);
	}
	b->len += (size_t)len;
}

static void
buf_drop(struct buf *b, size_t len)
{
	b->len -= len;
	if (b->len)
		memmove(b->p, b->p + len, b->len);
}

static struct span
buf_span(const struct buf *b)
{
	return (struct span){b->p ? b->p : "", b->len};
}

static void
buf_release(struct buf *b)
{
	free(b->p);
	*b = (struct buf){0};
}

/* The length of the well-formed character at p, or 0. */
static size_t
utf8_len(const unsigned char *p, size_t left)
{
	size_t len = p[0] < 0x80 ? 1
		: p[0] < 0xc2	 ? 0
		: p[0] < 0xe0	 ? 2
		: p[0] < 0xf0	 ? 3
		: p[0] < 0xf5	 ? 4
				 : 0;

	if (len > left)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
		(p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

/* Appends text as the inside of a JSON string. */
static void
buf_json(struct buf *b, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;

	for (size_t i = 0, n; i < len; i += n) {
		n = utf8_len(p + i, len - i);
		if (!n) {
			buf_str(b, "\\ufffd");
			n = 1;
		} else if (p[i] == '"' || p[i] == '\\') {
			buf_add(b, "\\", 1);
			buf_add(b, text + i, 1);
		} else if (p[i] == '\n') {
			buf_str(b, "\\n");
		} else if (p[i] < 0x20) {
			buf_fmt(b, "\\u%04x", p[i]);
		} else {
			buf_add(b, text + i, n);
		}
	}
}

static bool
is_blank(char ch)
{
	return ch == ' ' || ch == '\t';
}

static bool
span_is(struct span a, const char *s)
{
	return a.len == strlen(s) && strncasecmp(a.p, s, a.len) == 0;
}

static bool
same_name(struct span a, struct span b)
{
	return a.len == b.len && strncasecmp(a.p, b.p, a.len) == 0;
}

static struct span
span_trim(struct span a)
{
	while (a.len && is_blank(a.p[0]))
		a.p++, a.len--;
	while (a.len && is_blank(a.p[a.len - 1]))
		a.len--;
	return a;
}

/* Cuts off and returns what stands before the first byte sep, or all. */
static struct span
span_cut(struct span *a, char sep)
{
	const char *q = a->len ? memchr(a->p, sep, a->len) : NULL;
	struct span first = {a->p, q ? (size_t)(q - a->p) : a->len};
	size_t used = first.len + (q != NULL);

	a->p += used;
	a->len -= used;
	return first;
}

/* Reads a whole span as a number in the base 10 or 16. */
static bool
span_number(struct span a, unsigned base, uint64_t *value)
{
	static const char digits[] = "0123456789abcdef";
	uint64_t v = 0;

	if (!a.len || a.len > 15)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		char ch = a.p[i];
		const char *d;

		if (ch >= 'A' && ch <= 'F')
			ch = (char)(ch - 'A' + 'a');
		d = ch ? strchr(digits, ch) : NULL;
		if (!d || (unsigned)(d - digits) >= base)
			return false;
		v = v * base + (unsigned)(d - digits);
	}
	*value = v;
	return true;
}

/*
 * A JSON reader that knows where values end and judges nothing else.
 */

static const char *
json_space(const char *p, const char *end)
{
	while (p < end && (is_blank(*p) || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

static const char *
json_skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\' && ++p == end)
			return NULL;
	return p < end ? p + 1 : NULL;
}

/* Returns the end of the value that starts at p, or NULL if it has none. */
static const char *
json_skip(const char *p, const char *end)
{
	const char *start = p;
	size_t depth = 0;

	while (p < end) {
		switch (*p) {
		case '"':
			p = json_skip_string(p, end);
			if (!p || !depth)
				return p;
			continue;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			if (!depth)
				return p > start ? p : NULL;
			if (--depth == 0)
				return p + 1;
			break;
		case ',':
		case ' ':
		case '\t':
		case '\n':
		case '\r':
			if (!depth)
				return p > start ? p : NULL;
			break;
		}
		p++;
	}
	return depth || p == start ? NULL : p;
}

/* Takes the next member off an object, of which rest is what remains. */
static bool
json_member(struct span *rest, struct span *key, struct span *value)
{
	const char *end = rest->p + rest->len, *p = json_space(rest->p, end);
	const char *q;

	if (p == end || (*p != '{' && *p != ','))
		return false;
	p = json_space(p + 1, end);
	q = p < end && *p == '"' ? json_skip_string(p, end) : NULL;
	if (!q)
		return false;
	*key = (struct span){p + 1, (size_t)(q - p) - 2};
	p = json_space(q, end);
	if (p == end || *p != ':')
		return false;
	p = json_space(p + 1, end);
	q = json_skip(p, end);
	if (!q)
		return false;
	*value = (struct span){p, (size_t)(q - p)};
	*rest = (struct span){q, (size_t)(end - q)};
	return true;
}

/* The value of a key of an object; empty if there is none. */
static struct span
json_get(struct span obj, const char *key)
{
	size_t len = strlen(key);
	struct span name, value;

	while (json_member(&obj, &name, &value))
		if (name.len == len && memcmp(name.p, key, len) == 0)
			return value;
	return no_span;
}

/* Takes the next item off an array, of which rest is what remains. */
static bool
json_item(struct span *rest, struct span *item)
{
	const char *end = rest->p + rest->len, *p = json_space(rest->p, end);
	const char *q;

	if (p == end || (*p != '[' && *p != ','))
		return false;
	p = json_space(p + 1, end);
	q = json_skip(p, end);
	if (!q)
		return false;
	*item = (struct span){p, (size_t)(q - p)};
	*rest = (struct span){q, (size_t)(end - q)};
	return true;
}

/* The inside of a string, escapes and all; empty for other values. */
static struct span
json_inside(struct span v)
{
	if (v.len < 2 || v.p[0] != '"')
		return no_span;
	return (struct span){v.p + 1, v.len - 2};
}

static bool
json_is_object(struct span v)
{
	const char *end = v.p + v.len, *p = json_space(v.p, end);

	if (p == end || *p != '{')
		return false;
	p = json_skip(p, end);
	return p && json_space(p, end) == end;
}

static struct span
find_model(struct span body)
{
	static const char key[] = "\"model\"";
	const char *end = body.p + body.len, *p = body.p, *q;
	struct span name = json_inside(json_get(body, "model"));

	while (!name.len && p < end &&
		(p = memmem(p, (size_t)(end - p), key, sizeof(key) - 1))) {
		p = json_space(p + sizeof(key) - 1, end);
		if (p == end || *p != ':')
			continue;
		p = json_space(p + 1, end);
		q = json_skip(p, end);
		if (q)
			name = json_inside((struct span){p, (size_t)(q - p)});
	}
	return name;
}

/* Appends the text, as JSON has it, of the last message of the user. */
static void
last_user_text(struct span body, struct buf *b)
{
	struct span rest = json_get(body, "messages");
	struct span last = no_span, item, text;

	while (json_item(&rest, &item))
		if (span_is(json_inside(json_get(item, "role")), "user"))
			last = json_get(item, "content");
	text = json_inside(last);
	buf_add(b, text.p, text.len);
	while (json_item(&last, &item)) {
		text = json_inside(json_get(item, "text"));
		buf_add(b, text.p, text.len);
	}
}

/*
 * Making a script: ops, and the events of a chat stream.
 */

static void
script_init(struct script *s, int dirfd, unsigned long n, struct span model)
{
	*s = (struct script){.dirfd = dirfd,
		.n = n,
		.status = 200,
		.type = "text/event-stream",
		.head_at = NOWHERE,
		.cut = FOREVER,
		.usage = true};
	if (!model.len || model.len > NAME_LEN)
		model = (struct span){"unknown", 7};
	memcpy(s->model, model.p, model.len);
}

static void
script_release(struct script *s)
{
	for (size_t i = 0; i < s->nops; i++)
		if (s->ops[i].kind == OP_FILE)
			close(s->ops[i].fd);
	free(s->ops);
	buf_release(&s->text);
	buf_release(&s->head);
	*s = (struct script){0};
}

static struct op *
op_add(struct script *s, enum op_kind kind, uint64_t count)
{
	if (s->nops == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 8;
		s->ops = xrealloc(s->ops, s->cap * sizeof(*s->ops));
	}
	s->ops[s->nops] = (struct op){.kind = kind, .count = count};
	return &s->ops[s->nops++];
}

/* Makes an op of the text from off on. */
static struct op *
op_body(struct script *s, size_t off, uint64_t count)
{
	struct op *op = op_add(s, OP_BODY, count);

	op->off = off;
	op->len = s->text.len - off;
	s->has_body = true;
	return op;
}

static void
event_open(struct script *s)
{
	s->event = s->text.len;
	buf_fmt(&s->text,
		"data: {\"id\":\"chatcmpl-%lu\",\"object\":"
		"\"chat.completion.chunk\",\"created\":1700000000,"
		"\"model\":\"%s\",\"choices\":[",
		s->n, s->model);
}

static void
delta_open(struct script *s)
{
	event_open(s);
	buf_str(&s->text, "{\"index\":0,\"delta\":{");
}

static struct op *
delta_close(struct script *s, const char *finish)
{
	buf_fmt(&s->text, "},\"finish_reason\":%s}]}\n\n", finish);
	return op_body(s, s->event, 1);
}

static struct op *
add_delta(struct script *s, struct span text)
{
	s->tokens++;
	delta_open(s);
	buf_str(&s->text, "\"content\":\"");
	buf_add(&s->text, text.p, text.len);
	buf_str(&s->text, "\"");
	return delta_close(s, "null");
}

static void
add_role(struct script *s)
{
	delta_open(s);
	buf_str(&s->text, "\"role\":\"assistant\",\"content\":\"\"");
	delta_close(s, "null");
}

static void
put_usage(struct script *s)
{
	buf_fmt(&s->text,
		"\"usage\":{\"prompt_tokens\":%d,"
		"\"completion_tokens\":%llu,\"total_tokens\":%llu}}",
		PROMPT_TOKENS, (unsigned long long)s->tokens,
		(unsigned long long)s->tokens + PROMPT_TOKENS);
}

static void
add_finish(struct script *s, const char *reason)
{
	size_t off;

	delta_open(s);
	delta_close(s, reason);
	if (s->usage) {
		event_open(s);
		buf_str(&s->text, "],");
		put_usage(s);
		buf_str(&s->text, "\n\n");
		op_body(s, s->event, 1);
	}
	off = s->text.len;
	buf_str(&s->text, "data: [DONE]\n\n");
	op_body(s, off, 1);
}

static void
object_open(struct script *s)
{
	s->event = s->text.len;
	buf_fmt(&s->text,
		"{\"id\":\"chatcmpl-%lu\",\"object\":"
		"\"chat.completion\",\"created\":1700000000,\"model\":\"%s\","
		"\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
		"\"content\":",
		s->n, s->model);
}

static void
object_close(struct script *s, const char *reason)
{
	buf_fmt(&s->text, "},\"finish_reason\":%s}],", reason);
	put_usage(s);
	op_body(s, s->event, 1);
}

/* The length of the next piece: spaces and a word, or words up to min bytes. */
static size_t
word_len(struct span t, size_t min)
{
	size_t i = 0;

	do {
		while (i < t.len && t.p[i] == ' ')
			i++;
		while (i < t.len && t.p[i] != ' ')
			i++;
	} while (i < t.len && i < min);
	for (size_t j = i; j == t.len || t.p[j] == ' '; j++)
		if (j == t.len)
			return j;
	return i;
}

/* Adds a whole reply that says a text, given as JSON without the quotes. */
static void
add_say(struct script *s, struct span text)
{
	size_t min = text.len > WORDS_MAX ? PIECE_MIN : 0, len;
	struct span all = text;

	s->tokens = 0;
	if (!s->as_json)
		add_role(s);
	for (; text.len; text.p += len, text.len -= len) {
		len = word_len(text, min);
		if (s->as_json)
			s->tokens++;
		else
			add_delta(s, (struct span){text.p, len});
	}
	if (!s->as_json) {
		add_finish(s, "\"stop\"");
		return;
	}
	object_open(s);
	buf_str(&s->text, "\"");
	buf_add(&s->text, all.p, all.len);
	buf_str(&s->text, "\"");
	object_close(s, "\"stop\"");
}

static void
put_tool(struct script *s, struct span name, struct span args)
{
	buf_fmt(&s->text,
		"%s\"id\":\"call_1\",\"type\":\"function\","
		"\"function\":{\"name\":\"",
		s->as_json ? "" : "\"index\":0,");
	buf_json(&s->text, name.p, name.len);
	buf_str(&s->text, "\",\"arguments\":\"");
	buf_json(&s->text, args.p, args.len);
	buf_str(&s->text, "\"}}]");
}

static void
add_tool(struct script *s, struct span name, struct span args)
{
	size_t len;

	s->tokens = (args.len + 4) / 5;
	if (s->as_json) {
		object_open(s);
		buf_str(&s->text, "null,\"tool_calls\":[{");
		put_tool(s, name, args);
		object_close(s, "\"tool_calls\"");
		return;
	}
	delta_open(s);
	buf_str(&s->text,
		"\"role\":\"assistant\",\"content\":null,"
		"\"tool_calls\":[{");
	put_tool(s, name, no_span);
	delta_close(s, "null");
	for (; args.len; args.p += len, args.len -= len) {
		len = args.len < 5 ? args.len : 5;
		while (len < args.len && (args.p[len] & 0xc0) == 0x80)
			len++;
		delta_open(s);
		buf_str(&s->text,
			"\"tool_calls\":[{\"index\":0,\"function\":"
			"{\"arguments\":\"");
		buf_json(&s->text, args.p, len);
		buf_str(&s->text, "\"}}]");
		delta_close(s, "null");
	}
	add_finish(s, "\"tool_calls\"");
}

/*
 * Directives.  Each returns NULL, or what is wrong with its argument.
 */

static const char *
put_escape(struct span arg, size_t *i, struct buf *b)
{
	static const char from[] = "nrt\\0", to[] = "\n\r\t\\\0";
	const char *at;
	uint64_t v;
	char ch;

	if (++*i == arg.len)
		return "a lone \\ at the end";
	ch = arg.p[*i];
	if (ch == 'x') {
		if (arg.len - *i < 3 ||
			!span_number((struct span){arg.p + *i + 1, 2}, 16, &v))
			return "\\x needs two digits";
		*i += 2;
		ch = (char)v;
	} else {
		at = ch ? strchr(from, ch) : NULL;
		if (!at)
			return "an unknown escape";
		ch = to[at - from];
	}
	buf_add(b, &ch, 1);
	return NULL;
}

static const char *
expand(const struct script *s, struct span arg, bool escapes, struct buf *b)
{
	const char *err;

	for (size_t i = 0; i < arg.len; i++) {
		char next = i + 1 < arg.len ? arg.p[i + 1] : '\0';

		if (arg.p[i] == '%' && next == 'n') {
			buf_fmt(b, "%lu", s->n);
			i++;
		} else if (arg.p[i] == '%' && next == '%') {
			buf_add(b, "%", 1);
			i++;
		} else if (arg.p[i] == '\\' && escapes) {
			err = put_escape(arg, &i, b);
			if (err)
				return err;
		} else {
			buf_add(b, arg.p + i, 1);
		}
	}
	return NULL;
}

static const char *
do_raw(struct script *s, struct span arg)
{
	size_t off = s->text.len;
	const char *err = expand(s, arg, true, &s->text);

	op_body(s, off, 1);
	return err;
}

static const char *
do_line(struct script *s, struct span arg)
{
	size_t off = s->text.len;

	expand(s, arg, false, &s->text);
	buf_str(&s->text, "\n");
	op_body(s, off, 1);
	return NULL;
}

static const char *
do_sse(struct script *s, struct span arg)
{
	size_t off = s->text.len;

	buf_str(&s->text, "data: ");
	expand(s, arg, false, &s->text);
	buf_str(&s->text, "\n\n");
	op_body(s, off, 1);
	return NULL;
}

static const char *
do_file(struct script *s, struct span arg)
{
	char path[PATH_MAX];
	struct stat st;
	struct op *op;
	int fd;

	snprintf(path, sizeof(path), "%.*s", (int)arg.len, arg.p);
	fd = openat(s->dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return strerror(errno);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return "not a file";
	}
	op = op_add(s, OP_FILE, 1);
	op->fd = fd;
	op->len = (size_t)st.st_size;
	s->has_body = true;
	return NULL;
}

static const char *
do_say(struct script *s, struct span arg)
{
	struct buf plain = {0}, text = {0};

	expand(s, arg, false, &plain);
	buf_json(&text, plain.p, plain.len);
	add_say(s, buf_span(&text));
	buf_release(&plain);
	buf_release(&text);
	return NULL;
}

static const char *
do_tool(struct script *s, struct span arg)
{
	struct span name = span_cut(&arg, ' ');
	struct buf args = {0};

	if (!name.len)
		return "needs a name";
	expand(s, arg, false, &args);
	add_tool(s, name, buf_span(&args));
	buf_release(&args);
	return NULL;
}

static const char *
do_repeat(struct script *s, struct span arg)
{
	struct buf plain = {0}, text = {0};
	uint64_t n;

	if (!span_number(span_cut(&arg, ' '), 10, &n) || n > UINT32_MAX)
		return "needs a number and a text";
	expand(s, arg, false, &plain);
	buf_json(&text, plain.p, plain.len);
	add_delta(s, buf_span(&text))->count = n;
	s->tokens += n - 1;
	buf_release(&plain);
	buf_release(&text);
	return NULL;
}

static const char *
do_finish(struct script *s, struct span arg)
{
	(void)arg;
	add_finish(s, "\"stop\"");
	return NULL;
}

static const char *
do_wait(struct script *s, struct span arg)
{
	uint64_t n;

	if (!span_number(span_trim(arg), 10, &n) || n > UINT32_MAX)
		return "needs a number of milliseconds";
	op_add(s, OP_WAIT, n);
	return NULL;
}

static const char *
do_chunk(struct script *s, struct span arg)
{
	uint64_t n;

	if (!span_number(span_trim(arg), 10, &n) || n > BODY_MAX)
		return "needs a number of bytes";
	op_add(s, OP_CHUNK, n);
	return NULL;
}

static const char *
do_gap(struct script *s, struct span arg)
{
	uint64_t n;

	if (!span_number(span_trim(arg), 10, &n) || n > UINT32_MAX)
		return "needs a number of microseconds";
	op_add(s, OP_GAP, n);
	return NULL;
}

static const char *
do_cut(struct script *s, struct span arg)
{
	arg = span_trim(arg);
	if (!span_number(span_cut(&arg, ' '), 10, &s->cut))
		return "needs a number of bytes";
	arg = span_trim(arg);
	s->cut_rst = span_is(arg, "rst");
	return s->cut_rst || !arg.len ? NULL : "takes only the word rst";
}

static const char *
do_hang(struct script *s, struct span arg)
{
	(void)arg;
	op_add(s, OP_HANG, 0);
	return NULL;
}

static const char *
do_close(struct script *s, struct span arg)
{
	(void)arg;
	op_add(s, OP_CLOSE, 0);
	return NULL;
}

static const char *
do_noreply(struct script *s, struct span arg)
{
	s->no_head = true;
	return do_close(s, arg);
}

static const char *
do_as_json(struct script *s, struct span arg)
{
	(void)arg;
	s->as_json = true;
	s->type = "application/json";
	return NULL;
}

static const char *
do_encoding(struct script *s, struct span arg)
{
	arg = span_trim(arg);
	if (span_is(arg, "chunked"))
		s->enc = ENC_CHUNKED;
	else if (span_is(arg, "length"))
		s->enc = ENC_LENGTH;
	else if (span_is(arg, "close"))
		s->enc = ENC_CLOSE;
	else
		return "is chunked, length or close";
	return NULL;
}

static const char *
default_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} known[] = {
		{200, "OK"},
		{204, "No Content"},
		{302, "Found"},
		{304, "Not Modified"},
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{402, "Payment Required"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{408, "Request Timeout"},
		{413, "Content Too Large"},
		{429, "Too Many Requests"},
		{431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"},
		{502, "Bad Gateway"},
		{503, "Service Unavailable"},
		{504, "Gateway Timeout"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].status == status)
			return known[i].reason;
	return "Status";
}

static void
set_status(struct script *s, int status, struct span reason)
{
	const char *text = default_reason(status);

	if (!reason.len)
		reason = (struct span){text, strlen(text)};
	s->status = status;
	snprintf(s->reason, sizeof(s->reason), "%.*s", (int)reason.len,
		reason.p);
}

static const char *
do_status(struct script *s, struct span arg)
{
	uint64_t n;

	arg = span_trim(arg);
	if (!span_number(span_cut(&arg, ' '), 10, &n) || n < 200 || n > 999)
		return "needs a code from 200 to 999";
	set_status(s, (int)n, span_trim(arg));
	return NULL;
}

static unsigned
auto_header(struct span name)
{
	return span_is(name, "content-type")	     ? AUTO_TYPE
		: span_is(name, "transfer-encoding") ? AUTO_CODING
		: span_is(name, "content-length")    ? AUTO_LENGTH
		: span_is(name, "connection")	     ? AUTO_CONNECTION
						     : 0;
}

/* Removes the lines of that name from the head. */
static void
header_remove(struct script *s, struct span name)
{
	struct span rest = buf_span(&s->head), line, key;
	struct buf kept = {0};

	while (rest.len) {
		line = key = span_cut(&rest, '\n');
		if (same_name(span_cut(&key, ':'), name))
			continue;
		buf_add(&kept, line.p, line.len);
		buf_str(&kept, "\n");
	}
	buf_release(&s->head);
	s->head = kept;
}

static const char *
do_header(struct script *s, struct span arg)
{
	struct span name;

	arg = span_trim(arg);
	if (arg.len > 1 && arg.p[0] == '-') {
		name = (struct span){arg.p + 1, arg.len - 1};
		header_remove(s, name);
		s->given |= auto_header(name);
		return NULL;
	}
	name = arg;
	name = span_cut(&name, ':');
	if (!name.len || name.len == arg.len)
		return "needs NAME: VALUE or -NAME";
	s->given |= auto_header(name);
	expand(s, arg, false, &s->head);
	buf_str(&s->head, "\r\n");
	return NULL;
}

static const char *
do_redirect(struct script *s, struct span arg)
{
	arg = span_trim(arg);
	if (!arg.len)
		return "needs an address";
	set_status(s, 302, no_span);
	s->given |= AUTO_TYPE;
	s->enc = ENC_LENGTH;
	buf_str(&s->head, "Location: ");
	expand(s, arg, false, &s->head);
	buf_str(&s->head, "\r\n");
	return NULL;
}

enum directive_kind {
	BARE = 1, /* takes no argument */
	HEAD = 2, /* not after the body */
	SENDS_HEAD = 4, /* the head waits for the last of these */
};

static const struct directive {
	const char *name;
	unsigned kind;
	const char *(*run)(struct script *, struct span);
} directives[] = {
	{"as-json", BARE | HEAD, do_as_json},
	{"chunk", 0, do_chunk},
	{"close", BARE, do_close},
	{"cut", 0, do_cut},
	{"encoding", HEAD | SENDS_HEAD, do_encoding},
	{"file", 0, do_file},
	{"finish", BARE, do_finish},
	{"gap", 0, do_gap},
	{"hang", BARE, do_hang},
	{"header", HEAD | SENDS_HEAD, do_header},
	{"line", 0, do_line},
	{"noreply", BARE | HEAD, do_noreply},
	{"raw", 0, do_raw},
	{"redirect", HEAD | SENDS_HEAD, do_redirect},
	{"repeat", 0, do_repeat},
	{"say", 0, do_say},
	{"sse", 0, do_sse},
	{"status", HEAD | SENDS_HEAD, do_status},
	{"tool", 0, do_tool},
	{"wait", 0, do_wait},
};

static const char *
run_line(struct script *s, struct span line)
{
	const struct directive *d = directives;
	const struct directive *end = d +
		sizeof(directives) / sizeof(directives[0]);
	struct span word;

	while (line.len && is_blank(line.p[0]))
		line.p++, line.len--;
	if (!line.len || line.p[0] == '#')
		return NULL;
	word = span_cut(&line, ' ');
	while (d < end && !span_is(word, d->name))
		d++;
	if (d == end)
		return "an unknown directive";
	if ((d->kind & BARE) && span_trim(line).len)
		return "takes no argument";
	if ((d->kind & HEAD) && s->has_body)
		return "must come before the body";
	if (d->kind & SENDS_HEAD)
		s->head_at = s->nops;
	return d->run(s, line);
}

/* A reply made of one text. */
static void
script_plain(struct script *s, int status, const char *type, struct span text)
{
	set_status(s, status, no_span);
	s->type = type;
	s->enc = ENC_LENGTH;
	buf_add(&s->text, text.p, text.len);
	op_body(s, 0, 1);
}

static void
script_compile(struct script *s, const char *name, struct span source)
{
	unsigned long n = s->n;
	char text[512];
	const char *err;
	struct span line;

	for (int nr = 1; source.len; nr++) {
		line = span_cut(&source, '\n');
		err = run_line(s, line);
		if (!err)
			continue;
		snprintf(text, sizeof(text), "httpd: %s, line %d: %s: %.*s\n",
			name, nr, err, line.len < 200 ? (int)line.len : 200,
			line.p);
		script_release(s);
		script_init(s, -1, n, no_span);
		script_plain(s, 500, "text/plain",
			(struct span){text, strlen(text)});
		return;
	}
}

/*
 * The built-in models.
 */

/* Adds count times text, as the deltas of a stream or inside one object. */
static void
add_filled(struct script *s, struct span text, uint64_t count, struct span rest)
{
	size_t off;

	s->tokens = count + (rest.len != 0);
	if (!s->as_json) {
		add_delta(s, text)->count = count;
		if (rest.len)
			add_delta(s, rest);
		s->tokens = count + (rest.len != 0);
		add_finish(s, "\"stop\"");
		return;
	}
	object_open(s);
	buf_str(&s->text, "\"");
	op_body(s, s->event, 1);
	off = s->text.len;
	buf_add(&s->text, text.p, text.len);
	op_body(s, off, count);
	s->event = s->text.len;
	buf_add(&s->text, rest.p, rest.len);
	buf_str(&s->text, "\"");
	object_close(s, "\"stop\"");
}

static bool
model_bench(struct script *s, struct span name)
{
	struct span first = span_cut(&name, '-');
	uint64_t n, ms;
	size_t at;

	if (!span_is(first, "bench") ||
		!span_number(span_cut(&name, '-'), 10, &n) ||
		!span_number(name, 10, &ms) || n > UINT32_MAX ||
		ms > UINT32_MAX)
		return false;
	if (!s->as_json)
		add_role(s);
	else if (n > 1)
		op_add(s, OP_WAIT, (n - 1) * ms);
	at = s->nops;
	add_filled(s, (struct span){"word ", 5}, n, no_span);
	if (!s->as_json)
		s->ops[at].pace_ns = ms * NS_PER_MS;
	return true;
}

static bool
model_big(struct script *s, struct span name)
{
	struct span first = span_cut(&name, '-');
	char text[DELTA_BIG];
	uint64_t n;

	if (!span_is(first, "big") || !span_number(name, 10, &n))
		return false;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 8 == 7 ? ' ' : (char)('a' + i % 26);
	if (!s->as_json)
		add_role(s);
	add_filled(s, (struct span){text, sizeof(text)}, n / sizeof(text),
		(struct span){text, n % sizeof(text)});
	return true;
}

static bool
contains(struct span hay, const char *text)
{
	return memmem(hay.p, hay.len, text, strlen(text)) != NULL;
}

/* The parameters of a tool that is offered; empty if it is not. */
static struct span
tool_offered(struct span body, const char *name)
{
	struct span rest = json_get(body, "tools"), item;

	while (json_item(&rest, &item)) {
		item = json_get(item, "function");
		if (span_is(json_inside(json_get(item, "name")), name))
			return json_get(item, "parameters");
	}
	return no_span;
}

/* The first value of an enum that the messages show, or just the first. */
static struct span
choose(struct span list, struct span messages)
{
	struct span item, first = no_span;
	char mark[NAME_LEN];

	while (json_item(&list, &item)) {
		item = json_inside(item);
		if (!first.len)
			first = item;
		for (const char *end = ">."; *end; end++) {
			snprintf(mark, sizeof(mark), "<%.*s%c", (int)item.len,
				item.p, *end);
			if (contains(messages, mark))
				return item;
		}
	}
	return first;
}

static void
cast_vote(struct script *s, struct span tool, struct span messages)
{
	struct span rest = json_get(tool, "properties"), key, value;
	struct span choice = no_span;
	struct buf args = {0};

	while (!choice.len && json_member(&rest, &key, &value))
		choice = choose(json_get(value, "enum"), messages);
	if (!choice.len)
		key = (struct span){"label", 5};
	buf_fmt(&args, "{\"%.*s\":\"%.*s\",\"reason\":\"It came first.\"}",
		(int)key.len, key.p, (int)choice.len, choice.p);
	add_tool(s, (struct span){"vote", 4}, buf_span(&args));
	buf_release(&args);
}

static bool
model_team(struct script *s, struct span name, struct span body)
{
	struct span first = span_cut(&name, '-'), tool;
	struct buf args = {0};
	uint64_t k, ms;
	char text[100];

	if (!span_is(first, "team") ||
		!span_number(span_cut(&name, '-'), 10, &k) ||
		!span_number(name, 10, &ms) || ms > UINT32_MAX)
		return false;
	if (ms)
		op_add(s, OP_WAIT, ms);
	snprintf(text, sizeof(text), "This is what member %llu has to say.",
		(unsigned long long)k);
	if (tool_offered(body, "new_answer").len && !contains(body, text)) {
		buf_fmt(&args, "{\"content\":\"%s\"}", text);
		add_tool(s, (struct span){"new_answer", 10}, buf_span(&args));
		buf_release(&args);
		return true;
	}
	tool = tool_offered(body, "vote");
	if (tool.len)
		cast_vote(s, tool, json_get(body, "messages"));
	else
		add_say(s, (struct span){text, strlen(text)});
	return true;
}

static void
script_builtin(struct script *s, struct span body)
{
	struct span name = {s->model, strlen(s->model)};
	struct buf text = {0};

	s->usage = span_is(
		json_get(json_get(body, "stream_options"), "include_usage"),
		"true");
	if (!span_is(json_get(body, "stream"), "true"))
		do_as_json(s, no_span);
	if (s->as_json)
		s->enc = ENC_LENGTH;
	if (model_bench(s, name) || model_big(s, name) ||
		model_team(s, name, body))
		return;
	buf_str(&text, "echo: ");
	last_user_text(body, &text);
	add_say(s, buf_span(&text));
	buf_release(&text);
}

/*
 * Finding the script of a request.
 */

/* Reads a regular file of the scripts' directory. */
static bool
read_script(struct server *srv, const char *path, struct buf *b)
{
	struct stat st;
	ssize_t got = 1;
	int fd;

	fd = openat(srv->dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return false;
	}
	while (got > 0 && b->len < SCRIPT_MAX) {
		buf_reserve(b, READ_SIZE);
		got = read(fd, b->p + b->len, READ_SIZE);
		if (got > 0)
			b->len += (size_t)got;
	}
	close(fd);
	return true;
}

/* Reads NAME.k for the next k, or for the last one there is. */
static bool
read_sequence(struct server *srv, const char *name, struct buf *b)
{
	char path[NAME_LEN + 32];
	struct seq *q = srv->seqs;
	unsigned long k;

	while (q && strcmp(q->name, name) != 0)
		q = q->next;
	k = q ? q->k : 0;
	snprintf(path, sizeof(path), "%s.%lu", name, k + 1);
	if (read_script(srv, path, b)) {
		if (!q) {
			q = xrealloc(NULL, sizeof(*q));
			snprintf(q->name, sizeof(q->name), "%s", name);
			q->next = srv->seqs;
			srv->seqs = q;
		}
		q->k = k + 1;
		return true;
	}
	snprintf(path, sizeof(path), "%s.%lu", name, k);
	return k && read_script(srv, path, b);
}

static bool
find_script(struct server *srv, struct span model, struct script *s)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz0123456789._-"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char name[NAME_LEN + 1] = "";
	struct buf source = {0};
	bool found;

	if (srv->dirfd < 0 || !model.len || model.len > NAME_LEN)
		return false;
	for (size_t i = 0; i < model.len; i++)
		name[i] = model.p[i] && strchr(good, model.p[i]) ? model.p[i]
								 : '_';
	found = read_sequence(srv, name, &source) ||
		read_script(srv, name, &source);
	if (found)
		script_compile(s, name, buf_span(&source));
	buf_release(&source);
	return found;
}

/* Makes the reply to a request that has come in whole. */
static void
choose_script(struct conn *c, struct span body)
{
	static const char models[] =
		"{\"object\":\"list\",\"data\":"
		"[{\"id\":\"local-model\",\"object\":\"model\"}]}";
	struct span model = find_model(body), method = c->req.method;
	struct script *s = &c->script;

	script_init(s, c->srv->dirfd, c->n, model);
	if (find_script(c->srv, model, s))
		return;
	if (span_is(method, "POST"))
		script_builtin(s, body);
	else if (span_is(method, "GET") || span_is(method, "HEAD"))
		script_plain(s, 200, "application/json",
			(struct span){models, sizeof(models) - 1});
	else
		script_plain(s, 405, "text/plain",
			(struct span){"httpd: no such method\n", 22});
}

/*
 * The timers: a heap of connections by the time they are due.
 */

static void
heap_put(struct server *srv, size_t i, struct conn *c)
{
	srv->heap[i] = c;
	c->slot = i + 1;
}

static void
heap_place(struct server *srv, size_t i, struct conn *c)
{
	struct conn **h = srv->heap;
	size_t kid;

	for (; i && h[(i - 1) / 2]->due > c->due; i = (i - 1) / 2)
		heap_put(srv, i, h[(i - 1) / 2]);
	for (; (kid = 2 * i + 1) < srv->nheap; i = kid) {
		if (kid + 1 < srv->nheap && h[kid + 1]->due < h[kid]->due)
			kid++;
		if (h[kid]->due >= c->due)
			break;
		heap_put(srv, i, h[kid]);
	}
	heap_put(srv, i, c);
}

static void
timer_set(struct conn *c, uint64_t due)
{
	struct server *srv = c->srv;

	c->due = due;
	if (!c->slot) {
		if (srv->nheap == srv->heap_cap) {
			srv->heap_cap = srv->heap_cap ? srv->heap_cap * 2 : 64;
			srv->heap = xrealloc(
				srv->heap, srv->heap_cap * sizeof(*srv->heap));
		}
		heap_put(srv, srv->nheap++, c);
	}
	heap_place(srv, c->slot - 1, c);
}

static void
timer_unset(struct conn *c)
{
	struct server *srv = c->srv;
	size_t i = c->slot - 1;
	struct conn *last;

	if (!c->slot)
		return;
	last = srv->heap[--srv->nheap];
	c->slot = 0;
	if (last != c)
		heap_place(srv, i, last);
}

static uint64_t
clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 * NS_PER_MS + (uint64_t)ts.tv_nsec;
}

/* Times are rounded up so that many clients share a wake-up. */
static uint64_t
round_ms(uint64_t ns)
{
	return (ns + NS_PER_MS - 1) / NS_PER_MS * NS_PER_MS;
}

/*
 * The log.
 */

static void
log_write(struct server *srv, const char *p, size_t len)
{
	ssize_t n;

	for (; len; p += n, len -= (size_t)n) {
		n = write(srv->logfd, p, len);
		if (n < 0)
			die("write the log");
	}
}

/* Takes the next header line; false at the end. */
static bool
header_next(struct span *rest, struct span *name, struct span *value)
{
	struct span line;

	if (!rest->len)
		return false;
	line = span_cut(rest, '\n');
	if (line.len && line.p[line.len - 1] == '\r')
		line.len--;
	*name = span_cut(&line, ':');
	*value = span_trim(line);
	return true;
}

static bool
named_before(struct span headers, struct span name)
{
	struct span other, value;

	while (header_next(&headers, &other, &value) && other.p != name.p)
		if (same_name(other, name))
			return true;
	return false;
}

static void
log_headers(struct buf *b, struct span all)
{
	struct span rest = all, more, name, other, value;
	const char *sep = "";
	size_t at;

	while (header_next(&rest, &name, &value)) {
		if (named_before(all, name))
			continue;
		buf_fmt(b, "%s\"", sep);
		sep = ",";
		at = b->len;
		buf_json(b, name.p, name.len);
		for (; at < b->len; at++)
			if (b->p[at] >= 'A' && b->p[at] <= 'Z')
				b->p[at] = (char)(b->p[at] - 'A' + 'a');
		buf_str(b, "\":\"");
		buf_json(b, value.p, value.len);
		for (more = rest; header_next(&more, &other, &value);)
			if (same_name(other, name)) {
				buf_str(b, ", ");
				buf_json(b, value.p, value.len);
			}
		buf_str(b, "\"");
	}
}

static void
log_body(struct buf *b, struct span body)
{
	size_t at = b->len;

	if (!json_is_object(body)) {
		buf_str(b, "\"");
		buf_json(b, body.p, body.len);
		buf_str(b, "\"");
		return;
	}
	buf_add(b, body.p, body.len);
	for (; at < b->len; at++)
		if ((unsigned char)b->p[at] < 0x20)
			b->p[at] = ' ';
}

static void
log_request(struct conn *c, struct span body)
{
	struct server *srv = c->srv;
	struct buf b = {0};

	if (srv->logfd < 0)
		return;
	buf_fmt(&b, "{\"n\":%lu,\"method\":\"", c->n);
	buf_json(&b, c->req.method.p, c->req.method.len);
	buf_str(&b, "\",\"path\":\"");
	buf_json(&b, c->req.path.p, c->req.path.len);
	buf_str(&b, "\",\"headers\":{");
	log_headers(&b, c->req.headers);
	buf_str(&b, "},\"body\":");
	log_body(&b, body);
	buf_fmt(&b, ",\"conn\":%lu,\"t_ms\":%llu}\n", c->id,
		(unsigned long long)((clock_ns() - srv->start) / NS_PER_MS));
	log_write(srv, b.p, b.len);
	buf_release(&b);
}

static void
log_early(struct conn *c)
{
	char line[64];

	if (c->srv->logfd < 0 || !c->n)
		return;
	snprintf(
		line, sizeof(line), "{\"n\":%lu,\"closed\":\"early\"}\n", c->n);
	log_write(c->srv, line, strlen(line));
}

/*
 * Connections.  A function that returns bool says whether to go on; after a
 * false the connection may be no more.
 */

static void
conn_free(struct conn *c)
{
	timer_unset(c);
	close(c->fd);
	if (c->prev)
		c->prev->next = c->next;
	else
		c->srv->conns = c->next;
	if (c->next)
		c->next->prev = c->prev;
	script_release(&c->script);
	buf_release(&c->in);
	buf_release(&c->head);
	buf_release(&c->body);
	buf_release(&c->out);
	buf_release(&c->piece);
	free(c);
}

static bool
conn_lost(struct conn *c)
{
	if (c->state == REPLYING)
		log_early(c);
	conn_free(c);
	return false;
}

/* Sends what is queued: 1 all gone, 0 the socket is full, -1 client gone. */
static int
conn_flush(struct conn *c)
{
	ssize_t n;

	while (c->out_done < c->out.len) {
		n = send(c->fd, c->out.p + c->out_done,
			c->out.len - c->out_done, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -1;
		c->out_done += (size_t)n;
	}
	c->out.len = c->out_done = 0;
	return 1;
}

/* Drains what the client still sends, lest close(2) turn into a reset. */
static bool
conn_drain(struct conn *c)
{
	char *block = c->srv->block;
	ssize_t n;

	do
		n = recv(c->fd, block, BLOCK, 0);
	while (n > 0);
	if (n < 0 && errno == EAGAIN && c->due > c->srv->now) {
		timer_set(c, c->due);
		return false;
	}
	conn_free(c);
	return false;
}

/* Resets the connection once the other side has all bytes, or in 10 s. */
static bool
conn_reset(struct conn *c)
{
	struct linger hard = {.l_onoff = 1, .l_linger = 0};
	int queued = 0;

	if (ioctl(c->fd, SIOCOUTQ, &queued) == 0 && queued && !c->gone &&
		c->srv->now < c->tick) {
		timer_set(c, c->srv->now + NS_PER_MS);
		return false;
	}
	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	conn_free(c);
	return false;
}

/* The reply has been handed to the kernel. */
static bool
reply_over(struct conn *c)
{
	switch (c->ending) {
	case END_KEEP:
		script_release(&c->script);
		buf_drop(&c->in, c->req.used);
		buf_release(&c->body);
		c->req = (struct request){0};
		c->state = READING;
		return true;
	case END_LINGER:
		shutdown(c->fd, SHUT_WR);
		c->state = LINGERING;
		c->due = c->srv->now + LINGER_MS * NS_PER_MS;
		return true;
	case END_RESET:
		c->state = RESETTING;
		c->tick = c->srv->now + 10000 * NS_PER_MS;
		return true;
	default:
		conn_free(c);
		return false;
	}
}

/* Appends body bytes to the output in the reply's framing. */
static void
put_framed(struct conn *c, const char *p, size_t len)
{
	if (!len)
		return;
	if (c->enc == ENC_CHUNKED)
		buf_fmt(&c->out, "%zx\r\n", len);
	buf_add(&c->out, p, len);
	if (c->enc == ENC_CHUNKED)
		buf_add(&c->out, "\r\n", 2);
}

static void
put_piece(struct conn *c)
{
	put_framed(c, c->piece.p, c->piece.len);
	c->piece.len = 0;
}

static void
put_head(struct conn *c)
{
	const struct script *s = &c->script;
	unsigned wanted = ~s->given;

	c->head_sent = true;
	buf_fmt(&c->out, "HTTP/1.1 %d %s\r\n", s->status,
		s->reason[0] ? s->reason : "OK");
	buf_add(&c->out, s->head.p, s->head.len);
	if (s->status == 204 || s->status == 304)
		wanted &= AUTO_CONNECTION;
	if (wanted & AUTO_TYPE)
		buf_fmt(&c->out, "Content-Type: %s\r\n", s->type);
	if ((wanted & AUTO_CODING) && c->enc == ENC_CHUNKED)
		buf_str(&c->out, "Transfer-Encoding: chunked\r\n");
	if ((wanted & AUTO_LENGTH) && c->enc == ENC_LENGTH)
		buf_fmt(&c->out, "Content-Length: %llu\r\n",
			(unsigned long long)s->length);
	if ((wanted & AUTO_CONNECTION) && (!c->req.keep || c->enc == ENC_CLOSE))
		buf_str(&c->out, "Connection: close\r\n");
	buf_str(&c->out, "\r\n");
}

static void
reply_finish(struct conn *c)
{
	bool whole = c->bodyless || c->body_sent == c->script.length;

	put_piece(c);
	if (c->enc == ENC_CHUNKED && !c->bodyless)
		buf_str(&c->out, "0\r\n\r\n");
	c->ending = c->req.keep && c->enc != ENC_CLOSE && whole ? END_KEEP
								: END_LINGER;
}

static void
reply_cut(struct conn *c)
{
	put_piece(c);
	c->ending = c->script.cut_rst ? END_RESET : END_CLOSE;
}

/* What the op at pc has to send next; empty at its end. */
static struct span
op_bytes(struct conn *c, const struct op *op)
{
	uint64_t at = c->op_done;
	ssize_t n;

	if (op->kind == OP_FILE) {
		if (at >= op->len)
			return no_span;
		n = pread(op->fd, c->srv->block, BLOCK, (off_t)at);
		return (struct span){c->srv->block, n > 0 ? (size_t)n : 0};
	}
	if (!op->len || at / op->len >= op->count)
		return no_span;
	at %= op->len;
	return (struct span){
		c->script.text.p + op->off + at, op->len - (size_t)at};
}

/* After a repetition: true if the next one has to wait. */
static bool
op_paced(struct conn *c, const struct op *op)
{
	uint64_t unit = op->len;

	if (!op->pace_ns || c->op_done % unit || c->op_done == unit * op->count)
		return false;
	if (c->op_done == unit)
		c->tick = round_ms(c->srv->now);
	c->tick += op->pace_ns;
	c->resume = c->tick;
	return c->resume > c->srv->now;
}

/* Sends a part of a body op; true if it must be written before more is made. */
static bool
step_body(struct conn *c, const struct op *op)
{
	struct span part = op_bytes(c, op);
	uint64_t left = c->script.cut - c->body_sent;

	if (!part.len || c->bodyless) {
		c->pc++;
		c->op_done = 0;
		return false;
	}
	if (c->chunk && part.len > c->chunk - c->piece.len)
		part.len = c->chunk - c->piece.len;
	if (part.len > BLOCK)
		part.len = BLOCK;
	if (part.len > left)
		part.len = (size_t)left;
	c->op_done += part.len;
	c->body_sent += part.len;
	if (c->chunk)
		buf_add(&c->piece, part.p, part.len);
	else
		put_framed(c, part.p, part.len);
	if (c->body_sent == c->script.cut) {
		reply_cut(c);
		return true;
	}
	if (op_paced(c, op)) {
		put_piece(c);
		return true;
	}
	if (!c->chunk || c->piece.len < c->chunk)
		return false;
	put_piece(c);
	c->resume = c->srv->now + c->gap_ns;
	return true;
}

/* Runs the op at pc; true if the output must be written before the next. */
static bool
step(struct conn *c)
{
	const struct op *op = &c->script.ops[c->pc];

	if (op->kind == OP_BODY || op->kind == OP_FILE)
		return step_body(c, op);
	put_piece(c);
	switch (op->kind) {
	case OP_WAIT:
		c->resume = round_ms(c->srv->now + op->count * NS_PER_MS);
		break;
	case OP_CHUNK:
		c->chunk = (size_t)op->count;
		break;
	case OP_GAP:
		c->gap_ns = op->count * 1000;
		break;
	case OP_HANG:
		c->resume = FOREVER;
		break;
	default:
		c->ending = END_CLOSE;
	}
	c->pc++;
	return true;
}

static bool
head_is_due(const struct conn *c)
{
	const struct script *s = &c->script;

	if (c->head_sent || s->no_head)
		return false;
	return c->pc >= s->head_at || c->pc == s->nops ||
		s->ops[c->pc].kind <= OP_FILE;
}

/* Makes output until a block is full or the script wants a write or a pause. */
static void
reply_fill(struct conn *c)
{
	while (c->out.len < BLOCK && c->ending == END_NOT) {
		if (head_is_due(c)) {
			put_head(c);
			if (c->chunk)
				return;
		}
		if (c->pc == c->script.nops)
			reply_finish(c);
		else if (step(c))
			return;
	}
}

/* Carries a reply as far as it goes now; true when it is over. */
static bool
conn_reply(struct conn *c)
{
	uint64_t now = c->srv->now;
	size_t done = 0;
	int sent;

	if (c->gone)
		return conn_lost(c);
	for (;;) {
		/* A write weighs as much as a KiB, or small chunks hog us. */
		done += c->out.len - c->out_done + 1024;
		sent = conn_flush(c);
		if (sent < 0)
			return conn_lost(c);
		if (sent == 0)
			return false;
		if (c->ending != END_NOT)
			return reply_over(c);
		if (c->resume > now) {
			if (c->resume != FOREVER)
				timer_set(c, c->resume);
			return false;
		}
		if (done > TURN) {
			timer_set(c, now + 1);
			return false;
		}
		reply_fill(c);
	}
}

static void
reply_begin(struct conn *c)
{
	struct script *s = &c->script;

	for (size_t i = 0; i < s->nops; i++)
		if (s->ops[i].kind <= OP_FILE)
			s->length += s->ops[i].len * s->ops[i].count;
	c->state = REPLYING;
	c->pc = 0;
	c->op_done = c->body_sent = c->resume = c->tick = 0;
	c->gap_ns = GAP_NS;
	c->chunk = 0;
	/* A client of HTTP/1.0 knows no chunks. */
	c->enc = c->req.old && s->enc == ENC_CHUNKED ? ENC_CLOSE : s->enc;
	c->head_sent = false;
	c->ending = END_NOT;
	c->bodyless = s->status == 204 || s->status == 304 ||
		span_is(c->req.method, "HEAD");
}

/* Answers what cannot be read on; the connection ends with the answer. */
static void
reply_error(struct conn *c, int status)
{
	char text[128];

	snprintf(text, sizeof(text), "httpd: %s\n", default_reason(status));
	c->req.keep = false;
	c->n = 0;
	script_init(&c->script, -1, 0, no_span);
	script_plain(&c->script, status, "text/plain",
		(struct span){text, strlen(text)});
	reply_begin(c);
}

/*
 * Requests.
 */

static int
read_header(struct request *req, struct span name, struct span value)
{
	uint64_t n;

	if (span_is(name, "content-length")) {
		if (!span_number(value, 10, &n))
			return 400;
		if (n > BODY_MAX)
			return 413;
		req->length = (size_t)n;
	} else if (span_is(name, "transfer-encoding")) {
		if (!span_is(value, "chunked"))
			return 400;
		req->chunked = true;
	} else if (span_is(name, "connection")) {
		if (span_is(value, "close"))
			req->keep = false;
	} else if (span_is(name, "expect")) {
		req->expect = span_is(value, "100-continue");
	}
	return 0;
}

/* Reads a whole head; returns 0 or the status that refuses it. */
static int
read_head(struct conn *c, size_t len)
{
	struct request *req = &c->req;
	struct span rest, line, name, value;
	int status;

	c->head.len = 0;
	buf_add(&c->head, c->in.p, len - 2);
	rest = buf_span(&c->head);
	line = span_cut(&rest, '\n');
	if (line.len && line.p[line.len - 1] == '\r')
		line.len--;
	req->head_len = req->used = len;
	req->method = span_cut(&line, ' ');
	req->path = span_cut(&line, ' ');
	req->headers = rest;
	if (!req->method.len || !req->path.len ||
		(!span_is(line, "HTTP/1.1") && !span_is(line, "HTTP/1.0")))
		return 400;
	req->old = span_is(line, "HTTP/1.0");
	req->keep = !req->old;
	while (header_next(&rest, &name, &value)) {
		if (!name.len || is_blank(name.p[0]) ||
			is_blank(name.p[name.len - 1]))
			return 400;
		status = read_header(req, name, value);
		if (status)
			return status;
	}
	return 0;
}

/*
 * Decodes the chunks that are there.  Like the two functions below it returns
 * 0 for more input, 1 when the request is whole, else a status.
 */
static int
read_chunks(struct conn *c)
{
	struct request *req = &c->req;

	for (;;) {
		struct span in = {c->in.p + req->used, c->in.len - req->used};
		struct span rest = in, line = span_cut(&rest, '\n');
		uint64_t n;
		size_t need;

		if (line.len == in.len)
			return in.len > 1024 ? 400 : 0;
		if (line.len && line.p[line.len - 1] == '\r')
			line.len--;
		if (req->length) { /* after the last chunk */
			req->used += (size_t)(rest.p - in.p);
			if (!line.len)
				return 1;
			continue;
		}
		if (!span_number(span_trim(span_cut(&line, ';')), 16, &n))
			return 400;
		if (n > BODY_MAX - c->body.len)
			return 413;
		need = n ? (size_t)n + 2 : 0;
		if (rest.len < need)
			return 0;
		buf_add(&c->body, rest.p, (size_t)n);
		req->used += (size_t)(rest.p - in.p) + need;
		req->length = !n;
	}
}

static int
read_body(struct conn *c)
{
	struct request *req = &c->req;
	size_t need = req->head_len + req->length;
	int done;

	if (req->chunked) {
		done = read_chunks(c);
	} else {
		done = c->in.len >= need;
		if (done)
			req->used = need;
	}
	if (!done && req->expect) {
		req->expect = false;
		buf_str(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
	}
	return done;
}

static int
read_request(struct conn *c)
{
	const char *end;
	size_t skip = 0;
	int status;

	if (c->req.head_len)
		return read_body(c);
	while (skip < c->in.len &&
		(c->in.p[skip] == '\r' || c->in.p[skip] == '\n'))
		skip++;
	if (skip)
		buf_drop(&c->in, skip);
	end = c->in.len ? memmem(c->in.p, c->in.len, "\r\n\r\n", 4) : NULL;
	if (!end || end - c->in.p > HEAD_MAX - 4)
		return end || c->in.len > HEAD_MAX ? 431 : 0;
	status = read_head(c, (size_t)(end - c->in.p) + 4);
	if (status)
		return status;
	if (c->req.chunked)
		c->req.length = 0;
	return read_body(c);
}

static void
request_begin(struct conn *c)
{
	struct span body = {c->in.p + c->req.head_len, c->req.length};

	if (c->req.chunked)
		body = buf_span(&c->body);
	c->n = ++c->srv->nrequests;
	log_request(c, body);
	choose_script(c, body);
	reply_begin(c);
}

/* Reads a request; true when there is something to answer. */
static bool
conn_read(struct conn *c)
{
	size_t want;
	ssize_t n;
	int status;

	for (;;) {
		status = read_request(c);
		if (status == 1)
			request_begin(c);
		else if (status)
			reply_error(c, status);
		if (status)
			return true;
		if (conn_flush(c) < 0)
			return conn_lost(c);
		want = c->req.head_len + c->req.length;
		want = want > c->in.len ? want - c->in.len : 0;
		buf_reserve(&c->in, want > READ_SIZE ? want : READ_SIZE);
		n = recv(c->fd, c->in.p + c->in.len, c->in.cap - c->in.len, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return false;
		if (n <= 0)
			return conn_lost(c);
		c->in.len += (size_t)n;
	}
}

static void
conn_run(struct conn *c)
{
	bool more = true;

	timer_unset(c);
	while (more) {
		switch (c->state) {
		case READING:
			more = conn_read(c);
			break;
		case REPLYING:
			more = conn_reply(c);
			break;
		case LINGERING:
			more = conn_drain(c);
			break;
		case RESETTING:
			more = conn_reset(c);
			break;
		}
	}
}

static void
accept_all(struct server *srv)
{
	struct epoll_event ev = {
		.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
	};
	struct conn *c;
	int fd, on = 1;

	while ((fd = accept4(srv->listener, NULL, NULL,
			SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		c = xrealloc(NULL, sizeof(*c));
		*c = (struct conn){.srv = srv,
			.fd = fd,
			.id = ++srv->nconns,
			.next = srv->conns};
		if (c->next)
			c->next->prev = c;
		srv->conns = c;
		ev.data.ptr = c;
		if (epoll_ctl(srv->ep, EPOLL_CTL_ADD, fd, &ev) < 0)
			die("watch a connection");
	}
	if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
		die("accept a connection");
}

/*
 * The loop.
 */

static void
on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

/* Waits for an event, the next timer or a signal; true if there are events. */
static bool
loop_wait(struct server *srv, const sigset_t *mask)
{
	struct pollfd pfd = {.fd = srv->ep, .events = POLLIN};
	uint64_t now = clock_ns(), until = srv->stop_at;
	struct timespec ts = {0, 0};
	int n;

	if (srv->nheap && srv->heap[0]->due < until)
		until = srv->heap[0]->due;
	if (until > now) {
		ts.tv_sec = (time_t)((until - now) / (1000 * NS_PER_MS));
		ts.tv_nsec = (long)((until - now) % (1000 * NS_PER_MS));
	}
	n = ppoll(&pfd, 1, &ts, mask);
	if (n < 0 && errno != EINTR)
		die("wait");
	srv->now = clock_ns();
	return n > 0;
}

static void
loop_events(struct server *srv)
{
	struct epoll_event ev[EVENTS];
	int n = epoll_wait(srv->ep, ev, EVENTS, 0);

	for (int i = 0; i < n; i++) {
		struct conn *c = ev[i].data.ptr;

		if (!c) {
			accept_all(srv);
			continue;
		}
		if (ev[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
			c->gone = true;
		conn_run(c);
	}
}

static void
loop(struct server *srv, const sigset_t *mask)
{
	while (!stopped) {
		if (loop_wait(srv, mask))
			loop_events(srv);
		while (srv->nheap && srv->heap[0]->due <= srv->now)
			conn_run(srv->heap[0]);
		if (srv->now >= srv->stop_at) {
			if (!srv->quiet)
				fprintf(stderr, "httpd: time is up\n");
			return;
		}
	}
}

static int
listen_on(unsigned port)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int on = 1, fd;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("make a socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0)
		die("bind to the port");
	if (listen(fd, 4096) < 0)
		die("listen");
	return fd;
}

static void
tell_port(int listener, const char *path)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	char tmp[PATH_MAX];
	int fd;

	if (getsockname(listener, (struct sockaddr *)&sin, &len) < 0)
		die("learn the port");
	if (!path) {
		if (dprintf(STDOUT_FILENO, "%u\n", ntohs(sin.sin_port)) < 0)
			die("write the port");
	} else {
		snprintf(tmp, sizeof(tmp), "%s.%ld", path, (long)getpid());
		fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0 || dprintf(fd, "%u\n", ntohs(sin.sin_port)) < 0 ||
			close(fd) < 0 || rename(tmp, path) < 0)
			die("write the port's file");
	}
	/* A reader of our stdout sees its end. */
	fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
		die("open /dev/null");
	close(fd);
}

/* Signals come only while we wait; mask is for the wait. */
static void
set_signals(sigset_t *mask)
{
	struct sigaction stop = {.sa_handler = on_signal};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t block;

	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGINT);
	sigprocmask(SIG_BLOCK, &block, mask);
	sigdelset(mask, SIGTERM);
	sigdelset(mask, SIGINT);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

static void
set_process(pid_t parent)
{
	struct rlimit rl;

	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)
		exit(0);
	prctl(PR_SET_TIMERSLACK, 1UL);
	if (getrlimit(RLIMIT_NOFILE, &rl) == 0) {
		rl.rlim_cur = rl.rlim_max;
		setrlimit(RLIMIT_NOFILE, &rl);
	}
}

static void
server_open(struct server *srv, const char *dir, const char *log)
{
	struct epoll_event ev = {.events = EPOLLIN};

	if (dir) {
		srv->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (srv->dirfd < 0)
			die("open the directory of scripts");
	}
	if (log && !srv->quiet) {
		srv->logfd = open(
			log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
		if (srv->logfd < 0)
			die("open the log");
	}
	srv->ep = epoll_create1(EPOLL_CLOEXEC);
	if (srv->ep < 0 ||
		epoll_ctl(srv->ep, EPOLL_CTL_ADD, srv->listener, &ev) < 0)
		die("watch the socket");
}

static void
server_release(struct server *srv)
{
	struct seq *next;

	while (srv->conns)
		conn_free(srv->conns);
	for (; srv->seqs; srv->seqs = next) {
		next = srv->seqs->next;
		free(srv->seqs);
	}
	free(srv->heap);
	close(srv->ep);
	close(srv->listener);
	if (srv->dirfd >= 0)
		close(srv->dirfd);
	if (srv->logfd >= 0)
		close(srv->logfd);
	free(srv);
}

static unsigned
number_option(const char *arg, unsigned max)
{
	uint64_t n;

	if (!span_number((struct span){arg, strlen(arg)}, 10, &n) || n > max) {
		fprintf(stderr, "httpd: not a number up to %u: %s\n", max, arg);
		exit(64);
	}
	return (unsigned)n;
}

int
main(int argc, char **argv)
{
	const char *dir = NULL, *log = NULL, *port_file = NULL;
	struct server *srv = xrealloc(NULL, sizeof(*srv));
	unsigned port = 0, seconds = 900;
	pid_t parent = getppid();
	sigset_t mask;
	int opt;

	*srv = (struct server){.dirfd = -1, .logfd = -1};
	while ((opt = getopt(argc, argv, "P:d:l:p:qt:")) != -1) {
		switch (opt) {
		case 'P':
			port = number_option(optarg, 65535);
			break;
		case 'd':
			dir = optarg;
			break;
		case 'l':
			log = optarg;
			break;
		case 'p':
			port_file = optarg;
			break;
		case 'q':
			srv->quiet = true;
			break;
		case 't':
			seconds = number_option(optarg, 1000000);
			break;
		default:
			goto usage;
		}
	}
	if (optind < argc)
		goto usage;
	set_process(parent);
	set_signals(&mask);
	srv->start = srv->now = clock_ns();
	srv->stop_at = srv->start + seconds * 1000 * NS_PER_MS;
	srv->listener = listen_on(port);
	server_open(srv, dir, log);
	tell_port(srv->listener, port_file);
	loop(srv, &mask);
	server_release(srv);
	return 0;
usage:
	free(srv);
	fprintf(stderr,
		"usage: httpd [-q] [-d DIR] [-l FILE] [-p FILE] "
		"[-P PORT] [-t SECONDS]\n");
	return 64;
}
