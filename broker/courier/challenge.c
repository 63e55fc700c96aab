/* SPDX-License-Identifier: ISC */
#include <sodium.h>
#include <string.h>

#include "broker/courier/challenge.h"
#include "broker/courier/json.h"
#include "proto/error.h"

#define CHALLENGE_MAX 4096 /* bytes of the JSON text */
#define CHALLENGE_ITEMS_MAX 32

enum challenge
challenge_read(const char *text)
{
	AUTO(json) json = NULL;
	unsigned char bytes[CHALLENGE_MAX];
	const struct mailseal_item *item;
	const char *status;
	size_t len;

	if (sodium_base642bin(bytes, sizeof(bytes), text, strlen(text), NULL,
		&len, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
		return CHALLENGE_NONE;
	if (json_parse((struct span){ bytes, len }, CHALLENGE_ITEMS_MAX,
		&json) != MAILSEAL_OK)
		return CHALLENGE_NONE;

	item = json_find(json, "status");
	if (item == NULL || (item->flags & MAILSEAL_NUMBER) != 0)
		return CHALLENGE_TOKEN;
	status = json_text(json, "status");
	if (status == NULL)
		return CHALLENGE_NONE;
	if (strcmp(status, "insufficient_scope") == 0)
		return CHALLENGE_SCOPE;
	if (strcmp(status, "invalid_request") == 0)
		return CHALLENGE_REQUEST;
	return CHALLENGE_TOKEN; /* "401", "400", "invalid_token" */
}
