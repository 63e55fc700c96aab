/* SPDX-License-Identifier: ISC */
/*
 * sign: a JSON Web Token that says who we are, for a module that wants one.
 *
 * RFC 7515 in compact form, RS256 or PS256 with a salt as long as the digest.
 * The members of header and claims stand in the order of the fields, without
 * white space.  The token lies in the arena; the key never leaves its place.
 */
#ifndef BROKER_COURIER_SIGN_H
#define BROKER_COURIER_SIGN_H

#include "broker/courier/http.h"
#include "broker/secret.h"
#include "proto/module.h"

#define SIGN_MAX 16384 /* bytes of a token */

/*
 * Sign what an ask with MAILSEAL_WANT_JWT says, with the input that it names.
 * *token is the caller's.
 *
 * On failure fault has the error and its words:
 *
 * MAILSEAL_E_CLIENT  the key cannot be read, or is a weak one
 * MAILSEAL_E_MODULE  the ask names no algorithm or key that there is, or a
 *                    member cannot be one
 * MAILSEAL_E_NOMEM   out of memory
 */
int sign_token(const struct mailseal_ask *ask,
    const struct mailseal_items *inputs, struct secret **token,
    struct http_fault *fault) __attribute__((warn_unused_result));

#endif
