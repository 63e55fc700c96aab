/* SPDX-License-Identifier: ISC */
/*
 * change: what an admin sets for an account that is enrolled.
 *
 * A submission host is part of the closed set that the credential may be sent
 * to: it is changed only by this explicit act, after a login there worked.
 */
#ifndef BROKER_OP_CHANGE_H
#define BROKER_OP_CHANGE_H

#include "broker/dispatch.h"

/* Each text where it is wanted; "" takes back what was set. */
struct change {
	bool has_login, has_send_as, has_host;
	char login[ACCOUNT_MAX + 1];
	char send_as[ACCOUNT_MAX + 1];
	char host[HOST_MAX + 1];
};

/*
 * Make it so, in one commit, with every record sealed anew where the host is
 * another one; the very next string is built with it.
 *
 * MAILSEAL_E_REBIND, and the errors of record_rebind() and store_commit():
 * everything is as it was before
 */
int change_apply(struct broker *broker, struct account *account,
    const struct change *change) __attribute__((warn_unused_result));

/* Tell the audit, and the admin where he is still there. */
void change_tell(struct broker *broker, const struct account *account,
    const struct change *change, const struct peer *admin, struct conn *conn);

#endif
