/* SPDX-License-Identifier: ISC */
/*
 * tokens: what an exchange brought, and how it is made durable.
 *
 * A rotated refresh token and the lease that came with it are one commit, and
 * nobody is served before it.
 */
#ifndef BROKER_TOKENS_H
#define BROKER_TOKENS_H

#include <stdbool.h>

#include "broker/broker.h"

/* An access token, and what came with it. */
struct tokens {
	struct secret *access;
	struct secret *refresh; /* NULL: the stored one stays */
	uint64_t life_s;
};

/* Wipe what it holds. */
void tokens_clear(struct tokens *tokens);

/*
 * Take the tokens out of an exchange's reply.
 *
 * MAILSEAL_E_MISSING, MAILSEAL_E_TOOLONG, MAILSEAL_E_MALFORMED,
 * MAILSEAL_E_NOMEM
 */
int tokens_from_line(struct line *fields, struct tokens *tokens)
    __attribute__((warn_unused_result));

/*
 * Put a lease into the store, in the transaction that the caller has begun.
 *
 * The errors of record_save().
 */
int tokens_save_lease(struct broker *broker, const struct account *account,
    const char *bound, enum service service, const struct tokens *tokens)
    __attribute__((warn_unused_result));

/*
 * One commit: the rotated refresh token, the lease, and that the account is
 * good and nothing is under way.  The account itself is changed on success
 * only.
 *
 * The errors of record_save() and store_commit().
 */
int tokens_save(struct broker *broker, struct account *account,
    enum service service, const struct tokens *tokens)
    __attribute__((warn_unused_result));

/* Take over a sealed lease of before a restart, when one still lives. */
bool tokens_restore(struct broker *broker, struct account *account,
    enum service service);

#endif
