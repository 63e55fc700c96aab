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

#include <openssl/x509_vfy.h>
#include <stdbool.h>
#include <stdint.h>

#include "broker/courier/message.h"
#include "broker/courier/talk.h"
#include "broker/secret.h"

#define SMTP_BEST (-1)

struct smtp_login {
	const char *host;
	uint16_t port;
	bool implicit;	   /* TLS from the first byte; else STARTTLS */
	X509_STORE *store; /* what the server's certificate must lead to */
	const char *user;
	int mechanism; /* enum sasl_mechanism, or SMTP_BEST */
	bool oauth;    /* credential is an access token; else a password */
	const struct secret *credential;
};

/* Whether a mechanism takes access tokens, if oauth, or else passwords. */
bool smtp_fits(int mechanism, bool oauth);

/*
 * Do it all, from connecting to QUIT; the ending is the talk's.  With mail
 * (which has no fault) NULL it ends after the login.  The mechanism that was
 * used, or -1.
 */
int smtp_run(struct talk *talk, const struct smtp_login *login,
    const struct message *mail);

#endif
