/* SPDX-License-Identifier: ISC */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "broker/vault/seal.h"
#include "proto/error.h"

#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG crypto_aead_xchacha20poly1305_ietf_ABYTES
#define FORMAT 1 /* of a record's name and of its bytes */

static const char context[crypto_kdf_CONTEXTBYTES + 1] = "mailseal";

void
sealed_free(struct sealed *sealed)
{
	free(sealed);
}

struct sealed *
sealed_move(struct sealed **from)
{
	struct sealed *sealed = *from;

	*from = NULL;
	return sealed;
}

struct secret *
seal_key(const struct secret *master, const char *purpose, uint64_t number)
{
	AUTO(secret) key = secret_new(SEAL_KEY_LEN);

	if (key == NULL || master->len != crypto_kdf_KEYBYTES ||
	    strlen(purpose) != crypto_kdf_CONTEXTBYTES)
		return NULL;
	if (crypto_kdf_derive_from_key(key->data, key->len, number, purpose,
		master->data) != 0)
		return NULL;
	return secret_move(&key);
}

int
seal_bytes(const struct secret *key, struct span name,
    const struct secret *plain, struct sealed **sealed)
{
	struct sealed *made;

	if (plain->len > SEAL_PLAIN_MAX)
		return MAILSEAL_E_TOOLONG;
	made = malloc(sizeof(*made) + NONCE + plain->len + TAG);
	if (made == NULL)
		return MAILSEAL_E_NOMEM;
	made->len = NONCE + plain->len + TAG;
	randombytes_buf(made->data, NONCE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(made->data + NONCE, NULL,
	    plain->data, plain->len, name.data, name.len, NULL, made->data,
	    key->data);
	*sealed = made;
	return MAILSEAL_OK;
}

int
unseal_bytes(const struct secret *key, struct span name, struct span sealed,
    struct secret **plain)
{
	AUTO(secret) made = NULL;

	if (sealed.len < NONCE + TAG)
		return MAILSEAL_E_TRUNCATED;
	if (sealed.len > NONCE + SEAL_PLAIN_MAX + TAG)
		return MAILSEAL_E_TOOLONG;
	made = secret_new(sealed.len - NONCE - TAG);
	if (made == NULL)
		return MAILSEAL_E_NOMEM;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(made->data, NULL, NULL,
		sealed.data + NONCE, sealed.len - NONCE, name.data, name.len,
		sealed.data, key->data) != 0)
		return MAILSEAL_E_UNSEAL;
	*plain = secret_move(&made);
	return MAILSEAL_OK;
}

/* The name as one line, which has one spelling. */
static int
spell(const struct seal_name *name, char *bytes, size_t size,
    struct span *spelled)
{
	struct line_writer w;
	size_t len;
	int error;

	if (name->store_id == NULL || name->kind == NULL ||
	    name->owner == NULL || name->label == NULL ||
	    name->provider == NULL || name->bound == NULL || name->id < 0)
		return MAILSEAL_E_INTERNAL;
	line_begin(&w, bytes, size, "record");
	line_put_number(&w, "format", FORMAT);
	line_put(&w, "store", name->store_id);
	line_put_number(&w, "id", (uint64_t)name->id);
	line_put(&w, "kind", name->kind);
	line_put(&w, "owner", name->owner);
	line_put(&w, "label", name->label);
	line_put(&w, "provider", name->provider);
	line_put_number(&w, "epoch", name->epoch);
	line_put_number(&w, "generation", name->generation);
	line_put(&w, "bound", name->bound);
	error = line_finish(&w, &len);
	if (error != MAILSEAL_OK)
		return error;
	*spelled = (struct span){ (const unsigned char *)bytes, len };
	return MAILSEAL_OK;
}

int
seal(const struct secret *master, const struct seal_name *name,
    const struct secret *plain, struct sealed **sealed)
{
	char bytes[LINE_LONG_MAX];
	AUTO(secret) key = NULL;
	struct span spelled;
	int error;

	error = spell(name, bytes, sizeof(bytes), &spelled);
	if (error != MAILSEAL_OK)
		return error;
	key = seal_key(master, context, name->epoch);
	if (key == NULL)
		return MAILSEAL_E_NOMEM;
	return seal_bytes(key, spelled, plain, sealed);
}

int
unseal(const struct secret *master, const struct seal_name *name,
    struct span sealed, struct secret **plain)
{
	char bytes[LINE_LONG_MAX];
	AUTO(secret) key = NULL;
	struct span spelled;
	int error;

	error = spell(name, bytes, sizeof(bytes), &spelled);
	if (error != MAILSEAL_OK)
		return error;
	key = seal_key(master, context, name->epoch);
	if (key == NULL)
		return MAILSEAL_E_NOMEM;
	return unseal_bytes(key, spelled, sealed, plain);
}
