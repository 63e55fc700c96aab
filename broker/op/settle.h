/* SPDX-License-Identifier: ISC */
/*
 * settle: what is left of an enrolment once its credential is in hand.
 *
 * Who signed in is compared with the mailbox, the mail servers are logged in
 * at, an admin says yes to a delegate, and only then the credential is stored;
 * whoever waits is answered.
 */
#ifndef BROKER_OP_SETTLE_H
#define BROKER_OP_SETTLE_H

#include "broker/enrolment.h"

/* The end of the exchange that brought tokens; arg is the enrolment. */
void settle_grant(void *arg, const struct outcome *outcome);

/* The admin said yes to who signed in. */
void settle_confirmed(struct enrolment *enrolment);

/* The enrolment has its password. */
void settle_password(struct enrolment *enrolment);

#endif
