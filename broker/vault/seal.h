/* SPDX-License-Identifier: ISC */
/*
 * seal: turn a secret into bytes that may lie on disk, and back.
 *
 * The bytes are bound to the whole name of their record: moved to another
 * account, provider, place or store, or beside another closed set, they do not
 * open.  Nothing here touches a file or the network.
 */
#ifndef BROKER_VAULT_SEAL_H
#define BROKER_VAULT_SEAL_H

#include <stdint.h>

#include "broker/own.h"
#include "broker/secret.h"
#include "proto/line.h"

#define SEAL_PLAIN_MAX 65536 /* bytes of a secret that can be sealed */
#define SEAL_KEY_LEN 32	     /* bytes of a master key */

/* Everything that sealed bytes are bound to.  No text may be NULL. */
struct seal_name {
	const char *store_id;
	int64_t id;
	const char *kind;
	const char *owner;
	const char *label;
	const char *provider;
	uint32_t epoch; /* also chooses the record key */
	uint64_t generation;
	const char *bound; /* at most 16 KiB */
};

/* Nonce and ciphertext. */
struct sealed {
	size_t len;
	unsigned char data[];
};

void sealed_free(struct sealed *sealed);

AUTO_DEFINE(sealed, struct sealed)

/* Take what *from owns and leave NULL there. */
struct sealed *sealed_move(struct sealed **from);

/*
 * Seal plain under a key made of the master key and the name's epoch.  *sealed
 * is the caller's to free.
 *
 * MAILSEAL_E_TOOLONG  the secret or the name is over its limit
 * MAILSEAL_E_NOMEM    out of memory
 */
int seal(const struct secret *master, const struct seal_name *name,
    const struct secret *plain, struct sealed **sealed)
    __attribute__((warn_unused_result));

/*
 * Open sealed bytes.  *plain is the caller's to free.
 *
 * MAILSEAL_E_TRUNCATED  shorter than nonce and tag
 * MAILSEAL_E_UNSEAL     wrong key, another name, or altered bytes
 * MAILSEAL_E_TOOLONG    the bytes or the name are over their limit
 * MAILSEAL_E_NOMEM      out of memory
 */
int unseal(const struct secret *master, const struct seal_name *name,
    struct span sealed, struct secret **plain)
    __attribute__((warn_unused_result));

/*
 * The two steps below seal and unseal, for slots, too: XChaCha20-Poly1305
 * under a key of SEAL_KEY_LEN bytes that serves nothing else, bound to the
 * bytes of name.  Errors are those above.
 */
int seal_bytes(const struct secret *key, struct span name,
    const struct secret *plain, struct sealed **sealed)
    __attribute__((warn_unused_result));
int unseal_bytes(const struct secret *key, struct span name, struct span sealed,
    struct secret **plain) __attribute__((warn_unused_result));

/*
 * A key for one purpose: crypto_kdf over a master key, eight bytes of context,
 * and a number.  NULL when the arena is full.
 */
struct secret *seal_key(const struct secret *master, const char *context,
    uint64_t number) OWNED_BY(secret_free);

#endif
