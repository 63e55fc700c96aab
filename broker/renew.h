/* SPDX-License-Identifier: ISC */
/*
 * renew: keeps leases fresh, one exchange an account at a time.
 *
 * Whoever needs a lease hangs a waiter on the account and is woken when the
 * exchange ended, well or not.  A rotated refresh token is durable before
 * anybody is woken.  Leases that are in use are renewed ahead.
 */
#ifndef BROKER_RENEW_H
#define BROKER_RENEW_H

#include <stdbool.h>

#include "broker/broker.h"
#include "broker/tokens.h"
#include "broker/waiter.h"

/*
 * Start looking after an account: one just loaded or enrolled.  Its leases
 * are taken from the store when the key is open, and a retry that it was
 * waiting for comes at its time.
 *
 * MAILSEAL_E_NOMEM
 */
int renew_adopt(struct broker *broker, struct account *account)
    __attribute__((warn_unused_result));

/*
 * Stop what is under way, because the account was enrolled anew; who waits
 * goes on waiting.
 */
void renew_stop(struct account *account);

/*
 * The account was just disabled: its leases are wiped here and stay sealed in
 * the store, nothing is begun, and who waits is told so.  An exchange under
 * way goes on, so that its rotation is not lost.
 */
void renew_suspend(struct account *account);

/* It was enabled again: take up what renew_suspend() put down. */
void renew_resume(struct account *account);

/* Like renew_stop(), and wake all who wait: the account is about to go. */
void renew_drop(struct account *account);

/*
 * Whether stopping now would lose something: an exchange that may bring a
 * rotated refresh token, or one that the disk did not take yet.
 */
bool renew_is_owed(const struct account *account);

/* Try now to make durable what the disk did not take. */
void renew_settle(struct account *account);

/* The master key is open: read the sealed leases. */
void renew_unlocked(struct broker *broker);

/* The list on which waiters for this account hang. */
struct waiter **renew_waiters(struct account *account);

/*
 * See to it that the lease of a service is being fetched.  Nothing happens
 * while an exchange is under way, or before the time of the next try; where
 * there are too many of others, it stands in line.  Nobody is woken in here.
 *
 * MAILSEAL_E_LOCKED, MAILSEAL_E_UNSEAL, MAILSEAL_E_REBIND, MAILSEAL_E_NOMEM,
 * MAILSEAL_E_NOPROVIDER, MAILSEAL_E_STORE: why it cannot be tried at all
 * MAILSEAL_E_BUSY: we are stopping; MAILSEAL_E_DISABLED
 */
int renew_want(struct broker *broker, struct account *account,
    enum service service) __attribute__((warn_unused_result));

/* Which of the account's leases serves a service. */
struct lease *renew_lease(const struct broker *broker, struct account *account,
    enum service service);

/* Whether the provider file still agrees with what the account is bound to. */
bool renew_is_bound(const struct broker *broker, const struct account *account);

/* Take over the lease that was just committed; *tokens is empty then. */
void renew_issue(struct account *account, struct lease *lease,
    struct tokens *tokens);

#endif
