/* SPDX-License-Identifier: ISC */
/*
 * assent: a yes to a sign-in by somebody else than the mailbox itself.
 *
 * It comes from a person at the terminal or from the command line, never from
 * silence.
 */
#ifndef CLIENT_MAILSEAL_ASSENT_H
#define CLIENT_MAILSEAL_ASSENT_H

#include "client/mailseal/options.h"

/*
 * Whether the sign-in is to be stored; question says what was found, identity
 * who signed in ("" where nobody knows).  *signal is the one that came
 * meanwhile, or 0.
 *
 * EX_OK: yes; EX_CONFIG: nobody said so, EXIT_FAILURE: a person did not, after
 * having complained
 */
int assent_ask(const struct options *options, const char *question,
    const char *identity, int *signal);

#endif
