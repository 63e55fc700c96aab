/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "broker/courier/redirect.h"
#include "broker/secret.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

/* Decoding makes nothing longer. */
static void
check(const char *text, size_t size)
{
	if (text == NULL || strlen(text) > size)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct redirect_wanted wanted = { "/callback", "st4te",
		"https://idp.example", true };
	char *target = malloc(size + 1);
	struct redirect redirect;

	if (target == NULL)
		return 0;
	memcpy(target, data, size);
	redirect = redirect_read(target, size, &wanted);
	switch (redirect.kind) {
	case REDIRECT_IGNORE:
		break;
	case REDIRECT_CODE:
		/* Nobody is believed who does not know the state. */
		if (memmem(data, size, "st", 2) == NULL &&
		    memchr(data, '%', size) == NULL)
			abort();
		check(redirect.code, size);
		break;
	case REDIRECT_ERROR:
		check(redirect.error, size);
		check(redirect.description, size);
		break;
	case REDIRECT_REFUSE:
		if (redirect.why == NULL)
			abort();
		break;
	}
	free(target);
	return 0;
}
