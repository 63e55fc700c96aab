/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "client/mailseal/command.h"
#include "client/mailseal/listing.h"
#include "client/mailseal/moment.h"

/* Fields that are numbers in JSON; all others are texts. */
static const char *const numbers[] = { "id", "uid", "gid", "pid", "started",
	"accounts", "connections", "off", "line", "providers", "rules",
	"records", "failed", "until", "next_try", "refreshed_at", "used_at",
	"enrolled_at", "expires", "secrets", "port", "smtp_port", "imap_port" };

/* Keys and values, each with a NUL behind it, in the order they came. */
struct row {
	size_t fields;
	char bytes[];
};

void
listing_free(struct listing *listing)
{
	if (listing == NULL)
		return;
	for (size_t i = 0; i < listing->count; i++)
		free(listing->row[i]);
	free(listing->row);
	free(listing);
}

/* Copy bytes as a text; a NUL inside could only mislead. */
static char *
copy(char *to, const void *bytes, size_t len)
{
	memcpy(to, bytes, len);
	for (size_t i = 0; i < len; i++)
		if (to[i] == '\0')
			to[i] = '?';
	to[len] = '\0';
	return to + len + 1;
}

static struct row *
row_new(const struct line *line)
{
	struct row *row;
	size_t size = 0;
	char *at;

	for (size_t i = 0; i < line->count; i++)
		size += strlen(line->field[i].key) + line->field[i].len + 2;
	row = calloc(1, sizeof(*row) + size);
	if (row == NULL)
		return NULL;
	at = row->bytes;
	for (size_t i = 0; i < line->count; i++) {
		const struct line_field *field = &line->field[i];

		at = copy(at, field->key, strlen(field->key));
		at = copy(at, field->value, field->len);
	}
	row->fields = line->count;
	return row;
}

static bool
append(struct listing *listing, const struct line *line)
{
	struct row *row;

	if (listing->count == listing->max) {
		size_t max = listing->max == 0 ? 64 : listing->max * 2;
		struct row **more = reallocarray(listing->row, max,
		    sizeof(struct row *));

		if (more == NULL)
			return false;
		listing->row = more;
		listing->max = max;
	}
	row = row_new(line);
	if (row == NULL)
		return false;
	listing->row[listing->count++] = row;
	return true;
}

int
listing_ask(struct ask *ask, unsigned timeout_s, struct listing **listing)
{
	AUTO(listing) l = calloc(1, sizeof(*l));
	bool list = false;
	enum ask_answer answer;

	if (l == NULL)
		return complain(EX_OSERR, "out of memory");
	ask_send(ask, timeout_s);
	while ((answer = ask_next(ask)) == ASK_ITEM) {
		list = true;
		if (l->count == ROWS_MAX)
			return complain(EX_SOFTWARE,
			    "the answer has more "
			    "than %d lines",
			    ROWS_MAX);
		if (!append(l, ask_line(ask)))
			return complain(EX_OSERR, "out of memory");
	}
	if (answer == ASK_FAILED)
		return complain_failure(ask_failure(ask));
	if (!list && !line_has(ask_line(ask), "count") &&
	    !append(l, ask_line(ask)))
		return complain(EX_OSERR, "out of memory");
	*listing = l;
	l = NULL;
	return EX_OK;
}

/* The value behind a key, and the key behind a value. */
static const char *
behind(const char *text)
{
	return text + strlen(text) + 1;
}

const char *
row_get(const struct row *row, const char *key)
{
	const char *at = row->bytes;

	for (size_t i = 0; i < row->fields; i++) {
		const char *value = behind(at);

		if (strcmp(at, key) == 0)
			return value;
		at = behind(value);
	}
	return NULL;
}

const char *
row_text(const struct row *row, const char *key)
{
	const char *text = row_get(row, key);

	return text != NULL ? text : "";
}

const struct row *
listing_find(const struct listing *listing, const char *key, const char *text)
{
	for (size_t i = 0; i < listing->count; i++)
		if (row_is(listing->row[i], key, text))
			return listing->row[i];
	return NULL;
}

bool
row_is(const struct row *row, const char *key, const char *text)
{
	return strcmp(row_text(row, key), text) == 0;
}

static bool
is_number(const char *key)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strcmp(numbers[i], key) == 0)
			return true;
	return false;
}

void
row_json(const struct row *row, const char *but, struct jsontext *json)
{
	const char *at = row->bytes;

	for (size_t i = 0; i < row->fields; i++) {
		const char *value = behind(at);
		int64_t number = is_number(at) ? moment_read(value) : -1;

		if (but != NULL && strcmp(at, but) == 0)
			; /* told by where the object stands */
		else if (number >= 0)
			jsontext_number(json, at, number);
		else
			jsontext_text(json, at, value);
		at = behind(value);
	}
}

void
listing_json(const struct listing *listing, const char *kind, const char *key,
    struct jsontext *json)
{
	jsontext_open(json, key, '[');
	for (size_t i = 0; i < listing->count; i++) {
		const struct row *row = listing->row[i];

		if (kind != NULL && !row_is(row, "kind", kind))
			continue;
		jsontext_open(json, NULL, '{');
		row_json(row, kind != NULL ? "kind" : NULL, json);
		jsontext_close(json, '}');
	}
	jsontext_close(json, ']');
}
