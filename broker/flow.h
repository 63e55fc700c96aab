/* SPDX-License-Identifier: ISC */
/*
 * flow: whether a person signs in for each mailbox, or nobody does and the
 * registration gets the tokens by a right of its own.
 *
 * All that follows from a provider file for that is asked here.
 */
#ifndef BROKER_FLOW_H
#define BROKER_FLOW_H

#include "broker/provider.h"
#include "broker/vault/kind.h"

/* Whether nobody signs in; with module command that is always so. */
bool flow_is_application(const struct provider *provider);

/* Whether tokens are got for one mailbox each, by a service account's key. */
bool flow_is_service_account(const struct provider *provider);

/* What its accounts are. */
enum account_type flow_account_type(const struct provider *provider);

/*
 * The operation of its module that gets a token for an account that is
 * enrolled; NULL: its accounts have passwords.
 */
const char *flow_grant_op(const struct provider *provider);

/*
 * Check what the file says of the flow.  Of a preset, which is written for a
 * person's sign-in, what only that needs is left out where nobody signs in.
 *
 * MAILSEAL_E_CONFIG  the fault says more
 * MAILSEAL_E_NOMEM
 */
int flow_read(struct provider *provider, struct fault *fault)
    __attribute__((warn_unused_result));

#endif
