/* SPDX-License-Identifier: ISC */
/*
 * condition: how an account is, with what the configuration makes of it.
 *
 * One whose provider file no longer agrees with what was enrolled is blocked,
 * whatever its own state.
 */
#ifndef BROKER_CONDITION_H
#define BROKER_CONDITION_H

#include "broker/answer.h"
#include "broker/broker.h"

struct condition {
	const char *state;    /* good, waiting, reauth, blocked, disabled */
	struct plight plight; /* why, and what to do; its error may be none */
};

/* It points into the account and the configuration. */
struct condition condition_of(const struct broker *broker,
    const struct account *account);

#endif
