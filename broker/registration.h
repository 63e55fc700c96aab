/* SPDX-License-Identifier: ISC */
/*
 * registration: the client secret with which we sign in as ourselves.
 *
 * It is sealed once for a provider file and shared by its accounts.  Like any
 * credential it goes only to where it was meant for when it was stored.
 */
#ifndef BROKER_REGISTRATION_H
#define BROKER_REGISTRATION_H

#include "broker/broker.h"

/*
 * Seal a client secret for a provider, over the one it has.
 *
 * MAILSEAL_E_LOCKED, MAILSEAL_E_NOMEM, and the errors of store_commit()
 */
int registration_save(struct broker *broker, const struct provider *provider,
    const struct secret *secret) __attribute__((warn_unused_result));

/*
 * The client secret of a provider; *secret is NULL when it has none.
 *
 * MAILSEAL_E_REBIND  the provider file changed since the secret was stored
 * MAILSEAL_E_LOCKED, MAILSEAL_E_UNSEAL, MAILSEAL_E_NOMEM, MAILSEAL_E_STORE
 */
int registration_secret(struct broker *broker, const struct provider *provider,
    struct secret **secret) __attribute__((warn_unused_result));

#endif
