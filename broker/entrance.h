/* SPDX-License-Identifier: ISC */
/*
 * entrance: how an account comes in at a mail server, by which name and where.
 *
 * A delegate signs in as himself and opens another's mailbox: submission wants
 * his own name, reading the mailbox's.  Whatever carries a user name takes it
 * from here.
 */
#ifndef BROKER_ENTRANCE_H
#define BROKER_ENTRANCE_H

#include "broker/provider.h"
#include "broker/service.h"
#include "broker/vault/account.h"

/*
 * The user name for a service, of a mailbox with this login: the login; but
 * the mailbox for reading it, where a sign-in has a login that is another
 * address, and so a delegate's.  Where nobody signs in it is always the
 * mailbox.
 */
const char *entrance_user(enum account_type type, const char *mailbox,
    const char *login, enum service service);

/* The same of an account. */
const char *account_user(const struct account *account, enum service service);

/*
 * Where a service is; host is the account's own submission host; NULL or ""
 * for none.
 * The place's host is NULL where there is no such service.
 */
struct place entrance_place(const struct provider *provider, const char *host,
    enum service service);

#endif
