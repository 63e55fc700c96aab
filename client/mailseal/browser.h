/* SPDX-License-Identifier: ISC */
/*
 * browser: the part of a sign-in that a person does at the provider's page.
 *
 * What comes back, over the listener or the keyboard, is passed on as it came;
 * it is worthless without what the broker keeps for itself.
 */
#ifndef CLIENT_MAILSEAL_BROWSER_H
#define CLIENT_MAILSEAL_BROWSER_H

#include "client/mailseal/signin.h"

/* Wait for the end of a sign-in that has begun; an exit status. */
int browser_sign_in(struct signin *s);

#endif
