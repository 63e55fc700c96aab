/* SPDX-License-Identifier: ISC */
/*
 * slots: the ways to open the master key, listed.
 */
#ifndef CLIENT_MAILSEAL_SLOTS_H
#define CLIENT_MAILSEAL_SLOTS_H

#include "client/mailseal/listing.h"
#include "client/mailseal/table.h"

/* All slots; an exit status, after having complained. */
int slots_ask(struct ask *ask, struct listing **slots)
    __attribute__((warn_unused_result));

/* Whether a recovery code is among the rows of kind slot. */
bool slots_have_recovery(const struct listing *listing);

/* A table of the rows of kind slot, with what to do; NULL without memory. */
struct table *slots_table(const struct listing *listing)
    __attribute__((warn_unused_result));

#endif
