/* SPDX-License-Identifier: ISC */
/*
 * Key files: whatever an admin brings, it is a whole key with all that goes
 * with it, or a fault in words that hold no byte of the file.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "broker/courier/keyfile.h"
#include "broker/secret.h"
#include "proto/error.h"

#define ANSWER_MAX 65536
#define PIECE 24 /* bytes of a file that are no coincidence in the words */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return secret_arena_open(1 << 20);
}

static void
insist(bool holds)
{
	if (!holds)
		abort();
}

/* A file that was taken: a key, and what names it. */
static void
check_key(struct line *reply)
{
	const char *key = line_get(reply, "client_key", ANSWER_MAX);

	insist(key != NULL && strstr(key, "-----BEGIN PRIVATE KEY-----"));
	if (line_has(reply, "certificate")) {
		insist(line_has(reply, "x5t") && line_has(reply, "x5t_s256") &&
		    line_has(reply, "not_after") && line_has(reply, "serial"));
		return;
	}
	insist(line_need(reply, "key_id", 255) != NULL &&
	    line_need(reply, "service_account", 255) != NULL);
}

static void
check_fault(struct line *reply, const uint8_t *data, size_t size)
{
	const char *detail = line_get(reply, "detail", 512);

	insist(detail != NULL && detail[0] != '\0');
	insist(!line_has(reply, "client_key"));
	for (size_t i = 0; i + PIECE <= size; i++)
		insist(memmem(detail, strlen(detail), data + i, PIECE) == NULL);
}

/* One octet alone is no file: a request without one. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char request[ANSWER_MAX * 2], answer[ANSWER_MAX];
	struct line_writer w;
	struct line line;
	const char *class;
	size_t len;

	if (size > KEYFILE_MAX)
		return 0;
	line_begin(&w, request, sizeof(request), "exchange");
	line_put_bytes(&w, size == 1 ? "in_x" : "in_file", data, size);
	insist(line_finish(&w, &len) == MAILSEAL_OK);
	line_start(&line, request, len - 1);
	line_begin(&w, answer, sizeof(answer), "ok");
	if (size == 1) {
		insist(keyfile_answer(&line, &w) == MAILSEAL_E_MISSING);
		return 0;
	}
	insist(keyfile_answer(&line, &w) == MAILSEAL_OK);
	insist(line_finish(&w, &len) == MAILSEAL_OK);

	line_start(&line, answer, len - 1);
	class = line_need(&line, "class", 32);
	insist(class != NULL);
	if (strcmp(class, "ok") == 0) {
		check_key(&line);
		return 0;
	}
	insist(strcmp(class, "config") == 0);
	check_fault(&line, data, size);
	return 0;
}
