/* SPDX-License-Identifier: ISC */
/*
 * choice: which provider an enrolment means, and whether it may be that one.
 */
#ifndef BROKER_OP_CHOICE_H
#define BROKER_OP_CHOICE_H

#include "broker/broker.h"

/* What is wished for. */
struct choice {
	const char *name;     /* of the account, in lower case */
	const char *provider; /* NULL: none was named */
	const char *login;    /* NULL: none was said */
	int type;	      /* enum account_type; -1: whichever */
};

/*
 * The provider that was named, or where the account is enrolled already, or
 * the only one.  On failure *why is what was wrong with it, or NULL.
 *
 * MAILSEAL_E_NOPROVIDER, MAILSEAL_E_CHOICE, MAILSEAL_E_CONFIG
 * MAILSEAL_E_KIND   its accounts sign in another way, or are others
 * MAILSEAL_E_REACH  the account of *why stands in the way, see gate
 */
int choice_make(const struct broker *broker, const struct choice *choice,
    const struct provider **provider, const char **why)
    __attribute__((warn_unused_result));

#endif
