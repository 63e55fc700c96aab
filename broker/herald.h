/* SPDX-License-Identifier: ISC */
/*
 * herald: log lines that an admin finds in the catalogue, on their way to the
 * journal with a MESSAGE_ID.
 *
 * That is where standard error is the journal's anyway; elsewhere, and when
 * the journal does not take them at once, they are printed as all others.
 */
#ifndef BROKER_HERALD_H
#define BROKER_HERALD_H

#include "broker/journal.h"

/* Offer log lines to this journal from here on; NULL: no more. */
void herald_to(struct journal *journal);

#endif
