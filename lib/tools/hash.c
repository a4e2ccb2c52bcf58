/*
 * The hash of a tool's definition.
 *
 * SHA-256 of pieces that each have their length in front, so that no two
 * definitions give the same bytes: the kind; what the tool says of itself,
 * where no file of its own says it; and of the record (or whatever it came
 * from) and each further file the path and the content.
 */
#include "event/json.h"
#include "tools/pin.h"
#include "tools/registry_in.h"

#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES 3 /* of a file that changes while it is read */

_Static_assert(MG_TOOL_HASH == SHA256_DIGEST_STRING_LENGTH, "SHA-256 in hex");

void
mg_bytes_hash(struct mg_sl bytes, char out[MG_TOOL_HASH])
{
	SHA2_CTX h;

	SHA256Init(&h);
	if (bytes.n)
		SHA256Update(&h, (const uint8_t *)bytes.p, bytes.n);
	SHA256End(&h, out);
}

/* The i-th file of the definition; NULL behind the last. */
static const char *
file_at(const struct mg_tool *t, size_t i)
{
	return i == 0 ? t->path : t->files ? t->files[i - 1] : NULL;
}

static int
gone(const struct mg_tool *t, const char *path, const char *why,
	struct mg_fault *f)
{
	mg_fail(f, MG_E_CHANGED, "%s: unable to read %s: %s", t->name, path,
		why);
	return mg_remedy(f, "a tool whose files are not there is not run");
}

/* A word of the command that begins as a path, but is no file yet, or no more:
 * it belongs to the definition as one that is not there. */
static bool
may_miss(const struct mg_tool *t, size_t i)
{
	if (i == 0 || t->kind != &mg_tool_program)
		return false;
	for (size_t k = 1; t->command && t->command[0] && t->command[k]; k++)
		if (strcmp(t->command[k], file_at(t, i)) == 0)
			return true;
	return false;
}

/* How all of its files look; *racy: too fresh to tell the next change. */
static int
stamps(const struct mg_tool *t, struct mg_str *out, bool *racy,
	struct mg_fault *f)
{
	char stamp[MG_STAMP_SIZE];
	struct stat st;
	const char *path;

	*racy = false;
	for (size_t i = 0; (path = file_at(t, i)); i++) {
		bool there = stat(path, &st) == 0;
		const char *why = there ? "it is no regular file"
					: strerror(errno);
		bool file = there && S_ISREG(st.st_mode);

		if (!file && !may_miss(t, i))
			return gone(t, path, why, f);
		mg_stamp(file ? &st : NULL, stamp);
		mg_str_puts(out, stamp);
		mg_str_putc(out, ' ');
		*racy = *racy || (file && mg_stamp_racy(&st));
	}
	return 0;
}

static void
piece(SHA2_CTX *h, struct mg_sl s)
{
	char length[24];
	int n = snprintf(length, sizeof(length), "%zu:", s.n);

	SHA256Update(h, (const uint8_t *)length, (size_t)n);
	if (s.n)
		SHA256Update(h, (const uint8_t *)s.p, s.n);
}

static void
pieces(SHA2_CTX *h, char *const *words)
{
	char count[24];
	int n = snprintf(count, sizeof(count), "%zu", mg_words_count(words));

	piece(h, (struct mg_sl){count, (size_t)n});
	for (size_t i = 0; words && words[i]; i++)
		piece(h, mg_sl_of(words[i]));
}

/* What a program says of itself may depend on more than its bytes. */
static void
said(SHA2_CTX *h, const struct mg_tool *t)
{
	struct mg_str labels = MG_STR(0);

	mg_label_names(t->labels, &labels);
	piece(h, mg_str_as_sl(&labels));
	piece(h, mg_sl_of(t->schema));
	piece(h, mg_sl_of(t->cwd ? t->cwd : ""));
	pieces(h, t->command);
	pieces(h, t->env);
	pieces(h, t->writes);
	mg_str_release(&labels);
}

/* The content, with the length it had when it was opened; `own`: once more. */
static int
content(SHA2_CTX *h, SHA2_CTX *own, int fd, uint64_t size)
{
	char buf[65536];
	uint64_t left = size;
	ssize_t n;
	int len = snprintf(buf, sizeof(buf), "%llu:", (unsigned long long)size);

	SHA256Update(h, (const uint8_t *)buf, (size_t)len);
	while ((n = read(fd, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if ((uint64_t)n > left)
			break;
		left -= (uint64_t)n;
		SHA256Update(h, (const uint8_t *)buf, (size_t)n);
		if (own)
			SHA256Update(own, (const uint8_t *)buf, (size_t)n);
	}
	errno = EAGAIN; /* it is being written */
	return left || n ? -1 : 0;
}

struct sums {
	SHA2_CTX all, own; /* own: of the first file alone */
};

static int
add_file(struct sums *h, const struct mg_tool *t, size_t i, struct mg_fault *f)
{
	const char *path = file_at(t, i);
	struct stat st;
	int e = -1, err, fd;

	piece(&h->all, mg_sl_of(path));
	if (may_miss(t, i) && (stat(path, &st) < 0 || !S_ISREG(st.st_mode))) {
		SHA256Update(&h->all, (const uint8_t *)"-", 1); /* no length */
		return 0;
	}
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return gone(t, path, strerror(errno), f);
	if (fstat(fd, &st) == 0) {
		errno = EINVAL;
		e = S_ISREG(st.st_mode) ? content(&h->all, i ? NULL : &h->own,
						  fd, (uint64_t)st.st_size)
					: -1;
	}
	err = errno;
	close(fd);
	return e < 0 ? gone(t, path, strerror(err), f) : 0;
}

static int
compute(struct mg_tool *t, struct mg_fault *f)
{
	bool of_files = t->kind == &mg_tool_program || t->kind == &mg_tool_team;
	struct sums h;

	SHA256Init(&h.all);
	SHA256Init(&h.own);
	piece(&h.all, MG_SL("mg-tool 1"));
	piece(&h.all, mg_sl_of(t->kind->name));
	if (!of_files)
		said(&h.all, t);
	for (size_t i = 0; file_at(t, i); i++)
		if (add_file(&h, t, i, f) < 0)
			return -1;
	SHA256End(&h.all, t->hash);
	SHA256End(&h.own, t->own);
	return 0;
}

int
mg_tool_hash(struct mg_tool *t, struct mg_fault *f)
{
	struct mg_str before = MG_STR(0), after = MG_STR(0);
	bool racy = false, same = false;
	int e = stamps(t, &before, &racy, f);

	if (e == 0 && t->hash[0] && t->stamp && strcmp(t->stamp, before.s) == 0)
		goto out;
	free(t->stamp);
	t->stamp = NULL;
	t->hash[0] = '\0';
	for (int i = 0; i < TRIES && e == 0 && !same; i++) {
		e = compute(t, f);
		mg_str_clear(&after);
		if (e == 0)
			e = stamps(t, &after, &racy, f);
		same = e == 0 && strcmp(before.s, after.s) == 0;
		mg_str_clear(&before);
		mg_str_sl(&before, mg_str_as_sl(&after));
	}
	if (e == 0 && !same)
		e = gone(t, t->path, "it is being written", f);
	if (e < 0)
		t->hash[0] = '\0';
	else if (!racy)
		t->stamp = mg_xstrdup(after.s);
out:
	mg_str_release(&before);
	mg_str_release(&after);
	return e;
}
