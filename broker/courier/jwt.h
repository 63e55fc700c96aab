/* SPDX-License-Identifier: ISC */
/*
 * jwt: is this id_token the issuer's, for us, and of now?
 *
 * OpenID Connect Core section 3.1.3.7 with RS256 only.  What one provider
 * demands besides is its module's: it gets the claims.
 */
#ifndef BROKER_COURIER_JWT_H
#define BROKER_COURIER_JWT_H

#include <stdint.h>

#include "broker/courier/json.h"
#include "proto/line.h"

#define JWT_MAX 16384	  /* bytes of an id_token */
#define JWT_KEYS_MAX 2048 /* values in a JWK set */
#define JWT_LEEWAY_S 300  /* of the clocks */

struct jwt_rules {
	const char *issuer;   /* iss is exactly this */
	const char *audience; /* the client id */
	const char *nonce;    /* NULL when none was sent */
	int64_t now;	      /* seconds since 1970 */
};

/*
 * Verify a token by a JWK set (decoded with JWT_KEYS_MAX).  *claims is the
 * caller's.  *why is a constant word that names the rule that failed.
 *
 * MAILSEAL_E_IDTOKEN  it does not hold
 * MAILSEAL_E_NOMEM    out of memory
 */
int jwt_verify(struct span token, const struct json *keys,
    const struct jwt_rules *rules, struct json **claims, const char **why)
    __attribute__((warn_unused_result));

#endif
