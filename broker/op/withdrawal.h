/* SPDX-License-Identifier: ISC */
/*
 * withdrawal: a sign-in is given back at its provider, and its account removed
 * once that is done.
 *
 * The refresh token goes where its own sealed record says.  An exchange under
 * way is waited for, and one that began meanwhile and brought a new token has
 * that given back as well.
 */
#ifndef BROKER_OP_WITHDRAWAL_H
#define BROKER_OP_WITHDRAWAL_H

#include "broker/broker.h"
#include "broker/conn.h"

/* Begin it; the connection is answered when it ended, at the latest. */
void withdrawal_begin(struct broker *broker, struct conn *conn,
    const struct account *account);

#endif
