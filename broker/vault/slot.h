/* SPDX-License-Identifier: ISC */
/*
 * slot: wrap the master key under a slot secret, and unwrap it.
 *
 * A slot secret is 32 random bytes that an admin keeps in a file, a systemd
 * credential or on paper.  What is wrapped is bound to its store and slot.
 * Nothing here touches a file or the network.
 */
#ifndef BROKER_VAULT_SLOT_H
#define BROKER_VAULT_SLOT_H

#include <stdint.h>

#include "broker/secret.h"
#include "broker/vault/seal.h"
#include "proto/line.h"
#include "proto/verb.h"

#define SLOT_SECRET_LEN 32 /* bytes */
#define SLOT_KIND_MAX 32   /* bytes of a kind */
#define SLOT_LABEL_MAX LABEL_MAX

/* What a wrapped key is bound to.  No text may be NULL. */
struct slot_name {
	const char *store_id;
	int64_t id;
	const char *kind;
	const char *label;
};

/*
 * Wrap the master key.  *wrapped is the caller's to free.
 *
 * MAILSEAL_E_WRONGKEY  slot_secret is not SLOT_SECRET_LEN bytes
 * MAILSEAL_E_TOOLONG   kind or label is over its limit
 * MAILSEAL_E_NOMEM     out of memory
 */
int slot_wrap(const struct secret *slot_secret, const struct slot_name *name,
    const struct secret *master, struct sealed **wrapped)
    __attribute__((warn_unused_result));

/*
 * Unwrap it.  *master is the caller's to free.
 *
 * MAILSEAL_E_WRONGKEY  another secret, another slot, or altered bytes
 * MAILSEAL_E_TOOLONG   kind or label is over its limit
 * MAILSEAL_E_NOMEM     out of memory
 */
int slot_unwrap(const struct secret *slot_secret, const struct slot_name *name,
    struct span wrapped, struct secret **master)
    __attribute__((warn_unused_result));

#endif
