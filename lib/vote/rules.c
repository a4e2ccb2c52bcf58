/* rules.c - the table of rules: read from text, written into `rules`. */
#include "vote/rules.h"

#include "base/near.h"
#include "base/opt.h"
#include "event/json.h"
#include "vote/tally.h"

#include <stdlib.h>

enum kind { WORD, YES_NO, COUNT, TIME, WEIGHT };

const char *const mg_sensitivities[] = {"lenient", "balanced", "strict", "roi",
	"roi_conservative", "roi_balanced", "roi_aggressive", "sequential",
	"adversarial", "consistency", "diversity", "reflective", "checklist",
	"checklist_scored", "checklist_gated", NULL};

static const char *const after[] = {"all", "first", NULL};
static const char *const on_new[] = {"append", "cancel", "finish", NULL};
static const char *const present[] = {"verbatim", "winner", NULL};
static const char *const novelty[] = {"lenient", "balanced", "strict", NULL};

#define AT(m) offsetof(struct mg_lead_rules, m)
#define MANY 1000000000

static const struct rule {
	const char *name;
	enum kind kind;
	size_t at;
	const char *otherwise;
	int64_t least; /* COUNT: from here to MANY; 0 may mean none */
	const char *const *words;
} table[] = {
	{"vote_after", WORD, AT(vote_after), "all", 0, after},
	{"patience", TIME, AT(patience), "10m"},
	{"on_new_answer", WORD, AT(on_new_answer), "append", 0, on_new},
	{"present", WORD, AT(present), "verbatim", 0, present},
	{"self_votes", YES_NO, AT(self_votes), "true"},
	{"quorum", COUNT, AT(quorum), "1"},
	{"min_margin", WEIGHT, AT(min_margin), "0"},
	{"max_answers_per_agent", COUNT, AT(max_answers_per_agent), "3"},
	{"max_answers", COUNT, AT(max_answers), "0"},
	{"max_calls_per_agent", COUNT, AT(max_calls_per_agent), "50", 1},
	{"lead_cap", COUNT, AT(lead_cap), "2"},
	{"novelty", WORD, AT(novelty), "lenient", 0, novelty},
	{"sensitivity", WORD, AT(sensitivity), "lenient", 0, mg_sensitivities},
	{"run_timeout", TIME, AT(run_timeout), "30m"},
	{"round_timeout", TIME, AT(round_timeout), "none"},
	{"agent_timeout", TIME, AT(agent_timeout), "none"},
	{"call_timeout", TIME, AT(call_timeout), "none"},
	{"reminders", COUNT, AT(reminders), "2"},
	{"tries", COUNT, AT(tries), "3", 1},
	{"retry_wait", TIME, AT(retry_wait), "2s"},
	{"skip_voting", YES_NO, AT(skip_voting), "false"},
};

#define RULES (sizeof(table) / sizeof(*table))

static int64_t *
place(struct mg_lead_rules *r, const struct rule *rule)
{
	return (int64_t *)(void *)((char *)r + rule->at);
}

static int64_t
value_of(const struct mg_lead_rules *r, const struct rule *rule)
{
	return *(const int64_t *)(const void *)((const char *)r + rule->at);
}

static bool
read_word(const char *const *words, const char *s, int64_t *out)
{
	for (int64_t i = 0; words[i]; i++)
		if (strcmp(words[i], s) == 0) {
			*out = i;
			return true;
		}
	return false;
}

static bool
read_value(const struct rule *rule, const char *s, int64_t *out)
{
	static const char *const yes_no[] = {"false", "true", NULL};
	bool none = strcmp(s, "none") == 0;

	switch (rule->kind) {
	case WORD:
		return read_word(rule->words, s, out);
	case YES_NO:
		return read_word(yes_no, s, out);
	case WEIGHT:
		return mg_weight_read(s, out);
	case COUNT:
		if (none && !rule->least)
			return mg_read_int("0", 0, 0, out);
		return mg_read_int(s, rule->least, MANY, out);
	case TIME:
		if (none)
			return mg_read_int("0", 0, 0, out);
		return mg_read_ms(s, out) && *out <= (int64_t)MANY * 1000;
	}
	return false;
}

static int
wrong(const struct rule *rule, struct mg_fault *f)
{
	struct mg_str takes = MG_STR(1024);
	int r;

	switch (rule->kind) {
	case WORD:
		for (size_t i = 0; rule->words[i]; i++)
			mg_str_fmt(
				&takes, "%s%s", i ? ", " : "", rule->words[i]);
		break;
	case YES_NO:
		mg_str_puts(&takes, "true or false");
		break;
	case WEIGHT:
		mg_str_puts(&takes,
			"a decimal number from 0 to 1000000 with at most 6 "
			"digits behind the point");
		break;
	case COUNT:
		mg_str_fmt(&takes, "a whole number from %d to %d",
			(int)rule->least, MANY);
		break;
	case TIME:
		mg_str_puts(&takes, "a time such as 250ms, 30s or 5m, or none");
		break;
	}
	r = mg_usage(f, "the rule %s takes %s", rule->name, takes.s);
	mg_str_release(&takes);
	return r;
}

static int
unknown(const char *name, struct mg_fault *f)
{
	const char *names[RULES + 1] = {NULL}, *near;

	for (size_t i = 0; i < RULES; i++)
		names[i] = table[i].name;
	near = mg_near(name, names);
	mg_usage(f, "there is no such rule");
	return near ? mg_remedy(f, "did you mean %s?", near)
		    : mg_remedy(f, "mg help vote lists them");
}

int
mg_rules_set(struct mg_lead_rules *r, const char *name, const char *value,
	struct mg_fault *f)
{
	for (size_t i = 0; i < RULES; i++)
		if (strcmp(table[i].name, name) == 0) {
			int64_t n;

			if (!read_value(&table[i], value, &n))
				return wrong(&table[i], f);
			*place(r, &table[i]) = n;
			return 0;
		}
	return unknown(name, f);
}

int
mg_rules_arg(struct mg_lead_rules *r, const char *arg, struct mg_fault *f)
{
	const char *eq = strchr(arg, '=');
	char *name;
	int status;

	if (!eq)
		return mg_usage(f, "--rule takes NAME=VALUE");
	name = mg_sl_dup((struct mg_sl){arg, (size_t)(eq - arg)});
	status = mg_rules_set(r, name, eq + 1, f);
	free(name);
	return status;
}

void
mg_rules_init(struct mg_lead_rules *r)
{
	*r = (struct mg_lead_rules){0};
	for (size_t i = 0; i < RULES; i++)
		if (!read_value(
			    &table[i], table[i].otherwise, place(r, &table[i])))
			MG_BUG("a default that is no value");
}

static void
drop_agents(struct mg_lead_rules *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->agents[i].name);
	free(r->agents);
	r->agents = NULL;
	r->n = r->cap = 0;
}

void
mg_rules_release(struct mg_lead_rules *r)
{
	drop_agents(r);
}

int
mg_rules_agent(struct mg_lead_rules *r, struct mg_sl name, struct mg_fault *f)
{
	for (size_t i = 0; i < r->n; i++)
		if (mg_sl_is(name, r->agents[i].name))
			return 0;
	if (r->n == MG_LEAD_AGENTS)
		return mg_usage(
			f, "a team has at most %d agents", MG_LEAD_AGENTS);
	MG_GROW(r->agents, r->n, r->cap);
	r->agents[r->n++] = (struct mg_lead_agent){.name = mg_sl_dup(name),
		.weight = MG_WEIGHT_ONE,
		.sensitivity = -1};
	return 0;
}

/* Times as --rule takes them: in the largest unit that is exact. */
static void
write_time(struct mg_str *out, const char *name, int64_t ms)
{
	char text[32];
	struct mg_str s = MG_STR(sizeof(text));

	if (!ms)
		mg_str_puts(&s, "none");
	else if (ms % 60000 == 0)
		mg_str_fmt(&s, "%lldm", (long long)ms / 60000);
	else if (ms % 1000 == 0)
		mg_str_fmt(&s, "%llds", (long long)ms / 1000);
	else
		mg_str_fmt(&s, "%lldms", (long long)ms);
	mg_json_m(out, name, mg_str_as_sl(&s));
	mg_str_release(&s);
}

static void
write_agents(const struct mg_lead_rules *r, struct mg_str *out)
{
	char weight[MG_WEIGHT_TEXT];

	mg_str_puts(out, ",\"agents\":[");
	for (size_t i = 0; i < r->n; i++) {
		const struct mg_lead_agent *a = &r->agents[i];

		mg_str_puts(out, i ? ",{" : "{");
		mg_json_ms(out, "name", a->name);
		mg_json_mraw(out, "weight", mg_weight_text(a->weight, weight));
		if (a->sensitivity >= 0)
			mg_json_ms(out, "sensitivity",
				mg_sensitivities[a->sensitivity]);
		mg_str_putc(out, '}');
	}
	mg_str_putc(out, ']');
}

void
mg_rules_write(const struct mg_lead_rules *r, struct mg_str *out)
{
	char weight[MG_WEIGHT_TEXT];

	for (size_t i = 0; i < RULES; i++) {
		const struct rule *rule = &table[i];
		int64_t n = value_of(r, rule);

		if (rule->kind == WORD)
			mg_json_ms(out, rule->name, rule->words[n]);
		else if (rule->kind == YES_NO)
			mg_json_mb(out, rule->name, n);
		else if (rule->kind == WEIGHT)
			mg_json_mraw(
				out, rule->name, mg_weight_text(n, weight));
		else if (rule->kind == COUNT)
			mg_json_mi(out, rule->name, n);
		else
			write_time(out, rule->name, n);
	}
	write_agents(r, out);
}

/* A string decoded, anything else as it is spelt. */
static char *
scalar(struct mg_sl raw)
{
	char *text = mg_json_dup(raw);

	return text ? text : mg_sl_dup(raw);
}

static void
read_agent(struct mg_lead_rules *r, struct mg_sl raw)
{
	char *name = mg_json_dup(mg_json_get(raw, "name"));
	char *weight = scalar(mg_json_get(raw, "weight"));
	char *words = scalar(mg_json_get(raw, "sensitivity"));
	size_t n = r->n;

	if (name && mg_rules_agent(r, mg_sl_of(name), NULL) == 0 && r->n > n) {
		mg_weight_read(weight, &r->agents[n].weight);
		read_word(mg_sensitivities, words, &r->agents[n].sensitivity);
	}
	free(name);
	free(weight);
	free(words);
}

void
mg_rules_read(struct mg_lead_rules *r, struct mg_sl event)
{
	struct mg_sl agents = mg_json_get(event, "agents"), key, value;
	size_t it = 0;

	for (size_t i = 0; i < RULES; i++) {
		char *text;

		value = mg_json_get(event, table[i].name);
		if (!value.p)
			continue;
		text = scalar(value);
		mg_rules_set(r, table[i].name, text, NULL);
		free(text);
	}
	if (mg_json_kind(agents) != '[')
		return;
	drop_agents(r);
	while (mg_json_next(agents, &it, &key, &value))
		read_agent(r, value);
}
