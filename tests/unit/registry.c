/* tools/tool.h and tools/registry.h, sentence by sentence. */
#include "tools/registry_in.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static struct mg_fault fault;
static struct mg_str told; /* FILE:LINE: MESSAGE (REMEDY), a line each */

/* --- a world of files --- */

static void
put_mode(const char *path, const char *text, mode_t mode)
{
	char dir[512];
	FILE *file;

	snprintf(dir, sizeof(dir), "%s", path);
	for (char *s = strchr(dir, '/'); s; s = strchr(s + 1, '/')) {
		*s = '\0';
		mkdir(dir, 0755);
		*s = '/';
	}
	file = fopen(path, "w");
	if (!file)
		abort();
	fputs(text, file);
	fclose(file);
	chmod(path, mode);
}

static void
put(const char *path, const char *text)
{
	put_mode(path, text, 0644);
}

static void
record(const char *path, const char *name, const char *version)
{
	struct mg_str s = MG_STR(0);

	mg_str_fmt(&s, "name: %s\ndescription: d\ncommand: [true]\n", name);
	if (version)
		mg_str_fmt(&s, "version: %s\n", version);
	put(path, s.s);
	mg_str_release(&s);
}

static void
clear(const char *dir)
{
	struct mg_str s = MG_STR(0);
	int status;

	mg_str_fmt(&s, "rm -rf '%s'", dir);
	status = system(s.s);
	(void)status;
	mg_str_release(&s);
}

static void
on_problem(void *arg, const struct mg_tool_problem *p)
{
	const char *slash = strrchr(p->file, '/');

	mg_str_fmt(&told, "%s:%zu: %s (%s)\n", slash ? slash + 1 : p->file,
		p->line, p->message, p->remedy);
}

static struct mg_registry *
open_all(const char *team, const char *const *tools)
{
	struct mg_list list = {0};
	struct mg_registry *r;

	mg_str_clear(&told);
	fault = (struct mg_fault){0};
	for (size_t i = 0; tools && tools[i]; i++)
		mg_list_add(&list, tools[i]);
	r = mg_registry_open(
		&(struct mg_registry_req){
			.tools = &list, .team = team, .problem = on_problem},
		&fault);
	mg_list_release(&list);
	return r;
}

static struct mg_registry *
open_one(const char *tools)
{
	const char *const list[] = {tools, NULL};

	return open_all(NULL, list);
}

/* "calc@1.0 date@0": what an agent is offered. */
static void
offered(const struct mg_registry *r, const char *agent, const char *want,
	const char *name)
{
	struct mg_str s = MG_STR(0);
	const struct mg_toolset *set;

	mg_str_puts(&s, "");
	if (!r) {
		ok(false, name);
		fprintf(stderr, "# %s\n", fault.message);
		return;
	}
	set = mg_registry_set(r, mg_sl_of(agent));
	for (size_t i = 0; i < set->n; i++)
		mg_str_fmt(&s, "%s%s@%s", i ? " " : "", set->v[i]->name,
			set->v[i]->version);
	is_str(s.s ? s.s : "", want, name);
	mg_str_release(&s);
}

static void
gives(const char *tools, const char *want, const char *name)
{
	struct mg_registry *r = open_one(tools);

	offered(r, "", want, name);
	mg_registry_free(r);
}

/* --- tool.h --- */

static void
test_words(void)
{
	static const char *const good[] = {
		"0", "1", "1.4.0-rc1", "2.0+b", "10.20", NULL};
	static const char *const bad[] = {"", "a", "1.", ".1", "1..2", "1 ",
		"1/2", "v1", "1-", "1.0\n",
		"1234567890123456789012345678901234", NULL};
	static const char *const order[] = {"0", "0.9", "1", "1.0-rc1",
		"1.0-rc2", "1.0", "1.0.1", "1.4", "1.40", "2", "10", NULL};
	static const char *const letters[] = {
		"a", "A-b_9", "", "a b", "a.b", "a/b", "\xc3\xa9", "a\n"};
	bool right = true;

	for (size_t i = 0; good[i]; i++)
		ok(mg_tool_version_ok(good[i]), good[i]);
	for (size_t i = 0; bad[i]; i++)
		ok(!mg_tool_version_ok(bad[i]), "no version");
	for (size_t i = 0; order[i]; i++)
		for (size_t k = 0; order[k]; k++) {
			int c = mg_tool_version_cmp(order[i], order[k]);

			right = right && (c < 0) == (i < k) &&
				(c == 0) == (i == k);
		}
	ok(right, "the order of versions");
	ok(mg_tool_version_cmp("01.0", "1.0") == 0, "zeros say nothing");
	ok(mg_tool_version_fits("1.4.0", "1"), "1.4.0 is a 1");
	ok(mg_tool_version_fits("1.4.0", NULL), "any will do");
	ok(mg_tool_version_fits("1.4.0-rc1", "1.4"), "1.4.0-rc1 is a 1.4");
	ok(mg_tool_version_fits("1.4.0-rc1", "1.4.0-rc1"), "word by word");
	ok(!mg_tool_version_fits("1.40", "1.4"), "1.40 is no 1.4");
	ok(!mg_tool_version_fits("1", "1.0"), "1 is no 1.0");
	ok(!mg_tool_version_fits("1.4.0", "1.4.0-rc1"), "not the release");
	for (size_t i = 0; i < 8; i++)
		ok(mg_tool_name_ok(mg_sl_of(letters[i])) == (i < 2), "a name");
	ok(!mg_tool_name_ok((struct mg_sl){"a\0", 2}), "no NUL in a name");
	ok(mg_label_of("write") == MG_LABEL_WRITE && !mg_label_of("writes"),
		"labels");
}

/* --- records --- */

static void
test_record(void)
{
	struct mg_registry *r;
	struct mg_tool *t;

	put_mode("r/w.sh", "#!/bin/sh\n", 0755);
	put("r/lib.awk", "{}\n");
	put("r/weather.yaml",
		"name: weather\ndescription: \"Today's \\\"weather\\\"\"\n"
		"version: 1.10\nlabel: [read, network]\n"
		"command: [./w.sh, -x, 5]\ncwd: .\nenv: [KEY, 'X_*']\n"
		"files: [lib.awk]\ntimeout: 10s\n"
		"limits: {output: 1KiB, output_max: 2 MB, memory: none}\n"
		"input_schema: {type: object, properties: {a: {type: string}}}\n"
		"output_schema: {type: integer}\nwrites: [path]\n"
		"needs: {programs: [bc], tools: [calc@1]}\n"
		"examples: [{arguments: {a: b}, output: '2'}]\n");
	r = open_one("./r");
	t = r ? mg_toolset_find(
			mg_registry_set(r, MG_SL("x")), MG_SL("weather@1"))
	      : NULL;
	if (!ok(t != NULL, "a record with everything"))
		return;
	is_str(t->version, "1.10", "a number is a version as it is written");
	ok(t->labels == (MG_LABEL_READ | MG_LABEL_NETWORK), "labels");
	ok(mg_tool_harmless(t) && mg_tool_repeatable(t), "harmless");
	ok(t->command[0][0] == '/' && strstr(t->command[0], "/r/w.sh"),
		"the program is absolute");
	ok(strcmp(t->command[2], "5") == 0 && !t->command[3], "its arguments");
	ok(strstr(t->files[0], "/r/w.sh") && strstr(t->files[1], "/r/lib.awk"),
		"what belongs to it");
	ok(t->limits.timeout_ms == 10000 && t->limits.output == 1024 &&
			t->limits.output_max == 2 << 20 && !t->limits.memory,
		"limits");
	is_str(t->schema,
		"{\"name\":\"weather\",\"description\":\"Today's "
		"\\\"weather\\\"\",\"input_schema\":{\"type\":\"object\","
		"\"properties\":{\"a\":{\"type\":\"string\"}}}}",
		"what requests carry");
	is_str(t->examples, "[{\"arguments\":{\"a\":\"b\"},\"output\":\"2\"}]",
		"examples");
	ok(strlen(t->hash) == 64, "it is hashed");
	mg_registry_free(r);
	clear("r");
}

/* A record of the given lines is told so, and is no tool. */
static void
wrong(const char *text, const char *want)
{
	struct mg_registry *r;

	put("r/x.yaml", text);
	r = open_one("./r");
	ok(r && mg_registry_set(r, MG_SL(""))->n == 0 &&
			mg_registry_problems(r) == 1,
		"no tool, one problem");
	if (!ok(told.s && strncmp(told.s, want, strlen(want)) == 0, want))
		fprintf(stderr, "#  got: %s", told.s ? told.s : "nothing\n");
	mg_registry_free(r);
	clear("r");
}

#define HEAD "name: a\ndescription: d\n"

static void
test_wrong(void)
{
	struct mg_str deep = MG_STR(0);

	wrong("", "x.yaml:1: a record must be a map");
	wrong("[a]\n", "x.yaml:1: a record must be a map");
	wrong("name: {a\n", "x.yaml:2: ");
	wrong(HEAD, "x.yaml:1: `command` is missing or empty");
	wrong(HEAD "command: []\n", "x.yaml:3: `command` is missing or empty");
	wrong(HEAD "command: [a/b]\n",
		"x.yaml:3: `command` names a program by");
	wrong(HEAD "command: [./a]\n", "x.yaml:3: the program is missing");
	wrong(HEAD "command: [/dev/null]\n",
		"x.yaml:3: the program is no regular file");
	wrong(HEAD "command: [./x.yaml]\n",
		"x.yaml:3: the program cannot be executed");
	wrong(HEAD "command: {a: b}\n", "x.yaml:3: `command` must be a list");
	wrong(HEAD "command: [a, [b]]\n", "x.yaml:3: `command` must be text");
	wrong(HEAD "command: [\"a\\0b\"]\n",
		"x.yaml:3: `command` holds a zero byte");
	wrong(HEAD "command: [a]\nlable: read\n",
		"x.yaml:4: unknown key `lable` in a record (did you mean "
		"`label`?)");
	wrong(HEAD "command: [a]\nlabel: raed\n",
		"x.yaml:4: `label` is none of read, write, network, "
		"irreversible (did you mean `read`?)");
	wrong("name: a b\ndescription: d\ncommand: a\n",
		"x.yaml:1: a tool cannot be named so (1 to 64 of");
	wrong("name: a\ncommand: a\n", "x.yaml:1: `description` is missing");
	wrong(HEAD "command: a\nversion: one\n", "x.yaml:4: `version` is none");
	wrong(HEAD "command: a\nfiles: [no]\n",
		"x.yaml:4: one of `files` is missing");
	wrong(HEAD "command: a\nfiles: [.]\n",
		"x.yaml:4: one of `files` is no regular file");
	wrong(HEAD "command: a\ntimeout: soon\n",
		"x.yaml:4: `timeout` must be a time (as in");
	wrong(HEAD "command: a\ntimeout: 0\n",
		"x.yaml:4: `timeout` must be a time");
	wrong(HEAD "command: a\nlimits: {output: 5X}\n",
		"x.yaml:4: `output` must be a size (as in");
	wrong(HEAD "command: a\nlimits: {output: none}\n",
		"x.yaml:4: `output` must be a size");
	wrong(HEAD "command: a\nlimits: {output: 99999999999999GiB}\n",
		"x.yaml:4: `output` must be a size");
	wrong(HEAD "command: a\nlimits: 5\n", "x.yaml:4: `limits` must be a");
	wrong(HEAD "command: a\ninput_schema: 5\n",
		"x.yaml:4: `input_schema` must be a map");
	wrong(HEAD "command: a\ninput_schema: {type: nothing}\n",
		"x.yaml:4: `input_schema`: ");
	wrong(HEAD "command: a\nenv: [A=b]\n", "x.yaml:4: `env` takes names");
	wrong(HEAD "command: a\nexamples: [{output: a}]\n",
		"x.yaml:4: an example needs `arguments`");
	wrong(HEAD "command: a\nneeds: {program: a}\n",
		"x.yaml:4: unknown key `program` in needs (did you mean "
		"`programs`?)");
	wrong("agents: [{id: a}]\nname: a b\n",
		"x.yaml:0: a tool cannot be named so");
	for (size_t i = 0; i < 100000; i++)
		mg_str_putc(&deep, '[');
	wrong(deep.s, "x.yaml:1: ");
	mg_str_clear(&deep);
	deep.max = (size_t)8 << 20;
	for (size_t i = 0; i < 5 << 20; i++)
		mg_str_putc(&deep, 'a');
	wrong(deep.s, "x.yaml:0: unable to read it: File too large");
	mg_str_release(&deep);
}

/* --- folders --- */

static void
test_folder(void)
{
	struct mg_registry *r;

	record("f/b.yaml", "b", NULL);
	record("f/c/tool.yaml", "c", "2");
	record("f/c/other.yaml", "hidden", NULL);
	record("f/e/f/tool.yaml", "deep", NULL);
	record("f/.hidden.yaml", "dot", NULL);
	record("f/odd \"\n\x1b[31mname.yml", "odd", NULL);
	put("f/README", "name: no\n");
	put_mode("f/program", "#!/bin/sh\necho none\n", 0755);
	mkfifo("f/fifo.yaml", 0777);
	mkfifo("f/fifo", 0777);
	symlink("nowhere", "f/gone.yaml");
	symlink(".", "f/loop");
	symlink("/dev/zero", "f/zero.yaml");
	symlink("b.yaml", "f/a.yaml");
	r = open_one("./f");
	offered(r, "", "b@0 c@2 odd@0", "regular files of one level");
	ok(told.s && strncmp(told.s, "b.yaml:0: b 0 is in ", 20) == 0 &&
			strstr(told.s, "/f/a.yaml already"),
		"of what is there twice the first counts, and it is told");
	mg_registry_free(r);
	gives("./f/b.yaml", "b@0", "a file alone");
	gives("f/c", "c@2 hidden@0", "a folder within a folder");
	ok(told.s && strncmp(told.s, "tool.yaml", 9) != 0, "nothing is told");
	gives("./f/README", "", "no tool");
	ok(told.s && strncmp(told.s, "README:0: it is no tool", 23) == 0,
		"and it is told");
	clear("f");
}

static void
test_twice(void)
{
	record("f/b.yaml", "b", "1");
	record("f/a.yaml", "b", "01");
	record("f/c.yaml", "b", "1.0");
	gives("./f", "b@1.0", "the newest");
	ok(told.s && strncmp(told.s, "b.yaml:0: b 1 is in ", 20) == 0 &&
			strstr(told.s, "f/a.yaml already"),
		"01 and 1 are one version");
	clear("f");
}

/* --- who is offered what --- */

static void
refused(const char *const *tools, enum mg_code code, const char *message,
	const char *remedy)
{
	struct mg_registry *r = open_all(NULL, tools);

	ok(!r && fault.code == code, "refused");
	is_str(fault.message, message, message);
	is_str(fault.remedy, remedy, remedy);
	mg_registry_free(r);
}

static void
test_choice(void)
{
	const char *const two[] = {"calc@1", "calc@2", NULL};
	const char *const near[] = {"clac", NULL};
	const char *const far[] = {"./nowhere", NULL};
	const char *const other[] = {"calc@3", NULL};
	const char *const mixed[] = {"./f", "calc@1", "date", NULL};
	const char *const again[] = {"calc@1", "calc@1.5", NULL};
	struct mg_registry *r;
	struct mg_tool *t;

	record(".mg/tools/calc1.yaml", "calc", "1.5");
	record("data/mg/tools/calc1.yaml", "calc", "1.5");
	record("data/mg/tools/calc2.yaml", "calc", "2");
	record("share/tools/date.yaml", "date", "1");
	record("f/calc.yaml", "calc", "3");
	gives("calc", "calc@2", "a bare name is the newest");
	gives("calc@1", "calc@1.5", "of a version");
	r = open_all(NULL, NULL);
	offered(r, "", "calc@2 date@1", "all of the usual folders");
	t = mg_toolset_find(mg_registry_set(r, MG_SL("")), MG_SL("calc@1"));
	ok(t && strstr(t->path, "/.mg/tools/calc1.yaml"),
		"of a version the first folder's counts");
	ok(!mg_toolset_find(mg_registry_set(r, MG_SL("")), MG_SL("calc@7")),
		"no such version");
	ok(!mg_toolset_find(mg_registry_set(r, MG_SL("")), MG_SL("cal")),
		"no such name");
	is_str(mg_registry_set(r, MG_SL(""))->schemas.s,
		"{\"name\":\"calc\",\"description\":\"d\",\"input_schema\":"
		"{\"type\":\"object\"}},{\"name\":\"date\",\"description\":"
		"\"d\",\"input_schema\":{\"type\":\"object\"}}",
		"as requests carry them");
	mg_registry_free(r);
	gives("./f", "calc@3", "a folder has its own");
	r = open_all(NULL, mixed);
	offered(r, "", "calc@1.5 date@1", "a name wins over a folder");
	mg_registry_free(r);
	r = open_all(NULL, again);
	offered(r, "", "calc@1.5", "named twice, and the same");
	mg_registry_free(r);
	gives("f", "calc@3", "a folder without a slash");
	refused(two, MG_E_USAGE, "two versions of calc: calc@1.5 and calc@2",
		"an agent has one of them");
	refused(near, MG_E_NO_INPUT, "there is no tool clac",
		"did you mean calc?");
	refused(other, MG_E_NO_INPUT, "there is no tool calc@3",
		"there are other versions of calc");
	refused(far, MG_E_NO_INPUT, "there is no folder or file ./nowhere",
		"a folder of tools, or the file of one");
}

static void
test_team(void)
{
	struct mg_registry *r;
	struct mg_tool *t;

	put("team.yaml",
		"tools: [calc@1, ./f/x.yaml]\nallow_tools: [calc@1]\n"
		"agents:\n"
		"  - {id: a, backend: {type: exec, model: 'exec:true'}}\n"
		"  - {id: b, tools: [date], backend: {type: exec, model: "
		"'exec:true'}}\n");
	record("f/x.yaml", "x", NULL);
	r = open_all("team.yaml", NULL);
	offered(r, "a", "calc@1.5 x@0", "the team's");
	offered(r, "b", "date@1", "an agent's own");
	offered(r, "c", "calc@1.5 x@0", "who is in no team");
	offered(r, "", "calc@1.5 date@1 x@0", "anybody");
	t = r ? mg_toolset_find(mg_registry_set(r, MG_SL("a")), MG_SL("calc"))
	      : NULL;
	ok(t && mg_registry_allows(r, t), "allow_tools");
	t = r ? mg_toolset_find(mg_registry_set(r, MG_SL("a")), MG_SL("x"))
	      : NULL;
	ok(t && !mg_registry_allows(r, t), "and nothing else");
	mg_registry_free(r);
	put("team.yaml",
		"agents:\n"
		"  - {id: a, tools: [dote], backend: {type: exec, model: "
		"'exec:true'}}\n");
	r = open_all("team.yaml", NULL);
	ok(!r && fault.code == MG_E_CONFIG &&
			strstr(fault.message, "team.yaml:2:"),
		"a team that names what is not there");
	is_str(fault.remedy, "did you mean date?", "nearest");
	mg_registry_free(r);
	put("team.yaml",
		"agents:\n"
		"  - {id: a, backend: {type: exec, model: 'exec:true'}}\n");
	r = open_all("team.yaml", NULL);
	offered(r, "a", "calc@2 date@1", "a team that names none");
	mg_registry_free(r);
	clear(".mg");
	clear("f");
	clear("data/mg");
	clear("share/tools");
}

/* --- kinds --- */

static void
test_kinds(void)
{
	struct mg_registry *r;
	const struct mg_toolset *s;

	put_mode("k/up",
		"#!/bin/sh\n[ \"$1\" = --describe ] || exit 1\n"
		"echo '{\"name\":\"up\",\"description\":\"d\",\"label\":"
		"\"read\"}'\n",
		0755);
	put_mode("k/own", "#!/bin/sh\n# --describe\ntouch was-asked\n", 0755);
	put("k/own.yaml", "name: own\ndescription: d\ncommand: [./own]\n");
	put("k/council.yaml", "agents: []\n");
	r = open_one("./k");
	offered(r, "", "council@0 own@0 up@0", "kinds of tool");
	s = mg_registry_set(r, MG_SL(""));
	if (ok(s->n == 3, "three")) {
		is_str(s->v[0]->kind->name, "team", "a team");
		is_str(s->v[0]->description, "Ask the team council.", "asked");
		is_str(s->v[1]->kind->name, "program", "a record");
		is_str(s->v[2]->kind->name, "describe", "described");
		ok(s->v[2]->labels == MG_LABEL_READ && !s->v[2]->command[1] &&
				strstr(s->v[2]->command[0], "/k/up"),
			"what it said");
	}
	ok(access("was-asked", F_OK) < 0, "a record's program is not asked");
	mg_registry_free(r);
	clear("k");
	put_mode("k/bad", "#!/bin/sh\n: --describe; echo name: a\n", 0755);
	gives("./k", "", "one that describes itself wrongly");
	ok(told.s &&
			strncmp(told.s,
				"bad:0: what it says of itself is wrong",
				38) == 0,
		"is told");
	clear("k");
}

/* --- the index --- */

static ino_t
inode(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_ino : 0;
}

#define INDEX "cache/mg/tools.ndjson"

/* Many write it at once. */
static void
test_at_once(void)
{
	struct mg_str s = MG_STR(0);
	int status, bad = 0;
	pid_t pids[12];

	unlink(INDEX);
	for (int i = 0; i < 12; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			struct mg_registry *r = open_one("./i");
			bool good = r && mg_registry_set(r, MG_SL(""))->n == 1;

			_exit(good ? 0 : 1);
		}
	}
	for (int i = 0; i < 12; i++)
		bad += waitpid(pids[i], &status, 0) < 0 || status != 0;
	ok(!bad, "a dozen at once");
	ok(mg_str_file(&s, INDEX) && strstr(s.s, "a.yaml") &&
			s.s[s.len - 1] == '\n',
		"leave a whole index");
	mg_str_release(&s);
}

static void
test_index(void)
{
	struct mg_str good = MG_STR(0);
	bool right = true;
	ino_t was;
	FILE *file;

	clear("cache");
	record("i/a.yaml", "a", "1");
	record("i/b.yaml", "b\"", "1");
	put_mode("i/p", "#!/bin/sh\n: --describe; echo name: a\n", 0755);
	gives("./i", "a@1", "fresh files");
	ok(mg_str_file(&good, INDEX) == false || !strstr(good.s, "a.yaml"),
		"are not kept: the next change might look the same");
	usleep(2100000);
	gives("./i", "a@1", "files at rest");
	was = inode(INDEX);
	ok(was, "are kept");
	gives("./i", "a@1", "once more");
	ok(told.s && strstr(told.s, "b.yaml:1: a tool cannot be named") &&
			strstr(told.s, "p:0: what it says"),
		"what was wrong is told again");
	ok(inode(INDEX) == was, "nothing new, nothing written");
	mg_str_clear(&good);
	ok(mg_str_file(&good, INDEX) && good.len > 100, "there it is");
	for (size_t cut = 0; cut < good.len; cut += 7) {
		struct mg_registry *r;

		file = fopen(INDEX, "w");
		fwrite(good.s, 1, cut, file);
		if (cut % 2)
			fwrite("\xff\0]]", 1, 4, file);
		fwrite(good.s + cut, 1, good.len - cut, file);
		fseek(file, (long)cut, SEEK_SET);
		fwrite("x", 1, 1, file);
		fclose(file);
		r = open_one("./i");
		right = right && r && mg_registry_set(r, MG_SL(""))->n == 1 &&
			mg_registry_problems(r) == 2;
		mg_registry_free(r);
	}
	ok(right, "an index with wrong bytes harms nobody");
	put(INDEX, good.s);
	chmod(INDEX, 0666);
	was = inode(INDEX);
	gives("./i", "a@1", "an index that others may write");
	ok(inode(INDEX) != was, "is not believed, but made anew");
	test_at_once();
	record("i/a.yaml", "a", "2");
	gives("./i", "a@2", "a changed file is read again");
	unlink("i/a.yaml");
	gives("./i", "", "one that is gone is gone");
	clear("cache");
	put("cache", "no folder\n");
	record("i/a.yaml", "a", "3");
	gives("./i", "a@3", "no place for an index is no fault");
	unlink("cache");
	clear("i");
	mg_str_release(&good);
}

/* Between the bytes that are parsed and those that are hashed. */
static void
test_replaced(void)
{
	struct mg_arena arena = {0};
	struct mg_tool_source s = {0};

	record("r/t.yaml", "good", NULL);
	s.file = mg_file_new(&arena, "r", "t.yaml", NULL);
	mg_deps_add(&s.file->deps, s.file->path);
	ok(mg_source_yaml(&s), "a record is read");
	record("r/t.yaml", "evil", NULL);
	ok(mg_tool_program.load(&s, s.file->path) && !s.file->ntools &&
			s.file->ntold == 1,
		"and is no tool if another is hashed");
	is_str(s.file->ntold ? s.file->told[0].message : "",
		"it is being written", "which is told");
	mg_file_clear(s.file);
	record("r/t.yaml", "good", NULL);
	ok(mg_tool_program.load(&s, s.file->path) && s.file->ntools == 1 &&
			!s.file->ntold,
		"the same bytes are the same record");
	mg_file_clear(s.file);
	mg_yaml_free(s.doc);
	mg_arena_release(&arena);
	clear("r");
}

int
main(void)
{
	char dir[] = "/tmp/mg-registry-XXXXXX", path[64];
	char *share = realpath("../share", NULL);
	struct mg_str file = MG_STR(0);

	if (!share)
		share = realpath("share", NULL);
	if (!share || !mkdtemp(dir) || chdir(dir) < 0)
		return 71;
	setenv("HOME", dir, 1);
	snprintf(path, sizeof(path), "%s/cache", dir);
	setenv("XDG_CACHE_HOME", path, 1);
	snprintf(path, sizeof(path), "%s/data", dir);
	setenv("XDG_DATA_HOME", path, 1);
	mkdir("share", 0755);
	for (size_t i = 0; i < 2; i++) {
		const char *name = i ? "team.yaml" : "providers.yaml";

		mg_str_clear(&file);
		mg_str_fmt(&file, "%s/%s", share, name);
		snprintf(path, sizeof(path), "share/%s", name);
		if (symlink(file.s, path) < 0)
			return 71;
	}
	mg_str_release(&file);
	free(share);
	test_words();
	test_record();
	test_wrong();
	test_folder();
	test_twice();
	test_kinds();
	test_index();
	test_replaced();
	snprintf(path, sizeof(path), "%s/share", dir);
	setenv("MG_SHARE", path, 1);
	test_choice();
	test_team();
	mg_str_release(&told);
	if (chdir("/") == 0)
		clear(dir);
	return done();
}
