/* SPDX-License-Identifier: ISC */
/*
 * keyring: the master key while it is open, and the slots that open it.
 *
 * The key is random, made once for a store and never shown; each slot of the
 * store wraps it under a secret of its own.  Nothing here reads a secret from
 * a file: an admin hands it over.
 */
#ifndef BROKER_VAULT_KEYRING_H
#define BROKER_VAULT_KEYRING_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/own.h"
#include "broker/secret.h"
#include "broker/store/store.h"

#define SLOTS_MAX 16 /* of one store */

#define SLOT_FILE "file"
#define SLOT_CREDENTIAL "credential" /* of systemd */
#define SLOT_RECOVERY "recovery"     /* a code on paper */

struct keyring;

void keyring_free(struct keyring *keyring);

/* A closed keyring of this store, which must outlive it. */
struct keyring *keyring_new(struct store *store) OWNED_BY(keyring_free);

AUTO_DEFINE(keyring, struct keyring)

/* Whether the master key is at hand. */
bool keyring_is_open(const struct keyring *keyring);

/* Whether the store has a slot; true, too, when that cannot be found out. */
bool keyring_exists(const struct keyring *keyring);

/*
 * Whether secrets can be had: MAILSEAL_OK, MAILSEAL_E_LOCKED while the master
 * key is closed, MAILSEAL_E_NOKEY while there is none.
 */
int keyring_check(const struct keyring *keyring)
    __attribute__((warn_unused_result));

/* The master key, the keyring's own; NULL while it is closed. */
const struct secret *keyring_master(const struct keyring *keyring);

/* Whether there is a slot of this kind; false when that cannot be found out. */
bool keyring_has(const struct keyring *keyring, const char *kind);

/*
 * Whether one more slot may be made, of this kind and label.
 *
 * MAILSEAL_E_UNKNOWN  there is no such kind
 * MAILSEAL_E_LOCKED   there are slots and the keyring is closed: unlock first
 * MAILSEAL_E_EXISTS   there is one already; codes on paper may share a label
 * MAILSEAL_E_SLOTS    there are SLOTS_MAX of them
 * MAILSEAL_E_STORE
 */
int keyring_may_add(const struct keyring *keyring, const char *kind,
    const char *label) __attribute__((warn_unused_result));

/*
 * Draw a new slot secret; nothing is stored yet.  *slot_secret is the
 * caller's to free.
 *
 * MAILSEAL_E_LOCKED  there are slots and the keyring is closed: unlock first
 * MAILSEAL_E_NOMEM   the arena is full
 */
int keyring_init_begin(struct keyring *keyring, struct secret **slot_secret)
    __attribute__((warn_unused_result));

/*
 * Commit a slot for this secret, which the admin has safely by now; then the
 * keyring is open.  The first slot of a store makes its master key.  Opens a
 * transaction of its own.
 *
 * MAILSEAL_E_WRONGKEY   slot_secret has not the length of one
 * MAILSEAL_E_TOOLONG    label is over its limit
 * MAILSEAL_E_NOMEM, and the errors of keyring_may_add() and store_commit()
 */
int keyring_init_finish(struct keyring *keyring, const char *kind,
    const char *label, const struct secret *slot_secret, int64_t *slot_id)
    __attribute__((warn_unused_result));

/*
 * Open the keyring with the secret of any slot; *slot_id is the one it fits.
 *
 * MAILSEAL_E_NOKEY     the store has no slot yet
 * MAILSEAL_E_WRONGKEY  it fits none; an open keyring stays open
 * MAILSEAL_E_NOMEM, MAILSEAL_E_STORE
 */
int keyring_unlock(struct keyring *keyring, const struct secret *slot_secret,
    int64_t *slot_id) __attribute__((warn_unused_result));

/*
 * Forget a slot.  The keyring must be open, so that who removes the wrong one
 * can still make another.  Opens a transaction of its own.
 *
 * MAILSEAL_E_LOCKED    the keyring is closed
 * MAILSEAL_E_NOSLOT    there is no such slot
 * MAILSEAL_E_LASTSLOT  nothing else would open the key
 * and the errors of store_commit()
 */
int keyring_remove(struct keyring *keyring, int64_t id)
    __attribute__((warn_unused_result));

/* Wipe the master key. */
void keyring_lock(struct keyring *keyring);

/* Name every slot; the first failure of use() ends it and is returned. */
int keyring_each_slot(struct keyring *keyring,
    int (*use)(void *arg, int64_t id, const char *kind, const char *label),
    void *arg) __attribute__((warn_unused_result));

#endif
