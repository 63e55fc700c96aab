/* SPDX-License-Identifier: ISC */
/*
 * gate: accounts whose strings open one another's mailboxes are under the same
 * rules, or their provider files say accept_reach = yes.
 *
 * It is so where a registration gets tokens that name no mailbox: who may have
 * the string of one account then has the mailboxes of all.
 *
 * Rules are the same when for each service the same callers are named: by the
 * same user, group and unit together, and with owner by the same local part.
 * Words that are no conditions make no difference, and files, order and number
 * of lines neither.
 */
#ifndef BROKER_GATE_H
#define BROKER_GATE_H

#include "broker/config.h"
#include "broker/vault/account.h"

/*
 * The enrolled account, other than the one of this name, because of which that
 * one may not be at a provider; NULL when there is none.
 */
const struct account *gate_other(const struct config *config,
    const struct accounts *accounts, const struct provider *provider,
    const char *name);

/* Tell alarm each provider of a configuration with such accounts; how many. */
size_t gate_check(const struct config *config, const struct accounts *accounts,
    const struct alarm *alarm);

/*
 * The same before a configuration is put to use: by its strictness such a
 * provider is an error, or it has that as its fault, so that nothing is handed
 * out for its accounts.
 *
 * MAILSEAL_E_CONFIG, MAILSEAL_E_NOMEM
 */
int gate_close(struct config *config, const struct accounts *accounts,
    const struct alarm *alarm, struct fault *fault)
    __attribute__((warn_unused_result));

#endif
