/* SPDX-License-Identifier: ISC */
/*
 * alone: what an enrolment asks for where nobody signs in.
 */
#ifndef BROKER_OP_ALONE_H
#define BROKER_OP_ALONE_H

#include "broker/enrolment.h"

/*
 * Have the registration get a token for a service, as it will for each lease;
 * done's arg is the enrolment.
 *
 * MAILSEAL_E_NOPROVIDER, MAILSEAL_E_REBIND, and the errors of
 * application_ask() and attempt_start()
 */
int alone_ask(struct enrolment *enrolment, enum service service,
    errand_done *done) __attribute__((warn_unused_result));

#endif
