#include "base/optshow.h"

static const char *const shells[] = {"bash", "zsh", "fish", NULL};

/* What every command has; they are served before the table is parsed. */
static const struct mg_opt common[] = {
	{'h', "help", NULL, "this help", MG_OPT_FLAG, 0},
	{0, "version", NULL, "the version", MG_OPT_FLAG, 0},
	{0, "completion", "SHELL", "a completion script: bash, zsh or fish",
		MG_OPT_WORD, 0, .words = shells},
	{0},
};

typedef void show_fn(const struct mg_opt *o, struct mg_str *out);

static void
each(const struct mg_cmd *cmd, show_fn *show, struct mg_str *out)
{
	for (const struct mg_opt *o = cmd->opts; o->name; o++)
		show(o, out);
	for (const struct mg_opt *o = common; o->name; o++)
		show(o, out);
}

static void
help_line(const struct mg_opt *o, struct mg_str *out)
{
	struct mg_str left = MG_STR(256);

	if (o->letter)
		mg_str_fmt(&left, "  -%c, --%s", o->letter, o->name);
	else
		mg_str_fmt(&left, "      --%s", o->name);
	if (o->arg)
		mg_str_fmt(&left, " %s", o->arg);
	mg_str_fmt(out, "%-29s %s\n", left.s, o->help);
	mg_str_release(&left);
}

/* Each line of text behind the prefix. */
static void
lines(const char *prefix, const char *text, struct mg_str *out)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		mg_str_puts(out, prefix);
		mg_str_add(out, text, n);
		mg_str_putc(out, '\n');
		text += n + (text[n] == '\n');
	}
}

void
mg_opt_help(const struct mg_cmd *cmd, struct mg_str *out)
{
	struct mg_str name = MG_STR(128);

	mg_str_fmt(out, "%s - %s\n\n", cmd->name, cmd->summary);
	mg_str_fmt(&name, "  %s ", cmd->name);
	lines(name.s, cmd->usage, out);
	mg_str_puts(out, "\n");
	each(cmd, help_line, out);
	for (size_t i = 0; cmd->subs && cmd->subs[i]; i++)
		mg_str_fmt(out, "%s  %-27s %s\n", i ? "" : "\nCommands:\n",
			mg_cmd_word(cmd->subs[i]), cmd->subs[i]->summary);
	if (cmd->examples) {
		mg_str_puts(out, "\nExamples:\n");
		lines("  ", cmd->examples, out);
	}
	mg_str_puts(out, "\nThe manual: mg help");
	if (strncmp(cmd->name, "mg-", 3) == 0)
		mg_str_fmt(out, " %.*s", (int)strcspn(cmd->name + 3, " "),
			cmd->name + 3);
	mg_str_puts(out, "\n");
	mg_str_release(&name);
}

static void
list_line(const struct mg_opt *o, struct mg_str *out)
{
	if (o->letter)
		mg_str_fmt(out, "-%c ", o->letter);
	mg_str_fmt(out, "--%s%s%s\n", o->name, o->arg ? " " : "",
		o->arg ? o->arg : "");
}

/* Those of the command's own commands too: one page has them all. */
void
mg_opt_list(const struct mg_cmd *cmd, struct mg_str *out)
{
	each(cmd, list_line, out);
	for (size_t i = 0; cmd->subs && cmd->subs[i]; i++)
		for (const struct mg_opt *o = cmd->subs[i]->opts; o->name; o++)
			list_line(o, out);
}

static void
names(const struct mg_opt *o, struct mg_str *out)
{
	if (o->letter)
		mg_str_fmt(out, " -%c", o->letter);
	mg_str_fmt(out, " --%s", o->name);
}

static void
words(const struct mg_opt *o, struct mg_str *out)
{
	for (size_t i = 0; o->words[i]; i++)
		mg_str_fmt(out, "%s%s", i ? " " : "", o->words[i]);
}

/* One arm of the case that completes an option's value. */
static void
bash_arm(const struct mg_opt *o, struct mg_str *out)
{
	if (!o->arg)
		return;
	mg_str_puts(out, "\t");
	if (o->letter)
		mg_str_fmt(out, "-%c|", o->letter);
	mg_str_fmt(out, "--%s) ", o->name);
	if (o->words) {
		mg_str_puts(out, "COMPREPLY=($(compgen -W '");
		words(o, out);
		mg_str_puts(out, "' -- \"$cur\"))");
	} else if (o->complete == MG_COMPLETE_FILE) {
		mg_str_puts(out, "COMPREPLY=($(compgen -f -- \"$cur\"))");
	} else {
		mg_str_puts(out, "COMPREPLY=()");
	}
	mg_str_puts(out, "; return;;\n");
}

/* The shell function's name: dashes are not portable in one. */
static void
function(const struct mg_cmd *cmd, struct mg_str *out)
{
	mg_str_putc(out, '_');
	for (const char *p = cmd->name; *p; p++)
		mg_str_putc(out, *p == '-' || *p == ' ' ? '_' : *p);
}

/* The words that name commands of its own. */
static void
sub_words(const struct mg_cmd *cmd, struct mg_str *out)
{
	for (size_t i = 0; cmd->subs && cmd->subs[i]; i++)
		mg_str_fmt(
			out, "%s%s", i ? " " : "", mg_cmd_word(cmd->subs[i]));
}

static void
bash_function(const struct mg_cmd *cmd, struct mg_str *out)
{
	function(cmd, out);
	mg_str_puts(out,
		"() {\n"
		"\tlocal cur=${COMP_WORDS[COMP_CWORD]}\n"
		"\tlocal prev=${COMP_WORDS[COMP_CWORD-1]}\n");
	if (cmd->subs) {
		mg_str_puts(out, "\tcase ${COMP_WORDS[1]} in\n");
		for (size_t i = 0; cmd->subs[i]; i++) {
			mg_str_fmt(out, "\t%s) ", mg_cmd_word(cmd->subs[i]));
			function(cmd->subs[i], out);
			mg_str_puts(out, "; return;;\n");
		}
		mg_str_puts(out, "\tesac\n");
	}
	mg_str_puts(out, "\tcase $prev in\n");
	each(cmd, bash_arm, out);
	mg_str_puts(out,
		"\tesac\n\tif [[ $cur == -* ]]; then\n"
		"\t\tCOMPREPLY=($(compgen -W '");
	each(cmd, names, out);
	mg_str_puts(out, "' -- \"$cur\"))\n");
	if (cmd->subs) {
		mg_str_puts(out,
			"\telif [[ $COMP_CWORD == 1 ]]; then\n"
			"\t\tCOMPREPLY=($(compgen -W '");
		sub_words(cmd, out);
		mg_str_puts(out, "' -- \"$cur\"))\n");
	}
	mg_str_puts(out,
		"\telse\n"
		"\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n\tfi\n}\n");
}

static void
bash(const struct mg_cmd *cmd, struct mg_str *out)
{
	mg_str_fmt(out, "# bash completion for %s\n", cmd->name);
	for (size_t i = 0; cmd->subs && cmd->subs[i]; i++)
		bash_function(cmd->subs[i], out);
	bash_function(cmd, out);
	mg_str_puts(out, "complete -o filenames -F ");
	function(cmd, out);
	mg_str_fmt(out, " %s\n", cmd->name);
}

/* Text inside '...[...]' of a zsh _arguments specification. */
static void
zsh_text(const char *s, struct mg_str *out)
{
	for (; *s; s++) {
		if (strchr("[]:\\", *s))
			mg_str_putc(out, '\\');
		if (*s == '\'')
			mg_str_puts(out, "'\\'");
		mg_str_putc(out, *s);
	}
}

static void
zsh_spec(const struct mg_opt *o, struct mg_str *out)
{
	for (int form = o->letter ? 0 : 1; form < 2; form++) {
		mg_str_puts(out, "\t'");
		if (o->type == MG_OPT_LIST)
			mg_str_putc(out, '*');
		if (form == 0)
			mg_str_fmt(out, "-%c[", o->letter);
		else
			mg_str_fmt(out, "--%s%s[", o->name, o->arg ? "=" : "");
		zsh_text(o->help, out);
		mg_str_putc(out, ']');
		if (o->arg) {
			mg_str_fmt(out, ":%s:", o->arg);
			if (o->words) {
				mg_str_putc(out, '(');
				words(o, out);
				mg_str_putc(out, ')');
			} else if (o->complete == MG_COMPLETE_FILE) {
				mg_str_puts(out, "_files");
			}
		}
		mg_str_puts(out, "' \\\n");
	}
}

static void
zsh(const struct mg_cmd *cmd, struct mg_str *out)
{
	mg_str_fmt(out, "#compdef %s\n", cmd->name);
	for (size_t i = 0; cmd->subs && cmd->subs[i]; i++) {
		mg_str_fmt(out,
			"if [[ $words[2] == %s ]]; then\n"
			"\tshift words\n\t(( CURRENT-- ))\n\t_arguments \\\n",
			mg_cmd_word(cmd->subs[i]));
		each(cmd->subs[i], zsh_spec, out);
		mg_str_puts(out, "\t'*:file:_files'\n\treturn\nfi\n");
	}
	mg_str_puts(out, "_arguments \\\n");
	each(cmd, zsh_spec, out);
	if (cmd->subs) {
		mg_str_puts(out, "\t'1:command:(");
		sub_words(cmd, out);
		mg_str_puts(out, ")' \\\n");
	}
	mg_str_puts(out, "\t'*:file:_files'\n");
}

static void
fish_text(const char *s, struct mg_str *out)
{
	mg_str_putc(out, '\'');
	for (; *s; s++) {
		if (*s == '\'' || *s == '\\')
			mg_str_putc(out, '\\');
		mg_str_putc(out, *s);
	}
	mg_str_putc(out, '\'');
}

static void
fish_line(const struct mg_opt *o, struct mg_str *out)
{
	if (o->letter)
		mg_str_fmt(out, " -s %c", o->letter);
	mg_str_fmt(out, " -l %s", o->name);
	if (o->arg)
		mg_str_puts(out, " -r");
	if (o->words) {
		mg_str_puts(out, " -f -a '");
		words(o, out);
		mg_str_putc(out, '\'');
	} else if (o->arg && o->complete != MG_COMPLETE_FILE) {
		mg_str_puts(out, " -f");
	}
	mg_str_puts(out, " -d ");
	fish_text(o->help, out);
	mg_str_putc(out, '\n');
}

/* `when` limits the options to where they belong; may be empty. */
static void
fish_table(const struct mg_opt *o, const char *prog, const char *when,
	struct mg_str *out)
{
	for (; o->name; o++) {
		mg_str_fmt(out, "complete -c %s%s", prog, when);
		fish_line(o, out);
	}
}

static void
fish(const struct mg_cmd *cmd, struct mg_str *out)
{
	struct mg_str when = MG_STR(4096);

	for (size_t i = 0; cmd->subs && cmd->subs[i]; i++) {
		const struct mg_cmd *sub = cmd->subs[i];

		mg_str_fmt(out,
			"complete -c %s -n __fish_use_subcommand -a %s -d ",
			cmd->name, mg_cmd_word(sub));
		fish_text(sub->summary, out);
		mg_str_putc(out, '\n');
		mg_str_clear(&when);
		mg_str_fmt(&when, " -n '__fish_seen_subcommand_from %s'",
			mg_cmd_word(sub));
		fish_table(sub->opts, cmd->name, when.s, out);
	}
	mg_str_clear(&when);
	if (cmd->subs) {
		mg_str_puts(&when, " -n 'not __fish_seen_subcommand_from ");
		sub_words(cmd, &when);
		mg_str_puts(&when, "'");
	}
	fish_table(cmd->opts, cmd->name, when.len ? when.s : "", out);
	fish_table(common, cmd->name, "", out);
	mg_str_release(&when);
}

void
mg_opt_completion(
	const struct mg_cmd *cmd, const char *shell, struct mg_str *out)
{
	static void (*const make[])(const struct mg_cmd *, struct mg_str *) = {
		bash, zsh, fish};

	for (size_t i = 0; shells[i]; i++)
		if (strcmp(shells[i], shell) == 0)
			make[i](cmd, out);
}
