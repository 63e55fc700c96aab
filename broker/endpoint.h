/* SPDX-License-Identifier: ISC */
/*
 * endpoint: where one signs in and where tokens are got, as a provider file
 * says it of a provider that has no discovery document.
 */
#ifndef BROKER_ENDPOINT_H
#define BROKER_ENDPOINT_H

#include "broker/provider.h"

/*
 * Check the keys: https addresses, of a module that would look at them, and
 * those that go together.
 *
 * MAILSEAL_E_CONFIG  the fault says more
 */
int endpoint_check(const struct provider *provider, struct fault *fault)
    __attribute__((warn_unused_result));

#endif
