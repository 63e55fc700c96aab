/* SPDX-License-Identifier: ISC */
/*
 * usercode: a sign-in by a code that a person types on another machine.
 *
 * The code is good for one sign-in and for minutes; what it stands for stays
 * with the broker.
 */
#ifndef CLIENT_MAILSEAL_USERCODE_H
#define CLIENT_MAILSEAL_USERCODE_H

#include "client/mailseal/signin.h"

/* Show the code and wait for the end of the sign-in; an exit status. */
int usercode_sign_in(struct signin *s);

#endif
