/* SPDX-License-Identifier: ISC */
/*
 * herald: what mailseald tells, and where.
 *
 * Log lines of the catalogue go to the journal with a MESSAGE_ID, where
 * standard error is the journal's anyway; elsewhere, and when the journal does
 * not take them at once, they are printed as all others.
 */
#ifndef BROKER_HERALD_H
#define BROKER_HERALD_H

#include "broker/broker.h"
#include "broker/journal.h"

/* Offer log lines to this journal from here on; NULL: no more. */
void herald_to(struct journal *journal);

/*
 * Have the audit as this configuration, or the command line, wants it.  On
 * failure it is as it was, and fault says why.
 *
 * MAILSEAL_E_IO, MAILSEAL_E_NOMEM
 */
int herald_audit(struct broker *broker, const struct config *config,
    struct fault *fault) __attribute__((warn_unused_result));

/*
 * From now on see to it that lines that were lost, of the log or the audit, are
 * told when there is room again, and not only with the next line.
 *
 * MAILSEAL_E_NOMEM
 */
int herald_watch(struct broker *broker) __attribute__((warn_unused_result));

#endif
