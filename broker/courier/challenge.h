/* SPDX-License-Identifier: ISC */
/*
 * challenge: what a server says between a refused token and its final no.
 *
 * It is base64 of a JSON object with a status (RFC 7628 section 3.2.2; Google's
 * XOAUTH2 page).  The client answers it, or never sees the final reply.
 */
#ifndef BROKER_COURIER_CHALLENGE_H
#define BROKER_COURIER_CHALLENGE_H

enum challenge {
	CHALLENGE_NONE,	   /* not such a challenge */
	CHALLENGE_TOKEN,   /* the token is refused */
	CHALLENGE_SCOPE,   /* the token lacks a right */
	CHALLENGE_REQUEST, /* the request is not understood */
};

/* What the text behind a 334 says. */
enum challenge challenge_read(const char *text);

#endif
