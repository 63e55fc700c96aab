/* SPDX-License-Identifier: ISC */
/*
 * ruling: what an IMAP response means for the credential and for the admin.
 *
 * Over the table of proto/retrieval.c: status and response code (RFC 9051, RFC
 * 5530) decide; words are looked at only where one code means several things.
 */
#ifndef BROKER_COURIER_RULING_H
#define BROKER_COURIER_RULING_H

#include "broker/courier/response.h"
#include "broker/courier/verdict.h"

/* Judge a whole response; oauth tells whether a token was used. */
enum verdict ruling_of(enum imap_phase phase, const struct reply *reply,
    bool oauth);

/* The row that judges a refusal so; NULL where none does. */
const struct meaning *ruling_meaning(enum imap_phase phase,
    const struct reply *reply);

/* The failure of proto/error.h behind it; MAILSEAL_OK for the first two. */
int ruling_error(enum verdict verdict, enum imap_phase phase,
    const struct reply *reply, bool oauth);

#endif
