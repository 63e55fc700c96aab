/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/error.h"
#include "proto/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the reader takes, the writer writes back, byte for byte. */
static void
write_back(const struct line *line, const uint8_t *data, size_t size)
{
	static char bytes[LINE_LONG_MAX];
	struct line_writer w;
	size_t len;

	line_begin(&w, bytes, sizeof(bytes), line_word(line));
	for (size_t i = 0; i < line->count; i++)
		line_put_bytes(&w, line->field[i].key, line->field[i].value,
		    line->field[i].len);
	if (line_finish(&w, &len) != MAILSEAL_OK || len != size + 1 ||
	    memcmp(bytes, data, size) != 0)
		abort();
}

/* Into room that is too small nothing is written beyond it. */
static void
write_short(const struct line *line, size_t room)
{
	char *bytes = malloc(room + 1);
	struct line_writer w;
	size_t len = 0;

	if (bytes == NULL)
		return;
	line_begin(&w, bytes, room, room % 2 == 0 ? "ok" : line_word(line));
	for (size_t i = 0; i < line->count; i++) {
		line_put_prefixed(&w, room % 3 == 0 ? "set_" : "",
		    line->field[i].key, line->field[i].value,
		    line->field[i].len);
		line_put_number(&w, "n", line->field[i].len);
		line_put(&w, "absent", NULL);
	}
	if (line_finish(&w, &len) == MAILSEAL_OK && len > room)
		abort();
	free(bytes);
}

/* All ways to take a field out. */
static void
take(struct line *line)
{
	const char *key = NULL;
	struct span value = { NULL, 0 };
	struct span bytes;

	if (line_get_number(line, "b", 7, 1000) > 1000)
		abort();
	(void)line_get(line, "a", 3);
	bytes = line_get_bytes(line, "d", 5);
	if (bytes.data != NULL && bytes.len > 5)
		abort();
	line_wipe(line, "c");
	while (line_next(line, "in_", &key, &value))
		if (!line_is_key(key) && *key != '\0')
			abort();
	if (line_has(line, "e"))
		(void)line_need(line, "e", 64);
	else if (line_need(line, "e", 64) != NULL)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct line line;
	char *bytes;
	int error;

	if (size >= LINE_LONG_MAX)
		return 0;
	/* No byte more than the contract asks for. */
	bytes = malloc(size + 1);
	if (bytes == NULL)
		return 0;
	if (size > 0)
		memcpy(bytes, data, size);
	bytes[size] = '\n';
	line_start(&line, bytes, size);
	error = line_end_reply(&line);
	if (error == MAILSEAL_OK)
		write_back(&line, data, size);
	else if (line.count != 0 || *line_word(&line) != '\0')
		abort();
	write_short(&line, size % 61);
	take(&line);
	if (error != MAILSEAL_OK && line_end(&line) != error)
		abort(); /* the first failure is kept */
	if (error == MAILSEAL_OK)
		(void)line_end(&line);
	free(bytes);
	return 0;
}
