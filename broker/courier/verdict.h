/* SPDX-License-Identifier: ISC */
/*
 * verdict: what an SMTP reply means for the credential and for the admin.
 *
 * Pure functions over one table of codes.  The code and the enhanced code
 * decide; words are looked at only where one code means several things.
 */
#ifndef BROKER_COURIER_VERDICT_H
#define BROKER_COURIER_VERDICT_H

#include <stdbool.h>

enum smtp_phase {
	PHASE_GREETING = 1 << 0,
	PHASE_EHLO = 1 << 1, /* in the clear: STARTTLS must be offered */
	PHASE_STARTTLS = 1 << 2,
	PHASE_EHLO_TLS = 1 << 3, /* AUTH must be offered */
	PHASE_AUTH = 1 << 4,
	PHASE_MAIL = 1 << 5,
	PHASE_RCPT = 1 << 6,
	PHASE_DATA = 1 << 7, /* after DATA, and after the message */
	PHASE_QUIT = 1 << 8,
};

enum verdict {
	VERDICT_OK,
	VERDICT_CONTINUE,  /* the server waits for more */
	VERDICT_TRANSIENT, /* later */
	VERDICT_THROTTLED, /* much later */
	VERDICT_REAUTH,	   /* the credential is no good */
	VERDICT_REFRESH,   /* this access token is not; a fresh one may be */
	VERDICT_ADMIN,	   /* somebody at the provider must act */
	VERDICT_CONFIG,	   /* host, port or mode are not right */
	VERDICT_MALFORMED, /* not what a server says here */
	VERDICT_MESSAGE,   /* about this message; the credential is fine */
};

/*
 * Judge a whole reply.  enhanced is "" where there is none; text has the lines
 * as in struct reply; oauth tells whether a token was used.
 */
enum verdict verdict_of(enum smtp_phase phase, int code, const char *enhanced,
    const char *text, bool oauth);

/*
 * Judge the text behind a 334 or a "+": a prompt, or the challenge that a
 * refused token gets.
 */
enum verdict verdict_of_prompt(const char *text, bool oauth);

/* The class of an exchange's reply: "ok", "transient", "reauth" and so on. */
const char *verdict_class(enum verdict verdict);

/* The failure of proto/error.h behind it; MAILSEAL_OK for the first two. */
int verdict_error(enum verdict verdict, enum smtp_phase phase, int code,
    bool oauth);

#endif
