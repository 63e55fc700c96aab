/* SPDX-License-Identifier: ISC */
/*
 * verdict: what an SMTP reply means for the credential and for the admin.
 *
 * Pure functions over the table of proto/submission.c.  The code and the
 * enhanced code decide; words are looked at only where one code means several
 * things.
 */
#ifndef BROKER_COURIER_VERDICT_H
#define BROKER_COURIER_VERDICT_H

#include <stdbool.h>

#include "proto/meaning.h"

/*
 * Judge a whole reply.  enhanced is "" where there is none; text has the lines
 * as in struct reply; oauth tells whether a token was used.
 */
enum verdict verdict_of(enum smtp_phase phase, int code, const char *enhanced,
    const char *text, bool oauth);

/* The row that judges a refusal so; NULL where none does. */
const struct meaning *verdict_meaning(enum smtp_phase phase, int code,
    const char *enhanced, const char *text);

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
