/* SPDX-License-Identifier: ISC */
/*
 * smtp: log in at a submission server, and perhaps send one mail.
 *
 * The order of the commands (RFC 5321, RFC 3207, RFC 4954).  A credential is
 * sent only over verified TLS, always in a step of its own, and a login counts
 * only when its 235 was seen.
 */
#ifndef BROKER_COURIER_SMTP_H
#define BROKER_COURIER_SMTP_H

#include "broker/courier/login.h"
#include "broker/courier/message.h"

/*
 * Do it all, from connecting to QUIT; the ending is the talk's.  With mail
 * (which has no fault) NULL it ends after the login.  The mechanism that was
 * used, or -1.
 */
int smtp_run(struct talk *talk, const struct login *login,
    const struct message *mail);

/*
 * See that a server can be logged in at, and log in nowhere: reach it, TLS,
 * EHLO.  The bits of enum sasl_mechanism that it offers; 0 when the ending is
 * a failure.
 */
unsigned smtp_look(struct talk *talk, const struct login *login);

#endif
