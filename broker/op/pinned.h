/* SPDX-License-Identifier: ISC */
/*
 * pinned: what an enrolment asks at the endpoints that discovery told.
 *
 * The provider file is looked at anew each time: it may have been read again.
 */
#ifndef BROKER_OP_PINNED_H
#define BROKER_OP_PINNED_H

#include "broker/attempt.h"
#include "broker/binding.h"
#include "broker/enrolment.h"

/*
 * Its provider, while that is what the enrolment was begun with.
 *
 * MAILSEAL_E_NOPROVIDER, MAILSEAL_E_REBIND
 */
int pinned_provider(const struct enrolment *enrolment,
    const struct provider **provider) __attribute__((warn_unused_result));

/*
 * Begin the errand of an operation for the mailbox, with all scopes; bound is
 * the binding taken apart, for what else there is of it.
 *
 * MAILSEAL_E_NOMEM, and the errors of pinned_provider(), binding_read() and
 * provider_scopes()
 */
int pinned_ask(const struct enrolment *enrolment, const char *op,
    struct bound *bound, struct errand **errand)
    __attribute__((warn_unused_result));

/*
 * Start what build makes; build and done are called with the enrolment.
 *
 * MAILSEAL_E_NOPROVIDER, and the errors of attempt_start()
 */
int pinned_start(struct enrolment *enrolment, attempt_build *build,
    errand_done *done) __attribute__((warn_unused_result));

#endif
