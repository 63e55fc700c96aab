/* SPDX-License-Identifier: ISC */
/*
 * sasl: the strings with which a client logs in at a mail server.
 *
 * XOAUTH2 (Google's and Microsoft's pages), OAUTHBEARER (RFC 7628 section
 * 3.1), PLAIN (RFC 4616) and LOGIN (draft-murchison-sasl-login), each in
 * base64 (RFC 4648 section 4, with padding).  What a mechanism cannot carry is
 * refused, never sent changed.
 */
#ifndef BROKER_SASL_H
#define BROKER_SASL_H

#include <stdint.h>

#include "broker/secret.h"

#define SASL_USER_MAX 254
#define SASL_PASSWORD_MAX 1024
#define SASL_TOKEN_MAX 12000 /* some more than any provider's module takes */

enum sasl_mechanism {
	SASL_XOAUTH2,
	SASL_OAUTHBEARER,
	SASL_PLAIN,
	SASL_LOGIN,
	SASL_BEARER, /* no string: the bare token */
};

/* The mechanism of this wire name ("xoauth2"); -1 when there is none. */
int sasl_mechanism_by_name(const char *name);
const char *sasl_mechanism_name(enum sasl_mechanism mechanism);

/*
 * The initial response for XOAUTH2, OAUTHBEARER or PLAIN.  token is the
 * access token or the password.  host and port stand in OAUTHBEARER where host
 * is not NULL and port not 0.  Only OAUTHBEARER takes an empty user.
 *
 * MAILSEAL_E_MALFORMED    a byte that the mechanism cannot carry, a token that
 *                         is no b64token (RFC 6750 section 2.1), bad UTF-8
 * MAILSEAL_E_TOOLONG      beyond SASL_USER_MAX, SASL_PASSWORD_MAX, or
 *                         SASL_TOKEN_MAX
 * MAILSEAL_E_UNSUPPORTED  LOGIN and BEARER have no initial response
 * MAILSEAL_E_NOMEM
 */
int sasl_initial_response(enum sasl_mechanism mechanism, const char *user,
    const struct secret *token, const char *host, uint16_t port,
    struct secret **response) __attribute__((warn_unused_result));

/*
 * PLAIN for a user who acts as authzid, "" for himself.  Errors as above.
 */
int sasl_plain(const char *authzid, const char *user,
    const struct secret *password, struct secret **response)
    __attribute__((warn_unused_result));

/*
 * One line of the LOGIN exchange: the user, or the password, in base64.
 *
 * MAILSEAL_E_MALFORMED    it is empty, or has a NUL inside
 * MAILSEAL_E_TOOLONG      beyond SASL_PASSWORD_MAX
 * MAILSEAL_E_NOMEM
 */
int sasl_login_line(struct span part, struct secret **line)
    __attribute__((warn_unused_result));

#endif
