#include "conf/scalar.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static size_t
digits(const char *s)
{
	return strspn(s, "0123456789");
}

static bool
is_one_of(struct mg_sl s, const char *const *words)
{
	for (; *words; words++)
		if (mg_sl_is(s, *words))
			return true;
	return false;
}

/* [-+]? ( [0-9]+ ( . [0-9]* )? | . [0-9]+ ) ( [eE] [-+]? [0-9]+ )? */
static enum mg_node_kind
number(struct mg_sl s)
{
	const char *p = s.p + (s.p[0] == '-' || s.p[0] == '+');
	size_t n = digits(p), more;
	bool whole = true;

	p += n;
	if (*p == '.') {
		more = digits(++p);
		p += more;
		n += more;
		whole = false;
	}
	if (n && (*p == 'e' || *p == 'E')) {
		p++;
		p += *p == '-' || *p == '+';
		n = digits(p);
		p += n;
		whole = false;
	}
	if (!n || p != s.p + s.n || !isfinite(strtod(s.p, NULL)))
		return MG_NODE_STR;
	if (!whole)
		return MG_NODE_NUM;
	errno = 0;
	strtoll(s.p, NULL, 10);
	return errno == ERANGE ? MG_NODE_NUM : MG_NODE_INT;
}

enum mg_node_kind
mg_scalar_kind(struct mg_sl text)
{
	static const char *const nulls[] = {
		"", "~", "null", "Null", "NULL", NULL};
	static const char *const bools[] = {
		"true", "True", "TRUE", "false", "False", "FALSE", NULL};

	if (is_one_of(text, nulls))
		return MG_NODE_NULL;
	if (is_one_of(text, bools))
		return MG_NODE_BOOL;
	return number(text);
}

bool
mg_scalar_tag(const char *tag, struct mg_node *node)
{
	static const char str[] = "tag:yaml.org,2002:str";
	const size_t yaml = sizeof(str) - sizeof("str");
	static const char *const names[] = {
		[MG_NODE_NULL] = "null",
		[MG_NODE_BOOL] = "bool",
		[MG_NODE_INT] = "int",
		[MG_NODE_NUM] = "float",
		[MG_NODE_STR] = "str",
		[MG_NODE_LIST] = "seq",
		[MG_NODE_MAP] = "map",
	};
	bool scalar = node->kind < MG_NODE_LIST;

	if (scalar && (strcmp(tag, "!") == 0 || strcmp(tag, str) == 0)) {
		node->kind = MG_NODE_STR;
		return true;
	}
	if (strncmp(tag, str, yaml) != 0)
		return strcmp(tag, "!") == 0;
	tag += yaml;
	if (scalar)
		node->kind = mg_scalar_kind(node->text);
	if (node->kind == MG_NODE_INT && strcmp(tag, "float") == 0)
		node->kind = MG_NODE_NUM;
	return strcmp(tag, names[node->kind]) == 0;
}

void
mg_scalar_json(struct mg_sl number, struct mg_str *out)
{
	const char *p = number.p;
	size_t n;

	if (*p == '-')
		mg_str_putc(out, '-');
	p += *p == '-' || *p == '+';
	while (p[0] == '0' && p[1] >= '0' && p[1] <= '9')
		p++;
	n = digits(p);
	mg_str_add(out, n ? p : "0", n ? n : 1);
	p += n;
	if (*p == '.') {
		n = digits(++p);
		mg_str_putc(out, '.');
		mg_str_add(out, n ? p : "0", n ? n : 1);
		p += n;
	}
	mg_str_puts(out, p);
}
