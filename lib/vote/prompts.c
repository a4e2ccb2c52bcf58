/* prompts.c - the lead's words: read at the start, filled in when needed. */
#include "vote/prompts.h"

#include "base/dirs.h"
#include "vote/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define PROMPT_MAX ((size_t)64 << 10) /* bytes of a prompt's file */

#define AT(m) offsetof(struct mg_fill, m)

static const struct word {
	const char *name;
	size_t at;
} words[] = {{"earlier", AT(earlier)}, {"question", AT(question)},
	{"sensitivity", AT(sensitivity)}, {"answers", AT(answers)},
	{"labels", AT(labels)}, {"own", AT(own)}, {"limit", AT(limit)},
	{"why", AT(why)}, {"tools", AT(tools)}, {NULL, 0}};

static const struct file {
	const char *name;
	const char *needs; /* without it the prompt says nothing */
} files[MG_PROMPTS] = {
	[MG_PROMPT_ANSWER] = {"answer", "{{question}}"},
	[MG_PROMPT_VOTE] = {"vote", ""},
	[MG_PROMPT_UPDATE] = {"update", "{{answers}}"},
	[MG_PROMPT_BALLOT] = {"ballot", "{{labels}}"},
	[MG_PROMPT_REMIND] = {"remind", "{{why}}"},
	[MG_PROMPT_PRESENT] = {"present", ""},
};

/* A word at the start of s; *n: how many bytes it takes. */
static const struct word *
word_at(const char *s, size_t *n)
{
	const char *close = strncmp(s, "{{", 2) == 0 ? strstr(s, "}}") : NULL;

	for (size_t i = 0; close && words[i].name; i++)
		if (mg_sl_is((struct mg_sl){s + 2, (size_t)(close - s - 2)},
			    words[i].name)) {
			*n = (size_t)(close - s) + 2;
			return &words[i];
		}
	return NULL;
}

static int
check(const char *path, const char *text, const char *needs, struct mg_fault *f)
{
	size_t n;

	for (const char *s = text; (s = strstr(s, "{{")); s += n)
		if (!needs || !word_at(s, &n)) {
			mg_fail(f, MG_E_CONFIG,
				"%s: nothing is filled in for the word behind "
				"its `{{`",
				path);
			return mg_remedy(f,
				"share/prompts has the file with every word "
				"that it may hold");
		}
	if (needs && !strstr(text, needs))
		return mg_fail(
			f, MG_E_CONFIG, "%s: %s is missing", path, needs);
	return 0;
}

/* The user's own file, or ours. */
static bool
find(const char *name, struct mg_str *path)
{
	if (mg_dir_path(MG_DIR_CONFIG, name, path) && !path->over &&
		access(path->s, F_OK) == 0)
		return true;
	mg_str_clear(path);
	return mg_share_path(name, path);
}

static char *
load(const char *folder, const char *name, const char *needs,
	struct mg_fault *f)
{
	struct mg_str rel = MG_STR(256), path = MG_STR(4096);
	struct mg_str text = MG_STR(PROMPT_MAX);
	char *made = NULL;

	mg_str_fmt(&rel, "prompts/%s%s.md", folder, name);
	if (!find(rel.s, &path)) {
		mg_fail(f, MG_E_CONFIG, "%s is nowhere", rel.s);
		mg_remedy(f, "set MG_SHARE to the folder that holds mg's data");
	} else if (!mg_str_file(&text, path.s)) {
		mg_fail(f, MG_E_CONFIG, "unable to read %s: %s", path.s,
			strerror(errno));
	} else {
		made = mg_sl_dup(mg_sl_trim(mg_str_as_sl(&text)));
		if (check(path.s, made, needs, f) < 0) {
			free(made);
			made = NULL;
		}
	}
	mg_str_release(&rel);
	mg_str_release(&path);
	mg_str_release(&text);
	return made;
}

int
mg_prompts_load(struct mg_prompts *p, struct mg_fault *f)
{
	size_t n = 0;

	while (mg_sensitivities[n])
		n++;
	*p = (struct mg_prompts){.sensitivity = mg_xcalloc(n, sizeof(char *))};
	for (size_t i = 0; i < MG_PROMPTS; i++) {
		p->text[i] = load("", files[i].name, files[i].needs, f);
		if (!p->text[i])
			goto fail;
	}
	for (size_t i = 0; i < n; i++) {
		p->sensitivity[i] = load(
			"sensitivity/", mg_sensitivities[i], NULL, f);
		if (!p->sensitivity[i])
			goto fail;
	}
	return 0;
fail:
	mg_prompts_release(p);
	return -1;
}

void
mg_prompts_release(struct mg_prompts *p)
{
	for (size_t i = 0; i < MG_PROMPTS; i++)
		free(p->text[i]);
	for (size_t i = 0; p->sensitivity && mg_sensitivities[i]; i++)
		free(p->sensitivity[i]);
	free(p->sensitivity);
	*p = (struct mg_prompts){0};
}

/* A word that is empty takes its line with it if it stands alone there. */
static const char *
skip_line(const char *text, const char *s, size_t n)
{
	if ((s == text || s[-1] == '\n') && s[n] == '\n')
		n += s[n + 1] == '\n' ? 2 : 1;
	return s + n;
}

void
mg_prompt(const struct mg_prompts *p, enum mg_prompt which,
	const struct mg_fill *fill, struct mg_str *out)
{
	const char *s = p->text[which], *brace;
	size_t n;

	while ((brace = strstr(s, "{{"))) {
		const struct word *w = word_at(brace, &n);
		struct mg_sl v = *(
			const struct mg_sl *)(const void *)((const char *)fill +
			w->at);

		mg_str_add(out, s, (size_t)(brace - s));
		mg_str_sl(out, v);
		s = v.n ? brace + n : skip_line(p->text[which], brace, n);
	}
	mg_str_puts(out, s);
}

/* How many bytes of an end of a line stand here, of any that Unicode knows. */
static size_t
line_end(struct mg_sl s)
{
	static const char *const ends[] = {"\r\n", "\n", "\r", "\v", "\f",
		"\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"};
	unsigned char first = (unsigned char)s.p[0];

	if (first > '\r' && first != 0xC2 && first != 0xE2)
		return 0;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		size_t n = strlen(ends[i]);

		if (s.n >= n && memcmp(s.p, ends[i], n) == 0)
			return n;
	}
	return 0;
}

void
mg_quote(struct mg_sl text, struct mg_str *out)
{
	bool start = true;
	size_t n;

	for (size_t i = 0; i < text.n; i += n ? n : 1) {
		if (start)
			mg_str_puts(out, "> ");
		n = line_end((struct mg_sl){text.p + i, text.n - i});
		start = n > 0;
		mg_str_putc(out, start ? '\n' : text.p[i]);
	}
	if (!start || !text.n)
		mg_str_puts(out, text.n ? "\n" : "> \n");
}
