/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "broker/courier/jwt.h"
#include "broker/secret.h"
#include "proto/error.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return secret_arena_open(1 << 20);
}

/* The keys, up to an LF, and then the token: none is signed by chance. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct jwt_rules rules = { "i", "a", "n", 1700000000 };
	const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
	AUTO(json) keys = NULL;
	AUTO(json) claims = NULL;
	struct span token;
	const char *why = NULL;

	if (end == NULL)
		return 0;
	token = (struct span){ end + 1, (size_t)(data + size - end) - 1 };
	if (json_parse((struct span){ data, (size_t)(end - data) },
		JWT_KEYS_MAX, &keys) != MAILSEAL_OK)
		return 0;
	if (jwt_verify(token, keys, &rules, &claims, &why) == MAILSEAL_OK ||
	    claims != NULL || why == NULL)
		abort();
	return 0;
}
