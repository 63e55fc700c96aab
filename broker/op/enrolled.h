/* SPDX-License-Identifier: ISC */
/*
 * enrolled: what is told of an enrolment once its credential is stored.
 *
 * Whoever waits is answered, the log and the audit are told; nothing is
 * decided here.
 */
#ifndef BROKER_OP_ENROLLED_H
#define BROKER_OP_ENROLLED_H

#include "broker/enrolment.h"

/* What the mail servers said to the logins that worked. */
void enrolled_put_greetings(const struct enrolment *enrolment,
    struct line_writer *writer);

/* Answer; untested: why it is stored and not served, or NULL. */
void enrolled_answer(const struct enrolment *enrolment, struct conn *conn,
    const struct outcome *untested);

/* Note it; replaced: the identity in whose place this one is, or NULL. */
void enrolled_note(const struct enrolment *enrolment, const char *replaced,
    bool tested);

#endif
