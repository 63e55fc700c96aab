/* SPDX-License-Identifier: ISC */
/*
 * tally: which handings-out and denials had their line in the audit, and how
 * many more there were.
 *
 * It has a fixed size: of very many the oldest are forgotten, and told again.
 */
#ifndef BROKER_TALLY_H
#define BROKER_TALLY_H

#include <stdbool.h>
#include <sys/types.h>

#include "broker/own.h"
#include "broker/secret.h"

#define TALLY_TAG_MAX 17  /* bytes of a token's tag, with the NUL */
#define TALLY_RULE_MAX 64 /* bytes of a rule's text, with the NUL */

struct tally;

void tally_free(struct tally *tally);
struct tally *tally_new(void) OWNED_BY(tally_free);
AUTO_DEFINE(tally, struct tally)

/*
 * What a token of an account is called: a hash, keyed anew in each tally, by
 * which nobody can tell that two accounts have the same password.
 */
void tally_tag(const struct tally *tally, const char *account,
    const struct secret *token, char tag[TALLY_TAG_MAX]);

/* Whether this handing-out had a line in the last hour; then it is counted. */
bool tally_repeats(struct tally *tally, const char *tag, uid_t uid,
    const char *rule);

/* How many were counted of this user and rule since they were told. */
unsigned tally_repeated(const struct tally *tally, uid_t uid, const char *rule);

/* It has its line now, and that told how many repeats there were. */
void tally_served(struct tally *tally, const char *tag, uid_t uid,
    const char *rule);

/*
 * Whether a denial of this user is to be told: ten of a minute are.  *damped
 * is how many of the minute before were not.
 */
bool tally_denied(struct tally *tally, uid_t uid, unsigned *damped);

#endif
