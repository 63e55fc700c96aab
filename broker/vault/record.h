/* SPDX-License-Identifier: ISC */
/*
 * record: a secret sealed into the store, and taken out of it.
 *
 * It joins store, keyring and seal, so that nobody else need know how a
 * record is named.  It sends nothing anywhere and decides nothing.
 */
#ifndef BROKER_VAULT_RECORD_H
#define BROKER_VAULT_RECORD_H

#include "broker/secret.h"
#include "broker/store/store.h"
#include "broker/vault/keyring.h"

/*
 * Seal plain and write it over the record of this name, if any, in the
 * transaction that the caller has begun and will end.  No text may be NULL.
 *
 * MAILSEAL_E_LOCKED    the keyring is closed
 * MAILSEAL_E_TOOLONG   the secret, bound or a name is over its limit
 * MAILSEAL_E_INTERNAL  there is no transaction
 * MAILSEAL_E_NOMEM, MAILSEAL_E_STORE, MAILSEAL_E_FULL
 */
int record_save(struct store *store, const struct keyring *keyring,
    const char *kind, const char *owner, const char *label,
    const char *provider, const char *bound, const struct secret *plain)
    __attribute__((warn_unused_result));

/*
 * Take a secret out.  *plain is the caller's to free; so is *bound, with
 * free(), where bound is not NULL.
 *
 * MAILSEAL_E_LOCKED     the keyring is closed
 * MAILSEAL_E_NOACCOUNT  there is no such record
 * MAILSEAL_E_UNSEAL     wrong key, or the record was moved or altered
 * MAILSEAL_E_TRUNCATED  the record is shorter than it can be
 * MAILSEAL_E_NOMEM, MAILSEAL_E_STORE
 */
int record_open(struct store *store, const struct keyring *keyring,
    const char *kind, const char *owner, const char *label,
    struct secret **plain, char **bound) __attribute__((warn_unused_result));

/*
 * The same without a label, for a secret that is about to be sent: only when
 * the record itself is bound to what the caller goes by.
 *
 * MAILSEAL_E_UNSEAL  also when it is not: a line of the store was altered
 */
int record_open_bound(struct store *store, const struct keyring *keyring,
    const char *kind, const char *owner, const char *bound,
    struct secret **plain) __attribute__((warn_unused_result));

/*
 * Seal one record anew, bound to something else, in the transaction that the
 * caller has begun: only when it is bound to what the caller goes by.
 *
 * MAILSEAL_E_NOACCOUNT, and the errors of record_rebind()
 */
int record_reseal(struct store *store, const struct keyring *keyring,
    const char *kind, const char *owner, const char *label,
    const char *provider, const char *old, const char *bound)
    __attribute__((warn_unused_result));

/*
 * Seal every record of an owner anew, bound to something else, in the
 * transaction that the caller has begun: all of them or, once it is rolled
 * back, none.
 *
 * MAILSEAL_E_LOCKED, MAILSEAL_E_UNSEAL, MAILSEAL_E_TRUNCATED,
 * MAILSEAL_E_TOOLONG, MAILSEAL_E_INTERNAL, MAILSEAL_E_NOMEM,
 * MAILSEAL_E_STORE, MAILSEAL_E_FULL
 */
int record_rebind(struct store *store, const struct keyring *keyring,
    const char *owner, const char *bound) __attribute__((warn_unused_result));

/*
 * Take every secret of an account out, in the transaction that the caller has
 * begun: what a removal and a new enrolment wipe.
 *
 * MAILSEAL_E_INTERNAL, MAILSEAL_E_STORE, MAILSEAL_E_FULL
 */
int record_forget(struct store *store, const char *owner)
    __attribute__((warn_unused_result));

#endif
