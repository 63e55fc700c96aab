/* SPDX-License-Identifier: ISC */
/*
 * inventory: what is enrolled and configured, as tables.
 */
#ifndef CLIENT_MAILSEAL_INVENTORY_H
#define CLIENT_MAILSEAL_INVENTORY_H

#include "client/mailseal/listing.h"
#include "client/mailseal/options.h"
#include "client/mailseal/table.h"

/* One row an account, its remedy below it; kind as in listing_json(). */
struct table *accounts_table(const struct listing *listing, const char *kind)
    __attribute__((warn_unused_result));

/* The colour of a state. */
enum tint tint_of_state(const char *state);

/* Print on stdout; EX_OK, or EX_OSERR after having complained. */
int print_table(const struct table *table);

/*
 * Print a listing as it was asked for: with --json as an array, or the table
 * that make() makes of it; none says that there is nothing in it.  kind is as
 * in listing_json().  An exit status.
 */
int print_listing(const struct options *options, const struct listing *listing,
    const char *kind, struct table *(*make)(const struct listing *listing),
    const char *none);

#endif
