/* SPDX-License-Identifier: ISC */
/*
 * poll: a sign-in by a code that a person types elsewhere (RFC 8628).
 *
 * The device code stays here, in the arena; the person is shown the other one.
 */
#ifndef BROKER_OP_POLL_H
#define BROKER_OP_POLL_H

#include "broker/enrolment.h"

/*
 * The enrolment's provider is pinned: get a code there.  Whoever waits is
 * answered when it has come.
 *
 * MAILSEAL_E_KIND  the provider has none; the errors of errand_start(), and of
 * the provider file and its registration
 */
int poll_begin(struct enrolment *enrolment) __attribute__((warn_unused_result));

#endif
