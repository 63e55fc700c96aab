/* SPDX-License-Identifier: ISC */
/*
 * refusal: what a provider refuses of a registration, and so of each of its
 * accounts: it is told once, not once a mailbox.
 *
 * It is told again when a token was had of the provider meanwhile, when the
 * reason is another one, and after a restart.
 */
#ifndef BROKER_REFUSAL_H
#define BROKER_REFUSAL_H

#include <stdbool.h>

#include "broker/vault/account.h"

/* Whether a reason is one of the registration, and not of a mailbox. */
bool refusal_is_shared(int reason);

/* Tell the log, unless it was told, why an account got no token. */
void refusal_tell(const struct account *account);

/* A provider gave a token. */
void refusal_end(const char *provider);

/* Forget them all. */
void refusals_clear(void);

#endif
