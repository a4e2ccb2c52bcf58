#include "conf/yaml.h"

#include "base/map.h"
#include "conf/scalar.h"
#include "conf/yamltext.h"
#include "event/json.h"

#include <errno.h>
#include <stdlib.h>

#define TEXT_MAX ((size_t)4 << 20)
#define DEPTH_MAX MG_JSON_DEPTH
#define NODES_MAX 200000
#define CHUNK 65536

/* Nodes, arrays and texts live in chunks and go together. */
struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(max_align_t) char bytes[];
};

/* What a reader of the tree need not see. */
struct node {
	struct mg_node n;
	size_t weight; /* how many nodes it holds, itself included */
	unsigned height; /* levels of lists and maps, itself included */
	bool open; /* its end has not been seen */
	bool merge; /* a plain `<<` where a key stands */
};

struct mg_yaml {
	struct chunk *chunks;
	struct node *root;
	const char *file;
};

/*
 * Children wait in `pend` until their parent closes; a parent's begin at the
 * `base` of its frame, in maps keys and values in turn.
 */
struct builder {
	struct mg_yaml *doc;
	struct mg_fault *f;
	struct mg_node at; /* scratch: where a fault is */
	struct node **pend;
	size_t npend, cap;
	struct frame {
		struct node *node;
		size_t base;
	} stack[DEPTH_MAX];
	unsigned depth;
	size_t nodes;
	struct mg_map anchors; /* the last node of each name */
};

static void *
get(struct mg_yaml *doc, size_t size)
{
	struct chunk *c = doc->chunks;
	size_t align = _Alignof(max_align_t);
	void *p;

	size = (size + align - 1) / align * align;
	if (!c || c->size - c->used < size) {
		size_t room = size > CHUNK ? size : CHUNK;

		c = mg_xmalloc(sizeof(*c) + room);
		*c = (struct chunk){.next = doc->chunks, .size = room};
		doc->chunks = c;
	}
	p = c->bytes + c->used;
	c->used += size;
	return p;
}

static struct mg_sl
keep(struct mg_yaml *doc, const void *p, size_t n)
{
	char *s = get(doc, n + 1);

	if (n)
		memcpy(s, p, n);
	s[n] = '\0';
	return (struct mg_sl){s, n};
}

static const struct mg_node *
at(struct builder *b, const yaml_event_t *e)
{
	b->at.file = b->doc->file;
	b->at.line = e->start_mark.line + 1;
	b->at.column = e->start_mark.column + 1;
	return &b->at;
}

static struct node *
make(struct builder *b, const yaml_event_t *e, enum mg_node_kind kind)
{
	struct node *node = get(b->doc, sizeof(*node));

	*node = (struct node){.n = *at(b, e), .weight = 1};
	node->n.kind = kind;
	if (kind < MG_NODE_LIST)
		node->n.text = MG_SL("");
	return node;
}

/* A tag may say what a node is anyway, and make a text of a scalar. */
static int
tagged(struct builder *b, const yaml_event_t *e, const yaml_char_t *tag,
	struct node *node)
{
	if (!tag || mg_scalar_tag((const char *)tag, &node->n))
		return 0;
	mg_node_fail(at(b, e), b->f, "a tag that does not fit or is not known");
	return mg_remedy(b->f,
		"leave the tag (`!...`) out, or put a text that "
		"begins with `!` in quotes");
}

static bool
is_key(const struct builder *b)
{
	const struct frame *top;

	if (!b->depth)
		return false;
	top = &b->stack[b->depth - 1];
	return top->node->n.kind == MG_NODE_MAP &&
		(b->npend - top->base) % 2 == 0;
}

/* Aliases count what they hold: sharing makes exponential trees cheap to
 * write, and cheap to keep, but not cheap to walk. */
static int
count(struct builder *b, const yaml_event_t *e, size_t weight)
{
	b->nodes += weight;
	if (b->nodes <= NODES_MAX)
		return 0;
	return mg_node_fail(at(b, e), b->f,
		"more than %d values, counted with what aliases repeat",
		NODES_MAX);
}

static void
push(struct builder *b, struct node *node)
{
	MG_GROW(b->pend, b->npend, b->cap);
	b->pend[b->npend++] = node;
}

static void
add(struct builder *b, struct node *node)
{
	struct node *top;

	if (!b->depth) {
		b->doc->root = node;
		return;
	}
	top = b->stack[b->depth - 1].node;
	if (is_key(b) && node->n.kind != MG_NODE_STR) {
		struct node *key = get(b->doc, sizeof(*key));

		/* an anchor may still want the node as it is */
		*key = *node;
		key->n.kind = MG_NODE_STR;
		node = key;
	}
	top->weight += node->weight;
	if (top->height < node->height + 1)
		top->height = node->height + 1;
	push(b, node);
}

static void
anchor(struct builder *b, const yaml_char_t *name, struct node *node)
{
	if (name)
		*mg_map_put(&b->anchors, mg_sl_of((const char *)name)) = node;
}

static int
scalar(struct builder *b, const yaml_event_t *e)
{
	bool plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	const yaml_char_t *tag = e->data.scalar.tag;
	struct node *node = make(b, e, MG_NODE_STR);

	node->n.text = keep(
		b->doc, e->data.scalar.value, e->data.scalar.length);
	node->merge = plain && !tag && mg_sl_is(node->n.text, "<<");
	if (plain)
		node->n.kind = mg_scalar_kind(node->n.text);
	if (count(b, e, 1) || tagged(b, e, tag, node))
		return -1;
	anchor(b, e->data.scalar.anchor, node);
	add(b, node);
	return 0;
}

static int
complex_key(struct builder *b, const yaml_event_t *e)
{
	mg_node_fail(
		at(b, e), b->f, "a list or a map stands where a key should");
	return mg_remedy(b->f,
		"put a text that begins with `[` or `{` in "
		"quotes");
}

static int
alias(struct builder *b, const yaml_event_t *e)
{
	const char *name = (const char *)e->data.alias.anchor;
	struct node *node = mg_map_get(&b->anchors, mg_sl_of(name));

	if (!node) {
		mg_node_fail(at(b, e), b->f, "no anchor `&%.64s` above", name);
		return mg_remedy(b->f,
			"put a text that begins with `*` in "
			"quotes");
	}
	if (node->open)
		return mg_node_fail(at(b, e), b->f,
			"the alias `*%.64s` stands within its own anchor",
			name);
	if (is_key(b) && node->n.kind >= MG_NODE_LIST)
		return complex_key(b, e);
	if (b->depth + node->height > DEPTH_MAX)
		return mg_node_fail(
			at(b, e), b->f, "more than %d levels", DEPTH_MAX);
	if (count(b, e, node->weight))
		return -1;
	add(b, node);
	return 0;
}

static int
begin(struct builder *b, const yaml_event_t *e, enum mg_node_kind kind)
{
	/* the two events are laid out alike, but the types do not say so */
	bool list = kind == MG_NODE_LIST;
	const yaml_char_t *tag = list ? e->data.sequence_start.tag
				      : e->data.mapping_start.tag;
	const yaml_char_t *name = list ? e->data.sequence_start.anchor
				       : e->data.mapping_start.anchor;
	struct node *node;

	if (is_key(b))
		return complex_key(b, e);
	if (b->depth == DEPTH_MAX)
		return mg_node_fail(
			at(b, e), b->f, "more than %d levels", DEPTH_MAX);
	node = make(b, e, kind);
	node->open = true;
	node->height = 1;
	if (count(b, e, 1) || tagged(b, e, tag, node))
		return -1;
	anchor(b, name, node);
	b->stack[b->depth++] = (struct frame){node, b->npend};
	return 0;
}

/* Every `step`th pending child from `from` on, as an array of its own. */
static struct mg_node **
array(struct builder *b, size_t from, size_t step)
{
	size_t n = (b->npend - from + step - 1) / step;
	struct mg_node **a = get(b->doc, n * sizeof(*a));

	for (size_t i = 0; i < n; i++)
		a[i] = &b->pend[from + i * step]->n;
	return a;
}

static int
merge_map(struct builder *b, struct mg_map *seen, const struct mg_node *from)
{
	if (from->kind != MG_NODE_MAP)
		return mg_node_fail(
			from, b->f, "`<<` takes a map or a list of maps");
	for (size_t i = 0; i < from->count; i++) {
		void **first = mg_map_put(seen, from->keys[i]->text);

		if (*first)
			continue;
		*first = from->keys[i];
		push(b, (struct node *)from->keys[i]);
		push(b, (struct node *)from->items[i]);
	}
	return 0;
}

static int
merge(struct builder *b, struct mg_map *seen, const struct mg_node *from)
{
	if (from->kind != MG_NODE_LIST)
		return merge_map(b, seen, from);
	for (size_t i = 0; i < from->count; i++)
		if (merge_map(b, seen, from->items[i]))
			return -1;
	return 0;
}

static int
own_keys(struct builder *b, struct mg_map *seen, size_t base)
{
	for (size_t i = base; i < b->npend; i += 2) {
		struct mg_node *key = &b->pend[i]->n;
		void **first = mg_map_put(seen, key->text);
		struct mg_sl cut = mg_sl_cut(key->text, 64);

		if (*first) {
			mg_node_fail(key, b->f,
				"the key `%.*s` stands twice in this map",
				(int)cut.n, cut.p);
			return mg_remedy(b->f, "it stands on line %zu too",
				((struct mg_node *)*first)->line);
		}
		*first = key;
	}
	return 0;
}

/*
 * The map's own keys are claimed first, so that they win over merged ones;
 * then the members are pushed anew, the merged ones where their `<<` stood.
 */
static int
close_map(struct builder *b, struct node *map, size_t base)
{
	struct mg_map seen = {0};
	size_t end = b->npend;
	int rc = own_keys(b, &seen, base);

	for (size_t i = base; i < end && !rc; i += 2) {
		struct node *key = b->pend[i], *value = b->pend[i + 1];

		if (key->merge) {
			rc = merge(b, &seen, &value->n);
		} else {
			push(b, key);
			push(b, value);
		}
	}
	mg_map_release(&seen);
	map->n.count = (b->npend - end) / 2;
	map->n.keys = array(b, end, 2);
	map->n.items = array(b, end + 1, 2);
	return rc;
}

static int
close_node(struct builder *b)
{
	struct frame top = b->stack[b->depth - 1];

	if (!top.node)
		MG_BUG("an end without its beginning");
	if (top.node->n.kind == MG_NODE_LIST) {
		top.node->n.count = b->npend - top.base;
		top.node->n.items = array(b, top.base, 1);
	} else if (close_map(b, top.node, top.base)) {
		return -1;
	}
	top.node->open = false;
	b->npend = top.base;
	b->depth--;
	add(b, top.node);
	return 0;
}

static int
document(struct builder *b, const yaml_event_t *e)
{
	if (!b->doc->root)
		return 0;
	mg_node_fail(at(b, e), b->f, "a second document begins here");
	return mg_remedy(b->f, "put it in a file of its own");
}

static int
handle(struct builder *b, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		return document(b, e);
	case YAML_SCALAR_EVENT:
		return scalar(b, e);
	case YAML_ALIAS_EVENT:
		return alias(b, e);
	case YAML_SEQUENCE_START_EVENT:
		return begin(b, e, MG_NODE_LIST);
	case YAML_MAPPING_START_EVENT:
		return begin(b, e, MG_NODE_MAP);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_node(b);
	default:
		return 0;
	}
}

static int
build(struct builder *b, struct mg_sl text)
{
	yaml_parser_t parser;
	yaml_event_t e;
	bool end = false;
	int rc = 0;

	if (!yaml_parser_initialize(&parser))
		return mg_fail(b->f, MG_E_SYSTEM, "unable to get memory");
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
		&parser, (const unsigned char *)text.p, text.n);
	while (!rc && !end) {
		if (!yaml_parser_parse(&parser, &e)) {
			rc = mg_yaml_why(&parser, b->doc->file, text, b->f);
			break;
		}
		end = e.type == YAML_STREAM_END_EVENT;
		rc = handle(b, &e);
		if (end && !rc && !b->doc->root)
			b->doc->root = make(
				b, &(yaml_event_t){0}, MG_NODE_NULL);
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&parser);
	mg_map_release(&b->anchors);
	free(b->pend);
	return rc;
}

struct mg_yaml *
mg_yaml_text(const char *name, struct mg_sl text, struct mg_fault *f)
{
	struct mg_yaml *doc = mg_xcalloc(1, sizeof(*doc));
	struct builder b = {.doc = doc, .f = f};
	struct mg_str mended = MG_STR(TEXT_MAX);
	int rc;

	if (!name)
		name = "-";
	doc->file = keep(doc, name, strlen(name)).p;
	if (!text.n)
		text = MG_SL("");
	if (text.n > TEXT_MAX) {
		rc = mg_fail(f, MG_E_CONFIG, "%s: more than %zu MiB", name,
			TEXT_MAX >> 20);
	} else {
		rc = build(&b, mg_yaml_ready(text, &mended));
	}
	mg_str_release(&mended);
	if (!rc)
		return doc;
	mg_yaml_free(doc);
	return NULL;
}

struct mg_yaml *
mg_yaml_file(const char *path, struct mg_fault *f)
{
	struct mg_str text = MG_STR(TEXT_MAX);
	struct mg_yaml *doc = NULL;

	if (mg_str_file(&text, path))
		doc = mg_yaml_text(path, mg_str_as_sl(&text), f);
	else if (errno == EFBIG)
		mg_fail(f, MG_E_CONFIG, "%s: more than %zu MiB", path,
			TEXT_MAX >> 20);
	else
		mg_fail(f, MG_E_NO_INPUT, "unable to read %s: %s", path,
			strerror(errno));
	mg_str_release(&text);
	return doc;
}

void
mg_yaml_free(struct mg_yaml *doc)
{
	struct chunk *next;

	if (!doc)
		return;
	for (struct chunk *c = doc->chunks; c; c = next) {
		next = c->next;
		free(c);
	}
	free(doc);
}

const struct mg_node *
mg_yaml_root(const struct mg_yaml *doc)
{
	static const struct mg_node none = {
		.line = 1, .column = 1, .file = "-", .text = {"", 0}};

	return doc ? &doc->root->n : &none;
}
