/* SPDX-License-Identifier: ISC */
/*
 * remove: an account is forgotten, with every secret of it.
 */
#ifndef BROKER_OP_REMOVE_H
#define BROKER_OP_REMOVE_H

#include "broker/broker.h"
#include "broker/conn.h"

/*
 * Forget it in one commit, and answer conn, who may be gone (NULL).
 * is_revoked: its sign-in was given back before.
 *
 * The errors of store_commit(); then everything is as it was.
 */
int remove_account(struct broker *broker, struct account *account,
    const struct peer *admin, bool is_revoked, struct conn *conn)
    __attribute__((warn_unused_result));

#endif
