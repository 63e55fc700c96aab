/* SPDX-License-Identifier: ISC */
/*
 * refresh: the exchange that turns a refresh token into an access token.
 *
 * The token goes only where its own sealed record says: neither the
 * configuration nor another line of the store can send it elsewhere.
 */
#ifndef BROKER_REFRESH_H
#define BROKER_REFRESH_H

#include "broker/attempt.h"

/* What is refreshed; it lives until the exchange is over. */
struct refresh {
	struct broker *broker;
	struct account *account;
	enum service service; /* whose lease it is for */
};

/*
 * Write that an exchange begins, and begin it; see attempt_start().
 *
 * MAILSEAL_E_NOMEM  what can be had again of the arena was given back: soon
 *
 * MAILSEAL_E_TOOLONG, and the errors of condition_binding(),
 * record_open_bound(), attempt_start() and account_commit(): nothing was
 * sent
 */
int refresh_start(struct refresh *refresh, errand_done *done, void *arg,
    struct errand **handle) __attribute__((warn_unused_result));

/* Note in an account that an exchange failed, and when the next may be. */
void refresh_failed(struct account *account, enum grant_event event,
    const struct outcome *outcome);

/* An account got a token: what was wrong with its provider is over. */
void refresh_worked(const struct account *account);

/* Write an account's line alone, and log what stands in the way. */
int refresh_note(struct broker *broker, const struct account *account);

#endif
