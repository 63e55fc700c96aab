/* SPDX-License-Identifier: ISC */
/*
 * application: tokens for a mailbox at whose provider nobody signs in.
 *
 * The registration gets them by a right of its own.  It asks for mailboxes
 * that are enrolled, or being enrolled, and for no other.
 */
#ifndef BROKER_APPLICATION_H
#define BROKER_APPLICATION_H

#include "broker/errand.h"
#include "broker/vault/account.h"

/*
 * Write the errand that gets a token for a mailbox and a service, all but the
 * registration's own credential.  It goes where the binding says.
 *
 * MAILSEAL_E_NOMEM, and the errors of binding_read()
 */
int application_ask(struct broker *broker, const struct provider *provider,
    const char *binding, const char *mailbox, enum service service,
    struct errand **errand) __attribute__((warn_unused_result));

/*
 * What an outcome means where nobody can sign in again: then an admin must
 * change something, and it is never the person's turn.
 */
void application_judge(struct outcome *outcome);

#endif
