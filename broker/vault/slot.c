/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "broker/vault/slot.h"
#include "proto/error.h"

#define NAME_MAX_LEN 1024 /* bytes of the line that names a slot */
#define FORMAT 1

static const char context[] = "slotwrap";

/* The name as one line, which has one spelling. */
static int
spell(const struct slot_name *name, char *bytes, size_t size,
    struct span *spelled)
{
	struct line_writer w;
	size_t len;
	int error;

	if (name->id < 0)
		return MAILSEAL_E_INTERNAL;
	if (strnlen(name->kind, SLOT_KIND_MAX + 1) > SLOT_KIND_MAX ||
	    strnlen(name->label, SLOT_LABEL_MAX + 1) > SLOT_LABEL_MAX)
		return MAILSEAL_E_TOOLONG;
	line_begin(&w, bytes, size, "slot");
	line_put_number(&w, "format", FORMAT);
	line_put(&w, "store", name->store_id);
	line_put_number(&w, "id", (uint64_t)name->id);
	line_put(&w, "kind", name->kind);
	line_put(&w, "label", name->label);
	error = line_finish(&w, &len);
	if (error != MAILSEAL_OK)
		return error;
	*spelled = (struct span){ (const unsigned char *)bytes, len };
	return MAILSEAL_OK;
}

int
slot_wrap(const struct secret *slot_secret, const struct slot_name *name,
    const struct secret *master, struct sealed **wrapped)
{
	char bytes[NAME_MAX_LEN];
	AUTO(secret) key = NULL;
	struct span spelled;
	int error;

	if (slot_secret->len != SLOT_SECRET_LEN)
		return MAILSEAL_E_WRONGKEY;
	error = spell(name, bytes, sizeof(bytes), &spelled);
	if (error != MAILSEAL_OK)
		return error;
	key = seal_key(slot_secret, context, 1);
	if (key == NULL)
		return MAILSEAL_E_NOMEM;
	return seal_bytes(key, spelled, master, wrapped);
}

int
slot_unwrap(const struct secret *slot_secret, const struct slot_name *name,
    struct span wrapped, struct secret **master)
{
	char bytes[NAME_MAX_LEN];
	AUTO(secret) key = NULL;
	AUTO(secret) opened = NULL;
	struct span spelled;
	int error;

	if (slot_secret->len != SLOT_SECRET_LEN)
		return MAILSEAL_E_WRONGKEY;
	error = spell(name, bytes, sizeof(bytes), &spelled);
	if (error != MAILSEAL_OK)
		return error;
	key = seal_key(slot_secret, context, 1);
	if (key == NULL)
		return MAILSEAL_E_NOMEM;
	error = unseal_bytes(key, spelled, wrapped, &opened);
	if (error == MAILSEAL_E_NOMEM)
		return error;
	if (error != MAILSEAL_OK || opened->len != SEAL_KEY_LEN)
		return MAILSEAL_E_WRONGKEY;
	*master = secret_move(&opened);
	return MAILSEAL_OK;
}
