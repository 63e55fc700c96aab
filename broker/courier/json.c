/* SPDX-License-Identifier: ISC */
#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/courier/json.h"
#include "broker/secret.h"
#include "proto/error.h"

#define NUMBER_MAX 32 /* bytes of a number's text, with NUL */

/* What does not lie in jansson's strings. */
struct label {
	char name[JSON_NAME_MAX + 1];
	char number[NUMBER_MAX];
};

struct json {
	json_t *root;
	size_t max;
	size_t count;
	struct mailseal_item *item;
	struct label *label; /* one for each item */
	json_t **value;	     /* likewise: what may have members to come */
};

void
json_free(struct json *json)
{
	if (json == NULL)
		return;
	json_decref(json->root);
	free(json->item);
	free(json->label);
	free(json->value);
	free(json);
}

/* The length of the UTF-8 sequence at text, 0 when it is none (RFC 3629). */
static size_t
sequence(const unsigned char *text, size_t len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char c = text[0];
	size_t size = c < 0x80	  ? 1 :
	    c >= 0xc2 && c < 0xe0 ? 2 :
	    c >= 0xe0 && c < 0xf0 ? 3 :
	    c >= 0xf0 && c < 0xf5 ? 4 :
				    0;
	uint32_t point = size > 1 ? c & (0xffu >> (size + 1)) : c;

	if (size == 0 || size > len)
		return 0;
	for (size_t i = 1; i < size; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (text[i] & 0x3f);
	}
	if (point < least[size] || point > 0x10ffff ||
	    (point >= 0xd800 && point < 0xe000))
		return 0;
	return size;
}

/* A copy in which each byte that is no UTF-8 is U+FFFD. */
static struct secret *
clean(struct span text)
{
	static const unsigned char mark[] = { 0xef, 0xbf, 0xbd };
	struct secret *copy;
	size_t out = 0;

	copy = secret_new(text.len * sizeof(mark));
	if (copy == NULL)
		return NULL;
	for (size_t i = 0; i < text.len;) {
		size_t size = sequence(text.data + i, text.len - i);

		memcpy(copy->data + out, size > 0 ? text.data + i : mark,
		    size > 0 ? size : sizeof(mark));
		out += size > 0 ? size : sizeof(mark);
		i += size > 0 ? size : 1;
	}
	secret_cut(copy, out);
	return copy;
}

/* No deeper than left below this value; jansson itself ends at 2,048. */
static bool
is_shallow(json_t *value, unsigned left)
{
	const char *name;
	json_t *member;
	size_t i;

	if (!json_is_object(value) && !json_is_array(value))
		return true;
	if (left == 0)
		return false;
	json_object_foreach(value, name,
	    member) if (!is_shallow(member, left - 1)) return false;
	json_array_foreach(value, i,
	    member) if (!is_shallow(member, left - 1)) return false;
	return true;
}

/* Fill the item at json->count, whose label has its name, from value. */
static void
fill(struct json *json, json_t *value)
{
	struct mailseal_item *item = &json->item[json->count];
	struct label *label = &json->label[json->count];

	item->name = label->name;
	item->bytes = "";
	switch (json_typeof(value)) {
	case JSON_STRING:
		item->bytes = json_string_value(value);
		item->len = json_string_length(value);
		break;
	case JSON_INTEGER:
	case JSON_REAL:
		/* Every number was read as a double: 15 digits are sure. */
		(void)snprintf(label->number, sizeof(label->number), "%.15g",
		    json_number_value(value));
		item->bytes = label->number;
		item->flags = MAILSEAL_NUMBER;
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		item->bytes = json_is_true(value) ? "true" : "false";
		item->flags = MAILSEAL_BOOL;
		break;
	case JSON_NULL:
		item->flags = MAILSEAL_NULL;
		break;
	case JSON_OBJECT:
	case JSON_ARRAY:
		item->flags = MAILSEAL_OTHER;
		break;
	}
	if (!json_is_string(value))
		item->len = strlen(item->bytes);
	json->value[json->count++] = value;
}

/* Add a member called name of the item called outer. */
static void
add(struct json *json, const char *outer, const char *name, json_t *value)
{
	struct label *label = &json->label[json->count];
	int n;

	if (json->count == json->max || name[0] == '\0' ||
	    strchr(name, '.') != NULL)
		return;
	n = snprintf(label->name, sizeof(label->name), "%s%s%s", outer,
	    outer[0] != '\0' ? "." : "", name);
	if (n >= 0 && (size_t)n < sizeof(label->name))
		fill(json, value);
}

/* Add the members of an object or array; others have none. */
static void
add_members(struct json *json, const char *outer, json_t *value)
{
	const char *name;
	json_t *member;
	char index[24];
	size_t i;

	json_object_foreach(value, name, member) add(json, outer, name, member);
	json_array_foreach(value, i, member)
	{
		(void)snprintf(index, sizeof(index), "%zu", i);
		add(json, outer, index, member);
	}
}

static int
flatten(struct json *json)
{
	json->item = calloc(json->max, sizeof(*json->item));
	json->label = calloc(json->max, sizeof(*json->label));
	json->value = calloc(json->max, sizeof(json_t *));
	if (json->item == NULL || json->label == NULL || json->value == NULL)
		return MAILSEAL_E_NOMEM;
	if (json_object_size(json->root) > json->max)
		return MAILSEAL_E_MALFORMED;

	/* Level by level: what does not fit is the innermost. */
	add_members(json, "", json->root);
	for (size_t i = 0; i < json->count; i++)
		add_members(json, json->label[i].name, json->value[i]);
	return MAILSEAL_OK;
}

void
json_open(void)
{
	/* Strings long and short, escapes, numbers, nesting, and an error. */
	static const char *const all[] = { "{\"a\":\"0123456789abcdef0123456789"
					   "abcdef\\n\\u20ac\",\"b\":[1,2.5e3,"
					   "-7,true,false,null,{}],\"c\":{}}",
		"{\"a\":1,\"a\":2}" };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		json_error_t why;
		json_t *root = json_loadb(all[i], strlen(all[i]),
		    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL |
			JSON_DECODE_INT_AS_REAL,
		    &why);

		json_decref(root);
	}
}

int
json_parse(struct span text, size_t max, struct json **json)
{
	static const unsigned char bom[] = { 0xef, 0xbb, 0xbf };
	AUTO(secret) cleaned = NULL;
	AUTO(json) made = NULL;
	json_error_t why;
	int error;

	if (text.len > MAILSEAL_BODY_MAX)
		return MAILSEAL_E_TOOLONG;
	if (text.len >= sizeof(bom) &&
	    memcmp(text.data, bom, sizeof(bom)) == 0) {
		text.data += sizeof(bom);
		text.len -= sizeof(bom);
	}
	cleaned = clean(text);
	made = calloc(1, sizeof(*made));
	if (cleaned == NULL || made == NULL)
		return MAILSEAL_E_NOMEM;

	made->max = max;
	made->root = json_loadb((const char *)cleaned->data, cleaned->len,
	    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL,
	    &why);
	if (!json_is_object(made->root) ||
	    !is_shallow(made->root, JSON_DEPTH_MAX))
		return MAILSEAL_E_MALFORMED;
	error = flatten(made);
	if (error != MAILSEAL_OK)
		return error;
	*json = made;
	made = NULL;
	return MAILSEAL_OK;
}

struct mailseal_items
json_items(const struct json *json)
{
	return (struct mailseal_items){ json->item, json->count };
}

const struct mailseal_item *
json_find(const struct json *json, const char *name)
{
	for (size_t i = 0; i < json->count; i++)
		if (strcmp(json->item[i].name, name) == 0)
			return &json->item[i];
	return NULL;
}

const char *
json_text(const struct json *json, const char *name)
{
	const struct mailseal_item *item = json_find(json, name);

	if (item == NULL || item->flags != 0 ||
	    memchr(item->bytes, '\0', item->len) != NULL)
		return NULL;
	return item->bytes;
}
