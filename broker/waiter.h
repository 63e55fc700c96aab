/* SPDX-License-Identifier: ISC */
/*
 * waiter: one who waits for something to end, until its own deadline.
 *
 * Waiters hang on a list: of an account's exchange, or of the master key.  One
 * whose time passes, or that goes away, disturbs no other.
 */
#ifndef BROKER_WAITER_H
#define BROKER_WAITER_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/deadline.h"

struct waiter {
	struct waiter *next;
	struct waiter **list; /* where it hangs; NULL when it does not */
	struct deadlines *deadlines;
	struct deadline deadline;
	/* Called once for each hanging, after it; passed: its time is over. */
	void (*wake)(struct waiter *waiter, bool passed);
};

/*
 * Hang a waiter, whose deadlines and wake are set, on a list until then.
 *
 * MAILSEAL_E_NOMEM
 */
int waiter_hang(struct waiter *waiter, struct waiter **list, uint64_t until_ms)
    __attribute__((warn_unused_result));

/* Wake one before its time, as if that had passed; nothing if it hangs not. */
void waiter_dismiss(struct waiter *waiter);

/* Wake all that hang on a list now; one that hangs itself on anew stays. */
void waiters_wake(struct waiter **list);

#endif
