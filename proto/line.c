/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "proto/error.h"
#include "proto/line.h"

static bool
is_key_byte(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* What stands for itself in a value: visible ASCII but the percent sign. */
static bool
is_plain(unsigned char c)
{
	return c >= 0x21 && c <= 0x7e && c != '%';
}

static int
hex_digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

void
line_fail(struct line *line, int error, const char *key)
{
	if (line->error != MAILSEAL_OK)
		return;
	line->error = error;
	line->culprit = key;
}

/* The key that starts at *at; it ends before the byte stop. */
static const char *
take_key(struct line *line, char *bytes, size_t len, size_t *at)
{
	const char *key = bytes + *at;
	size_t start = *at;

	while (*at < len && is_key_byte((unsigned char)bytes[*at]))
		(*at)++;
	if (*at == start) {
		line_fail(line, MAILSEAL_E_MALFORMED, NULL);
		return NULL;
	}
	if (*at - start > LINE_KEY_MAX) {
		line_fail(line, MAILSEAL_E_TOOLONG, NULL);
		return NULL;
	}
	return key;
}

/* Decode the value at *at up to a space or the end; false when it is none. */
static bool
take_value(struct line *line, unsigned char *bytes, size_t len, size_t *at,
    struct line_field *field)
{
	size_t out = *at;

	field->value = bytes + *at;
	while (*at < len && bytes[*at] != ' ') {
		unsigned char c = bytes[*at];
		int high, low;

		if (is_plain(c)) {
			bytes[out++] = c;
			(*at)++;
			continue;
		}
		if (c != '%' || len - *at < 3)
			break;
		high = hex_digit(bytes[*at + 1]);
		low = hex_digit(bytes[*at + 2]);
		if (high < 0 || low < 0)
			break;
		c = (unsigned char)(high << 4 | low);
		if (is_plain(c))
			break; /* one spelling only */
		bytes[out++] = c;
		*at += 3;
	}
	if (*at < len && bytes[*at] != ' ') {
		line_fail(line, MAILSEAL_E_MALFORMED, field->key);
		return false;
	}
	field->len = out - (size_t)(field->value - bytes);
	return true;
}

static bool
is_repeated(const struct line *line, const char *key)
{
	for (size_t i = 0; i < line->count; i++)
		if (strcmp(line->field[i].key, key) == 0)
			return true;
	return false;
}

static bool
take_field(struct line *line, char *bytes, size_t len, size_t *at)
{
	struct line_field field = { 0 };

	field.key = take_key(line, bytes, len, at);
	if (field.key == NULL)
		return false;
	if (*at == len || bytes[*at] != '=') {
		line_fail(line, MAILSEAL_E_MALFORMED, NULL);
		return false;
	}
	bytes[(*at)++] = '\0';
	if (!take_value(line, (unsigned char *)bytes, len, at, &field))
		return false;
	if (is_repeated(line, field.key)) {
		line_fail(line, MAILSEAL_E_REPEATED, field.key);
		return false;
	}
	if (line->count == LINE_FIELDS_MAX) {
		line_fail(line, MAILSEAL_E_TOOLONG, field.key);
		return false;
	}
	line->field[line->count++] = field;
	return true;
}

/* A NUL behind each value, when nothing behind it is still to be read. */
static void
terminate(struct line *line)
{
	for (size_t i = 0; i < line->count; i++)
		line->field[i].value[line->field[i].len] = '\0';
}

void
line_start(struct line *line, char *bytes, size_t len)
{
	const char *word;
	size_t at = 0;

	memset(line, 0, sizeof(*line));
	line->word = "";
	word = take_key(line, bytes, len, &at);
	if (word == NULL)
		return;
	if (at < len && bytes[at] != ' ') {
		line_fail(line, MAILSEAL_E_MALFORMED, NULL);
		return;
	}
	while (at < len) {
		bytes[at++] = '\0';
		if (!take_field(line, bytes, len, &at)) {
			line->count = 0;
			return;
		}
	}
	bytes[len] = '\0';
	terminate(line);
	line->word = word;
}

const char *
line_word(const struct line *line)
{
	return line->word;
}

static struct line_field *
find(struct line *line, const char *key)
{
	for (size_t i = 0; i < line->count; i++)
		if (strcmp(line->field[i].key, key) == 0)
			return &line->field[i];
	return NULL;
}

bool
line_has(const struct line *line, const char *key)
{
	return is_repeated(line, key);
}

struct span
line_get_bytes(struct line *line, const char *key, size_t max)
{
	struct span none = { NULL, 0 };
	struct line_field *field = find(line, key);

	if (field == NULL)
		return none;
	field->taken = true;
	if (field->len > max) {
		line_fail(line, MAILSEAL_E_TOOLONG, key);
		return none;
	}
	return (struct span){ field->value, field->len };
}

const char *
line_get(struct line *line, const char *key, size_t max)
{
	struct span value = line_get_bytes(line, key, max);

	if (value.data == NULL)
		return NULL;
	if (memchr(value.data, '\0', value.len) != NULL) {
		line_fail(line, MAILSEAL_E_MALFORMED, key);
		return NULL;
	}
	return (const char *)value.data;
}

const char *
line_need(struct line *line, const char *key, size_t max)
{
	const char *text = line_get(line, key, max);

	if (text == NULL)
		line_fail(line, MAILSEAL_E_MISSING, key);
	return text;
}

uint64_t
line_get_number(struct line *line, const char *key, uint64_t absent,
    uint64_t max)
{
	const char *text = line_get(line, key, 20);
	uint64_t number = 0;

	if (text == NULL)
		return absent;
	if (*text == '\0' || (text[0] == '0' && text[1] != '\0')) {
		line_fail(line, MAILSEAL_E_MALFORMED, key);
		return absent;
	}
	for (; *text != '\0'; text++) {
		uint64_t digit = (uint64_t)(unsigned char)*text - '0';

		if (digit > 9) {
			line_fail(line, MAILSEAL_E_MALFORMED, key);
			return absent;
		}
		if (digit > max || number > (max - digit) / 10) {
			line_fail(line, MAILSEAL_E_TOOLONG, key);
			return absent;
		}
		number = number * 10 + digit;
	}
	return number;
}

bool
line_next(struct line *line, const char *prefix, const char **key,
    struct span *value)
{
	size_t len = strlen(prefix);

	for (size_t i = 0; i < line->count; i++) {
		struct line_field *field = &line->field[i];

		if (field->taken || strncmp(field->key, prefix, len) != 0)
			continue;
		field->taken = true;
		*key = field->key + len;
		*value = (struct span){ field->value, field->len };
		return true;
	}
	return false;
}

void
line_wipe(struct line *line, const char *key)
{
	struct line_field *field = find(line, key);

	if (field != NULL)
		explicit_bzero(field->value, field->len);
}

int
line_end(struct line *line)
{
	for (size_t i = 0; i < line->count; i++)
		if (!line->field[i].taken)
			line_fail(line, MAILSEAL_E_UNKNOWN, line->field[i].key);
	return line->error;
}

int
line_end_reply(const struct line *line)
{
	return line->error;
}

bool
line_is_key(const char *text)
{
	size_t len = 0;

	while (is_key_byte((unsigned char)text[len]) && len <= LINE_KEY_MAX)
		len++;
	return len > 0 && len <= LINE_KEY_MAX && text[len] == '\0';
}

static void
append(struct line_writer *w, const void *bytes, size_t len)
{
	if (w->error != MAILSEAL_OK)
		return;
	if (len > w->size - w->len) {
		w->error = MAILSEAL_E_TOOLONG;
		return;
	}
	memcpy(w->bytes + w->len, bytes, len);
	w->len += len;
}

static void
append_value(struct line_writer *w, const unsigned char *data, size_t len)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < len; i++) {
		char code[3] = { '%', hex[data[i] >> 4], hex[data[i] & 15] };

		if (is_plain(data[i]))
			append(w, &data[i], 1);
		else
			append(w, code, sizeof(code));
	}
}

void
line_begin(struct line_writer *w, char *bytes, size_t size, const char *word)
{
	*w = (struct line_writer){ MAILSEAL_OK, bytes, size, 0 };
	if (!line_is_key(word))
		w->error = MAILSEAL_E_MALFORMED;
	append(w, word, strlen(word));
}

void
line_put_prefixed(struct line_writer *w, const char *prefix, const char *key,
    const void *data, size_t len)
{
	char whole[LINE_KEY_MAX + 1];
	int n = snprintf(whole, sizeof(whole), "%s%s", prefix, key);

	if (n < 0 || (size_t)n >= sizeof(whole) || !line_is_key(whole)) {
		if (w->error == MAILSEAL_OK)
			w->error = MAILSEAL_E_MALFORMED;
		return;
	}
	append(w, " ", 1);
	append(w, whole, (size_t)n);
	append(w, "=", 1);
	append_value(w, data, len);
}

void
line_put_bytes(struct line_writer *w, const char *key, const void *data,
    size_t len)
{
	line_put_prefixed(w, "", key, data, len);
}

void
line_put(struct line_writer *w, const char *key, const char *text)
{
	if (text != NULL)
		line_put_bytes(w, key, text, strlen(text));
}

void
line_put_number(struct line_writer *w, const char *key, uint64_t number)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%llu",
	    (unsigned long long)number);

	line_put_bytes(w, key, text, (size_t)n);
}

int
line_finish(struct line_writer *w, size_t *len)
{
	append(w, "\n", 1);
	if (w->error != MAILSEAL_OK)
		return w->error;
	*len = w->len;
	return MAILSEAL_OK;
}
