/* SPDX-License-Identifier: ISC */
/*
 * talk: lines said to a mail server, its replies, and how it ended.
 *
 * The first thing that goes wrong is remembered as the ending; what was said
 * of a credential is kept out of its words.  The order of the commands is not
 * known here.
 */
#ifndef BROKER_COURIER_TALK_H
#define BROKER_COURIER_TALK_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/courier/reply.h"
#include "broker/courier/tls.h"
#include "broker/courier/verdict.h"
#include "broker/own.h"
#include "broker/secret.h"

#define ENDING_DETAIL_MAX 1024 /* bytes, with NUL */

/* How a conversation ended. */
struct ending {
	const char *class; /* of the exchange's reply; NULL: not over yet */
	int error;	   /* of proto/error.h */
	int code;	   /* of the reply that decided, or 0 */
	char enhanced[REPLY_ENHANCED_MAX]; /* or IMAP's response code */
	char detail[ENDING_DETAIL_MAX];	   /* printable ASCII, no secret */
	const struct meaning *meaning;	   /* of the reply; NULL: none, or our
					      own finding */
};

struct talk;

void talk_free(struct talk *talk);

/*
 * A conversation on a connection, which is the talk's from now.  oauth tells
 * whether credential, which outlives the talk, is an access token.  NULL when
 * out of memory.
 */
struct talk *talk_new(struct tls *tls, const struct secret *credential,
    bool oauth) OWNED_BY(talk_free);

AUTO_DEFINE(talk, struct talk)

/*
 * The steps below answer false when the ending is decided, and do nothing
 * from then on.  A phase is one of enum smtp_phase or of enum imap_phase, and
 * tells what is spoken.
 */

/* Connect, and make it secure; both with the errors of tls.h. */
bool talk_connect(struct talk *talk, const char *host, uint16_t port,
    const struct proxy *proxy);
bool talk_secure(struct talk *talk, const char *host,
    const struct trust *trust);

/* Send a line; CR LF is added. */
bool talk_say(struct talk *talk, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Send bytes as they are. */
bool talk_say_bytes(struct talk *talk, const void *bytes, size_t len);

/*
 * Send *line and CR LF, over TLS only.  The line becomes the talk's, which
 * keeps its words out of the ending.
 */
bool talk_say_secret(struct talk *talk, struct secret **line);

/* Read the next reply and judge it. */
bool talk_listen(struct talk *talk, unsigned phase, enum verdict *verdict);

/* The same, and anything but the verdict wanted is the ending. */
bool talk_hear(struct talk *talk, unsigned phase, enum verdict wanted);

/* The last reply. */
const struct reply *talk_reply(const struct talk *talk);

/* Make the last reply the ending, judged so.  False always. */
bool talk_refuse(struct talk *talk, unsigned phase, enum verdict verdict);

/* Make a failure of our own finding the ending.  False always. */
bool talk_fail(struct talk *talk, enum verdict verdict, int error,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* All is well: the last reply is the ending. */
void talk_succeed(struct talk *talk);

/*
 * Say goodbye with that command, where that makes sense, and do not wait long
 * for an answer.
 */
void talk_quit(struct talk *talk, const char *command, unsigned phase);

const struct ending *talk_ending(const struct talk *talk);

/* Our own address, for EHLO. */
void talk_own_address(const struct talk *talk, char *text, size_t size);

#endif
