/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/error.h"
#include "tests/unit/vectors/walk.h"

static const char *folder;
static const char *part;
static unsigned passed, failed, part_passed, part_failed;

void
walk_open(const char *path)
{
	folder = path;
}

static void
end_part(void)
{
	if (part != NULL && part_passed > 0 && part_failed == 0)
		(void)printf("ok - %s: %u inputs\n", part, part_passed);
	passed += part_passed;
	failed += part_failed;
	part_passed = part_failed = 0;
}

void
walk_part(const char *name)
{
	end_part();
	part = name;
}

char *
walk_read(const char *name, size_t *len)
{
	char path[1024], *bytes;
	FILE *file;
	long size;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (file == NULL)
		return NULL;
	if (fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0 ||
	    (bytes = malloc((size_t)size + 1)) == NULL) {
		(void)fclose(file);
		return NULL;
	}
	rewind(file);
	*len = fread(bytes, 1, (size_t)size, file);
	bytes[*len] = '\0';
	(void)fclose(file);
	return bytes;
}

size_t
walk_rows(const char *name, void (*row)(char *column[COLUMNS_MAX]))
{
	size_t len, count = 0;
	char *bytes = walk_read(name, &len), *rest = bytes, *line;

	while (rest != NULL && (line = strsep(&rest, "\n")) != NULL) {
		static char none[] = "-";
		char *column[COLUMNS_MAX];
		size_t i = 0;

		if (line[0] == '\0' || line[0] == '#')
			continue;
		while (i < COLUMNS_MAX &&
		    (column[i] = strsep(&line, "\t")) != NULL)
			i++;
		for (; i < COLUMNS_MAX; i++)
			column[i] = none;
		row(column);
		count++;
	}
	free(bytes);
	return count;
}

struct json *
walk_json(const char *name, size_t max)
{
	size_t len = 0;
	char *bytes = walk_read(name, &len);
	struct span text = { (const unsigned char *)bytes, len };
	struct json *json = NULL;

	if (bytes != NULL && json_parse(text, max, &json) != MAILSEAL_OK)
		walk_label(name, "unreadable", "one JSON object");
	free(bytes);
	return json;
}

size_t
walk_unhex(const char *hex, unsigned char *bytes, size_t max)
{
	size_t len = 0;

	if (strcmp(hex, "-") == 0)
		return 0;
	for (; hex[0] != '\0' && hex[1] != '\0' && len < max; hex += 2) {
		const char pair[3] = { hex[0], hex[1], '\0' };

		bytes[len++] = (unsigned char)strtoul(pair, NULL, 16);
	}
	return len;
}

void
walk_label(const char *id, const char *got, const char *wanted)
{
	if (strcmp(got, wanted) == 0) {
		part_passed++;
		return;
	}
	part_failed++;
	(void)printf("not ok - %s/%s: %s, not %s\n", part, id, got, wanted);
}

unsigned
walk_end(void)
{
	end_part();
	(void)printf("%u passed, %u failed\n", passed, failed);
	return passed + failed > 0 ? failed : 1;
}
