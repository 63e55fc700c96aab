/* SPDX-License-Identifier: ISC */
/*
 * condition: how an account or a provider is, with what the configuration
 * makes of it.
 *
 * An account whose provider file no longer agrees with what was enrolled is
 * blocked, whatever its own state.
 */
#ifndef BROKER_CONDITION_H
#define BROKER_CONDITION_H

#include "broker/answer.h"
#include "broker/broker.h"

struct condition {
	const char *state;    /* good, waiting, reauth, blocked, disabled */
	struct plight plight; /* why, and what to do; its error may be none */
};

/*
 * Why the provider file and what was sealed for an account do not agree, so
 * that nothing may be sent; MAILSEAL_OK where they do.
 *
 * MAILSEAL_E_NOPROVIDER, MAILSEAL_E_CONFIG  there is no file, or a fault in it
 * MAILSEAL_E_REBIND                         it says something else now
 * MAILSEAL_E_UNSEAL and the like            it is the record that was altered
 */
int condition_binding(const struct broker *broker,
    const struct account *account) __attribute__((warn_unused_result));

/* It points into the account and the configuration. */
struct condition condition_of(const struct broker *broker,
    const struct account *account);

/*
 * How a provider is: ok, attention (somebody must act soon), blocked (nothing
 * is had from it), or error.  text is "" where there is nothing to say.
 */
const char *condition_of_provider(struct broker *broker,
    const struct provider *provider, char text[TEXT_MAX])
    __attribute__((warn_unused_result));

#endif
