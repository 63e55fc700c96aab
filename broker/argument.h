/* SPDX-License-Identifier: ISC */
/*
 * argument: the command that a provider file names, words that no shell reads.
 *
 * Only what it looks like is checked here; whether the program may be run is
 * for mailseal-courier, who sees it when it is run.
 */
#ifndef BROKER_ARGUMENT_H
#define BROKER_ARGUMENT_H

#include "broker/provider.h"

/*
 * Check the key command: it is there for module command, in the place of an
 * authority, and not for a module of ours that would not look at it.
 *
 * MAILSEAL_E_CONFIG  the fault says more
 */
int argument_check(const struct provider *provider, struct fault *fault)
    __attribute__((warn_unused_result));

#endif
