/* SPDX-License-Identifier: ISC */
/*
 * message: a short mail, written the way it travels (RFC 5321, RFC 5322).
 *
 * Nobody can add a header or end the message early: addresses are narrow, the
 * subject is one line, dots are doubled.  Nothing is sent here.
 */
#ifndef BROKER_COURIER_MESSAGE_H
#define BROKER_COURIER_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "proto/verb.h"

#define SUBJECT_MAX 255	     /* bytes */
#define BODY_MAX 32768	     /* bytes */
#define MESSAGE_MAX 98304    /* bytes on the wire; no message is longer */
#define MESSAGE_ID_LENGTH 32 /* hex digits */

struct message {
	const char *from;
	const char *to;
	const char *subject;
	const char *body; /* UTF-8; lines end with LF or CR LF */
};

/*
 * Whether this is an address that we send as or to: a dot-atom, @, and a
 * domain, in ASCII, of at most ACCOUNT_MAX bytes.
 */
bool message_is_address(const char *address);

/*
 * The key of the part that cannot be sent ("from", "to", "subject", "body"),
 * or NULL when all is well.
 */
const char *message_fault(const struct message *message);

/*
 * Write headers and body with CR LF, ready for DATA, the final dot included.
 * id makes the Message-ID unique; bytes has room for MESSAGE_MAX.  The length.
 * The message has no fault.
 */
size_t message_write(const struct message *message, time_t now,
    const char id[MESSAGE_ID_LENGTH + 1], char *bytes);

#endif
