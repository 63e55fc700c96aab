/* SPDX-License-Identifier: ISC */
/*
 * vectors: the files below tests/vectors, read by the tests that follow them.
 *
 * MAILSEAL_VECTORS names another folder.  A line of a .tsv file is cut at its
 * tabs; the first line names the columns and is skipped.
 */
#ifndef TESTS_UNIT_VECTORS_H
#define TESTS_UNIT_VECTORS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define VECTOR_COLUMNS 16

/* A whole file with a NUL behind it, which the caller frees. */
static inline char *
vector_read(const char *name, size_t *len)
{
	const char *folder = getenv("MAILSEAL_VECTORS");
	char path[512], *bytes;
	FILE *file;
	long size;

	(void)snprintf(path, sizeof(path), "%s/%s",
	    folder != NULL ? folder : "tests/vectors", name);
	file = fopen(path, "rb");
	if (file == NULL)
		fail_msg("%s is missing", path);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	size = ftell(file);
	assert_true(size >= 0);
	rewind(file);
	bytes = malloc((size_t)size + 1);
	assert_non_null(bytes);
	*len = fread(bytes, 1, (size_t)size, file);
	assert_int_equal(*len, size);
	bytes[*len] = '\0';
	(void)fclose(file);
	return bytes;
}

/* Call row for each line of a .tsv file; the number of lines. */
static inline size_t
vector_rows(const char *name, void (*row)(char *column[VECTOR_COLUMNS]))
{
	size_t len, count = 0;
	char *bytes = vector_read(name, &len), *rest = bytes, *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		char *column[VECTOR_COLUMNS] = { NULL };
		size_t i = 0;

		if (line[0] == '\0' || line[0] == '#')
			continue;
		while (i < VECTOR_COLUMNS &&
		    (column[i] = strsep(&line, "\t")) != NULL)
			i++;
		row(column);
		count++;
	}
	free(bytes);
	return count;
}

#endif
