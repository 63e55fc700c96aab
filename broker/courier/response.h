/* SPDX-License-Identifier: ISC */
/*
 * response: what an IMAP server says, read byte by byte (RFC 9051 section 7).
 *
 * Everything up to the line that answers a command is one reply: its status,
 * its response code in .enhanced, and as text the lines that say something,
 * each without its tag; capabilities where they are of use.  Everything is
 * bounded, and what is not exactly a response is refused, as is a tag that we
 * did not send.  Nothing here touches a connection or judges a status.
 */
#ifndef BROKER_COURIER_RESPONSE_H
#define BROKER_COURIER_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

#include "broker/courier/reply.h"

bool response_is_of(unsigned phase);

/* The tag of the phase's one command; NULL for the greeting. */
const char *response_tag(unsigned phase);

/* Get ready for the response to that phase's command. */
void response_start(struct reply *reply, unsigned phase);

/*
 * Read some bytes; *used of them belong to this response.  Go on until .whole:
 * a line with the tag, a "+", a BYE, or the greeting.
 *
 * MAILSEAL_E_MALFORMED  this is no response, or beyond the limits of reply.h
 * MAILSEAL_E_NOTLS      the other side speaks TLS where text was expected
 */
int response_feed(struct reply *reply, const void *bytes, size_t len,
    size_t *used) __attribute__((warn_unused_result));

/*
 * Whether there is a list of capabilities in a response's text, as data or in
 * a response code, and whether such a list has this whole word.  Case does not
 * matter.
 */
bool response_lists(const char *text);
bool response_offers(const char *text, const char *word);

/* The status that ended it, "NO". */
const char *response_status(const struct reply *reply);

#endif
