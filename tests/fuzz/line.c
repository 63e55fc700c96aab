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
	(void)line_get(&line, "a", 3);
	(void)line_get_number(&line, "b", 0, 1000);
	line_wipe(&line, "c");
	if (error != MAILSEAL_OK && line_end(&line) != error)
		abort(); /* the first failure is kept */
	free(bytes);
	return 0;
}
