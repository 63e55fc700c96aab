/* SPDX-License-Identifier: ISC */
/*
 * claim: whether who signed in may stand for the mailbox.
 *
 * Same, a delegate, or another person: a delegate is one whose login opens the
 * mailbox, and whom an admin says yes to.  Claims alone never make one.
 */
#ifndef BROKER_OP_CLAIM_H
#define BROKER_OP_CLAIM_H

#include "broker/enrolment.h"

/* What the module said of who signed in. */
struct claimed {
	const char *match; /* id_match, or NULL */
	bool guest;
};

/*
 * Judge who signed in, before the mailbox is tried: sets claim, login and
 * asks.  On failure *detail says who it was.
 *
 * MAILSEAL_E_PERSON    nobody who could be a delegate
 * MAILSEAL_E_IDENTITY  not the one who is enrolled
 */
int claim_judge(struct enrolment *enrolment, const struct claimed *claimed,
    char *detail, size_t size) __attribute__((warn_unused_result));

/* The second half of that alone, some time later. */
int claim_check_pin(const struct enrolment *enrolment, char *detail,
    size_t size) __attribute__((warn_unused_result));

/*
 * Whether a failure of the mailbox means that this person may not open it; then
 * *detail says who signed in.
 */
bool claim_is_refuted(const struct enrolment *enrolment,
    const struct outcome *outcome, char *detail, size_t size);

/* Put the question to the admin into an answer. */
void claim_ask(const struct enrolment *enrolment, struct line_writer *w);

/* The name of the identity that this one takes the place of, or NULL. */
const char *claim_replaced(const struct enrolment *enrolment);

#endif
