/* SPDX-License-Identifier: ISC */
/*
 * imap: log in at an IMAP server, and out again.
 *
 * The order of the commands (RFC 9051, RFC 3501).  A credential is sent only
 * over verified TLS, what was said before TLS is forgotten, and a login counts
 * only when the OK with its own tag was seen.  No mailbox is opened.
 */
#ifndef BROKER_COURIER_IMAP_H
#define BROKER_COURIER_IMAP_H

#include "broker/courier/login.h"

/*
 * Do it all, from connecting to LOGOUT; the ending is the talk's.  The
 * mechanism that was used, SASL_LOGIN for the LOGIN command, or -1.
 */
int imap_run(struct talk *talk, const struct login *login);

/* As smtp_look(). */
unsigned imap_look(struct talk *talk, const struct login *login);

#endif
