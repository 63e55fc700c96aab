/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "broker/courier/json.h"
#include "broker/secret.h"
#include "proto/error.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	json_open();
	return secret_arena_open(1 << 20);
}

/* Every item is whole, and no two have one name that counts. */
static void
check(const struct json *json, size_t max)
{
	struct mailseal_items items = json_items(json);

	if (items.count > max)
		abort();
	for (size_t i = 0; i < items.count; i++) {
		const struct mailseal_item *item = &items.item[i];

		if (item->name[0] == '\0' ||
		    strlen(item->name) > JSON_NAME_MAX ||
		    item->bytes[item->len] != '\0' ||
		    json_find(json, item->name) != item)
			abort();
		/* Text is what is text, and no longer than it looks. */
		if (json_text(json, item->name) != NULL &&
		    (item->flags != 0 || strlen(item->bytes) != item->len))
			abort();
	}
	if (json_find(json, "") != NULL || json_text(json, "") != NULL)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t max = size > 0 ? data[0] : 0;
	AUTO(json) json = NULL;

	if (size == 0)
		return 0;
	if (json_parse((struct span){ data + 1, size - 1 }, max, &json) ==
	    MAILSEAL_OK)
		check(json, max);
	else if (json != NULL)
		abort();
	return 0;
}
