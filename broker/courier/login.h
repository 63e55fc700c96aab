/* SPDX-License-Identifier: ISC */
/*
 * login: what both kinds of mail server are told: who, and the proof of it.
 *
 * One SASL exchange, always in two steps (RFC 4954, RFC 9051 section 6.2.2):
 * tokens are longer than a command may be.  An error challenge is answered, so
 * that the final reply comes.  How a server is reached and greeted is not known
 * here.
 */
#ifndef BROKER_COURIER_LOGIN_H
#define BROKER_COURIER_LOGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/courier/talk.h"
#include "broker/sasl.h"
#include "broker/secret.h"

#define LOGIN_BEST (-1)

struct login {
	const char *host;
	uint16_t port;
	const struct proxy *proxy; /* by which it is reached; NULL: none */
	bool implicit;		   /* TLS from the first byte; else STARTTLS */
	struct trust trust;
	const char *user;
	int mechanism; /* enum sasl_mechanism, or LOGIN_BEST */
	bool oauth;    /* credential is an access token; else a password */
	const struct secret *credential;
};

/* Whether a mechanism takes access tokens, if oauth, or else passwords. */
bool login_fits(int mechanism, bool oauth);

/* Whether this login may be done with a mechanism. */
bool login_takes(const struct login *login, enum sasl_mechanism mechanism);

/* The mechanism's name on the wire, "XOAUTH2". */
const char *login_wire_name(enum sasl_mechanism mechanism);

/* What this login may be done with, for people: "PLAIN or LOGIN". */
const char *login_wanted(const struct login *login);

/*
 * Say the command ("AUTH", "A2 AUTHENTICATE") with the mechanism's name, and go
 * on to the end of the exchange; each reply is judged as of that phase.  False
 * when the ending is decided.
 */
bool login_run(struct talk *talk, const struct login *login,
    enum sasl_mechanism mechanism, const char *command, unsigned phase);

/* The server asks for more; its own words do not matter. */
bool login_await(struct talk *talk, unsigned phase);

/* The mechanism cannot carry this user or credential.  False always. */
bool login_fail(struct talk *talk, enum sasl_mechanism mechanism, int error);

#endif
