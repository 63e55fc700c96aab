/* SPDX-License-Identifier: ISC */
/*
 * retest: where a sign-in was kept although its mailbox let it in not yet, the
 * login is tried again, by itself, until an admin there has allowed it.
 *
 * Nothing is tried while the key is locked, while we are stopping, or for an
 * account that is disabled; and never more than one login a minute an account.
 */
#ifndef BROKER_RETEST_H
#define BROKER_RETEST_H

#include "broker/errand.h"

#define RETEST_FIRST_S 60 /* after the enrolment; and the least between two */
#define RETEST_DAY_S 86400
#define RETEST_LAST_S 3600 /* when a day has passed */

/*
 * Seconds to the next try of an account that was enrolled so long ago: 1, 2, 5
 * and 15 minutes, then every 15 for a day, then every hour.
 */
unsigned retest_wait_s(int64_t age_s);

/*
 * Note in an account when it is tried next, with jitter, and not before least_s
 * seconds; the caller saves it.
 */
void retest_plan(struct account *account, uint64_t least_s);

/*
 * See to it that each account that needs it is tried at its time: after one was
 * kept or enabled, when the key was opened, and after each try.
 */
void retest_arrange(struct broker *broker);

/* Both logins work, whoever asked for them: it is served from now on. */
void retest_passed(struct broker *broker, struct account *account);

/*
 * A login did not work, whoever asked for it.  What it says is noted, unless it
 * passes by itself, and where the sign-in is dead its state moves.
 */
void retest_failed(struct broker *broker, struct account *account,
    const struct outcome *outcome);

/* Forget all that are under way, at the end. */
void retests_clear(void);

#endif
