/* SPDX-License-Identifier: ISC */
/*
 * registration: the client secrets and keys with which we sign in as ourselves.
 *
 * They are sealed for a provider file and shared by its accounts: several, so
 * that one can be replaced before its day comes.  Like any credential they go
 * only to where they were meant for when they were stored.
 */
#ifndef BROKER_REGISTRATION_H
#define BROKER_REGISTRATION_H

#include "broker/broker.h"
#include "broker/proof.h"

/* All that a provider has. */
struct proofs {
	size_t count;
	struct proof proof[PROOFS_MAX];
};

void proofs_free(struct proofs *proofs);
AUTO_DEFINE(proofs, struct proofs)

/*
 * Read what is stored for a provider, in the order in which it is tried.  One
 * that cannot be used has its kind, label and error alone: MAILSEAL_E_LOCKED;
 * MAILSEAL_E_REBIND, the provider file changed since it was stored;
 * MAILSEAL_E_UNSEAL and the like.
 *
 * MAILSEAL_E_NOMEM, MAILSEAL_E_STORE
 */
int registration_load(struct broker *broker, const struct provider *provider,
    struct proofs **proofs) __attribute__((warn_unused_result));

/*
 * Whether a provider's client_auth and flow have a use for such ones: without
 * client_auth, or with none, they have none.
 */
bool registration_uses(const struct provider *provider, enum proof_kind kind);

/*
 * Seal one more, which is tried first from then on; its label and when it was
 * added are set here.  One with the same value is sealed anew in its place,
 * with its new dates.
 *
 * MAILSEAL_E_SECRETS  there are PROOFS_MAX
 * MAILSEAL_E_LOCKED, MAILSEAL_E_NOMEM, and the errors of store_commit()
 */
int registration_add(struct broker *broker, const struct provider *provider,
    struct proof *proof) __attribute__((warn_unused_result));

/*
 * Wipe one, of a provider whose file may be gone.
 *
 * MAILSEAL_E_NOSECRET  there is none of this label
 * The errors of store_commit()
 */
int registration_forget(struct broker *broker, const char *provider,
    const char *label, enum proof_kind *kind)
    __attribute__((warn_unused_result));

/* How many are stored for a provider, whether or not they open. */
size_t registration_count(struct broker *broker, const char *provider);

#endif
